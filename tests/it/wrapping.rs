//! The same packets on other links, in tags and tunnels, in fragments, in the other version of IP,
//! among others: the same verdicts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use wsblame::report::Report;

use crate::support::{
    Raw, Seg, all_samples, analyse, capture_of, capture_of_segments, cases, cut, essences, packets,
    raw_packet, segments,
};
use crate::wrap::{
    Layer, Link, Wrapping, addresses, datagram, in_v6, readdressed, translated, wrap,
};

/// Ways of a packet.
pub(crate) const WRAPPINGS: &[Wrapping] = &[
    (&[], Link::Ethernet),
    (&[], Link::Sll),
    (&[], Link::Sll2),
    (&[], Link::RawIp),
    (&[], Link::Null),
    (&[], Link::Loop),
    (&[Layer::Vlan(7)], Link::Ethernet),
    (&[Layer::Vlan(7)], Link::Sll),
    (&[Layer::Vlan(7)], Link::Sll2),
    (&[Layer::Vlan(7), Layer::ServiceVlan(8)], Link::Ethernet),
    (&[Layer::Vlan(7), Layer::Vlan(8), Layer::ServiceVlan(9)], Link::Ethernet),
];

/// More of them.
pub(crate) const TUNNELS: &[Wrapping] = &[
    (&[Layer::Mpls(16)], Link::Ethernet),
    (&[Layer::Pppoe], Link::Ethernet),
    (&[Layer::Ipip], Link::Ethernet),
    (&[Layer::Ipip], Link::RawIp),
    (&[Layer::Gre], Link::Ethernet),
    (&[Layer::GreKeyed], Link::Sll),
    (&[Layer::Vxlan(5)], Link::Ethernet),
    (&[Layer::Geneve(5)], Link::Sll2),
    (&[Layer::Gtpu], Link::Ethernet),
    (&[Layer::Vlan(7), Layer::Vxlan(5)], Link::Ethernet),
    (&[Layer::Ipip, Layer::Vlan(7)], Link::Ethernet),
    (&[Layer::Gre, Layer::Vxlan(5)], Link::Null),
    (&[Layer::Gtpu, Layer::Pppoe, Layer::Vlan(7)], Link::Ethernet),
    (&[Layer::Vxlan(5), Layer::Geneve(6)], Link::RawIp),
    (&[Layer::Mpls(16), Layer::Gre, Layer::Vlan(7)], Link::Ethernet),
];

/// The datagrams of a sample, with their times.
fn datagrams(sample: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let packets = packets(sample);
    let found = packets.iter().filter_map(|raw| Some((raw.time, datagram(raw.link, &raw.data)?)));
    found.collect()
}

fn raw((time, bytes): &(i64, Vec<u8>), wrapping: Wrapping) -> Raw {
    let (link, data) = wrap(bytes, wrapping);
    Raw { time: *time, link, wire_len: data.len(), data }
}

pub(crate) fn wrapped(datagrams: &[(i64, Vec<u8>)], wrapping: Wrapping) -> Vec<u8> {
    let packets: Vec<Raw> = datagrams.iter().map(|datagram| raw(datagram, wrapping)).collect();
    capture_of(&packets)
}

/// The essences of a report in which addresses are called by other names.
fn essences_with(report: &Report, names: &[(String, String)]) -> Value {
    let mut text = serde_json::to_string(&essences(report)).expect("data");
    for (name, other) in names {
        text = text.replace(&format!("[{name}]"), other).replace(name, other);
    }
    serde_json::from_str(&text).expect("as before")
}

#[test]
fn on_every_link_and_in_every_tunnel_there_are_the_same_verdicts() {
    for (name, sample) in all_samples() {
        let expected = essences(&analyse(&sample));
        let datagrams = datagrams(&sample);
        for wrapping in WRAPPINGS {
            let found = essences(&analyse(&wrapped(&datagrams, *wrapping)));
            assert_eq!(found, expected, "{name} in {wrapping:?}");
        }
    }
}

#[test]
fn what_is_said_in_ipv6_is_the_same_as_in_ipv4() {
    for (name, sample) in all_samples() {
        let expected = essences_with(&analyse(&sample), &[]);
        let old = datagrams(&sample);
        let new: Vec<(i64, Vec<u8>)> =
            old.iter().map(|(time, bytes)| (*time, translated(bytes))).collect();
        let names: Vec<(String, String)> = old
            .iter()
            .flat_map(|(_, bytes)| <[IpAddr; 2]>::from(addresses(bytes)))
            .filter_map(|address| match address {
                IpAddr::V4(v4) => Some((in_v6(v4).to_string(), v4.to_string())),
                IpAddr::V6(_) => None,
            })
            .collect();
        let found = analyse(&wrapped(&new, (&[], Link::Ethernet)));
        assert_eq!(essences_with(&found, &names), expected, "{name}");
    }
}

