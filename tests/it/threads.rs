//! What does not depend on how the work is divided: everything.
//!
//! The report is the same to the byte for any number of threads, also where bounds are reached; of
//! many captures too. Connections that are over are told while the capture is still read, and they
//! are the same that the whole report has.

use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use wsblame::pipeline::{Analysis, Input, Limits, Options};
use wsblame::report::{ConnectionReport, Report, SCHEMA};

use crate::generate::shapes::SHAPES;
use crate::generate::{Plan, generate};
use crate::support::{all_samples, root};

fn options(threads: usize, limits: Limits) -> Options {
    Options { limits, threads: NonZeroUsize::new(threads), ..Options::default() }
}

fn report(capture: &[u8], threads: usize, limits: Limits) -> String {
    let mut analysis = Analysis::new(options(threads, limits));
    analysis.read("capture.pcap", capture);
    json(&analysis.into_report())
}

fn json(report: &Report) -> String {
    assert_eq!(report.schema, SCHEMA);
    serde_json::to_string(report).expect("a report is JSON")
}

/// Bounds that every capture here reaches.
fn narrow() -> Limits {
    Limits {
        flows: 160,
        followed: 96,
        lingering: 16,
        searching: 1 << 16,
        windows: 48,
        undecrypted_in_all: 1 << 16,
        out_of_order_bytes: 1 << 14,
        keys: 8,
        copies: 8,
        ..Limits::default()
    }
}

/// A capture of several blocks, with traffic of every kind.
fn mixture() -> Vec<u8> {
    let (other_tcp, udp) = (3 << 20, 1 << 20);
    let plan = Plan { seed: 7, websockets: 400, messages: 12, sizes: 1..=9_000, other_tcp, udp };
    generate(&plan).capture
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    for limits in [Limits::default(), narrow()] {
        let capture = mixture();
        let alone = report(&capture, 1, limits);
        for threads in [2, 3, 16, 40] {
            assert!(report(&capture, threads, limits) == alone, "{threads} threads");
        }
    }
}

/// Shapes whose size is a number of connections.
const COUNTED: &[&str] = &["concurrent", "open", "syns"];

#[test]
fn any_number_of_threads_gives_the_same_report_on_every_shape() {
    for shape in SHAPES {
        let mut capture = Vec::new();
        let size = if COUNTED.contains(&shape.name) { 4_000 } else { 4 << 20 };
        shape.write(size, &mut capture).expect("a vector takes everything");
        for limits in [Limits::default(), narrow()] {
            let alone = report(&capture, 1, limits);
            assert!(report(&capture, 2, limits) == alone, "{}", shape.name);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_report_on_every_sample() {
    for (name, capture) in all_samples() {
        let alone = report(&capture, 1, Limits::default());
        assert!(report(&capture, 3, Limits::default()) == alone, "{name}");
    }
}

#[test]
fn captures_that_are_read_at_the_same_time_come_in_their_order() {
    let folder = root().join("samples/real");
    let mut files: Vec<PathBuf> =
        folder.read_dir().expect("the samples").map(|entry| entry.expect("one").path()).collect();
    files.sort();
    let inputs: Vec<Input> = files.into_iter().map(Input::named).collect();
    let of = |threads| {
        let mut analysis = Analysis::new(options(threads, Limits::default()));
        analysis.inputs(&inputs);
        analysis.into_report()
    };
    let alone = of(1);
    assert!(alone.connections.len() > 30);
    for threads in [2, 5] {
        assert!(json(&of(threads)) == json(&alone), "{threads} threads");
    }
    for threads in [1, 4] {
        let mut told = Vec::new();
        let mut analysis = Analysis::new(options(threads, Limits::default()));
        analysis
            .inputs_to(&inputs, &mut |file, connection| told.push((file.to_owned(), connection)));
        let rest = analysis.into_report();
        assert!(rest.connections.is_empty());
        assert!(json(&Report { connections: Vec::new(), ..alone.clone() }) == json(&rest));
        let of_captures = |one: &ConnectionReport| rest.captures[one.capture].file.clone();
        assert!(told.iter().all(|(file, one)| *file == of_captures(one)));
        let told: Vec<ConnectionReport> = told.into_iter().map(|(_, one)| one).collect();
        assert!(told == alone.connections, "{threads} threads");
    }
}

/// Without what depends on the order in which connections end.
fn by_stream(report: &str) -> Vec<serde_json::Value> {
    let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
    let mut all = report["connections"].as_array().expect("a list").clone();
    for one in &mut all {
        one["id"] = serde_json::Value::Null;
    }
    all.sort_by_key(|one| one["tcp_stream"].as_u64());
    all
}

#[test]
fn connections_that_make_room_soon_after_they_are_over_are_judged_the_same() {
    let capture = mixture();
    let soon = Limits { lingering: 16, ..Limits::default() };
    let (kept, ended) = (report(&capture, 1, Limits::default()), report(&capture, 2, soon));
    assert!(kept != ended, "none was over before the capture ended");
    assert_eq!(by_stream(&kept).len(), 400);
    for (one, other) in by_stream(&kept).iter().zip(&by_stream(&ended)) {
        assert_eq!(one, other);
    }
}

#[test]
fn a_key_that_is_used_again_is_noticed_however_long_ago_its_connection_ended() {
    let (name, capture) = all_samples()
        .into_iter()
        .find(|(name, _)| name == "handshake-key-reused")
        .expect("the sample of a rule");
    let at_once = Limits { lingering: 0, linger: 0, ..Limits::default() };
    for threads in [1, 2] {
        let found = report(&capture, threads, at_once);
        assert!(found.contains(&format!("\"rule\":\"{name}\"")), "{found}");
    }
}

#[test]
fn a_connection_that_is_over_is_told_before_the_capture_ends() {
    let made = generate(&Plan {
        seed: 3,
        websockets: 1,
        messages: 2,
        sizes: 1..=50,
        other_tcp: 0,
        udp: 0,
    });
    let mut later = generate(&Plan {
        seed: 4,
        websockets: 1,
        messages: 5_000,
        sizes: 1..=50,
        other_tcp: 0,
        udp: 0,
    });
    // The second talks an hour later, from another host.
    let mut at = 24;
    while let Some(header) = later.capture.get(at..at + 16) {
        let seconds = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) + 3_600;
        let len = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
        later.capture[at..at + 4].copy_from_slice(&seconds.to_le_bytes());
        let ip = at + 16 + 14;
        for address in [ip + 12, ip + 16] {
            if later.capture[address] == 10 {
                later.capture[address + 1] ^= 0x40;
            }
        }
        at += 16 + len;
    }
    for threads in ["1", "2"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wsblame"))
            .args(["-f", "ndjson", "--threads", threads, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(&made.capture).expect("it reads");
        // In pieces, with the pipe still open when the line is waited for.
        later.capture[24..].chunks(64 << 10).for_each(|piece| {
            input.write_all(piece).expect("it reads");
            std::thread::sleep(std::time::Duration::from_millis(20));
        });
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let first: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!((&first["type"], &first["tcp_stream"]), (&"connection".into(), &0.into()));
        drop(input);
        let rest: Vec<String> = output.lines().map(|line| line.expect("text")).collect();
        let kinds: Vec<serde_json::Value> = rest
            .iter()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).expect("JSON")["type"].clone()
            })
            .collect();
        assert_eq!(kinds, ["connection", "capture", "report"]);
        child.wait().expect("it ends");
    }
}
