//! IPv4 (RFC 791).

use etherparse::Ipv4HeaderSlice;
use etherparse::err::ipv4::HeaderSliceError;
use etherparse::ip_number::AUTH;

use super::Why;
use super::datagram::{Datagram, Extent, TCP};

const SHORT_HEADER: &str = "an IPv4 header shorter than 20 bytes";
const SHORT_LENGTH: &str = "an IPv4 total length shorter than its header";

#[inline]
pub(super) fn read(bytes: &[u8], wire_len: usize) -> Result<Datagram<'_>, Why> {
    let header = Ipv4HeaderSlice::from_slice(bytes).map_err(|error| match error {
        HeaderSliceError::Len(_) => Extent::new(bytes, wire_len).lacking(SHORT_HEADER),
        HeaderSliceError::Content(_) => Why::Malformed(SHORT_HEADER),
    })?;
    let total = match header.total_len() {
        // Segmentation offload: the network card fills it in when it cuts the segment to pieces.
        0 => wire_len,
        total => usize::from(total),
    };
    // What is behind the total length is padding of a short Ethernet frame.
    let mut payload = Extent::new(bytes, total).behind(header.slice().len(), SHORT_LENGTH)?;
    let mut protocol = header.protocol().0;
    if header.is_fragmenting_payload() {
        let is_tcp = matches!(protocol, TCP) || protocol == AUTH.0;
        return Err(if is_tcp { Why::Fragment } else { Why::NotTcp(protocol) });
    }
    if protocol == AUTH.0 {
        let (len, next) = payload.authentication_header()?;
        payload = payload.behind(len, SHORT_LENGTH)?;
        protocol = next;
    }
    if protocol != TCP {
        return Err(Why::NotTcp(protocol));
    }
    Ok(Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        ttl: header.ttl(),
        id: Some(header.identification()),
        payload,
    })
}
