//! What a conversation is made of: what each endpoint writes, and when that reaches the other.
//!
//! In: a frame as it is meant. Out: its bytes on the wire, right or wrong. Nothing here knows of
//! packets, and nothing is judged.

use wsblame::endpoint::Side;

/// A conversation: the opening handshake, and then what happens in this order.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub opening: Opening,
    pub steps: Vec<Step>,
}

/// The opening handshake, which always succeeds.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub subprotocol: bool,
    pub deflate: Deflate,
    /// Fields that mean nothing to a WebSocket.
    pub others: u8,
    pub key: [u8; 16],
    /// Whether the request was acknowledged by a segment of its own.
    pub acked: bool,
    /// Whether the response reaches the client before anything else happens.
    pub arrives: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deflate {
    Absent,
    Declined,
    Agreed,
    /// Each message on its own.
    WithoutTakeover,
}

impl Deflate {
    pub(crate) fn is_agreed(self) -> bool {
        matches!(self, Deflate::Agreed | Deflate::WithoutTakeover)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Writes a frame; it goes out with what is written next, or when something else happens.
    Write(Side, Frame),
    /// What this side has written goes out.
    Flush(Side),
    /// What this side has sent reaches the other, but for so many of its latest segments; whether
    /// the other says so at once.
    Deliver {
        from: Side,
        but: usize,
        acks: bool,
    },
    Fin(Side),
    /// Whether it acknowledges what was received, as one does that the sender chose; one that
    /// answers a straggler does not.
    Reset(Side, bool),
    /// A keep-alive probe, and whether it carries a byte that is made up.
    Probe(Side, bool),
    Wait(u16),
}

/// A frame as it is written.
#[derive(Clone)]
pub(crate) struct Frame {
    /// FIN, RSV and opcode.
    pub first: u8,
    pub mask: Option<[u8; 4]>,
    /// Bytes that the length takes: 0, 2 or 8.
    pub extended: usize,
    /// Set beside the length.
    pub top_bit: bool,
    pub payload: Vec<u8>,
    /// Bytes at its end that are never written.
    pub missing: usize,
}

/// Short: a talk that fails is printed.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Frame { first, mask, extended, top_bit, payload, missing } = self;
        let mask = if mask.is_some() { "masked" } else { "plain" };
        write!(f, "{first:#04x} {mask} {} bytes", payload.len())?;
        if payload.len() <= 16 {
            write!(f, " {payload:02x?}")?;
        }
        if *extended > 0 {
            write!(f, " len in {extended}")?;
        }
        if *top_bit {
            write!(f, " top bit")?;
        }
        if *missing > 0 {
            write!(f, " less {missing}")?;
        }
        Ok(())
    }
}

impl Frame {
    /// On the wire (RFC 6455 §5.2).
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.first];
        let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
        match self.extended {
            0 => bytes.push(mask_bit | self.payload.len() as u8),
            2 => {
                bytes.push(mask_bit | 126);
                bytes.extend((self.payload.len() as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 127);
                let top = if self.top_bit { 1 << 63 } else { 0 };
                bytes.extend((self.payload.len() as u64 | top).to_be_bytes());
            }
        }
        bytes.extend(self.mask.iter().flatten());
        let key = self.mask.unwrap_or_default();
        bytes.extend(self.payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]));
        let len = bytes.len().saturating_sub(self.missing).max(1);
        bytes.truncate(len);
        bytes
    }
}
