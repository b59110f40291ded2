//! Whatever captures are packed in: what is unpacked is bounded, and no panic.

use std::io::Read;

use wsblame::capture::{Bytes, Go, Unpacked, unpack};

use super::samples;

/// Bytes that are read of a capture.
const MOST: u64 = 1 << 20;
/// Captures that are taken out of an archive.
const MOST_LEAVES: usize = 32;

pub(crate) fn target(data: &[u8]) {
    match unpack(Bytes::of(data, true), "fuzz.pcap", None) {
        Ok(Unpacked::Capture(bytes) | Unpacked::Other(bytes)) => read(bytes),
        Ok(Unpacked::Archive(archive)) => {
            let mut left = MOST_LEAVES;
            let outcome = archive.captures("fuzz.zip", &mut |leaf| {
                assert!(!leaf.name.chars().any(char::is_control), "{:?}", leaf.name);
                if let Ok(bytes) = leaf.bytes {
                    read(bytes);
                }
                left -= 1;
                if left == 0 { Go::Stop } else { Go::On }
            });
            if let Some(error) = outcome.error {
                is_one_line(&error.to_string());
            }
        }
        Err(error) => is_one_line(&error.to_string()),
    }
}

fn read(bytes: Bytes<'_>) {
    let mut bytes = bytes;
    let mut room = vec![0; 4 << 10];
    let mut left = MOST;
    while left > 0 {
        match bytes.read(&mut room) {
            Ok(0) => break,
            Ok(read) => left = left.saturating_sub(read as u64),
            Err(error) => return is_one_line(&error.to_string()),
        }
    }
}

fn is_one_line(error: &str) {
    assert!(!error.chars().any(char::is_control), "{error:?}");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let captures = samples::some_of(samples::captures(1 << 10), 4);
    captures.iter().flat_map(|capture| packed(capture)).collect()
}

/// The capture in all that can be written with what is at hand; the rest as the formats begin.
fn packed(capture: &[u8]) -> Vec<Vec<u8>> {
    use std::io::Write;
    let gzip = |bytes: &[u8]| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).expect("a Vec takes all");
        out.finish().expect("a Vec takes all")
    };
    let mut all = vec![gzip(capture), [gzip(&capture[..24]), gzip(&capture[24..])].concat()];
    all.push(tar(capture));
    all.push(gzip(&tar(capture)));
    all.push(zip(b"one.pcap", capture));
    all.push(zip(b"one.pcap.gz", &gzip(capture)));
    all.push(lz4(capture));
    all.push(zstd(capture));
    all.push(b"BZh91AY&SY".to_vec());
    all.push(b"\xFD7zXZ\0\0\x04\xE6\xD6\xB4F".to_vec());
    all
}

/// One member in a ustar archive.
fn tar(file: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(b"one.pcap");
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", file.len()).as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut padded = file.to_vec();
    padded.resize(file.len().next_multiple_of(512) + 1_024, 0);
    [header, padded].concat()
}

/// One stored member in a zip archive, with its directory behind it.
fn zip(name: &[u8], file: &[u8]) -> Vec<u8> {
    let crc = {
        let mut crc = flate2::Crc::new();
        crc.update(file);
        crc.sum().to_le_bytes()
    };
    let len = (file.len() as u32).to_le_bytes();
    let name_len = (name.len() as u16).to_le_bytes();
    let common =
        [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x50], &crc[..], &len, &len, &name_len, &[0, 0]].concat();
    let local = [b"PK\x03\x04", &common[..], name, file].concat();
    let central = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name].concat();
    let place = (local.len() as u32).to_le_bytes();
    let size = (central.len() as u32).to_le_bytes();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &size[..], &place, &[0, 0]].concat();
    [local, central, end].concat()
}

/// A frame of LZ4 with one block that is not compressed.
fn lz4(file: &[u8]) -> Vec<u8> {
    let file = &file[..file.len().min(60_000)];
    // Version 1, independent blocks; 64 KiB; the checksum of these two bytes.
    let head = [0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82];
    let len = (file.len() as u32 | 0x8000_0000).to_le_bytes();
    [&head, &len[..], file, &[0; 4]].concat()
}

/// A frame of Zstandard with one raw block.
fn zstd(file: &[u8]) -> Vec<u8> {
    let file = &file[..file.len().min(60_000)];
    let len = (file.len() as u32) << 3 | 1;
    let size = (file.len() as u32).to_le_bytes();
    [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0], &size[..], &len.to_le_bytes()[..3], file].concat()
}
