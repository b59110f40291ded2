//! What follows an EtherType: IP, or tags and then IP.
//!
//! In: an EtherType and the bytes behind it, from any link layer that has one. Out: the IP
//! datagram. Tunnels that have an EtherType of their own are one arm here and a file.

use super::{Inner, Refusal, header};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// The tag of IEEE 802.1Q.
const VLAN: u16 = 0x8100;
/// The outer tag of IEEE 802.1ad ("QinQ").
const SERVICE_VLAN: u16 = 0x88a8;
/// The outer tag before 802.1ad gave it a number.
const OLD_SERVICE_VLAN: u16 = 0x9100;

/// Real networks have two tags, three where somebody was careless.
const DEEPEST: usize = 8;

/// Values below this are lengths in an IEEE 802.3 frame (§3.2.6).
const LEAST_ETHER_TYPE: u16 = 0x0600;

/// Follows `ether_type` to the IP datagram.
#[inline]
pub(super) fn follow(mut ether_type: u16, mut bytes: &[u8]) -> Result<Inner<'_>, Refusal> {
    for _ in 0..=DEEPEST {
        match ether_type {
            IPV4 | IPV6 => return Ok(Inner { datagram: bytes }),
            VLAN | SERVICE_VLAN | OLD_SERVICE_VLAN => {
                // Priority and VLAN number, then the next EtherType.
                let ([_, _, t0, t1], rest) = header(bytes)?;
                ether_type = u16::from_be_bytes([*t0, *t1]);
                bytes = rest;
            }
            length if length < LEAST_ETHER_TYPE => {
                // RFC 1042: IP in an 802.3 frame stands behind LLC and a SNAP header whose
                // organisation is 0; then the EtherType follows.
                let ([0xaa, 0xaa, 0x03, 0, 0, 0, t0, t1], rest) = header(bytes)? else {
                    return Err(Refusal::NotIp);
                };
                ether_type = u16::from_be_bytes([*t0, *t1]);
                bytes = rest;
            }
            _ => return Err(Refusal::NotIp),
        }
    }
    Err(Refusal::Malformed("more than eight VLAN tags"))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;

    const IP: &[u8] = b"\x45 and so on";

    #[test]
    fn vlan_tags_are_passed_in_any_number_that_occurs() {
        let tag = |ether_type: u16| [&[0x20, 0x64][..], &ether_type.to_be_bytes()].concat();
        assert_eq!(follow(VLAN, &[&tag(IPV4), IP].concat()), Ok(Inner { datagram: IP }));
        let two = [&tag(VLAN), &tag(IPV6), IP].concat();
        assert_eq!(follow(SERVICE_VLAN, &two), Ok(Inner { datagram: IP }));
        assert_eq!(follow(OLD_SERVICE_VLAN, &two), Ok(Inner { datagram: IP }));
        assert_eq!(follow(VLAN, &tag(0x0806)), Err(Refusal::NotIp)); // ARP
        assert_eq!(follow(VLAN, b"\0\x64\x08"), Err(Refusal::Cut));
    }

    #[test]
    fn tags_without_end_are_refused() {
        let tags = b"\0\x01\x81\0".repeat(1_000);
        assert!(matches!(follow(VLAN, &tags), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn ip_behind_a_snap_header_is_found() {
        let frame = [&b"\xaa\xaa\x03\0\0\0\x08\0"[..], IP].concat();
        assert_eq!(follow(60, &frame), Ok(Inner { datagram: IP }));
        let spanning_tree = b"\x42\x42\x03\0\0\0\0\0\0";
        assert_eq!(follow(38, spanning_tree), Err(Refusal::NotIp));
    }
}
