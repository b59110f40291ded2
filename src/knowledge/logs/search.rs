//! Which known texts stand in a line of a log.
//!
//! In: a line, with whatever a logger wrote around it. Out: the texts in it, the likeliest first,
//! and the close codes that it names. A text is found by its words in their order; rare words count
//! for more than common ones. Of texts that claim the same words, those that explain most of them
//! are kept. What is only near is said to be near.

use std::collections::HashMap;
use std::ops::Range;

use super::super::close_code::{CloseCode, CodeClass};
use super::words::{Word, alike, words};
use super::{Phrase, all};

/// How much of a line is looked at, in bytes.
pub const LINE_LIMIT: usize = 16 << 10;

/// What is known of a line.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The texts that stand in it, the likeliest first.
    pub found: Vec<Match>,
    /// When there is none: the few that are nearest, if any is near.
    pub near: Vec<Match>,
    /// The close codes that it names, each once, in order.
    pub codes: Vec<CloseCode>,
}

/// A text that stands in a line, or is near to it.
#[derive(Clone, Debug)]
pub struct Match {
    /// The text.
    pub phrase: Phrase,
    /// What its words weigh that stand in the line.
    weight: u32,
    /// What its words weigh that do not.
    missing: u32,
    /// Which words of the line they are.
    at: Range<usize>,
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Near,
    /// The line is a part of the text: somebody quoted it.
    Quoted,
    Whole,
}

/// Most texts that are shown of those that are near.
const MOST_NEAR: usize = 3;
/// Words that loggers add, and so say nothing about how much of a line is known.
const NOISE: &[&str] = &[
    "error",
    "warning",
    "warn",
    "info",
    "debug",
    "trace",
    "fatal",
    "exception",
    "failed",
    "uncaught",
    "ws",
    "wss",
    "http",
    "https",
    "localhost",
    "com",
    "at",
    "in",
    "js",
    "py",
];

/// Reads a line.
pub fn read(line: &str) -> Reading {
    let end = (0..=line.len().min(LINE_LIMIT)).rev().find(|end| line.is_char_boundary(*end));
    let line = end.and_then(|end| line.get(..end)).unwrap_or_default();
    let said = words(line);
    let table: Vec<(Phrase, Vec<Word>)> =
        all().map(|phrase| (phrase, words(phrase.pattern))).collect();
    let scale = Scale::of(&table);
    let total = scale.of_line(&said);
    let mut graded: Vec<(Grade, Match)> = table
        .into_iter()
        .filter_map(|(phrase, pattern)| {
            let found = align(&pattern, &said, &scale, phrase)?;
            Some((grade(&found, &pattern, &said, total)?, found))
        })
        .collect();
    // Stable: the order of the tables is kept among equals.
    graded.sort_by_key(|(grade, found)| (std::cmp::Reverse((*grade, found.weight)), found.missing));
    let (sure, near): (Vec<_>, Vec<_>) = graded.into_iter().partition(|(g, _)| *g > Grade::Near);
    let found = without_claimed(sure);
    let near = match found.is_empty() {
        true => near.into_iter().map(|(_, found)| found).take(MOST_NEAR).collect(),
        false => Vec::new(),
    };
    Reading { found, near, codes: codes(line) }
}

/// Drops what claims only words that a weightier text explains better.
fn without_claimed(sure: Vec<(Grade, Match)>) -> Vec<Match> {
    let mut kept: Vec<Match> = Vec::new();
    for (_, found) in sure {
        let is_claimed = kept.iter().any(|other| {
            let within = other.at.start <= found.at.start && found.at.end <= other.at.end;
            within && found.weight * 10 < other.weight * 9
        });
        if !is_claimed {
            kept.push(found);
        }
    }
    kept
}

/// How sure a match is; `None` for one that is not worth mentioning.
fn grade(found: &Match, pattern: &[Word], said: &[Word], total: u32) -> Option<Grade> {
    let claimed = said.get(found.at.clone()).unwrap_or_default();
    // A name such as WS_ERR_INVALID_UTF8 stands for itself; other single words are everybody's.
    let is_name = claimed.iter().any(|word| word.text.len() > 12 && word.text.contains('_'));
    if claimed.len() < 2 && !is_name && pattern.len() > 1 {
        return None;
    }
    let all = found.weight + found.missing;
    let (most, much) = (found.weight * 10 >= all * 9, found.weight * 10 >= all * 6);
    let all_said = found.weight * 10 >= total * 9;
    match (most, much) {
        (true, _) => Some(Grade::Whole),
        _ if all_said && claimed.len() >= 2 => Some(Grade::Quoted),
        (_, true) if claimed.len() >= 3 => Some(Grade::Near),
        _ => None,
    }
}

/// What words weigh.
struct Scale {
    /// In how many texts each word stands.
    texts: HashMap<String, u32>,
    /// How many texts there are.
    all: u32,
}

