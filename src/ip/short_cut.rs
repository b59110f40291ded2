//! The short cut for the packet of which there are most: Ethernet, IPv4 without options, TCP.
//!
//! In: a packet. Out: its segment, or nothing where anything at all is out of the ordinary; then
//! the long way decides. Every field stands at a fixed place here, so that one check of the length
//! stands for all. What it gives is what the long way gives; a law states it.

use std::net::Ipv4Addr;

use super::datagram::TCP;
use super::{Segment, TcpFlags};
use crate::capture::{LinkType, Packet};
use crate::endpoint::Endpoint;
use crate::link::Via;
use crate::tcp::Seq;

/// Ethernet, then IPv4 and TCP without options.
const HEADERS: usize = ETHERNET + IPV4 + 20;
const ETHERNET: usize = 14;
const IPV4: usize = 20;

/// The segment in `packet`, if that is ordinary.
#[inline]
#[rustfmt::skip]
pub(super) fn segment<'b>(packet: &Packet<'b>) -> Option<Segment<'b>> {
    let [
        // Ethernet: two addresses, the EtherType.
        _, _, _, _, _, _, _, _, _, _, _, _, 0x08, 0x00,
        // RFC 791 §3.1: version 4 with five words; whole, whatever the first two flags say.
        0x45, _, l0, l1, i0, i1, flags, 0, ttl, TCP, _, _, s0, s1, s2, s3, d0, d1, d2, d3,
        // RFC 9293 §3.1.
        sp0, sp1, dp0, dp1, q0, q1, q2, q3, a0, a1, a2, a3, offset, bits, w0, w1, _, _, _, _,
    ] = *packet.data.first_chunk::<HEADERS>()? else { return None };
    if packet.link != LinkType::ETHERNET || flags & 0x3F != 0 {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    let header = usize::from(offset >> 4) * 4;
    let tcp = packet.data.get(ETHERNET + IPV4..)?;
    let tcp = tcp.get(..total.checked_sub(IPV4)?).unwrap_or(tcp);
    // All of the TCP header is there, and it is not shorter than it can be.
    let (_, options) = tcp.get(..header)?.split_at_checked(20)?;
    let payload = tcp.get(header..)?;
    let cut = total.checked_sub(IPV4 + header + payload.len())?;
    let endpoint = |address: [u8; 4], port| Endpoint {
        address: Ipv4Addr::from(address).into(),
        port: u16::from_be_bytes(port),
    };
    Some(Segment {
        at: packet.at,
        interface: packet.interface,
        from: endpoint([s0, s1, s2, s3], [sp0, sp1]),
        to: endpoint([d0, d1, d2, d3], [dp0, dp1]),
        seq: Seq(u32::from_be_bytes([q0, q1, q2, q3])),
        ack: Seq(u32::from_be_bytes([a0, a1, a2, a3])),
        flags: TcpFlags(bits),
        window: u16::from_be_bytes([w0, w1]),
        ttl,
        ip_id: Some(u16::from_be_bytes([i0, i1])),
        options,
        via: Via::default(),
        payload,
        cut: u32::try_from(cut).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    use super::*;
    use crate::ip::Dissector;
    use crate::provenance::{PacketNumber, PacketRef, Timestamp};

    fn packet(data: &[u8], wire_len: usize) -> Packet<'_> {
        Packet {
            at: PacketRef { number: PacketNumber::new(7), time: Timestamp(9) },
            link: LinkType::ETHERNET,
            interface: 3,
            wire_len: u32::try_from(wire_len).unwrap_or(0),
            data,
        }
    }

    fn ordinary(payload: &[u8]) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4([192, 0, 2, 1], [192, 0, 2, 2], 61)
            .tcp(50_000, 80, 0x0102_0304, 512)
            .ack(0x0506_0708);
        let mut data = Vec::new();
        builder.write(&mut data, payload).expect("a Vec takes it");
        data
    }

    #[test]
    fn an_ordinary_packet_takes_it() {
        let data = ordinary(b"hello");
        assert_eq!(
            segment(&packet(&data, data.len())).map(|found| found.payload),
            Some(&b"hello"[..])
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn it_leads_where_the_long_way_leads(
            payload in proptest::collection::vec(any::<u8>(), 0..60),
            trailer in 0_usize..8,
            wounds in proptest::collection::vec((12_usize..HEADERS, any::<u8>()), 0..3),
            cut in 0_usize..70,
            more in 0_usize..9,
        ) {
            let mut data = [ordinary(&payload), vec![0; trailer]].concat();
            for (place, byte) in wounds {
                data[place] = byte;
            }
            let whole = data.len() + more;
            data.truncate(data.len().saturating_sub(cut.saturating_sub(30)));
            let packet = packet(&data, whole);
            if let Some(short) = segment(&packet) {
                let mut all = Vec::new();
                Dissector::new().the_long_way(&packet, |found| all.push(format!("{found:?}")));
                let short = super::super::Dissected::Segment(short);
                prop_assert_eq!(all, [format!("{short:?}")]);
            }
        }
    }
}
