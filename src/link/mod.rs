//! Link layers: from a captured packet to the IP datagram in it.
//!
//! In: a packet's bytes and its link type. Out: the bytes from the IP header on, to the packet's
//! end; so trailers and padding are still behind them, and the IP lengths decide. Nothing here
//! looks into IP.
//!
//! A link type is a row in [`LINKS`] and a file. Those that name the next protocol by an EtherType
//! share `ether_type`.

mod ether_type;
mod ethernet;
mod loopback;
mod names;
mod raw;
mod sll;

use crate::capture::LinkType;

/// The link types that can be read.
pub static LINKS: &[Link] = &[
    ethernet::ETHERNET,
    raw::RAW,
    sll::LINUX_SLL,
    sll::LINUX_SLL2,
    loopback::NULL,
    loopback::LOOP,
];

/// A link layer.
pub struct Link {
    /// The numbers it goes by.
    pub types: &'static [LinkType],
    /// What people call it.
    pub name: &'static str,
    /// Removes the link header, and tags and tunnels behind it.
    pub strip: fn(&[u8]) -> Result<Inner<'_>, Refusal>,
}

/// The inside of a link-layer frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner<'b> {
    /// From the IP header on, to the end of the captured packet.
    pub datagram: &'b [u8],
}

/// Why a frame has no IP datagram to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It carries another protocol.
    NotIp,
    /// The snap length cut it before the IP header.
    Cut,
    /// It contradicts itself.
    Malformed(&'static str),
}

/// The row for a link type, if it can be read.
#[inline]
pub fn link(link: LinkType) -> Option<&'static Link> {
    LINKS.iter().find(|row| row.types.contains(&link))
}

/// Cuts a header of `N` bytes off.
fn header<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Refusal> {
    bytes.split_first_chunk().ok_or(Refusal::Cut)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_link_type_has_one_row() {
        for (at, row) in LINKS.iter().enumerate() {
            for number in row.types {
                let first = LINKS.iter().position(|row| row.types.contains(number));
                assert_eq!(first, Some(at), "{} has another row", number.0);
                assert!(number.name().is_some() || matches!(number.0, 12 | 14));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_inside_reaches_to_the_end_of_the_packet(
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            for row in LINKS {
                if let Ok(inner) = (row.strip)(&bytes) {
                    prop_assert!(bytes.ends_with(inner.datagram));
                }
            }
        }
    }
}
