//! What is inside each layer, byte by byte.

use super::via::Tag;
use super::*;

/// The addresses of an Ethernet frame.
const MACS: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02";

/// An IPv4 datagram without payload whose lengths and checksum fit.
const IP4: &[u8] = &[
    0x45, 0x00, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x40, 0x06, 0xf6, 0xdf, 192, 0, 2, 1, 192, 0,
    2, 2,
];

fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Opens layer after layer until there is IP.
fn to_ip(layer: Layer, bytes: &[u8]) -> (Result<&[u8], Refusal>, Via) {
    let mut via = Via::default();
    let mut inside = Inside { layer, bytes: Extent::new(bytes, bytes.len()) };
    for _ in 0..DEEPEST {
        match inside.layer {
            Layer::Ip => return (Ok(inside.bytes.captured), via),
            Layer::Msdus => return (Err(Refusal::Unread("an aggregate")), via),
            _ => match open(inside, &mut via) {
                Ok(next) => inside = next,
                Err(refusal) => return (Err(refusal), via),
            },
        }
    }
    (Err(Refusal::Unread("too deep")), via)
}

/// The IP datagram in a packet of this link type.
fn link_to_ip(number: u16, bytes: &[u8]) -> Result<&[u8], Refusal> {
    to_ip(Layer::Link(LinkType(number)), bytes).0
}

/// The IP datagram in a frame of this EtherType, and the way to it.
fn ether(number: u16, bytes: &[u8]) -> (Result<&[u8], Refusal>, Via) {
    to_ip(Layer::EtherType(number), bytes)
}

/// The IP datagram in the payload of this protocol of IP, and the way to it.
fn protocol(number: u8, bytes: &[u8]) -> (Result<&[u8], Refusal>, Via) {
    let mut via = Via::default();
    match tunnel::open(number, Extent::new(bytes, bytes.len()), &mut via) {
        Ok(Inside { layer: Layer::Ip, bytes }) => (Ok(bytes.captured), via),
        Ok(inside) => {
            let (found, further) = to_ip(inside.layer, inside.bytes.captured);
            // Nothing in these tests has tags on both sides.
            (found, if further == Via::default() { via } else { further })
        }
        Err(refusal) => (Err(refusal), via),
    }
}

/// The IP datagram in a UDP datagram between these ports, and the way to it.
fn udp(from: u16, to: u16, payload: &[u8]) -> (Result<Vec<u8>, Refusal>, Via) {
    let len = u16::try_from(payload.len() + 8).expect("tests are small").to_be_bytes();
    let datagram = cat(&[&from.to_be_bytes(), &to.to_be_bytes(), &len, b"\0\0", payload]);
    let (found, via) = protocol(17, &datagram);
    (found.map(<[u8]>::to_vec), via)
}

fn by(tag: Tag, id: u32) -> Via {
    Via::default().with(tag, id)
}

fn frame4() -> Vec<u8> {
    cat(&[MACS, b"\x08\0", IP4])
}

#[test]
fn each_link_type_has_one_row() {
    for (at, row) in LINKS.iter().enumerate() {
        for number in row.types {
            let first = LINKS.iter().position(|row| row.types.contains(number));
            assert_eq!(first, Some(at), "{} has another row", number.0);
            assert!(number.name().is_some() || matches!(number.0, 12 | 14));
        }
    }
}

#[test]
fn each_tunnel_has_ports_of_its_own() {
    let mut ports: Vec<u16> =
        tunnel::UDP_TUNNELS.iter().flat_map(|row| row.ports).copied().collect();
    let all = ports.len();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), all);
}

#[test]
fn the_ether_type_stands_behind_the_addresses() {
    let frame = frame4();
    assert_eq!(link_to_ip(1, &frame), Ok(IP4));
    assert!(matches!(link_to_ip(1, &frame[..13]), Err(Refusal::Malformed(_))));
    let cut = Extent::new(&frame[..13], frame.len());
    let inside = Inside { layer: Layer::Link(LinkType::ETHERNET), bytes: cut };
    assert_eq!(open(inside, &mut Via::default()), Err(Refusal::Cut));
}

