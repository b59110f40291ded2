//! Linux netfilter logging: attributes, one of which is the packet.

use super::{Extent, Inside, Link, Refusal, Via, ether_type, ip};
use crate::capture::LinkType;

pub(super) const NFLOG: Link = Link { types: &[LinkType::NFLOG], name: "netfilter log", open };

/// `NFULA_PACKET_HDR`: the EtherType (2 bytes, network order), the hook, padding.
const PACKET_HEADER: u16 = 1;
/// `NFULA_PAYLOAD`.
const PAYLOAD: u16 = 9;

/// `AF_BRIDGE`: what a bridge logs need not be IP.
const BRIDGE: u8 = 7;

/// Family, version, resource (2).
fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([family, 0, _, _], attributes) = bytes.header()? else { return Err(Refusal::NotIp) };
    // The attributes are in the byte order of the capturing host, which nothing states. In the
    // wrong one the first is far longer than the packet.
    let found =
        walk(attributes, u16::from_le_bytes).or_else(|| walk(attributes, u16::from_be_bytes));
    let Some((number, payload)) = found else {
        return Err(attributes.lacking("no payload among the attributes of netfilter"));
    };
    match (*family, number) {
        (BRIDGE, Some(number)) => Ok(ether_type::inside(number, payload)),
        _ => Ok(ip(payload)),
    }
}

/// The EtherType, if it is told, and the payload. Each attribute: length with these four bytes,
/// type, value, padding to four bytes.
fn walk(mut rest: Extent<'_>, order: fn([u8; 2]) -> u16) -> Option<(Option<u16>, Extent<'_>)> {
    let mut number = None;
    loop {
        let ([l0, l1, t0, t1], value) = rest.header().ok()?;
        let len = usize::from(order([*l0, *l1]));
        let value_len = len.checked_sub(4).filter(|len| *len <= value.wire_len)?;
        match order([*t0, *t1]) {
            PAYLOAD => return Some((number, value.limit(value_len))),
            PACKET_HEADER => {
                let [n0, n1] = *value.captured.first_chunk()?;
                number = Some(u16::from_be_bytes([n0, n1]));
            }
            _ => {}
        }
        rest = rest.skip(len.next_multiple_of(4)).ok()?;
    }
}
