//! What each side sent behind the handshake, as data.
//!
//! Field names are part of the public schema, as in [`model`](super::Report).

use schemars::JsonSchema;
use serde::Serialize;

use super::PacketCite;

/// What each side sent behind the handshake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Traffic {
    /// By the client.
    pub client: SideTraffic,
    /// By the server.
    pub server: SideTraffic,
}

/// What one side sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct SideTraffic {
    /// Frames, control frames included.
    pub frames: u64,
    /// Complete data messages.
    pub messages: u64,
    /// Payload bytes as declared, control frames included.
    pub bytes: u64,
    /// Whether nothing that the side sent is known to be missing; else there may have been more of
    /// everything that is counted here.
    pub exact: bool,
    /// The complete data messages by kind.
    pub kinds: MessageKinds,
    /// The frames by opcode.
    pub opcodes: OpcodeCounts,
    /// Payload sizes of the complete data messages, as on the wire; null when there was none.
    pub sizes: Option<MessageSizes>,
    /// What compression saved; null when no compressed message was inflated.
    pub inflation: Option<InflationReport>,
    /// Bytes of the largest complete message, inflated if it was compressed, that the peer did not
    /// refuse for its size; null when there was none, when a size is not known, or when the peer
    /// refused one and the capture cannot tell which.
    pub largest_accepted: Option<u64>,
    /// The message that the peer refused for its size, by a Close with 1009 or with a reason that
    /// says so; null when it refused none, or when the capture cannot tell which.
    pub first_refused: Option<RefusedMessage>,
    /// Messages and bytes by time; null when something is missing, or when the clock cannot tell.
    pub rate: Option<Rate>,
    /// Its Pings and the peer's Pongs.
    pub pings: PingReport,
    /// The message that was begun and not completed when its stream ended; null when there was
    /// none, or when the capture cannot tell.
    pub open_message: Option<OpenMessageReport>,
}

/// Complete data messages by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MessageKinds {
    /// Text.
    pub text: u64,
    /// Binary.
    pub binary: u64,
    /// Of both, those in more than one frame.
    pub fragmented: u64,
    /// Of both, those marked as compressed (RSV1).
    pub compressed: u64,
}

/// Frames by opcode (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpcodeCounts {
    /// 0x0.
    pub continuation: u64,
    /// 0x1.
    pub text: u64,
    /// 0x2.
    pub binary: u64,
    /// 0x8.
    pub close: u64,
    /// 0x9.
    pub ping: u64,
    /// 0xA.
    pub pong: u64,
    /// All others.
    pub reserved: u64,
}

/// Payload bytes of complete data messages, as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MessageSizes {
    /// Of the smallest.
    pub smallest: u64,
    /// Of the largest.
    pub largest: u64,
    /// On average.
    pub mean: f64,
    /// All together.
    pub total: u64,
}

/// Compressed messages and what they inflated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InflationReport {
    /// Complete messages whose inflated size is known.
    pub messages: u64,
    /// Their payload bytes as on the wire.
    pub compressed: u64,
    /// What these inflated to.
    pub inflated: u64,
}

/// A message that the peer refused for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusedMessage {
    /// Its bytes, inflated if it was compressed; of one that is not complete those that its headers
    /// declare so far: at least so many would have come.
    pub bytes: u64,
    /// Whether all of it was sent.
    pub complete: bool,
    /// The packet with its last byte so far.
    pub packet: PacketCite,
}

/// How much was sent by time, from the response to the opening handshake to the first Close, or to
/// the end of TCP or of the capture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Rate {
    /// Seconds of that time.
    pub seconds: f64,
    /// Complete data messages a second.
    pub messages_per_second: f64,
    /// Payload bytes of them a second.
    pub bytes_per_second: f64,
}

/// A side's Pings, and the peer's Pongs to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct PingReport {
    /// Pings sent.
    pub sent: u64,
    /// Those that were answered: a Pong answers its Ping and all before it (RFC 6455 §5.5.3).
    pub answered: u64,
    /// Those behind the latest that was answered: nothing answered them until the end. Null when
    /// the capture may lack the answer.
    pub outstanding: Option<u64>,
    /// Pongs of the peer that equal none of the Pings. Null when the capture may lack the Ping.
    pub unsolicited_pongs: Option<u64>,
    /// How long the Pongs took; null when none was seen, or when the clock cannot tell.
    pub round_trip: Option<RoundTripReport>,
}

/// How long Pongs took, in seconds: from the packet with the Ping to the packet with its Pong, as
/// they passed the capture point. Near the side that pings this is all of the way and what the peer
/// took to answer; near the peer it is only the latter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RoundTripReport {
    /// How many were measured: those Pings whose own Pong was seen.
    pub measured: u64,
    /// The shortest.
    pub min: f64,
    /// On average.
    pub mean: f64,
    /// The longest.
    pub max: f64,
    /// The latest.
    pub last: f64,
}

/// A data message without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenMessageReport {
    /// `text` or `binary`.
    pub kind: &'static str,
    /// Frames so far.
    pub fragments: u64,
    /// Payload bytes so far.
    pub bytes: u64,
}
