//! The TCP header (RFC 9293 §3.1), up to its options.

use etherparse::TcpHeaderSlice;
use etherparse::err::tcp::HeaderSliceError;

use super::datagram::Datagram;
use super::{Segment, TcpFlags, Why};
use crate::capture::Packet;
use crate::endpoint::Endpoint;
use crate::link::Via;
use crate::tcp::Seq;

const TOO_LONG: &str = "a TCP header longer than its datagram";
const BAD_OFFSET: &str = "a TCP data offset of less than 5 words";

/// Bytes of the header in front of the options.
const FIXED_LEN: usize = 20;

#[inline]
pub(super) fn read<'b>(
    packet: &Packet<'_>,
    datagram: &Datagram<'b>,
    via: Via,
) -> Result<Segment<'b>, Why> {
    let captured = datagram.payload.captured;
    match TcpHeaderSlice::from_slice(captured) {
        Ok(header) => segment(packet, datagram, via, &header, header.slice().len()),
        Err(HeaderSliceError::Content(_)) => Err(Why::Malformed(BAD_OFFSET)),
        Err(HeaderSliceError::Len(_)) => {
            let Some(fixed) = captured.first_chunk::<FIXED_LEN>() else {
                return Err(datagram.payload.lacking(TOO_LONG).into());
            };
            // The snap length cut the options off. Nothing else is lost with them, so the header
            // is read as if it had none; only the payload begins where it really does.
            let mut without_options = *fixed;
            let [.., offset, _, _, _, _, _, _, _] = &mut without_options;
            let len = usize::from(*offset >> 4) * 4;
            *offset = 5 << 4;
            let header = TcpHeaderSlice::from_slice(&without_options)
                .map_err(|_| Why::Malformed(BAD_OFFSET))?;
            segment(packet, datagram, via, &header, len)
        }
    }
}

/// `header_len` is what the header says it is; `header` may have fewer bytes.
#[inline]
fn segment<'b>(
    packet: &Packet<'_>,
    datagram: &Datagram<'b>,
    via: Via,
    header: &TcpHeaderSlice<'_>,
    header_len: usize,
) -> Result<Segment<'b>, Why> {
    let payload = datagram.payload.behind(header_len, TOO_LONG)?;
    let cut = payload.wire_len.saturating_sub(payload.captured.len());
    Ok(Segment {
        at: packet.at,
        interface: packet.interface,
        from: Endpoint { address: datagram.source, port: header.source_port() },
        to: Endpoint { address: datagram.destination, port: header.destination_port() },
        seq: Seq(header.sequence_number()),
        ack: Seq(header.acknowledgment_number()),
        flags: TcpFlags(header.slice().get(13).copied().unwrap_or(0)),
        window: header.window_size(),
        ttl: datagram.ttl,
        ip_id: datagram.id,
        options: datagram.payload.captured.get(FIXED_LEN..header_len).unwrap_or_default(),
        via,
        payload: payload.captured,
        cut: u32::try_from(cut).unwrap_or(u32::MAX),
    })
}
