//! A range of bytes on the wire, and the captured beginning of it.
//!
//! In: what a layer says of its length, and the bytes that the capture has. Out: the same for what
//! is inside that layer. What the snap length cut off thus stays known through any number of
//! layers, and what a layer does not own (padding, trailers) never reaches the next.

use super::Refusal;

const TOO_LONG: &str = "a header longer than what it stands in";

/// Bytes on the wire, of which perhaps only the beginning was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent<'b> {
    /// The captured beginning.
    pub captured: &'b [u8],
    /// Bytes on the wire: never fewer than were captured.
    pub wire_len: usize,
}

impl<'b> Extent<'b> {
    /// The first `wire_len` bytes of what `bytes` is the captured beginning of.
    #[inline]
    pub fn new(bytes: &'b [u8], wire_len: usize) -> Extent<'b> {
        Extent { captured: bytes.get(..wire_len).unwrap_or(bytes), wire_len }
    }

    /// What follows a header of `len` bytes, all of which must have been on the wire.
    #[inline]
    pub fn behind(self, len: usize, too_short: &'static str) -> Result<Extent<'b>, Refusal> {
        let wire_len = self.wire_len.checked_sub(len).ok_or(Refusal::Malformed(too_short))?;
        Ok(Extent { captured: self.captured.get(len..).unwrap_or_default(), wire_len })
    }

    /// As [`Extent::behind`], for a header of which nothing more is to be said.
    pub(super) fn skip(self, len: usize) -> Result<Extent<'b>, Refusal> {
        self.behind(len, TOO_LONG)
    }

    /// A header of `N` bytes, and what follows it.
    #[inline]
    pub(super) fn header<const N: usize>(self) -> Result<(&'b [u8; N], Extent<'b>), Refusal> {
        let Some((header, captured)) = self.captured.split_first_chunk() else {
            return Err(self.lacking(TOO_LONG));
        };
        Ok((header, Extent { captured, wire_len: self.wire_len.saturating_sub(N) }))
    }

    /// The first `len` bytes, or all where there are not so many.
    pub(super) fn limit(self, len: usize) -> Extent<'b> {
        Extent::new(self.captured, self.wire_len.min(len))
    }

    /// All but the last `len` bytes.
    pub(super) fn without_trailer(self, len: usize) -> Extent<'b> {
        self.limit(self.wire_len.saturating_sub(len))
    }

    /// Why a header that needs more bytes than were captured could not be read.
    pub fn lacking(self, too_short: &'static str) -> Refusal {
        if self.captured.len() < self.wire_len {
            Refusal::Cut
        } else {
            Refusal::Malformed(too_short)
        }
    }
}
