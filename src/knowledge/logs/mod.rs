//! What libraries print when a WebSocket goes wrong.
//!
//! In: a line of a log, or what happened to one side of a connection. Out: the texts that stand for
//! it, which library prints them, on which side, and what they mean in terms of the catalogue. The
//! reasons of Close frames ([`super::library`]) belong to them, since both sides tend to log them.
//! A text that was found in a log says what its writer believed: the capture shows what was.

mod browsers;
mod decoration;
mod javascript;
mod jvm;
mod literal;
mod native;
mod proxies;
mod python;
mod search;
#[cfg(test)]
mod tests;
mod words;

pub use search::{LINE_LIMIT, Match, Reading, read};

use super::close_code::CloseCode;
use super::libraries::{Library, Reaction};
use super::library::{COMPLAINTS, Complaint};
use crate::endpoint::Side;
use crate::rules::{Family, Rule};
use crate::{rules, verdict};

/// A text that a library prints.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// The text; `#` stands for one or more digits, `*` for any text or none.
    pub pattern: &'static str,
    /// The library or libraries that print it, each by itself.
    pub libraries: &'static [&'static Library],
    /// The side that prints it; `None` for either.
    pub side: Option<Side>,
    /// Where it is found.
    pub place: Place,
    /// What had happened to the side that prints it.
    pub role: Role,
    /// The rules and causes of the catalogue that it may stand for, the likeliest first.
    pub about: &'static [&'static str],
    /// The code of the Close that goes with it, if it is known of this text and not only of the
    /// library.
    pub wire_code: Option<CloseCode>,
    /// Where this is written: a repository and a file, or the name of a documentation.
    pub source: &'static str,
    /// What it means beyond what its rules and causes say, in sentences; mostly empty.
    pub note: &'static str,
}

/// Where a text is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the console of a browser.
    Console,
    /// In an exception or error that the API hands to its user, who mostly logs it.
    Exception,
    /// In the library's or program's own log.
    Log,
    /// In the reason of a Close, which both sides may log.
    Reason,
    /// In the body of the response that refuses the opening request.
    Response,
}

impl Place {
    /// For a sentence: `in an exception`.
    pub fn name(self) -> &'static str {
        match self {
            Place::Console => "in the console of the page",
            Place::Exception => "in an error or exception",
            Place::Log => "in its own log",
            Place::Reason => "in the reason of its Close, which both sides may log",
            Place::Response => "in the body of its HTTP response",
        }
    }
}

/// What had happened to the side that prints a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It refused what its peer had sent, or had not.
    Judges,
    /// It had sent a Close; which, and what came back, stands in the text.
    Closes,
    /// It kept its own program from a mistake.
    Catches,
    /// A Close came, with this code; with any where there is none.
    Hears(Option<CloseCode>),
    /// TCP ended and no Close had come.
    Loses,
    /// A RST ended TCP.
    IsReset,
    /// It ended TCP itself and sent no Close.
    Ends,
}

/// Every text, library by library in the order in which the library looks for what it complains of;
/// the reasons of Close frames follow.
pub fn all() -> impl Iterator<Item = Phrase> {
    let tables = [
        browsers::PHRASES,
        javascript::PHRASES,
        python::PHRASES,
        native::PHRASES,
        jvm::PHRASES,
        proxies::PHRASES,
    ];
    tables.into_iter().flatten().copied().chain(COMPLAINTS.iter().map(Phrase::from))
}

impl From<&Complaint> for Phrase {
    fn from(complaint: &Complaint) -> Phrase {
        Phrase {
            pattern: complaint.pattern,
            libraries: complaint.libraries,
            side: match complaint.rules {
                ["client-frame-unmasked"] => Some(Side::Server),
                ["server-frame-masked"] => Some(Side::Client),
                _ => None,
            },
            place: Place::Reason,
            role: Role::Judges,
            about: complaint.rules,
            wire_code: Some(complaint.wire_code),
            source: complaint.libraries.first().map_or("", |library| library.source),
            note: "",
        }
    }
}

/// What a text stands for.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// A rule of the catalogue.
    Rule(&'static Rule),
    /// A cause that is no broken rule.
    Cause(&'static verdict::Cause),
}

impl Meaning {
    /// The rule or cause called `id`.
    pub fn find(id: &str) -> Option<Meaning> {
        rules::find(id).map(Meaning::Rule).or_else(|| verdict::find_cause(id).map(Meaning::Cause))
    }

    /// Its id.
    pub fn id(&self) -> &'static str {
        match self {
            Meaning::Rule(rule) => rule.id,
            Meaning::Cause(cause) => cause.id,
        }
    }

    /// It in one line without a full stop.
    pub fn summary(&self) -> &'static str {
        match self {
            Meaning::Rule(rule) => rule.summary,
            Meaning::Cause(cause) => cause.title,
        }
    }

    /// What to do; may be empty.
    pub fn advice(&self) -> &'static str {
        match self {
            Meaning::Rule(rule) => rule.advice,
            Meaning::Cause(cause) => cause.advice,
        }
    }
}

impl Phrase {
    /// The rules and causes that it may stand for, as far as the catalogue has them.
    pub fn meanings(&self) -> impl Iterator<Item = Meaning> {
        self.about.iter().filter_map(|id| Meaning::find(id))
    }

