//! Captures for tests, written by hand in either byte order.

use std::io::Read;

use super::facts::CaptureFacts;
use super::order::ByteOrder;
use super::reader::Reader;

/// A packet as read, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) number: u64,
    pub(super) time: i64,
    pub(super) link: u16,
    pub(super) wire_len: u32,
    pub(super) data: Vec<u8>,
}

pub(super) fn read_all<R: Read>(mut reader: Reader<R>) -> (Vec<Seen>, CaptureFacts) {
    let mut packets = Vec::new();
    while let Some(packet) = reader.next().expect("the source does not fail") {
        packets.push(Seen {
            number: packet.at.number.number(),
            time: packet.at.time.0,
            link: packet.link.0,
            wire_len: packet.wire_len,
            data: packet.data.to_vec(),
        });
    }
    (packets, reader.facts().clone())
}

pub(super) fn n16(order: ByteOrder, number: u16) -> [u8; 2] {
    match order {
        ByteOrder::Little => number.to_le_bytes(),
        ByteOrder::Big => number.to_be_bytes(),
    }
}

pub(super) fn n32(order: ByteOrder, number: u32) -> [u8; 4] {
    match order {
        ByteOrder::Little => number.to_le_bytes(),
        ByteOrder::Big => number.to_be_bytes(),
    }
}

pub(super) fn n64(order: ByteOrder, number: u64) -> [u8; 8] {
    match order {
        ByteOrder::Little => number.to_le_bytes(),
        ByteOrder::Big => number.to_be_bytes(),
    }
}

pub(super) fn len32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("tests are small")
}

/// A classic pcap being written.
#[derive(Debug)]
pub(super) struct PcapFile {
    pub(super) bytes: Vec<u8>,
    order: ByteOrder,
    modified: bool,
}

impl PcapFile {
    pub(super) fn new(order: ByteOrder, magic: u32, network: u32) -> PcapFile {
        let mut bytes = n32(order, magic).to_vec();
        bytes.extend(n16(order, 2)); // version 2.4
        bytes.extend(n16(order, 4));
        bytes.extend([0; 8]); // time zone, accuracy
        bytes.extend(n32(order, 65_535)); // snap length
        bytes.extend(n32(order, network));
        PcapFile { bytes, order, modified: magic == 0xa1b2_cd34 }
    }

    pub(super) fn packet(&mut self, seconds: u32, fraction: u32, data: &[u8], wire_len: u32) {
        for field in [seconds, fraction, len32(data), wire_len] {
            self.bytes.extend(n32(self.order, field));
        }
        if self.modified {
            self.bytes.extend([9; 8]); // interface index, protocol, packet type, padding
        }
        self.bytes.extend(data);
    }
}

/// A block: type, length, body padded to 32 bits, length.
pub(super) fn block(order: ByteOrder, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let len = n32(order, len32(&body) + 12);
    [&n32(order, kind)[..], &len, &body, &len].concat()
}

/// Options, each padded to 32 bits; an end of options closes them, if there are any.
pub(super) fn options(order: ByteOrder, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (code, value) in options {
        bytes.extend(n16(order, *code));
        bytes.extend(n16(order, u16::try_from(value.len()).expect("tests are small")));
        bytes.extend(*value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    if !bytes.is_empty() {
        bytes.extend([0; 4]);
    }
    bytes
}

/// A section header block.
pub(super) fn section(order: ByteOrder, options: &[u8]) -> Vec<u8> {
    let version = [n16(order, 1), n16(order, 0)].concat();
    let magic = n32(order, 0x1a2b_3c4d);
    block(order, 0x0a0d_0d0a, &[&magic[..], &version, &[0xff; 8], options].concat())
}

/// An interface description block.
pub(super) fn interface(order: ByteOrder, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
    let body = [&n16(order, link)[..], &[0, 0], &n32(order, snaplen), options].concat();
    block(order, 1, &body)
}

/// An enhanced packet block.
pub(super) fn enhanced(
    order: ByteOrder,
    interface: u32,
    ticks: u64,
    data: &[u8],
    wire_len: u32,
    options: &[u8],
) -> Vec<u8> {
    let body = packet_body(order, n32(order, interface), ticks, data, wire_len, options);
    block(order, 6, &body)
}

/// An obsolete packet block.
pub(super) fn obsolete(
    order: ByteOrder,
    interface: u16,
    lost: u16,
    ticks: u64,
    data: &[u8],
    wire_len: u32,
) -> Vec<u8> {
    let [i0, i1] = n16(order, interface);
    let [d0, d1] = n16(order, lost);
    block(order, 2, &packet_body(order, [i0, i1, d0, d1], ticks, data, wire_len, &[]))
}

fn packet_body(
    order: ByteOrder,
    first: [u8; 4],
    ticks: u64,
    data: &[u8],
    wire_len: u32,
    options: &[u8],
) -> Vec<u8> {
    let mut body = first.to_vec();
    let half = |ticks: u64| u32::try_from(ticks & 0xffff_ffff).expect("32 bits");
    for field in [half(ticks >> 32), half(ticks), len32(data), wire_len] {
        body.extend(n32(order, field));
    }
    body.extend(data);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options);
    body
}
