//! What a rule is made of.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Facts, FrameView, MessageView};
use crate::endpoint::Side;
use crate::http::Handshake;
use crate::provenance::PacketRef;
use crate::script::Script;
use crate::tcp::Range64;
use crate::ws::ControlFrame;

/// One rule of the protocol, or one diagnosis: everything about it in one place.
///
/// From this come the finding's text, `wsblame rules`, `wsblame explain`, the README's table, the
/// sample capture, and the tests that the rule fires where it should and nowhere else.
pub struct Rule {
    /// Kebab-case, names the fault and not the fix; never reused once released.
    pub id: &'static str,
    /// The group it is listed in.
    pub family: Family,
    /// Where it is written, such as `RFC 6455 §5.1`.
    pub section: &'static str,
    /// How bad it is when the receiver does what the RFC asks of it.
    pub severity: Severity,
    /// Who has to mend it.
    pub fault: Fault,
    /// What the receiver should answer, in words short enough for a table: `1002`, `HTTP 400`, `-`.
    pub answer: &'static str,
    /// Close codes by which a receiver says that it failed the connection for this: the code the
    /// RFC names, and those that well-known libraries send in its place. Empty when none does.
    pub closes_with: &'static [u16],
    /// The fault in one line, without a full stop: `client frame without a mask`.
    pub summary: &'static str,
    /// Why it is a fault and what it does to the connection: two to five sentences.
    pub explanation: &'static str,
    /// What the one at fault should do: one to three sentences.
    pub advice: &'static str,
    /// A connection that breaks this rule and no other.
    pub breaks: Script,
    /// The nearest connection that keeps it.
    pub keeps: Script,
    /// How it is noticed; also says on what it is called.
    pub check: Check,
}

/// A rule is known by its id.
impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.id)
    }
}

/// On what a rule's check is called. All checks are pure.
#[derive(Clone, Copy)]
pub enum Check {
    /// Once, when both heads of the opening handshake are known (or will never be).
    Handshake(fn(&Handshake) -> Option<Breach>),
    /// On each frame header, before its payload.
    Frame(fn(&FrameView<'_>, &Context<'_>) -> Option<Breach>),
    /// On each data message: at its end, or at the first byte that makes it invalid.
    Message(fn(&MessageView<'_>, &Context<'_>) -> Option<Breach>),
    /// On each Close frame, when its payload is complete.
    Close(fn(&ControlFrame, &Context<'_>) -> Option<Breach>),
    /// Once for each side, when the connection or the capture has ended; the side is the one
    /// whose conduct is looked at.
    End(fn(&Facts, Side) -> Option<Breach>),
}

/// The groups in which rules are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The opening handshake (RFC 6455 §4).
    Handshake,
    /// Frame headers, masking and fragmentation (RFC 6455 §5).
    Framing,
    /// Text that is not UTF-8 (RFC 6455 §8.1).
    Utf8,
    /// The closing handshake and the end of TCP (RFC 6455 §7).
    Close,
    /// Ping and Pong (RFC 6455 §5.5.2, §5.5.3).
    Ping,
    /// permessage-deflate (RFC 7692).
    Deflate,
}

impl Family {
    /// The heading above the group.
    pub fn name(self) -> &'static str {
        match self {
            Family::Handshake => "opening handshake",
            Family::Framing => "framing",
            Family::Utf8 => "UTF-8",
            Family::Close => "closing",
            Family::Ping => "ping and pong",
            Family::Deflate => "permessage-deflate",
        }
    }
}

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, breaks nothing.
    Note,
    /// Breaks something under circumstances, or is a SHOULD.
    Warning,
    /// A MUST is broken; the receiver is to fail the connection.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who has to mend what a rule names, before it is known which side that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The side whose bytes or conduct were judged, whichever it is.
    Sender,
    /// The client, always.
    Client,
    /// The server, always.
    Server,
    /// Something between the two.
    Intermediary,
    /// One capture cannot tell.
    Unknown,
}

impl Fault {
    /// For the rule table.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Sender => "sender",
            Fault::Client => "client",
            Fault::Server => "server",
            Fault::Intermediary => "intermediary",
            Fault::Unknown => "unknown",
        }
    }
}

/// What a check saw. Where it saw it comes from the event, unless the check says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breach {
    /// What exactly was seen, in one sentence without payload or secrets.
    pub detail: String,
    /// The bytes in question, if not those of the event.
    pub place: Option<Place>,
    /// The packet to cite, if it is not one that carried those bytes: a FIN, a RST.
    pub packet: Option<PacketRef>,
    /// Bytes to show, if not those of the event. Never payload, but for the (at most 16) bytes
    /// that are themselves the violation.
    pub shown: Option<Vec<u8>>,
    /// The bits of the shown bytes that are to blame.
    pub guilty: Option<Guilty>,
    /// Who is at fault, where this case differs from the rule's usual one.
    pub fault: Option<Fault>,
    /// How bad it is, where this case differs.
    pub severity: Option<Severity>,
    /// Whether nothing after it in the same direction can be read: the boundaries of frames are
    /// gone, and whatever else might be found would be a consequence.
    pub loses_sync: bool,
}

impl Breach {
    /// A breach with this detail and everything else as the event and the rule say.
    pub fn new(detail: impl Into<String>) -> Breach {
        Breach { detail: detail.into(), ..Breach::default() }
    }

    /// Points at `mask` in byte `byte` of the shown bytes.
    #[must_use]
    pub fn guilty(mut self, byte: usize, mask: u8) -> Breach {
        self.guilty = Some(Guilty { byte, mask });
        self
    }

    /// Says which bytes of which side's stream it is about.
    #[must_use]
    pub fn at(mut self, side: Side, range: impl Into<Range64>) -> Breach {
        self.place = Some(Place { side, range: range.into() });
        self
    }

    /// Says which packet to cite.
    #[must_use]
    pub fn in_packet(mut self, packet: PacketRef) -> Breach {
        self.packet = Some(packet);
        self
    }

    /// Says which bytes to show.
    #[must_use]
    pub fn showing(mut self, bytes: impl Into<Vec<u8>>) -> Breach {
        self.shown = Some(bytes.into());
        self
    }

    /// Blames another than the rule usually does.
    #[must_use]
    pub fn blaming(mut self, fault: Fault) -> Breach {
        self.fault = Some(fault);
        self
    }

    /// Ends the reading of this direction.
    #[must_use]
    pub fn losing_sync(mut self) -> Breach {
        self.loses_sync = true;
        self
    }

    /// Judges it otherwise than the rule usually does.
    #[must_use]
    pub fn weighing(mut self, severity: Severity) -> Breach {
        self.severity = Some(severity);
        self
    }
}

/// Bytes of one direction's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose stream: the sender's.
    pub side: Side,
    /// Half-open offsets in it.
    pub range: Range64,
}

/// Bits to point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guilty {
    /// Index into the shown bytes.
    pub byte: usize,
    /// The bits of that byte.
    pub mask: u8,
}
