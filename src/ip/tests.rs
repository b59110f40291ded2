//! What a packet turns out to be.

use etherparse::{
    IpAuthHeader, IpFragOffset, IpHeaders, Ipv4Extensions, Ipv4Header, Ipv6Extensions,
    Ipv6FragmentHeader, Ipv6Header, Ipv6RawExtHeader, Ipv6RoutingExtensions, PacketBuilder,
    TcpOptionElement, ip_number,
};
use proptest::prelude::*;

use super::*;
use crate::capture::LinkType;
use crate::link::LINKS;
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::tcp::Seq;

const SOURCE: [u8; 4] = [192, 0, 2, 1];
const DESTINATION: [u8; 4] = [192, 0, 2, 2];

/// Where things are in the packets below that have no VLAN tag and no options.
const IP_AT: usize = 14;
const TCP_AT: usize = 34;

/// Ethernet, IPv4, TCP with two options (12 bytes), payload.
fn v4(payload: &[u8]) -> Vec<u8> {
    let options =
        [TcpOptionElement::Timestamp(1, 2), TcpOptionElement::Noop, TcpOptionElement::Noop];
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4(SOURCE, DESTINATION, 61)
        .tcp(50_000, 80, 0x0102_0304, 512)
        .ack(0x0506_0708)
        .psh()
        .options(&options)
        .expect("they fit");
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).expect("a Vec takes it");
    packet
}

/// IPv6 with these extension headers, TCP without options, payload; raw.
fn v6(mut extensions: Ipv6Extensions, payload: &[u8]) -> Vec<u8> {
    let mut header = Ipv6Header { hop_limit: 60, ..Ipv6Header::default() };
    header.next_header = extensions.set_next_headers(ip_number::TCP);
    let builder = PacketBuilder::ip(IpHeaders::Ipv6(header, extensions)).tcp(50_000, 80, 1, 512);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).expect("a Vec takes it");
    packet
}

fn packet(link: LinkType, data: &[u8], wire_len: usize) -> Packet<'_> {
    let at = PacketRef { number: PacketNumber::new(1), time: Timestamp(0) };
    Packet {
        at,
        link,
        interface: 0,
        wire_len: u32::try_from(wire_len).expect("tests are small"),
        data,
    }
}

/// What the packet alone leads to.
fn dissect<'b>(packet: &Packet<'b>) -> Result<Reached<'b>, Why> {
    let bytes = Extent::new(packet.data, packet.wire_len as usize);
    descend(packet, Inside { layer: Layer::Link(packet.link), bytes }, &mut Way::default())
}

fn segment_of(link: LinkType, data: &[u8], wire_len: usize) -> Segment<'_> {
    match dissect(&packet(link, data, wire_len)) {
        Ok(Reached::Segment(segment)) => segment,
        Ok(_) => panic!("only a part, or several"),
        Err(why) => panic!("{why:?}"),
    }
}

fn why(link: LinkType, data: &[u8], wire_len: usize) -> Why {
    match dissect(&packet(link, data, wire_len)) {
        Ok(Reached::Segment(segment)) => panic!("{segment:?}"),
        Ok(_) => panic!("only a part, or several"),
        Err(why) => why,
    }
}

fn ethernet(data: &[u8]) -> Segment<'_> {
    segment_of(LinkType::ETHERNET, data, data.len())
}

fn raw(data: &[u8]) -> Segment<'_> {
    segment_of(LinkType::RAW, data, data.len())
}

fn set_total_len(packet: &mut [u8], len: usize) {
    let len = u16::try_from(len).expect("tests are small");
    packet[IP_AT + 2..IP_AT + 4].copy_from_slice(&len.to_be_bytes());
}

