//! Laws of archives: each capture in them comes out, and a bad member takes no other with it.
#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Go;
use crate::capture::craft::PcapFile;
use crate::capture::error::CaptureError;
use crate::capture::layer::Bytes;
use crate::capture::order::ByteOrder;
use crate::capture::reader::Reader;
use crate::capture::unpack::{Unpacked, unpack};

const WRITTEN: &str = "a Vec takes everything";

/// A capture with so many packets.
fn capture(packets: u32) -> Vec<u8> {
    let mut file = PcapFile::new(ByteOrder::Little, 0xa1b2_c3d4, 1);
    (0..packets).for_each(|second| file.packet(second, 0, b"a packet", 8));
    file.bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect(WRITTEN);
    out.finish().expect(WRITTEN)
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = Header::new_gnu();
        header.set_size(u64::try_from(bytes.len()).expect("small"));
        archive.append_data(&mut header, name, *bytes).expect(WRITTEN);
    }
    archive.into_inner().expect(WRITTEN)
}

fn zip(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).expect(WRITTEN);
        archive.write_all(bytes).expect(WRITTEN);
    }
    archive.finish().expect(WRITTEN).into_inner()
}

/// A writer that cannot go back, so that lengths stand behind the members.
fn zip_piped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in members {
        archive.start_file(*name, SimpleFileOptions::default()).expect(WRITTEN);
        archive.write_all(bytes).expect(WRITTEN);
    }
    archive.finish().expect(WRITTEN).into_inner()
}

/// A capture found: its name, and its packets or what is wrong.
type Found = (String, Result<u64, String>);

fn look(packed: &[u8], path: Option<PathBuf>) -> (Vec<Found>, Option<String>) {
    let mut found = Vec::new();
    let archive = match unpack(Bytes::of(packed, false), "x", path) {
        Ok(Unpacked::Archive(archive)) => archive,
        Ok(_) => panic!("an archive"),
        Err(error) => return (found, Some(error.to_string())),
    };
    let error = archive
        .captures("x", &mut |leaf| {
            let count = |mut reader: Reader<Bytes<'_>>| -> Result<u64, CaptureError> {
                while reader.next()?.is_some() {}
                let (mut bytes, facts) = reader.into_parts();
                bytes.check("x")?;
                Ok(facts.packets)
            };
            let reader = leaf.bytes.and_then(|bytes| Reader::new(bytes, &leaf.name));
            found.push((leaf.name, reader.and_then(count).map_err(|error| error.to_string())));
            Go::On
        })
        .error;
    (found, error.map(|error| error.to_string()))
}

fn names_and_packets(packed: &[u8]) -> Vec<(String, u64)> {
    let (found, error) = look(packed, None);
    assert_eq!(error, None);
    found.into_iter().map(|(name, packets)| (name, packets.expect("readable"))).collect()
}

fn named(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, packets)| ((*name).to_owned(), *packets)).collect()
}

#[test]
fn the_captures_of_an_archive_are_found_by_content() {
    let (one, two) = (capture(1), gzip(&capture(2)));
    let members: [(&str, &[u8]); 5] = [
        ("d/one.pcap", &one),
        ("notes.txt", b"no capture"),
        ("two.gz", &two),
        ("empty.txt", b""),
        ("three", &one),
    ];
    let expected = named(&[("x/d/one.pcap", 1), ("x/two.gz", 2), ("x/three", 1)]);
    let tar = tar(&members);
    assert_eq!(names_and_packets(&tar), expected);
    assert_eq!(names_and_packets(&gzip(&tar)), expected);
    let zip = zip(&members, CompressionMethod::Deflated);
    assert_eq!(names_and_packets(&zip), expected);
    assert_eq!(names_and_packets(&gzip(&zip)), expected);
    assert_eq!(names_and_packets(&zip_piped(&members)), expected);
}

