//! Captures that nobody meant to be read: there is always a report, it comes soon, and what it
//! says moves no terminal.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::sample::Index;
use wsblame::report::{Colour, Detail, FORMATS, Report, Style};
use wsblame::script::{REQUEST, RESPONSE};

use crate::pack::{PACKINGS, pack};
use crate::support::{
    Raw, Seg, analyse, capture_of, capture_of_segments, cases, every_sample, packets, raw_packet,
    segments,
};
use crate::tunnel::with_checksums;
use crate::wrapping::ways;

/// Writes a report in every format and looks at what comes out.
fn lay_out(report: &Report) {
    for format in FORMATS {
        for detail in [Detail::Brief, Detail::Full] {
            let style = Style { colour: Colour::Plain, width: 80, detail };
            let mut out = Vec::new();
            (format.write)(report, &style, &mut out).expect("a Vec takes all");
            let text = String::from_utf8(out).expect("a report is UTF-8");
            let odd = text.chars().find(|c| *c != '\n' && moves_a_terminal(*c));
            assert_eq!(odd, None, "{}: {text}", format.name);
            match format.name {
                "json" => assert!(is_json(&text), "{text}"),
                "ndjson" => assert!(text.lines().all(is_json), "{text}"),
                _ => {}
            }
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object())
}

/// Control characters, and characters that reorder or hide others.
fn moves_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// What chance does to bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    /// Another sample's bytes from some place on.
    Splice(Index, Index, Index),
    Repeat(Index, Index),
    Remove(Index, Index),
    /// A number that may be taken for a length.
    Number(Index, u32),
    Write(Index, &'static [u8]),
}

/// What a stranger might put where it is printed.
const NASTY: &[&[u8]] = &[
    b"\x1b]0;owned\x07",
    b"\x1b[2J",
    "\u{202e}\u{2066}".as_bytes(),
    b"\r\n| `x` <b> [a](b) @all",
    b"\0\0\0\0",
    b"\xff\xfe\xc2\x9b31m",
    b"\r\n\r\n",
    b"HTTP/1.1 101 x\r\n\r\n",
    b"\x88\x7e\xff\xff",
    b"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    let number =
        prop_oneof![Just(0_u32), Just(u32::MAX), Just(0x7FFF_FFFF), Just(0xFFFF), 0..300_u32];
    prop_oneof![
        6 => (place(), 1_u8..).prop_map(|(at, bits)| Change::Flip(at, bits)),
        1 => place().prop_map(Change::Cut),
        1 => (place(), place(), place()).prop_map(|(a, b, c)| Change::Splice(a, b, c)),
        1 => (place(), place()).prop_map(|(a, b)| Change::Repeat(a, b)),
        1 => (place(), place()).prop_map(|(a, b)| Change::Remove(a, b)),
        2 => (place(), number).prop_map(|(at, number)| Change::Number(at, number)),
        3 => (place(), prop::sample::select(NASTY)).prop_map(|(at, what)| Change::Write(at, what)),
    ]
}

fn apply(change: &Change, bytes: &mut Vec<u8>, samples: &[(String, Vec<u8>)]) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    let span = |a: &Index, b: &Index| {
        let (a, b) = (a.index(len), b.index(len));
        a.min(b)..a.max(b).min(a.min(b) + 4_096)
    };
    let put = |bytes: &mut Vec<u8>, at: usize, what: &[u8]| {
        bytes[at..].iter_mut().zip(what).for_each(|(to, from)| *to = *from);
    };
    match change {
        Change::Flip(at, bits) => bytes[at.index(len)] ^= bits,
        Change::Cut(at) => bytes.truncate(at.index(len)),
        Change::Splice(other, from, at) => {
            let (_, other) = other.get(samples);
            bytes.truncate(at.index(len));
            bytes.extend(&other[from.index(other.len())..]);
        }
        Change::Repeat(a, b) => {
            let again = bytes[span(a, b)].to_vec();
            let at = b.index(len);
            bytes.splice(at..at, again);
        }
        Change::Remove(a, b) => drop(bytes.drain(span(a, b))),
        Change::Number(at, number) => put(bytes, at.index(len), &number.to_le_bytes()),
        Change::Write(at, what) => put(bytes, at.index(len), what),
    }
}

