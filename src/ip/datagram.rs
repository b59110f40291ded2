//! What version 4 and version 6 have in common once their headers are read.

use std::net::IpAddr;

use super::Why;
use super::{v4, v6};
use crate::link::{Extent, Refusal};

/// IP number of TCP.
pub(super) const TCP: u8 = 6;

/// An IP datagram, or a part of one.
pub(super) struct Datagram<'b> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) ttl: u8,
    pub(super) id: Option<u16>,
    /// What the payload is, in the registry of IP; behind all extension headers, but not behind
    /// those that a fragment may begin with.
    pub(super) protocol: u8,
    /// Which part of a datagram this is; `None` if it is whole.
    pub(super) part: Option<Part>,
    pub(super) payload: Extent<'b>,
}

/// Which part of a datagram a fragment is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// What all parts of a datagram have in common; 16 bits in IPv4.
    pub(super) id: u32,
    /// Bytes of the datagram's payload in front of it; a multiple of 8.
    pub(super) offset: u32,
    /// Whether it is not the last.
    pub(super) more: bool,
}

impl<'b> Datagram<'b> {
    /// Reads the datagram at the beginning of `bytes`.
    #[inline]
    pub(super) fn read(bytes: Extent<'b>) -> Result<Datagram<'b>, Why> {
        match bytes.captured.first().map(|first| first >> 4) {
            Some(4) => v4::read(bytes),
            Some(6) => v6::read(bytes),
            Some(_) => Err(Why::Malformed("the IP version is neither 4 nor 6")),
            None => Err(bytes.lacking("nothing where an IP datagram was due").into()),
        }
    }

    /// Goes behind the extension headers that the payload begins with, which is needed once its
    /// parts were put together.
    pub(super) fn behind_extensions(self) -> Result<Datagram<'b>, Why> {
        if self.source.is_ipv6() {
            v6::behind_extensions(self)
        } else {
            v4::behind_extensions(self)
        }
    }
}

/// The length of the authentication header (RFC 4302 §2.2) that `bytes` begin with, and the
/// protocol behind it.
pub(super) fn authentication_header(bytes: Extent<'_>) -> Result<(usize, u8), Refusal> {
    const SHORT: &str = "an authentication header longer than its datagram";
    use etherparse::err::ip_auth::HeaderSliceError::{Content, Len};
    match etherparse::IpAuthHeaderSlice::from_slice(bytes.captured) {
        Ok(header) => Ok((header.slice().len(), header.next_header().0)),
        Err(Len(_)) => Err(bytes.lacking(SHORT)),
        Err(Content(_)) => Err(Refusal::Malformed("an authentication header of no length")),
    }
}
