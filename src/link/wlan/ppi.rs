//! PPI, "per-packet information": fields in front of a packet of any link type.

use super::super::{Extent, Inside, Layer, Link, Refusal, Via};
use super::DAMAGED;
use crate::capture::LinkType;

pub(in super::super) const PPI: Link =
    Link { types: &[LinkType::PPI], name: "per-packet information", open };

/// Version, flags, length (2), link type (4), fields. All in little-endian order.
fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([0, flags, l0, l1, link @ ..], _) = bytes.header::<8>()? else {
        return Err(Refusal::NotIp);
    };
    let len = usize::from(u16::from_le_bytes([*l0, *l1]));
    let link = u16::try_from(u32::from_le_bytes(*link))
        .map_err(|_| Refusal::Malformed("a link type of PPI that does not exist"))?;
    let inside = Inside { layer: Layer::Link(LinkType(link)), bytes: bytes.skip(len)? };
    if len < 8 {
        return Err(Refusal::Malformed("a PPI header shorter than 8 bytes"));
    }
    let fields = bytes.limit(len).captured.get(8..).unwrap_or_default();
    if is_damaged(fields, flags & 1 != 0) { Err(DAMAGED) } else { Ok(inside) }
}

/// Whether the field "802.11 common" says that the check sequence is wrong or that the radio
/// could not read the frame.
fn is_damaged(mut fields: &[u8], aligned: bool) -> bool {
    const COMMON: u16 = 2;
    const WRONG: u8 = 0x04 | 0x08;
    while let Some(([t0, t1, l0, l1], value)) = fields.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes([*l0, *l1]));
        if u16::from_le_bytes([*t0, *t1]) == COMMON {
            // Behind a timer of 8 bytes.
            return value.get(8).is_some_and(|flags| flags & WRONG != 0);
        }
        let len = if aligned { len.next_multiple_of(4) } else { len };
        fields = value.get(len..).unwrap_or_default();
    }
    false
}
