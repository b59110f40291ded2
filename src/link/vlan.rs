//! VLAN tags: IEEE 802.1Q, 802.1ad ("QinQ") and their forerunners.

use super::via::Tag;
use super::{Extent, Inside, Refusal, Via, ether_type};

/// Of 802.1Q; the outer tag of 802.1ad; and the outer tag as it was before 802.1ad numbered it.
pub(super) const ETHER_TYPES: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];

/// Priority and VLAN identifier, then the next EtherType.
pub(super) fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([i0, i1, t0, t1], rest) = bytes.header()?;
    let id = u16::from_be_bytes([*i0, *i1]) & 0x0fff;
    // IEEE 802.1Q §9.6: the null identifier is a priority and no VLAN.
    if id != 0 {
        via.push(Tag::Vlan, id.into());
    }
    Ok(ether_type::or_length(u16::from_be_bytes([*t0, *t1]), rest))
}
