//! Why a packet has no segment to offer, and how that is said in a report.

use std::fmt;

use crate::capture::LinkType;
use crate::link::Refusal;

/// Why a packet is no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The link type has no row in [`LINKS`](crate::link::LINKS).
    UnsupportedLink(LinkType),
    /// The frame carries something other than IP.
    NotIp,
    /// The datagram carries another protocol, and no tunnel that is known; its number in the
    /// registry of IP.
    NotTcp(u8),
    /// It may carry TCP, in a way that cannot be read; which, in the plural.
    Unread(&'static str),
    /// The snap length cut the packet before the end of what must be read: up to the IP header's
    /// last option and the first 20 bytes of the TCP header.
    CutHeader,
    /// The packet contradicts itself.
    Malformed(&'static str),
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Why {
        match refusal {
            Refusal::NotIp => Why::NotIp,
            Refusal::UnsupportedLink(link) => Why::UnsupportedLink(link),
            Refusal::Unread(what) => Why::Unread(what),
            Refusal::Cut => Why::CutHeader,
            Refusal::Malformed(what) => Why::Malformed(what),
        }
    }
}

/// For a table of what was not analysed.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::UnsupportedLink(link) => write!(f, "link type {link}, which is not read yet"),
            Why::NotIp => f.write_str("not IP"),
            Why::NotTcp(number) => match PROTOCOLS.iter().find(|(known, _)| known == number) {
                Some((_, name)) => f.write_str(name),
                None => write!(f, "IP protocol {number}"),
            },
            Why::Unread(what) => f.write_str(what),
            Why::CutHeader => f.write_str("cut by the snap length inside its headers"),
            Why::Malformed(what) => write!(f, "malformed: {what}"),
        }
    }
}

/// What people call the protocols of IP that a capture may be full of.
#[rustfmt::skip]
static PROTOCOLS: &[(u8, &str)] = &[
    (1, "ICMP"), (2, "IGMP"), (17, "UDP"), (47, "GRE without IP in it"), (50, "ESP"),
    (58, "ICMPv6"), (88, "EIGRP"), (89, "OSPF"), (97, "EtherIP without IP in it"), (103, "PIM"),
    (112, "VRRP"), (115, "L2TPv3 without IP in it"), (132, "SCTP"),
];
