//! What a capture format hands on.

use crate::provenance::PacketRef;

/// A link-layer type, by its number in the registry of link types that pcap and pcapng share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

/// One captured packet, borrowed from the reader's block.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'b> {
    /// Its number and time.
    pub at: PacketRef,
    /// How its first byte is to be read.
    pub link: LinkType,
    /// Bytes on the wire; more than `data.len()` when the snap length cut it.
    pub wire_len: u32,
    /// The captured bytes.
    pub data: &'b [u8],
}
