//! One TCP connection on its way through the stages.

use super::assemble::{Case, connection_report};
use super::conversation::{Conversation, Findings};
use super::table::Keys;
use super::Limits;
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::http::{Exchange, Handshake, Opening, classify};
use crate::ip::Segment;
use crate::provenance::PacketRef;
use crate::report::ConnectionReport;
use crate::rules::{self, Check, Facts, Frames};
use crate::tcp::{Connection, Released, Seq, StreamEvent};
use crate::verdict;

/// What a connection is, if it is no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It begins with a TLS handshake.
    Tls,
    /// Something else.
    Other,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Flow {
    stream: u64,
    limits: Limits,
    opener: Option<(Endpoint, Seq)>,
    tcp: Connection,
    stage: Stage,
    /// The connection between the same endpoints before this one: its stragglers may still come.
    predecessor: Option<Box<Flow>>,
}

/// How far a connection has come.
#[derive(Debug)]
enum Stage {
    /// Too little is known to say what it is.
    Undecided(Undecided),
    /// HTTP, perhaps with an opening handshake to come.
    Http(Box<Exchange>),
    /// A WebSocket, or an attempt.
    WebSocket(Box<WebSocket>),
    /// Not of interest.
    SomethingElse(Kind),
}

/// The first bytes of both sides.
#[derive(Debug, Default)]
struct Undecided {
    held: Vec<(Side, Released)>,
    first_bytes: PerSide<Vec<u8>>,
    lost: PerSide<bool>,
}

#[derive(Debug)]
struct WebSocket {
    conversation: Conversation,
}