impl Scale {
    fn of(table: &[(Phrase, Vec<Word>)]) -> Scale {
        let mut texts: HashMap<String, u32> = HashMap::new();
        for (_, pattern) in table {
            for (index, word) in pattern.iter().enumerate() {
                let is_new = pattern.iter().take(index).all(|other| other.text != word.text);
                *texts.entry(word.text.clone()).or_default() += u32::from(is_new);
            }
        }
        Scale { texts, all: u32::try_from(table.len()).unwrap_or(u32::MAX) }
    }

    /// Ten for a word of every text, and twelve more each time that it is half as common.
    fn weight(&self, word: &str) -> u32 {
        let texts = self.texts.get(word).copied().unwrap_or(1).max(1);
        10 + 12 * (self.all / texts).max(1).ilog2()
    }

    /// What the words of a line weigh that are not a logger's.
    fn of_line(&self, said: &[Word]) -> u32 {
        let own = said.iter().filter(|word| !NOISE.contains(&word.text.as_str()));
        own.map(|word| self.weight(&word.text)).sum()
    }
}

/// A way of laying the pattern's words along the line's, up to one word of each.
#[derive(Clone, Copy, Default)]
struct Path {
    /// What it is worth: words found, less what lies between them.
    score: i64,
    /// What the words found weigh.
    weight: u32,
    /// The line's first word in it.
    start: usize,
}

/// What a word of the line costs that stands between two of the pattern.
const STRANGER: i64 = 20;
/// The same where the pattern has a gap.
const STRANGER_IN_GAP: i64 = 1;

/// The best way to lay some of the pattern's words, in order, along some of the line's (a local
/// alignment); `None` when they share no word. Takes as many steps as there are pairs of words, and
/// both are bounded.
fn align(pattern: &[Word], said: &[Word], scale: &Scale, phrase: Phrase) -> Option<Match> {
    let mut above = vec![Path::default(); said.len() + 1];
    let mut best: Option<(Path, usize)> = None;
    for (index, word) in pattern.iter().enumerate() {
        let weight = scale.weight(&word.text);
        let gap_follows = pattern.get(index + 1).is_some_and(|next| next.after_gap);
        let stranger = if gap_follows { STRANGER_IN_GAP } else { STRANGER };
        let mut row = Vec::with_capacity(above.len());
        row.push(Path::default());
        for (place, (heard, pair)) in said.iter().zip(above.windows(2)).enumerate() {
            let &[diagonal, over] = pair else { continue };
            let left: Path = row.last().copied().unwrap_or_default();
            let skipped = Path { score: over.score - i64::from(weight), ..over };
            let passed = Path { score: left.score - stranger, ..left };
            let mut path = if skipped.score > passed.score { skipped } else { passed };
            if alike(&word.text, &heard.text) {
                let start = if diagonal.score > 0 { diagonal.start } else { place };
                let before = if diagonal.score > 0 { diagonal } else { Path::default() };
                let score = before.score + i64::from(weight);
                if score > path.score {
                    path = Path { score, weight: before.weight + weight, start };
                    if best.is_none_or(|(best, _)| score > best.score) {
                        best = Some((path, place + 1));
                    }
                }
            }
            row.push(if path.score > 0 { path } else { Path::default() });
        }
        above = row;
    }
    let (path, end) = best?;
    let all: u32 = pattern.iter().map(|word| scale.weight(&word.text)).sum();
    let missing = all.saturating_sub(path.weight);
    Some(Match { phrase, weight: path.weight, missing, at: path.start..end })
}

/// The close codes that a line names: numbers that are codes, behind a word that says so.
fn codes(line: &str) -> Vec<CloseCode> {
    let mut codes: Vec<CloseCode> = Vec::new();
    let mut before = "";
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    for (at, part) in parts(line, is_part) {
        let number = (part.len() == 4).then(|| part.parse().ok()).flatten().map(CloseCode);
        if let Some(code) = number.filter(|code| is_spoken_of(*code)) {
            let behind = line.get(at + part.len()..).unwrap_or_default().trim_start();
            let says_so = is_said_before_codes(before)
                || (matches!(before, "sent" | "received") && behind.starts_with('('));
            if says_so && !codes.contains(&code) && codes.len() < 4 {
                codes.push(code);
            }
        }
        before = part;
    }
    codes
}

fn is_said_before_codes(word: &str) -> bool {
    const SAID: &[&str] = &[
        "close",
        "closed",
        "closing",
        "code",
        "closecode",
        "close_code",
        "closestatus",
        "status",
        "disconnect",
        "disconnected",
        "disconnection",
        "websocketdisconnect",
        "with",
    ];
    SAID.iter().any(|said| said.eq_ignore_ascii_case(word))
}

fn is_spoken_of(code: CloseCode) -> bool {
    matches!(
        code.class(),
        CodeClass::Assigned | CodeClass::LocalOnly | CodeClass::Registered | CodeClass::Private
    )
}

