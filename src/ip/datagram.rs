//! What version 4 and version 6 have in common once their headers are read.

use std::net::IpAddr;

use super::Why;
use super::{v4, v6};

/// IP number of TCP.
pub(super) const TCP: u8 = 6;

/// An unfragmented IP datagram that carries TCP.
pub(super) struct Datagram<'b> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) ttl: u8,
    pub(super) id: Option<u16>,
    pub(super) payload: Extent<'b>,
}

/// A range of bytes on the wire, and the captured beginning of it.
#[derive(Clone, Copy)]
pub(super) struct Extent<'b> {
    pub(super) captured: &'b [u8],
    /// Never less than `captured.len()`.
    pub(super) wire_len: usize,
}

impl<'b> Datagram<'b> {
    /// Reads the datagram at the beginning of `bytes`, behind which there were more bytes on the
    /// wire if `wire_len` is greater than their number.
    #[inline]
    pub(super) fn read(bytes: &'b [u8], wire_len: usize) -> Result<Datagram<'b>, Why> {
        match bytes.first().map(|first| first >> 4) {
            Some(4) => v4::read(bytes, wire_len),
            Some(6) => v6::read(bytes, wire_len),
            Some(_) => Err(Why::Malformed("the IP version is neither 4 nor 6")),
            None => Err(Why::CutHeader),
        }
    }
}

impl<'b> Extent<'b> {
    /// The first `wire_len` bytes of what `bytes` is the captured beginning of.
    #[inline]
    pub(super) fn new(bytes: &'b [u8], wire_len: usize) -> Extent<'b> {
        Extent { captured: bytes.get(..wire_len).unwrap_or(bytes), wire_len }
    }

    /// What follows a header of `len` bytes, all of which must have been on the wire.
    #[inline]
    pub(super) fn behind(self, len: usize, too_short: &'static str) -> Result<Extent<'b>, Why> {
        let wire_len = self.wire_len.checked_sub(len).ok_or(Why::Malformed(too_short))?;
        Ok(Extent { captured: self.captured.get(len..).unwrap_or_default(), wire_len })
    }

    /// Why a header that needs more bytes than were captured could not be read.
    pub(super) fn lacking(self, too_short: &'static str) -> Why {
        if self.captured.len() < self.wire_len { Why::CutHeader } else { Why::Malformed(too_short) }
    }

    /// The length of the authentication header (RFC 4302 §2.2) that the extent begins with, and
    /// the protocol behind it.
    pub(super) fn authentication_header(self) -> Result<(usize, u8), Why> {
        const SHORT: &str = "an authentication header longer than its datagram";
        use etherparse::err::ip_auth::HeaderSliceError::{Content, Len};
        match etherparse::IpAuthHeaderSlice::from_slice(self.captured) {
            Ok(header) => Ok((header.slice().len(), header.next_header().0)),
            Err(Len(_)) => Err(self.lacking(SHORT)),
            Err(Content(_)) => Err(Why::Malformed("an authentication header of no length")),
        }
    }
}
