//! Provider backbone bridging (IEEE 802.1ah, "MAC in MAC"): a service tag, and a whole frame.

use super::via::Tag;
use super::{Extent, Inside, Refusal, Via, frame};

/// Priority and flags (1 byte), service identifier (3).
pub(super) fn open<'b>(bytes: Extent<'b>, via: &mut Via) -> Result<Inside<'b>, Refusal> {
    let ([_, s0, s1, s2], rest) = bytes.header()?;
    via.push(Tag::Backbone, u32::from_be_bytes([0, *s0, *s1, *s2]));
    Ok(frame(rest))
}