/// The runs of characters that are `part` of a word, and where each begins.
fn parts(line: &str, part: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let base = line.as_ptr().addr();
    line.split(move |c: char| !part(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr().addr() - base, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(line: &str) -> Vec<&'static str> {
        read(line).found.iter().map(|found| found.phrase.pattern).collect()
    }

    fn first(line: &str) -> &'static str {
        patterns(line).first().copied().unwrap_or("nothing")
    }

    #[test]
    fn a_text_is_found_in_what_a_logger_writes_around_it() {
        let ws = "2026-01-01 12:00:01 ERROR [ws] RangeError: Invalid WebSocket frame: RSV1 must be \
            clear code: 'WS_ERR_UNEXPECTED_RSV_1'";
        assert_eq!(
            patterns(ws),
            ["Invalid WebSocket frame: RSV1 must be clear", "WS_ERR_UNEXPECTED_RSV_1"]
        );
        let gorilla = "websocket: close 1006 (abnormal closure): unexpected EOF";
        assert_eq!(patterns(gorilla), [gorilla]);
        assert_eq!(read(gorilla).codes, [CloseCode(1006)]);
        let chrome = "WebSocket connection to 'wss://x/y' failed: Invalid frame header";
        assert_eq!(patterns(chrome), ["Invalid frame header"]);
        let python = "websockets.exceptions.ConnectionClosedError: no close frame received or sent";
        assert_eq!(patterns(python), ["no close frame received or sent"]);
    }

    #[test]
    fn a_part_of_a_text_and_another_case_will_do() {
        assert_eq!(first("rsv1 MUST be clear"), "Invalid WebSocket frame: RSV1 must be clear");
        assert_eq!(first("Invalid frame header"), "Invalid frame header");
        assert_eq!(
            first("remote sent after having closed"),
            "WebSocket protocol error: Remote sent after having closed"
        );
    }

    #[test]
    fn numbers_and_slips_do_not_matter() {
        assert_eq!(first("bad opcode 13"), "bad opcode #");
        assert_eq!(
            first(
                "sent ping but didn’t recieve pong within 5000ms (after 3 successful ping/pongs)"
            ),
            "sent ping but didn't receive pong within #ms (after # successful ping/pongs)"
        );
    }

    #[test]
    fn what_stands_between_the_words_may_be_left_open() {
        assert_eq!(
            first(
                "received 1008 (policy violation) token expired; then sent 1008 (policy violation) token expired"
            ),
            "received # (*)*; then sent # (*)*"
        );
        assert_eq!(
            first("sent 1002 (protocol error) incorrect masking; no close frame received"),
            "sent 1002 (protocol error) *; no close frame received"
        );
    }

    #[test]
    fn a_text_of_several_libraries_names_them_all() {
        let found = read("fragmented control frame").found;
        let names: Vec<&str> = found
            .iter()
            .flat_map(|found| found.phrase.libraries.iter().map(|library| library.name))
            .collect();
        for name in ["python websockets", "Netty", "autobahn", "tungstenite", "Tyrus"] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
    }

    #[test]
    fn what_nobody_prints_is_not_found() {
        for line in [
            "",
            "    ",
            "12 34 56",
            "xyzzy",
            "frame",
            "websocket",
            "error",
            "the quick brown fox jumps over the lazy dog",
            "connection refused by the database server",
            "user 1006 logged in from 10.0.0.1",
            "GET /index.html HTTP/1.1 200 OK",
        ] {
            let reading = read(line);
            assert!(reading.found.is_empty(), "{line}: {:?}", patterns(line));
            assert!(reading.near.is_empty(), "{line}: near {:?}", reading.near);
            assert_eq!(reading.codes, [], "{line}");
        }
    }

    #[test]
    fn a_number_is_a_code_only_where_the_line_says_so() {
        let codes = |line| read(line).codes;
        assert_eq!(codes("connection closed with code 1006"), [CloseCode(1006)]);
        assert_eq!(codes("CloseEvent {code: 1011, reason: \"\"}"), [CloseCode(1011)]);
        assert_eq!(codes("WebSocketDisconnect(code=1001)"), [CloseCode(1001)]);
        assert_eq!(
            codes("sent 1011 (internal error) keepalive ping timeout; no close frame received"),
            [CloseCode(1011)]
        );
        assert_eq!(codes("received 1024 bytes at 2026-01-01, port 4000"), []);
        assert_eq!(codes("closed with 2026"), []);
    }

    #[test]
    fn a_huge_line_is_read_in_no_time() {
        let started = std::time::Instant::now();
        let lines = [
            "websocket close frame received ".repeat(100_000),
            "é".repeat(2_000_000),
            "a".repeat(5_000_000),
        ];
        for line in lines {
            read(&line);
        }
        // A generous bound for a debug build on a busy machine; minutes, if it were quadratic.
        assert!(started.elapsed().as_secs() < 60);
    }
}