    /// What `library`, which prints it, does then on the wire.
    pub fn reaction(&self, library: &Library) -> Option<Reaction> {
        if self.role != Role::Judges {
            return None;
        }
        match self.meanings().next()? {
            Meaning::Rule(rule) => match rule.family {
                Family::Handshake => None,
                Family::Utf8 => Some(library.on_bad_text),
                Family::Framing | Family::Close | Family::Deflate | Family::Ping => {
                    Some(library.on_violation)
                }
            },
            Meaning::Cause(cause) if cause.id == "message-too-big-limit" => {
                Some(library.on_too_big)
            }
            Meaning::Cause(_) => None,
        }
    }
}

/// Where texts of one library come from.
#[derive(Clone, Copy)]
struct Origin {
    libraries: &'static [&'static Library],
    side: Option<Side>,
    place: Place,
    source: &'static str,
}

type Ids = &'static [&'static str];

impl Origin {
    const fn row(self, pattern: &'static str, role: Role, about: Ids) -> Phrase {
        let Origin { libraries, side, place, source } = self;
        let (wire_code, note) = (None, "");
        Phrase { pattern, libraries, side, place, role, about, wire_code, source, note }
    }

    /// Printed when it refuses something.
    const fn judges(self, pattern: &'static str, about: Ids) -> Phrase {
        self.row(pattern, Role::Judges, about)
    }

    /// Printed when a Close comes, with `code` or any.
    const fn hears(self, code: Option<CloseCode>, pattern: &'static str, about: Ids) -> Phrase {
        self.row(pattern, Role::Hears(code), about)
    }

    /// Printed when TCP ends without a Close.
    const fn loses(self, pattern: &'static str) -> Phrase {
        self.row(pattern, Role::Loses, LOST)
    }

    /// Printed when a RST comes.
    const fn is_reset(self, pattern: &'static str) -> Phrase {
        self.row(pattern, Role::IsReset, LOST)
    }

    /// Printed when it ends TCP itself, without a Close.
    const fn ends(self, pattern: &'static str, about: Ids) -> Phrase {
        self.row(pattern, Role::Ends, about)
    }

    /// Printed when it has sent a Close.
    const fn closes(self, pattern: &'static str, about: Ids) -> Phrase {
        self.row(pattern, Role::Closes, about)
    }

    /// Printed when its own program does something that it does not allow.
    const fn catches(self, pattern: &'static str, about: Ids) -> Phrase {
        self.row(pattern, Role::Catches, about)
    }

    /// The same where one side alone prints it.
    const fn on(mut self, side: Side) -> Origin {
        self.side = Some(side);
        self
    }

    const fn at(mut self, place: Place, source: &'static str) -> Origin {
        self.place = place;
        self.source = source;
        self
    }
}

impl Phrase {
    const fn noting(mut self, note: &'static str) -> Phrase {
        self.note = note;
        self
    }

    const fn sending(mut self, code: u16) -> Phrase {
        self.wire_code = Some(CloseCode(code));
        self
    }
}

// What several tables cite.
const LOST: Ids = &["tcp-closed-without-close", "torn-frame", "close-lost-by-rst"];
const ANY_CLOSE: Ids =
    &["application-close", "going-away", "internal-error", "service-restart", "clean-close"];
const EMPTY: Ids = &["empty-close", "close-empty"];
const REJECTED: Ids = &["handshake-rejected", "handshake-200-instead-of-101"];
const NO_ANSWER: Ids = &["handshake-no-response", "no-answer-to-request"];
const BAD_CERTIFICATE: Ids = &["tls-certificate-rejected"];
const NO_TLS: Ids = &["tls-handshake-failed"];
const NO_UPGRADE: Ids = &["handshake-response-upgrade-missing"];
const NO_CONNECTION: Ids = &["handshake-response-connection-missing"];
const BAD_ACCEPT: Ids = &["handshake-accept-mismatch"];
const NO_ACCEPT: Ids = &["handshake-accept-missing"];
const NO_SUBPROTOCOL: Ids = &["handshake-subprotocol-ignored"];
const BAD_SUBPROTOCOL: Ids = &["handshake-subprotocol-not-offered"];
const BAD_EXTENSION: Ids = &["handshake-extension-not-offered"];
const KEY: Ids = &["handshake-key-missing", "handshake-key-invalid"];
const VERSION: Ids = &["handshake-version-unsupported"];
const METHOD: Ids = &["handshake-method-not-get"];
const NO_PONG: Ids = &["ping-unanswered", "keepalive-timeout"];
const LATE_DATA: Ids = &["data-after-close"];
const RSV1: Ids = &[
    "rsv1-without-deflate",
    "injected-http-bytes",
    "rsv-bits-set",
    "control-compressed",
    "deflate-rsv1-on-continuation",
];
const INFLATE: Ids = &[
    "deflate-inflate-failed",
    "deflate-context-desync",
    "deflate-takeover-ignored",
    "deflate-window-exceeded",
];
const INFLATED_TOO_BIG: Ids = &["message-too-big-limit", "deflate-bomb"];
const RSV23: Ids = &["rsv-bits-set", "injected-http-bytes"];
