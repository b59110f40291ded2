//! The TLS that a connection was in, and what was inferred where it could not be read.
//!
//! Data, like the rest of the model, with the same promise about its field names. Keys are no part
//! of it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Confidence, PacketCite, SideName};

/// The TLS around a connection.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TlsReport {
    /// The version, such as `TLS 1.3`; null where no ServerHello was captured.
    pub version: Option<String>,
    /// The cipher suite by its name in the IANA registry; null where no ServerHello was captured.
    pub suite: Option<String>,
    /// The host name that the client asked for (SNI, RFC 6066 §3), at most 255 characters.
    pub server_name: Option<String>,
    /// The protocols that the client offered (ALPN, RFC 7301), the first 16; null where it offered
    /// none, or its ClientHello was not captured.
    pub alpn_offered: Option<Vec<String>>,
    /// The protocol that the server chose; null where that is not known: TLS 1.3 encrypts it.
    pub alpn_chosen: Option<String>,
    /// Whether it could be decrypted.
    pub keys: TlsKeys,
    /// Whether both sides finished the handshake, as far as that can be seen.
    pub established: bool,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// What became of early data (0-RTT); null where the client sent none.
    pub early_data: Option<TlsEarlyData>,
    /// What the client sent.
    pub client: TlsSideReport,
    /// What the server sent.
    pub server: TlsSideReport,
    /// What the sizes and times of records suggest where they could not be read; null where they
    /// could, or suggest nothing.
    pub inferred: Option<InferredReport>,
}

/// Whether a session could be decrypted, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsKeys {
    /// Its keys were given, and records authenticated under them.
    Found,
    /// No keys were given for it.
    Missing,
    /// Keys were given for it, and no record authenticated under them.
    Wrong,
    /// Some of its keys were given, and not all that are needed.
    Incomplete,
    /// Its version or its cipher suite is not decrypted, or it is compressed.
    Unsupported,
    /// The hello that tells which keys it needs was not captured.
    HelloLost,
}

/// What became of early data (RFC 8446 §4.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsEarlyData {
    /// The server took it.
    Accepted,
    /// The server passed it over.
    Rejected,
    /// The answer is not known.
    Offered,
}

/// What one side sent by TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TlsSideReport {
    /// Records.
    pub records: u64,
    /// Times that it updated its keys.
    pub key_updates: u64,
    /// Records that were captured whole and did not authenticate.
    pub refused: u64,
    /// Its `close_notify`; null where none was read.
    pub close_notify: Option<TlsMoment>,
    /// Its other alerts, the first few.
    pub alerts: Vec<TlsAlert>,
}

/// When something was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TlsMoment {
    /// The packet.
    pub packet: PacketCite,
    /// Its time.
    pub time: String,
}

/// An alert (RFC 8446 §6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TlsAlert {
    /// Its name in the IANA registry, or `alert` and its number; null where it could not be read.
    pub name: Option<String>,
    /// `warning` or `fatal`; null where it could not be read.
    pub level: Option<String>,
    /// The packet.
    pub packet: PacketCite,
    /// Its time.
    pub time: String,
}

/// What the sizes, directions and times of encrypted records suggest. Nothing of it was read.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct InferredReport {
    /// How sure it is that this is a WebSocket: `likely` at most.
    pub confidence: Confidence,
    /// Why it is taken for one, a clause each.
    pub because: Vec<String>,
    /// The packets with what may be the request and the response of the opening handshake.
    pub opening: Vec<PacketCite>,
    /// Who may have sent the first Close; null where nothing looks like one.
    pub began_close: Option<SideName>,
    /// What the client may have sent last.
    pub client: InferredEndReport,
    /// What the server may have sent last.
    pub server: InferredEndReport,
    /// Seconds without a record before the first FIN or RST; null where that is not known.
    pub idle: Option<f64>,
    /// Records like Pings at regular intervals; null where there are none.
    pub keep_alive: Option<InferredKeepAlive>,
}

/// What one side may have sent last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InferredEndReport {
    /// A record of the size of a Close; null where there is none.
    pub close: Option<InferredCloseReport>,
    /// The packet with a record of the size of `close_notify`; up to TLS 1.2 an alert for certain.
    pub close_notify: Option<PacketCite>,
}

/// A record of the size of a Close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InferredCloseReport {
    /// The packet.
    pub packet: PacketCite,
    /// Bytes of the payload if it is a Close: the least and the most that fits the record. 0 is a
    /// Close without a code, 2 is a code without a reason.
    pub payload: [u16; 2],
}

/// Records like Pings at regular intervals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InferredKeepAlive {
    /// Who sends them.
    pub side: SideName,
    /// Bytes of the payload if they are Pings: the least and the most that fits the record.
    pub payload: [u16; 2],
    /// How many were seen.
    pub number: u64,
    /// How many were answered by a record of the size of the Pong.
    pub answered: u64,
    /// The shortest and the longest interval, in milliseconds.
    pub interval: [u64; 2],
}
