//! No link layer at all: the packet begins with its IP header.

use super::{Inner, Link, Refusal};
use crate::capture::LinkType;

pub(super) const RAW: Link = Link {
    types: &[
        LinkType::RAW,
        LinkType::IPV4,
        LinkType::IPV6,
        LinkType::RAW_BSD,
        LinkType::RAW_OPENBSD,
    ],
    name: "raw IP",
    strip,
};

fn strip(packet: &[u8]) -> Result<Inner<'_>, Refusal> {
    Ok(Inner { datagram: packet })
}
