//! What a capture format hands on.

use crate::provenance::PacketRef;

/// A link-layer type, by its number in the registry of link types that pcap and pcapng share.
///
/// An open code space: a constant exists for each type that is read, a name
/// ([`LinkType::name`]) for many more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: an address family in the byte order of the capturing host.
    pub const NULL: LinkType = LinkType(0);
    /// Ethernet, without preamble and mostly without frame check sequence.
    pub const ETHERNET: LinkType = LinkType(1);
    /// Raw IP, as most BSDs number it.
    pub const RAW_BSD: LinkType = LinkType(12);
    /// Raw IP, as OpenBSD numbers it.
    pub const RAW_OPENBSD: LinkType = LinkType(14);
    /// Raw IP; the version is in the first nibble.
    pub const RAW: LinkType = LinkType(101);
    /// OpenBSD loopback: an address family in network byte order.
    pub const LOOP: LinkType = LinkType(108);
    /// Linux "cooked" capture, version 1: what `-i any` writes.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// Raw IPv4.
    pub const IPV4: LinkType = LinkType(228);
    /// Raw IPv6.
    pub const IPV6: LinkType = LinkType(229);
    /// Linux "cooked" capture, version 2.
    pub const LINUX_SLL2: LinkType = LinkType(276);
}

/// One captured packet, borrowed from the reader's block.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'b> {
    /// Its number and time.
    pub at: PacketRef,
    /// How its first byte is to be read.
    pub link: LinkType,
    /// On which of [`CaptureFacts::interfaces`](super::CaptureFacts::interfaces) it was captured.
    pub interface: u32,
    /// Bytes on the wire, never fewer than `data.len()`; more when the snap length cut it.
    pub wire_len: u32,
    /// The captured bytes.
    pub data: &'b [u8],
}