#[test]
fn mpackets_have_a_preamble_and_a_check_sequence() {
    let express = cat(&[b"\x55\x55\x55\x55\x55\x55\x55\xd5", &frame4(), b"\x01\x02\x03\x04"]);
    assert_eq!(link_to_ip(274, &express), Ok(IP4));
    let piece = cat(&[b"\x55\x55\x55\x55\x55\x55\x55\xe6", &frame4(), b"\x01\x02\x03\x04"]);
    assert!(matches!(link_to_ip(274, &piece), Err(Refusal::Unread(_))));
}

#[test]
fn vlan_tags_are_passed_in_any_number_that_occurs() {
    let tag = |ether_type: u16| [&[0x20, 0x64][..], &ether_type.to_be_bytes()].concat();
    let one = by(Tag::Vlan, 100);
    assert_eq!(ether(0x8100, &cat(&[&tag(0x0800), IP4])), (Ok(IP4), one));
    let two = cat(&[&tag(0x8100), &tag(0x86dd), IP4]);
    for outer in [0x88a8, 0x9100, 0x9200] {
        assert_eq!(ether(outer, &two), (Ok(IP4), one.with(Tag::Vlan, 100)));
    }
    assert_eq!(ether(0x8100, &tag(0x0806)).0, Err(Refusal::NotIp)); // ARP
}

#[test]
fn a_priority_tag_is_no_vlan() {
    let tagged = cat(&[b"\xe0\0\x08\0", IP4]); // priority 7, VLAN 0
    assert_eq!(ether(0x8100, &tagged), (Ok(IP4), Via::default()));
}

#[test]
fn ip_behind_a_snap_header_is_found() {
    let frame = cat(&[MACS, b"\0\x1c", b"\xaa\xaa\x03\0\0\0\x08\0", IP4]);
    assert_eq!(link_to_ip(1, &frame), Ok(IP4));
    let bridged = cat(&[b"\xaa\xaa\x03\0\0\xf8\x08\0", IP4]);
    assert_eq!(to_ip(Layer::Llc, &bridged).0, Ok(IP4));
    assert_eq!(link_to_ip(100, &bridged), Ok(IP4)); // ATM, RFC 1483
    assert_eq!(to_ip(Layer::Llc, &cat(&[b"\x06\x06\x03", IP4])).0, Ok(IP4));
    let spanning_tree = b"\x42\x42\x03\0\0\0\0\0\0";
    assert_eq!(to_ip(Layer::Llc, spanning_tree).0, Err(Refusal::NotIp));
}

#[test]
fn cooked_packets_have_the_protocol_at_one_end_or_the_other() {
    let first = b"\0\x04\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0";
    assert_eq!(link_to_ip(113, &cat(&[first, IP4])), Ok(IP4));
    let second = b"\x08\0\0\0\0\0\0\x02\0\x01\0\x06\x02\0\0\0\0\x01\0\0";
    assert_eq!(link_to_ip(276, &cat(&[second, IP4])), Ok(IP4));
    let tagged = b"\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x81\0\0\x0a\x08\0";
    assert_eq!(link_to_ip(113, &cat(&[tagged, IP4])), Ok(IP4));
    let netlink = b"\0\x04\x03\x38\0\0\0\0\0\0\0\0\0\0\x08\0";
    assert_eq!(link_to_ip(113, &cat(&[netlink, IP4])), Err(Refusal::NotIp));
}

#[test]
fn null_is_read_in_both_byte_orders_and_loop_in_one() {
    for family in [2_u32, 24, 28, 30] {
        let little = cat(&[&family.to_le_bytes(), IP4]);
        let big = cat(&[&family.to_be_bytes(), IP4]);
        assert_eq!(link_to_ip(0, &little), Ok(IP4));
        assert_eq!(link_to_ip(0, &big), Ok(IP4));
        assert_eq!(link_to_ip(108, &big), Ok(IP4));
        assert_eq!(link_to_ip(108, &little), Err(Refusal::NotIp));
    }
    assert_eq!(link_to_ip(0, b"\x07\0\0\0osi"), Err(Refusal::NotIp));
}

