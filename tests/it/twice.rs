//! The same packet at several points, several networks with the same addresses, and clocks that
//! cannot be trusted: the report says what it says of one sound capture, or less.

use wsblame::pipeline::Limits;
use wsblame::report::Report;

use crate::loss::unsupported;
use crate::support::{
    Seg, all_samples, analyse, analyse_within, capture_of_segments, essences, keys_of_samples,
    raw_packet, segments,
};

/// A packet at a point of capture.
struct Captured {
    interface: u32,
    time: i64,
    frame: Vec<u8>,
}

const MS: i64 = 1_000_000;

/// A segment in Ethernet, with this identification (IPv4 only), its time to live reduced by
/// `hops`, and with a VLAN tag.
fn frame(segment: &Seg, id: usize, hops: u8, vlan: Option<u16>) -> Vec<u8> {
    let mut ip = raw_packet(segment).data;
    let is_v4 = ip[0] >> 4 == 4;
    if is_v4 {
        ip[4..6].copy_from_slice(&u16::try_from(id % 60_000 + 1).expect("16 bits").to_be_bytes());
        ip[8] -= hops;
    } else {
        ip[7] -= hops;
    }
    let mut frame = vec![2; 12];
    if let Some(vlan) = vlan {
        frame.extend([0x81, 0]);
        frame.extend(vlan.to_be_bytes());
    }
    frame.extend(if is_v4 { [8, 0] } else { [0x86, 0xdd] });
    frame.extend(ip);
    frame
}

