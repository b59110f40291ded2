//! Apple's PKTAP: which interface and process a packet belongs to, and the packet with its own
//! link type.

use super::{Extent, Inside, Layer, Link, Refusal, Via};
use crate::capture::LinkType;

pub(super) const PKTAP: Link =
    Link { types: &[LinkType::PKTAP, LinkType::USER2], name: "Apple PKTAP", open };

/// What follows is a packet, and not the end of a process's life.
const PACKET: u32 = 1;

/// Header length, type of record, link type, each 4 bytes in the order of the capturing host; then
/// the interface's name and much else. Apple has no big-endian hosts left that write this.
fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    const LEAST: u32 = 108;
    const LONGEST: u32 = 4_096;
    let ([head @ .., d0, d1, d2, d3], _) = bytes.header::<12>()?;
    let [l0, l1, l2, l3, r0, r1, r2, r3] = *head;
    let len = u32::from_le_bytes([l0, l1, l2, l3]);
    // `DLT_USER2` is anybody's: only what looks like this header is taken for it.
    if u32::from_le_bytes([r0, r1, r2, r3]) != PACKET || !(LEAST..=LONGEST).contains(&len) {
        return Err(Refusal::NotIp);
    }
    let link = u16::try_from(u32::from_le_bytes([*d0, *d1, *d2, *d3]))
        .map_err(|_| Refusal::Malformed("a link type of PKTAP that does not exist"))?;
    let len = usize::try_from(len).map_err(|_| Refusal::NotIp)?;
    Ok(Inside { layer: Layer::Link(LinkType(link)), bytes: bytes.skip(len)? })
}
