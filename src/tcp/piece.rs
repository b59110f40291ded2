//! What goes into the assembler of one direction and what comes out.

use super::{GapCause, Range64, Seq, StreamEvent};
use crate::provenance::PacketRef;

/// What is in order now. In-order payload of the segment at hand is not among it: that is handed
/// out borrowed, by [`Assembler::accept`](super::Assembler::accept).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// Bytes that had to wait for others.
    Data {
        /// Stream offset of the first.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Bytes that will not come.
    Gap {
        /// Stream offsets.
        range: Range64,
        /// Why.
        cause: GapCause,
    },
}

impl Released {
    /// The same as a step of the stream.
    pub fn as_event(&self) -> StreamEvent<'_> {
        match self {
            Released::Data { offset, bytes } => StreamEvent::Data { offset: *offset, bytes },
            Released::Gap { range, cause } => StreamEvent::Gap { range: *range, cause: *cause },
        }
    }
}

/// How much one direction may hold.
#[derive(Clone, Copy, Debug)]
pub struct AssemblerLimits {
    /// Bytes that wait behind a hole.
    pub out_of_order_bytes: usize,
    /// Pieces that wait behind a hole.
    pub out_of_order_pieces: usize,
    /// Packets whose place in the stream is remembered.
    pub sources: usize,
    /// Segments that are remembered to know a second capture of them.
    pub recent: usize,
}

/// One piece of a segment's payload at its place in the stream.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'b> {
    /// Sequence number of the first byte.
    pub seq: Seq,
    /// The bytes captured.
    pub bytes: &'b [u8],
    /// Bytes behind them that the snap length cut off.
    pub cut: u32,
    /// The packet.
    pub at: PacketRef,
    /// The extended acknowledgement number it carried.
    pub acked: Option<u64>,
}