#[test]
fn ppp_may_have_address_and_control_and_a_short_protocol() {
    for link in [9, 50] {
        assert_eq!(link_to_ip(link, &cat(&[b"\xff\x03\0\x21", IP4])), Ok(IP4));
        assert_eq!(link_to_ip(link, &cat(&[b"\0\x57", IP4])), Ok(IP4));
        assert_eq!(link_to_ip(link, &cat(&[b"\x21", IP4])), Ok(IP4));
        assert_eq!(link_to_ip(link, &cat(&[b"\x0f\0\x08\0", IP4])), Ok(IP4)); // Cisco
    }
    assert_eq!(link_to_ip(166, &cat(&[b"\x01\x03\0\x21", IP4])), Ok(IP4));
    assert_eq!(link_to_ip(204, &cat(&[b"\x01\xff\x03\0\x21", IP4])), Ok(IP4));
    assert_eq!(link_to_ip(9, b"\xc0\x21\x01\x01\0\x04"), Err(Refusal::NotIp)); // LCP
    assert!(matches!(link_to_ip(9, b"\xff\x03\0\x2d1234"), Err(Refusal::Unread(_))));
    assert!(matches!(link_to_ip(9, b"\0\x53secret"), Err(Refusal::Unread(_))));
}

#[test]
fn cisco_hdlc_has_an_ether_type() {
    assert_eq!(link_to_ip(104, &cat(&[b"\x0f\0\x08\0", IP4])), Ok(IP4));
    assert_eq!(link_to_ip(205, &cat(&[b"\0\x8f\0\x86\xdd", IP4])), Ok(IP4));
    assert_eq!(link_to_ip(104, b"\x8f\0\x80\x35\0\0\0\x02"), Err(Refusal::NotIp)); // SLARP
}

#[test]
fn a_pppoe_session_ends_where_its_length_says() {
    // Version 1, type 1, code 0, session 0x1234, length 22; IPv4; padding.
    let session = cat(&[b"\x11\0\x12\x34\0\x16\0\x21", IP4, b"padding"]);
    assert_eq!(ether(0x8864, &session), (Ok(IP4), by(Tag::Pppoe, 0x1234)));
    assert_eq!(link_to_ip(51, &session), Ok(IP4));
    assert_eq!(ether(0x8864, b"\x11\xa7\x12\x34\0\0").0, Err(Refusal::NotIp)); // PADT
}

#[test]
fn mpls_labels_are_passed_down_to_the_bottom_of_the_stack() {
    let (top, bottom) = (b"\0\x01\x00\xff", b"\0\x02\x01\xff"); // labels 16 and 32
    let way = by(Tag::Mpls, 16).with(Tag::Mpls, 32);
    assert_eq!(ether(0x8847, &cat(&[top, bottom, IP4])), (Ok(IP4), way));
    let mut broken = IP4.to_vec();
    broken[10] ^= 1; // the checksum does not decide where the nibble is clear
    assert_eq!(ether(0x8848, &cat(&[bottom, &broken])).0, Ok(broken.as_slice()));
}

#[test]
fn an_ethernet_pseudowire_is_told_by_the_ip_in_it() {
    let bottom = b"\0\x02\x01\xff";
    assert_eq!(ether(0x8847, &cat(&[bottom, b"\0\0\0\x07", &frame4()])).0, Ok(IP4));
    assert_eq!(ether(0x8847, &cat(&[bottom, &frame4()])).0, Ok(IP4));
    // An address that begins like an IPv4 header.
    let mut alike = frame4();
    alike[0] = 0x45;
    assert_eq!(ether(0x8847, &cat(&[bottom, &alike])).0, Ok(IP4));
    let mut tagged = cat(&[MACS, b"\x81\0\0\x64\x08\0", IP4]);
    assert_eq!(ether(0x8847, &cat(&[bottom, b"\0\0\0\0", &tagged])).0, Ok(IP4));
    tagged[20] ^= 1; // the checksum of the IP header is wrong: it may be anything
    assert_eq!(ether(0x8847, &cat(&[bottom, b"\0\0\0\0", &tagged])).0, Err(Refusal::NotIp));
    assert_eq!(ether(0x8847, &cat(&[bottom, b"\x10\0\0\x21", IP4])).0, Err(Refusal::NotIp));
}

