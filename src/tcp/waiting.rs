//! What of one direction was captured and has to wait, because bytes before it are missing.
//!
//! In: pieces at extended positions, in any order. Out: the lowest of them. Pieces of bytes never
//! overlap: the first copy of a byte stands. Cuts (bytes that were on the wire and fell to the
//! snap length) may overlap anything; bytes are preferred to them when both are to be released.

use std::collections::BTreeMap;

use super::Range64;
use crate::provenance::Source;

/// The pieces of one direction that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pieces: BTreeMap<u64, Held>,
    /// From the first byte that was cut off to behind the last, and since when.
    cuts: BTreeMap<u64, (u64, u64)>,
    bytes: usize,
}

/// A piece with bytes.
#[derive(Debug)]
pub(super) struct Held {
    /// Never empty.
    pub(super) bytes: Vec<u8>,
    /// The packet.
    pub(super) source: Source,
    /// When it came, on the assembler's clock.
    since: u64,
}

/// What a new piece had in common with those that wait already.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    /// Bytes.
    pub(super) repeated: u64,
    /// Where the two differ: extended positions, one range for each piece held.
    pub(super) conflicts: Vec<Range64>,
}

impl Waiting {
    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.cuts.is_empty()
    }

    /// Bytes of memory that it takes, about.
    #[inline]
    pub(super) fn size(&self) -> usize {
        const PER_PIECE: usize = 160;
        self.bytes + self.pieces() * PER_PIECE
    }

    /// Pieces that wait.
    #[inline]
    pub(super) fn pieces(&self) -> usize {
        self.pieces.len() + self.cuts.len()
    }

    /// The lowest position at which something waits, and since when.
    pub(super) fn first(&self) -> Option<(u64, u64)> {
        let piece = self.pieces.first_key_value().map(|(position, held)| (*position, held.since));
        let cut = self.cuts.first_key_value().map(|(position, (_, since))| (*position, *since));
        piece.into_iter().chain(cut).min_by_key(|(position, _)| *position)
    }

    /// The lowest position at which bytes wait.
    pub(super) fn first_bytes(&self) -> Option<u64> {
        self.pieces.first_key_value().map(|(position, _)| *position)
    }

    /// Where the cut that covers `position` ends. Cuts before it are forgotten.
    pub(super) fn cut_over(&mut self, position: u64) -> Option<u64> {
        let mut covering = None;
        while let Some(entry) = self.cuts.first_entry().filter(|entry| *entry.key() <= position) {
            let (end, since) = entry.remove();
            if end > position && covering.is_none_or(|(longest, _)| end > longest) {
                covering = Some((end, since));
            }
        }
        let (end, since) = covering?;
        self.cuts.insert(position, (end, since));
        Some(end)
    }

    /// The piece that begins at `position`.
    pub(super) fn take(&mut self, position: u64) -> Option<Held> {
        let held = self.pieces.remove(&position)?;
        self.bytes -= held.bytes.len();
        Some(held)
    }

    /// Forgets what lies before `position`.
    pub(super) fn forget_before(&mut self, position: u64) {
        while let Some((&start, _)) = self.pieces.first_key_value()
            && start < position
            && let Some(mut held) = self.take(start)
        {
            let old = usize::try_from(position - start).unwrap_or(usize::MAX);
            held.bytes.drain(..old.min(held.bytes.len()));
            if !held.bytes.is_empty() {
                self.bytes += held.bytes.len();
                self.pieces.insert(position, held);
            }
        }
        self.cut_over(position);
    }

    /// Notes that the bytes in `range` were on the wire and are not in the capture.
    pub(super) fn hold_cut(&mut self, range: Range64, since: u64) {
        let (end, _) = self.cuts.entry(range.start).or_insert((range.end, since));
        *end = range.end.max(*end);
    }

    /// Whether `bytes` differ from what is held of the same place.
    pub(super) fn contradicts(&self, position: u64, bytes: &[u8]) -> bool {
        let end = position + bytes.len() as u64;
        let before = self.pieces.range(..position).next_back();
        let first = before.map_or(position, |(start, _)| *start);
        self.pieces.range(first..end).any(|(start, held)| {
            let held_end = start + held.bytes.len() as u64;
            let both = Range64 { start: position.max(*start), end: held_end.min(end) };
            !both.is_empty() && part(bytes, position, both) != part(&held.bytes, *start, both)
        })
    }

    /// Holds those of `bytes` that no other piece covers. `source_of` says who carried the byte
    /// at a position.
    pub(super) fn hold(
        &mut self,
        position: u64,
        bytes: &[u8],
        since: u64,
        source_of: impl Fn(u64) -> Source,
    ) -> Overlap {
        let mut overlap = Overlap::default();
        let end = position + bytes.len() as u64;
        let mut fresh = Vec::new();
        let mut from = position;
        let before = self.pieces.range(..position).next_back();
        let first = before.map_or(position, |(start, _)| *start);
        for (&start, held) in self.pieces.range(first..end) {
            let held_end = start + held.bytes.len() as u64;
            let both = Range64 { start: start.max(position), end: held_end.min(end) };
            if both.is_empty() {
                continue;
            }
            if both.start > from {
                fresh.push(Range64 { start: from, end: both.start });
            }
            overlap.repeated += both.len();
            if part(bytes, position, both) != part(&held.bytes, start, both) {
                overlap.conflicts.push(both);
            }
            from = both.end;
        }
        fresh.push(Range64 { start: from, end });
        for range in fresh.into_iter().filter(|range| !range.is_empty()) {
            let bytes = part(bytes, position, range).to_vec();
            self.bytes += bytes.len();
            let source = source_of(range.start);
            self.pieces.insert(range.start, Held { bytes, source, since });
        }
        overlap
    }
}

/// The bytes of `range`, out of `bytes` that begin at `position`.
fn part(bytes: &[u8], position: u64, range: Range64) -> &[u8] {
    let index = |at: u64| usize::try_from(at - position).unwrap_or(usize::MAX);
    bytes.get(index(range.start)..index(range.end)).unwrap_or_default()
}
