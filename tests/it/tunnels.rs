//! The same segments, whatever they travel in and in however many pieces; and the same verdicts.

use proptest::prelude::*;
use wsblame::capture::{LinkType, Packet};
use wsblame::ip::{Dissected, Dissector, FragmentCounts};
use wsblame::provenance::{PacketNumber, PacketRef, Timestamp};

use crate::support::{
    Raw, Seg, all_samples, analyse, capture_of, capture_of_segments, cases, essences, raw_packet,
    segments,
};
use crate::tunnel::{LINKS, Link, TUNNELS, fragment, fragments, ip4, with_checksums};

/// The sample's segments, each in an IP datagram with true checksums.
fn datagrams(sample: &[u8]) -> Vec<(Seg, Vec<u8>)> {
    let segments = segments(sample).into_iter();
    segments.map(|segment| (segment.clone(), with_checksums(&raw_packet(&segment).data))).collect()
}

/// What is taken out of packets of one link type.
#[derive(Debug, Default, PartialEq)]
struct Found {
    /// Number of the packet, sequence number, payload.
    segments: Vec<(u64, u32, Vec<u8>)>,
    others: Vec<String>,
    vias: Vec<u64>,
    counts: FragmentCounts,
}

fn dissect(link: u16, packets: &[Vec<u8>]) -> Found {
    let mut dissector = Dissector::new();
    let mut found = Found::default();
    for (number, data) in (1..).zip(packets) {
        let at = PacketRef { number: PacketNumber::new(number), time: Timestamp(0) };
        let wire_len = data.len() as u32;
        let packet = Packet { at, link: LinkType(link), interface: 0, wire_len, data };
        dissector.dissect(&packet, |dissected| match dissected {
            Dissected::Segment(segment) => {
                assert_eq!(segment.cut, 0);
                found.vias.push(segment.via.0);
                found.segments.push((number, segment.seq.0, segment.payload.to_vec()));
            }
            Dissected::Other(why) => found.others.push(why.to_string()),
        });
    }
    found.counts = dissector.fragments();
    found
}

/// The segments that each stand in the packet of their place.
fn one_each(datagrams: &[(Seg, Vec<u8>)]) -> Vec<(u64, u32, Vec<u8>)> {
    let numbered = (1..).zip(datagrams);
    numbered.map(|(number, (seg, _))| (number, seg.seq, seg.payload.clone())).collect()
}

#[test]
fn every_link_and_every_tunnel_holds_the_same_segments() {
    let (_, sample) = all_samples().swap_remove(0);
    let ipv6 = all_samples().into_iter().find(|(name, _)| name.contains("ipv6")).expect("one");
    for datagrams in [datagrams(&sample), datagrams(&ipv6.1)] {
        let expected = one_each(&datagrams);
        for link in LINKS.into_iter().chain([Link::Prism, Link::Avs]) {
            let packets: Vec<_> = datagrams.iter().map(|(_, ip)| link.wrap(ip)).collect();
            let found = dissect(link.number(), &packets);
            assert_eq!((found.segments, found.others), (expected.clone(), vec![]), "{link:?}");
        }
        for tunnel in TUNNELS {
            let packets: Vec<_> = datagrams.iter().map(|(_, ip)| tunnel.wrap(ip, 7)).collect();
            let found = dissect(101, &packets);
            assert_eq!((found.segments, found.others), (expected.clone(), vec![]), "{tunnel:?}");
            let via = found.vias[0];
            assert!(via != 0 && found.vias.iter().all(|other| *other == via), "{tunnel:?}");
        }
    }
}

#[test]
fn layers_without_end_are_refused() {
    let tags = [&[2; 12][..], &[0x81, 0, 0, 1].repeat(1_000)].concat();
    let mut ip = with_checksums(&datagrams(&all_samples()[0].1)[0].1);
    for _ in 0..40 {
        ip = TUNNELS[0].wrap(&ip, 1);
    }
    for (link, data) in [(1, tags), (101, ip)] {
        let found = dissect(link, &[data]);
        assert!(found.segments.is_empty());
        assert_eq!(found.others, ["packets with too many layers of tags and tunnels"]);
    }
}

