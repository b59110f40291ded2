//! Two endpoints that use the same ports again: each connection is one of its own.

use wsblame::ip::TcpFlags;
use wsblame::pipeline::Limits;

use crate::loss::unsupported;
use crate::support::{
    Seg, all_samples, analyse, analyse_within, capture_of_segments, everywhere, keys_of_samples,
    segments,
};

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

/// Without the SYN of the last one.
fn without_its_syn(mut all: Vec<Seg>) -> Vec<Seg> {
    let syn = all.iter().rposition(|segment| segment.flags == TcpFlags::SYN.0).expect("a SYN");
    all.remove(syn);
    all
}

#[test]
fn a_syn_ack_whose_syn_was_lost_begins_another_connection() {
    for step in [250_000, 1 << 20, 1 << 31] {
        let report = analyse(&capture_of_segments(&without_its_syn(again(2, step))));
        assert_eq!(report.captures[0].tcp_streams, 2, "{step}");
        let causes: Vec<_> =
            report.connections.iter().map(|c| c.verdict.cause.as_deref()).collect();
        assert_eq!(causes, [Some("client-frame-unmasked"); 2], "{step}");
    }
}

/// What was no WebSocket is not looked at any more, and what follows between its endpoints is.
#[test]
fn a_syn_ack_whose_syn_was_lost_begins_another_connection_behind_one_that_was_something_else() {
    let mut all = again(2, 1 << 20);
    let first = &mut all[..];
    let times = first.len() / 2;
    for segment in &mut first[..times] {
        segment.payload.iter_mut().for_each(|byte| *byte = b'*');
    }
    for all in [all.clone(), without_its_syn(all)] {
        let report = analyse(&capture_of_segments(&all));
        assert_eq!(report.captures[0].tcp_streams, 2);
        let [connection] = &report.connections[..] else { panic!("one WebSocket") };
        assert_eq!(connection.verdict.cause.as_deref(), Some("client-frame-unmasked"));
    }
}

/// How many are followed at the same time is bounded, whatever was between their endpoints before.
#[test]
fn what_follows_something_else_needs_a_place_too() {
    // Something else on each pair of endpoints, one after the other; then the start of a request on
    // each, and none of them ends.
    let on = |port: u16| {
        let mut all = again(2, 1 << 20);
        let (client, seconds) = (all[0].from, i64::from(port) * 1_000_000_000);
        for segment in &mut all {
            segment.time += seconds;
            for end in [&mut segment.from, &mut segment.to] {
                end.port = if *end == client { port } else { end.port };
            }
        }
        let mut later = all.split_off(all.len() / 2);
        all.iter_mut().for_each(|segment| segment.payload.fill(b'*'));
        let asks = later.iter().position(|segment| !segment.payload.is_empty());
        later.truncate(asks.expect("a request") + 1);
        later.iter_mut().for_each(|segment| segment.payload.truncate(8));
        (all, later)
    };
    let (before, later): (Vec<_>, Vec<_>) = (1_000..1_064).map(on).unzip();
    let told = |followed, segments: &[Vec<Seg>]| {
        let limits = Limits { followed, ..Limits::default() };
        let capture = capture_of_segments(&segments.concat());
        let report = analyse_within(limits, keys_of_samples(), &capture);
        report.captures[0].blind_spots.iter().any(|spot| spot.kind == "over-limit")
    };
    let all = [&before[..], &later[..]].concat();
    assert!(!told(16, &before));
    assert!(told(16, &all));
    assert!(!told(64 * 16, &all));
}

#[test]
fn a_syn_ack_once_more_begins_nothing() {
    for something_else in [false, true] {
        for has_syn in [false, true] {
            let mut once = again(1, 0);
            if something_else {
                for segment in &mut once {
                    segment.payload.iter_mut().for_each(|byte| *byte = b'*');
                }
            }
            let syn_ack = once[1].clone();
            assert_eq!(syn_ack.flags, TcpFlags::SYN.with(TcpFlags::ACK).0);
            let once = if has_syn { once } else { without_its_syn(once) };
            for place in 1..=once.len() {
                let mut all = once.clone();
                let time = all[place - 1].time + 1;
                all.insert(place, Seg { time, ..syn_ack.clone() });
                let report = analyse(&capture_of_segments(&all));
                assert_eq!(report.captures[0].tcp_streams, 1, "at {place}");
                assert_eq!(report.connections.len(), usize::from(!something_else), "at {place}");
            }
        }
    }
}

/// It comes once more between the SYN of the next connection and the answer to that.
#[test]
fn a_late_syn_ack_of_the_connection_before_leaves_the_next_one_whole() {
    for step in [100_000_000, 100_000_000_u32.wrapping_neg()] {
        let mut all = again(2, step);
        let told = |all: &[Seg]| {
            let connections = analyse(&capture_of_segments(all)).connections.into_iter();
            let said = connections.map(|connection| {
                (connection.tcp_stream, connection.verdict.cause, connection.close.tcp_end.by)
            });
            said.collect::<Vec<_>>()
        };
        let without = told(&all);
        let syn = all.iter().rposition(|segment| segment.flags == TcpFlags::SYN.0);
        let syn = syn.expect("each begins with one");
        let late = Seg { time: all[syn].time + 1, ..all[1].clone() };
        all.insert(syn + 1, late);
        assert_eq!(told(&all), without);
    }
}

/// Of the connection before, nothing else was captured.
#[test]
fn stragglers_of_a_connection_that_was_not_captured_accuse_nobody() {
    const FIN_ACK: u8 = TcpFlags::FIN.with(TcpFlags::ACK).0;
    const RST_ACK: u8 = TcpFlags::RST.with(TcpFlags::ACK).0;
    // A Close with 1002 and the FIN behind it, a FIN, a RST; and an unmasked text.
    let stragglers: [(u8, &[u8]); 5] = [
        (TcpFlags::ACK.0, b"\x88\x02\x03\xea"),
        (FIN_ACK, b"\x88\x02\x03\xea"),
        (FIN_ACK, b""),
        (RST_ACK, b""),
        (TcpFlags::ACK.0, b"\x83\x04late"),
    ];
    let samples = all_samples();
    let wrong = everywhere(samples.len(), |number| {
        let (name, capture) = &samples[number];
        let own = segments(capture);
        if own.len() > 60 || own.len() < 4 {
            return Vec::new();
        }
        let whole = analyse(&capture_of_segments(&own));
        let mut wrong = Vec::new();
        for (by, acked_by) in [(1_u32 << 30, 3_u32 << 30), (3 << 30, 3 << 30), (40 << 20, 90 << 20)]
        {
            for (flags, payload) in stragglers {
                for place in (2..own.len()).step_by(own.len() / 8 + 1) {
                    let before = &own[place - 1];
                    let straggler = Seg {
                        time: before.time + 1,
                        flags,
                        payload: payload.to_vec(),
                        seq: before.seq.wrapping_add(by),
                        ack: before.ack.wrapping_add(acked_by),
                        ..before.clone()
                    };
                    let mut all = own.clone();
                    all.insert(place, straggler);
                    let claims = unsupported(&analyse(&capture_of_segments(&all)), &whole);
                    if !claims.is_empty() {
                        wrong.push(format!(
                            "{name} {by:#x} {flags:#x} {payload:x?} at {place}: {claims:?}"
                        ));
                    }
                }
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} claims:\n{}", wrong.len(), wrong.join("\n"));
}
