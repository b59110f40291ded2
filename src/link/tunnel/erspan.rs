//! ERSPAN: what a switch mirrors, in GRE (draft-foschiano-erspan).

use super::super::via::Tag;
use super::super::{Extent, Inside, Refusal, Via, frame, ip};

/// Protocol of GRE. With a sequence number it is type II, without one type I.
pub(super) const TYPE_1_OR_2: u16 = 0x88be;
/// Protocol of GRE.
pub(super) const TYPE_3: u16 = 0x22eb;

/// No header.
pub(super) fn open_1(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    Ok(frame(bytes))
}

/// Version and VLAN, class, flags and session, reserved and port index (4).
pub(super) fn open_2<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([v0, v1, s0, s1, ..], rest) = bytes.header::<8>()?;
    if v0 >> 4 != 1 {
        return Err(Refusal::NotIp);
    }
    note([*v0, *v1], [*s0, *s1], via);
    Ok(frame(rest))
}

/// Version and VLAN, class, flags and session, timestamp (4), group (2), kind of frame and flags
/// (2); perhaps 8 bytes that depend on the platform.
pub(super) fn open_3<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    const ETHERNET: u16 = 0;
    const IP: u16 = 2;
    let ([v0, v1, s0, s1, _, _, _, _, _, _, k0, k1], mut rest) = bytes.header()?;
    if v0 >> 4 != 2 {
        return Err(Refusal::NotIp);
    }
    note([*v0, *v1], [*s0, *s1], via);
    let kind = u16::from_be_bytes([*k0, *k1]);
    if kind & 1 != 0 {
        rest = rest.skip(8)?;
    }
    match kind >> 10 & 0x1f {
        ETHERNET => Ok(frame(rest)),
        IP => Ok(ip(rest)),
        _ => Err(Refusal::NotIp),
    }
}

/// The session, and the VLAN from which the switch took the frame.
fn note(version_and_vlan: [u8; 2], flags_and_session: [u8; 2], via: &mut Via) {
    via.push(Tag::Erspan, (u16::from_be_bytes(flags_and_session) & 0x03ff).into());
    match u16::from_be_bytes(version_and_vlan) & 0x0fff {
        0 => {}
        vlan => via.push(Tag::Vlan, vlan.into()),
    }
}