#[test]
fn macsec_without_encryption_has_a_check_value_at_the_end() {
    let icv = [0xaa; 16];
    // TCI 0 and association 1, short length 0, packet number.
    let plain = cat(&[b"\x01\0\0\0\0\x07", b"\x08\0", IP4, &icv]);
    assert_eq!(ether(0x88e5, &plain), (Ok(IP4), Via::default()));
    // SC: a channel identifier; short length 22.
    let named = cat(&[b"\x21\x16\0\0\0\x07", b"\x02\0\0\0\0\x01\0\x01", b"\x08\0", IP4, &icv]);
    assert_eq!(ether(0x88e5, &named).0, Ok(IP4));
    for flags in [0x0c, 0x08, 0x04] {
        let encrypted = cat(&[&[flags, 0, 0, 0, 0, 7], b"?????????????????????", &icv]);
        assert!(matches!(ether(0x88e5, &encrypted).0, Err(Refusal::Unread(_))));
    }
}

#[test]
fn a_backbone_frame_has_a_frame_inside() {
    let tagged = cat(&[b"\0\x01\x02\x03", &frame4()]);
    assert_eq!(ether(0x88e7, &tagged), (Ok(IP4), by(Tag::Backbone, 0x01_0203)));
}

/// An 802.11 data frame: frame control, duration, three addresses, sequence control.
fn wlan(kind: u8, flags: u8, sequence: u8) -> Vec<u8> {
    cat(&[&[kind, flags, 0, 0], &[2; 18], &[sequence << 4, 0]])
}

const SNAP: &[u8] = b"\xaa\xaa\x03\0\0\0\x08\0";

#[test]
fn data_frames_of_802_11_have_headers_of_many_lengths() {
    assert_eq!(link_to_ip(105, &cat(&[&wlan(0x08, 0x01, 1), SNAP, IP4])), Ok(IP4));
    let four_addresses = cat(&[&wlan(0x08, 0x03, 1), &[2; 6], SNAP, IP4]);
    assert_eq!(link_to_ip(105, &four_addresses), Ok(IP4));
    let qos = cat(&[&wlan(0x88, 0x02, 1), b"\0\0", SNAP, IP4]);
    assert_eq!(link_to_ip(105, &qos), Ok(IP4));
    let ht = cat(&[&wlan(0x88, 0x82, 1), b"\0\0", &[0; 4], SNAP, IP4]);
    assert_eq!(link_to_ip(105, &ht), Ok(IP4));
    let all = cat(&[&wlan(0x88, 0x83, 1), &[2; 6], b"\0\0", &[0; 4], SNAP, IP4]);
    assert_eq!(link_to_ip(105, &all), Ok(IP4));
}

#[test]
fn frames_of_802_11_that_cannot_be_read_say_why() {
    let behind = cat(&[SNAP, IP4]);
    let link = |header: Vec<u8>| link_to_ip(105, &cat(&[&header, &behind])).map(|_| ());
    assert_eq!(link(wlan(0x80, 0, 0)), Err(Refusal::NotIp)); // a beacon
    assert_eq!(link(wlan(0xd4, 0, 0)), Err(Refusal::NotIp)); // an acknowledgement
    assert_eq!(link(wlan(0x48, 0x01, 0)), Err(Refusal::NotIp)); // no data
    assert_eq!(link(wlan(0x08, 0x41, 0)), Err(Refusal::Unread("encrypted 802.11 frames")));
    assert!(matches!(link(wlan(0x08, 0x05, 0)), Err(Refusal::Unread(_)))); // more fragments
    let mut second = wlan(0x08, 0x01, 0);
    second[22] |= 1;
    assert!(matches!(link(second), Err(Refusal::Unread(_))));
}

