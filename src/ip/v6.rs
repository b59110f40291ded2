//! IPv6 (RFC 8200) and its extension headers.

use etherparse::err::ipv6::HeaderSliceError;
use etherparse::ip_number::{AUTH, IPV6_FRAG};
use etherparse::{Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice};

use super::Why;
use super::datagram::{Datagram, Part, TCP, authentication_header};
use crate::link::Extent;

const HEADER_LEN: usize = 40;

/// RFC 8200 §4.1 knows seven places for extension headers; more are for us to lose patience with.
const MOST_EXTENSIONS: usize = 16;

const SHORT_HEADER: &str = "an IPv6 header shorter than 40 bytes";
const SHORT_EXTENSION: &str = "an IPv6 extension header longer than its datagram";

pub(super) fn read(bytes: Extent<'_>) -> Result<Datagram<'_>, Why> {
    let header = Ipv6HeaderSlice::from_slice(bytes.captured).map_err(|error| match error {
        HeaderSliceError::Len(_) => bytes.lacking(SHORT_HEADER).into(),
        HeaderSliceError::Content(_) => Why::Malformed(SHORT_HEADER),
    })?;
    let total = match header.payload_length() {
        // RFC 2675 §2: a jumbogram; or segmentation offload, as in IPv4.
        0 => bytes.wire_len,
        len => HEADER_LEN + usize::from(len),
    };
    let payload = Extent::new(bytes.captured, total).behind(HEADER_LEN, SHORT_HEADER)?;
    let datagram = Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        ttl: header.hop_limit(),
        id: None,
        protocol: header.next_header().0,
        part: None,
        payload,
    };
    if datagram.protocol == TCP { Ok(datagram) } else { behind_extensions(datagram) }
}

/// Goes behind the extension headers that the payload may begin with, up to a fragment header that
/// says it is only a part.
pub(super) fn behind_extensions(mut datagram: Datagram<'_>) -> Result<Datagram<'_>, Why> {
    for _ in 0..=MOST_EXTENSIONS {
        let (next, payload) = (datagram.protocol, datagram.payload);
        let len;
        if next == TCP {
            return Ok(datagram);
        } else if next == IPV6_FRAG.0 {
            let header = Ipv6FragmentHeaderSlice::from_slice(payload.captured)
                .map_err(|_| payload.lacking(SHORT_EXTENSION))?;
            len = header.slice().len();
            datagram.protocol = header.next_header().0;
            // RFC 6946: a fragment that is the whole datagram is read as if it were none.
            if header.is_fragmenting_payload() {
                datagram.part = Some(Part {
                    id: header.identification(),
                    offset: u32::from(header.fragment_offset().value()) * 8,
                    more: header.more_fragments(),
                });
            }
        } else if next == AUTH.0 {
            (len, datagram.protocol) = authentication_header(payload)?;
        } else if is_extension(next) {
            let header = Ipv6RawExtHeaderSlice::from_slice(payload.captured)
                .map_err(|_| payload.lacking(SHORT_EXTENSION))?;
            (len, datagram.protocol) = (header.slice().len(), header.next_header().0);
        } else {
            return Ok(datagram);
        }
        datagram.payload = payload.behind(len, SHORT_EXTENSION)?;
        if datagram.part.is_some() {
            return Ok(datagram);
        }
    }
    Err(Why::Malformed("more than sixteen IPv6 extension headers"))
}

/// Whether a header of that number has the common layout: next header, length in 8 bytes.
pub(super) fn is_extension(number: u8) -> bool {
    number == AUTH.0 || Ipv6RawExtHeaderSlice::header_type_supported(number.into())
}
