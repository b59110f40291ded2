//! From packets of every link type to segments: the lengths always fit, and state is bounded.

use wsblame::capture::{LinkType, Packet, Reader};
use wsblame::ip::{Dissected, Dissector, FragmentLimits};
use wsblame::provenance::{PacketNumber, PacketRef, Timestamp};

use super::samples;
use super::tape::Tape;
use crate::tunnel::{LINKS, Link, TUNNELS, fragments, with_checksums};

/// The link types that can be read.
fn link_types() -> Vec<LinkType> {
    wsblame::link::LINKS.iter().flat_map(|link| link.types.iter().copied()).collect()
}

/// One of them, or one that cannot be read.
fn link_type(number: u8) -> LinkType {
    let types = link_types();
    types.get(usize::from(number) % (types.len() + 1)).copied().unwrap_or(LinkType(0xFFFF))
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let limits = FragmentLimits { datagrams: 8, bytes: 16 << 10 };
    let mut dissector = Dissector::with_limits(limits);
    let mut number = 0;
    let mut brought = 0;
    while !tape.is_over() && number < 64 {
        number += 1;
        let link = link_type(tape.byte());
        let cut = u32::from(tape.byte());
        let len = usize::from(tape.short());
        let data = tape.take(len);
        brought += data.len();
        let wire_len = data.len() as u32 + if cut < 0xC0 { 0 } else { (cut - 0xC0) * 40 };
        let at = PacketRef { number: PacketNumber::new(number), time: Timestamp(number as i64) };
        let packet = Packet { at, link, interface: 0, wire_len, data };
        let mut found = 0;
        dissector.dissect(&packet, |dissected| {
            found += 1;
            if let Dissected::Segment(segment) = dissected {
                assert_eq!(segment.at, at);
                assert!(segment.payload.len() <= brought, "no more than was captured");
                assert!(segment.payload.len() <= 65_535 * 17);
                assert!(segment.payload_len() as usize >= segment.payload.len());
                assert!(segment.options.len() <= 40);
            }
        });
        assert!(found <= data.len().max(1), "{found} in {} bytes", data.len());
    }
    let counts = dissector.fragments();
    let _ = format!("{counts:?}");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let types = link_types();
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    for capture in samples::captures(4 << 10) {
        let mut reader = Reader::new(&capture[..], "sample").expect("a capture");
        let mut seed = Vec::new();
        while let Ok(Some(packet)) = reader.next() {
            let Some(link) = types.iter().position(|link| *link == packet.link) else { continue };
            seed.extend([link as u8, 0]);
            seed.extend((packet.data.len() as u16).to_le_bytes());
            seed.extend(packet.data);
        }
        seeds.push(seed);
    }
    // Every link type, every tunnel, and fragments of it.
    let ip: &[u8] = &[
        0x45, 0, 0, 42, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0xC3, 0x50, 0, 80, 0,
        0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0, b'h', b'i',
    ];
    let ip = with_checksums(ip);
    let packet = |link: Link, ip: &[u8]| {
        let data = link.wrap(ip);
        let place = types.iter().position(|known| known.0 == link.number()).unwrap_or(types.len());
        [&[place as u8, 0], &(data.len() as u16).to_le_bytes()[..], &data].concat()
    };
    seeds.extend(LINKS.map(|link| packet(link, &ip)));
    for tunnel in TUNNELS {
        let inside = tunnel.wrap(&ip, 7);
        seeds.push(packet(Link::Ethernet, &inside));
        let parts = fragments(&inside, &[16, 24, 8], 9);
        seeds.push(parts.iter().rev().flat_map(|part| packet(Link::Ethernet, part)).collect());
    }
    seeds
}
