//! MPLS (RFC 3032): labels, and what is behind the last.
//!
//! Nothing says what that is; the routers at both ends know. IP is told by its first nibble (RFC
//! 4928 §3), and an Ethernet pseudowire (RFC 4448), with or without control word, by an IP header
//! in its frame that agrees with itself. A destination address may begin with the nibble of IP, so
//! that alone does not decide.

use super::via::Tag;
use super::{Extent, Inside, Layer, Refusal, Via, frame, ip, plausible};

/// Unicast, and multicast or upstream-assigned labels.
pub(super) const ETHER_TYPES: [u16; 2] = [0x8847, 0x8848];

/// One label: number (20 bits), traffic class (3), bottom of stack (1), time to live (8).
pub(super) fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([l0, l1, l2, _], rest) = bytes.header()?;
    let word = u32::from_be_bytes([0, *l0, *l1, *l2]);
    via.push(Tag::Mpls, word >> 4);
    if word & 1 == 0 {
        let [layer, _] = ETHER_TYPES.map(Layer::EtherType);
        return Ok(Inside { layer, bytes: rest });
    }
    behind_the_last(rest)
}

fn behind_the_last(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    let first = bytes.captured.first().ok_or(bytes.lacking("nothing behind an MPLS label"))? >> 4;
    if matches!(first, 4 | 6) && plausible::is_ip(bytes) {
        return Ok(ip(bytes));
    }
    if plausible::is_frame_with_ip(bytes) {
        return Ok(frame(bytes));
    }
    match first {
        // RFC 4385 §3: a control word begins with four zero bits.
        0 => {
            let inner = bytes.skip(4)?;
            if plausible::is_frame_with_ip(inner) { Ok(frame(inner)) } else { Err(Refusal::NotIp) }
        }
        // So is the rest of IP: cut before its lengths, or with a checksum left to the card.
        4 | 6 => Ok(ip(bytes)),
        _ => Err(Refusal::NotIp),
    }
}
