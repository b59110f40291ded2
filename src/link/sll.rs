//! Linux "cooked" captures: what an interface without, or with many kinds of, link header gives.

use super::{Extent, Inside, Layer, Link, Refusal, ether_type};
use crate::capture::LinkType;

pub(super) const LINUX_SLL: Link =
    Link { types: &[LinkType::LINUX_SLL], name: "Linux cooked", open: |bytes, _| open_v1(bytes) };

pub(super) const LINUX_SLL2: Link = Link {
    types: &[LinkType::LINUX_SLL2],
    name: "Linux cooked 2",
    open: |bytes, _| open_v2(bytes),
};

/// `ARPHRD_IEEE80211_RADIOTAP`: the protocol field says nothing.
const RADIOTAP: u16 = 803;
/// `ARPHRD_NETLINK`: the protocol field is then a netlink family.
const NETLINK: u16 = 824;

/// Values below this are no EtherTypes but numbers of Linux; all that lead to IP do so by LLC.
const LEAST_ETHER_TYPE: u16 = 0x0600;

/// Packet type, hardware type, address length, address (8), protocol.
fn open_v1(packet: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let (header, rest) = packet.header::<16>()?;
    let [_, _, h0, h1, .., p0, p1] = *header;
    open(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
}

/// Protocol, reserved, interface index (4), hardware type, packet type, address length,
/// address (8).
fn open_v2(packet: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let (header, rest) = packet.header::<20>()?;
    let [p0, p1, _, _, _, _, _, _, h0, h1, ..] = *header;
    open(u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
}

fn open(hardware: u16, protocol: u16, bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    match hardware {
        NETLINK => Err(Refusal::NotIp),
        RADIOTAP => Ok(Inside { layer: Layer::Link(LinkType::IEEE802_11_RADIOTAP), bytes }),
        _ if protocol < LEAST_ETHER_TYPE => Ok(Inside { layer: Layer::Llc, bytes }),
        _ => Ok(ether_type::inside(protocol, bytes)),
    }
}
