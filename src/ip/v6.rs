//! IPv6 (RFC 8200) and its extension headers.

use etherparse::err::ipv6::HeaderSliceError;
use etherparse::ip_number::{AUTH, IPV6_FRAG};
use etherparse::{Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice};

use super::Why;
use super::datagram::{Datagram, Extent, TCP};

const HEADER_LEN: usize = 40;

/// RFC 8200 §4.1 knows seven places for extension headers; more are for us to lose patience with.
const MOST_EXTENSIONS: usize = 16;

const SHORT_HEADER: &str = "an IPv6 header shorter than 40 bytes";
const SHORT_EXTENSION: &str = "an IPv6 extension header longer than its datagram";

pub(super) fn read(bytes: &[u8], wire_len: usize) -> Result<Datagram<'_>, Why> {
    let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|error| match error {
        HeaderSliceError::Len(_) => Extent::new(bytes, wire_len).lacking(SHORT_HEADER),
        HeaderSliceError::Content(_) => Why::Malformed(SHORT_HEADER),
    })?;
    let total = match header.payload_length() {
        // RFC 2675 §2: a jumbogram; or segmentation offload, as in IPv4.
        0 => wire_len,
        len => HEADER_LEN + usize::from(len),
    };
    let payload = Extent::new(bytes, total).behind(HEADER_LEN, SHORT_HEADER)?;
    Ok(Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        ttl: header.hop_limit(),
        id: None,
        payload: behind_extensions(header.next_header().0, payload)?,
    })
}

/// The TCP segment behind the extension headers that `payload` may begin with.
fn behind_extensions(mut next: u8, mut payload: Extent<'_>) -> Result<Extent<'_>, Why> {
    for _ in 0..=MOST_EXTENSIONS {
        let len;
        if next == TCP {
            return Ok(payload);
        } else if next == IPV6_FRAG.0 {
            let header = Ipv6FragmentHeaderSlice::from_slice(payload.captured)
                .map_err(|_| payload.lacking(SHORT_EXTENSION))?;
            let inside = header.next_header().0;
            // RFC 6946: a fragment that is the whole datagram is read as if it were none.
            if header.is_fragmenting_payload() {
                let may_be_tcp = inside == TCP || is_extension(inside);
                return Err(if may_be_tcp { Why::Fragment } else { Why::NotTcp(inside) });
            }
            (len, next) = (header.slice().len(), inside);
        } else if next == AUTH.0 {
            (len, next) = payload.authentication_header()?;
        } else if is_extension(next) {
            let header = Ipv6RawExtHeaderSlice::from_slice(payload.captured)
                .map_err(|_| payload.lacking(SHORT_EXTENSION))?;
            (len, next) = (header.slice().len(), header.next_header().0);
        } else {
            return Err(Why::NotTcp(next));
        }
        payload = payload.behind(len, SHORT_EXTENSION)?;
    }
    Err(Why::Malformed("more than sixteen IPv6 extension headers"))
}

/// Whether a header of that number has the common layout: next header, length in 8 bytes.
fn is_extension(number: u8) -> bool {
    number == AUTH.0 || Ipv6RawExtHeaderSlice::header_type_supported(number.into())
}