#[test]
fn an_aggregate_has_several_frames() {
    let subframe = |payload: &[u8]| {
        let len = u16::try_from(payload.len()).expect("tests are small").to_be_bytes();
        cat(&[MACS, &len, payload])
    };
    let payload = cat(&[SNAP, IP4, b"!"]); // 29 bytes, and 14 in front: one byte of padding
    let aggregate = cat(&[&subframe(&payload), b"\0", &subframe(&payload), b"\x01\x02\x03\x04"]);
    let frame = cat(&[&wlan(0x88, 0x02, 1), b"\x80\0", &aggregate]);
    let inside = Inside {
        layer: Layer::Link(LinkType::IEEE802_11),
        bytes: Extent::new(&frame, frame.len()),
    };
    let inside = open(inside, &mut Via::default()).expect("a data frame");
    assert_eq!(inside.layer, Layer::Msdus);
    let found: Vec<_> = Msdus::new(inside.bytes).collect();
    let one = Inside { layer: Layer::Llc, bytes: Extent::new(&payload, payload.len()) };
    assert_eq!(found, [Ok(one), Ok(one)]);

    let short = cat(&[MACS, b"\x7f\xff", b"few"]);
    let mut all = Msdus::new(Extent::new(&short, short.len()));
    assert!(matches!(all.next(), Some(Err(Refusal::Malformed(_)))));
    assert_eq!(all.next(), None);
}

#[test]
fn radiotap_says_where_the_frame_is_and_whether_it_is_whole() {
    let frame = cat(&[&wlan(0x88, 0x02, 1), b"\0\0", SNAP, IP4]);
    let short = cat(&[b"\0\0\x08\0\0\0\0\0", &frame]);
    assert_eq!(link_to_ip(127, &short), Ok(IP4));
    // Maps: timer, flags and another; then the other; the timer at 16, the flags at 24.
    let maps = b"\0\0\x1c\0\x03\0\0\x80\0\0\0\0\0\0\0\0";
    let timer = [9; 8];
    let flags = |flags: u8| cat(&[&maps[..12], &[0; 4], &timer, &[flags, 0, 0, 0], &frame]);
    assert_eq!(link_to_ip(127, &flags(0)), Ok(IP4));
    let checked = cat(&[&flags(0x10), b"\x01\x02\x03\x04"]);
    assert_eq!(link_to_ip(127, &checked), Ok(IP4));
    assert!(matches!(link_to_ip(127, &flags(0x40)), Err(Refusal::Unread(_))));
    // 26 bytes of header and two of padding.
    let padded = cat(&[&wlan(0x88, 0x02, 1), b"\0\0", b"\0\0", SNAP, IP4]);
    let padded = cat(&[&maps[..12], &[0; 4], &timer, &[0x20, 0, 0, 0], &padded]);
    assert_eq!(link_to_ip(127, &padded), Ok(IP4));
}

#[test]
fn ppi_and_prism_and_avs_stand_in_front_of_a_frame() {
    let frame = cat(&[&wlan(0x08, 0x01, 1), SNAP, IP4]);
    let ppi = |flags: u8| {
        // Version 0, flags 0, length 32, link type 105; 802.11 common, 20 bytes.
        let common = cat(&[&[0; 8], &[flags, 0], &[0; 10]]);
        cat(&[b"\0\0\x20\0\x69\0\0\0", b"\x02\0\x14\0", &common, &frame])
    };
    assert_eq!(link_to_ip(192, &ppi(0x01)), Ok(IP4));
    assert!(matches!(link_to_ip(192, &ppi(0x05)), Err(Refusal::Unread(_))));
    let ethernet = cat(&[b"\0\0\x08\0\x01\0\0\0", &frame4()]);
    assert_eq!(link_to_ip(192, &ethernet), Ok(IP4));

    let prism = cat(&[b"\x44\0\0\0\x90\0\0\0", &[0; 136], &frame]);
    assert_eq!(link_to_ip(119, &prism), Ok(IP4));
    let avs = cat(&[b"\x80\x21\x10\x01\0\0\0\x40", &[0; 56], &frame]);
    for link in [119, 163] {
        assert_eq!(link_to_ip(link, &avs), Ok(IP4));
    }
}

#[test]
fn netfilter_logs_are_read_in_both_byte_orders() {
    // Family, version, resource; prefix "x" (10), padded; payload (9).
    let len = u16::try_from(IP4.len() + 4).expect("tests are small");
    let log = |order: fn(u16) -> [u8; 2]| {
        let prefix = cat(&[&order(6), &order(10), b"x\0\0\0"]);
        cat(&[b"\x02\0\0\x05", &prefix, &order(len), &order(9), IP4])
    };
    assert_eq!(link_to_ip(239, &log(u16::to_le_bytes)), Ok(IP4));
    assert_eq!(link_to_ip(239, &log(u16::to_be_bytes)), Ok(IP4));
    // A bridge says in its packet header (1) what the payload is.
    let bridge = |ether_type: &[u8]| {
        let header = cat(&[b"\x08\0\x01\0", ether_type, b"\0\0"]);
        cat(&[b"\x07\0\0\x05", &header, &len.to_le_bytes(), b"\x09\0", IP4])
    };
    assert_eq!(link_to_ip(239, &bridge(b"\x08\0")), Ok(IP4));
    assert_eq!(link_to_ip(239, &bridge(b"\x08\x06")), Err(Refusal::NotIp));
    assert!(link_to_ip(239, b"\x02\0\0\x05\x04\0\x0a\0").is_err());
}

