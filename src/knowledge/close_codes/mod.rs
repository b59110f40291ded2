//! The table of close codes: one row for each code or range, no gap and no overlap.
//!
//! In: a code. Out: its row, with a card for people. Sources are RFC 6455 §7.4 with its errata, the
//! IANA registry, and what libraries were seen to do; where those differ the RFC wins and the card
//! says how the others stray.

mod failures;
mod lifecycle;
mod local_only;
mod ranges;
pub(in crate::knowledge) mod vi;

use std::fmt;
use std::ops::RangeInclusive;

use super::close_code::{CloseCode, WhoMaySend};
use super::language::Language;

/// Every 16-bit value, in rising order.
pub static CLOSE_CODES: &[CodeEntry] = &[
    ranges::UNUSED,
    lifecycle::NORMAL,
    lifecycle::GOING_AWAY,
    failures::PROTOCOL_ERROR,
    failures::UNSUPPORTED_DATA,
    ranges::RESERVED_1004,
    local_only::NO_STATUS_RECEIVED,
    local_only::ABNORMAL_CLOSURE,
    failures::INVALID_PAYLOAD,
    failures::POLICY_VIOLATION,
    failures::MESSAGE_TOO_BIG,
    failures::MANDATORY_EXTENSION,
    failures::INTERNAL_ERROR,
    lifecycle::SERVICE_RESTART,
    lifecycle::TRY_AGAIN_LATER,
    lifecycle::BAD_GATEWAY,
    local_only::TLS_HANDSHAKE,
    ranges::UNASSIGNED,
    ranges::UNAUTHORIZED,
    ranges::REGISTERED_3001,
    ranges::FORBIDDEN,
    ranges::REGISTERED_3004,
    ranges::TIMEOUT,
    ranges::REGISTERED_3009,
    ranges::PRIVATE,
    ranges::OUT_OF_RANGE,
];

/// The row that covers `code`.
pub(super) fn entry(code: CloseCode) -> &'static CodeEntry {
    let after = CLOSE_CODES.partition_point(|entry| *entry.codes.start() <= code.0);
    after
        .checked_sub(1)
        .and_then(|row| CLOSE_CODES.get(row))
        .expect("the table begins at 0 and has no gap")
}

/// What is known about one code or one range of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The codes it covers.
    pub codes: RangeInclusive<u16>,
    /// The registered name, or a name for the range.
    pub name: &'static str,
    /// Where it is defined: an RFC section or the IANA registry.
    pub reference: &'static str,
    /// Which endpoint may put it in a Close frame.
    pub who_may_send: WhoMaySend,
    /// Whether any endpoint may put it in a Close frame.
    pub allowed_on_wire: bool,
    /// Who is at fault in most captures that show it.
    pub usually_at_fault: UsualFault,
    /// Whether a client should come back.
    pub retry: Retry,
    /// What the APIs of the two endpoints report.
    pub shown_by_api: &'static str,
    /// Completes "Send it when …", or "Never send it: …"; without a period.
    pub use_when: &'static str,
    /// For the engineer who met it.
    pub card: Card,
    /// All its texts in Vietnamese.
    pub vi: Texts,
}

impl CodeEntry {
    /// Whether the row is for a single code.
    pub fn covers_one(&self) -> bool {
        self.codes.start() == self.codes.end()
    }

    /// The lowest code of the row.
    pub fn first(&self) -> CloseCode {
        CloseCode(*self.codes.start())
    }

    /// All its texts in one language.
    pub fn texts(&self, language: Language) -> Texts {
        let CodeEntry { name, shown_by_api, use_when, card, vi, .. } = *self;
        match language {
            Language::En => Texts { name, shown_by_api, use_when, card },
            Language::Vi => vi,
        }
    }
}

/// The texts of a row in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The registered name, or a name for the range; a translation of it in other languages.
    pub name: &'static str,
    /// What the APIs of the two endpoints report.
    pub shown_by_api: &'static str,
    /// Completes "Send it when …", or "Never send it: …"; without a period.
    pub use_when: &'static str,
    /// For the engineer who met it.
    pub card: Card,
}

/// The text for a person who met the code, in full sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// What the code says by definition.
    pub description: &'static str,
    /// What it mostly means when a capture or an API shows it.
    pub when_you_see_it: &'static str,
    /// Two to five steps, the likeliest first.
    pub how_to_fix: &'static [&'static str],
    /// Whether and how a client should reconnect (RFC 6455 §7.2.3).
    pub reconnect: &'static str,
}

/// Who is at fault in most captures that show a code. A prior, never a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsualFault {
    /// An orderly end.
    Nobody,
    /// The endpoint that sent the Close.
    Sender,
    /// The other one: the sender is the victim.
    PeerOfSender,
    /// Size and limit disagree; no rule of the RFC is broken.
    Limit,
    /// The application's credentials or rules; the protocol is fine.
    Application,
    /// The operator of the service or of a gateway before it.
    Operator,
    /// The code does not tell; the capture may.
    Undecided,
}

impl UsualFault {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.english(),
            Language::Vi => vi::labels::usual_fault(self),
        }
    }

    fn english(self) -> &'static str {
        match self {
            UsualFault::Nobody => "nobody",
            UsualFault::Sender => "the endpoint that sent it",
            UsualFault::PeerOfSender => "the peer of the endpoint that sent it",
            UsualFault::Limit => "nobody by the RFC: one side's size meets the other's limit",
            UsualFault::Application => "the application: its credentials, rules or rate",
            UsualFault::Operator => "the operator of the service or of the gateway before it",
            UsualFault::Undecided => "open: an endpoint, the path, or a hidden protocol error",
        }
    }
}

impl fmt::Display for UsualFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

/// Whether a client should come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Only when there is new work.
    IfNeeded,
    /// Yes, after a random delay and with backoff (RFC 6455 §7.2.3).
    WithBackoff,
    /// Yes, but after longer than usual.
    Later,
    /// Not before something is changed: the same attempt ends the same way.
    AfterFix,
    /// As the application's own protocol says.
    AsAgreed,
}

impl Retry {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.english(),
            Language::Vi => vi::labels::retry(self),
        }
    }

    fn english(self) -> &'static str {
        match self {
            Retry::IfNeeded => "only if there is more to do",
            Retry::WithBackoff => "yes, with a random delay and backoff",
            Retry::Later => "yes, but later than usual",
            Retry::AfterFix => "not until the cause is fixed",
            Retry::AsAgreed => "as the application's protocol says",
        }
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}
