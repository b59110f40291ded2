//! permessage-deflate (RFC 7692): compressed messages inflated as they stream.
//!
//! In: the unmasked payload of compressed messages, in pieces of any size. Out: what they inflate
//! to, in pieces, and at the end of each message an [`Inflated`] with its size and what is wrong
//! with it. One [`Inflater`] serves one direction. What comes out never depends on how the payload
//! was cut into pieces. Nothing here judges: a hole in the capture only makes what follows
//! uncertain.

mod inflater;
mod tokens;

pub use inflater::{DeflateFault, Far, InflateLimits, Inflated, Inflater, Reason};

use crate::endpoint::PerSide;

/// The last four bytes of an empty stored block: a sender leaves them out at the end of each
/// message and the receiver puts them back (RFC 7692 §7.2.1, §7.2.2).
pub const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// What one side's compressor is bound to (RFC 7692 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compressor {
    /// Base-2 logarithm of its LZ77 sliding window, 8 to 15 (§7.1.2).
    pub window_bits: u8,
    /// Whether a message may refer to those before it; if not, each starts with an empty window
    /// (§7.1.1).
    pub context_takeover: bool,
}

impl Compressor {
    /// The largest window there is.
    pub const MAX_WINDOW_BITS: u8 = 15;

    /// Bytes that a reference may reach back.
    pub fn window(self) -> u32 {
        1 << self.window_bits.min(Compressor::MAX_WINDOW_BITS)
    }
}

/// What holds without parameters.
impl Default for Compressor {
    fn default() -> Compressor {
        Compressor { window_bits: Compressor::MAX_WINDOW_BITS, context_takeover: true }
    }
}

/// What each side's compressor is bound to.
pub type Compressors = PerSide<Compressor>;

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
