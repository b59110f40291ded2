//! Laws that hold for any bytes whatever, as captures come from anywhere.

use std::io::{self, Read};

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError};
use proptest::prelude::*;

use super::craft::{self, PcapFile, Seen};
use super::facts::{CaptureFacts, Ending};
use super::order::ByteOrder;
use super::reader::Reader;
use super::source::Hashing;

/// Hands out `step` bytes at a time.
struct Drip<'a> {
    left: &'a [u8],
    step: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let len = self.step.min(room.len());
        self.left.take(u64::try_from(len).unwrap_or(1)).read(room).inspect(|read| {
            self.left = self.left.get(*read..).unwrap_or_default();
        })
    }
}

fn read(source: impl Read) -> Result<(Vec<Seen>, String), String> {
    let reader = Reader::new(source, "x").map_err(|error| error.to_string())?;
    let (packets, facts) = craft::read_all(reader);
    Ok((packets, format!("{facts:?}")))
}

fn packets_and_facts(bytes: &[u8]) -> Option<(Vec<Seen>, CaptureFacts)> {
    Some(craft::read_all(Reader::new(bytes, "x").ok()?))
}

fn order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn pcap() -> impl Strategy<Value = Vec<u8>> {
    let packet =
        (any::<u32>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..30), 0_u32..90);
    let magic = prop_oneof![Just(0xa1b2_c3d4_u32), Just(0xa1b2_3c4d), Just(0xa1b2_cd34)];
    (order(), magic, proptest::collection::vec(packet, 0..6)).prop_map(|(order, magic, packets)| {
        let mut file = PcapFile::new(order, magic, 1);
        for (seconds, fraction, data, wire_len) in packets {
            file.packet(seconds, fraction, &data, wire_len);
        }
        file.bytes
    })
}

fn pcapng() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..30);
    let block = prop_oneof![
        6 => (0_u32..3, any::<u64>(), bytes(), any::<u32>()).prop_map(Block::Enhanced),
        2 => (0_u16..3, any::<u16>(), bytes()).prop_map(Block::Obsolete),
        2 => any::<u16>().prop_map(Block::Interface),
        1 => order().prop_map(Block::Section),
        1 => (any::<u32>(), bytes()).prop_map(Block::Any),
    ];
    (order(), proptest::collection::vec(block, 0..9)).prop_map(|(first, blocks)| {
        let mut order = first;
        let mut file = craft::section(order, &[]);
        file.extend(craft::interface(order, 1, 0, &[]));
        for block in blocks {
            file.extend(match block {
                Block::Enhanced((interface, ticks, data, wire_len)) => {
                    craft::enhanced(order, interface, ticks, &data, wire_len, &[])
                }
                Block::Obsolete((interface, lost, data)) => {
                    craft::obsolete(order, interface, lost, 7, &data, 30)
                }
                Block::Interface(link) => craft::interface(order, link, 0, &[]),
                Block::Section(next) => {
                    order = next;
                    craft::section(order, &[])
                }
                Block::Any((kind, body)) => craft::block(order, kind, &body),
            });
        }
        file
    })
}

#[derive(Debug)]
enum Block {
    Enhanced((u32, u64, Vec<u8>, u32)),
    Obsolete((u16, u16, Vec<u8>)),
    Interface(u16),
    Section(ByteOrder),
    Any((u32, Vec<u8>)),
}

/// A capture in which some bytes are wrong.
fn mutilated() -> impl Strategy<Value = Vec<u8>> {
    let wounds = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop_oneof![pcap(), pcapng()], wounds).prop_map(|(mut bytes, wounds)| {
        for (place, byte) in wounds {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn how_a_source_delivers_its_bytes_makes_no_difference(bytes in mutilated(), step in 1_usize..9) {
        let whole = read(&bytes[..]);
        prop_assert_eq!(&whole, &read(Drip { left: &bytes, step: 1 }));
        prop_assert_eq!(&whole, &read(Drip { left: &bytes, step }));
        prop_assert_eq!(&whole, &read(Hashing::new(&bytes[..])));
    }

    #[test]
    fn random_bytes_do_no_harm(
        magic in prop::sample::select(vec![
            &b"\xd4\xc3\xb2\xa1"[..], b"\xa1\xb2\xcd\x34", b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", b"",
        ]),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [magic, &bytes].concat();
        prop_assert_eq!(read(&bytes[..]), read(Drip { left: &bytes, step: 1 }));
    }

    #[test]
    fn a_capture_cut_anywhere_gives_its_first_packets(bytes in prop_oneof![pcap(), pcapng()]) {
        let (all, _) = packets_and_facts(&bytes).expect("a capture");
        for len in 0..bytes.len() {
            let Some((some, facts)) = packets_and_facts(&bytes[..len]) else { continue };
            prop_assert!(all.starts_with(&some), "cut at {}", len);
            match facts.ending {
                Ending::Complete => prop_assert_eq!(facts.bytes, u64::try_from(len).unwrap_or(0)),
                Ending::CutMidRecord { offset, needed, available } => {
                    prop_assert!(available < needed);
                    prop_assert_eq!(offset + available, u64::try_from(len).unwrap_or(0));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn pcap_parser_reads_the_same_records(bytes in pcap()) {
        // It has no reader for the modified variant in big-endian order.
        prop_assume!(!bytes.starts_with(b"\xa1\xb2\xcd\x34"));
        let (ours, _) = packets_and_facts(&bytes).expect("a capture");
        let mut theirs = Vec::new();
        let mut reader = LegacyPcapReader::new(4096, &bytes[..]).expect("a capture");
        loop {
            match reader.next() {
                Ok((offset, block)) => {
                    if let PcapBlockOwned::Legacy(frame) = block {
                        theirs.push((frame.ts_sec, frame.data.to_vec(), frame.origlen));
                    }
                    reader.consume(offset);
                }
                Err(PcapError::Incomplete(_)) => reader.refill().expect("a slice"),
                Err(PcapError::Eof) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, (seconds, data, wire_len)) in ours.iter().zip(theirs) {
            // The fraction may be more than a second: it is random here.
            prop_assert!(ours.time / 1_000_000_000 - i64::from(seconds) < 4_300);
            prop_assert_eq!(ours.wire_len, wire_len.max(craft::len32(&data)));
            prop_assert_eq!(&ours.data, &data);
        }
    }
}

/// Fails after its bytes.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::Error::other("bad sector")) } else { self.0.read(room) }
    }
}

#[test]
fn an_error_of_the_source_tells_where_and_ends_the_packets() {
    let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
    file.packet(1, 0, b"good", 4);
    file.packet(2, 0, b"lost", 4);
    file.bytes.truncate(50); // in the middle of the second record
    let mut reader = Reader::new(Broken(&file.bytes), "disk.pcap").expect("a pcap header");
    assert!(reader.next().is_ok_and(|packet| packet.is_some()));
    let error = reader.next().map(|_| ()).expect_err("a bad sector").to_string();
    assert!(error.starts_with("disk.pcap: reading failed at byte 50: bad sector"), "{error}");
    assert!(reader.next().is_ok_and(|packet| packet.is_none()));
    assert_eq!(reader.facts().ending, Ending::NotReached);
}