#[test]
fn fragments_come_in_any_number_up_to_the_most() {
    // The longest datagram in the smallest fragments, last first, and all of them twice.
    let (seg, _) = datagrams(&all_samples()[0].1).swap_remove(0);
    let long = Seg { payload: (0..65_480_u32).map(|at| (at % 251) as u8).collect(), ..seg };
    let ip = with_checksums(&raw_packet(&long).data);
    let mut packets = fragments(&ip, &[8], 7);
    assert!(packets.len() > 8_000);
    packets.reverse();
    let twice: Vec<_> =
        packets.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    let found = dissect(101, &twice);
    assert_eq!(found.segments.len(), 1);
    assert_eq!(found.segments[0].2, long.payload);
    // What came after the last that was missing belongs to nothing else.
    assert_eq!(found.counts, FragmentCounts { whole: 1, ..FragmentCounts::default() });
}

#[test]
fn fragments_that_contradict_each_other_are_nobodys() {
    let (seg, _) = datagrams(&all_samples()[0].1).swap_remove(0);
    let ip = with_checksums(&raw_packet(&Seg { payload: vec![b'a'; 64], ..seg }).data);
    let (header, payload) = ip.split_at(20);
    let part = |range: std::ops::Range<usize>, more| {
        fragment(header, &payload[range.clone()], range.start, more, 7)
    };
    let end = payload.len();
    let whole = FragmentCounts { whole: 1, ..FragmentCounts::default() };
    let conflict = FragmentCounts { conflicting: 1, ..FragmentCounts::default() };

    // The same bytes twice, in other pieces.
    let agreeing = [part(0..40, true), part(24..48, true), part(32..end, false)];
    assert_eq!(dissect(101, &agreeing).counts, whole);
    // Other bytes in the same place.
    let mut liar = part(24..48, true);
    *liar.last_mut().expect("bytes") ^= 1;
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        let packets = [part(0..48, true), liar.clone(), part(40..end, false)];
        let packets = order.map(|at| packets[at].clone());
        let found = dissect(101, &packets);
        assert_eq!((found.segments.len(), found.counts), (0, conflict));
    }
    // Two ends.
    let shorter = fragment(header, &payload[48..56], 48, false, 7);
    assert_eq!(dissect(101, &[part(48..end, false), shorter.clone()]).counts, conflict);
    assert_eq!(dissect(101, &[part(0..64, true), shorter]).counts, conflict);
}

#[test]
fn parts_of_two_datagrams_are_not_put_together() {
    // The first lost its end, the second its beginning; a counter of 16 bits made them alike.
    let (seg, _) = datagrams(&all_samples()[0].1).swap_remove(0);
    let of = |byte: u8| {
        let seg = Seg { payload: vec![byte; 64], ..seg.clone() };
        fragments(&with_checksums(&raw_packet(&seg).data), &[48], 7)
    };
    let mixed = [of(b'a')[0].clone(), of(b'b')[1].clone()];
    let found = dissect(101, &mixed);
    assert!(found.segments.is_empty());
    assert_eq!(found.counts, FragmentCounts { mixed: 1, ..FragmentCounts::default() });
}

#[test]
fn a_missing_fragment_is_a_blind_spot_and_accuses_nobody() {
    let (_, sample) = all_samples().swap_remove(0);
    let datagrams = datagrams(&sample);
    let mut packets = Vec::new();
    for (id, (seg, ip)) in (1_u16..).zip(&datagrams) {
        let mut ip = ip.clone();
        ip[4..6].copy_from_slice(&id.to_be_bytes());
        let mut parts = fragments(&ip, &[96], id.into());
        if parts.len() > 1 {
            parts.truncate(1);
        }
        let raw = |data: Vec<u8>| Raw { time: seg.time, link: 101, wire_len: data.len(), data };
        packets.extend(parts.into_iter().map(raw));
    }
    let report = analyse(&capture_of(&packets));
    let spots = &report.captures[0].blind_spots;
    let spot = spots.iter().find(|spot| spot.kind == "fragments").expect("a blind spot");
    assert!(spot.hides.contains("incomplete"), "{}", spot.hides);
    assert!(report.connections.iter().all(|connection| connection.findings.is_empty()));
}

