//! The whole of it, given any bytes: there is a report, within the bounds, and it can be written;
//! and it is the same with any number of threads.

use std::num::NonZeroUsize;
use std::sync::Arc;

use wsblame::pipeline::{Analysis, Limits, Options};

use super::{findings, reporters, samples};

/// Bounds that inputs of this size can reach.
fn tight() -> Limits {
    Limits {
        flows: 3,
        out_of_order_bytes: 600,
        out_of_order_pieces: 4,
        sources: 8,
        recent_segments: 4,
        head: 1 << 10,
        held: 2 << 10,
        cited_packets: 2,
        fragmented_datagrams: 2,
        fragment_bytes: 1 << 10,
        keys: 2,
        sessions: 2,
        search_window: 512,
        searched: 1 << 10,
        searching: 1 << 10,
        undecrypted: 512,
        undecrypted_in_all: 1 << 10,
        inflated_message: 4 << 10,
        inflate_ratio: 10,
        windows: 1,
        excerpt: 16,
        content: 64,
        ..Limits::default()
    }
}

pub(crate) fn target(data: &[u8]) {
    let run = |limits: Limits, threads: usize| {
        let threads = NonZeroUsize::new(threads);
        let mut analysis = Analysis::new(Options { limits, threads, ..Options::default() });
        analysis.use_keys(Arc::clone(&samples::keys()));
        analysis.read("fuzz.pcap", data);
        analysis.into_report()
    };
    let report = run(Limits::default(), 1);
    // Records that are no packets have numbers too, and what is compressed may hold many.
    findings::check(&report, u64::MAX);
    findings::check(&run(tight(), 1), u64::MAX);
    // Most of the work of a run is in this, and a part of the inputs is enough.
    let often = data.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    match often & 7 {
        0 => reporters::lay_out(&report),
        1 => assert!(run(Limits::default(), 3) == report, "with three threads"),
        _ => {}
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    samples::captures(32 << 10)
}
