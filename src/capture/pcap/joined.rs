//! Several captures in one file, and records with longer headers than the file says.
//!
//! In: the window at a place where a record should begin. Out: the file header that stands there
//! instead, where someone wrote one capture behind another; or the variant that the records are of.
//!
//! A file header cannot be taken for a record, nor a record for one: where a record has its length
//! on the wire, a file header has an accuracy, which is 0, and no packet has no byte.

use std::io::{self, Read};

use super::super::facts::CaptureFacts;
use super::super::window::Window;
use super::{HEADER_LEN, LARGEST_LEN, Pcap, RecordHeader};

/// Link types are numbered one after the other, and this is far beyond the last.
const MOST_LINK: u32 = 1_023;

/// No time zone is further from UTC, in seconds.
const FARTHEST_ZONE: u32 = 86_400;

/// Whether `bytes` begin like a file header; there is no record of this time before 2038 but by
/// chance.
#[inline]
pub(super) fn is_magic(bytes: &[u8]) -> bool {
    matches!(bytes, [0xa1, 0xb2, ..] | [_, _, 0xb2, 0xa1, ..]) && Pcap::by_magic(bytes).is_some()
}

impl Pcap {
    /// The capture whose file header stands `at` bytes further on, if one does.
    #[cold]
    pub(super) fn another<R: Read>(
        &self,
        window: &mut Window<R>,
        at: usize,
    ) -> io::Result<Option<Pcap>> {
        window.fill(at + HEADER_LEN)?;
        let header = window.bytes().get(at..).and_then(<[u8]>::first_chunk::<HEADER_LEN>);
        Ok(header.and_then(Pcap::by_whole_header))
    }

    /// The capture that `header` begins, if every field of it is as they are written.
    fn by_whole_header(header: &[u8; HEADER_LEN]) -> Option<Pcap> {
        let mut pcap = Pcap::by_magic(header)?;
        let version = pcap.read_header(header);
        let field = |offset| pcap.order.u32_at(header, offset);
        let (zone, accuracy, network) = (field(8)?, field(12)?, field(20)?);
        let is_zone = zone <= FARTHEST_ZONE || zone.wrapping_neg() <= FARTHEST_ZONE;
        let is_version = matches!(version, (2, 4) | (543, 0));
        // 16 bits of link type, 10 that are reserved, and 6 on the frame check sequence.
        let is_network = network & 0x03ff_ffff <= MOST_LINK;
        let snaplen = pcap.snaplen;
        // Some programs say "no limit" by the greatest number that there is.
        let is_snaplen = snaplen <= LARGEST_LEN || snaplen | 1 << 31 == u32::MAX;
        (is_version && is_zone && accuracy == 0 && is_snaplen && is_network).then_some(pcap)
    }

    /// Goes on with the capture whose file header stands at the window's start.
    pub(super) fn begin<R: Read>(
        &mut self,
        another: Pcap,
        window: &mut Window<R>,
        facts: &mut CaptureFacts,
    ) {
        window.take(HEADER_LEN);
        let index = facts.describe(another.interface());
        let index = index.and_then(|index| u32::try_from(index).ok());
        *self = Pcap { interface: index.unwrap_or(self.interface), ..another };
    }

