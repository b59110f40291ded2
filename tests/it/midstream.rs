//! Connections that are older than the capture: their frames are found by their own evidence, and
//! nothing else is taken for them.

use wsblame::report::{Confidence, ConnectionReport, Outcome, Report};

use crate::support::{all_samples, analyse, capture_of, key_of, packets};

/// The connections whose frames were found without a handshake.
fn found(report: &Report) -> Vec<&ConnectionReport> {
    let is_midstream =
        |c: &&ConnectionReport| c.blind_spots.iter().any(|spot| spot.kind == "mid-stream");
    report.connections.iter().filter(is_midstream).collect()
}

/// For each sample with a WebSocket that has ended, the report on what is left when everything up to
/// the 101 and `more` packets behind it are missing.
fn without_the_handshake(more: usize) -> Vec<(String, ConnectionReport, Report)> {
    let mut cut = Vec::new();
    for (name, sample) in all_samples() {
        let whole = analyse(&sample);
        let [connection] = whole.connections.as_slice() else { continue };
        let Some(last) = connection.handshake.response_packets.last() else { continue };
        if connection.handshake.status != Some(101) {
            continue;
        }
        let rest = packets(&sample).split_off(usize::try_from(*last).unwrap() + more);
        if !rest.is_empty() {
            cut.push((name, connection.clone(), analyse(&capture_of(&rest))));
        }
    }
    cut
}

#[test]
fn frames_are_found_without_their_handshake() {
    for more in 0..4 {
        let cut = without_the_handshake(more);
        let seen = cut.iter().filter(|(_, _, report)| !found(report).is_empty()).count();
        println!("{more} packets behind the 101 missing: {seen} of {} found", cut.len());
        for (name, whole, report) in &cut {
            if std::env::var("V").is_ok() {
                println!(
                    "  {name} {} {}: {:?}",
                    whole.traffic.client.frames,
                    whole.traffic.server.frames,
                    found(report).iter().map(|c| &c.verdict.summary).collect::<Vec<_>>()
                );
            }
        }
    }
}
