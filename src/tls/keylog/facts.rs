//! What was found in a key log, and what is to be said of it.
//!
//! In: what was wrong with lines. Out: clauses for whoever gave the log. Nothing of what a line says is
//! in them.

use std::fmt;

use super::LONGEST_LINE;

/// Malformed lines that are named.
const NAMED_LINES: usize = 4;

/// What was found in a key log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLogFacts {
    /// Lines that were read.
    pub lines: u64,
    /// Secrets that can be looked up now.
    pub secrets: u64,
    /// Secrets that took the place of another one for the same session.
    pub replaced: u64,
    /// Secrets of sessions for which there was no room.
    pub turned_away: u64,
    /// Lines with a label that is not known.
    pub unknown: u64,
    /// Lines that cannot be read.
    pub malformed: u64,
    /// The first few of them.
    pub first_malformed: Vec<MalformedLine>,
    /// What it is instead of a key log.
    pub foreign: Option<Foreign>,
}

/// A line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedLine {
    /// Its number, from 1.
    pub number: u64,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What is wrong with a line. Nothing of the line is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFault {
    /// It does not begin with a label.
    NoLabel,
    /// It is not text.
    NotText,
    /// It has fewer or more fields than a label, a session and a secret.
    Fields,
    /// What names the session is not so many bytes in hexadecimal.
    Session(usize),
    /// The secret is not hexadecimal.
    NotHex,
    /// The secret has so many bytes, which its label never has.
    Length(usize),
    /// It is longer than any line that is used.
    TooLong,
}

/// What a file is instead of a key log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A packet capture.
    Capture,
    /// Compressed data.
    Compressed,
    /// Text in UTF-16.
    Utf16,
    /// A key or a certificate in PEM.
    Pem,
    /// Not even text.
    Binary,
    /// Text without one line of a key log.
    Text,
}

impl KeyLogFacts {
    /// Notes that the line read last cannot be read.
    pub(super) fn note_malformed(&mut self, fault: LineFault) {
        self.malformed += 1;
        if self.first_malformed.len() < NAMED_LINES {
            self.first_malformed.push(MalformedLine { number: self.lines, fault });
        }
    }

    /// Adds what was found in another part of the same.
    pub fn absorb(&mut self, other: KeyLogFacts) {
        self.lines = self.lines.saturating_add(other.lines);
        self.secrets = self.secrets.saturating_add(other.secrets);
        self.replaced = self.replaced.saturating_add(other.replaced);
        self.turned_away = self.turned_away.saturating_add(other.turned_away);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.malformed = self.malformed.saturating_add(other.malformed);
        let room = NAMED_LINES.saturating_sub(self.first_malformed.len());
        self.first_malformed.extend(other.first_malformed.into_iter().take(room));
        self.foreign = self.foreign.or(other.foreign);
    }

    /// What is worth a word, each a clause without the log's name; nothing when all is well.
    pub fn complaints(&self) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        if let Some(foreign) = self.foreign {
            said.push(format!("not a key log but {foreign}"));
            if self.secrets == 0 {
                return said; // all else follows from it
            }
        }
        said.extend(self.first_malformed.iter().map(ToString::to_string));
        let named = self.first_malformed.len() as u64;
        let more = self.malformed.saturating_sub(named);
        if more > 0 {
            said.push(format!("{} more cannot be read and {} skipped", lines(more), are(more)));
        }
        let (unknown, replaced, away) = (self.unknown, self.replaced, self.turned_away);
        if unknown > 0 {
            let what = lines(unknown);
            said.push(format!("{what} with a label that is not known {} skipped", are(unknown)));
        }
        if replaced > 0 {
            let what = if replaced == 1 {
                "1 secret differs"
            } else {
                &format!("{replaced} secrets differ")
            };
            said.push(format!(
                "{what} from what was logged before for the same session; the later one counts"
            ));
        }
        if away > 0 {
            let what = if away == 1 { "1 secret is" } else { &format!("{away} secrets are") };
            said.push(format!("{what} of sessions beyond the limit, and skipped"));
        }
        said
    }
}

fn lines(number: u64) -> String {
    if number == 1 { "1 line".to_owned() } else { format!("{number} lines") }
}

fn are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

impl fmt::Display for MalformedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is skipped: {}", self.number, self.fault)
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineFault::NoLabel => f.write_str("it does not begin with a label"),
            LineFault::NotText => f.write_str("it is not text"),
            LineFault::Fields => {
                f.write_str("behind the label it has not exactly a session and a secret")
            }
            LineFault::Session(bytes) => {
                write!(f, "what names the session is not {bytes} bytes in hexadecimal")
            }
            LineFault::NotHex => f.write_str("the secret is not hexadecimal, or lacks a digit"),
            LineFault::Length(bytes) => {
                write!(f, "no secret under this label has {bytes} bytes")
            }
            LineFault::TooLong => write!(f, "it is longer than {LONGEST_LINE} bytes"),
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::Capture => "a packet capture; name it without --keylog",
            Foreign::Compressed => "compressed data; unpack it first",
            Foreign::Utf16 => "text in UTF-16; save it as UTF-8",
            Foreign::Pem => {
                "a key or certificate in PEM, which opens no session; log the sessions' secrets \
                 (see wsblame explain keylog)"
            }
            Foreign::Binary => "binary data",
            Foreign::Text => "text without one line of a key log (see wsblame explain keylog)",
        })
    }
}
