//! From the bytes of a capture to the report: bytes, packets and frames in a second.
//!
//! `cargo bench --bench whole -- write NAME SIZE [FILE]` writes a capture instead, as a stream, to
//! standard output or a file; the same name and size give the same bytes. SIZE is a number with k, M
//! or G behind it for thousands, millions and so on: `512MB`, `10G`, `100k`.
//!
//! | name | what is in it | SIZE counts |
//! |---|---|---|
//! | mixed | 85 % downloads over TLS and HTTP in full segments, 10 % UDP, 5 % WebSocket | bytes |
//! | small | WebSockets alone, with messages of 40 to 200 bytes | bytes |
//! | large | WebSockets alone, with messages of 256 KiB | bytes |
//! | deflate | WebSockets alone, with JSON in permessage-deflate, with context takeover | bytes |
//! | flows | connections of some ten packets, one in fifty a WebSocket | bytes |
//! | concurrent | connections that are open at the same time, one in ten a WebSocket | connections |
//! | open | WebSockets that talk in turns and never close | WebSockets |
//! | hole | one WebSocket whose first frames the capture missed | bytes |
//! | waiting | a thousand of these at a time | bytes |
//! | syns | SYNs that nobody answers | packets |
//!
//! The captures of `traps.rs` can be written as well. In each of the first five, every hundredth
//! WebSocket ends in a violation.
//!
//! `cargo bench --bench whole -- bare FILE` reads a capture in blocks of 1 MiB and steps over its
//! packets with the slice parser of `pcap-parser`, and does nothing else: what reading costs at
//! least. `against.sh` compares with it, and with other tools.
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "its own numbers")]

#[path = "../tests/common/generate/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod generate;

use std::fs::File;
use std::io::{self, Read};
use std::process::ExitCode;
use std::sync::LazyLock;
use std::{env, fmt};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use generate::shapes::{SHAPES, Shape};
use generate::traps::TRAPS;
use generate::{Generated, Plan, generate};
use pcap_parser::pcap::{parse_pcap_frame, parse_pcap_header};
use wsblame::pipeline::{Analysis, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["write", name, size, rest @ ..] => write(name, size, rest.first().copied()),
        ["bare", file, ..] => bare(file),
        ["write" | "bare", ..] => Err("write NAME SIZE [FILE], or bare FILE".to_owned()),
        _ => {
            divan::main();
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a capture, and says on standard error what is in it.
fn write(name: &str, size: &str, file: Option<&str>) -> Result<(), String> {
    let shape = find(name).ok_or_else(|| {
        let shapes = SHAPES.iter().map(|shape| format!("  {:<12}{}", shape.name, shape.what));
        format!("no capture {name}; there are:\n{}", shapes.collect::<Vec<_>>().join("\n"))
    })?;
    let size = parse(size).ok_or_else(|| format!("no size: {size}; 512MB, 10G and 100k are"))?;
    let made = match file {
        None | Some("-" | "--bench") => shape.write(size, &mut io::stdout().lock()), // cargo adds --bench
        Some(path) => File::create(path).and_then(|mut file| shape.write(size, &mut file)),
    };
    let truth = made.map_err(|error| format!("{}: {error}", file.unwrap_or("-")))?;
    eprintln!("{name}: {truth:?}");
    Ok(())
}

fn find(name: &str) -> Option<&'static Shape> {
    let traps = TRAPS.iter().map(|trap| &trap.shape);
    SHAPES.iter().chain(traps).find(|shape| shape.name == name)
}

/// A number in thousands, millions or milliards of bytes or whatever else.
fn parse(size: &str) -> Option<u64> {
    let size = size.strip_suffix('B').unwrap_or(size);
    let (number, unit) = match size.char_indices().last()? {
        (at, 'k' | 'K') => (&size[..at], 1_000),
        (at, 'M') => (&size[..at], 1_000_000),
        (at, 'G') => (&size[..at], 1_000_000_000),
        _ => (size, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// Steps over the packets of a capture in pcap's classic format, and sums up what is captured.
fn bare(path: &str) -> Result<(), String> {
    const BLOCK: usize = 1 << 20;
    let wrong = |error: io::Error| format!("{path}: {error}");
    let mut file = File::open(path).map_err(wrong)?;
    let mut block = vec![0; BLOCK];
    file.read_exact(&mut block[..24]).map_err(wrong)?;
    parse_pcap_header(&block[..24]).map_err(|error| format!("{path}: {error}"))?;
    let (mut filled, mut packets, mut bytes) = (0, 0_u64, 0_u64);
    loop {
        let read = file.read(&mut block[filled..]).map_err(wrong)?;
        if read == 0 {
            println!("{packets} packets of {bytes} bytes");
            return Ok(());
        }
        filled += read;
        let mut rest = &block[..filled];
        while let Ok((behind, packet)) = parse_pcap_frame(rest) {
            packets += 1;
            bytes += u64::from(packet.caplen);
            rest = behind;
        }
        let left = rest.len();
        block.copy_within(filled - left..filled, 0);
        filled = left;
    }
}

/// What a capture consists of.
#[derive(Clone, Copy, Debug)]
enum Mix {
    Mixed,
    Small,
    Large,
    Deflate,
    Flows,
    /// No WebSocket at all, in connections that are older than the capture.
    Older,
}

const MIXES: [Mix; 6] = [Mix::Mixed, Mix::Small, Mix::Large, Mix::Deflate, Mix::Flows, Mix::Older];

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mix::Mixed => "mixed",
            Mix::Small => "small",
            Mix::Large => "large",
            Mix::Deflate => "deflate",
            Mix::Flows => "flows",
            Mix::Older => "older",
        })
    }
}

impl Mix {
    /// About 32 MB, or 1 MB if the benches are only tried.
    fn capture(self) -> &'static Generated {
        static MADE: [LazyLock<Generated>; MIXES.len()] = [
            LazyLock::new(|| shape("mixed")),
            LazyLock::new(|| shape("small")),
            LazyLock::new(|| shape("large")),
            LazyLock::new(|| shape("deflate")),
            LazyLock::new(|| shape("flows")),
            LazyLock::new(older),
        ];
        &MADE[self as usize]
    }
}

fn megabytes() -> usize {
    if env::args().any(|argument| argument == "--test") { 1 } else { 32 }
}

fn shape(name: &str) -> Generated {
    let mut capture = Vec::new();
    let shape = find(name).expect("a shape");
    let truth = shape.write(1_000_000 * megabytes() as u64, &mut capture);
    Generated { capture, truth: truth.expect("a vector takes everything") }
}

fn older() -> Generated {
    let (other_tcp, udp) = (megabytes() * 950_000, megabytes() * 30_000);
    let plan = Plan { seed: 1, websockets: 0, messages: 0, sizes: 16..=16, other_tcp, udp };
    without_syns(generate(&plan))
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
