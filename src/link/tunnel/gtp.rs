//! GTP-U (3GPP TS 29.281): what a mobile network carries for its subscribers.

use super::super::via::Tag;
use super::super::{Extent, Inside, Refusal, Via, ip, plausible};
use super::UdpTunnel;

pub(super) const GTP_U: UdpTunnel = UdpTunnel { ports: &[2152], name: "GTP-U", open };

/// The message that carries a packet.
const G_PDU: u8 = 255;

/// Version and flags, kind of message, length of what follows these 8 bytes (2), tunnel (4).
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([flags, G_PDU, l0, l1, tunnel @ ..], rest) = bytes.header::<8>()? else {
        return Err(Refusal::NotIp);
    };
    let len = usize::from(u16::from_be_bytes([*l0, *l1]));
    // Version 1, no GTP', and a reserved bit that is 0.
    if flags & 0xf8 != 0x30 || len > rest.wire_len {
        return Err(Refusal::NotIp);
    }
    let mut rest = rest.limit(len);
    if flags & 0x07 != 0 {
        // §5.1: if one of the three is there, the fields of all are: sequence number (2), N-PDU
        // number, kind of the next extension header.
        let ([_, _, _, next], behind) = rest.header()?;
        let next = if flags & 0x04 == 0 { 0 } else { *next };
        rest = behind_extensions(next, behind)?;
    }
    plausible::shape(rest)?;
    via.push(Tag::Gtp, u32::from_be_bytes(*tunnel));
    Ok(ip(rest))
}

/// §5.2.1: each has its length in 4 bytes first, and the kind of the next last.
fn behind_extensions(mut next: u8, mut rest: Extent<'_>) -> Result<Extent<'_>, Refusal> {
    const MOST: usize = 16;
    for _ in 0..MOST {
        if next == 0 {
            return Ok(rest);
        }
        let ([words], _) = rest.header()?;
        let len = usize::from(*words) * 4;
        let last = len.checked_sub(1).ok_or(Refusal::NotIp)?;
        next = *rest.captured.get(last).ok_or(rest.lacking("a GTP extension beyond its end"))?;
        rest = rest.skip(len)?;
    }
    Err(Refusal::NotIp)
}