#[test]
fn every_field_of_a_segment_is_read() {
    let data = v4(b"hello");
    let segment = ethernet(&data);
    assert_eq!(segment.from.to_string(), "192.0.2.1:50000");
    assert_eq!(segment.to.to_string(), "192.0.2.2:80");
    assert_eq!((segment.seq, segment.ack), (Seq(0x0102_0304), Seq(0x0506_0708)));
    assert_eq!(segment.flags, TcpFlags::ACK.with(TcpFlags::PSH));
    assert_eq!((segment.window, segment.ttl), (512, 61));
    assert_eq!((segment.payload, segment.cut), (&b"hello"[..], 0));
}

#[test]
fn ethernet_padding_is_not_payload() {
    let mut data = v4(b"");
    data.extend([0; 20]);
    assert_eq!((ethernet(&data).payload, ethernet(&data).cut), (&b""[..], 0));
}

#[test]
fn a_total_length_of_zero_means_all_that_was_on_the_wire() {
    let mut data = v4(b"a large segment");
    set_total_len(&mut data, 0);
    assert_eq!(ethernet(&data).payload, b"a large segment");
    let cut = segment_of(LinkType::ETHERNET, &data, data.len() + 60_000);
    assert_eq!((cut.payload, cut.cut), (&b"a large segment"[..], 60_000));
}

#[test]
fn padding_of_a_short_frame_is_no_payload_even_if_the_total_length_is_zero() {
    // A reset of 40 bytes in a frame padded to 60, of which a tag may have been taken.
    let reset = |end: &[u8]| {
        let mut data = Vec::new();
        PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4(SOURCE, DESTINATION, 61)
            .tcp(50_000, 80, 1, 512)
            .rst()
            .write(&mut data, b"")
            .expect("a Vec takes it");
        set_total_len(&mut data, 0);
        [&data, end].concat()
    };
    for padding in [&[][..], &[0; 2], &[0; 6], &[0; 10]] {
        let data = reset(padding);
        assert_eq!((ethernet(&data).payload, ethernet(&data).cut), (&b""[..], 0));
    }
    // What an old driver left there is not to be told from payload.
    let data = reset(b"\0secr\0");
    assert!(matches!(why(LinkType::ETHERNET, &data, data.len()), Why::Malformed(_)));
}

#[test]
fn a_total_length_beyond_the_captured_bytes_is_a_cut() {
    let data = v4(b"only the beginning was captured");
    let len = data.len() - 13;
    let segment = segment_of(LinkType::ETHERNET, &data[..len], data.len());
    assert_eq!((segment.payload, segment.cut), (&b"only the beginning"[..], 13));
    assert_eq!(segment.payload_len(), 31);
}

#[test]
fn a_cut_inside_the_options_costs_the_payload_only() {
    let data = v4(b"five!");
    let whole = ethernet(&data);
    for captured in TCP_AT + 20..TCP_AT + 32 {
        let segment = segment_of(LinkType::ETHERNET, &data[..captured], data.len());
        assert_eq!((segment.payload, segment.cut), (&b""[..], 5));
        assert_eq!((segment.seq, segment.ack), (whole.seq, whole.ack));
        assert_eq!((segment.flags, segment.window), (whole.flags, whole.window));
        assert_eq!((segment.from, segment.to), (whole.from, whole.to));
    }
}

#[test]
fn a_cut_before_the_options_is_told() {
    let data = v4(b"five!");
    for captured in 0..TCP_AT + 20 {
        assert_eq!(why(LinkType::ETHERNET, &data[..captured], data.len()), Why::CutHeader);
    }
}

#[test]
fn ipv4_options_are_passed() {
    let plain = v4(b"hello");
    let mut data = [&plain[..TCP_AT], &[1, 1, 1, 0], &plain[TCP_AT..]].concat();
    data[IP_AT] = 0x46;
    let len = data.len() - IP_AT;
    set_total_len(&mut data, len);
    assert_eq!(ethernet(&data).payload, b"hello");
}

