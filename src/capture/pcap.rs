//! Classic pcap: a file header and then records.
//!
//! In: the window behind the file header. Out: one record at a time. The records are read by
//! pcap-parser; here is what it leaves open: which lengths are plausible, how much must be there,
//! and the "modified" variant in big-endian order.
//!
//! A record has nothing to check it by, so one is handed out only if what follows it may be a
//! record too: where the file is damaged, the last record before the damage may be the first that
//! it destroyed, and its payload would accuse somebody of what the disk did. How reading goes on
//! behind the damage is in [`resume`], and where another file header stands, in [`joined`].

use std::io::{self, Read};

use pcap_parser::nom::IResult;
use pcap_parser::nom::bytes::streaming::take;
use pcap_parser::{
    LegacyPcapBlock, PcapError, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
};

use super::facts::{CaptureFacts, Ending, Format, Interface};
use super::order::ByteOrder;
use super::packet::LinkType;
use super::reader::{Record, Step, Unusable};
use super::window::Window;
use crate::provenance::Timestamp;
use joined::is_magic;

/// Bytes of the file header.
pub(super) const HEADER_LEN: usize = 24;

/// The most that a record may hold unless the file header announces more: the greatest snap
/// length that tcpdump and Wireshark use.
pub(super) const PLAUSIBLE_LEN: u32 = 262_144;

/// The most that a file header may announce.
const LARGEST_LEN: u32 = 16 << 20;

type Parsed<'a> = IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// What the file header says.
pub(super) struct Pcap {
    order: ByteOrder,
    /// Nanoseconds in one unit of a record's fraction of a second.
    tick: u32,
    record_header: RecordHeader,
    link: LinkType,
    snaplen: u32,
    /// Index into the facts' interfaces.
    interface: u32,
    /// Seconds of the latest record.
    latest: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordHeader {
    /// Seconds, fraction, captured length, original length.
    Plain,
    /// The same, and then interface index, protocol and packet type: eight bytes more.
    Modified,
    /// As modified, and then the numbers of two processors: SuSE 6.3.
    SuSe,
    /// Four bytes more that nobody has explained: Nokia.
    Nokia,
}

impl RecordHeader {
    fn len(self) -> usize {
        match self {
            RecordHeader::Plain => 16,
            RecordHeader::Nokia => 20,
            RecordHeader::Modified => 24,
            RecordHeader::SuSe => 28,
        }
    }
}

impl Pcap {
    /// The variant that `start` begins with.
    pub(super) fn by_magic(start: &[u8]) -> Option<Pcap> {
        use ByteOrder::{Big, Little};
        use RecordHeader::{Modified, Plain};
        let (order, tick, record_header) = match start.first_chunk()? {
            [0xd4, 0xc3, 0xb2, 0xa1] => (Little, 1_000, Plain),
            [0xa1, 0xb2, 0xc3, 0xd4] => (Big, 1_000, Plain),
            [0x4d, 0x3c, 0xb2, 0xa1] => (Little, 1, Plain),
            [0xa1, 0xb2, 0x3c, 0x4d] => (Big, 1, Plain),
            [0x34, 0xcd, 0xb2, 0xa1] => (Little, 1_000, Modified),
            [0xa1, 0xb2, 0xcd, 0x34] => (Big, 1_000, Modified),
            _ => return None,
        };
        Some(Pcap {
            order,
            tick,
            record_header,
            link: LinkType::NULL,
            snaplen: 0,
            interface: 0,
            latest: None,
        })
    }

    /// Takes over link type and snap length; the version is for the caller to judge.
    pub(super) fn read_header(&mut self, header: &[u8; HEADER_LEN]) -> (u16, u16) {
        // Bytes 8 to 15 are a time zone and an accuracy that nobody ever filled in.
        let [_, _, _, _, a, b, c, d, _, _, _, _, _, _, _, _, s @ .., _, _, _, _] = *header;
        self.snaplen = self.order.u32(s);
        // The upper half says how long a frame check sequence is; the type is in the lower half.
        let network = self.order.u32_at(header, 20).unwrap_or(0);
        self.link = LinkType(u16::try_from(network & 0xffff).unwrap_or(u16::MAX));
        (self.order.u16([a, b]), self.order.u16([c, d]))
    }

