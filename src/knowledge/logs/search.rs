//! Which known texts stand in a line of a log.
//!
//! In: a line, with whatever a logger wrote around it. Out: the texts in it, the likeliest first,
//! and the close codes that it names. A text that stands there to the letter beats one whose words
//! are there in their order with a slip or two, and a longer text beats those within it. Everybody's
//! words in a line that speaks of something else are no match: what is only near is said to be near.

use std::collections::HashMap;
use std::ops::Range;

use super::super::close_code::{CloseCode, CodeClass};
use super::decoration::{is_decoration, is_noise, wrapped};
use super::literal::{Literal, normal};
use super::words::{Word, alike, words};
use super::{Phrase, Place, all};

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
    /// Which bytes of the line they are, from the first to the last.
    at: Range<usize>,
    /// How it was found.
    how: How,
    /// How many words of the text there are, or of the part of it that was found.
    words: usize,
}

/// How a text was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// To the letter; the rest of the line belongs to it where it ends in a gap.
    Exactly { ends_open: bool },
    /// By its words: all in one run, or with others between or some left out.
    ByWords { in_one_run: bool },
}

/// Most texts that are shown of those that are near.
const MOST_NEAR: usize = 3;
/// A text of so many words is nobody else's; a shorter one is, in a line that says more.
const LONG: usize = 4;
/// So many words in one run, and nothing else in the line, are a quotation.
const QUOTATION: usize = 5;

/// Reads a line.
pub fn read(line: &str) -> Reading {
    let end = (0..=line.len().min(LINE_LIMIT)).rev().find(|end| line.is_char_boundary(*end));
    let line = end.and_then(|end| line.get(..end)).unwrap_or_default();
    let codes = codes(line);
    let line = Line::of(line);
    let table: Vec<(Phrase, Vec<Word>)> =
        all().map(|phrase| (phrase, words(phrase.pattern))).collect();
    let scale = Scale::of(&table);
    let all = table.iter().filter_map(|(phrase, pattern)| {
        exactly(*phrase, pattern, &line, &scale)
            .or_else(|| align(pattern, &line.said, &scale, *phrase))
    });
    let all: Vec<Match> = all.collect();
    let mut known = wrapped(&line.text);
    known.extend(all.iter().filter(|found| found.is_exact()).map(|found| found.at.clone()));
    let total = scale.of_line(&line.said);
    let (mut sure, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|found| is_sure(found, &line, &known, total));
    // Stable: the order of the tables is kept among equals.
    let reach = |found: &Match| if found.is_exact() { found.at.len() } else { 0 };
    sure.sort_by_key(|found| (std::cmp::Reverse((reach(found), found.weight)), found.missing));
    let found = without_claimed(sure, &line);
    let mut near: Vec<Match> = match found.is_empty() {
        true => rest.into_iter().filter(|found| is_near(found, &line, total)).collect(),
        false => Vec::new(),
    };
    near.sort_by_key(|found| (std::cmp::Reverse(found.weight), found.missing));
    near.truncate(MOST_NEAR);
    Reading { found, near, codes }
}

/// A line, as it is looked at.
struct Line {
    text: String,
    said: Vec<Word>,
}

impl Line {
    fn of(line: &str) -> Line {
        let text = normal(line);
        Line { said: words(&text), text }
    }

    /// The words of a match, and what lies between them.
    fn claimed(&self, at: &Range<usize>) -> usize {
        self.said.iter().filter(|word| at.start <= word.at.start && word.at.end <= at.end).count()
    }

    /// How many bounds of clauses stand in these bytes.
    fn bounds(&self, at: &Range<usize>) -> usize {
        bounds(self.text.get(at.clone()).unwrap_or_default())
    }

    /// Whether a pair of parentheses holds just these bytes: the name of a code, then.
    fn is_parenthesised(&self, at: &Range<usize>) -> bool {
        let before = self.text.get(..at.start).unwrap_or_default();
        let behind = self.text.get(at.end..).unwrap_or_default();
        before.ends_with('(') && behind.starts_with(')')
    }
}

/// How many signs there are that end a clause or set one apart.
fn bounds(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b';' | b'(' | b')')).count()
}

impl Match {
    fn is_exact(&self) -> bool {
        matches!(self.how, How::Exactly { .. })
    }

    /// Whether nearly all its words are there.
    fn is_whole(&self) -> bool {
        self.weight * 10 >= (self.weight + self.missing) * 9
    }
}

