//! A-MSDU: several frames' payload in one 802.11 frame (§9.3.2.2).

use super::super::{Extent, Inside, Layer, Refusal};

/// The payloads in an aggregate, one after the other.
///
/// Each has destination, source and length in front, and behind it, except the last, padding to a
/// multiple of four bytes. What remains at the end is a frame check sequence.
#[derive(Debug)]
pub struct Msdus<'b> {
    rest: Option<Extent<'b>>,
}

impl<'b> Msdus<'b> {
    /// Those in `bytes`.
    pub fn new(bytes: Extent<'b>) -> Msdus<'b> {
        Msdus { rest: Some(bytes) }
    }
}

const HEADER: usize = 14;

impl<'b> Iterator for Msdus<'b> {
    type Item = Result<Inside<'b>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.rest.take().filter(|rest| rest.wire_len >= HEADER)?;
        let ([.., l0, l1], rest) = match bytes.header::<HEADER>() {
            Ok(split) => split,
            Err(refusal) => return Some(Err(refusal)),
        };
        let len = usize::from(u16::from_be_bytes([*l0, *l1]));
        if len > rest.wire_len {
            return Some(Err(Refusal::Malformed("an 802.11 aggregate longer than its frame")));
        }
        self.rest = rest.skip((HEADER + len).next_multiple_of(4) - HEADER).ok();
        Some(Ok(Inside { layer: Layer::Llc, bytes: rest.limit(len) }))
    }
}
