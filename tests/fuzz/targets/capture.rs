//! Capture files: whatever the bytes are, and however they come, the packets are the same.

use std::io::{self, Read};

use wsblame::capture::{CaptureFacts, Reader};

use super::samples;
use super::tape::pieces;

/// Hands the bytes out in pieces, as a pipe does.
struct Pipe<'a, P> {
    pieces: P,
    /// What there was no room for.
    rest: &'a [u8],
}

impl<'a, P: Iterator<Item = &'a [u8]>> Read for Pipe<'a, P> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.next().unwrap_or_default();
        }
        self.rest.read(room)
    }
}

#[derive(Debug, PartialEq)]
struct Seen {
    number: u64,
    time: i64,
    link: u16,
    interface: u32,
    wire_len: u32,
    data: Vec<u8>,
}

fn read(source: impl Read) -> Option<(Vec<Seen>, CaptureFacts, bool)> {
    let mut reader = Reader::new(source, "fuzz").ok()?;
    let mut all = Vec::new();
    let failed = loop {
        match reader.next_disclosing(&mut |_| {}) {
            Ok(Some(packet)) => all.push(Seen {
                number: packet.at.number.number(),
                time: packet.at.time.0,
                link: packet.link.0,
                interface: packet.interface,
                wire_len: packet.wire_len,
                data: packet.data.to_vec(),
            }),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    Some((all, reader.facts().clone(), failed))
}

pub(crate) fn target(data: &[u8]) {
    let whole = read(data);
    let salt =
        data.iter().fold(data.len() as u32, |salt, byte| salt.rotate_left(5) ^ u32::from(*byte));
    let parts = read(Pipe { pieces: pieces(data, salt), rest: &[] });
    let Some((packets, facts, failed)) = whole else {
        return assert!(parts.is_none(), "a capture only in pieces");
    };
    assert!(!failed, "a slice can be read");
    let mut before = 0;
    for packet in &packets {
        assert!(packet.number > before, "{} after {before}", packet.number);
        assert!(packet.wire_len as usize >= packet.data.len());
        before = packet.number;
    }
    assert_eq!(facts.packets, packets.len() as u64);
    assert!(facts.bytes <= data.len() as u64, "{} of {}", facts.bytes, data.len());
    assert!(facts.cut_packets <= facts.packets);
    let held: usize = packets.iter().map(|packet| packet.data.len()).sum();
    assert!(held <= data.len(), "no byte is in two packets");
    let (in_parts, facts_of_parts, _) = parts.expect("a capture in pieces too");
    assert_eq!(in_parts, packets);
    assert_eq!(format!("{facts_of_parts:?}"), format!("{facts:?}"));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    samples::captures(16 << 10)
}
