//! GENEVE (RFC 8926).

use super::super::via::Tag;
use super::super::{Extent, Inside, Refusal, Via, ether_type, plausible};
use super::{UdpTunnel, vxlan};

pub(super) const GENEVE: UdpTunnel = UdpTunnel { ports: &[6081], name: "GENEVE", open };

const ETHERNET: u16 = 0x6558;

/// Version and length of the options in 4 bytes, flags, EtherType (2), network identifier (3),
/// reserved; options.
fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([version_and_len, flags, t0, t1, n0, n1, n2, 0], rest) = bytes.header()? else {
        return Err(Refusal::NotIp);
    };
    // Version 0; O: a control message; C: an option is critical; the others are reserved.
    if version_and_len >> 6 != 0 || flags & !0x40 != 0 {
        return Err(Refusal::NotIp);
    }
    let rest = rest.skip(usize::from(version_and_len & 0x3f) * 4)?;
    let number = u16::from_be_bytes([*t0, *t1]);
    match number {
        ETHERNET => vxlan::frame_fits(rest)?,
        ether_type::IPV4 | ether_type::IPV6 => plausible::shape(rest)?,
        number if ether_type::may_lead_to_ip(number) => {}
        _ => return Err(Refusal::NotIp),
    }
    via.push(Tag::Geneve, u32::from_be_bytes([0, *n0, *n1, *n2]));
    Ok(ether_type::inside(number, rest))
}
