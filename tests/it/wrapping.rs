//! The same packets on other links, in tags and tunnels, in fragments, in the other version of IP,
//! among others: the same verdicts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use wsblame::report::Report;

use crate::support::{
    Raw, Seg, all_samples, analyse, capture_of, capture_of_segments, cases, cut, essences,
    everywhere, packets, raw_packet, segments,
};
use crate::travel::{addresses, datagram, in_v6, readdressed, translated};
use crate::tunnel::{LINKS, Link, TUNNELS, Tunnel, with_checksums};

/// Tunnels from the inside out, and the link.
pub(crate) type Way = (Vec<Tunnel>, Link);

/// The ways of a packet that are tried: every link, every tunnel, and tunnels in tunnels.
pub(crate) fn ways() -> Vec<Way> {
    // A frame of IEEE 802.3 with its length has no room for the packets of a loopback interface.
    let all = || LINKS.into_iter().filter(|link| *link != Link::Snap);
    let links = all().map(|link| (Vec::new(), link));
    let tunnels = TUNNELS.iter().zip(all().cycle());
    let tunnels = tunnels.map(|(tunnel, link)| (vec![*tunnel], link));
    let nested = TUNNELS.iter().zip(TUNNELS.iter().skip(7)).zip(all().skip(9));
    let nested = nested.map(|((inner, outer), link)| (vec![*inner, *outer], link));
    links.chain(tunnels).chain(nested).collect()
}

/// The datagrams of a sample, with their times.
fn datagrams(sample: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let packets = packets(sample);
    let found = packets.iter().filter_map(|raw| Some((raw.time, datagram(raw.link, &raw.data)?)));
    found.collect()
}

/// In Ethernet, and nothing else.
pub(crate) const PLAIN: Way = (Vec::new(), Link::Ethernet);

fn raw((time, bytes): &(i64, Vec<u8>), (tunnels, link): &Way) -> Raw {
    let mut datagram = bytes.clone();
    for tunnel in tunnels {
        datagram = tunnel.wrap(&datagram, 0);
    }
    let data = link.wrap(&datagram);
    Raw { time: *time, link: link.number(), wire_len: data.len(), data }
}

