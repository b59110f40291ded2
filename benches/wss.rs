//! From the bytes of a capture in TLS to the report, as a ratio to the same capture in the clear, and
//! to the bare cipher on the same records.
//!
//! All three do their work in turns, so that whatever else the machine does slows all alike; the
//! medians of the turns are printed. Bytes in a second count the content of the records, which is
//! the payload of TCP in the clear. The bare cipher has its keys and nonces at hand and does nothing
//! but decrypt and authenticate, from one buffer to another. The key log is read before.
//!
//! `cargo bench --bench wss -- write FOLDER` writes the captures and their key logs to files instead.

#[path = "../tests/common/generate/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod generate;
#[path = "../tests/common/seal.rs"]
mod seal;
#[path = "../tests/common/secure.rs"]
mod secure;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs};

use generate::{Generated, Plan, generate};
use secure::{Secured, secure};
use wsblame::pipeline::{Analysis, Options};
use wsblame::tls::{Keyring, read_key_log};

/// What a capture consists of: about 16 MB of messages.
struct Mix {
    name: &'static str,
    websockets: usize,
    messages: usize,
    sizes: RangeInclusive<usize>,
}

const MIXES: [Mix; 2] = [
    // A record for each.
    Mix { name: "40 to 200 bytes", websockets: 1_000, messages: 160, sizes: 40..=200 },
    // Records of 16 KiB, but for the last of each.
    Mix { name: "128 to 256 KiB", websockets: 20, messages: 4, sizes: 131_072..=262_144 },
];

impl Mix {
    fn make(&self, part: usize) -> (Generated, Secured) {
        let (websockets, messages, sizes) =
            (self.websockets.div_ceil(part), self.messages, self.sizes.clone());
        let plan = Plan { seed: 1, websockets, messages, sizes, other_tcp: 0, udp: 0 };
        let clear = generate(&plan);
        let secured = secure(&clear.capture, 2);
        (clear, secured)
    }
}

/// The frames that were found.
fn analyse(capture: &[u8], keys: &Arc<Keyring>) -> u64 {
    let mut analysis = Analysis::new(Options::default());
    analysis.use_keys(Arc::clone(keys));
    analysis.read("bench", capture);
    let report = analysis.into_report();
    let traffic = report.connections.iter().map(|connection| &connection.traffic);
    traffic.map(|traffic| traffic.client.frames + traffic.server.frames).sum()
}

/// Bytes of content.
fn open(secured: &Secured, out: &mut Vec<u8>) -> usize {
    let mut opened = 0;
    for spoken in &secured.spoken {
        opened += spoken.records.iter().map(|one| spoken.sealer.open(one, out)).sum::<usize>();
    }
    opened
}

/// Seconds.
fn time<T: PartialEq + std::fmt::Debug>(expected: T, work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    assert_eq!(work(), expected);
    start.elapsed().as_secs_f64()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// Measures one capture, and prints a row of the table.
fn measure(mix: &Mix, part: usize, turns: usize) {
    let (clear, secured) = mix.make(part);
    let mut keys = Keyring::new(10_000);
    read_key_log(secured.key_log.as_bytes(), &mut keys).expect("a String");
    let (keys, none) = (Arc::new(keys), Arc::new(Keyring::new(1)));
    let mut out = Vec::new();
    let content = open(&secured, &mut out);
    let frames = clear.truth.frames;
    let (mut speed, mut of_clear, mut of_bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let bare = time(content, || open(&secured, &mut out));
        let in_tls = time(frames, || analyse(&secured.capture, &keys));
        let in_the_clear = time(frames, || analyse(&clear.capture, &none));
        speed.push(f64::from(u32::try_from(content).unwrap_or(u32::MAX)) / in_tls / 1e6);
        of_clear.push(in_the_clear / in_tls);
        of_bare.push(bare / in_tls);
    }
    let (name, speed) = (mix.name, median(speed));
    let records: usize = secured.spoken.iter().map(|spoken| spoken.records.len()).sum();
    let (of_clear, of_bare) = (median(of_clear), median(of_bare));
    println!("| {name} | {records} | {content} | {speed:.0} | {of_clear:.2} | {of_bare:.2} |");
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, word, folder, ..] = arguments.as_slice()
        && word == "write"
    {
        for mix in MIXES {
            let (clear, secured) = mix.make(1);
            let file = |kind: &str| format!("{folder}/{}{kind}", mix.name.replace(' ', "-"));
            fs::write(file("-clear.pcap"), &clear.capture).expect("a writable folder");
            fs::write(file(".pcap"), &secured.capture).expect("a writable folder");
            fs::write(file(".keys"), &secured.key_log).expect("a writable folder");
        }
        return;
    }
    // `cargo bench -- --test` is to try it only.
    let quick = arguments.iter().any(|argument| argument == "--test");
    let (part, turns) = if quick { (20, 1) } else { (1, 21) };
    println!(
        "| messages | records | bytes of content | in TLS, MB/s | ratio to the clear \
         | ratio to the bare AEAD |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    MIXES.iter().for_each(|mix| measure(mix, part, turns));
}