/// The text to the letter, or what stands in it behind a colon: the part before is a prefix that
/// loggers drop.
fn exactly(phrase: Phrase, pattern: &[Word], line: &Line, scale: &Scale) -> Option<Match> {
    let weigh = |words: &[Word]| words.iter().map(|word| scale.weight(&word.text)).sum::<u32>();
    let all = weigh(pattern);
    let found = |text: &str, words: &[Word]| {
        let literal = Literal::of(text);
        let at = literal.find(&line.text)?;
        let weight = weigh(words);
        Some(Match {
            phrase,
            weight,
            missing: all.saturating_sub(weight),
            at,
            how: How::Exactly { ends_open: literal.ends_open },
            words: words.len(),
        })
    };
    let tails = phrase.pattern.match_indices(": ").filter_map(|(at, sign)| {
        let tail = phrase.pattern.get(at + sign.len()..)?;
        let words = words(tail);
        (words.len() >= 3).then_some((tail, words))
    });
    found(phrase.pattern, pattern).or_else(|| {
        let mut tails = tails;
        tails.find_map(|(tail, words)| found(tail, &words))
    })
}

/// Whether a text stands in the line beyond doubt; `known` are the bytes of all texts found to the
/// letter, `total` what the words of the line weigh.
fn is_sure(found: &Match, line: &Line, known: &[Range<usize>], total: u32) -> bool {
    let is_own = |word: &Word| {
        let end = match found.how {
            How::Exactly { ends_open: true } => line.text.len(),
            _ => found.at.end,
        };
        found.at.start <= word.at.start && word.at.end <= end
    };
    let is_known =
        |word: &Word| known.iter().any(|at| at.start <= word.at.start && word.at.end <= at.end);
    let is_alone = || {
        let mut rest = line.said.iter().filter(|word| !is_own(word) && !is_known(word));
        rest.all(|word| is_decoration(&line.text, word))
    };
    let pattern_bounds = bounds(found.phrase.pattern);
    match found.how {
        How::Exactly { .. } => {
            // A name such as WS_ERR_INVALID_UTF8 stands for itself.
            let is_name = found.words == 1 && found.phrase.pattern.contains('_');
            let is_long = is_name || found.words >= LONG;
            let is_name_of_code =
                !is_long && pattern_bounds == 0 && line.is_parenthesised(&found.at);
            // Of a text whose prefix is missing, the rest may be everybody's words.
            !is_name_of_code && (is_long && found.missing == 0 || is_alone())
        }
        How::ByWords { in_one_run } => {
            let claimed = line.claimed(&found.at);
            let strangers = claimed.saturating_sub(found.words);
            let has_gap = found.phrase.pattern.contains('*');
            let is_one_clause = line.bounds(&found.at) <= pattern_bounds;
            // One word of five may be the one that tells it from everybody's.
            let is_whole = if found.words < 6 { found.missing == 0 } else { found.is_whole() };
            let is_close = is_whole && (has_gap || strangers <= 1) && is_one_clause;
            let is_much = found.weight * 3 >= total;
            match is_close && claimed >= 2 {
                true if found.words >= LONG => is_much || is_alone(),
                true => is_alone(),
                false => in_one_run && is_one_clause && claimed >= QUOTATION && is_alone(),
            }
        }
    }
}

/// Whether a text that does not stand in the line is worth mentioning.
fn is_near(found: &Match, line: &Line, total: u32) -> bool {
    let claimed = line.claimed(&found.at);
    let is_much = found.weight * 10 >= (found.weight + found.missing) * 6;
    let is_all_said = found.weight * 10 >= total * 9;
    claimed >= 2 && (found.is_whole() || is_all_said || (is_much && claimed >= 3))
}

/// Drops what claims only bytes that a better match explains.
fn without_claimed(sure: Vec<Match>, line: &Line) -> Vec<Match> {
    let mut kept: Vec<Match> = Vec::new();
    for found in sure {
        let is_claimed = kept.iter().any(|other| {
            let within = other.at.start <= found.at.start && found.at.end <= other.at.end;
            let overlaps = other.at.start < found.at.end && found.at.start < other.at.end;
            let is_reason = found.phrase.place == Place::Reason
                && found.phrase.libraries != other.phrase.libraries
                && !line.is_parenthesised(&found.at);
            match (other.is_exact(), found.is_exact()) {
                // The reason of a Close stands in what its receiver prints.
                (true, true) => within && found.at.len() < other.at.len() && !is_reason,
                (true, false) => overlaps && found.weight <= other.weight,
                _ => within && found.weight * 10 < other.weight * 9,
            }
        });
        if !is_claimed {
            kept.push(found);
        }
    }
    kept
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
        let own = said.iter().filter(|word| !is_noise(&word.text));
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
    let first = said.get(path.start)?.at.start;
    let last = said.get(end.checked_sub(1)?)?.at.end;
    let in_one_run = path.score == i64::from(path.weight);
    let how = How::ByWords { in_one_run };
    Some(Match { phrase, weight: path.weight, missing, at: first..last, how, words: pattern.len() })
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
mod tests;
