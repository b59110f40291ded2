//! Packets written as files of every format.
//!
//! In: packets. Out: classic pcap and pcapng, in either byte order and any resolution of time; and
//! those compressed and in archives.

use std::io::{Cursor, Write};

use crate::support::Raw;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }

    fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        }
    }
}

/// A file format.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Written {
    /// With the units of time in a second.
    Pcap(Order, u32),
    /// With the exponent of ten by which its interfaces divide a second.
    Pcapng(Order, u8),
    /// With a section for each so many packets, in changing byte orders.
    Sections(usize),
}

/// The packets, all of one link type, as a file.
pub(crate) fn write(packets: &[Raw], written: Written) -> Vec<u8> {
    match written {
        Written::Pcap(order, units) => pcap(packets, order, units),
        Written::Pcapng(order, digits) => section(packets, order, digits),
        Written::Sections(size) => {
            let orders = [Order::Little, Order::Big].into_iter().cycle();
            let sections = packets.chunks(size).zip(orders);
            sections.flat_map(|(packets, order)| section(packets, order, 9)).collect()
        }
    }
}

fn link(packets: &[Raw]) -> u16 {
    packets.first().map_or(1, |packet| packet.link)
}

fn pcap(packets: &[Raw], order: Order, units: u32) -> Vec<u8> {
    let magic: u32 = if units == 1_000_000_000 { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
    let mut file = order.u32(magic).to_vec();
    file.extend([order.u16(2), order.u16(4)].concat());
    file.extend([0; 8]);
    file.extend(order.u32(262_144));
    file.extend(order.u32(link(packets).into()));
    for packet in packets {
        let nanos = packet.time.rem_euclid(1_000_000_000).cast_unsigned() as u32;
        let seconds = packet.time.div_euclid(1_000_000_000).cast_unsigned() as u32;
        let lengths = [packet.data.len() as u32, packet.wire_len as u32];
        for field in [seconds, nanos / (1_000_000_000 / units), lengths[0], lengths[1]] {
            file.extend(order.u32(field));
        }
        file.extend(&packet.data);
    }
    file
}

fn section(packets: &[Raw], order: Order, digits: u8) -> Vec<u8> {
    let mut header = order.u32(0x1A2B_3C4D).to_vec();
    header.extend([order.u16(1), order.u16(0)].concat());
    header.extend([0xFF; 8]);
    let mut file = block(order, 0x0A0D_0D0A, &header);
    let mut interface = [order.u16(link(packets)), order.u16(0)].concat();
    interface.extend(order.u32(0));
    interface.extend([order.u16(9), order.u16(1)].concat());
    interface.extend([digits, 0, 0, 0]);
    interface.extend([0; 4]);
    file.extend(block(order, 1, &interface));
    for packet in packets {
        let unit = 10_i64.pow(9 - u32::from(digits));
        let time = (packet.time / unit).cast_unsigned();
        let lengths = [packet.data.len() as u32, packet.wire_len as u32];
        let fields = [0, (time >> 32) as u32, time as u32, lengths[0], lengths[1]];
        let mut body = fields.map(|field| order.u32(field)).concat();
        body.extend(&packet.data);
        file.extend(block(order, 6, &body));
    }
    file
}

/// A block of pcapng: type, length, body padded to 32 bits, length.
pub(crate) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
    let len = order.u32((body.len() + padding.len() + 12) as u32);
    [&order.u32(kind), &len[..], body, &padding, &len].concat()
}

/// What a file is packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
    Lz4,
    Xz,
    Bzip2,
    /// Two members, as `cat` makes of two compressed files.
    GzipInTwo,
    Tar,
    TarGz,
    Zip,
    GzInZip,
}

pub(crate) const PACKINGS: &[Packing] = &[
    Packing::Gzip,
    Packing::Zstd,
    Packing::Lz4,
    Packing::Xz,
    Packing::Bzip2,
    Packing::GzipInTwo,
    Packing::Tar,
    Packing::TarGz,
    Packing::Zip,
    Packing::GzInZip,
];

/// A capture file, packed.
pub(crate) fn pack(file: &[u8], packing: Packing) -> Vec<u8> {
    const VEC: &str = "a Vec takes all";
    match packing {
        Packing::Gzip => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(file).expect(VEC);
            out.finish().expect(VEC)
        }
        Packing::Zstd => zstd::encode_all(file, 1).expect(VEC),
        Packing::Lz4 => {
            let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
            out.write_all(file).expect(VEC);
            out.finish().expect(VEC)
        }
        Packing::Xz => {
            let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
            out.write_all(file).expect(VEC);
            out.finish().expect(VEC)
        }
        Packing::Bzip2 => {
            let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            out.write_all(file).expect(VEC);
            out.finish().expect(VEC)
        }
        Packing::GzipInTwo => {
            let (first, second) = file.split_at(file.len() / 2);
            [first, second].map(|part| pack(part, Packing::Gzip)).concat()
        }
        Packing::Tar => {
            let mut out = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(file.len() as u64);
            header.set_mode(0o644);
            out.append_data(&mut header, "captures/one.pcap", file).expect(VEC);
            out.into_inner().expect(VEC)
        }
        Packing::TarGz => pack(&pack(file, Packing::Tar), Packing::Gzip),
        Packing::Zip => zipped("one.pcap", file),
        Packing::GzInZip => zipped("one.pcap.gz", &pack(file, Packing::Gzip)),
    }
}

fn zipped(name: &str, file: &[u8]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    out.start_file(name, zip::write::SimpleFileOptions::default()).expect("a new file");
    out.write_all(file).expect("a Vec takes all");
    out.finish().expect("a Vec takes all").into_inner()
}
