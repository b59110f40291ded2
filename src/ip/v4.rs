//! IPv4 (RFC 791).

use etherparse::Ipv4HeaderSlice;
use etherparse::err::ipv4::HeaderSliceError;
use etherparse::ip_number::AUTH;

use super::Why;
use super::datagram::{Datagram, Part, authentication_header};
use crate::link::Extent;

const SHORT_HEADER: &str = "an IPv4 header shorter than 20 bytes";
const SHORT_LENGTH: &str = "an IPv4 total length shorter than its header";

#[inline]
pub(super) fn read(bytes: Extent<'_>) -> Result<Datagram<'_>, Why> {
    let header = Ipv4HeaderSlice::from_slice(bytes.captured).map_err(|error| match error {
        HeaderSliceError::Len(_) => bytes.lacking(SHORT_HEADER).into(),
        HeaderSliceError::Content(_) => Why::Malformed(SHORT_HEADER),
    })?;
    let total = match header.total_len() {
        0 => len_without_total(bytes, header.slice().len(), header.is_fragmenting_payload())?,
        total => usize::from(total),
    };
    // What is behind the total length is padding of a short Ethernet frame, or a check sequence.
    let bytes = Extent::new(bytes.captured, total);
    let mut payload = bytes.behind(header.slice().len(), SHORT_LENGTH)?;
    let mut protocol = header.protocol().0;
    let mut part = None;
    if header.is_fragmenting_payload() {
        part = Some(Part {
            id: header.identification().into(),
            offset: u32::from(header.fragments_offset().value()) * 8,
            more: header.more_fragments(),
        });
    } else if protocol == AUTH.0 {
        (protocol, payload) = behind_authentication(payload)?;
    }
    Ok(Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        ttl: header.ttl(),
        id: Some(header.identification()),
        protocol,
        part,
        payload,
    })
}

/// Goes behind the authentication header that the payload may begin with.
pub(super) fn behind_extensions(mut datagram: Datagram<'_>) -> Result<Datagram<'_>, Why> {
    if datagram.protocol == AUTH.0 {
        (datagram.protocol, datagram.payload) = behind_authentication(datagram.payload)?;
    }
    Ok(datagram)
}

#[cold]
fn behind_authentication(payload: Extent<'_>) -> Result<(u8, Extent<'_>), Why> {
    let (len, next) = authentication_header(payload)?;
    Ok((next, payload.behind(len, SHORT_LENGTH)?))
}

/// The length of a datagram whose total length is 0: with segmentation offload the network card
/// fills it in when it cuts the segment to pieces, and all that was on the wire is its own.
///
/// Unless there is so little that the frame may have been padded to the least length of Ethernet:
/// 46 bytes of payload, and perhaps a check sequence. Zeros at the end are then padding. What is not
/// zero may be what an old driver left there, and is not to be told from payload.
#[cold]
fn len_without_total(bytes: Extent<'_>, header: usize, is_part: bool) -> Result<usize, Why> {
    const SHORTEST: usize = 46 + 4;
    if is_part {
        return Err(Why::Malformed("a fragment with an IPv4 total length of 0"));
    }
    if bytes.wire_len > SHORTEST {
        return Ok(bytes.wire_len);
    }
    // The 13th byte of a TCP header has its length.
    let offset = bytes.captured.get(header + 12).map_or(0, |byte| usize::from(byte >> 4) * 4);
    let end = header + offset.max(20);
    let behind = bytes.captured.get(end..).unwrap_or_default();
    if behind.iter().any(|byte| *byte != 0) {
        return Err(Why::Malformed("an IPv4 total length of 0 in a frame that may be padded"));
    }
    Ok(end.min(bytes.wire_len))
}