    pub(super) fn format(&self) -> Format {
        let modified = self.record_header != RecordHeader::Plain;
        Format::Pcap { order: self.order, tick: self.tick, modified }
    }

    pub(super) fn interface(&self) -> Interface {
        Interface { link: self.link, name: None, snaplen: self.snaplen, drops: None }
    }

    /// The next record, where that takes no thought: it is all there, it may be one, and so may what
    /// follows it, which is there too. What it gives is what [`Pcap::next`] would give; a law states
    /// it.
    #[inline]
    pub(super) fn ordinary<R: Read>(&mut self, window: &mut Window<R>) -> Option<Record> {
        let bytes = window.bytes();
        let (behind, frame) = self.frame(bytes).ok()?;
        let LegacyPcapBlock { ts_sec, ts_usec, origlen, .. } = frame;
        let header_len = self.record_header.len();
        let is_one = self.is_possible(bytes)
            && !is_magic(bytes)
            && behind.len() >= header_len
            && self.plausible(behind, Some(ts_sec)).is_some();
        if !is_one {
            return None;
        }
        let taken = window.take(bytes.len() - behind.len());
        self.latest = Some(ts_sec);
        Some(Record {
            data: taken.start + header_len..taken.end,
            link: self.link,
            interface: self.interface,
            time: Some(self.time(ts_sec, ts_usec)),
            wire_len: origlen,
        })
    }

    pub(super) fn next<R: Read>(
        &mut self,
        window: &mut Window<R>,
        facts: &mut CaptureFacts,
    ) -> io::Result<Step> {
        let mut peeked = false;
        loop {
            let header_len = self.record_header.len();
            if is_magic(window.bytes())
                && let Some(another) = self.another(window, 0)?
            {
                self.begin(another, window, facts);
                continue;
            }
            let bytes = window.bytes();
            if let Ok((behind, frame)) = self.frame(bytes)
                && self.is_possible(bytes)
            {
                let len = bytes.len() - behind.len();
                if behind.len() < header_len && !peeked {
                    peeked = true;
                    // An error of the source concerns what follows, and will be met there.
                    let _ = window.fill(len + header_len);
                    continue;
                }
                let LegacyPcapBlock { ts_sec, ts_usec, origlen, .. } = frame;
                let followed =
                    behind.len() < header_len || self.plausible(behind, Some(ts_sec)).is_some();
                if !followed && self.latest.is_none() && self.is_variant(window)? {
                    facts.format = self.format();
                    continue;
                }
                if !followed && !self.is_followed(window, len, ts_sec) {
                    let offset = window.offset();
                    window.take(len);
                    return Ok(unusable(offset));
                }
                let taken = window.take(len);
                self.latest = Some(ts_sec);
                return Ok(Step::Packet(Record {
                    data: taken.start + header_len..taken.end,
                    link: self.link,
                    interface: self.interface,
                    time: Some(self.time(ts_sec, ts_usec)),
                    wire_len: origlen,
                }));
            }
            if let Some(step) = self.refill(window)? {
                return Ok(step);
            }
        }
    }

