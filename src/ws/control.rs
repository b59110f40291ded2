//! Control frames: Close, Ping and Pong (RFC 6455 §5.5).

use super::Opcode;
use crate::tcp::Range64;

/// The most payload bytes that a control frame may have (RFC 6455 §5.5), and the most that are
/// kept of one.
pub const MAX_CONTROL_LEN: u64 = 125;

/// A control frame as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlFrame {
    /// Close, Ping or Pong.
    pub opcode: Opcode,
    /// Payload after unmasking; the first [`MAX_CONTROL_LEN`] bytes of a longer one.
    pub payload: Vec<u8>,
    /// Payload bytes as declared.
    pub payload_len: u64,
    /// Header and payload in the sender's stream.
    pub range: Range64,
    /// Whether bytes of the payload are missing from the capture.
    pub damaged: bool,
}

impl ControlFrame {
    /// A Close frame's status code; `None` when the payload has fewer than two bytes or is
    /// damaged.
    pub fn code(&self) -> Option<u16> {
        if self.damaged {
            return None;
        }
        let (code, _) = self.payload.split_first_chunk::<2>()?;
        Some(u16::from_be_bytes(*code))
    }

    /// A Close frame's reason: the bytes behind the status code; empty when the payload is damaged.
    pub fn reason(&self) -> &[u8] {
        if self.damaged {
            return &[]; // what is left of a sentence may say something else
        }
        self.payload.get(2..).unwrap_or_default()
    }
}
