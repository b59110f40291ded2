//! Cisco HDLC: address, control, EtherType.

use super::{Extent, Inside, Link, Refusal, ether_type};
use crate::capture::LinkType;

pub(super) const CISCO_HDLC: Link =
    Link { types: &[LinkType::C_HDLC], name: "Cisco HDLC", open: |bytes, _| open(bytes) };

/// A byte in front says which way the packet went.
pub(super) const CISCO_HDLC_DIRECTION_FIRST: Link = Link {
    types: &[LinkType::C_HDLC_WITH_DIR],
    name: "Cisco HDLC with direction",
    open: |bytes, _| open(bytes.skip(1)?),
};

/// The address says unicast or broadcast, and nothing else; the control byte nothing at all.
pub(super) fn open(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let ([_, _, t0, t1], rest) = bytes.header()?;
    Ok(ether_type::inside(u16::from_be_bytes([*t0, *t1]), rest))
}
