//! Radiotap: what the radio said of a frame, in fields that a bit map announces.

use super::super::{Extent, Inside, Link, Refusal, Via};
use super::{Alignment, DAMAGED};
use crate::capture::LinkType;

pub(in super::super) const RADIOTAP: Link =
    Link { types: &[LinkType::IEEE802_11_RADIOTAP], name: "IEEE 802.11 with radiotap", open };

/// Bits of the map.
const TIMER: u32 = 1 << 0;
const FLAGS: u32 = 1 << 1;
const ANOTHER_MAP: u32 = 1 << 31;

/// Bits of the flags.
const CHECK_SEQUENCE: u8 = 0x10;
const PADDED: u8 = 0x20;
const DAMAGE: u8 = 0x40;

/// Version, padding, length (2), maps (4 each), fields. All in little-endian order.
fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([0, _, l0, l1], _) = bytes.header()? else { return Err(Refusal::NotIp) };
    let len = usize::from(u16::from_le_bytes([*l0, *l1]));
    let mut frame = bytes.skip(len)?;
    let flags = flags(bytes.limit(len).captured).unwrap_or(0);
    if flags & DAMAGE != 0 {
        return Err(DAMAGED);
    }
    if flags & CHECK_SEQUENCE != 0 {
        frame = frame.without_trailer(4);
    }
    let alignment = if flags & PADDED != 0 { Alignment::ToFour } else { Alignment::None };
    super::open(frame, alignment)
}

/// The flags, if there are any. Only the timer can stand in front of them.
fn flags(header: &[u8]) -> Option<u8> {
    let mut maps = header
        .get(4..)?
        .chunks_exact(4)
        .map(|map| map.first_chunk().map_or(0, |map| u32::from_le_bytes(*map)));
    let first = maps.next()?;
    if first & FLAGS == 0 {
        return None;
    }
    let mut maps_len = 4;
    let mut map = first;
    while map & ANOTHER_MAP != 0 {
        map = maps.next()?;
        maps_len += 4;
    }
    let mut at: usize = 4 + maps_len;
    if first & TIMER != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    header.get(at).copied()
}