/// All samples at the same time, each between addresses of its own: the datagrams in order of
/// time, and of each sample its datagrams and the names of its addresses.
pub(crate) fn all_at_once(samples: Vec<(String, Vec<u8>)>) -> (Vec<(i64, Vec<u8>)>, Vec<Alone>) {
    const START: i64 = 1_767_268_800_000_000_000;
    let mut all = Vec::new();
    let mut each = Vec::new();
    for (number, (name, sample)) in (0_u16..).zip(samples) {
        let old = datagrams(&sample);
        let first = old.iter().map(|(time, _)| *time).min().expect("a packet");
        let mut new_names: BTreeMap<IpAddr, IpAddr> = BTreeMap::new();
        for address in old.iter().flat_map(|(_, bytes)| <[IpAddr; 2]>::from(addresses(bytes))) {
            let [high, low] = number.to_be_bytes();
            // Three digits at the end, so that none is the beginning of another.
            let host = 100 + new_names.len() as u8;
            new_names.entry(address).or_insert(match address {
                IpAddr::V4(_) => Ipv4Addr::new(10, high, low, host).into(),
                IpAddr::V6(_) => {
                    Ipv6Addr::new(0xFD00, 0, 0, 0, 0, 0, 0x1000 + number, host.into()).into()
                }
            });
        }
        let moved: Vec<(i64, Vec<u8>)> = old
            .iter()
            .map(|(time, bytes)| (time - first + START, readdressed(bytes, |old| new_names[&old])))
            .collect();
        all.extend(moved.iter().cloned());
        each.push(Alone { name, datagrams: moved });
    }
    all.sort_by_key(|(time, _)| *time);
    (all, each)
}

/// One of them.
pub(crate) struct Alone {
    name: String,
    datagrams: Vec<(i64, Vec<u8>)>,
}

/// A packet that is no part of any connection: a capture's end is an argument too.
fn marker(time: i64) -> (i64, Vec<u8>) {
    let head = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 255, 0, 1, 10, 255, 0, 2];
    (time, [&head[..], &[0, 9, 0, 9, 0, 8, 0, 0]].concat())
}

#[test]
fn connections_that_are_captured_at_the_same_time_are_judged_as_if_each_were_alone() {
    let (all, each) = all_at_once(all_samples());
    let (first, last) = (all.first().expect("a packet").0, all.last().expect("a packet").0);
    let together = essences(&analyse(&wrapped(&all, (&[], Link::Ethernet))));
    let mut left = together.clone();
    for Alone { name, mut datagrams } in each {
        datagrams.insert(0, marker(first));
        datagrams.push(marker(last));
        for (key, expected) in essences(&analyse(&wrapped(&datagrams, (&[], Link::Ethernet)))) {
            assert_eq!(left.remove(&key), Some(expected), "{name}: {key}");
        }
    }
    assert!(left.is_empty(), "connections that nobody had: {left:#?}");
}

/// How a packet was captured a second time.
#[derive(Clone, Copy, Debug)]
enum Again {
    /// By the same point.
    Exactly,
    /// Behind a router.
    BehindAHop,
    /// On a trunk, with a tag.
    Tagged,
    /// Sent again: later.
    Retransmitted,
}

proptest! {
    #![proptest_config(cases(256))]

    /// Cut anew, out of order, partly twice, and on the way through whatever there is.
    #[test]
    fn however_packets_travel_and_arrive_there_are_the_same_verdicts(
        pick in any::<Index>(),
        way in any::<Index>(),
        size in prop_oneof![Just(1_460_usize), 1..200_usize],
        jumps in prop::collection::vec(0..12_usize, 1..32),
        again in prop::collection::vec((any::<Index>(), prop::sample::select(vec![
            Again::Exactly, Again::BehindAHop, Again::Tagged, Again::Retransmitted,
        ])), 0..8),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        let segments: Vec<Seg> =
            segments(sample).iter().flat_map(|segment| cut(segment, size)).collect();
        let expected = essences(&analyse(&capture_of_segments(&segments)));
        let wrapping = *way.get(WRAPPINGS);
        let mut packets: Vec<Raw> = Vec::new();
        for (place, segment) in segments.iter().enumerate() {
            let datagram = (segment.time, raw_packet(segment).data);
            packets.push(raw(&datagram, wrapping));
            for (_, how) in again.iter().filter(|(which, _)| which.index(segments.len()) == place) {
                let (mut time, mut bytes) = datagram.clone();
                let mut wrapping = wrapping;
                match how {
                    Again::Exactly => time += 3_000,
                    Again::BehindAHop => {
                        time += 9_000;
                        let hops = if bytes[0] >> 4 == 4 { 8 } else { 7 };
                        bytes[hops] -= 1;
                    }
                    Again::Tagged if matches!(wrapping, (_, Link::Ethernet)) => {
                        time += 6_000;
                        wrapping = (&[Layer::Vlan(99)], Link::Ethernet);
                    }
                    Again::Tagged => {}
                    Again::Retransmitted => continue,
                }
                packets.push(raw(&(time, bytes), wrapping));
            }
        }
        for (which, how) in &again {
            if let Again::Retransmitted = how {
                let segment = which.get(&segments);
                packets.push(raw(&(segment.time, raw_packet(segment).data), wrapping));
            }
        }
        let mut places: Vec<(usize, Raw)> = packets
            .into_iter()
            .enumerate()
            .map(|(place, packet)| (place + jumps[place % jumps.len()], packet))
            .collect();
        places.sort_by_key(|(place, _)| *place);
        let shuffled: Vec<Raw> = places.into_iter().map(|(_, packet)| packet).collect();
        let found = essences(&analyse(&capture_of(&shuffled)));
        prop_assert_eq!(found, expected, "{} in {:?}", name, wrapping);
    }
}