#[test]
fn an_archive_may_be_in_another() {
    let inner = gzip(&tar(&[("a.pcap", &capture(3))]));
    let outer = zip(&[("inner.tgz", &inner)], CompressionMethod::Stored);
    assert_eq!(names_and_packets(&outer), named(&[("x/inner.tgz/a.pcap", 3)]));
}

#[test]
fn what_is_named_like_a_capture_and_is_none_is_an_error_of_that_member_alone() {
    let one = capture(1);
    let members: [(&str, &[u8]); 2] = [("bad.pcap", b"some text"), ("good.pcap", &one)];
    for packed in [tar(&members), zip(&members, CompressionMethod::Stored)] {
        let (found, error) = look(&packed, None);
        assert_eq!(error, None);
        assert!(found[0].1.as_ref().is_err_and(|why| why.contains("not a pcap")), "{found:?}");
        assert_eq!(found[1], ("x/good.pcap".to_owned(), Ok(1)));
    }
}

#[test]
fn a_name_is_only_a_name() {
    let one = capture(1);
    let long = format!("{}/a.pcap", "d".repeat(300));
    let mut archive = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(u64::try_from(one.len()).expect("small"));
    header.as_mut_bytes()[..20].copy_from_slice(b"../../etc/\x1b[2Jx.pcap");
    header.set_cksum();
    archive.append(&header, &one[..]).expect(WRITTEN);
    let mut header = Header::new_gnu();
    header.set_size(u64::try_from(one.len()).expect("small"));
    archive.append_data(&mut header, &long, &one[..]).expect(WRITTEN);
    let packed = archive.into_inner().expect(WRITTEN);
    let expected = named(&[("x/../../etc/\u{fffd}[2Jx.pcap", 1), (&format!("x/{long}"), 1)]);
    assert_eq!(names_and_packets(&packed), expected);
}

/// An extension header with records, and behind it a member.
fn pax(records: &[(&str, &str)], size: u64, content: &[u8]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    let records = records.iter().map(|(key, value)| (*key, value.as_bytes()));
    archive.append_pax_extensions(records).expect(WRITTEN);
    let mut header = Header::new_ustar();
    header.set_path("short").expect(WRITTEN);
    header.set_size(size);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    archive.append(&header, content).expect(WRITTEN);
    archive.into_inner().expect(WRITTEN)
}

#[test]
fn a_pax_header_gives_name_and_size() {
    let one = capture(1);
    let size = one.len().to_string();
    let packed = pax(&[("path", "long/name.pcap"), ("size", &size)], 0, &one);
    assert_eq!(names_and_packets(&packed), named(&[("x/long/name.pcap", 1)]));
    let sparse = pax(&[("GNU.sparse.major", "1"), ("path", "holes.pcap")], 44, &one);
    let (found, _) = look(&sparse, None);
    assert!(found[0].1.as_ref().is_err_and(|why| why.contains("sparse")), "{found:?}");
}

#[test]
fn a_name_that_claims_to_be_endless_is_not_held() {
    let mut header = Header::new_gnu();
    header.set_path("././@LongLink").expect(WRITTEN);
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let source = header.as_bytes().chain(std::io::repeat(b'a').take(64 << 20));
    let Ok(Unpacked::Archive(archive)) = unpack(Bytes::of(source, false), "x", None) else {
        panic!("an archive")
    };
    let error = archive.captures("x", &mut |_| panic!("no member")).error;
    assert!(error.is_some_and(|error| error.to_string().contains("end too early")));
}

#[test]
fn behind_a_damaged_header_the_next_member_is_found() {
    let one = capture(1);
    let mut packed = tar(&[("a.pcap", &one), ("b.pcap", &one), ("c.pcap", &one)]);
    let second = 1024; // header and one block each
    packed[second..second + 20].fill(0xee);
    let (found, error) = look(&packed, None);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x/a.pcap", "x/c.pcap"]);
    assert!(error.is_some_and(|error| error.contains("damaged at byte 1024")));
}

