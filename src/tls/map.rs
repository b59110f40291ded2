//! Leads from the plaintext back to the stream that carries its records, and forth.
//!
//! In: records in the order of one direction, each with the plaintext that it holds. Out: which
//! range of the carrying stream an offset of the plaintext came from, and how much of the plaintext
//! a receiver had that had received so much of the carrying stream. A receiver can use no part of a
//! record that it has not got whole, so positions inside a record are those of its beginning.

use std::collections::VecDeque;

use crate::tcp::Range64;

/// The records of one direction that hold application data, and those that could not be read.
///
/// The map is bounded: beyond `limit` entries the oldest are dropped, and what is asked about them
/// is not known any more.
#[derive(Clone, Debug)]
pub struct RecordMap {
    entries: VecDeque<Entry>,
    limit: usize,
    /// Offset in the plaintext behind the last entry.
    end: u64,
    /// Whether entries were dropped.
    forgot: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Offset of its first byte in the plaintext.
    plain: u64,
    /// Where it stands in the carrying stream, its header included.
    carried: Range64,
}

impl RecordMap {
    /// An empty map that keeps at most `limit` entries (at least one).
    pub fn new(limit: usize) -> RecordMap {
        RecordMap { entries: VecDeque::new(), limit: limit.max(1), end: 0, forgot: false }
    }

    /// Offset behind the plaintext so far.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Adds the next record, or bytes that could not be read: `len` bytes of plaintext came in
    /// `carried`. Its place in the plaintext.
    pub fn push(&mut self, carried: Range64, len: u64) -> Range64 {
        let plain = self.end;
        self.end = plain.saturating_add(len);
        if len > 0 {
            if self.entries.len() == self.limit {
                self.entries.pop_front();
                self.forgot = true;
            }
            self.entries.push_back(Entry { plain, carried });
        }
        Range64 { start: plain, end: self.end }
    }

    /// Where the records with the plaintext at `range` stand in the carrying stream (an empty range
    /// is that of its start); `None` where that was forgotten or nothing was read.
    pub fn carried(&self, range: Range64) -> Option<Range64> {
        let first = self.at(range.start)?;
        let last = self.at(range.end.saturating_sub(1).max(range.start))?;
        Some(Range64 { start: first.carried.start, end: last.carried.end })
    }

    /// How much of the plaintext is in the first `position` bytes of the carrying stream: all of it
    /// whose records end there or before. `None` where that was forgotten.
    pub fn plain(&self, position: u64) -> Option<u64> {
        let whole = self.entries.partition_point(|entry| entry.carried.end <= position);
        match self.entries.get(whole) {
            Some(next) if whole > 0 || !self.forgot => Some(next.plain),
            Some(_) => None,
            None => Some(self.end),
        }
    }

    fn at(&self, plain: u64) -> Option<&Entry> {
        let after = self.entries.partition_point(|entry| entry.plain <= plain);
        self.entries.get(after.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> Range64 {
        Range64 { start, end }
    }

    /// Two records of 10 and 20 bytes, a handshake message between them.
    fn two() -> RecordMap {
        let mut map = RecordMap::new(8);
        assert_eq!(map.push(range(100, 132), 10), range(0, 10));
        assert_eq!(map.push(range(132, 200), 0), range(10, 10));
        assert_eq!(map.push(range(200, 242), 20), range(10, 30));
        map
    }

    #[test]
    fn plaintext_leads_to_its_records() {
        let map = two();
        assert_eq!(map.carried(range(0, 10)), Some(range(100, 132)));
        assert_eq!(map.carried(range(9, 11)), Some(range(100, 242)));
        assert_eq!(map.carried(range(10, 10)), Some(range(200, 242)));
    }

    #[test]
    fn a_record_counts_once_it_is_whole() {
        let map = two();
        let plain = [0, 131, 132, 199, 241, 242, 500].map(|position| map.plain(position));
        assert_eq!(plain.map(Option::unwrap_or_default), [0, 0, 10, 10, 10, 30, 30]);
    }

    #[test]
    fn nothing_is_said_of_what_was_forgotten() {
        let mut map = RecordMap::new(1);
        map.push(range(0, 32), 10);
        map.push(range(32, 64), 10);
        assert_eq!(map.carried(range(0, 5)), None);
        assert_eq!((map.plain(40), map.plain(64)), (None, Some(20)));
    }
}
