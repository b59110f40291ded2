//! What drivers put in front of an 802.11 frame before there was radiotap: the Prism header, and
//! AVS, which some write under the link type of the other.

use super::super::{Extent, Inside, Layer, Link, Refusal, Via};
use crate::capture::LinkType;

pub(in super::super) const PRISM: Link = Link {
    types: &[LinkType::IEEE802_11_PRISM, LinkType::IEEE802_11_AVS],
    name: "IEEE 802.11 with Prism or AVS header",
    open,
};

/// AVS: magic number and version; length; both in network order. Prism: message code, length, in
/// the order of the capturing host.
fn open<'b>(bytes: Extent<'b>, _: &mut Via) -> Result<Inside<'b>, Refusal> {
    /// Both are far shorter.
    const LONGEST: u32 = 1_024;
    let ([m0, m1, m2, m3, len @ ..], _) = bytes.header::<8>()?;
    let is_avs = u32::from_be_bytes([*m0, *m1, *m2, *m3]) & 0xffff_f000 == 0x8021_1000;
    let lengths = [u32::from_le_bytes(*len), u32::from_be_bytes(*len)];
    let fits = |len: &u32| (8..=LONGEST).contains(len);
    let len = lengths.into_iter().skip(usize::from(is_avs)).find(fits);
    let len = len.and_then(|len| usize::try_from(len).ok());
    let len = len.ok_or(Refusal::Malformed("a Prism or AVS header of an impossible length"))?;
    let layer = Layer::Link(LinkType::IEEE802_11);
    Ok(Inside { layer, bytes: bytes.skip(len)? })
}
