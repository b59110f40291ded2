//! What the decoder sees.

use super::{ControlFrame, FrameHeader, Inflated, Opcode, Short, Utf8Fault};
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
    /// Payload bytes as on the wire; of an invalid message that is not compressed those up to the
    /// byte that showed it.
    pub len: u64,
    /// What it inflated to; `None` of a message that was not inflated, or no longer, because what
    /// is wrong with it was told.
    pub inflated: Option<Inflated>,
    /// Frames so far.
    pub fragments: u64,
    /// Empty frames without FIN so far.
    pub empty_fragments: u64,
    /// From the first header to the last of these bytes.
    pub range: Range64,
    /// Whether the message is complete. A fault found before that is told first; then the message
    /// ends without one.
    pub complete: bool,
    /// What is wrong with its text; places count in what it inflated to.
    pub fault: Option<Box<Utf8Fault>>,
}

impl MessageEnd {
    /// Whether no message rule can have anything to say: the short cut of the hot path. Whatever
    /// this lets pass, all message rules let pass.
    pub fn is_ordinary(&self) -> bool {
        self.fault.is_none() && self.inflated.as_ref().is_none_or(Inflated::is_ordinary)
    }
}

/// The beginning of a message's content: unmasked and inflated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Its first bytes.
    pub bytes: Vec<u8>,
    /// Bytes of content so far.
    pub len: u64,
    /// Whether bytes of the message are missing, before or behind these.
    pub damaged: bool,
}

impl Excerpt {
    /// Memory beyond this is not kept for the next message.
    const MEMORY: usize = 64 << 10;

    /// Whether it is all of the content.
    pub fn is_whole(&self) -> bool {
        !self.damaged && self.len == self.bytes.len() as u64
    }

    /// Takes over at most `most` bytes of another one, in the memory that this has.
    pub fn copy_from(&mut self, other: &Excerpt, most: usize) {
        self.bytes.clear();
        self.bytes.extend_from_slice(other.bytes.get(..most).unwrap_or(&other.bytes));
        (self.len, self.damaged) = (other.len, other.damaged);
    }

    pub(super) fn clear(&mut self) {
        match self.bytes.capacity() > Excerpt::MEMORY {
            true => self.bytes = Vec::new(),
            false => self.bytes.clear(),
        }
        (self.len, self.damaged) = (0, false);
    }

    /// Hands out at most `most` bytes. What is large is not copied: then nothing is left here.
    pub(super) fn hand_over(&mut self, most: usize) -> Excerpt {
        if self.bytes.capacity() <= Excerpt::MEMORY {
            let mut copy = Excerpt::default();
            copy.copy_from(self, most);
            return copy;
        }
        let mut whole = std::mem::take(self);
        whole.cut(most);
        whole
    }

    /// Gives back what is held beyond the first `most` bytes.
    pub(super) fn cut(&mut self, most: usize) {
        self.bytes.truncate(most);
        self.bytes.shrink_to_fit();
    }

    pub(super) fn extend(&mut self, bytes: &[u8], most: usize) {
        self.len += bytes.len() as u64;
        if !self.damaged {
            let room = most.saturating_sub(self.bytes.len()).min(bytes.len());
            self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }
}

/// Which messages an [`Excerpt`] is kept of, and how many bytes at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// None.
    #[default]
    Nothing,
    /// Text messages.
    Text(usize),
    /// Text and binary messages.
    All(usize),
}

impl Keep {
    pub(super) fn most(self, opcode: Opcode) -> usize {
        match self {
            Keep::Text(most) if opcode == Opcode::TEXT => most,
            Keep::All(most) => most,
            Keep::Nothing | Keep::Text(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_message_leaves_no_memory_behind() {
        let large = vec![b'x'; 1 << 20];
        let mut excerpt = Excerpt::default();
        excerpt.extend(&large, usize::MAX);
        assert_eq!(excerpt.hand_over(usize::MAX).bytes, large);
        assert_eq!(excerpt.bytes.capacity(), 0);

        excerpt.extend(&large, usize::MAX);
        excerpt.clear();
        assert_eq!((excerpt.bytes.capacity(), excerpt.len), (0, 0));

        excerpt.extend(&large, usize::MAX);
        let beginning = excerpt.hand_over(10);
        assert_eq!((beginning.bytes.len(), beginning.len), (10, 1 << 20));
        assert!(beginning.bytes.capacity() < 1 << 10 && !beginning.is_whole());
    }

    #[test]
    fn a_small_message_leaves_its_memory_to_the_next() {
        let mut excerpt = Excerpt::default();
        excerpt.extend(b"small", 100);
        assert_eq!(excerpt.hand_over(3).bytes, b"sma");
        excerpt.clear();
        assert!(excerpt.bytes.capacity() >= 5);
    }
}
