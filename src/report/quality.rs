//! How far verdicts can be trusted: the part of the report that is about the capture itself.
//!
//! Data, like the rest of the model, with the same promise about its field names.

use schemars::JsonSchema;
use serde::Serialize;

/// How far the verdicts on the connections of a capture can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaptureQuality {
    /// In a word.
    pub grade: Grade,
    /// In a sentence, without a full stop.
    pub summary: String,
    /// What the capture lacks, the heaviest first.
    pub reasons: Vec<String>,
    /// Bytes that the WebSocket connections carried, those that are missing included.
    pub stream_bytes: u64,
    /// Those of them that the capture does not have.
    pub lost_bytes: u64,
    /// WebSocket connections captured from the first SYN and the opening request to a FIN or RST.
    pub complete_connections: u64,
    /// WebSocket connections of which one side was not captured.
    pub one_sided_connections: u64,
    /// How to capture what is missing; null when nothing is that a capture could have.
    pub recapture: Option<Recapture>,
}

/// How far verdicts can be trusted. For a connection, only what is missing of it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nothing that was sent is known to be missing.
    #[default]
    Good,
    /// Something is missing, but less than for `poor`.
    Limited,
    /// Of a capture: it could not be read to its end; or 1 % of its packets, or more, were dropped
    /// by the capturing host or could not be read; or of the bytes of its WebSocket connections
    /// 1 % or more are missing; or half of these connections or more lack their opening handshake,
    /// a side, or where frames begin. Of a connection: the latter, or 1 % of its bytes.
    Poor,
}

/// How far the verdict on one connection can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConnectionQuality {
    /// In a word.
    pub grade: Grade,
    /// What is missing, in a line; empty when nothing is.
    pub remark: String,
}

/// How to capture what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recapture {
    /// The command for a shell. It holds no text from the capture but addresses, ports and the
    /// name of an interface.
    pub command: String,
    /// The filter expression in it.
    pub filter: String,
    /// Where and when to run it.
    pub advice: Vec<String>,
}
