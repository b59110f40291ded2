//! What a direction of a TCP connection gives to the stages above.

use std::ops::Range;

use super::Released;

/// A step forward in one direction's byte stream. Offsets count payload bytes from the start of
/// the direction (or from its first captured byte, when its SYN was not captured) and never go
/// back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent<'a> {
    /// The next bytes.
    Data {
        /// Offset of the first one.
        offset: u64,
        /// The bytes, never empty.
        bytes: &'a [u8],
    },
    /// Bytes that were sent but that the capture does not have.
    Gap {
        /// Their offsets, half-open, never empty.
        range: Range64,
        /// Why the capture does not have them.
        cause: GapCause,
    },
}

impl StreamEvent<'_> {
    /// The same, with bytes of its own.
    pub fn to_owned(self) -> Released {
        match self {
            StreamEvent::Data { offset, bytes } => Released::Data { offset, bytes: bytes.to_vec() },
            StreamEvent::Gap { range, cause } => Released::Gap { range, cause },
        }
    }
}

/// A half-open range of stream offsets that is `Copy`, unlike [`Range`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range64 {
    /// First offset.
    pub start: u64,
    /// Offset behind the last.
    pub end: u64,
}

impl Range64 {
    /// Number of bytes.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share a byte.
    pub fn overlaps(self, other: Range64) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl From<Range64> for Range<u64> {
    fn from(range: Range64) -> Range<u64> {
        range.start..range.end
    }
}

impl From<Range<u64>> for Range64 {
    fn from(range: Range<u64>) -> Range64 {
        Range64 { start: range.start, end: range.end }
    }
}

impl GapCause {
    /// Whether the range of the gap is as long as what is missing.
    pub fn is_measured(self) -> bool {
        self != GapCause::Unmeasured
    }
}

/// Why bytes are missing from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapCause {
    /// The receiver acknowledged them, so they arrived; the capture missed the packet.
    NotCaptured,
    /// Later bytes were captured, but nothing tells whether these arrived.
    NeverSeen,
    /// The packet was captured and cut off by the snap length.
    SnapLength,
    /// More out-of-order bytes waited behind the hole than the limit allows.
    OverLimit,
    /// Records of TLS on the stream could not be read, and how many bytes they hold is not known:
    /// the range is at least as long as what is missing, and what follows it may follow at once on
    /// what precedes it.
    Unmeasured,
    /// They were captured, but not decrypted: TLS, and the keys are missing, or the record did not
    /// authenticate under them.
    Undecrypted,
}
