//! What is taken for a WebSocket without its handshake: in captures of one's own, and in bytes that
//! are none.
//!
//! `WSBLAME_CORPUS=FOLDER cargo test --test it mistaken -- --nocapture` lists what is found in every
//! capture under a folder, whole and without its first packets. `WSBLAME_FLOWS` says how many flows
//! of other protocols are made up.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use wsblame::capture::Reader;
use wsblame::endpoint::Side;
use wsblame::report::Report;
use wsblame::tcp::StreamEvent;
use wsblame::ws::search::{Look, Resumption, Search, SearchLimits};

use crate::support::{Raw, analyse, capture_of};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The connections of a report that stand on frames alone.
fn searched(report: &Report) -> Vec<String> {
    let of_frames = |kind: &str| kind == "mid-stream";
    let connections = report.connections.iter();
    let found = connections.filter(|c| c.blind_spots.iter().any(|spot| of_frames(&spot.kind)));
    found
        .map(|c| {
            let spot = c.blind_spots.iter().find(|spot| spot.kind == "mid-stream");
            format!(
                "tcp.stream {}, {}:{} to {}:{}: {}",
                c.tcp_stream,
                c.client.address,
                c.client.port,
                c.server.address,
                c.server.port,
                spot.map(|spot| spot.hides.as_str()).unwrap_or_default()
            )
        })
        .collect()
}

/// The packets of a capture, as far as they can be read and have one link type.
fn readable(capture: &[u8]) -> Vec<Raw> {
    let Ok(mut reader) = Reader::new(capture, "corpus") else { return Vec::new() };
    let mut packets: Vec<Raw> = Vec::new();
    while let Ok(Some(packet)) = reader.next() {
        let raw = Raw {
            time: packet.at.time.0.clamp(0, i64::from(u32::MAX) * 1_000_000_000),
            link: packet.link.0,
            data: packet.data.to_vec(),
            wire_len: packet.wire_len as usize,
        };
        if packets.first().is_none_or(|first| first.link == raw.link) {
            packets.push(raw);
        }
    }
    packets
}

#[test]
fn a_corpus_is_listed_with_what_was_taken_for_a_websocket() {
    let Some(folder) = std::env::var_os("WSBLAME_CORPUS") else { return };
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    paths.sort();
    let (mut read, mut flows, mut taken) = (0, 0, 0);
    for path in paths {
        let Ok(capture) = fs::read(&path) else { continue };
        let packets = readable(&capture);
        if packets.is_empty() {
            continue;
        }
        read += 1;
        // The handshakes are lost with the first packets; more and more of them, up to half.
        for cut in [0, 1, 4, 10, 25, 50, packets.len() / 4, packets.len() / 2] {
            if cut >= packets.len() {
                continue;
            }
            let report = analyse(&capture_of(&packets[cut..]));
            flows += report.captures.iter().map(|capture| capture.tcp_streams).sum::<u64>();
            for line in searched(&report) {
                taken += 1;
                println!("{} from packet {} on, {line}", path.display(), cut + 1);
            }
        }
    }
    println!(
        "{read} captures, {flows} connections, {taken} taken for a WebSocket without its start"
    );
}

const LIMITS: SearchLimits = SearchLimits { window: 64 << 10, total: 256 << 10 };

/// One direction of something that is no WebSocket.
type Bytes = Vec<u8>;

/// Protocols that may look like one.
const KINDS: [&str; 20] = [
    "random bytes",
    "tag and length, one byte each",
    "tag and length, in segments",
    "BER",
    "MQTT",
    "RESP",
    "PostgreSQL",
    "lengths of four bytes",
    "AMQP",
    "TLS records from inside one",
    "HTTP/2 frames from inside one",
    "deflated bytes",
    "lines of JSON",
    "zeros",
    "0x81 and nothing else",
    "0x82 0x7E over and over",
    "UTF-8 of three bytes a character",
    "a web page",
    "0x81 before every record",
    "masked-like records with one key",
];

struct Dice(TestRng);

impl Dice {
    fn byte(&mut self) -> u8 {
        self.0.next_u32() as u8
    }

    fn below(&mut self, end: usize) -> usize {
        self.0.next_u32() as usize % end.max(1)
    }

    fn bytes(&mut self, len: usize) -> Bytes {
        (0..len).map(|_| self.byte()).collect()
    }

    fn text(&mut self, len: usize) -> Bytes {
        const WORDS: &[u8] = b"{\"id\": 17, \"ok\": true} select name from users where x=1; GET ";
        let from = self.below(WORDS.len());
        WORDS.iter().cycle().skip(from).take(len).copied().collect()
    }

