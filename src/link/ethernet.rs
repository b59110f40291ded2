//! Ethernet II and IEEE 802.3: destination, source, EtherType or length.

use super::{Extent, Inside, Link, Refusal, ether_type, frame};
use crate::capture::LinkType;

pub(super) const ETHERNET: Link =
    Link { types: &[LinkType::ETHERNET], name: "Ethernet", open: |bytes, _| open(bytes) };

pub(super) const MPACKET: Link =
    Link { types: &[LinkType::ETHERNET_MPACKET], name: "Ethernet mPackets", open: open_mpacket };

#[inline]
pub(super) fn open(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let (header, rest) = bytes.header::<14>()?;
    let [.., t0, t1] = *header;
    Ok(ether_type::or_length(u16::from_be_bytes([t0, t1]), rest))
}

/// IEEE 802.3br §99.3: a preamble of eight bytes whose last says whether a whole frame follows;
/// at the end always a check sequence.
fn open_mpacket<'b>(bytes: Extent<'b>, _: &mut super::Via) -> Result<Inside<'b>, Refusal> {
    const EXPRESS: u8 = 0xd5;
    let ([.., start], rest) = bytes.header::<8>()?;
    if *start != EXPRESS {
        return Err(Refusal::Unread("pieces of preempted Ethernet frames"));
    }
    Ok(frame(rest.without_trailer(4)))
}
