//! L2TP: version 2 (RFC 2661) carries PPP over UDP, version 3 (RFC 3931) carries frames over UDP
//! or IP.
//!
//! Version 3 agrees on the length of a cookie and of another header beforehand, and a packet does
//! not tell. So all are tried, and believed if an IP header agrees with itself there.

use super::super::via::Tag;
use super::super::{Extent, Inside, Layer, Refusal, Via, frame, plausible};
use super::{Protocol, UdpTunnel};

pub(super) const L2TP: UdpTunnel = UdpTunnel { ports: &[1701], name: "L2TP", open };

pub(super) const L2TPV3: Protocol = Protocol { number: 115, name: "L2TPv3", open: open_session };

const CONTROL: u16 = 0x8000;
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const PRIORITY: u16 = 0x0100;
const VERSION: u16 = 0x000f;

/// Flags and version.
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([f0, f1], rest) = bytes.header()?;
    let flags = u16::from_be_bytes([*f0, *f1]);
    match flags & VERSION {
        2 if flags & CONTROL == 0 => open_v2(flags, bytes, rest, via),
        3 if flags == 3 => {
            let ([0, 0], rest) = rest.header()? else { return Err(Refusal::NotIp) };
            open_session(rest, via)
        }
        _ => Err(Refusal::NotIp),
    }
}

/// Length of the whole message (if announced), tunnel, session; sequence numbers and an offset (if
/// announced); PPP.
fn open_v2<'b>(
    flags: u16,
    whole: Extent<'b>,
    mut rest: Extent<'b>,
    via: &mut Via,
) -> Result<Inside<'b>, Refusal> {
    if flags & !(LENGTH | SEQUENCE | OFFSET | PRIORITY | VERSION) != 0 {
        return Err(Refusal::NotIp);
    }
    if flags & LENGTH != 0 {
        let ([l0, l1], behind) = rest.header()?;
        let len = usize::from(u16::from_be_bytes([*l0, *l1]));
        let beyond = len.checked_sub(4).filter(|_| len <= whole.wire_len).ok_or(Refusal::NotIp)?;
        rest = behind.limit(beyond);
    }
    let (ids, mut rest) = rest.header()?;
    if flags & SEQUENCE != 0 {
        rest = rest.skip(4)?;
    }
    if flags & OFFSET != 0 {
        let ([o0, o1], behind) = rest.header()?;
        rest = behind.skip(u16::from_be_bytes([*o0, *o1]).into())?;
    }
    via.push(Tag::L2tp, u32::from_be_bytes(*ids));
    Ok(Inside { layer: Layer::Ppp, bytes: rest })
}

/// Session (4); cookie (0, 4 or 8); sequence number (0 or 4); a frame.
fn open_session<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let (session, rest) = bytes.header()?;
    let session = u32::from_be_bytes(*session);
    if session == 0 {
        return Err(Refusal::NotIp); // a control message
    }
    for len in [0, 4, 8, 12] {
        let inner = rest.skip(len)?;
        if plausible::is_frame_with_ip(inner) {
            via.push(Tag::L2tp, session);
            return Ok(frame(inner));
        }
    }
    Err(Refusal::NotIp)
}
