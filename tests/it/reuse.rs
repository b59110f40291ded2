//! Two endpoints that use the same ports again: each connection is one of its own.

use crate::support::{Seg, analyse, capture_of_segments, segments};

/// The connection of `script`'s sample again, `times` times in all, each with numbers a little
/// further on: that is how systems choose them for a pair of ports (RFC 6528 §3).
fn again(times: u32, step: u32) -> Vec<Seg> {
    let sample = std::fs::read("samples/rules/client-frame-unmasked.pcap").expect("a sample");
    let once = segments(&sample);
    let shifted = |number: u32| {
        once.iter().cloned().map(move |segment| Seg {
            time: segment.time + i64::from(number) * 2_000_000_000,
            seq: segment.seq.wrapping_add(number.wrapping_mul(step)),
            ack: match segment.ack {
                0 => 0,
                ack => ack.wrapping_add(number.wrapping_mul(step)),
            },
            ..segment
        })
    };
    (0..times).flat_map(shifted).collect()
}

#[test]
fn ports_used_again_with_numbers_near_the_old_ones_are_another_connection() {
    for step in [1_000, 250_000, 1 << 20, 1 << 31] {
        let report = analyse(&capture_of_segments(&again(3, step)));
        assert_eq!(report.captures[0].tcp_streams, 3, "{step}");
        let found: Vec<_> = report
            .connections
            .iter()
            .map(|connection| {
                assert!(connection.blind_spots.is_empty(), "{:?}", connection.blind_spots);
                (connection.tcp_stream, connection.verdict.cause.as_deref())
            })
            .collect();
        let cause = Some("client-frame-unmasked");
        assert_eq!(found, [(0, cause), (1, cause), (2, cause)], "{step}");
    }
}

#[test]
fn a_port_that_is_used_again_thousands_of_times_holds_and_nests_nothing() {
    let report = analyse(&capture_of_segments(&again(4_000, 5_000_000)));
    assert_eq!(report.captures[0].tcp_streams, 4_000);
    assert_eq!(report.connections.len(), 4_000);
}