#[test]
fn headers_that_contradict_themselves_are_malformed() {
    let spoil = |at: usize, byte: u8| {
        let mut data = v4(b"hello");
        data[at] = byte;
        matches!(why(LinkType::ETHERNET, &data, data.len()), Why::Malformed(_))
    };
    assert!(spoil(IP_AT, 0x44), "an IPv4 header of 4 words");
    assert!(spoil(IP_AT, 0x75), "IP version 7");
    assert!(spoil(IP_AT + 3, 19), "a total length of 19");
    assert!(spoil(IP_AT + 3, 30), "a total length that ends in the TCP header");
    assert!(spoil(IP_AT + 3, 45), "a total length that ends in the TCP options");
    assert!(spoil(TCP_AT + 12, 0x40), "a data offset of 4 words");
    assert!(spoil(TCP_AT + 12, 0xf0), "a data offset beyond the datagram");

    let mut cut = v4(b"hello");
    cut[TCP_AT + 12] = 0x40;
    let captured = &cut[..TCP_AT + 20];
    assert!(matches!(why(LinkType::ETHERNET, captured, cut.len()), Why::Malformed(_)));
}

#[test]
fn wrong_checksums_do_not_matter() {
    let mut data = v4(b"hello");
    for at in [IP_AT + 10, TCP_AT + 16] {
        data[at] ^= 0xff;
    }
    assert_eq!(ethernet(&data).payload, b"hello");
}

#[test]
fn what_is_not_tcp_over_ip_says_what_it_is() {
    let arp = [&[0xff; 12][..], &[0x08, 0x06], &[0; 28]].concat();
    assert_eq!(why(LinkType::ETHERNET, &arp, arp.len()), Why::NotIp);
    let can = why(LinkType(227), &arp, arp.len());
    assert_eq!(can, Why::UnsupportedLink(LinkType(227)));
}

#[test]
fn ipv4_with_an_authentication_header_is_read() {
    let auth = IpAuthHeader::new(ip_number::TCP, 1, 1, &[0; 12]).expect("a whole number of words");
    let mut header = Ipv4Header::new(0, 60, ip_number::TCP, SOURCE, DESTINATION).expect("short");
    let mut extensions = Ipv4Extensions { auth: Some(auth) };
    header.protocol = extensions.set_next_headers(ip_number::TCP);
    let mut data = Vec::new();
    PacketBuilder::ip(IpHeaders::Ipv4(header, extensions))
        .tcp(50_000, 80, 1, 512)
        .write(&mut data, b"hello")
        .expect("a Vec takes it");
    assert_eq!(raw(&data).payload, b"hello");
    let cut = &data[..20 + 23]; // in the authentication header
    assert_eq!(why(LinkType::RAW, cut, data.len()), Why::CutHeader);
}

#[test]
fn ipv6_extension_headers_are_passed() {
    let options = || Ipv6RawExtHeader::new_raw(ip_number::TCP, &[0; 14]).expect("whole words");
    let auth = IpAuthHeader::new(ip_number::TCP, 1, 1, &[0; 12]).expect("a whole number of words");
    let all = Ipv6Extensions {
        hop_by_hop_options: Some(options()),
        destination_options: Some(options()),
        routing: Some(Ipv6RoutingExtensions {
            routing: options(),
            final_destination_options: Some(options()),
        }),
        fragment: None,
        auth: Some(auth),
    };
    for extensions in [Ipv6Extensions::default(), all] {
        let data = v6(extensions, b"hello");
        let segment = raw(&data);
        assert_eq!((segment.payload, segment.cut, segment.ttl), (&b"hello"[..], 0, 60));
        for captured in 0..data.len() - 5 {
            assert_eq!(why(LinkType::RAW, &data[..captured], data.len()), Why::CutHeader);
        }
        let segment = segment_of(LinkType::RAW, &data[..data.len() - 2], data.len());
        assert_eq!((segment.payload, segment.cut), (&b"hel"[..], 2));
    }
}

