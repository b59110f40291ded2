//! What could take quadratic time, and does not: each trap at a tenth of its size and at its size.
//!
//! `cargo bench --bench traps [NAME]` prints what a packet or a byte of the capture costs in both,
//! and the ratio, which has to stay below two. Where it does not, the exit code is 1. The fastest
//! of several runs counts, and large and ten small ones take turns. The capture of a trap is written
//! by `cargo bench --bench whole -- write NAME SIZE`.
#![allow(clippy::cast_precision_loss, reason = "what is shown has three digits")]

#[path = "../tests/common/generate/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod generate;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use generate::traps::{Per, TRAPS, Trap};
use mimalloc::MiMalloc;
use wsblame::pipeline::{Analysis, Options};

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How many times as much a unit may cost when there are ten times as many.
const FLAT: f64 = 2.0;
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_trial = arguments.iter().any(|argument| argument == "--test");
    let names: Vec<&String> = arguments.iter().filter(|one| !one.starts_with('-')).collect();
    let is_meant =
        |trap: &&Trap| names.is_empty() || names.iter().any(|name| *name == trap.shape.name);
    if is_trial {
        // It is only tried whether all of them run: time says nothing here.
        TRAPS.iter().filter(is_meant).for_each(|trap| {
            let took = Capture::of(trap, trap.count.min(300)).run();
            assert!(took > 0.0, "{}", trap.shape.name);
        });
        return ExitCode::SUCCESS;
    }
    println!(
        "{:<18} {:>11} {:>8} {:>10} {:>10} {:>6}",
        "trap", "times", "MB", "ns, 1/10", "ns", "ratio"
    );
    let mut steep = 0;
    for trap in TRAPS.iter().filter(is_meant) {
        let ratio = measure(trap);
        steep += usize::from(ratio >= FLAT);
    }
    if steep > 0 {
        println!("{steep} of them are not flat");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints a line, and gives the ratio.
fn measure(trap: &Trap) -> f64 {
    let (small, large) = (Capture::of(trap, trap.count / 10), Capture::of(trap, trap.count));
    let (mut fast_small, mut fast_large) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        // Ten small ones at a stretch take as long as the large one: noise has the same chance.
        let ten: f64 = (0..10).map(|_| small.run()).sum();
        fast_small = fast_small.min(ten / 10.0);
        fast_large = fast_large.min(large.run());
    }
    let megabytes = large.bytes.len() as f64 / 1e6;
    let (small, large) = (fast_small / small.units, fast_large / large.units);
    let unit = match trap.per {
        Per::Packet => "a packet",
        Per::Byte => "a byte",
    };
    println!(
        "{:<18} {:>11} {:>8.1} {:>10.2} {:>10.2} {:>6.2}  {unit}: {}",
        trap.shape.name,
        trap.count,
        megabytes,
        small * 1e9,
        large * 1e9,
        large / small,
        trap.shape.what
    );
    large / small
}

/// The capture of a trap.
struct Capture {
    bytes: Vec<u8>,
    /// Packets or bytes.
    units: f64,
}

impl Capture {
    fn of(trap: &Trap, count: u64) -> Capture {
        let mut bytes = Vec::new();
        let truth = trap.shape.write(count, &mut bytes).expect("a vector takes everything");
        let units = match trap.per {
            Per::Packet => truth.packets as f64,
            Per::Byte => bytes.len() as f64,
        };
        Capture { bytes, units }
    }

    /// Seconds.
    fn run(&self) -> f64 {
        let start = Instant::now();
        let mut analysis = Analysis::new(Options::default());
        analysis.read("trap", self.bytes.as_slice());
        let report = analysis.into_report();
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(report.captures.len(), 1);
        seconds
    }
}
