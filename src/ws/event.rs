//! What the decoder sees.

use super::{ControlFrame, FrameHeader, Opcode, Short, Utf8Fault};
use crate::tcp::Range64;

/// How many bytes, counted from the start of a header that is out of the ordinary, are looked at
/// before it is judged: enough to recognise text or a record of another protocol.
pub const LOOKAHEAD: usize = 16;

/// A step in one side's stream of frames. It takes effect on [`super::Direction`] when the next
/// one is asked for, so that a judge sees the state from before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A header was read.
    Frame(FrameStart),
    /// A data message is complete, or its text turned out invalid.
    Message(MessageEnd),
    /// A control frame is complete.
    Control(ControlFrame),
    /// A header was lost: from here on the boundaries of frames are unknown.
    SyncLost {
        /// Stream offset of the first byte that could not be read.
        at: u64,
    },
}

/// A header at the moment it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameStart {
    /// The header.
    pub header: FrameHeader,
    /// Stream offset of its first byte.
    pub offset: u64,
    /// Whether the short cut found nothing for a rule to look at.
    pub ordinary: bool,
    bytes: Short<LOOKAHEAD>,
}

impl FrameStart {
    pub(super) fn new(header: FrameHeader, offset: u64, ordinary: bool, seen: &[u8]) -> FrameStart {
        FrameStart { header, offset, ordinary, bytes: Short::from(seen) }
    }

    /// The header's bytes, and what follows up to [`LOOKAHEAD`] if it is out of the ordinary.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A data message at its end, or where it went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEnd {
    /// Text or binary.
    pub opcode: Opcode,
    /// Whether it was marked as compressed.
    pub compressed: bool,
    /// Payload bytes; of an invalid message those up to the byte that showed it.
    pub len: u64,
    /// Frames so far.
    pub fragments: u64,
    /// Empty frames without FIN so far.
    pub empty_fragments: u64,
    /// From the first header to the last of these bytes.
    pub range: Range64,
    /// Whether the message is complete. A fault found before that is told first; then the message
    /// ends without one.
    pub complete: bool,
    /// What is wrong with its text.
    pub fault: Option<Utf8Fault>,
}