#[test]
fn udp_in_fragments_is_udp() {
    let datagram = |port: u16| {
        let head = [50_000_u16.to_be_bytes(), port.to_be_bytes(), 108_u16.to_be_bytes(), [0, 0]];
        ip4(17, 9, &[&head.concat()[..], &[0x2a; 100]].concat())
    };
    let plain = dissect(101, &fragments(&datagram(53), &[48], 9));
    assert_eq!(plain.others, ["UDP", "UDP", "UDP"]);
    assert_eq!(plain.counts, FragmentCounts::default());
    // It might have been a tunnel by its port; once it is whole it is seen that it is none.
    let alike = dissect(101, &fragments(&datagram(4789), &[48], 9));
    assert_eq!(alike.others, ["UDP"]);
    assert_eq!(alike.counts.whole, 1);
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_stack_of_layers_holds_the_same_segments(
        pick in any::<prop::sample::Index>(),
        link in any::<prop::sample::Index>(),
        tunnels in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        cut in prop::option::of((any::<prop::sample::Index>(), 8..600_usize)),
        again in any::<bool>(),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        let datagrams = datagrams(sample);
        let link = *link.get(&LINKS);
        let mut packets = Vec::new();
        let mut ends = Vec::new();
        for (id, (_, ip)) in (1_u16..).zip(&datagrams) {
            let mut layers = vec![ip.clone()];
            for (depth, tunnel) in tunnels.iter().enumerate() {
                let wrapped = layers.iter().map(|ip| tunnel.get(&TUNNELS).wrap(ip, id));
                layers = wrapped.collect();
                // One of the datagrams, inner or outer, is cut into pieces on its way.
                if let Some((at, size)) = cut && at.index(tunnels.len()) == depth {
                    layers = layers.iter().flat_map(|ip| fragments(ip, &[size], id.into())).collect();
                }
            }
            packets.extend(layers.iter().map(|ip| link.wrap(ip)));
            if again {
                packets.extend(layers.iter().map(|ip| link.wrap(ip)));
            }
            ends.push(packets.len());
        }
        let found = dissect(link.number(), &packets);
        let what: Vec<_> = found.segments.iter().map(|(_, seq, payload)| (*seq, payload)).collect();
        let times = if again { 2 } else { 1 };
        let expected: Vec<_> = datagrams
            .iter()
            .flat_map(|(seg, _)| std::iter::repeat_n((seg.seq, &seg.payload), times))
            .collect();
        prop_assert_eq!(what, expected, "{} {:?}", name, tunnels);
        prop_assert_eq!(found.others, Vec::<String>::new());
        if !again {
            let numbers: Vec<_> = found.segments.iter().map(|(number, _, _)| *number as usize).collect();
            prop_assert_eq!(numbers, ends);
        }
    }

    #[test]
    fn fragments_of_any_size_in_any_order_give_the_same_segments(
        pick in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(8..400_usize, 1..6),
        jumps in prop::collection::vec(0..40_usize, 1..32),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        let datagrams = datagrams(sample);
        let mut packets: Vec<Vec<u8>> = Vec::new();
        for (id, (_, ip)) in (1_u16..).zip(&datagrams) {
            let mut ip = ip.clone();
            if ip[0] == 0x45 {
                ip[4..6].copy_from_slice(&id.to_be_bytes());
            }
            packets.extend(fragments(&ip, &sizes, id.into()));
        }
        for repeat in repeats {
            let again = repeat.get(&packets).clone();
            packets.push(again);
        }
        let mut places: Vec<_> = packets.into_iter().enumerate()
            .map(|(place, packet)| (place + jumps[place % jumps.len()], packet))
            .collect();
        places.sort_by_key(|(place, _)| *place);
        let packets: Vec<_> = places.into_iter().map(|(_, packet)| packet).collect();
        let found = dissect(101, &packets);
        let mut what: Vec<_> = found.segments.into_iter().map(|(_, seq, payload)| (seq, payload)).collect();
        let mut expected: Vec<_> =
            datagrams.into_iter().map(|(seg, _)| (seg.seq, seg.payload)).collect();
        what.sort();
        expected.sort();
        what.dedup();
        expected.dedup();
        prop_assert_eq!(what, expected, "{}", name);
        prop_assert_eq!(found.counts.incomplete, 0);
        prop_assert_eq!(found.counts.conflicting + found.counts.mixed, 0);
    }

    #[test]
    fn any_tunnel_gives_the_same_verdicts(
        pick in any::<prop::sample::Index>(),
        link in any::<prop::sample::Index>(),
        tunnel in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        let link = *link.get(&LINKS);
        let packets: Vec<Raw> = datagrams(sample).iter().map(|(seg, ip)| {
            let ip = tunnel.map_or(ip.clone(), |tunnel| tunnel.get(&TUNNELS).wrap(ip, 7));
            let data = link.wrap(&ip);
            Raw { time: seg.time, link: link.number(), wire_len: data.len(), data }
        }).collect();
        let found = essences(&analyse(&capture_of(&packets)));
        let bare: Vec<Seg> = segments(sample);
        let expected = essences(&analyse(&capture_of_segments(&bare)));
        prop_assert_eq!(found, expected, "{} in {:?} {:?}", name, link, tunnel);
    }
}
