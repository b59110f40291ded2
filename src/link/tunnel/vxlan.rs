//! VXLAN (RFC 7348), and its generic protocol extension (draft-ietf-nvo3-vxlan-gpe).

use super::super::via::Tag;
use super::super::{Extent, Inside, Refusal, Via, ether_type, frame, ip, plausible};
use super::UdpTunnel;

/// The port assigned, and the one that Linux used before there was one.
pub(super) const VXLAN: UdpTunnel = UdpTunnel { ports: &[4789, 8472], name: "VXLAN", open };

pub(super) const VXLAN_GPE: UdpTunnel =
    UdpTunnel { ports: &[4790], name: "VXLAN-GPE", open: open_generic };

/// The network identifier is valid.
const VALID: u8 = 0x08;
/// Linux and others put a group there (draft-smith-vxlan-group-policy).
const GROUP_POLICY: u8 = 0x80;

/// Flags, reserved or group (3 bytes), network identifier (3), reserved.
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([flags, r0, r1, r2, n0, n1, n2, 0], rest) = bytes.header()? else {
        return Err(Refusal::NotIp);
    };
    let fits = match *flags {
        VALID => [*r0, *r1, *r2] == [0; 3],
        flags => flags == VALID | GROUP_POLICY && r0 & !0x48 == 0,
    };
    if !fits {
        return Err(Refusal::NotIp);
    }
    frame_fits(rest)?;
    via.push(Tag::Vxlan, u32::from_be_bytes([0, *n0, *n1, *n2]));
    Ok(frame(rest))
}

/// Flags, reserved (2), protocol, network identifier (3), reserved.
fn open_generic<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    const PROTOCOL_FOLLOWS: u8 = 0x04;
    let ([flags, 0, 0, protocol, n0, n1, n2, 0], rest) = bytes.header()? else {
        return Err(Refusal::NotIp);
    };
    if *flags != VALID | PROTOCOL_FOLLOWS {
        return Err(Refusal::NotIp); // another version, or out of band
    }
    let inside = match protocol {
        1 | 2 => {
            plausible::shape(rest)?;
            ip(rest)
        }
        3 => {
            frame_fits(rest)?;
            frame(rest)
        }
        _ => return Err(Refusal::NotIp),
    };
    via.push(Tag::Vxlan, u32::from_be_bytes([0, *n0, *n1, *n2]));
    Ok(inside)
}

/// Whether a frame that leads to IP begins here.
pub(super) fn frame_fits(bytes: Extent<'_>) -> Result<(), Refusal> {
    let ([.., t0, t1], rest) = bytes.header::<14>()?;
    let number = u16::from_be_bytes([*t0, *t1]);
    let version = rest.captured.first().map(|first| first >> 4);
    match (number, version) {
        (ether_type::IPV4, Some(4)) | (ether_type::IPV6, Some(6)) => plausible::shape(rest),
        (ether_type::IPV4 | ether_type::IPV6, _) => Err(Refusal::NotIp),
        _ if ether_type::may_lead_to_ip(number) => Ok(()),
        _ => Err(Refusal::NotIp),
    }
}
