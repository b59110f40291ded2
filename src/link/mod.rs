//! Link layers, tags and tunnels: from a captured packet to the IP datagrams in it.
//!
//! In: a packet's bytes and its link type, or the payload of an IP datagram. Out: what is one layer
//! further in, with the bytes that are its own, until that is IP or nothing that can be read; and
//! the tags and tunnels on the way, as a [`Via`]. Nothing here loops: whoever asks for the next
//! layer counts how deep it is ([`DEEPEST`]).
//!
//! A link type is a row in [`LINKS`] and a file. Those that name the next protocol by an EtherType
//! share the table in `ether_type`; what travels inside IP has its tables in [`tunnel`].

mod backbone;
mod cisco_hdlc;
mod ether_type;
mod ethernet;
mod extent;
mod llc;
mod loopback;
mod macsec;
mod mpls;
mod names;
mod nflog;
mod pktap;
mod plausible;
mod ppp;
mod pppoe;
mod raw;
mod sll;
pub mod tunnel;
mod via;
mod vlan;
mod wlan;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

pub use extent::Extent;
pub use via::{Layers, Via};
pub use wlan::Msdus;

use crate::capture::LinkType;

/// The link types that can be read. The frequent ones come first.
pub static LINKS: &[Link] = &[
    ethernet::ETHERNET,
    sll::LINUX_SLL,
    sll::LINUX_SLL2,
    raw::RAW,
    loopback::NULL,
    loopback::LOOP,
    ppp::PPP,
    ppp::PPP_DIRECTION_FIRST,
    ppp::PPP_PPPD,
    pppoe::PPPOE,
    cisco_hdlc::CISCO_HDLC,
    cisco_hdlc::CISCO_HDLC_DIRECTION_FIRST,
    wlan::IEEE802_11,
    wlan::RADIOTAP,
    wlan::PPI,
    wlan::PRISM,
    nflog::NFLOG,
    pktap::PKTAP,
    ethernet::MPACKET,
    llc::ATM_RFC1483,
];

/// The layers that one packet may have. A backbone that carries tunnels that carry tagged frames
/// has about sixteen.
pub const DEEPEST: u8 = 32;

/// A link layer.
pub struct Link {
    /// The numbers it goes by.
    pub types: &'static [LinkType],
    /// What people call it.
    pub name: &'static str,
    /// Removes the link header.
    pub open: Opener,
}

/// Removes the header of a layer, and notes the tag that it is, if it is one.
pub type Opener = for<'b> fn(Extent<'b>, &mut Via) -> Result<Inside<'b>, Refusal>;

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// An IP datagram of either version; padding and trailers may be behind it.
    Ip,
    /// A frame of a link type.
    Link(LinkType),
    /// What an EtherType says.
    EtherType(u16),
    /// Logical link control (IEEE 802.2).
    Llc,
    /// PPP, from its protocol field or the two bytes in front of it on.
    Ppp,
    /// The aggregate of an 802.11 frame, to be taken apart by [`Msdus`].
    Msdus,
}

/// What is inside a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inside<'b> {
    /// What it is.
    pub layer: Layer,
    /// Its bytes.
    pub bytes: Extent<'b>,
}

/// Why a layer has nothing to offer that could be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It carries another protocol.
    NotIp,
    /// There is no row for this link type.
    UnsupportedLink(LinkType),
    /// It may carry IP, in a way that cannot be read; which, in the plural.
    Unread(&'static str),
    /// The snap length cut it before what must be read.
    Cut,
    /// It contradicts itself.
    Malformed(&'static str),
}

/// Goes one layer in. [`Layer::Ip`] and [`Layer::Msdus`] are for others to open.
pub fn open<'b>(inside: Inside<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let bytes = inside.bytes;
    match inside.layer {
        Layer::Link(LinkType::ETHERNET) => ethernet::open(bytes),
        Layer::Link(number) => {
            let row = link(number).ok_or(Refusal::UnsupportedLink(number))?;
            (row.open)(bytes, via)
        }
        Layer::EtherType(number) => ether_type::open(number, bytes, via),
        Layer::Llc => llc::open(bytes),
        Layer::Ppp => ppp::open(bytes),
        Layer::Ip | Layer::Msdus => Err(Refusal::NotIp),
    }
}

/// The IP datagram right behind the header of a link layer, if there is one and neither tag nor
/// tunnel. The short cut for packets of which there are most.
#[inline]
pub fn plain_ip(link: LinkType, bytes: Extent<'_>) -> Option<Extent<'_>> {
    if link == LinkType::ETHERNET {
        return ethernet::plain_ip(bytes);
    }
    let mut via = Via::default();
    match open(Inside { layer: Layer::Link(link), bytes }, &mut via) {
        Ok(Inside { layer: Layer::Ip, bytes }) if via == Via::default() => Some(bytes),
        _ => None,
    }
}

/// The row for a link type, if it can be read.
#[inline]
pub fn link(link: LinkType) -> Option<&'static Link> {
    LINKS.iter().find(|row| row.types.contains(&link))
}

/// IP in these bytes.
fn ip(bytes: Extent<'_>) -> Inside<'_> {
    Inside { layer: Layer::Ip, bytes }
}

/// An Ethernet frame in these bytes.
fn frame(bytes: Extent<'_>) -> Inside<'_> {
    Inside { layer: Layer::Link(LinkType::ETHERNET), bytes }
}
