//! Linux "cooked" captures: what an interface without, or with many kinds of, link header gives.

use super::{Inner, Link, Refusal, ether_type, header};
use crate::capture::LinkType;

pub(super) const LINUX_SLL: Link =
    Link { types: &[LinkType::LINUX_SLL], name: "Linux cooked", strip: strip_v1 };

pub(super) const LINUX_SLL2: Link =
    Link { types: &[LinkType::LINUX_SLL2], name: "Linux cooked 2", strip: strip_v2 };

/// `ARPHRD_NETLINK`: the protocol field is then a netlink family.
const NETLINK: u16 = 824;

/// Packet type, hardware type, address length, address (8), protocol.
fn strip_v1(packet: &[u8]) -> Result<Inner<'_>, Refusal> {
    let (header, rest) = header::<16>(packet)?;
    let [_, _, h0, h1, .., p0, p1] = *header;
    strip(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
}

/// Protocol, reserved, interface index (4), hardware type, packet type, address length,
/// address (8).
fn strip_v2(packet: &[u8]) -> Result<Inner<'_>, Refusal> {
    let (header, rest) = header::<20>(packet)?;
    let [p0, p1, _, _, _, _, _, _, h0, h1, ..] = *header;
    strip(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
}

fn strip(hardware: u16, protocol: u16, rest: &[u8]) -> Result<Inner<'_>, Refusal> {
    if hardware == NETLINK { Err(Refusal::NotIp) } else { ether_type::follow(protocol, rest) }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn version_1_has_the_protocol_at_its_end() {
        let packet = b"\0\x04\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0\x45";
        assert_eq!(strip_v1(packet), Ok(Inner { datagram: b"\x45" }));
        assert_eq!(strip_v1(&packet[..15]), Err(Refusal::Cut));
    }

    #[test]
    fn version_2_has_the_protocol_at_its_beginning() {
        let packet = b"\x86\xdd\0\0\0\0\0\x02\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x60";
        assert_eq!(strip_v2(packet), Ok(Inner { datagram: b"\x60" }));
        assert_eq!(strip_v2(&packet[..19]), Err(Refusal::Cut));
    }

    #[test]
    fn a_tag_may_follow_and_netlink_is_not_ip() {
        let tagged = b"\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x81\0\0\x0a\x08\0\x45";
        assert_eq!(strip_v1(tagged), Ok(Inner { datagram: b"\x45" }));
        let netlink = b"\0\x04\x03\x38\0\0\0\0\0\0\0\0\0\0\x08\0\x45";
        assert_eq!(strip_v1(netlink), Err(Refusal::NotIp));
    }
}