    #[inline]
    fn frame<'a>(&self, bytes: &'a [u8]) -> Parsed<'a> {
        match (self.record_header, self.order) {
            (RecordHeader::Plain, ByteOrder::Little) => parse_pcap_frame(bytes),
            (RecordHeader::Plain, ByteOrder::Big) => parse_pcap_frame_be(bytes),
            (RecordHeader::Modified, ByteOrder::Little) => parse_pcap_frame_modified(bytes),
            (longer, order) => parse_longer(bytes, longer.len(), order),
        }
    }

    /// Makes one whole record available, or says why there is none.
    #[cold]
    fn refill<R: Read>(&self, window: &mut Window<R>) -> io::Result<Option<Step>> {
        let (offset, header_len) = (window.offset(), self.record_header.len());
        let end = |ending| Ok(Some(Step::End(Box::new(ending))));
        let lost = |ending| Ok(Some(Step::Lost(Box::new(ending))));
        let damaged = |reason| lost(Ending::Damaged { offset, reason });
        let available = window.fill(header_len)?;
        if available == 0 {
            return end(Ending::Complete);
        }
        if available < header_len {
            return end(cut(offset, header_len, available));
        }
        if is_magic(window.bytes()) && self.another(window, 0)?.is_some() {
            return Ok(None);
        }
        if is_zero(window.bytes()) {
            return damaged("zero bytes where a packet should begin".to_owned());
        }
        let captured = self.order.u32_at(window.bytes(), 8).unwrap_or(u32::MAX);
        let longest = self.longest();
        let captured = match usize::try_from(captured) {
            Ok(len) if captured <= longest => len,
            _ => {
                let reason = format!(
                    "a packet of {captured} captured bytes, where {longest} is the most possible"
                );
                return damaged(reason);
            }
        };
        if !self.is_possible(window.bytes()) {
            return damaged("a packet longer than any on the wire".to_owned());
        }
        let needed = header_len + captured;
        let sound = self.plausible(window.bytes(), self.latest).is_some();
        let available = window.fill(needed)?;
        if available < needed {
            // The file ends in it; or its length is wrong, and there are others.
            let ending = cut(offset, needed, available);
            return if sound { end(ending) } else { lost(ending) };
        }
        Ok(None)
    }

    /// Whether a record may begin with `header`.
    #[inline]
    fn is_possible(&self, header: &[u8]) -> bool {
        let captured = self.order.u32_at(header, 8);
        let on_the_wire = self.order.u32_at(header, 12);
        captured.is_some_and(|len| len <= self.longest() && (len > 0 || !is_zero(header)))
            && on_the_wire.is_some_and(|len| len <= LARGEST_LEN)
    }

    fn longest(&self) -> u32 {
        self.snaplen.clamp(PLAUSIBLE_LEN, LARGEST_LEN)
    }

    fn time(&self, seconds: u32, fraction: u32) -> Timestamp {
        // Fits: 2³² seconds are 4.3 × 10¹⁸ ns.
        Timestamp(i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * i64::from(self.tick))
    }
}

/// A header of zeros: no packet has no byte, not even on the wire.
fn is_zero(header: &[u8]) -> bool {
    header.iter().take(16).all(|byte| *byte == 0)
}

#[cold]
fn unusable(offset: u64) -> Step {
    let reason = "the file is damaged right behind it, and may be in it".to_owned();
    Step::Unusable(Box::new(Unusable { offset, reason }))
}

pub(super) fn cut(offset: u64, needed: usize, available: usize) -> Ending {
    let wide = |len| u64::try_from(len).unwrap_or(u64::MAX);
    Ending::CutMidRecord { offset, needed: wide(needed), available: wide(available) }
}

/// The variants that pcap-parser does not read.
fn parse_longer(bytes: &[u8], header_len: usize, order: ByteOrder) -> Parsed<'_> {
    let (rest, header) = take(header_len)(bytes)?;
    let field = |offset| order.u32_at(header, offset).unwrap_or(0);
    let caplen = field(8);
    let (rest, data) = take(caplen)(rest)?;
    Ok((
        rest,
        LegacyPcapBlock { ts_sec: field(0), ts_usec: field(4), caplen, origlen: field(12), data },
    ))
}