    /// Whether the records from here on have one of the longer headers that share a magic number
    /// with shorter ones; from then on they are read as such. To be asked only before the first
    /// record, and only where that is followed by none if its header is an ordinary one.
    #[cold]
    pub(super) fn is_variant<R: Read>(&mut self, window: &mut Window<R>) -> io::Result<bool> {
        let told = self.record_header;
        for variant in [RecordHeader::Modified, RecordHeader::SuSe, RecordHeader::Nokia] {
            self.record_header = variant;
            if self.begins_here(window)?.is_some() {
                return Ok(true);
            }
        }
        self.record_header = told;
        Ok(false)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use crate::capture::craft::{self, PcapFile, Seen, n32};
    use crate::capture::order::ByteOrder::{self, Big, Little};
    use crate::capture::{CaptureFacts, Ending, Reader};

    fn read(bytes: &[u8]) -> (Vec<Seen>, CaptureFacts) {
        craft::read_all(Reader::new(bytes, "t.pcap").expect("a pcap header"))
    }

    fn capture() -> impl Strategy<Value = PcapFile> {
        let magic = prop_oneof![Just(0xa1b2_c3d4_u32), Just(0xa1b2_3c4d), Just(0xa1b2_cd34)];
        let order = prop_oneof![Just(Little), Just(Big)];
        let link = prop_oneof![Just(1_u32), Just(101), Just(113), Just(0x1400_0001)];
        // A time that looks like a file header among them.
        let begin = prop_oneof![0..2_000_000_000_u32, Just(0xa1b2_c3d4), Just(0xd4c3_b2a1)];
        let packet =
            (0..20_u32, 0..999_999_u32, prop::collection::vec(any::<u8>(), 1..60), 0..9_u32);
        let packets = prop::collection::vec(packet, 0..9);
        (magic, order, link, begin, packets).prop_map(|(magic, order, link, begin, packets)| {
            let mut file = PcapFile::new(order, magic, link);
            for (seconds, fraction, data, more) in packets {
                let wire_len = craft::len32(&data) + more;
                file.packet(begin + seconds, fraction, &data, wire_len);
            }
            file
        })
    }

    proptest! {
        #[test]
        fn captures_behind_each_other_give_the_packets_of_all(
            files in prop::collection::vec(capture(), 2..4)
        ) {
            let alone = files.iter().flat_map(|file| read(&file.bytes).0);
            let numbered = (1..).zip(alone).map(|(number, packet)| Seen { number, ..packet });
            let expected: Vec<Seen> = numbered.collect();
            let all: Vec<u8> = files.iter().flat_map(|file| file.bytes.clone()).collect();
            let (packets, facts) = read(&all);
            prop_assert_eq!(packets, expected);
            prop_assert_eq!((facts.ending, facts.skipped), (Ending::Complete, 0));
            prop_assert_eq!(facts.interfaces.len(), files.len());
        }
    }

    #[test]
    fn a_file_header_with_one_impossible_field_begins_no_capture() {
        let file = |spoil: usize| {
            let mut file = PcapFile::new(Little, 0xa1b2_c3d4, 1);
            file.packet(5, 0, b"first", 5);
            let mut other = PcapFile::new(Little, 0xa1b2_c3d4, 1);
            other.bytes[spoil] ^= 0x77;
            other.packet(6, 0, b"second", 6);
            [file.bytes, other.bytes].concat()
        };
        for spoil in [0, 2, 3, 4, 6, 10, 12, 15, 19, 21, 22] {
            assert_eq!(read(&file(spoil)).1.interfaces.len(), 1, "byte {spoil}");
        }
    }

    #[test]
    fn longer_record_headers_behind_the_ordinary_magic_are_known_by_their_records() {
        for (order, more) in [Little, Big].into_iter().flat_map(|o| [4, 8, 12].map(|m| (o, m))) {
            let mut file = PcapFile::new(order, 0xa1b2_c3d4, 1);
            let mut expected = Vec::new();
            for (second, data) in (1_700_000_000_u32..).zip(["one", "the second", "third", "last"])
            {
                record(&mut file.bytes, order, second, more, data.as_bytes());
                expected.push((
                    i64::from(second) * 1_000_000_000 + 250_000_000,
                    data.as_bytes().to_vec(),
                ));
            }
            let (packets, facts) = read(&file.bytes);
            let seen: Vec<_> =
                packets.into_iter().map(|packet| (packet.time, packet.data)).collect();
            assert_eq!(seen, expected, "{order:?}, {more} bytes more");
            assert_eq!((facts.ending, facts.skipped), (Ending::Complete, 0));
        }
    }

    fn record(bytes: &mut Vec<u8>, order: ByteOrder, second: u32, more: usize, data: &[u8]) {
        for field in [second, 250_000, craft::len32(data), craft::len32(data)] {
            bytes.extend(n32(order, field));
        }
        bytes.extend([&[2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0][..more], data].concat());
    }
}
