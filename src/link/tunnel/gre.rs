//! GRE (RFC 2784, RFC 2890), and with it NVGRE (RFC 7637), ERSPAN and WCCP; and the version that
//! PPTP uses (RFC 2637).

use super::super::via::Tag;
use super::super::{Extent, Inside, Layer, Refusal, Via, ether_type, ip};
use super::{Protocol, erspan};

pub(super) const GRE: Protocol = Protocol { number: 47, name: "GRE", open };

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const PPP: u16 = 0x880b;
/// Packets that a router redirects to a cache (WCCP).
const REDIRECTED: u16 = 0x883e;

/// Flags and version, protocol; then the fields that the flags announce.
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([f0, f1, p0, p1], rest) = bytes.header()?;
    let flags = u16::from_be_bytes([*f0, *f1]);
    let protocol = u16::from_be_bytes([*p0, *p1]);
    match flags & VERSION {
        0 => open_plain(flags, protocol, rest, via),
        1 if protocol == PPP => open_pptp(flags, rest, via),
        _ => Err(Refusal::NotIp),
    }
}

fn open_plain<'b>(
    flags: u16,
    protocol: u16,
    mut rest: Extent<'b>,
    via: &mut Via,
) -> Result<Inside<'b>, Refusal> {
    // RFC 2784 §2.3: a packet with source routes is to be discarded.
    if flags & ROUTING != 0 {
        return Err(Refusal::NotIp);
    }
    if flags & CHECKSUM != 0 {
        rest = rest.skip(4)?; // with two reserved bytes
    }
    if flags & KEY != 0 {
        let (key, behind) = rest.header()?;
        via.push(Tag::GreKey, u32::from_be_bytes(*key));
        rest = behind;
    } else {
        via.push(Tag::Gre, 0);
    }
    if flags & SEQUENCE != 0 {
        rest = rest.skip(4)?;
    }
    match protocol {
        erspan::TYPE_1_OR_2 if flags & SEQUENCE == 0 => erspan::open_1(rest),
        erspan::TYPE_1_OR_2 => erspan::open_2(rest, via),
        erspan::TYPE_3 => erspan::open_3(rest, via),
        REDIRECTED => open_redirected(rest),
        number if ether_type::may_lead_to_ip(number) => Ok(ether_type::inside(number, rest)),
        _ => Err(Refusal::NotIp),
    }
}

/// In version 2 of WCCP a header of four bytes, whose first nibble is no IP version.
fn open_redirected(bytes: Extent<'_>) -> Result<Inside<'_>, Refusal> {
    match bytes.captured.first().map(|first| first >> 4) {
        Some(4 | 6) => Ok(ip(bytes)),
        _ => Ok(ip(bytes.skip(4)?)),
    }
}

/// RFC 2637 §4.1: payload length, call, and then sequence and acknowledgement numbers, if any. One
/// without a sequence number acknowledges and carries nothing.
fn open_pptp<'b>(flags: u16, rest: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([l0, l1, c0, c1], mut rest) = rest.header()?;
    if flags & KEY == 0 || flags & SEQUENCE == 0 {
        return Err(Refusal::NotIp);
    }
    via.push(Tag::Pptp, u16::from_be_bytes([*c0, *c1]).into());
    rest = rest.skip(if flags & ACKNOWLEDGEMENT == 0 { 4 } else { 8 })?;
    let bytes = rest.limit(u16::from_be_bytes([*l0, *l1]).into());
    Ok(Inside { layer: Layer::Ppp, bytes })
}