/// All samples but the one that is large.
fn small_samples() -> Vec<(String, Vec<u8>)> {
    every_sample().into_iter().filter(|(_, sample)| sample.len() < 100_000).collect()
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_file_that_was_damaged_gives_a_report(
        pick in any::<Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let samples = small_samples();
        let mut bytes = pick.get(&samples).1.clone();
        changes.iter().for_each(|change| apply(change, &mut bytes, &samples));
        lay_out(&analyse(&bytes));
    }

    /// Deeper in than a file whose records no longer fit.
    #[test]
    fn packets_that_were_tampered_with_give_a_report(
        pick in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), change()), 1..12),
        moves in prop::collection::vec((any::<Index>(), any::<Index>()), 0..4),
    ) {
        let samples = small_samples();
        let mut packets: Vec<Raw> = packets(&pick.get(&samples).1);
        for (place, change) in &changes {
            let at = place.index(packets.len());
            let data = &mut packets[at].data;
            // Mostly behind the headers, where it takes more to be seen through.
            let behind = if matches!(change, Change::Flip(..)) { 0 } else { data.len().min(66) };
            let mut rest = data.split_off(behind);
            apply(change, &mut rest, &samples);
            data.extend(rest);
            data.truncate(200_000);
        }
        for (from, to) in &moves {
            let packet = packets[from.index(packets.len())].clone();
            packets.insert(to.index(packets.len()), packet);
        }
        lay_out(&analyse(&capture_of(&packets)));
    }

    /// What is damaged may be the wrapping of the file as well.
    #[test]
    fn a_packed_file_that_was_damaged_gives_a_report(
        pick in any::<Index>(),
        packing in prop::sample::select(PACKINGS),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let samples = small_samples();
        let mut bytes = pack(&pick.get(&samples).1, packing);
        changes.iter().for_each(|change| apply(change, &mut bytes, &samples));
        lay_out(&analyse(&bytes));
    }

    /// Everything that takes a packet apart, given anything.
    #[test]
    fn packets_of_any_kind_give_a_report(
        pick in any::<Index>(),
        way in any::<Index>(),
        kept in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), 1_u8..), 0..12),
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..6),
    ) {
        let ways = ways();
        let (tunnels, link) = way.get(&ways);
        let samples = small_samples();
        let sample = segments(&pick.get(&samples).1);
        let mut packets: Vec<Raw> = sample
            .iter()
            .map(|segment| {
                let mut ip = with_checksums(&raw_packet(segment).data);
                for tunnel in tunnels {
                    ip = tunnel.wrap(&ip, 0);
                }
                let data = link.wrap(&ip);
                Raw { time: segment.time, link: link.number(), wire_len: data.len(), data }
            })
            .collect();
        for (packet, at, bits) in &changes {
            let place = packet.index(packets.len());
            let data = &mut packets[place].data;
            // Mostly the headers.
            let at = at.index(data.len().min(140));
            data[at] ^= bits;
        }
        for data in noise {
            let place = kept.index(packets.len());
            let (time, wire_len) = (packets[place].time, data.len());
            packets.insert(place, Raw { time, link: link.number(), wire_len, data });
        }
        let last = packets.len() - 1;
        let data = &mut packets[last].data;
        data.truncate(kept.index(data.len() + 1));
        lay_out(&analyse(&capture_of(&packets)));
    }

    #[test]
    fn bytes_of_any_kind_give_a_report(
        start in prop::sample::select(vec![
            &b""[..],
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\x28\xb5\x2f\xfd",
            b"\x04\x22\x4d\x18",
            b"\xfd7zXZ\0",
            b"BZh9",
            b"PK\x03\x04",
            b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0",
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        lay_out(&analyse(&[start, &bytes].concat()));
    }

    /// What is printed of a connection, said by somebody who means harm.
    #[test]
    fn no_string_off_the_wire_moves_a_terminal(
        pieces in prop::collection::vec(prop::sample::select(NASTY), 1..4),
        clean in "[ -~]{0,12}",
    ) {
        let nasty = [clean.as_bytes(), &pieces.concat()].concat();
        let nasty: Vec<u8> = nasty.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect();
        let field = |name: &str| [name.as_bytes(), b": ", &nasty, b"\r\n\r\n"].concat();
        let head = |head: &str, name: &str| {
            [head.trim_end().as_bytes(), b"\r\n", &field(name)[..]].concat()
        };
        let mut talk = Talk::opened_by(
            &head(REQUEST, "User-Agent"),
            &head(RESPONSE, "Sec-WebSocket-Protocol"),
        );
        let reason = [b"\x03\xe8", &nasty[..nasty.len().min(100)]].concat();
        talk.server(&[&[0x88, reason.len() as u8], &reason[..]].concat());
        lay_out(&analyse(&talk.capture()));
    }
}

/// Segments of one connection.
struct Talk {
    segments: Vec<Seg>,
    next: [u32; 2],
}

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const PUSH: u8 = 0x18;

impl Talk {
    fn new() -> Talk {
        let mut talk = Talk { segments: Vec::new(), next: [1_000, 5_000] };
        talk.say(0, SYN, &[]);
        talk.say(1, SYN | ACK, &[]);
        talk
    }

    fn open() -> Talk {
        Talk::opened_by(REQUEST.as_bytes(), RESPONSE.as_bytes())
    }

    fn opened_by(request: &[u8], response: &[u8]) -> Talk {
        let mut talk = Talk::new();
        talk.client(request);
        talk.server(response);
        talk
    }

    fn client(&mut self, bytes: &[u8]) {
        bytes.chunks(16_000).for_each(|bytes| self.say(0, PUSH, bytes));
    }

    fn server(&mut self, bytes: &[u8]) {
        bytes.chunks(16_000).for_each(|bytes| self.say(1, PUSH, bytes));
    }

    fn say(&mut self, side: usize, flags: u8, bytes: &[u8]) {
        let end =
            |address: [u8; 4], port| wsblame::endpoint::Endpoint { address: address.into(), port };
        let ends = [end([192, 0, 2, 1], 40_000), end([192, 0, 2, 2], 80)];
        self.segments.push(Seg {
            time: 1_767_268_800_000_000_000 + self.segments.len() as i64 * 10_000,
            from: ends[side],
            to: ends[1 - side],
            seq: self.next[side],
            ack: if flags & ACK == 0 { 0 } else { self.next[1 - side] },
            flags,
            window: 60_000,
            payload: bytes.to_vec(),
        });
        let phantom = u32::from(flags & SYN != 0);
        self.next[side] = self.next[side].wrapping_add(bytes.len() as u32 + phantom);
    }

    fn capture(&self) -> Vec<u8> {
        capture_of_segments(&self.segments)
    }

    fn report(&self) -> Report {
        let report = analyse(&self.capture());
        lay_out(&report);
        report
    }
}

// What follows would not end if the work for one thing grew with the number of things before it.

#[test]
fn a_flood_of_tiny_segments_out_of_order_is_put_in_order() {
    let mut talk = Talk::open();
    let first = talk.segments.len();
    let frames = 100_000;
    let stream: Vec<u8> = [0x81, 0x01, b'x'].repeat(frames);
    stream.chunks(1).for_each(|byte| talk.server(byte));
    talk.segments[first..].chunks_mut(10_000).for_each(<[Seg]>::reverse);
    let report = talk.report();
    let connection = &report.connections[0];
    assert_eq!(connection.traffic.server.messages, frames as u64);
    assert!(connection.findings.is_empty());
}

#[test]
fn a_head_that_comes_byte_by_byte_is_read() {
    let mut talk = Talk::new();
    let filling = format!("Cookie: {}\r\n", "0123456789".repeat(6_400));
    let head = |head: &str| head.replace("\r\nUpgrade", &format!("\r\n{filling}Upgrade"));
    head(REQUEST).as_bytes().chunks(1).for_each(|byte| talk.client(byte));
    head(RESPONSE).as_bytes().chunks(1).for_each(|byte| talk.server(byte));
    assert_eq!(talk.report().connections[0].handshake.status, Some(101));
}

#[test]
fn two_hundred_thousand_pings_wait_for_nothing() {
    let mut talk = Talk::open();
    let pings: Vec<u8> =
        (0..200_000_u32).flat_map(|n| [&[0x89, 4][..], &n.to_be_bytes()].concat()).collect();
    talk.server(&pings);
    let pongs: Vec<u8> =
        (0..200_000_u32).flat_map(|n| [&[0x8A, 4][..], &(!n).to_be_bytes()].concat()).collect();
    talk.server(&pongs);
    assert_eq!(talk.report().connections[0].traffic.server.frames, 400_000);
}

#[test]
fn empty_frames_and_fragments_are_only_counted() {
    let mut talk = Talk::open();
    talk.server(&[0x81, 0].repeat(100_000));
    talk.server(&[[0x01, 0].as_slice(), &[0x00, 0].repeat(100_000), &[0x80, 0]].concat());
    let traffic = &talk.report().connections[0].traffic.server;
    assert_eq!((traffic.frames, traffic.messages), (200_002, 100_001));
}

#[test]
fn one_fault_half_a_million_times_is_one_finding() {
    let mut talk = Talk::open();
    talk.client(&[0x81, 0].repeat(500_000));
    let report = talk.report();
    let findings = &report.connections[0].findings;
    assert_eq!(findings.iter().map(|found| found.count).max(), Some(500_000));
    assert!(findings.len() < 8, "{findings:?}");
}

#[test]
fn many_faults_of_all_kinds_are_a_few_findings() {
    let mut talk = Talk::open();
    let mut chance = crate::generate::Chance(7);
    let noise: Vec<u8> = (0..2_000_000).map(|_| chance.next() as u8 & 0x8F).collect();
    talk.client(&noise);
    talk.server(&noise);
    assert!(talk.report().connections[0].findings.len() < 100);
}

#[test]
fn a_hundred_thousand_syns_hold_nothing() {
    let mut talk = Talk::new();
    for step in 0..100_000_u32 {
        talk.next[0] = step.wrapping_mul(0x1234_5678);
        talk.say(0, SYN, &[]);
    }
    assert_eq!(talk.report().connections.len(), 0);
}

/// Whether the report says that a limit was reached.
fn says_that_there_was_too_much(report: &Report) -> bool {
    report.captures[0].blind_spots.iter().any(|spot| spot.kind == "over-limit")
}

#[test]
fn of_thousands_of_refusals_the_first_are_told_and_the_rest_is_admitted() {
    let mut talk = Talk::new();
    for _ in 0..3_000 {
        talk.client(REQUEST.as_bytes());
        talk.server(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    }
    let report = talk.report();
    assert_eq!(report.connections.len(), 64);
    assert!(says_that_there_was_too_much(&report));
}

#[test]
fn a_head_beyond_the_limits_is_given_up_and_that_is_admitted() {
    for filling in ["X: y\r\n".repeat(1_200), format!("X: {}\r\n", "y".repeat(70_000))] {
        let request = REQUEST.replace("Upgrade:", &format!("{filling}Upgrade:"));
        let report = Talk::opened_by(request.as_bytes(), RESPONSE.as_bytes()).report();
        assert!(says_that_there_was_too_much(&report), "{report:#?}");
    }
    assert!(!says_that_there_was_too_much(&Talk::open().report()));
}

#[test]
fn a_length_that_never_comes_is_not_waited_for() {
    let mut talk = Talk::open();
    let header = [0x82, 0x7F, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    talk.server(&[&header[..], &vec![0x2A; 4_000_000]].concat());
    let report = talk.report();
    assert_eq!(report.connections[0].traffic.server.frames, 1);
}

/// A hole in front of everything, one side only, lengths of gigabytes: nothing is kept for it.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_megabytes_of_memory_are_enough() {
    let mut behind_a_hole = Talk::open();
    behind_a_hole.next[1] += 1;
    behind_a_hole.server(&vec![0x2A; 30_000_000]);

    let mut unanswered = Talk::new();
    unanswered.client(REQUEST.as_bytes());
    unanswered.client(&vec![0x2A; 30_000_000]);

    let mut one_sided = Talk::new();
    one_sided.server(RESPONSE.as_bytes());
    one_sided.server(&vec![0x2A; 30_000_000]);

    let mut undecided = Talk::new();
    undecided.segments.clear();
    undecided.server(&vec![b'H'; 30_000_000]);

    let mut record = Talk::open().capture();
    record.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F]);
    let block = b"\x0a\x0d\x0d\x0a\xfc\xff\xff\x7f\x4d\x3c\x2b\x1a\x01\0\0\0".to_vec();

    let talks = [behind_a_hole, unanswered, one_sided, undecided];
    let captures = talks.iter().map(Talk::capture).chain([record, block]);
    for (number, capture) in captures.enumerate() {
        // Nor is room asked for that is not used: a gigabyte of addresses is enough.
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -v 1048576; exec \"$0\" --fail-on never -"])
            .arg(env!("CARGO_BIN_EXE_wsblame"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut input = child.stdin.take().expect("a pipe");
        let _ = input.write_all(&capture); // it may have seen enough
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let peak = status.ok().and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok() // KiB
        });
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 3)), "{number}: {code:?}, {output:?}");
        assert!(peak.is_none_or(|peak| peak < 100 << 10), "{number}: {peak:?} KiB");
        assert!(peak.is_some() || code == Some(3), "{number}: it ended before its input");
    }
}
