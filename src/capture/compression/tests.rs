//! Laws of unpacking: what was packed comes out, and of what is broken what was before.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::io::{Read, Write};

use proptest::prelude::*;

use crate::capture::craft::{PcapFile, Seen};
use crate::capture::error::CaptureError;
use crate::capture::layer::{Bytes, Trailing};
use crate::capture::order::ByteOrder;
use crate::capture::reader::Reader;
use crate::capture::unpack::{Unpacked, unpack};

/// A capture whose packets compress badly, so that a cut falls among them.
fn capture(packets: u32) -> Vec<u8> {
    let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
    let mut state: u32 = 1;
    for second in 0..packets {
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let data: Vec<u8> = (0..90).map(|_| noise()).collect();
        file.packet(1_700_000_000 + second, 0, &data, 90);
    }
    file.bytes
}

const KINDS: [&str; 5] = ["gzip", "zstd", "lz4", "xz", "bzip2"];

fn pack(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let written = "a Vec takes everything";
    match kind {
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(bytes).expect(written);
            out.finish().expect(written)
        }
        "zstd" => {
            let mut out = zstd::stream::write::Encoder::new(Vec::new(), 1).expect(written);
            out.include_checksum(true).expect(written);
            out.write_all(bytes).expect(written);
            out.finish().expect(written)
        }
        "lz4" => pack_lz4(bytes, lz4_flex::frame::BlockMode::Linked),
        "xz" => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
            out.write_all(bytes).expect(written);
            out.finish().expect(written)
        }
        "bzip2" => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            out.write_all(bytes).expect(written);
            out.finish().expect(written)
        }
        other => panic!("{other}"),
    }
}

fn pack_lz4(bytes: &[u8], mode: lz4_flex::frame::BlockMode) -> Vec<u8> {
    let info = lz4_flex::frame::FrameInfo::new()
        .block_mode(mode)
        .block_checksums(true)
        .content_checksum(true)
        .block_size(lz4_flex::frame::BlockSize::Max64KB);
    let mut out = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    out.write_all(bytes).expect("a Vec takes everything");
    out.finish().expect("a Vec takes everything")
}

/// The packets, what is wrong, and what lies behind.
type Outcome = (Vec<Seen>, Option<CaptureError>, Option<Trailing>);

fn read(packed: &[u8]) -> Outcome {
    let bytes = match unpack(Bytes::of(packed, false), "x", None) {
        Ok(Unpacked::Capture(bytes) | Unpacked::Other(bytes)) => bytes,
        Ok(Unpacked::Archive(_)) => panic!("no archive"),
        Err(error) => return (Vec::new(), Some(error), None),
    };
    let mut reader = match Reader::new(bytes, "x") {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error), None),
    };
    let mut packets = Vec::new();
    let error = loop {
        match reader.next() {
            Ok(Some(packet)) => packets.push(Seen {
                number: packet.at.number.number(),
                time: packet.at.time.0,
                link: packet.link.0,
                wire_len: packet.wire_len,
                data: packet.data.to_vec(),
            }),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let (mut bytes, _) = reader.into_parts();
    let error = error.or_else(|| bytes.check("x").err());
    (packets, error, bytes.trailing())
}

fn sound(packed: &[u8]) -> Vec<Seen> {
    let (packets, error, _) = read(packed);
    assert!(error.is_none(), "{error:?}");
    packets
}

#[test]
fn every_compression_is_recognised_and_taken_off() {
    let capture = capture(3_000); // more than one block of lz4
    let plain = sound(&capture);
    assert_eq!(plain.len(), 3_000);
    for kind in KINDS {
        assert_eq!(sound(&pack(kind, &capture)), plain, "{kind}");
    }
    let independent = pack_lz4(&capture, lz4_flex::frame::BlockMode::Independent);
    assert_eq!(sound(&independent), plain);
}

#[test]
fn members_behind_each_other_are_one_capture() {
    let capture = capture(200);
    let (front, back) = capture.split_at(5_000);
    for kind in KINDS {
        let packed = [pack(kind, front), pack(kind, b""), pack(kind, back)].concat();
        let (packets, error, trailing) = read(&packed);
        assert_eq!((packets.len(), trailing), (200, None), "{kind}");
        assert!(error.is_none(), "{kind}: {error:?}");
    }
}

#[test]
fn frames_that_hold_nothing_are_passed_over() {
    let skippable = b"\x53\x2a\x4d\x18\x03\0\0\0abc";
    for kind in ["zstd", "lz4"] {
        let packed = pack(kind, &capture(20));
        let around = [&packed[..], skippable, &packed[..0], skippable].concat();
        assert_eq!(sound(&around).len(), 20, "{kind}");
    }
    let before = [&skippable[..], &pack("zstd", &capture(20))].concat();
    assert_eq!(sound(&before).len(), 20);
}

#[test]
fn padding_is_nothing_and_garbage_behind_the_end_is_told() {
    for kind in KINDS {
        let mut packed = pack(kind, &capture(20));
        let len = packed.len();
        packed.extend([0; 700]);
        assert_eq!(read(&packed).2, None, "{kind}");
        packed.extend(b"something else");
        let (packets, error, trailing) = read(&packed);
        assert_eq!(packets.len(), 20, "{kind}");
        assert!(error.is_none(), "{kind}: {error:?}");
        let offset = u64::try_from(len + 700).expect("small");
        assert_eq!(trailing, Some(Trailing { what: kind, offset }));
    }
}

#[test]
fn one_compression_may_be_in_another_but_not_without_end() {
    let mut packed = capture(20);
    for kind in KINDS {
        packed = pack(kind, &packed);
    }
    assert_eq!(sound(&packed).len(), 20);
    packed = pack("gzip", &packed);
    assert_eq!(sound(&packed).len(), 20);
    let (_, error, _) = read(&pack("gzip", &packed));
    let line = error.expect("seven are too many").to_string();
    assert!(line.contains("nested deeper than 6 layers"), "{line}");
}

#[test]
fn a_legacy_frame_of_lz4_is_read_and_so_is_what_follows_it() {
    let capture = capture(20);
    let mut packed = vec![0x02, 0x21, 0x4c, 0x18];
    let block = lz4_flex::block::compress(&capture[..500]);
    packed.extend(u32::try_from(block.len()).expect("small").to_le_bytes());
    packed.extend(block);
    packed.extend(pack("lz4", &capture[500..]));
    assert_eq!(sound(&packed).len(), 20);
}

#[test]
fn a_dictionary_beyond_the_limit_is_refused_by_name_and_number() {
    // A window of 2³⁰ bytes, and one empty last block.
    let zstd = b"\x28\xb5\x2f\xfd\x00\xa0\x01\0\0";
    let (_, error, _) = read(zstd);
    let line = error.expect("a refusal").to_string();
    assert!(line.contains("larger than 128 MiB") && line.contains("zstd -dc --long=31"), "{line}");

    // The dictionary size of an xz block is a byte of its header, which has a checksum.
    let mut xz = pack("xz", &capture(2));
    let header = 12..24;
    assert_eq!(xz[header.start..header.start + 4], [2, 0, 0x21, 1], "LZMA2 and nothing else");
    xz[header.start + 4] = 32; // 256 MiB
    let mut crc = flate2::Crc::new();
    crc.update(&xz[header.start..header.end - 4]);
    xz[header.end - 4..header.end].copy_from_slice(&crc.sum().to_le_bytes());
    let (_, error, _) = read(&xz);
    let line = error.expect("a refusal").to_string();
    assert!(line.contains("more than 128 MiB") && line.contains("xz -dc"), "{line}");
}

#[test]
fn a_cut_and_a_damage_are_told_apart_and_say_where() {
    for kind in KINDS {
        let packed = pack(kind, &capture(3_000));
        let half = packed.len() / 2;
        let (packets, error, _) = read(&packed[..half]);
        let error = error.expect("it is cut");
        let line = error.to_string();
        assert!(matches!(error, CaptureError::NotUnpacked { damaged: false, .. }), "{line}");
        assert!(line.contains(&format!("{kind} data end too early, at byte {half}")), "{line}");
        assert!(packets.len() < 3_000);
        assert!(kind == "bzip2" || packets.len() > 1_000, "{kind}: {}", packets.len());

        let mut wrong = packed.clone();
        wrong[half..half + 40].fill(0xee);
        let (_, error, _) = read(&wrong);
        let error = error.unwrap_or_else(|| panic!("{kind} is damaged"));
        let line = error.to_string();
        assert!(matches!(error, CaptureError::NotUnpacked { damaged: true, .. }), "{kind}: {line}");
        assert!(line.contains(&format!("{kind} data are damaged at byte ")), "{line}");
    }
}

/// Delivers one byte, says that there is no more, and then has more after all.
struct Growing<'a>(&'a [u8], bool);