#[test]
fn pktap_names_the_link_type_of_the_packet() {
    let header =
        |link: u8, kind: u8| cat(&[&[108, 0, 0, 0], &[kind, 0, 0, 0], &[link, 0, 0, 0], &[0; 96]]);
    for link in [258, 149] {
        assert_eq!(link_to_ip(link, &cat(&[&header(1, 1), &frame4()])), Ok(IP4));
        assert_eq!(link_to_ip(link, &cat(&[&header(12, 1), IP4])), Ok(IP4));
        assert_eq!(link_to_ip(link, &cat(&[&header(1, 0), &frame4()])), Err(Refusal::NotIp));
    }
    let can = cat(&[&header(227, 1), IP4]);
    assert_eq!(link_to_ip(258, &can), Err(Refusal::UnsupportedLink(LinkType(227))));
}

#[test]
fn gre_has_fields_that_its_flags_announce() {
    let plain = cat(&[b"\0\0\x08\0", IP4]);
    assert_eq!(protocol(47, &plain), (Ok(IP4), by(Tag::Gre, 0)));
    // Checksum and reserved, key, sequence number.
    let all = cat(&[b"\xb0\0\x86\xdd", b"\x12\x34\0\0", b"\0\0\0\x07", b"\0\0\0\x01", IP4]);
    assert_eq!(protocol(47, &all), (Ok(IP4), by(Tag::GreKey, 7)));
    // NVGRE: subnet 0x010203, flow 4.
    let bridged = cat(&[b"\x20\0\x65\x58", b"\x01\x02\x03\x04", &frame4()]);
    assert_eq!(protocol(47, &bridged), (Ok(IP4), by(Tag::GreKey, 0x0102_0304)));
    assert_eq!(protocol(47, b"\x40\0\x08\0\0\0\0\0").0, Err(Refusal::NotIp)); // source routes
    assert_eq!(protocol(47, b"\0\0\0\0").0, Err(Refusal::NotIp)); // a keepalive
}

#[test]
fn pptp_acknowledges_and_carries_ppp() {
    // Key and sequence number, version 1; payload of 24 bytes, call 5; sequence number.
    let ppp = cat(&[b"\xff\x03\0\x21", IP4]);
    let data = cat(&[b"\x30\x01\x88\x0b", b"\0\x18\0\x05", b"\0\0\0\x01", &ppp]);
    assert_eq!(protocol(47, &data), (Ok(IP4), by(Tag::Pptp, 5)));
    let both = cat(&[b"\x30\x81\x88\x0b", b"\0\x18\0\x05", &[0; 8], &ppp]);
    assert_eq!(protocol(47, &both).0, Ok(IP4));
    let ack = cat(&[b"\x20\x81\x88\x0b", b"\0\0\0\x05", b"\0\0\0\x01"]);
    assert_eq!(protocol(47, &ack).0, Err(Refusal::NotIp));
}

#[test]
fn wccp_may_have_a_header_of_its_own() {
    assert_eq!(protocol(47, &cat(&[b"\0\0\x88\x3e", IP4])).0, Ok(IP4));
    assert_eq!(protocol(47, &cat(&[b"\0\0\x88\x3e", b"\0\0\0\0", IP4])).0, Ok(IP4));
}

