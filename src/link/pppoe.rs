//! PPP over Ethernet (RFC 2516 §4): version and type, code, session, length.

use super::via::Tag;
use super::{Extent, Inside, Layer, Link, Refusal, Via};
use crate::capture::LinkType;

pub(super) const PPPOE: Link =
    Link { types: &[LinkType::PPP_ETHER], name: "PPP over Ethernet", open };

/// A session: what finds one (code other than 0) carries no data.
pub(super) fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([version_and_type, code, s0, s1, l0, l1], rest) = bytes.header()?;
    if (*version_and_type, *code) != (0x11, 0) {
        return Err(Refusal::NotIp);
    }
    via.push(Tag::Pppoe, u16::from_be_bytes([*s0, *s1]).into());
    // What is behind the length is padding of the frame.
    let bytes = rest.limit(u16::from_be_bytes([*l0, *l1]).into());
    Ok(Inside { layer: Layer::Ppp, bytes })
}