/// A pcapng of two Ethernet interfaces with nanoseconds.
fn pcapng(packets: &[Captured]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let len = u32::try_from(body.len().next_multiple_of(4) + 12).expect("a small block");
        file.extend(kind.to_le_bytes());
        file.extend(len.to_le_bytes());
        file.extend(body);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(len.to_le_bytes());
    };
    let magic = 0x1a2b_3c4d_u32.to_le_bytes();
    block(0x0a0d_0d0a, &[&magic[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    for _ in 0..2 {
        block(1, &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]); // tsresol 10⁻⁹
    }
    for packet in packets {
        let time = u64::try_from(packet.time).expect("after 1970");
        let len = u32::try_from(packet.frame.len()).expect("a small packet").to_le_bytes();
        let high = u32::try_from(time >> 32).expect("32 bits").to_le_bytes();
        let low = u32::try_from(time & 0xffff_ffff).expect("32 bits").to_le_bytes();
        let interface = packet.interface.to_le_bytes();
        block(6, &[&interface[..], &high, &low, &len, &len, &packet.frame].concat());
    }
    file
}

/// Those that have every packet once; a retransmission, made by hand, may be the same datagram.
fn samples() -> Vec<(String, Vec<Seg>)> {
    all_samples().into_iter().map(|(name, sample)| (name, segments(&sample))).collect()
}

fn by_time(mut packets: Vec<Captured>) -> Vec<u8> {
    packets.sort_by_key(|packet| packet.time);
    pcapng(&packets)
}

#[test]
fn a_mirror_a_tag_and_a_hop_away_shows_nothing_new() {
    for (name, segments) in samples() {
        let whole = analyse(&capture_of_segments(&segments));
        let twice = segments.iter().enumerate().flat_map(|(id, segment)| {
            let here = frame(segment, id, 0, None);
            let there = frame(segment, id, 1, Some(5));
            [(0, 0, here), (1, 50_000, there)].map(|(interface, later, frame)| Captured {
                interface,
                time: segment.time + later,
                frame,
            })
        });
        let twice = analyse(&pcapng(&twice.collect::<Vec<_>>()));
        assert_eq!(essences(&twice), essences(&whole), "{name}");
        assert_eq!(twice.captures[0].tcp_streams, whole.captures[0].tcp_streams, "{name}");
    }
}

#[test]
fn two_hosts_whose_clocks_differ_show_what_one_shows() {
    for ahead in [-3_000 * MS, 400 * MS] {
        for (name, segments) in samples() {
            // Without identification nothing tells a copy, three seconds later, from a repetition.
            if segments.len() > 200 || segments.iter().any(|s| s.from.address.is_ipv6()) {
                continue;
            }
            let whole = analyse(&capture_of_segments(&segments));
            let merged = segments.iter().enumerate().flat_map(|(id, segment)| {
                let here = frame(segment, id, 0, None);
                let there = frame(segment, id, 2, None);
                [(0, 0, here), (1, ahead, there)].map(|(interface, ahead, frame)| Captured {
                    interface,
                    time: segment.time + ahead,
                    frame,
                })
            });
            let merged = merged.collect::<Vec<_>>();
            let in_order_of_capture = analyse(&pcapng(&merged));
            assert_eq!(essences(&in_order_of_capture), essences(&whole), "{name} {ahead}");
            let sorted = analyse(&by_time(merged));
            assert_eq!(essences(&sorted), essences(&whole), "{name} {ahead}, sorted");
        }
    }
}

#[test]
fn each_direction_with_a_tag_of_its_own_is_one_connection() {
    for (name, segments) in samples() {
        let whole = analyse(&capture_of_segments(&segments));
        let tagged = segments.iter().enumerate().map(|(id, segment)| Captured {
            interface: 0,
            time: segment.time,
            frame: frame(segment, id, 0, Some(if segment.from < segment.to { 10 } else { 20 })),
        });
        let tagged = analyse(&pcapng(&tagged.collect::<Vec<_>>()));
        assert_eq!(essences(&tagged), essences(&whole), "{name}");
    }
}

#[test]
fn the_same_addresses_in_two_networks_are_two_connections() {
    for (name, segments) in samples() {
        let whole = analyse(&capture_of_segments(&segments));
        let both = segments.iter().enumerate().flat_map(|(id, segment)| {
            let other = Seg {
                seq: segment.seq.wrapping_add(1 << 30),
                ack: if segment.flags & 0x10 == 0 { 0 } else { segment.ack.wrapping_add(1 << 30) },
                ..segment.clone()
            };
            [(Some(10), segment, 0), (Some(20), &other, MS)].map(|(vlan, segment, later)| {
                Captured {
                    interface: 0,
                    time: segment.time + later,
                    frame: frame(segment, id, 0, vlan),
                }
            })
        });
        let both = analyse(&pcapng(&both.collect::<Vec<_>>()));
        assert_eq!(both.connections.len(), 2 * whole.connections.len(), "{name}");
        let keys = |report: &Report| -> Vec<String> {
            let mut findings: Vec<String> = report
                .connections
                .iter()
                .map(|c| format!("{:?} {:?}", c.verdict.cause, c.close.surfaced))
                .collect();
            findings.sort();
            findings.dedup();
            findings
        };
        assert_eq!(keys(&both), keys(&whole), "{name}");
    }
}

/// The segments as they are behind a host that puts its own address and port in the client's place.
fn translated(segments: &[Seg]) -> Vec<Seg> {
    let client = segments[0].from;
    let mut outside = client;
    outside.port = client.port ^ 0x0101;
    if client.address.is_ipv4() {
        outside.address = [198, 51, 100, 77].into();
    }
    let behind = |end| if end == client { outside } else { end };
    let translate = |s: &Seg| Seg { from: behind(s.from), to: behind(s.to), ..s.clone() };
    segments.iter().map(translate).collect()
}

#[test]
fn a_connection_on_both_sides_of_an_address_translation_is_one() {
    let mut linked = 0;
    for (name, segments) in samples() {
        let whole = analyse(&capture_of_segments(&segments));
        let [connection] = &whole.connections[..] else { continue };
        let outside = translated(&segments);
        let both = segments.iter().zip(&outside).enumerate().flat_map(|(id, (inside, outside))| {
            [(inside, 0, 0), (outside, 1, 30_000)].map(|(segment, hops, later)| Captured {
                interface: 0,
                time: segment.time + later,
                frame: frame(segment, id, hops, None),
            })
        });
        let both = analyse(&pcapng(&both.collect::<Vec<_>>()));
        let [first, second] = &both.connections[..] else { panic!("{name}: two are seen") };
        for seen in [first, second] {
            let mut rules: Vec<&String> = seen.findings.iter().map(|f| &f.rule).collect();
            let mut alone: Vec<&String> = connection.findings.iter().map(|f| &f.rule).collect();
            rules.sort();
            alone.sort();
            assert_eq!(rules, alone, "{name}: neither is accused of the other");
        }
        assert_eq!(first.same_as, None, "{name}");
        if second.handshake.status.is_some() && name != "key-missing" && name != "key-reused" {
            assert!(second.same_as.is_none_or(|id| id == first.id), "{name}");
            linked += u32::from(second.same_as == Some(first.id));
        }
    }
    assert!(linked > 60, "{linked} were linked");
}

/// What the report says with the times of the packets changed to `time(number, time)`.
fn retimed(segments: &[Seg], time: impl Fn(usize, i64) -> i64) -> Report {
    let changed = segments.iter().enumerate();
    let changed = changed.map(|(n, s)| Seg { time: time(n, s.time), ..s.clone() });
    analyse(&capture_of_segments(&changed.collect::<Vec<_>>()))
}

#[test]
fn a_clock_that_stands_or_runs_backwards_accuses_nobody() {
    for (name, segments) in samples() {
        let whole = analyse(&capture_of_segments(&segments));
        let latest = segments.iter().map(|segment| segment.time).max().expect("not empty");
        let still = retimed(&segments, |_, _| 0);
        let backwards = retimed(&segments, |_, time| 2 * (latest - time) + 1_000_000_000);
        let slowly =
            retimed(&segments, |n, _| 1_000_000_000_000 - i64::try_from(n).expect("few") * 1_000);
        for (what, report) in [("still", still), ("backwards", backwards), ("slowly", slowly)] {
            let claims = unsupported(&report, &whole);
            assert!(claims.is_empty(), "{name}, {what}: {claims:?}");
        }
    }
}

#[test]
fn a_tap_whose_two_clocks_differ_accuses_nobody() {
    for ahead in [-3_000 * MS, -400 * MS, 400 * MS, 3_000 * MS] {
        for (name, segments) in samples() {
            let whole = analyse(&capture_of_segments(&segments));
            let tapped = segments.iter().enumerate().map(|(id, segment)| {
                let interface = u32::from(segment.from < segment.to);
                let time = segment.time + if interface == 1 { ahead } else { 0 };
                Captured { interface, time, frame: frame(segment, id, 0, None) }
            });
            let tapped = tapped.collect::<Vec<_>>();
            let claims = unsupported(&analyse(&pcapng(&tapped)), &whole);
            assert!(claims.is_empty(), "{name}, {ahead}: {claims:?}");
            let sorted = by_time(tapped);
            let claims = unsupported(&analyse(&sorted), &whole);
            assert!(claims.is_empty(), "{name}, {ahead}, sorted: {claims:?}");
            // Where each is judged as soon as it is over, so that the other half comes too late.
            let at_once = Limits { linger: 0, lingering: 0, ..Limits::default() };
            let claims = unsupported(&analyse_within(at_once, keys_of_samples(), &sorted), &whole);
            assert!(claims.is_empty(), "{name}, {ahead}, judged at once: {claims:?}");
        }
    }
}