impl Read for Growing<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.1 {
            self.1 = false;
            return Ok(0);
        }
        self.0.read(room)
    }
}

#[test]
fn a_file_that_grows_ends_where_it_ended_when_it_was_read() {
    let whole = capture(4);
    let cut = whole.len() - 50;
    let source = std::io::Read::chain(&whole[..cut], Growing(&whole[cut..], true));
    let Ok(Unpacked::Capture(bytes)) = unpack(Bytes::of(source, false), "x", None) else {
        panic!("a capture")
    };
    let (packets, facts) = crate::capture::craft::read_all(Reader::new(bytes, "x").expect("pcap"));
    assert_eq!(packets.len(), 3);
    assert!(matches!(facts.ending, crate::capture::Ending::CutMidRecord { .. }));
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(48)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn cut_anywhere_it_gives_the_first_packets_and_no_others(
        kind in proptest::sample::select(&KINDS[..]),
        packets in 0_u32..60,
        cut in any::<prop::sample::Index>(),
    ) {
        let capture = capture(packets);
        let plain = sound(&capture);
        let packed = pack(kind, &capture);
        let cut = cut.index(packed.len());
        let (some, error, trailing) = read(&packed[..cut]);
        prop_assert!(plain.starts_with(&some));
        // A cut inside the checksum at the end loses no packet, but it is told.
        prop_assert!(error.is_some());
        prop_assert_eq!(trailing, None);
        let damaged = matches!(error, Some(CaptureError::NotUnpacked { damaged: true, .. }));
        prop_assert!(!damaged, "a cut is no damage");
    }

    #[test]
    fn a_byte_that_is_wrong_changes_no_packet_without_a_word(
        kind in proptest::sample::select(&KINDS[..]),
        place in any::<prop::sample::Index>(),
        bits in 1_u8..,
    ) {
        let capture = capture(30);
        let plain = sound(&capture);
        let mut packed = pack(kind, &capture);
        let place = place.index(packed.len());
        packed[place] ^= bits;
        let (packets, error, trailing) = read(&packed);
        prop_assert!(error.is_some() || trailing.is_some() || packets == plain);
    }

    #[test]
    fn any_bytes_behind_a_magic_number_neither_panic_nor_pile_up(
        start in proptest::sample::select(vec![
            &b"\x1f\x8b\x08"[..], b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18",
            b"\xfd7zXZ\0", b"BZh91AY&SY", b"\x50\x2a\x4d\x18",
        ]),
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let (packets, _, _) = read(&[start, &rest].concat());
        prop_assert!(packets.len() < 400);
    }
}
