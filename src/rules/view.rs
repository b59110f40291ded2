//! What the checks look at: an event, and the connection as it was before it.

use crate::endpoint::Side;
use crate::tcp::Range64;
use crate::ws::{Agreement, Direction, FrameHeader, Inflated, MessageEnd, Opcode, Utf8Fault};

/// A frame header at the moment it was read.
#[derive(Clone, Copy, Debug)]
pub struct FrameView<'a> {
    /// The header.
    pub header: &'a FrameHeader,
    /// Offset of its first byte in the sender's stream.
    pub offset: u64,
    /// The bytes from the header's first one on: the whole header at least, and up to
    /// [`crate::ws::LOOKAHEAD`] bytes when the header is out of the ordinary and as many follow.
    pub bytes: &'a [u8],
}

/// A data message, at its end or where it went wrong.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    /// Text or binary: the opcode of its first frame.
    pub opcode: Opcode,
    /// Whether RSV1 marked it as compressed.
    pub compressed: bool,
    /// Payload bytes so far, over all fragments, as on the wire.
    pub len: u64,
    /// What it inflated to; `None` when it was not to be inflated.
    pub inflated: Option<&'a Inflated>,
    /// Fragments so far; 1 for an unfragmented message.
    pub fragments: u64,
    /// Fragments without a byte of payload and without FIN.
    pub empty_fragments: u64,
    /// From the first header's first byte to the last payload byte read.
    pub range: Range64,
    /// Whether the message is complete; if not, it was cut short by `fault`.
    pub complete: bool,
    /// What is wrong with its text, inflated; `None` too when it could not be checked.
    pub fault: Option<&'a Utf8Fault>,
}

impl<'a> MessageView<'a> {
    /// A message as the rules see it. What one inflated to that was not to be compressed is not
    /// judged: its marking is.
    pub fn of(end: &'a MessageEnd, agreed: &Agreement) -> MessageView<'a> {
        MessageView {
            opcode: end.opcode,
            compressed: end.compressed,
            len: end.len,
            inflated: end.inflated.as_ref().filter(|_| agreed.deflate.is_agreed()),
            fragments: end.fragments,
            empty_fragments: end.empty_fragments,
            range: end.range,
            complete: end.complete,
            fault: end.fault.as_deref(),
        }
    }
}

/// The connection as it was before the event, as far as the sender's own stream tells. What the
/// two streams say of each other is judged at the end, by [`super::Facts`], because the order in
/// which two directions were captured proves nothing.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who sent the event.
    pub sender: Side,
    /// What the opening handshake agreed on.
    pub agreement: &'a Agreement,
    /// The sender's stream so far.
    pub direction: &'a Direction,
}
