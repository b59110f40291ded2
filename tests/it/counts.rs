//! Captures that were made up: what is counted in the report is what was put in.

use wsblame::rules::Severity;

use crate::generate::shapes::SHAPES;
use crate::generate::{Plan, Truth, generate};
use crate::support::analyse;

fn counted(capture: &[u8]) -> Truth {
    let report = analyse(capture);
    let all = &report.captures[0];
    let mut truth = Truth {
        packets: all.packets,
        tcp_connections: all.tcp_streams,
        websockets: all.websockets,
        ..Truth::default()
    };
    truth.udp_packets = all.not_analysed.iter().map(|other| other.packets).sum();
    for connection in &report.connections {
        for traffic in [&connection.traffic.client, &connection.traffic.server] {
            truth.frames += traffic.frames;
            truth.messages += traffic.messages;
            truth.payload += traffic.bytes;
        }
        let findings = connection.findings.iter();
        truth.violations +=
            findings.filter(|found| found.severity == Severity::Error).count() as u64;
        assert!(connection.blind_spots.is_empty(), "{:?}", connection.blind_spots);
    }
    truth
}

#[test]
fn what_is_counted_is_what_was_put_in() {
    for (seed, messages, sizes) in [(1, 20, 0..=125), (2, 20, 1..=4_000), (3, 1, 66_000..=99_000)] {
        let (other_tcp, udp) = (1 << 20, 1 << 19);
        let made = generate(&Plan { seed, websockets: 300, messages, sizes, other_tcp, udp });
        assert_eq!(counted(&made.capture), made.truth);
        assert_eq!((made.truth.websockets, made.truth.violations), (300, 3));
    }
}

#[test]
fn what_is_counted_in_each_shape_is_what_was_put_in() {
    for (name, size, violations) in [
        ("mixed", 4_000_000, 0),
        ("small", 8_000_000, 1),
        ("large", 2_000_000, 0),
        ("deflate", 4_000_000, 1),
        ("flows", 24_000_000, 1),
    ] {
        let shape = SHAPES.iter().find(|shape| shape.name == name).expect("a shape");
        let mut capture = Vec::new();
        let truth = shape.write(size, &mut capture).expect("a vector takes everything");
        assert_eq!(counted(&capture), truth, "{name}");
        assert!(truth.violations >= violations, "{name}: {truth:?}");
    }
}