#[test]
fn a_member_that_cannot_be_unpacked_takes_no_other_with_it() {
    let (one, two) = (capture(1), capture(200));
    let members: [(&str, &[u8]); 2] = [("a.pcap", &two), ("b.pcap", &one)];
    // The local header is at 0; the flags are at 6, the method at 8.
    let broken = |place: usize, value: u8| {
        let mut packed = zip(&members, CompressionMethod::Deflated);
        packed[place] = value;
        let (found, error) = look(&packed, None);
        assert_eq!(error, None);
        assert_eq!(found[1], ("x/b.pcap".to_owned(), Ok(1)));
        found[0].1.clone().expect_err("it is broken")
    };
    assert!(broken(6, 1).contains("encrypted"));
    assert!(broken(8, 99).contains("method 99"));
    assert!(broken(14, 0).contains("checksum")); // one byte of the CRC-32
    assert!(broken(40, 0xff).contains("damaged"));
}

#[test]
fn a_file_is_read_by_its_directory_and_without_one_from_its_front() {
    let path = std::env::temp_dir().join(format!("wsblame-{}.zip", std::process::id()));
    let (one, two) = (capture(1), capture(2));
    let members: [(&str, &[u8]); 2] = [("a.pcap", &one), ("b.pcap", &two)];
    let whole = zip(&members, CompressionMethod::Deflated);
    let expected = [("x/a.pcap".to_owned(), Ok(1)), ("x/b.pcap".to_owned(), Ok(2))];
    std::fs::write(&path, &whole).expect("a writable folder");
    let (found, error) = look(&whole, Some(path.clone()));
    assert_eq!((found.as_slice(), error), (&expected[..], None));
    let cut = &whole[..whole.len() - 30];
    std::fs::write(&path, cut).expect("a writable folder");
    let (found, _) = look(cut, Some(path.clone()));
    assert_eq!(found, expected);
    let _ = std::fs::remove_file(&path); // it is only litter
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_anywhere_an_archive_gives_the_first_captures(
        zipped in any::<bool>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let captures: Vec<Vec<u8>> = (0..4).map(capture).collect();
        let names = ["a.pcap", "b.pcap", "c.pcap", "d.pcap"];
        let members: Vec<(&str, &[u8])> =
            names.iter().copied().zip(captures.iter().map(Vec::as_slice)).collect();
        let packed = match zipped {
            true => zip(&members, CompressionMethod::Deflated),
            false => tar(&members),
        };
        let cut = cut.index(packed.len()).max(if zipped { 4 } else { 512 }); // that tells what it is
        let (found, _) = look(&packed[..cut], None);
        for (index, (name, packets)) in found.iter().enumerate() {
            prop_assert_eq!(name, &format!("x/{}", names[index]));
            prop_assert!(packets.as_ref().map_or(true, |packets| *packets <= index as u64));
        }
    }

    #[test]
    fn an_archive_with_wrong_bytes_neither_panics_nor_hangs(
        zipped in any::<bool>(),
        wrong in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let three = capture(3);
        let members: [(&str, &[u8]); 3] = [("a.pcap", &three), ("b.txt", b"text"), ("c", &three)];
        let mut packed = match zipped {
            true => zip(&members, CompressionMethod::Deflated),
            false => tar(&members),
        };
        for (place, value) in wrong {
            let place = place.index(packed.len());
            packed[place] = value;
        }
        if let Ok(Unpacked::Archive(archive)) = unpack(Bytes::of(&packed[..], false), "x", None) {
            let mut all = 0;
            archive.captures("x", &mut |leaf| {
                let mut sink = Vec::new();
                if let Ok(mut bytes) = leaf.bytes {
                    let _ = bytes.read_to_end(&mut sink); // an error is as good
                }
                all += sink.len();
                Go::On
            });
            prop_assert!(all < 10_000);
        }
    }
}
