//! The opcode of a frame (RFC 6455 §5.2, §11.8).

use std::fmt;

/// Four bits that say how a frame's payload is to be read. The reserved ones have no constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

impl Opcode {
    /// The next fragment of the message that is open.
    pub const CONTINUATION: Opcode = Opcode(0x0);
    /// Starts a text message.
    pub const TEXT: Opcode = Opcode(0x1);
    /// Starts a binary message.
    pub const BINARY: Opcode = Opcode(0x2);
    /// The closing handshake.
    pub const CLOSE: Opcode = Opcode(0x8);
    /// A question whether the peer is there.
    pub const PING: Opcode = Opcode(0x9);
    /// The answer to a Ping, or a heartbeat.
    pub const PONG: Opcode = Opcode(0xA);

    /// Whether the most significant bit is set (RFC 6455 §5.5); true for reserved ones too.
    pub fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// Whether RFC 6455 leaves it for later: 0x3 to 0x7 and 0xB to 0xF.
    pub fn is_reserved(self) -> bool {
        matches!(self.0, 0x3..=0x7 | 0xB..)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Opcode::CONTINUATION => f.write_str("continuation"),
            Opcode::TEXT => f.write_str("text"),
            Opcode::BINARY => f.write_str("binary"),
            Opcode::CLOSE => f.write_str("close"),
            Opcode::PING => f.write_str("ping"),
            Opcode::PONG => f.write_str("pong"),
            Opcode(other) => write!(f, "reserved opcode {other:#X}"),
        }
    }
}
