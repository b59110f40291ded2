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
    /// PPP, with or without address and control field.
    pub const PPP: LinkType = LinkType(9);
    /// Raw IP, as most BSDs number it.
    pub const RAW_BSD: LinkType = LinkType(12);
    /// Raw IP, as OpenBSD numbers it.
    pub const RAW_OPENBSD: LinkType = LinkType(14);
    /// PPP in HDLC-like framing, or Cisco HDLC.
    pub const PPP_HDLC: LinkType = LinkType(50);
    /// PPP over Ethernet, from its own header on.
    pub const PPP_ETHER: LinkType = LinkType(51);
    /// ATM, with LLC in front of the packet.
    pub const ATM_RFC1483: LinkType = LinkType(100);
    /// Raw IP; the version is in the first nibble.
    pub const RAW: LinkType = LinkType(101);
    /// Cisco HDLC.
    pub const C_HDLC: LinkType = LinkType(104);
    /// IEEE 802.11, from the frame control on.
    pub const IEEE802_11: LinkType = LinkType(105);
    /// OpenBSD loopback: an address family in network byte order.
    pub const LOOP: LinkType = LinkType(108);
    /// Linux "cooked" capture, version 1: what `-i any` writes.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// IEEE 802.11 behind a Prism header.
    pub const IEEE802_11_PRISM: LinkType = LinkType(119);
    /// IEEE 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: LinkType = LinkType(127);
    /// Anybody's; Apple wrote [`LinkType::PKTAP`] under it.
    pub const USER2: LinkType = LinkType(149);
    /// IEEE 802.11 behind an AVS header.
    pub const IEEE802_11_AVS: LinkType = LinkType(163);
    /// PPP whose address field says which way the packet went.
    pub const PPP_PPPD: LinkType = LinkType(166);
    /// "Per-packet information" in front of a packet of another link type.
    pub const PPI: LinkType = LinkType(192);
    /// PPP behind a byte that says which way the packet went.
    pub const PPP_WITH_DIR: LinkType = LinkType(204);
    /// Cisco HDLC behind a byte that says which way the packet went.
    pub const C_HDLC_WITH_DIR: LinkType = LinkType(205);
    /// Raw IPv4.
    pub const IPV4: LinkType = LinkType(228);
    /// Raw IPv6.
    pub const IPV6: LinkType = LinkType(229);
    /// Attributes of Linux netfilter logging, one of which is the packet.
    pub const NFLOG: LinkType = LinkType(239);
    /// Apple's header about interface and process, and a packet of another link type.
    pub const PKTAP: LinkType = LinkType(258);
    /// Ethernet with its preamble, whole or in pieces (IEEE 802.3br).
    pub const ETHERNET_MPACKET: LinkType = LinkType(274);
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
