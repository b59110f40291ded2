//! IP: from a packet to the TCP segment in it.
//!
//! In: a captured packet of any link type. Out: a [`Segment`], or why there is none. Header fields
//! are taken as they are: checksums never decide, since network cards fill them in behind the
//! capture point. Nothing here remembers anything from one packet to the next.
//!
//! How much payload a packet *had* follows from the lengths in its IP header; how much of it the
//! capture *has* follows from the captured bytes. The difference is [`Segment::cut`].

mod datagram;
mod segment;
mod tcp_header;
mod v4;
mod v6;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

pub use segment::{Segment, TcpFlags, Via};

use self::datagram::Datagram;
use crate::capture::{LinkType, Packet};
use crate::link::{self, Refusal};

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum Dissected<'b> {
    /// A TCP segment.
    Segment(Segment<'b>),
    /// Something else.
    Other(Why),
}

/// Why a packet is no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The link type has no row in [`link::LINKS`].
    UnsupportedLink(LinkType),
    /// The frame carries something other than IP.
    NotIp,
    /// The datagram carries another protocol; its number in the registry of IP.
    NotTcp(u8),
    /// A part of a fragmented datagram that carries TCP, as far as the fragment tells.
    Fragment,
    /// The snap length cut the packet before the end of what must be read: up to the IP header's
    /// last option and the first 20 bytes of the TCP header.
    CutHeader,
    /// The packet contradicts itself.
    Malformed(&'static str),
}

/// Finds TCP segments in packets.
#[derive(Debug, Default)]
pub struct Dissector {}

impl Dissector {
    /// One that has seen nothing yet.
    pub fn new() -> Dissector {
        Dissector::default()
    }

    /// Finds what is in `packet` and hands it to `take`: once, but for link layers that put
    /// several datagrams into one packet.
    #[inline]
    pub fn dissect(&mut self, packet: &Packet<'_>, mut take: impl FnMut(Dissected<'_>)) {
        take(match segment(packet) {
            Ok(segment) => Dissected::Segment(segment),
            Err(why) => Dissected::Other(why),
        });
    }
}

#[inline]
fn segment<'b>(packet: &Packet<'b>) -> Result<Segment<'b>, Why> {
    let link = link::link(packet.link).ok_or(Why::UnsupportedLink(packet.link))?;
    let inner = (link.strip)(packet.data)?;
    // What the snap length cut off was behind the datagram's captured bytes.
    let beyond = usize::try_from(packet.wire_len).unwrap_or(usize::MAX);
    let beyond = beyond.saturating_sub(packet.data.len());
    let wire_len = inner.datagram.len().saturating_add(beyond);
    let datagram = Datagram::read(inner.datagram, wire_len)?;
    tcp_header::read(packet, &datagram)
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Why {
        match refusal {
            Refusal::NotIp => Why::NotIp,
            Refusal::Cut => Why::CutHeader,
            Refusal::Malformed(what) => Why::Malformed(what),
        }
    }
}
