//! The same packets on other links, in tags and tunnels, in fragments, in the other version of IP,
//! among others: the same verdicts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use wsblame::report::Report;

use crate::loss::unsupported;
use crate::support::{
    Raw, Seg, all_samples, analyse, capture_of, capture_of_segments, cases, cut, essences,
    everywhere, packets, raw_packet, segments,
};
use crate::travel::{addresses, datagram, in_v6, readdressed, translated};
use crate::tunnel::{LINKS, Link, TUNNELS, Tunnel, fragments, with_checksums};

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

/// How the segments of a connection come into a capture.
struct Journey<'a> {
    way: &'a Way,
    /// The sizes of the fragments of every third packet.
    pieces: Option<Vec<usize>>,
    /// Segments, by their place, that were captured once more.
    again: Vec<(usize, Again)>,
    /// Places by which packets are captured late, over and over.
    late: Vec<usize>,
}

impl Journey<'_> {
    /// The packets that carry the segment at `place`: as first captured, or once more.
    fn packets(&self, segments: &[Seg], place: usize, again: Option<Again>) -> Vec<Raw> {
        let segment = &segments[place];
        let mut datagram = raw_packet(segment).data;
        let is_v4 = datagram[0] >> 4 == 4;
        let pieces = self.pieces.as_ref().filter(|_| place.is_multiple_of(3));
        let anew = matches!(again, Some(Again::Retransmitted));
        let id = place as u16 + if anew { 10_001 } else { 1 };
        if is_v4 && pieces.is_some() {
            // What may be cut up has a number of its own each time it is sent (RFC 6864 §4.3).
            datagram[4..6].copy_from_slice(&id.to_be_bytes());
            datagram[6..8].copy_from_slice(&[0, 0]);
        }
        let tagged = (Vec::new(), Link::Vlan(1));
        let (later, way) = match again {
            None | Some(Again::Retransmitted) => (0, self.way),
            Some(Again::Exactly) => (3_000, self.way),
            Some(Again::BehindAHop) => {
                datagram[if is_v4 { 8 } else { 7 }] -= 1;
                (9_000, self.way)
            }
            Some(Again::Tagged) if self.way.1.number() != 1 => return Vec::new(),
            Some(Again::Tagged) => (6_000, &tagged),
        };
        let datagram = with_checksums(&datagram);
        let parts = match (pieces, again) {
            (None, _) => vec![datagram],
            // On the way a firewall put it together, as one does that remembers connections.
            (_, Some(Again::BehindAHop)) => vec![datagram],
            (Some(sizes), _) => fragments(&datagram, sizes, id.into()),
        };
        // The peer does not answer before all of that has passed.
        let answers = segments.iter().filter(|other| other.from == segment.to);
        let answered = answers.map(|answer| answer.time - segment.time).filter(|after| *after > 0);
        let later = answered.min().map_or(later, |after| later.min(after / 2));
        let time = segment.time + later;
        parts.into_iter().map(|part| raw(&(time, part), way)).collect()
    }

    /// Everything that was captured, in that order.
    fn captured(&self, segments: &[Seg]) -> Vec<Raw> {
        let mut packets = Vec::new();
        let is_anew = |(_, again): &&(usize, Again)| matches!(again, Again::Retransmitted);
        for place in 0..segments.len() {
            packets.extend(self.packets(segments, place, None));
            let copies = self.again.iter().filter(|copy| copy.0 == place && !is_anew(copy));
            packets.extend(copies.flat_map(|copy| self.packets(segments, place, Some(copy.1))));
        }
        for (place, again) in self.again.iter().filter(is_anew) {
            packets.extend(self.packets(segments, *place, Some(*again)));
        }
        let late = self.late.iter().cycle();
        let mut places: Vec<(usize, Raw)> = packets
            .into_iter()
            .enumerate()
            .zip(late)
            .map(|((place, packet), late)| (place + late, packet))
            .collect();
        places.sort_by_key(|(place, _)| *place);
        places.into_iter().map(|(_, packet)| packet).collect()
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// Cut anew, in fragments, out of order, partly twice, and on the way through whatever there
    /// is.
    #[test]
    fn however_packets_travel_and_arrive_there_are_the_same_verdicts(
        pick in any::<Index>(),
        way in any::<Index>(),
        // A single byte that is not pushed and comes out of order counts as a keep-alive probe.
        size in prop_oneof![Just(1_460_usize), 2..200_usize],
        late in prop::collection::vec(0..12_usize, 1..32),
        again in prop::collection::vec((any::<Index>(), prop::sample::select(vec![
            Again::Exactly, Again::BehindAHop, Again::Tagged, Again::Retransmitted,
        ])), 0..8),
        pieces in prop::option::weighted(0.3, prop::collection::vec(8..200_usize, 1..4)),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        // Where part of an announced body is captured behind the response, nothing tells whether
        // frames follow it.
        let size = if name == "handshake-expect-or-body" { 1_460 } else { size };
        let segments: Vec<Seg> =
            segments(sample).iter().flat_map(|segment| cut(segment, size)).collect();
        let expected = essences(&analyse(&capture_of_segments(&segments)));
        let ways = ways();
        let way = way.get(&ways);
        let again = again.into_iter().map(|(which, how)| (which.index(segments.len()), how));
        let journey = Journey { way, pieces, again: again.collect(), late };
        let found = essences(&analyse(&capture_of(&journey.captured(&segments))));
        prop_assert_eq!(found, expected, "{} in {:?}", name, way);
    }

    /// Fragments, outer packets and copies are lost one by one, whatever they are part of.
    #[test]
    fn whatever_is_lost_of_tunnels_and_fragments_no_more_is_claimed(
        pick in any::<Index>(),
        way in any::<Index>(),
        late in prop::collection::vec(0..8_usize, 1..16),
        again in prop::collection::vec((any::<Index>(), prop::sample::select(vec![
            Again::Exactly, Again::BehindAHop, Again::Tagged,
        ])), 0..4),
        pieces in prop::option::weighted(0.7, prop::collection::vec(8..200_usize, 1..4)),
        share in 1..200_u8,
        dice in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let samples = all_samples();
        let (name, sample) = pick.get(&samples);
        let segments = segments(sample);
        let whole = analyse(&capture_of_segments(&segments));
        let ways = ways();
        let way = way.get(&ways);
        let again = again.into_iter().map(|(which, how)| (which.index(segments.len()), how));
        let journey = Journey { way, pieces, again: again.collect(), late };
        let dice = dice.iter().cycle();
        let left = journey.captured(&segments).into_iter().zip(dice);
        let left: Vec<Raw> =
            left.filter(|(_, dice)| **dice >= share).map(|(packet, _)| packet).collect();
        let claims = unsupported(&analyse(&capture_of(&left)), &whole);
        prop_assert!(claims.is_empty(), "{} in {:?}: {:?}", name, way, claims);
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