mod joined;
mod resume;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::capture::Reader;
    use crate::capture::craft::{self, PcapFile};

    fn read(bytes: &[u8]) -> (Vec<craft::Seen>, CaptureFacts) {
        craft::read_all(Reader::new(bytes, "t.pcap").expect("a pcap header"))
    }

    #[test]
    fn every_byte_order_and_resolution_is_read() {
        let cases = [
            (0xa1b2_c3d4, 1_000, false, "pcap"),
            (0xa1b2_3c4d, 1, false, "nanosecond pcap"),
            (0xa1b2_cd34, 1_000, true, "modified pcap"),
        ];
        for (magic, tick, modified, name) in cases {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let mut file = PcapFile::new(order, magic, 1);
                file.packet(1_700_000_000, 123_456, b"first", 5);
                file.packet(1_700_000_001, 7, b"second", 60);
                let (packets, facts) = read(&file.bytes);
                assert_eq!(facts.format, Format::Pcap { order, tick, modified });
                assert_eq!(facts.format.name(), name);
                let times: Vec<i64> = packets.iter().map(|packet| packet.time).collect();
                let tick = i64::from(tick);
                assert_eq!(
                    times,
                    [
                        1_700_000_000_000_000_000 + 123_456 * tick,
                        1_700_000_001_000_000_000 + 7 * tick
                    ]
                );
                let data: Vec<&[u8]> = packets.iter().map(|packet| &packet.data[..]).collect();
                assert_eq!(data, [&b"first"[..], b"second"]);
                assert_eq!((facts.packets, facts.cut_packets), (2, 1));
                assert_eq!(facts.ending, Ending::Complete);
                assert_eq!(facts.bytes, u64::try_from(file.bytes.len()).unwrap_or(0));
            }
        }
    }

    #[test]
    fn the_bits_for_the_frame_check_sequence_are_not_part_of_the_link_type() {
        let file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 0x2400_0071);
        let (_, facts) = read(&file.bytes);
        assert_eq!(facts.interfaces[0].link, LinkType::LINUX_SLL);
    }

    #[test]
    fn a_capture_without_packets_is_whole() {
        let file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
        let (packets, facts) = read(&file.bytes);
        assert_eq!((packets.len(), facts.packets), (0, 0));
        assert_eq!((facts.first, &facts.ending), (None, &Ending::Complete));
    }

    #[test]
    fn packets_before_the_cut_are_handed_out_and_the_cut_is_told() {
        let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
        file.packet(1, 0, b"whole", 5); // at 24
        file.packet(2, 0, b"cut off", 7); // at 45
        let (packets, facts) = read(&file.bytes[..file.bytes.len() - 2]);
        assert_eq!(packets.len(), 1);
        let needed = Ending::CutMidRecord { offset: 45, needed: 23, available: 21 };
        assert_eq!(facts.ending, needed);
        let (_, facts) = read(&file.bytes[..45 + 10]);
        assert_eq!(facts.ending, Ending::CutMidRecord { offset: 45, needed: 16, available: 10 });
    }

    #[test]
    fn an_impossible_length_ends_the_capture_and_reserves_nothing() {
        for captured in [262_145_u32, 0xffff_0000, u32::MAX] {
            let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
            file.packet(1, 0, b"good", 4);
            file.bytes.extend([0; 8]);
            file.bytes.extend(captured.to_le_bytes());
            file.bytes.extend(vec![0; 300_000]);
            let (packets, facts) = read(&file.bytes);
            assert_eq!((packets.len(), facts.skipped), (0, 1), "the damage may begin in it");
            let Ending::Damaged { offset: 44, reason } = facts.ending else {
                panic!("{:?}", facts.ending)
            };
            assert!(reason.contains(&captured.to_string()), "{reason}");
        }
    }

    #[test]
    fn a_file_header_may_announce_longer_packets_than_usual() {
        let mut file = PcapFile::new(ByteOrder::Big, 0xa1b2_c3d4, 1);
        file.bytes[16..20].copy_from_slice(&3_000_000_u32.to_be_bytes());
        file.packet(1, 0, &vec![7; 2_500_000], 2_500_000);
        file.packet(2, 0, b"next", 4);
        let (packets, facts) = read(&file.bytes);
        assert_eq!(packets.iter().map(|p| p.data.len()).collect::<Vec<_>>(), [2_500_000, 4]);
        assert_eq!(facts.ending, Ending::Complete);
    }

    #[test]
    fn a_clock_that_goes_back_is_counted_and_changes_nothing_else() {
        let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
        [5, 3, 4, 3].iter().for_each(|second| file.packet(*second, 0, b"x", 1));
        let (packets, facts) = read(&file.bytes);
        assert_eq!((packets.len(), facts.time_went_back), (4, 2));
        assert_eq!(facts.first, Some(Timestamp(3_000_000_000)));
        assert_eq!(facts.last, Some(Timestamp(5_000_000_000)));
    }

    #[test]
    fn fewer_bytes_on_the_wire_than_captured_means_all_were_captured() {
        let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
        file.packet(1, 0, b"twelve bytes", 3);
        let (packets, facts) = read(&file.bytes);
        assert_eq!((packets[0].wire_len, facts.cut_packets), (12, 0));
    }
}