    /// One record of `kind`.
    fn record(&mut self, kind: usize) -> Bytes {
        let len = self.below(120);
        let payload = if self.below(2) == 0 { self.bytes(len) } else { self.text(len) };
        let one = [len as u8];
        let four = (len as u32).to_be_bytes();
        let with = |head: &[u8]| [head, &payload].concat();
        match kind {
            0 | 11 => self.bytes(40),
            1 | 2 => {
                let tag = [0x80, 0x81, 0x82, 0x88, 0x89, 1, 2][self.below(7)];
                with(&[tag, len as u8])
            }
            3 => {
                let tag = [0x30, 0x80, 0x81, 0x82, 0x02, 0x04, 0xA0][self.below(7)];
                if self.below(3) == 0 { with(&[tag, 0x81, one[0]]) } else { with(&[tag, one[0]]) }
            }
            4 => with(&[[0x30, 0x32, 0x40, 0xC0, 0x82, 0x90][self.below(6)], len as u8]),
            5 => with(format!("*2\r\n${len}\r\n").as_bytes()),
            6 => with(&[b"QDCTZ"[self.below(5)], four[0], four[1], four[2], four[3] + 4]),
            7 => with(&four),
            8 => [&[1, 0, 1][..], &four, &payload, &[0xCE]].concat(),
            9 => with(&[0x17, 3, 3, 0, len as u8]),
            10 => with(&[0, 0, len as u8, [0, 1, 4, 8][self.below(4)], 1, 0, 0, 0, 1]),
            12 => [&self.text(len)[..], b"\n"].concat(),
            13 => vec![0; 40],
            14 => vec![0x81; 40],
            15 => [0x82, 0x7E].repeat(20),
            16 => {
                let letters = ["あ", "い", "の", "が", "き", "人", "日", "、", "。"];
                (0..20).flat_map(|_| letters[self.below(9)].bytes()).collect()
            }
            17 => [b"<p class=\"x\">".as_slice(), &self.text(len), "</p>é\n".as_bytes()].concat(),
            18 => with(&[0x81, len as u8 | 0x80]),
            _ => with(&[0x82, len as u8 | 0x80, 7, 1, 9, 4]),
        }
    }

    /// A stream of `kind` from anywhere on, in segments.
    fn stream(&mut self, kind: usize) -> Vec<Bytes> {
        let records = 1 + self.below(30);
        let by_record = self.below(2) == 0;
        let mut segments: Vec<Bytes> = (0..records).map(|_| self.record(kind)).collect();
        if !by_record {
            let size = 20 + self.below(200);
            segments = segments.concat().chunks(size).map(<[u8]>::to_vec).collect();
        }
        if self.below(2) == 0
            && let Some(first) = segments.first_mut()
        {
            let from = self.0.next_u32() as usize % first.len().max(1);
            first.drain(..from);
        }
        segments.retain(|segment| !segment.is_empty());
        segments
    }
}

#[test]
fn no_other_protocol_is_taken_for_a_websocket() {
    let flows: usize =
        std::env::var("WSBLAME_FLOWS").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000);
    let mut dice = Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let mut taken = [0_u64; KINDS.len()];
    let mut resumed = [[0_u64; 2]; KINDS.len()];
    for flow in 0..flows {
        let kind = flow % KINDS.len();
        let other = if dice.below(2) == 0 { kind } else { dice.below(KINDS.len()) };
        let mut search = Search::new(LIMITS);
        let mut behind = [Side::Client, Side::Server].map(|side| Resumption::new(side, LIMITS));
        let mut found = false;
        for (side, kind) in [(Side::Client, kind), (Side::Server, other)] {
            if side == Side::Server && dice.below(4) == 0 {
                continue; // one side was not captured
            }
            let mut offset = 0;
            for bytes in dice.stream(kind) {
                let event = StreamEvent::Data { offset, bytes: &bytes };
                offset += bytes.len() as u64;
                search.push(side, event);
                found |= matches!(search.look(), Look::Found(_));
                if side == Side::Client {
                    behind.iter_mut().for_each(|search| search.push(event));
                }
            }
        }
        taken[kind] += u64::from(found || search.look_now().is_some());
        for (place, search) in behind.iter().enumerate() {
            resumed[kind][place] += u64::from(search.look_now().is_some());
        }
    }
    for (kind, name) in KINDS.iter().enumerate() {
        let [client, server] = resumed[kind];
        if taken[kind] + client + server > 0 || flows > 100_000 {
            let each = flows / KINDS.len();
            println!(
                "{name}: {} of {each} taken for a WebSocket; {client} and {server} taken for what a \
                 client and a server send behind a hole",
                taken[kind]
            );
        }
    }
    assert_eq!(taken.iter().sum::<u64>(), 0);
}
