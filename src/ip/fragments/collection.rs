//! The fragments of one datagram.
//!
//! In: fragments. Out: whether all are there, or two contradict each other; and then the payload.
//! Each byte is kept once and looked at once for every time that it was captured, so that neither
//! memory nor time can be made to grow by more than what the capture has.

use std::collections::BTreeMap;

use super::Whole;
use crate::ip::datagram::{Datagram, Part};

/// What is kept beside the bytes of a piece, about.
const OVERHEAD: usize = 96;

/// What a fragment did.
pub(super) enum Insertion {
    Waits,
    Conflict,
    Whole,
}

#[derive(Debug, Default)]
pub(super) struct Collection {
    /// Captured bytes by their offset; none overlaps another.
    pieces: BTreeMap<u32, Vec<u8>>,
    /// What was on the wire: end by beginning; none touches another.
    ranges: BTreeMap<u32, u32>,
    /// Where the datagram ends, once its last fragment has said so.
    end: Option<u32>,
    /// Of the first fragment.
    first: Option<(u8, u8)>,
    hashes: Vec<u64>,
    bytes: usize,
}

impl Collection {
    /// Bytes that it takes, about.
    pub(super) fn cost(&self) -> usize {
        self.bytes + (self.pieces.len() + self.hashes.len()) * OVERHEAD
    }

    /// Takes a fragment that is not empty and ends before 2^16.
    pub(super) fn insert(&mut self, part: Part, datagram: &Datagram<'_>, hash: u64) -> Insertion {
        let captured = datagram.payload.captured;
        let len = u32::try_from(datagram.payload.wire_len).unwrap_or(u32::MAX);
        let start = part.offset;
        let end = start.saturating_add(len);
        let last = self.ranges.last_key_value().map_or(0, |(_, end)| *end);
        let agrees = match self.end {
            Some(known) if part.more => end < known,
            Some(known) => end == known,
            None => part.more || end >= last,
        };
        if !agrees || !self.keep(start, captured) {
            return Insertion::Conflict;
        }
        if !part.more {
            self.end = Some(end);
        }
        if start == 0 {
            self.first = Some((datagram.ttl, datagram.protocol));
        }
        if self.cover(start, end) {
            self.hashes.push(hash);
        }
        match self.end {
            Some(end) if self.ranges.get(&0) == Some(&end) => Insertion::Whole,
            _ => Insertion::Waits,
        }
    }

    /// Keeps what is new of `bytes`; whether the rest is what was kept before.
    fn keep(&mut self, start: u32, bytes: &[u8]) -> bool {
        let end = start.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let from = self.pieces.range(..=start).next_back().map_or(start, |(at, _)| *at);
        let mut new = Vec::new();
        let mut at = start;
        for (place, piece) in self.pieces.range(from..end) {
            let piece_end = place.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
            if piece_end <= at {
                continue;
            }
            if *place > at {
                new.push(at..*place);
                at = *place;
            }
            let shared = at..piece_end.min(end);
            if slice(bytes, start, &shared) != slice(piece, *place, &shared) {
                return false;
            }
            at = shared.end;
        }
        if at < end {
            new.push(at..end);
        }
        for range in new {
            let piece = slice(bytes, start, &range).to_vec();
            self.bytes += piece.len();
            self.pieces.insert(range.start, piece);
        }
        true
    }

    /// Notes what was on the wire; whether any of it is new.
    fn cover(&mut self, mut start: u32, mut end: u32) -> bool {
        if let Some((at, until)) = self.ranges.range(..=start).next_back() {
            if *until >= end {
                return false;
            }
            if *until >= start {
                start = *at;
            }
        }
        while let Some((at, until)) = self.ranges.range(start..=end).next() {
            let at = *at;
            end = end.max(*until);
            self.ranges.remove(&at);
        }
        self.ranges.insert(start, end);
        true
    }

    /// The payload up to the first byte that was not captured, and the hashes of the fragments.
    pub(super) fn into_whole(self) -> (Whole, Vec<u64>) {
        let (ttl, protocol) = self.first.unwrap_or_default();
        let mut bytes = Vec::with_capacity(self.bytes);
        for (at, piece) in &self.pieces {
            if usize::try_from(*at) != Ok(bytes.len()) {
                break;
            }
            bytes.extend_from_slice(piece);
        }
        let wire_len = self.end.and_then(|end| usize::try_from(end).ok()).unwrap_or(bytes.len());
        (Whole { ttl, protocol, bytes, wire_len }, self.hashes)
    }
}

/// The bytes at `range` of what `bytes` begin at `start`.
fn slice<'b>(bytes: &'b [u8], start: u32, range: &std::ops::Range<u32>) -> &'b [u8] {
    let place = |at: u32| usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX);
    bytes.get(place(range.start)..place(range.end)).unwrap_or_default()
}
