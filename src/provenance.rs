//! Where a statement comes from.
//!
//! In: packet numbers and packet times, as the capture formats hand them out. Out: [`PacketRef`],
//! which every finding cites, and [`SourceMap`], which leads from a stream offset back to the
//! packets that carried it. Nothing here looks into a packet.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;

/// The number of a packet in its file, counted from 1: the "No." column of Wireshark. Where several
/// files make up one capture (a rotated series), also which of them it is in.
///
/// Both share 64 bits, because every byte of every stream leads back to one of these: the file has
/// the upper 20, the number the lower 44.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketNumber(u64);

impl PacketNumber {
    const FILE_SHIFT: u32 = 44;
    const NUMBER_MASK: u64 = (1 << PacketNumber::FILE_SHIFT) - 1;

    /// The most files that one capture may have.
    pub const MOST_FILES: u32 = (1 << 20) - 1;

    /// Packet `number` of a capture that is one file.
    pub const fn new(number: u64) -> PacketNumber {
        PacketNumber(number & PacketNumber::NUMBER_MASK)
    }

    /// Packet `number` of the `file`th file of a capture, counted from 1; 0 is a capture of one
    /// file. At most [`PacketNumber::MOST_FILES`].
    pub const fn in_file(file: u32, number: u64) -> PacketNumber {
        let file = (file & PacketNumber::MOST_FILES) as u64;
        PacketNumber(file << PacketNumber::FILE_SHIFT | number & PacketNumber::NUMBER_MASK)
    }

    /// Its number in its file.
    pub const fn number(self) -> u64 {
        self.0 & PacketNumber::NUMBER_MASK
    }

    /// Which file of the capture it is in, counted from 1; `None` when the capture is one file.
    pub const fn file(self) -> Option<u32> {
        match (self.0 >> PacketNumber::FILE_SHIFT) as u32 {
            0 => None,
            file => Some(file),
        }
    }
}

/// `17`, or `3#17` for packet 17 of the third file.
impl fmt::Display for PacketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file() {
            None => self.number().fmt(f),
            Some(file) => write!(f, "{file}#{}", self.number()),
        }
    }
}

impl fmt::Debug for PacketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PacketNumber({self})")
    }
}

/// A packet's time: nanoseconds since 1970-01-01T00:00:00Z, as the capturing host wrote it.
///
/// It may be wrong, go back, or lie before 1970; nothing may depend on it going forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Nanoseconds from `earlier` to `self`; negative when the clock went back.
    pub fn nanos_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Seconds from `earlier` to `self`, for people.
    pub fn seconds_since(self, earlier: Timestamp) -> f64 {
        self.nanos_since(earlier) as f64 / 1e9
    }
}

/// RFC 3339 in UTC with nine fractional digits cut to six when the last three are zero.
///
/// Digit by digit: every row of every timeline has a time, and the machinery of `write!` made them
/// the dearest part of a report.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1_000_000_000);
        let nanos = self.0.rem_euclid(1_000_000_000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        // 64 bits of nanoseconds end in 1677 and 2262: a year has four digits.
        let mut text = *b"yyyy-mm-ddThh:mm:ss.nnnnnnnnnZ";
        overwrite(&mut text, 0..4, year);
        overwrite(&mut text, 5..7, month);
        overwrite(&mut text, 8..10, day);
        overwrite(&mut text, 11..13, hour);
        overwrite(&mut text, 14..16, minute);
        overwrite(&mut text, 17..19, second);
        overwrite(&mut text, 20..29, nanos);
        let end = if nanos % 1000 == 0 { 26 } else { 29 };
        text.get_mut(end..).unwrap_or_default().fill(b'Z');
        let text = std::str::from_utf8(text.get(..=end).unwrap_or_default());
        f.write_str(text.map_err(|_| fmt::Error)?)
    }
}

/// Writes the last digits of `number`, which is not negative, over the whole of `place`.
fn overwrite(text: &mut [u8], place: Range<usize>, mut number: i64) {
    for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// The proleptic Gregorian date `days` after 1970-01-01.
///
/// Counts in eras of 400 years that begin on 1 March, so that the leap day is a year's last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // days from 0000-03-01 to 1970-01-01
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// One packet, as cited: its number and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketRef {
    /// Position in the capture, from 1.
    pub number: PacketNumber,
    /// The packet's own time.
    pub time: Timestamp,
}

/// Which packet first carried a byte of a stream, and what its sender had received by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The packet.
    pub at: PacketRef,
    /// How much of the *peer's* stream the packet acknowledged, as the transport counts it (for
    /// TCP: an extended sequence number). `None` when it carried no acknowledgement.
    pub acked: Option<u64>,
}

/// Leads from offsets of one direction's stream to the packets that carried them.
///
/// Entries are added in stream order. The map is bounded: beyond `limit` entries the oldest are
/// dropped, so what is to be cited has to be asked for while it is recent.
#[derive(Debug)]
pub struct SourceMap {
    entries: VecDeque<Entry>,
    limit: usize,
}

/// Where the bytes from some offset on came from, in as little room as that takes: there are many.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u64,
    /// Its number is 0 in a hole: nobody is known to have carried what begins there.
    at: PacketRef,
    /// [`Entry::NOTHING`] when it carried no acknowledgement.
    acked: u64,
}

impl Entry {
    const NOTHING: u64 = u64::MAX;

    const HOLE: PacketRef = PacketRef { number: PacketNumber(0), time: Timestamp(0) };

