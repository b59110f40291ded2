//! What is known of one side of a connection once it has been read.
//!
//! Nothing here is worked out; [`Connection`](super::Connection) fills it in.

use super::half::Half;
use super::{Around, GapCause, Range64};
use crate::provenance::{PacketRef, Source, Timestamp};

/// A FIN or RST as first captured. Positions are extended numbers until they are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The packet.
    pub at: PacketRef,
    /// Stream offset at which it stands: the sender's bytes before it were sent before it.
    pub offset: u64,
    /// How much of the peer's stream its sender had acknowledged; `None` without an
    /// acknowledgement, and where the packet may be a repetition.
    pub acked: Option<u64>,
    /// The same as the packet itself says it, be it a repetition or not.
    pub stated: Option<u64>,
    /// How much of this side's own stream the peer had acknowledged in its first segment behind
    /// it, by time; `None` when none was captured.
    pub answered: Option<u64>,
}

impl Ending {
    /// Takes in what the peer acknowledged at the time `at`, where times that are less than `doubt`
    /// nanoseconds apart may be in the wrong order.
    pub(super) fn note_answer(&mut self, at: Timestamp, acked: u64, doubt: i64) {
        if at.nanos_since(self.at.time) > doubt {
            // Acknowledgements only grow, so the lowest is the first.
            self.answered = Some(self.answered.map_or(acked, |first| first.min(acked)));
        }
    }
}

/// Everything that is known of one side's half of the connection. Offsets are stream offsets.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Segments captured from this side, each counted once.
    pub segments: u64,
    /// Segments of this side that were captured once more, elsewhere or by a mirror: the same
    /// datagrams, no retransmissions.
    pub captured_twice: u64,
    /// Whether its SYN was captured, so that offset 0 is its first byte.
    pub has_start: bool,
    /// Offset behind the last byte that was captured or passed over as a gap.
    pub end: u64,
    /// The highest offset that the peer acknowledged; a FIN counts as one byte.
    pub acknowledged: u64,
    /// The highest offset that a captured segment of this side's own stood at or ended at; a FIN
    /// counts as one byte.
    pub reached: u64,
    /// The latest segment captured from this side, by time, that repeats nothing, and what it
    /// acknowledged of the peer's stream: by then this side had sent nothing beyond it.
    pub latest: Option<Source>,
    /// Its first FIN.
    pub fin: Option<Ending>,
    /// Its first RST that lies within the window.
    pub rst: Option<Ending>,
    /// Holes, the first [`Summary::MOST_GAPS`] of them.
    pub gaps: Vec<(Range64, GapCause)>,
    /// Bytes in all holes.
    pub gap_bytes: u64,
    /// The packets around what is missing: `around.gaps` are those of `gaps`, in the same order.
    pub around: Around,
    /// Ranges of which two differing copies were captured.
    pub conflicts: Vec<Range64>,
    /// Bytes captured more than once.
    pub repeated_bytes: u64,
    /// Segments that advertised a window of 0.
    pub zero_windows: u64,
    /// Keep-alive probes (RFC 9293 §3.8.4).
    pub keep_alives: u64,
    /// Resets that no receiver would have accepted (RFC 9293 §3.5.3).
    pub ignored_resets: u64,
}

impl Summary {
    /// Holes that are remembered.
    pub const MOST_GAPS: usize = Half::MAX_GAPS;

    /// A side that has sent nothing but its SYN.
    #[cfg(test)]
    pub(crate) fn silent() -> Summary {
        Summary {
            segments: 1,
            captured_twice: 0,
            has_start: true,
            end: 0,
            acknowledged: 0,
            reached: 0,
            latest: None,
            fin: None,
            rst: None,
            gaps: Vec::new(),
            gap_bytes: 0,
            around: Around::default(),
            conflicts: Vec::new(),
            repeated_bytes: 0,
            zero_windows: 0,
            keep_alives: 0,
            ignored_resets: 0,
        }
    }

    /// The first byte of which two differing copies were captured: which of them the peer received
    /// is not known, nor what the bytes behind them mean, if the two differ in a length.
    pub fn disputed_from(&self) -> Option<u64> {
        self.conflicts.iter().map(|range| range.start).min()
    }
}
