//! Datagrams as they travel: in tags and tunnels, on other links, in fragments, in the other
//! version of IP.
//!
//! In: an IP datagram. Out: the bytes of a packet around it, with its link type. Checksums are left
//! zero, as they are where a network card fills them in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One layer around a datagram, those of a [`Wrapping`] from the inside out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layer {
    /// IEEE 802.1Q.
    Vlan(u16),
    /// IEEE 802.1ad: the outer of two tags.
    ServiceVlan(u16),
    Mpls(u32),
    Pppoe,
    Ipip,
    Gre,
    /// With a key and a checksum.
    GreKeyed,
    Vxlan(u32),
    Geneve(u32),
    Gtpu,
}

/// What everything is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Link {
    Ethernet,
    Sll,
    Sll2,
    RawIp,
    Null,
    Loop,
}

/// Tags and tunnels from the inside out, and the link.
pub(crate) type Wrapping = (&'static [Layer], Link);

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;

/// `datagram` in all of `wrapping`: the link type and the bytes.
pub(crate) fn wrap(datagram: &[u8], (layers, link): Wrapping) -> (u16, Vec<u8>) {
    let upward = is_upward(datagram);
    let mut ether_type = if datagram[0] >> 4 == 4 { IPV4 } else { IPV6 };
    let mut bytes = datagram.to_vec();
    for layer in layers {
        (ether_type, bytes) = layer.around(ether_type, &bytes, upward);
    }
    link.around(ether_type, &bytes, upward)
}

/// One of the two directions, whichever.
fn is_upward(datagram: &[u8]) -> bool {
    let (source, destination) = addresses(datagram);
    source < destination
}

fn concat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

impl Layer {
    fn around(self, ether_type: u16, bytes: &[u8], upward: bool) -> (u16, Vec<u8>) {
        let tagged = |id: u16| concat(&[&id.to_be_bytes(), &ether_type.to_be_bytes(), bytes]);
        let in_ip = |protocol: u8, payload: &[u8]| (IPV4, outer_ip(protocol, payload, upward));
        // The two directions of a tunnel need not have the same identifier.
        let number = |id: u32| id + u32::from(upward);
        match self {
            Layer::Vlan(id) => (0x8100, tagged(id)),
            Layer::ServiceVlan(id) => (0x88A8, tagged(id)),
            Layer::Mpls(label) => {
                let entry = number(label) << 12 | 1 << 8 | 64; // the bottom of the stack
                (0x8847, concat(&[&entry.to_be_bytes(), bytes]))
            }
            Layer::Pppoe => {
                let protocol: u16 = if ether_type == IPV4 { 0x0021 } else { 0x0057 };
                let len = bytes.len() as u16 + 2;
                let head = [&[0x11, 0, 0, 7][..], &len.to_be_bytes(), &protocol.to_be_bytes()];
                (0x8864, concat(&[&head.concat(), bytes]))
            }
            Layer::Ipip => in_ip(if ether_type == IPV4 { 4 } else { 41 }, bytes),
            Layer::Gre => in_ip(47, &concat(&[&[0, 0], &ether_type.to_be_bytes(), bytes])),
            Layer::GreKeyed => {
                let head = [&[0xA0, 0][..], &ether_type.to_be_bytes(), &[0, 0, 0, 0]];
                in_ip(47, &concat(&[&head.concat(), &number(900).to_be_bytes(), bytes]))
            }
            Layer::Vxlan(id) => {
                let head = [&[8, 0, 0, 0][..], &(id << 8).to_be_bytes()].concat();
                let frame = ethernet(ether_type, bytes, upward);
                in_ip(17, &udp(4789, &concat(&[&head, &frame])))
            }
            Layer::Geneve(id) => {
                let head = [&[0, 0, 0x65, 0x58][..], &(id << 8).to_be_bytes()].concat();
                let frame = ethernet(ether_type, bytes, upward);
                in_ip(17, &udp(6081, &concat(&[&head, &frame])))
            }
            Layer::Gtpu => {
                let len = bytes.len() as u16;
                let head = [&[0x30, 0xFF][..], &len.to_be_bytes(), &number(70).to_be_bytes()];
                in_ip(17, &udp(2152, &concat(&[&head.concat(), bytes])))
            }
        }
    }
}

impl Link {
    fn around(self, ether_type: u16, bytes: &[u8], upward: bool) -> (u16, Vec<u8>) {
        let protocol = ether_type.to_be_bytes();
        let is_v4 = ether_type == IPV4;
        match self {
            Link::Ethernet => (1, ethernet(ether_type, bytes, upward)),
            Link::Sll => {
                let head = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
                (113, concat(&[&head, &protocol, bytes]))
            }
            Link::Sll2 => {
                let head = [0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
                (276, concat(&[&protocol, &head, bytes]))
            }
            Link::RawIp => (101, bytes.to_vec()),
            Link::Null => {
                let family: u32 = if is_v4 { 2 } else { 30 };
                (0, concat(&[&family.to_le_bytes(), bytes]))
            }
            Link::Loop => {
                let family: u32 = if is_v4 { 2 } else { 24 };
                (108, concat(&[&family.to_be_bytes(), bytes]))
            }
        }
    }
}

fn ethernet(ether_type: u16, bytes: &[u8], upward: bool) -> Vec<u8> {
    let [a, b] = [[2, 0, 0, 0, 0, 0x0A], [2, 0, 0, 0, 0, 0x0B]];
    let (to, from) = if upward { (a, b) } else { (b, a) };
    concat(&[&to, &from, &ether_type.to_be_bytes(), bytes])
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u16 + 8;
    concat(&[&[0xC0, 0x01], &port.to_be_bytes(), &len.to_be_bytes(), &[0, 0], payload])
}

/// An IPv4 header between the two ends of a tunnel.
fn outer_ip(protocol: u8, payload: &[u8], upward: bool) -> Vec<u8> {
    let ends: [[u8; 4]; 2] = [[203, 0, 113, 1], [203, 0, 113, 2]];
    let (from, to) = if upward { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
    let len = (payload.len() as u16 + 20).to_be_bytes();
    let head = [&[0x45, 0][..], &len, &[0, 0, 0, 0, 64, protocol, 0, 0]].concat();
    concat(&[&head, &from, &to, payload])
}

/// The IP datagram in a packet of one of the link types of the samples, without what is behind it;
/// `None` where there is none.
pub(crate) fn datagram(link: u16, packet: &[u8]) -> Option<Vec<u8>> {
    let header = match link {
        0 | 108 => 4,
        1 => 14,
        101 => 0,
        113 => 16,
        276 => 20,
        _ => return None,
    };
    let bytes = packet.get(header..)?;
    let len = match bytes.first()? >> 4 {
        4 => usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
        6 => usize::from(u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?])) + 40,
        _ => return None,
    };
    Some(bytes[..len.min(bytes.len())].to_vec())
}

/// Source and destination.
pub(crate) fn addresses(datagram: &[u8]) -> (IpAddr, IpAddr) {
    let v4 = |at: usize| -> IpAddr {
        let octets: [u8; 4] = datagram[at..at + 4].try_into().expect("four");
        Ipv4Addr::from(octets).into()
    };
    let v6 = |at: usize| -> IpAddr {
        let octets: [u8; 16] = datagram[at..at + 16].try_into().expect("sixteen");
        Ipv6Addr::from(octets).into()
    };
    if datagram[0] >> 4 == 4 { (v4(12), v4(16)) } else { (v6(8), v6(24)) }
}

/// The same datagram between other addresses of the same version.
pub(crate) fn readdressed(datagram: &[u8], new: impl Fn(IpAddr) -> IpAddr) -> Vec<u8> {
    let (source, destination) = addresses(datagram);
    let mut bytes = datagram.to_vec();
    let mut at = if datagram[0] >> 4 == 4 { 12 } else { 8 };
    for address in [new(source), new(destination)] {
        match address {
            IpAddr::V4(address) => bytes[at..at + 4].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => bytes[at..at + 16].copy_from_slice(&address.octets()),
        }
        at += if datagram[0] >> 4 == 4 { 4 } else { 16 };
    }
    bytes
}

/// The address by which an IPv4 address goes in IPv6 (RFC 6052 §2.1).
pub(crate) fn in_v6(address: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = address.octets().map(u16::from);
    Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, a << 8 | b, c << 8 | d)
}

