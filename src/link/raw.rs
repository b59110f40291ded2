//! No link layer at all: the packet begins with its IP header.

use super::{Link, ip};
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
    open: |bytes, _| Ok(ip(bytes)),
};
