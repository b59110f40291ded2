//! A page of text for a terminal.
//!
//! In: words in ink. Out: lines no longer than the page is wide, where words allow it, coloured or
//! not. All text of the terminal formats goes through here, and all of it is escaped here: no
//! string can bring its own control characters.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};
use unicode_width::UnicodeWidthStr;

use super::{Colour, Style, escape};
use crate::rules::Severity;

/// What words are written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    /// What to read first.
    Strong,
    /// What frames the rest: gutters, arrows, labels.
    Frame,
    /// What can be skipped.
    Faint,
    /// What is fine.
    Good,
    Of(Severity),
}

impl Ink {
    fn ansi(self) -> Ansi {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        match self {
            Ink::Plain => Ansi::new(),
            Ink::Strong => Ansi::new().bold(),
            Ink::Frame => bold(AnsiColor::Blue),
            Ink::Faint => Ansi::new().dimmed(),
            Ink::Good => bold(AnsiColor::Green),
            Ink::Of(Severity::Error) => bold(AnsiColor::Red),
            Ink::Of(Severity::Warning) => bold(AnsiColor::Yellow),
            Ink::Of(Severity::Note) => bold(AnsiColor::Cyan),
        }
    }
}

/// Words in one ink.
pub(super) type Span<'s> = (Ink, &'s str);

/// The page.
pub(super) struct Page<'o> {
    out: &'o mut dyn Write,
    colour: Colour,
    width: usize,
}

impl<'o> Page<'o> {
    /// An empty page.
    pub(super) fn new(style: &Style, out: &'o mut dyn Write) -> Page<'o> {
        Page { out, colour: style.colour, width: style.width }
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// One line as it stands, however long.
    pub(super) fn line(&mut self, spans: &[Span<'_>]) -> io::Result<()> {
        self.spans(spans)?;
        writeln!(self.out)
    }

    /// `text` behind `lead`, wrapped; further lines are indented to where the text began.
    pub(super) fn flow(&mut self, lead: &[Span<'_>], ink: Ink, text: &str) -> io::Result<()> {
        let indent = " ".repeat(lead.iter().map(|(_, words)| width(words)).sum());
        self.flow_under(lead, &[(Ink::Plain, &indent)], ink, text)
    }

    /// `text` behind `lead`, wrapped; further lines begin with `hang`.
    pub(super) fn flow_under(
        &mut self,
        lead: &[Span<'_>],
        hang: &[Span<'_>],
        ink: Ink,
        text: &str,
    ) -> io::Result<()> {
        let text = escape::terminal(text);
        let room = |spans: &[Span<'_>]| {
            let taken = spans.iter().map(|(_, words)| width(words)).sum();
            self.width.saturating_sub(taken).max(20)
        };
        let lines = wrap(&text, room(lead), room(hang));
        for (index, line) in lines.iter().enumerate() {
            self.spans(if index == 0 { lead } else { hang })?;
            self.span((ink, line))?;
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn spans(&mut self, spans: &[Span<'_>]) -> io::Result<()> {
        spans.iter().try_for_each(|span| self.span(*span))
    }

    fn span(&mut self, (ink, words): Span<'_>) -> io::Result<()> {
        let words = escape::terminal(words);
        match self.colour {
            Colour::Ansi if !words.is_empty() && ink != Ink::Plain => {
                let ansi = ink.ansi();
                write!(self.out, "{ansi}{words}{ansi:#}")
            }
            _ => write!(self.out, "{words}"),
        }
    }
}

/// Columns that `text` takes on a terminal once escaped.
pub(super) fn width(text: &str) -> usize {
    escape::terminal(text).width()
}

/// Breaks `text` at blanks. A word longer than a line gets one of its own and is not broken, so
/// that it can be copied.
fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut left = first;
    for word in text.split(' ') {
        let needed = word.width();
        let line = lines.last_mut().expect("there is always a line");
        let blank = usize::from(!line.is_empty());
        if line.is_empty() || needed + blank <= left {
            line.push_str(if blank == 1 { " " } else { "" });
            line.push_str(word);
            left = left.saturating_sub(needed + blank);
        } else {
            lines.push(word.to_owned());
            left = rest.saturating_sub(needed);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(width: usize, colour: Colour, write: fn(&mut Page<'_>) -> io::Result<()>) -> String {
        let style = Style { width, colour, ..Style::default() };
        let mut out = Vec::new();
        write(&mut Page::new(&style, &mut out)).expect("a Vec takes all");
        String::from_utf8(out).expect("a page is UTF-8")
    }

    #[test]
    fn words_hang_under_the_first() {
        let text = printed(30, Colour::Plain, |page| {
            page.flow(&[(Ink::Frame, "  fix: ")], Ink::Plain, "mask every frame that you send")
        });
        assert_eq!(text, "  fix: mask every frame that\n       you send\n");
    }

    #[test]
    fn a_long_word_is_not_broken() {
        assert_eq!(wrap("a ws://host/very/long b", 8, 8), ["a", "ws://host/very/long", "b"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(wrap("日本 日本 日本", 9, 9), ["日本 日本", "日本"]);
    }

    #[test]
    fn a_marked_letter_takes_one_column_however_many_bytes() {
        assert_eq!(wrap("tiếng Việt đẹp", 10, 10), ["tiếng Việt", "đẹp"]);
    }

    #[test]
    fn only_the_page_itself_colours() {
        let text = printed(30, Colour::Ansi, |page| {
            page.flow(&[(Ink::Of(Severity::Error), "\x1b[0m")], Ink::Plain, "\x1b[31m")
        });
        assert_eq!(text, "\x1b[1m\x1b[31m\\u{1b}[0m\x1b[0m\\u{1b}[31m\n");
    }
}
