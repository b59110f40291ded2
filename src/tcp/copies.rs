//! What a later copy of released bytes is compared with.
//!
//! In: the pieces as they are released. Out: those of them from which a later copy differs. Only
//! digests are kept, so a copy is compared with a piece only if it covers the whole of it: that is
//! how retransmissions come, alone or several in one.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;

use super::Range64;

/// The latest released pieces of one direction, in stream order.
#[derive(Debug, Default)]
pub(super) struct Copies {
    pieces: VecDeque<Copied>,
    most: usize,
}

#[derive(Debug)]
struct Copied {
    start: u64,
    len: u32,
    digest: u32,
}

impl Copied {
    fn range(&self) -> Range64 {
        Range64 { start: self.start, end: self.start.saturating_add(self.len.into()) }
    }
}

impl Copies {
    /// Remembers at most `most` pieces: a window of full segments in flight.
    pub(super) fn new(most: usize) -> Copies {
        Copies { pieces: VecDeque::new(), most: most.max(1) }
    }

    /// Forgets everything, and remembers nothing any more.
    pub(super) fn stop(&mut self) {
        (self.pieces, self.most) = (VecDeque::new(), 0);
    }

    /// Remembers a piece that was released.
    pub(super) fn note(&mut self, position: u64, bytes: &[u8]) {
        if self.most == 0 {
            return;
        }
        if self.pieces.len() >= self.most {
            self.pieces.pop_front();
        }
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.pieces.push_back(Copied { start: position, len, digest: digest(bytes) });
    }

    /// The pieces that `bytes` covers whole and contradicts.
    pub(super) fn contradicted(&self, position: u64, bytes: &[u8]) -> Vec<Range64> {
        let end = position + bytes.len() as u64;
        let first = self.pieces.partition_point(|copy| copy.start < position);
        let covered = self.pieces.range(first..).take_while(|copy| copy.range().end <= end);
        let differs = |copy: &&Copied| {
            let index = |at: u64| usize::try_from(at - position).unwrap_or(usize::MAX);
            let again = bytes.get(index(copy.start)..index(copy.range().end));
            again.is_some_and(|again| digest(again) != copy.digest)
        };
        covered.filter(differs).map(Copied::range).collect()
    }
}

/// A digest good enough to see that two copies differ; nothing rests on two being equal.
fn digest(bytes: &[u8]) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "half of it is good enough")]
    let digest = FixedState::default().hash_one(bytes) as u32;
    digest
}
