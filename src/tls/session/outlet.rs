//! What a session hands out.
//!
//! In: the plaintext of records, and what could not be read, in the order of each direction. Out:
//! the same, where holes next to each other are one. A hole is held back until data follows it:
//! until then it may turn out that nothing was in it.

use std::collections::VecDeque;

use zeroize::Zeroize;

use super::Opened;
use crate::endpoint::{PerSide, Side};
use crate::tcp::{GapCause, Range64};

/// What waits to be fetched.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    queue: VecDeque<(Side, Opened)>,
    queued: usize,
    holes: PerSide<Option<Hole>>,
    /// Bytes of application data before what comes next, as far as they are known.
    plain: PerSide<u64>,
    spare: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Hole {
    range: Range64,
    plain: Option<u64>,
    cause: GapCause,
}

/// Buffers that are kept for later, and how large each may be.
const MOST_SPARE: usize = 2;
const KEPT: usize = 4_096;

impl Outlet {
    /// The plaintext of a record.
    pub(super) fn data(&mut self, side: Side, record: Range64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            self.recycle(bytes);
            return;
        }
        self.flush(side);
        self.queued += bytes.len();
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.plain[side] = self.plain[side].saturating_add(len);
        self.queue.push_back((side, Opened::Data { record, bytes }));
    }

    /// Records that could not be read, with as much plaintext as is certain.
    pub(super) fn hole(&mut self, side: Side, range: Range64, plain: Option<u64>, cause: GapCause) {
        match &mut self.holes[side] {
            Some(hole) => {
                hole.range.end = hole.range.end.max(range.end);
                hole.plain = hole.plain.zip(plain).map(|(here, more)| here.saturating_add(more));
            }
            none => *none = Some(Hole { range, plain, cause }),
        }
    }

    /// It is certain that no application data was in what could not be read since the last data.
    pub(super) fn nothing_lost(&mut self, side: Side) {
        self.holes[side] = None;
    }

    /// Lets go of the hole that is held back.
    pub(super) fn flush(&mut self, side: Side) {
        if let Some(Hole { range, plain, cause }) = self.holes[side].take()
            && plain != Some(0)
        {
            self.plain[side] = self.plain[side].saturating_add(plain.unwrap_or(0));
            self.queue.push_back((side, Opened::Hole { record: range, plain, cause }));
        }
    }

    /// Where the hole begins that is held back.
    pub(super) fn held_back(&self, side: Side) -> Option<u64> {
        self.holes[side].map(|hole| hole.range.start)
    }

    /// Bytes of application data before what comes next, as far as they are known.
    pub(super) fn plain_offset(&self, side: Side) -> u64 {
        let held_back = self.holes[side].and_then(|hole| hole.plain).unwrap_or(0);
        self.plain[side].saturating_add(held_back)
    }

    pub(super) fn next(&mut self) -> Option<(Side, Opened)> {
        let (side, opened) = self.queue.pop_front()?;
        if let Opened::Data { bytes, .. } = &opened {
            self.queued = self.queued.saturating_sub(bytes.len());
        }
        Some((side, opened))
    }

    /// An empty buffer.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < MOST_SPARE && (1..=KEPT).contains(&buffer.capacity()) {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Takes a buffer back in which something stood that is nobody's business.
    pub(super) fn recycle_wiped(&mut self, mut buffer: Vec<u8>) {
        buffer.zeroize();
        self.recycle(buffer);
    }

    /// Lets go of buffers that are kept for later.
    pub(super) fn give_back(&mut self) {
        self.spare = Vec::new();
    }

    /// Bytes of memory held.
    pub(super) fn held(&self) -> usize {
        self.queued + self.spare.iter().map(Vec::capacity).sum::<usize>()
    }

    /// Exchanges the sides.
    pub(super) fn swap_sides(&mut self) {
        self.holes.swap();
        self.plain.swap();
        for (side, _) in &mut self.queue {
            *side = !*side;
        }
    }
}