#[test]
fn erspan_has_three_types() {
    let mirrored = frame4();
    let mut via = Via::default();
    let mut way = |bytes: &[u8]| {
        via = Via::default();
        let inside = tunnel::open(47, Extent::new(bytes, bytes.len()), &mut via);
        let inside =
            inside.map(|inside| to_ip(inside.layer, inside.bytes.captured).0.map(<[u8]>::to_vec));
        (inside.and_then(|found| found).expect("a mirrored frame"), via)
    };
    let gre = by(Tag::Gre, 0);
    // Type I: no sequence number, no header.
    assert_eq!(way(&cat(&[b"\0\0\x88\xbe", &mirrored])), (IP4.to_vec(), gre));
    // Type II: version 1, VLAN 100, session 5, index.
    let second = cat(&[b"\x10\0\x88\xbe", b"\0\0\0\x01", b"\x10\x64\0\x05\0\0\0\x09", &mirrored]);
    let session = gre.with(Tag::Erspan, 5).with(Tag::Vlan, 100);
    assert_eq!(way(&second), (IP4.to_vec(), session));
    // Type III: version 2; timestamp, group, kind of frame and whether more follows.
    let head = b"\x20\x64\0\x05\0\0\0\0\0\0";
    let third = cat(&[b"\x10\0\x22\xeb", b"\0\0\0\x01", head, b"\0\0", &mirrored]);
    assert_eq!(way(&third), (IP4.to_vec(), session));
    let longer = cat(&[b"\x10\0\x22\xeb", b"\0\0\0\x01", head, b"\0\x01", &[0; 8], &mirrored]);
    assert_eq!(way(&longer), (IP4.to_vec(), session));
    let ip = cat(&[b"\x10\0\x22\xeb", b"\0\0\0\x01", head, b"\x08\0", IP4]);
    assert_eq!(way(&ip), (IP4.to_vec(), session));
}

#[test]
fn ip_in_ip_and_its_relatives_have_hardly_a_header() {
    for number in [4, 41] {
        assert_eq!(protocol(number, IP4), (Ok(IP4), by(Tag::Ip, 0)));
    }
    assert_eq!(protocol(97, &cat(&[b"\x30\0", &frame4()])).0, Ok(IP4));
    assert_eq!(protocol(97, &cat(&[b"\x20\0", &frame4()])).0, Err(Refusal::NotIp));
    assert_eq!(protocol(143, &frame4()).0, Ok(IP4));
    assert_eq!(protocol(137, &cat(&[b"\0\x02\x01\xff", IP4])), (Ok(IP4), by(Tag::Mpls, 32)));
}

#[test]
fn vxlan_is_believed_if_every_reserved_bit_fits() {
    // Flags, reserved, network 0x010203, reserved.
    let packet = cat(&[b"\x08\0\0\0\x01\x02\x03\0", &frame4()]);
    let found = (Ok(IP4.to_vec()), by(Tag::Vxlan, 0x01_0203));
    assert_eq!(udp(50_000, 4789, &packet), found);
    assert_eq!(udp(50_000, 8472, &packet), found);
    assert_eq!(udp(4789, 50_000, &packet), found);
    assert_eq!(udp(50_000, 4788, &packet).0, Err(Refusal::NotIp));
    let group = cat(&[b"\x88\x08\0\x05\x01\x02\x03\0", &frame4()]);
    assert_eq!(udp(50_000, 4789, &group), found);
    for (at, value) in [(0, 0x00), (0, 0x18), (1, 1), (3, 1), (7, 1), (20, 0x12), (22, 0x65)] {
        let mut other = packet.clone();
        other[at] = value;
        assert_eq!(udp(50_000, 4789, &other).0, Err(Refusal::NotIp), "byte {at} is {value:#x}");
    }
}

#[test]
fn vxlan_gpe_says_what_it_carries() {
    let carry = |protocol: u8, inner: &[u8]| {
        udp(50_000, 4790, &cat(&[&[0x0c, 0, 0, protocol, 0, 0, 9, 0], inner]))
    };
    assert_eq!(carry(1, IP4), (Ok(IP4.to_vec()), by(Tag::Vxlan, 9)));
    assert_eq!(carry(3, &frame4()), (Ok(IP4.to_vec()), by(Tag::Vxlan, 9)));
    assert_eq!(carry(4, IP4), (Err(Refusal::NotIp), Via::default()));
}

