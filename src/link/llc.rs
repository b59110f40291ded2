//! Logical link control (IEEE 802.2), and the SNAP header behind it.

use super::{Extent, Inside, Link, Refusal, ether_type, ip};
use crate::capture::LinkType;

pub(super) const ATM_RFC1483: Link = Link {
    types: &[LinkType::ATM_RFC1483],
    name: "LLC-encapsulated ATM",
    open: |bytes, _| open(bytes),
};

/// Destination and source service access points, control.
pub(super) fn open(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    match bytes.header()? {
        ([0xaa, 0xaa, 0x03], snap) => {
            // RFC 1042: the organisation is 0, and an EtherType follows. IEEE 802.1H gives frames
            // that were bridged from Ethernet another one.
            let ([0, 0, 0 | 0xf8, t0, t1], rest) = snap.header()? else {
                return Err(Refusal::NotIp);
            };
            Ok(ether_type::inside(u16::from_be_bytes([*t0, *t1]), rest))
        }
        // The service access point that was IP's own before there was SNAP.
        ([0x06, 0x06, 0x03], rest) => Ok(ip(rest)),
        _ => Err(Refusal::NotIp),
    }
}
