//! From the bytes of a capture to the report: bytes, packets and frames in a second.
//!
//! `cargo bench --bench whole -- write FOLDER` writes the captures to files instead.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "its own numbers")]

#[path = "../tests/common/generate.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod generate;

use std::sync::LazyLock;
use std::{env, fmt, fs};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use generate::{Generated, Plan, generate};
use wsblame::pipeline::{Analysis, Options};

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, word, folder, ..] = arguments.as_slice()
        && word == "write"
    {
        for mix in MIXES {
            let made = mix.capture();
            fs::write(format!("{folder}/{mix}.pcap"), &made.capture).expect("a writable folder");
            println!("{mix}: {:?}", made.truth);
        }
        return;
    }
    divan::main();
}

/// What a capture consists of.
#[derive(Clone, Copy, Debug)]
enum Mix {
    /// Messages of 16 to 125 bytes and nothing else.
    Small,
    /// Messages of 16 kB to 256 kB and nothing else.
    Large,
    /// Messages of every size, and twice as much that is no WebSocket.
    Mixed,
    /// No WebSocket at all, in connections that are older than the capture.
    Older,
}

const MIXES: [Mix; 4] = [Mix::Small, Mix::Large, Mix::Mixed, Mix::Older];

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mix::Small => "small",
            Mix::Large => "large",
            Mix::Mixed => "mixed",
            Mix::Older => "older",
        })
    }
}

impl Mix {
    /// About 32 MB.
    fn capture(self) -> &'static Generated {
        static MADE: [LazyLock<Generated>; 4] = [
            LazyLock::new(|| make(1_000, 185, 16..=125, 0, 0)),
            LazyLock::new(|| make(60, 4, 16_000..=256_000, 0, 0)),
            LazyLock::new(|| make(300, 15, 16..=16_000, 16 << 20, 4 << 20)),
            LazyLock::new(|| without_syns(make(0, 0, 16..=16, 30 << 20, 1 << 20))),
        ];
        &MADE[self as usize]
    }
}

fn make(
    websockets: usize,
    messages: usize,
    sizes: std::ops::RangeInclusive<usize>,
    other_tcp: usize,
    udp: usize,
) -> Generated {
    generate(&Plan { seed: 1, websockets, messages, sizes, other_tcp, udp })
}

/// The same without the packets that open connections.
fn without_syns(mut made: Generated) -> Generated {
    const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    const FLAGS: usize = 14 + 20 + 13; // behind Ethernet and IPv4
    let (header, mut rest) = made.capture.split_at(FILE_HEADER);
    let mut capture = header.to_vec();
    while let Some((record, _)) = rest.split_at_checked(RECORD_HEADER) {
        let len = u32::from_le_bytes([record[8], record[9], record[10], record[11]]) as usize;
        let (packet, behind) = rest.split_at(RECORD_HEADER + len);
        let is_tcp = packet[RECORD_HEADER + 14 + 9] == 6;
        if is_tcp && packet[RECORD_HEADER + FLAGS] & 0x02 != 0 {
            made.truth.packets -= 1;
        } else {
            capture.extend_from_slice(packet);
        }
        rest = behind;
    }
    made.capture = capture;
    made
}

fn analyse(capture: &[u8]) -> u64 {
    let mut analysis = Analysis::new(Options::default());
    analysis.read("bench", capture);
    analysis.into_report().connections.len() as u64
}

#[divan::bench(args = MIXES, sample_count = 10)]
fn packets(bencher: Bencher, mix: Mix) {
    let made = mix.capture();
    bencher
        .counter(BytesCount::new(made.capture.len()))
        .counter(ItemsCount::new(made.truth.packets))
        .bench_local(|| assert_eq!(analyse(&made.capture), made.truth.websockets));
}

#[divan::bench(args = MIXES, sample_count = 10)]
fn frames(bencher: Bencher, mix: Mix) {
    let made = mix.capture();
    bencher
        .counter(ItemsCount::new(made.truth.frames))
        .bench_local(|| assert_eq!(analyse(&made.capture), made.truth.websockets));
}
