//! Strings from the wire, made harmless for what displays them.
//!
//! In: any string of the report; most of it was chosen by a stranger. Out: the same text with
//! everything that a terminal, a viewer of JSON or a renderer of Markdown would act upon written
//! out. Nothing is removed: what was there can be read in the output.

use std::borrow::Cow;
use std::fmt::Write;

/// For a terminal: one line without control characters and without characters that hide or
/// reorder others; those are written as in Rust, such as `\n` and `\u{1b}`.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_treacherous(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// For Markdown prose: punctuation that could open emphasis, a link, HTML or a table cell is
/// escaped, and words of which a site would make a link or a mention stand in code spans.
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut out = String::with_capacity(text.len() + 16);
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if is_linked(word) {
            out.push_str(&markdown_code(word));
            continue;
        }
        let begin = if index == 0 { block_mark(word) } else { None };
        for (at, c) in word.char_indices() {
            if is_markup(c) || begin == Some(at) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// For Markdown: a code span, in which nothing is acted upon. Not for table cells.
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text);
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    // CommonMark §6.1: a span ends at a run of backticks as long as the one that began it.
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let edge = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if edge { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For Markdown: a code span in a table cell, where GitHub splits at `|` even in code.
pub fn markdown_cell_code(text: &str) -> String {
    markdown_code(text).replace('|', "\\|")
}

/// For a line of JSON, or a part of one: what [`serde_json`] leaves as it is although it moves a
/// terminal's cursor or reorders text, as `\uXXXX`. Such characters stand in strings only, and a
/// reader of JSON gets the same strings.
pub fn json(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !is_treacherous(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}"); // writing into a String does not fail
        }
    }
    Cow::Owned(out)
}

/// Whether nothing has to be written out. Most text is printable ASCII, which is gone over without
/// stopping at each byte.
fn is_harmless(text: &str) -> bool {
    let is_plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
    is_plain || !text.chars().any(is_treacherous)
}

/// Whether a character does something else than to show itself.
fn is_treacherous(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control() // C0, DEL, and C1 with its own CSI
        || matches!(
            c,
            '\u{00ad}' // soft hyphen
            | '\u{034f}' // combining grapheme joiner
            | '\u{061c}' // Arabic letter mark
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
            | '\u{17b4}' | '\u{17b5}' // Khmer vowels that show nothing
            | '\u{180b}'..='\u{180f}' // Mongolian selectors and separator
            | '\u{200b}'..='\u{200f}' // zero-width characters, left-to-right and right-to-left mark
            | '\u{2028}'..='\u{202e}' // line and paragraph separators, embeddings and overrides
            | '\u{2060}'..='\u{206f}' // word joiner, isolates, deprecated controls
            | '\u{fe00}'..='\u{fe0f}' // variation selectors
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{1bca0}'..='\u{1bca3}' // shorthand controls
            | '\u{1d173}'..='\u{1d17a}' // musical controls
            | '\u{e0000}'..='\u{e0fff}' // tags, more variation selectors
        )
}

/// Whether a word would become a link, a mention, an issue or an emoji on a site such as GitHub.
fn is_linked(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    word.contains('@')
        || lower.contains("://")
        || lower.contains("www.")
        || lower.contains("gh-")
        || word.contains('#')
        || word.matches(':').count() > 1 && !is_clock(word)
}

/// Whether a word is a time of day: no emoji has a name like that.
fn is_clock(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
        && word.starts_with(|c: char| c.is_ascii_digit())
}

fn is_markup(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$')
}

/// Where in the first word of a line stands what would make it a list, a rule or a heading.
fn block_mark(word: &str) -> Option<usize> {
    if word.starts_with(['+', '-', '=']) {
        return Some(0);
    }
    let number = word.strip_suffix(['.', ')'])?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number.len())
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["going away", "Größe → 日本語 🙂", "0000 0101"] {
            assert_eq!(terminal(text), text);
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn an_escape_sequence_does_not_reach_the_terminal() {
        assert_eq!(terminal("\x1b[2J\x07gone\r\n"), r"\u{1b}[2J\u{7}gone\r\n");
        assert_eq!(terminal("\u{9b}31m\x7f"), r"\u{9b}31m\u{7f}"); // CSI in one character
    }

    #[test]
    fn text_is_not_reordered_and_nothing_is_hidden() {
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(terminal(&c.to_string()), format!("\\u{{{:x}}}", u32::from(c)));
        }
        assert_eq!(terminal("a\u{200b}b\u{feff}c\u{e0041}"), r"a\u{200b}b\u{feff}c\u{e0041}");
    }

    #[test]
    fn json_stays_the_same_string() {
        let hostile = "\u{202e}\u{9b}2J\u{e0041}\u{7f}";
        let escaped = format!("\"{}\"", json(hostile));
        assert!(escaped.is_ascii(), "{escaped}");
        let back: String = serde_json::from_str(&escaped).unwrap_or_default();
        assert_eq!(back, hostile);
    }

    #[test]
    fn markdown_sees_no_markup() {
        assert_eq!(markdown("a|b *c* <img src=x>"), r"a\|b \*c\* \<img src=x\>");
        assert_eq!(markdown("[text](javascript:x)"), r"\[text\](javascript:x)");
        assert_eq!(markdown("- not a list"), r"\- not a list");
        assert_eq!(markdown("1. not a list"), r"1\. not a list");
        assert_eq!(markdown("two\nlines"), r"two\\nlines");
    }

    #[test]
    fn what_a_site_would_link_stands_in_code() {
        assert_eq!(markdown("ask @admin now"), "ask `@admin` now");
        assert_eq!(markdown("see http://evil.example/ now"), "see `http://evil.example/` now");
        assert_eq!(markdown("WWW.evil.example"), "`WWW.evil.example`");
        assert_eq!(markdown("frame #41"), "frame `#41`");
        assert_eq!(markdown("a :boom: b"), "a `:boom:` b");
        assert_eq!(markdown("at 12:00:01.005 UTC"), "at 12:00:01.005 UTC");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(markdown_code("a`b"), "``a`b``");
        assert_eq!(markdown_code("``"), "``` `` ```");
        assert_eq!(markdown_code("x\n# y"), r"`x\n# y`");
        assert_eq!(markdown_code(""), "(empty)");
        assert_eq!(markdown_cell_code("a|b"), r"`a\|b`");
    }
}