#[test]
fn an_ipv6_fragment_that_is_the_whole_datagram_is_read() {
    let fragment = |offset, more_fragments| Ipv6Extensions {
        fragment: Some(Ipv6FragmentHeader {
            next_header: ip_number::TCP,
            fragment_offset: IpFragOffset::try_new(offset).expect("13 bits"),
            more_fragments,
            identification: 7,
        }),
        ..Ipv6Extensions::default()
    };
    assert_eq!(raw(&v6(fragment(0, false), b"atomic")).payload, b"atomic");
    for (offset, more) in [(0, true), (9, true), (9, false)] {
        let data = v6(fragment(offset, more), b"part");
        assert!(matches!(dissect(&packet(LinkType::RAW, &data, data.len())), Ok(Reached::Part(_))));
    }
}

#[test]
fn an_ipv6_payload_length_of_zero_means_all_that_was_on_the_wire() {
    // RFC 2675 §2: the jumbo payload option, and a payload length of 0.
    let jumbo = Ipv6RawExtHeader::new_raw(ip_number::TCP, &[0xc2, 4, 0, 1, 0, 0]).expect("8 bytes");
    let extensions = Ipv6Extensions { hop_by_hop_options: Some(jumbo), ..Default::default() };
    let mut data = v6(extensions, &[7; 70]);
    data[4..6].copy_from_slice(&[0, 0]);
    let segment = segment_of(LinkType::RAW, &data, 65_536 + 40);
    assert_eq!(segment.payload, [7; 70]);
    assert_eq!(segment.payload_len(), 65_536 - 8 - 20);
}

#[test]
fn extension_headers_without_end_are_refused() {
    let mut data = v6(Ipv6Extensions::default(), b"");
    data.truncate(40);
    data[6] = 60;
    data.extend([60, 0, 0, 0, 0, 0, 0, 0].repeat(100));
    data[4..6].copy_from_slice(&800_u16.to_be_bytes());
    assert!(matches!(why(LinkType::RAW, &data, data.len()), Why::Malformed(_)));
}

proptest! {
    #[test]
    fn nothing_on_the_wire_does_harm(
        row in 0..LINKS.len(),
        start in prop::sample::select(vec![v4(b"hello")[14..].to_vec(), v6(Ipv6Extensions::default(), b"hi"), Vec::new()]),
        wounds in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        header in proptest::collection::vec(any::<u8>(), 0..24),
        more in 0_usize..100,
    ) {
        let mut data = [header, start].concat();
        for (place, byte) in wounds {
            if !data.is_empty() {
                let place = place.index(data.len());
                data[place] = byte;
            }
        }
        for link in LINKS[row].types {
            let packet = packet(*link, &data, data.len() + more);
            let found = |dissector: &mut Dissector| {
                let mut all = Vec::new();
                dissector.dissect(&packet, |dissected| {
                    if let Dissected::Segment(segment) = dissected {
                        assert!(segment.payload.len() <= data.len());
                    }
                    all.push(format!("{dissected:?}"));
                });
                all
            };
            prop_assert_eq!(found(&mut Dissector::new()), found(&mut Dissector::new()));
            // The short cut gives what the long way gives.
            let long = match dissect(&packet) {
                Ok(Reached::Segment(segment)) => format!("{:?}", Dissected::Segment(segment)),
                Ok(_) => continue,
                Err(why) => format!("{:?}", Dissected::Other(why)),
            };
            prop_assert_eq!(found(&mut Dissector::new()), [long]);
        }
    }

    #[test]
    fn payload_and_cut_add_up_wherever_the_snap_length_cuts(
        len in 0_usize..60, captured in 0_usize..120,
    ) {
        let data = v4(&vec![7; len]);
        let captured = captured.min(data.len());
        if let Ok(Reached::Segment(segment)) =
            dissect(&packet(LinkType::ETHERNET, &data[..captured], data.len()))
        {
            prop_assert_eq!(segment.payload_len(), u32::try_from(len).unwrap_or(0));
            prop_assert_eq!(segment.payload.len(), captured.saturating_sub(TCP_AT + 32).min(len));
        }
    }
}
