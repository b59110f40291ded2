//! IP: from a packet to the TCP segments in it.
//!
//! In: captured packets of any link type, one after the other. Out: a [`Segment`], or why there is
//! none. Header fields are taken as they are: checksums do not decide, since network cards fill
//! them in behind the capture point; but for datagrams put together from fragments, whose checksum
//! was true before they were cut up. Tags and tunnels are opened by [`link`], one
//! after the other, and fragments wait for each other in `fragments`: the only thing that is
//! remembered from one packet to the next.
//!
//! How much payload a packet *had* follows from the lengths in its headers; how much of it the
//! capture *has* follows from the captured bytes. The difference is [`Segment::cut`].

mod datagram;
mod fragments;
mod segment;
mod short_cut;
mod tcp_header;
mod v4;
mod v6;
mod why;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

pub use fragments::{FragmentCounts, FragmentLimits};
pub use segment::{Segment, TcpFlags};
pub use why::Why;

pub use crate::link::{Layers, Via};

use self::datagram::{Datagram, TCP};
use self::fragments::{Added, Fragments};
use crate::capture::{LinkType, Packet};
use crate::link::{self, Extent, Inside, Layer, Msdus, Refusal, tunnel};

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum Dissected<'b> {
    /// A TCP segment.
    Segment(Segment<'b>),
    /// Something else.
    Other(Why),
}

/// Finds TCP segments in packets.
#[derive(Debug, Default)]
pub struct Dissector {
    fragments: Fragments,
}

/// Where in a packet the reading is.
#[derive(Clone, Copy, Default)]
struct Way {
    via: Via,
    /// Layers passed.
    depth: u8,
}

/// What the layers of a packet lead to.
enum Reached<'b> {
    Segment(Segment<'b>),
    Part(Datagram<'b>),
    Msdus(Extent<'b>),
}

impl Dissector {
    /// One that has seen nothing yet.
    pub fn new() -> Dissector {
        Dissector::default()
    }

    /// One that has seen nothing yet, with bounds on the fragments that wait.
    pub fn with_limits(limits: FragmentLimits) -> Dissector {
        Dissector { fragments: Fragments::new(limits) }
    }

    /// Finds what is in `packet` and hands it to `take`: once, but for link layers that put
    /// several datagrams into one packet; and not at all if it is a fragment that waits for
    /// others. The packet that completes a datagram stands for all its fragments.
    #[inline]
    pub fn dissect(&mut self, packet: &Packet<'_>, mut take: impl FnMut(Dissected<'_>)) {
        match short_cut::segment(packet) {
            Some(segment) => take(Dissected::Segment(segment)),
            None => self.the_long_way(packet, take),
        }
    }

    /// The same without the short cut.
    fn the_long_way(&mut self, packet: &Packet<'_>, mut take: impl FnMut(Dissected<'_>)) {
        let wire_len = usize::try_from(packet.wire_len).unwrap_or(usize::MAX);
        let bytes = Extent::new(packet.data, wire_len.max(packet.data.len()));
        let inside = Inside { layer: Layer::Link(packet.link), bytes };
        if let Some(datagram) = plain(packet.link, bytes) {
            if datagram.protocol != TCP {
                return take(Dissected::Other(Why::NotTcp(datagram.protocol)));
            }
            if let Ok(segment) = tcp_header::read(packet, &datagram, Via::default()) {
                return take(Dissected::Segment(segment));
            }
        }
        self.open(packet, inside, Way::default(), &mut take);
    }

    /// What became of fragments up to now. Those that wait still count as incomplete.
    pub fn fragments(&self) -> FragmentCounts {
        self.fragments.counts()
    }

    #[inline(never)]
    fn open<F: FnMut(Dissected<'_>)>(
        &mut self,
        packet: &Packet<'_>,
        inside: Inside<'_>,
        mut way: Way,
        take: &mut F,
    ) {
        match descend(packet, inside, &mut way) {
            Ok(reached) => self.take_apart(packet, reached, way, take),
            Err(why) => take(Dissected::Other(why)),
        }
    }

    fn take_apart<F: FnMut(Dissected<'_>)>(
        &mut self,
        packet: &Packet<'_>,
        reached: Reached<'_>,
        mut way: Way,
        take: &mut F,
    ) {
        let datagram = match reached {
            Reached::Segment(segment) => return take(Dissected::Segment(segment)),
            Reached::Msdus(bytes) => {
                for inside in Msdus::new(bytes) {
                    match inside {
                        Ok(inside) => self.open(packet, inside, way, take),
                        Err(refusal) => take(Dissected::Other(refusal.into())),
                    }
                }
                return;
            }
            Reached::Part(datagram) => datagram,
        };
        match self.fragments.add(&datagram, way.via, packet.at) {
            Added::Waits => {}
            Added::Refused(why) => take(Dissected::Other(why)),
            Added::Whole(whole) => {
                let whole = Datagram {
                    ttl: whole.ttl,
                    protocol: whole.protocol,
                    part: None,
                    payload: Extent::new(&whole.bytes, whole.wire_len),
                    ..datagram
                };
                let found = whole.behind_extensions();
                match found.and_then(|whole| follow(packet, whole, &mut way)) {
                    Ok(reached) => self.take_apart(packet, reached, way, take),
                    Err(why) => take(Dissected::Other(why)),
                }
            }
        }
    }
}

/// The datagram in the most frequent kinds of packet: whole, right behind the link header, and with
/// TCP in it or nothing that leads on. What it gives is what [`descend`] would give; a law states
/// it.
#[inline]
fn plain(link: LinkType, bytes: Extent<'_>) -> Option<Datagram<'_>> {
    let datagram = Datagram::read(link::plain_ip(link, bytes)?).ok()?;
    let may_lead_on = || tunnel::may_carry_ip(datagram.protocol, datagram.payload.captured);
    let is_end = datagram.part.is_none() && (datagram.protocol == TCP || !may_lead_on());
    is_end.then_some(datagram)
}

/// Opens one layer after the other.
fn descend<'b>(
    packet: &Packet<'_>,
    mut inside: Inside<'b>,
    way: &mut Way,
) -> Result<Reached<'b>, Why> {
    loop {
        way.depth += 1;
        if way.depth > link::DEEPEST {
            return Err(Why::Unread("packets with too many layers of tags and tunnels"));
        }
        match inside.layer {
            Layer::Ip => return follow(packet, Datagram::read(inside.bytes)?, way),
            Layer::Msdus => return Ok(Reached::Msdus(inside.bytes)),
            _ => inside = link::open(inside, &mut way.via)?,
        }
    }
}

/// What is in a datagram.
fn follow<'b>(
    packet: &Packet<'_>,
    datagram: Datagram<'b>,
    way: &mut Way,
) -> Result<Reached<'b>, Why> {
    if datagram.part.is_some() {
        return Ok(Reached::Part(datagram));
    }
    if datagram.protocol == TCP {
        return Ok(Reached::Segment(tcp_header::read(packet, &datagram, way.via)?));
    }
    match tunnel::open(datagram.protocol, datagram.payload, &mut way.via) {
        Ok(inside) => descend(packet, inside, way),
        Err(Refusal::NotIp) => Err(Why::NotTcp(datagram.protocol)),
        Err(refusal) => Err(refusal.into()),
    }
}
