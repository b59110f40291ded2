//! Tunnels: what travels inside the payload of an IP datagram.
//!
//! In: the number of a protocol of IP and its payload. Out: the layer inside, if it is one of those
//! that lead to IP again. An unassigned port proves nothing, so tunnels over UDP are believed only
//! if every reserved bit and what is inside fit as well; what does not fit stays plain UDP.
//!
//! A tunnel is a row in [`PROTOCOLS`] or [`UDP_TUNNELS`] and a file.

mod erspan;
mod geneve;
mod gre;
mod gtp;
mod l2tp;
mod simple;
mod teredo;
mod udp;
mod vxlan;

use super::{Extent, Inside, Opener, Refusal, Via};

/// IP number of UDP.
pub const UDP: u8 = 17;

/// The protocols of IP that may have IP inside, except the extension headers.
pub static PROTOCOLS: &[Protocol] = &[
    Protocol { number: UDP, name: "UDP", open: udp::open },
    simple::IPV4,
    simple::IPV6,
    gre::GRE,
    simple::ETHER_IP,
    l2tp::L2TPV3,
    simple::MPLS,
    simple::ETHERNET,
];

/// The tunnels over UDP.
pub static UDP_TUNNELS: &[UdpTunnel] =
    &[vxlan::VXLAN, geneve::GENEVE, gtp::GTP_U, l2tp::L2TP, vxlan::VXLAN_GPE, teredo::TEREDO];

/// A protocol of IP that may have IP inside.
pub struct Protocol {
    /// Its number in the registry of IP.
    pub number: u8,
    /// What people call it.
    pub name: &'static str,
    /// Removes its header; [`Refusal::NotIp`] if it carries nothing that leads to IP.
    pub open: Opener,
}

/// A tunnel over UDP.
pub struct UdpTunnel {
    /// The ports one of which must be the source or the destination.
    pub ports: &'static [u16],
    /// What people call it.
    pub name: &'static str,
    /// Removes its header; [`Refusal::NotIp`] if it is none after all.
    pub open: Opener,
}

/// What is inside the payload of protocol `number`.
pub fn open<'b>(number: u8, payload: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let row = PROTOCOLS.iter().find(|row| row.number == number).ok_or(Refusal::NotIp)?;
    (row.open)(payload, via)
}

/// Whether the payload of protocol `number` may have IP inside, as far as its first captured bytes
/// tell; none of them is no objection.
pub fn may_carry_ip(number: u8, beginning: &[u8]) -> bool {
    match number {
        UDP => udp::may_be_tunnel(beginning),
        _ => PROTOCOLS.iter().any(|row| row.number == number),
    }
}