/// An IPv4 datagram in IPv6; one that is in IPv6 already stays.
pub(crate) fn translated(datagram: &[u8]) -> Vec<u8> {
    let (IpAddr::V4(source), IpAddr::V4(destination)) = addresses(datagram) else {
        return datagram.to_vec();
    };
    let header = usize::from(datagram[0] & 0xF) * 4;
    let payload = &datagram[header..];
    let len = (payload.len() as u16).to_be_bytes();
    let head = [&[0x60, 0, 0, 0][..], &len, &[datagram[9], datagram[8]]].concat();
    concat(&[&head, &in_v6(source).octets(), &in_v6(destination).octets(), payload])
}

/// A datagram in fragments of at most `size` bytes of payload, rounded down to eights, with the
/// identification `id`; whole when it is small enough.
pub(crate) fn fragments(datagram: &[u8], size: usize, id: u16) -> Vec<Vec<u8>> {
    let size = (size / 8 * 8).max(8);
    let is_v4 = datagram[0] >> 4 == 4;
    let header = if is_v4 { usize::from(datagram[0] & 0xF) * 4 } else { 40 };
    let (head, payload) = datagram.split_at(header);
    if payload.len() <= size {
        return vec![datagram.to_vec()];
    }
    let last = payload.len().div_ceil(size) - 1;
    let pieces = payload.chunks(size).enumerate();
    pieces
        .map(|(index, piece)| {
            let units = (index * size / 8) as u16;
            let more = u16::from(index < last);
            let mut bytes = head.to_vec();
            if is_v4 {
                bytes[2..4].copy_from_slice(&((header + piece.len()) as u16).to_be_bytes());
                bytes[4..6].copy_from_slice(&id.to_be_bytes());
                bytes[6..8].copy_from_slice(&(more << 13 | units).to_be_bytes());
            } else {
                bytes[4..6].copy_from_slice(&(piece.len() as u16 + 8).to_be_bytes());
                let next = std::mem::replace(&mut bytes[6], 44);
                bytes.extend([next, 0]);
                bytes.extend((units << 3 | more).to_be_bytes());
                bytes.extend(u32::from(id).to_be_bytes());
            }
            bytes.extend(piece);
            bytes
        })
        .collect()
}