pub(crate) fn wrapped(datagrams: &[(i64, Vec<u8>)], way: &Way) -> Vec<u8> {
    let packets: Vec<Raw> = datagrams.iter().map(|datagram| raw(datagram, way)).collect();
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
    let mut samples = all_samples();
    samples.retain(|(_, sample)| sample.len() < 100_000);
    let wrong = everywhere(samples.len(), |number| {
        let (name, sample) = &samples[number];
        let expected = essences(&analyse(sample));
        let datagrams = datagrams(sample);
        let other = |way: &Way| essences(&analyse(&wrapped(&datagrams, way))) != expected;
        ways().iter().filter(|way| other(way)).map(|way| format!("{name} in {way:?}")).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_udp(datagram: &[u8]) -> bool {
    datagram[0] >> 4 == 4 && datagram[9] == 17
}

#[test]
fn what_is_said_in_ipv6_is_the_same_as_in_ipv4() {
    for (name, sample) in all_samples() {
        let expected = essences_with(&analyse(&sample), &[]);
        let old = datagrams(&sample);
        if old.iter().any(|(_, bytes)| is_udp(bytes)) {
            continue; // the tunnel in it is fragmented, which version 6 does in a header of its own
        }
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
        let found = analyse(&wrapped(&new, &PLAIN));
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
            .map(|(time, bytes)| {
                let moved = readdressed(bytes, |old| new_names[&old]);
                (time - first + START, with_checksums(&moved))
            })
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
    let together = essences(&analyse(&wrapped(&all, &PLAIN)));
    let mut left = together.clone();
    for Alone { name, mut datagrams } in each {
        datagrams.insert(0, marker(first));
        datagrams.push(marker(last));
        for (key, expected) in essences(&analyse(&wrapped(&datagrams, &PLAIN))) {
            // The scripted ones have numbers in common, as one connection seen at two places has.
            let found = left.remove(&key).map(without_twins);
            assert_eq!(found, Some(without_twins(expected)), "{name}: {key}");
        }
    }
    assert!(left.is_empty(), "connections that nobody had: {left:#?}");
}

fn without_twins(mut connections: Vec<Value>) -> Vec<Value> {
    for connection in &mut connections {
        connection.as_object_mut().expect("an object").remove("same_as");
    }
    connections
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
        let ways = ways();
        let way = way.get(&ways);
        let tagged = (Vec::new(), Link::Vlan(1));
        let mut packets: Vec<Raw> = Vec::new();
        for (place, segment) in segments.iter().enumerate() {
            let datagram = (segment.time, with_checksums(&raw_packet(segment).data));
            packets.push(raw(&datagram, way));
            for (_, how) in again.iter().filter(|(which, _)| which.index(segments.len()) == place) {
                let (mut time, mut bytes) = datagram.clone();
                let mut way = way;
                match how {
                    Again::Exactly => time += 3_000,
                    Again::BehindAHop => {
                        time += 9_000;
                        let hops = if bytes[0] >> 4 == 4 { 8 } else { 7 };
                        bytes[hops] -= 1;
                        bytes = with_checksums(&bytes);
                    }
                    Again::Tagged if way.1.number() == 1 => {
                        time += 6_000;
                        way = &tagged;
                    }
                    Again::Tagged => {}
                    Again::Retransmitted => continue,
                }
                packets.push(raw(&(time, bytes), way));
            }
        }
        for (which, how) in &again {
            if let Again::Retransmitted = how {
                let segment = which.get(&segments);
                let datagram = with_checksums(&raw_packet(segment).data);
                packets.push(raw(&(segment.time, datagram), way));
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
        prop_assert_eq!(found, expected, "{} in {:?}", name, way);
    }
}

/// Links whose tags and tunnels libpcap takes a filter for.
const FILTERED: [Link; 6] =
    [Link::Ethernet, Link::Vlan(1), Link::Vlan(3), Link::Mpls(1), Link::Pppoe, Link::Backbone];

#[test]
fn the_suggested_filter_finds_the_packets_that_it_was_made_for() {
    use std::process::Command;
    if Command::new("tcpdump").arg("--version").output().is_err() {
        return;
    }
    let (_, sample) =
        all_samples().into_iter().find(|(name, _)| name == "close-not-answered").expect("a sample");
    // Without its start, so that a better capture is asked for.
    let datagrams = datagrams(&sample);
    let answers = |(_, bytes): &(i64, Vec<u8>)| bytes.windows(12).any(|w| w == b"HTTP/1.1 101");
    let first = datagrams.iter().position(answers).expect("an answer");
    let cut = &datagrams[first..];
    let links = FILTERED.map(|link| (Vec::new(), link));
    let tunnels = TUNNELS.map(|tunnel| (vec![tunnel], Link::Vlan(1)));
    for (number, way) in links.into_iter().chain(tunnels).enumerate() {
        let file = wrapped(cut, &way);
        let report = analyse(&file);
        let again =
            report.captures[0].quality.as_ref().and_then(|quality| quality.recapture.as_ref());
        let again = again.expect("something is missing");
        let path = std::env::temp_dir().join(format!("wsblame-{}-{number}", std::process::id()));
        std::fs::write(&path, &file).expect("a file");
        let run = Command::new("tcpdump").arg("-nr").arg(&path).arg(&again.filter).output();
        std::fs::remove_file(&path).expect("a file");
        let run = run.expect("tcpdump");
        let lines = String::from_utf8_lossy(&run.stdout);
        let found = lines.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(found.count() >= cut.len(), "{way:?}: {}: {said}", again.filter);
    }
}