    fn source(&self) -> Option<Source> {
        let acked = (self.acked != Entry::NOTHING).then_some(self.acked);
        (self.at.number != Entry::HOLE.number).then_some(Source { at: self.at, acked })
    }
}

impl SourceMap {
    /// An empty map that keeps at most `limit` entries (at least one).
    pub fn new(limit: usize) -> SourceMap {
        SourceMap { entries: VecDeque::new(), limit: limit.max(1) }
    }

    /// Notes that the bytes from `start` on, up to the next entry, came with `source`.
    /// Packets are numbered from 1: one with the number 0 counts as a hole.
    pub fn push(&mut self, start: u64, source: Source) {
        let acked = source.acked.unwrap_or(Entry::NOTHING);
        self.push_entry(Entry { start, at: source.at, acked });
    }

    /// Notes that no packet with the bytes from `start` on, up to the next entry, was captured.
    pub fn push_hole(&mut self, start: u64) {
        self.push_entry(Entry { start, at: Entry::HOLE, acked: Entry::NOTHING });
    }

    fn push_entry(&mut self, entry: Entry) {
        if self.entries.back().is_some_and(|last| last.start >= entry.start) {
            return; // an empty or repeated range: the first copy stands
        }
        if self.entries.len() == self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// The packet that carried the byte at `offset`, by binary search; `None` in a hole.
    pub fn locate(&self, offset: u64) -> Option<Source> {
        // What is asked for mostly came with the latest packet.
        if let Some(last) = self.entries.back()
            && last.start <= offset
        {
            return last.source();
        }
        let after = self.entries.partition_point(|entry| entry.start <= offset);
        self.entries.get(after.checked_sub(1)?)?.source()
    }

    /// The packets that carried `range` (half-open; an empty range cites its start), in stream
    /// order, at most `most` of them: the first ones and always the last. None for holes.
    pub fn packets(&self, range: Range<u64>, most: usize) -> Vec<PacketRef> {
        let first = self.entries.partition_point(|entry| entry.start <= range.start);
        let end =
            self.entries.partition_point(|entry| entry.start < range.end.max(range.start + 1));
        let first = first.saturating_sub(1);
        let entries = self.entries.range(first..end.max(first));
        let mut carriers = entries.filter_map(|entry| Some(entry.source()?.at));
        let mut found: Vec<PacketRef> = carriers.by_ref().take(most).collect();
        if let (Some(last), Some(carrier)) = (found.last_mut(), carriers.next_back()) {
            *last = carrier;
        }
        found.dedup_by_key(|at| at.number);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: u64) -> Source {
        let at = PacketRef { number: PacketNumber::new(number), time: Timestamp(0) };
        Source { at, acked: None }
    }

    #[test]
    fn a_timestamp_prints_as_utc() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            Timestamp(951_782_400_000_000_001).to_string(),
            "2000-02-29T00:00:00.000000001Z"
        );
        assert_eq!(Timestamp(-1_000).to_string(), "1969-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp(4_107_542_399_000_000_000).to_string(), "2100-02-28T23:59:59.000000Z");
        // The first and the last that there are.
        assert_eq!(Timestamp(i64::MIN).to_string(), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), "2262-04-11T23:47:16.854775807Z");
    }

    #[test]
    fn a_packet_of_a_series_is_cited_with_its_file() {
        let alone = PacketNumber::new(17);
        assert_eq!((alone.number(), alone.file(), alone.to_string().as_str()), (17, None, "17"));
        let third = PacketNumber::in_file(3, 17);
        assert_eq!((third.number(), third.file()), (17, Some(3)));
        assert_eq!(third.to_string(), "3#17");
        assert_eq!(PacketNumber::in_file(0, 17), alone);
    }

    #[test]
    fn an_offset_leads_to_the_packet_that_carried_it() {
        let mut map = SourceMap::new(8);
        map.push(0, source(4));
        map.push(100, source(7));
        let number = |offset| map.locate(offset).map(|s| s.at.number.number());
        assert_eq!(number(0), Some(4));
        assert_eq!(number(99), Some(4));
        assert_eq!(number(100), Some(7));
    }

    #[test]
    fn nobody_carried_what_lies_in_a_hole() {
        let mut map = SourceMap::new(8);
        map.push(0, source(4));
        map.push_hole(100);
        map.push(200, source(7));
        assert_eq!(map.locate(100), None);
        assert_eq!(map.packets(50..150, 8).len(), 1);
        assert_eq!(map.packets(100..150, 8), []);
        assert_eq!(map.packets(0..300, 8).len(), 2);
    }

    #[test]
    fn a_range_cites_each_packet_once_and_always_the_last() {
        let mut map = SourceMap::new(64);
        (0..10).for_each(|n| map.push(n * 10, source(n + 1)));
        let numbers = |range, most| -> Vec<u64> {
            map.packets(range, most).iter().map(|at| at.number.number()).collect()
        };
        assert_eq!(numbers(15..31, 8), [2, 3, 4]);
        assert_eq!(numbers(15..15, 8), [2]);
        assert_eq!(numbers(0..100, 3), [1, 2, 10]);
    }

    #[test]
    fn the_map_forgets_the_oldest() {
        let mut map = SourceMap::new(2);
        (0..3).for_each(|n| map.push(n * 10, source(n + 1)));
        assert_eq!(map.locate(5), None);
        assert_eq!(map.locate(15).map(|s| s.at.number.number()), Some(2));
    }
}