#[test]
fn geneve_has_options() {
    // Version 0, two words of options; critical; Ethernet; network 7.
    let head = b"\x02\x40\x65\x58\0\0\x07\0\x01\x02\x03\x81\xaa\xbb\xcc\xdd";
    let found = (Ok(IP4.to_vec()), by(Tag::Geneve, 7));
    assert_eq!(udp(50_000, 6081, &cat(&[head, &frame4()])), found);
    assert_eq!(udp(50_000, 6081, &cat(&[b"\0\0\x08\0\0\0\x07\0", IP4])), found);
    let control = cat(&[b"\0\x80\x08\0\0\0\x07\0", IP4]);
    assert_eq!(udp(50_000, 6081, &control).0, Err(Refusal::NotIp));
}

#[test]
fn gtp_carries_packets_in_one_kind_of_message() {
    let tunnel = b"\xde\xad\xbe\xef";
    let found = (Ok(IP4.to_vec()), by(Tag::Gtp, 0xdead_beef));
    let plain = cat(&[b"\x30\xff\0\x14", tunnel, IP4]);
    assert_eq!(udp(2152, 2152, &plain), found);
    // A sequence number; then an extension header of one word, and no more.
    let numbered = cat(&[b"\x32\xff\0\x18", tunnel, b"\0\x01\0\0", IP4]);
    assert_eq!(udp(2152, 2152, &numbered), found);
    let extended = cat(&[b"\x34\xff\0\x1c", tunnel, b"\0\0\0\x85", b"\x01\x10\0\0", IP4]);
    assert_eq!(udp(2152, 2152, &extended), found);
    let echo = cat(&[b"\x32\x01\0\x04", tunnel, b"\0\x01\0\0"]);
    assert_eq!(udp(2152, 2152, &echo).0, Err(Refusal::NotIp));
    let endless = cat(&[b"\x34\xff\0\x1c", tunnel, b"\0\0\0\x85", b"\0\x10\0\0", IP4]);
    assert_eq!(udp(2152, 2152, &endless).0, Err(Refusal::NotIp));
}

#[test]
fn l2tp_carries_ppp_in_version_2_and_frames_in_version_3() {
    let ppp = cat(&[b"\xff\x03\0\x21", IP4]);
    let found = (Ok(IP4.to_vec()), by(Tag::L2tp, 0x0001_0002));
    assert_eq!(udp(1701, 1701, &cat(&[b"\0\x02\0\x01\0\x02", &ppp])), found);
    // With length, sequence numbers and an offset of two bytes.
    let all = cat(&[b"\x4a\x02\0\x28\0\x01\0\x02", b"\0\x07\0\x08", b"\0\x02??", &ppp]);
    assert_eq!(udp(1701, 1701, &all), found);
    let control = b"\xc8\x02\0\x0c\0\x01\0\0\0\0\0\0";
    assert_eq!(udp(1701, 1701, control).0, Err(Refusal::NotIp));

    let session = b"\0\x01\0\x02";
    for between in [&b""[..], b"cook", b"a cookie", b"cookie, 0007"] {
        assert_eq!(protocol(115, &cat(&[session, between, &frame4()])).0, Ok(IP4));
    }
    assert_eq!(protocol(115, &cat(&[b"\0\0\0\0", &frame4()])).0, Err(Refusal::NotIp));
    assert_eq!(udp(1701, 1701, &cat(&[b"\0\x03\0\0", session, &frame4()])), found);
}

#[test]
fn teredo_has_an_address_of_its_prefix() {
    let address = |prefix: u32| [&prefix.to_be_bytes()[..], &[1; 12]].concat();
    let to = |prefix| cat(&[b"\x60\0\0\0\0\0\x06\x40", &address(prefix), &address(0x2001_0db8)]);
    let found = (Ok(to(0x2001_0000)), by(Tag::Teredo, 0));
    assert_eq!(udp(50_000, 3544, &to(0x2001_0000)), found);
    let origin = cat(&[b"\0\0\xc3\x50\x3f\xff\xfd\xfe", &to(0x2001_0000)]);
    assert_eq!(udp(3544, 50_000, &origin), found);
    let both = cat(&[b"\0\x01\0\0", &[7; 9], &origin]);
    assert_eq!(udp(3544, 50_000, &both), found);
    assert_eq!(udp(50_000, 3544, &to(0x2001_0db8)).0, Err(Refusal::NotIp));
}
