//! IP datagrams taken out of their packets, given other addresses, and put into the other version
//! of IP.
//!
//! In: packets of the samples' link types. Out: IP datagrams. Checksums stay as they were.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    [&head[..], &in_v6(source).octets(), &in_v6(destination).octets(), payload].concat()
}
