//! How TLS ends: handshakes that fail, alerts, and ends without `close_notify`. An alert is the word
//! of one side and a FIN not even that, so nobody is accused by them.

use std::collections::BTreeMap;
use std::fs;

use wsblame::report::{AtFault, Blame, Confidence, ConnectionReport, Outcome, Report};

use crate::support::{
    Seg, TlsSample, analyse, analyse_without_keys, capture_of, capture_of_segments, everywhere,
    key_of, packets, segments, tls_samples,
};

/// Nothing more is expected of a connection that is over, also where it was read with keys: it comes
/// before one that began earlier and goes on.
#[test]
fn what_is_over_in_tls_is_not_waited_for_once_it_is_read() {
    for name in ["chromium-tls12-close-tab-1001", "haproxy-tls-tunnel-timeout"] {
        let sample = sample(name);
        let over = segments(&sample.capture);
        let goes_on = segments(&fs::read("samples/rules/client-frame-unmasked.pcap").expect("one"));
        let start = over.first().expect("packets").time - 1_000_000_000;
        let mut all: Vec<Seg> = goes_on.into_iter().take(4).collect();
        let shift = start - all[0].time;
        all.iter_mut().for_each(|segment| segment.time += shift);
        let mut last = all[2].clone();
        all.extend(over);
        last.time = all.last().expect("packets").time + 200_000_000_000;
        all.extend([last.clone(), Seg { time: last.time + 100_000_000_000, ..last }]);
        let report = analyse(&capture_of_segments(&all));
        let order: Vec<u64> = report.connections.iter().map(|one| one.tcp_stream).collect();
        assert!(order.len() >= 2 && order.last() == Some(&0), "{name}: {order:?}");
    }
}

fn sample(name: &str) -> &'static TlsSample {
    tls_samples().iter().find(|sample| sample.name == name).expect("a sample")
}

fn report_on(name: &str) -> Report {
    analyse(&sample(name).capture)
}

/// Each connection as its number, its cause and how sure that is.
fn causes(report: &Report) -> Vec<(u64, &str, Confidence)> {
    let cause = |one: &ConnectionReport| one.verdict.cause.clone().unwrap_or_default();
    let row = |one| (one, cause(one));
    let rows = report.connections.iter().map(row);
    rows.map(|(one, cause)| {
        let known = ALL.iter().find(|known| **known == cause).copied().unwrap_or("another");
        (one.tcp_stream, known, one.verdict.confidence)
    })
    .collect()
}

const CERTIFICATE: &str = "tls-certificate-rejected";
const FAILED: &str = "tls-handshake-failed";
const PLAIN: &str = "tls-to-plain-port";
const ALERT: &str = "tls-alert";
const NO_RESPONSE: &str = "handshake-no-response";
const TO_TLS: &str = "plain-http-to-tls-port";
const ALL: &[&str] = &[CERTIFICATE, FAILED, PLAIN, ALERT, NO_RESPONSE, TO_TLS];

/// Samples of handshakes that failed.
const FAILING: &[&str] = &[
    "chromium-rejects-certificate",
    "plain-to-a-port-of-tls",
    "tls-handshake-alerts",
    "tls-handshake-ends-without-alert",
    "tls-to-a-port-without",
];

#[test]
fn an_alert_names_why_the_handshake_failed() {
    use Confidence::{Likely, Possible};
    let report = report_on("tls-handshake-alerts");
    // The third offers mqtt by ALPN: it was not for a WebSocket.
    let expected = [
        (0, FAILED, Possible),
        (1, FAILED, Possible),
        (3, CERTIFICATE, Possible),
        (4, CERTIFICATE, Possible),
        (5, CERTIFICATE, Possible),
        (6, CERTIFICATE, Likely),
        (7, FAILED, Possible),
        (8, CERTIFICATE, Likely),
    ];
    assert_eq!(causes(&report), expected);
    let summary = |at: usize| report.connections[at].verdict.summary.as_str();
    assert!(
        summary(0).contains("the server ended it with the fatal alert protocol_version (packet 6)")
    );
    assert!(summary(2).contains("the client refused the server's certificate"));
    assert!(summary(2).contains("unknown_ca (packet 38)"));
    assert!(summary(5).contains("no answer but the fatal alert certificate_required (packet 66)"));
    let chromium = report_on("chromium-rejects-certificate");
    assert_eq!(causes(&chromium), [(0, CERTIFICATE, Likely)]);
    assert!(chromium.connections[0].verdict.summary.contains("certificate_unknown (packet 8)"));
}

#[test]
fn an_alert_in_the_clear_needs_no_keys() {
    let with = report_on("tls-handshake-alerts");
    let without =
        analyse_without_keys(&capture_of(&packets(&sample("tls-handshake-alerts").capture)));
    let failed = |report: &Report| {
        let rows = causes(report).into_iter().filter(|(stream, _, _)| ![6, 8].contains(stream));
        rows.map(|(stream, cause, sure)| (stream, cause.to_owned(), sure)).collect::<Vec<_>>()
    };
    assert_eq!(failed(&with), failed(&without));
}

#[test]
fn without_its_keys_an_encrypted_alert_is_known_by_its_size_alone() {
    let capture = capture_of(&packets(&sample("chromium-rejects-certificate").capture));
    let report = analyse_without_keys(&capture);
    assert_eq!(causes(&report), [(0, FAILED, Confidence::Possible)]);
    let verdict = &report.connections[0].verdict;
    assert!(verdict.summary.contains("inferred"), "{}", verdict.summary);
    assert!(verdict.alternatives[0].contains("certificate_unknown"), "{verdict:?}");
}

#[test]
fn who_hangs_up_in_the_handshake_gives_no_reason() {
    use Confidence::{Likely, Possible};
    let report = report_on("tls-handshake-ends-without-alert");
    let expected = [
        (0, CERTIFICATE, Possible),
        (1, CERTIFICATE, Possible),
        (2, CERTIFICATE, Possible),
        (3, CERTIFICATE, Possible),
        (4, FAILED, Possible),
        (5, NO_RESPONSE, Likely),
        (6, FAILED, Possible),
    ];
    assert_eq!(causes(&report), expected);
    for connection in &report.connections {
        let verdict = &connection.verdict;
        assert!(!verdict.alternatives.is_empty(), "{verdict:?}");
    }
}

#[test]
fn the_wrong_scheme_is_recognised_both_ways() {
    use Confidence::{Likely, Possible, Proven};
    let secure = report_on("tls-to-a-port-without");
    let expected =
        [(0, PLAIN, Possible), (1, FAILED, Possible), (2, PLAIN, Likely), (3, PLAIN, Possible)];
    assert_eq!(causes(&secure), expected);
    assert!(secure.connections[0].verdict.summary.contains("\"HTTP/1.1 400"));
    assert!(secure.connections[1].verdict.alternatives[0].contains("ws:// instead of wss://"));
    let clear = report_on("plain-to-a-port-of-tls");
    let expected = [
        (0, NO_RESPONSE, Likely),
        (1, NO_RESPONSE, Likely),
        (2, NO_RESPONSE, Likely),
        (3, TO_TLS, Proven),
    ];
    assert_eq!(causes(&clear), expected);
    for connection in clear.connections.iter().take(3) {
        assert!(connection.verdict.alternatives[0].contains("wss:// instead of ws://"));
    }
}

#[test]
fn an_alert_under_an_open_websocket_blames_neither_side() {
    let report = report_on("tls13-garbage-in-a-record");
    assert_eq!(causes(&report), [(0, ALERT, Confidence::Possible)]);
    let connection = &report.connections[0];
    let verdict = &connection.verdict;
    assert_eq!((verdict.outcome, verdict.at_fault), (Outcome::Aborted, Blame::Unknown));
    assert!(verdict.summary.contains("bad_record_mac (packet 15)"), "{}", verdict.summary);
    assert!(verdict.alternatives.len() == 2, "{verdict:?}");
    let spot = connection.blind_spots.iter().find(|spot| spot.kind == "refused-records");
    let spot = spot.expect("the record that did not authenticate");
    assert!(verdict.alternatives[0].contains(&format!("packet {}", spot.packets[0].number())));
}

#[test]
fn an_end_without_close_notify_is_said_to_be_one() {
    for (name, truncated) in [
        ("tls13-server-killed", true),
        ("tls13-reset-without-close", true),
        ("tls12-ws-client-terminates", true),
        ("tls13-close-notify-without-close", false),
        ("haproxy-tls-tunnel-timeout", false),
    ] {
        let report = report_on(name);
        for connection in &report.connections {
            let verdict = &connection.verdict;
            assert_eq!(verdict.cause.as_deref(), Some("tcp-closed-without-close"), "{name}");
            assert_eq!(verdict.summary.contains("without close_notify"), truncated, "{name}");
            let reading = if truncated { "killed" } else { "haproxy" };
            assert!(verdict.alternatives.iter().any(|other| other.contains(reading)), "{name}");
        }
    }
}

#[test]
fn what_is_not_decrypted_is_named() {
    let report = report_on("tls12-camellia");
    let spots = report.captures.iter().flat_map(|capture| &capture.blind_spots);
    let named = spots.filter(|spot| spot.hides.contains("CAMELLIA")).count();
    let in_rows = report.connections.iter().filter_map(|one| one.tls.as_ref()?.suite.clone());
    assert!(named > 0 || in_rows.filter(|suite| suite.contains("CAMELLIA")).count() > 0);
}

/// Whether TLS failed before anything was asked.
fn has_failed(connection: &ConnectionReport) -> bool {
    connection.verdict.cause.as_deref().is_some_and(|cause| cause.starts_with("tls-"))
}

fn accuses(connection: &ConnectionReport) -> bool {
    !matches!(connection.verdict.at_fault, Blame::Unknown | Blame::None)
        || connection.findings.iter().any(|finding| finding.at_fault != AtFault::Unknown)
}

#[test]
fn no_failure_of_tls_is_anybodys_fault() {
    let mut failures = 0;
    for sample in tls_samples() {
        let stripped = capture_of(&packets(&sample.capture));
        for report in [analyse(&sample.capture), analyse_without_keys(&stripped)] {
            for connection in report.connections.iter().filter(|one| has_failed(one)) {
                assert!(!accuses(connection), "{}: {:?}", sample.name, connection.verdict);
                assert!(connection.verdict.confidence < Confidence::Proven, "{}", sample.name);
                failures += 1;
            }
        }
    }
    assert!(failures > 30, "{failures} failures");
}

#[test]
fn whatever_packet_is_missed_a_failed_handshake_has_no_other_cause() {
    let wrong = everywhere(FAILING.len(), |number| {
        let name = FAILING[number];
        let all = packets(&sample(name).capture);
        let whole = report_on(name);
        let known: BTreeMap<String, _> =
            whole.connections.iter().map(|one| (key_of(one), one.verdict.cause.clone())).collect();
        let mut wrong = Vec::new();
        for lost in 0..all.len() {
            let mut rest = all.clone();
            rest.remove(lost);
            let report = analyse(&capture_of(&rest));
            for connection in report.connections.iter().filter(|one| has_failed(one)) {
                let cause = &connection.verdict.cause;
                if known.get(&key_of(connection)) != Some(cause) || accuses(connection) {
                    wrong.push(format!("{name} without {}: {cause:?}", lost + 1));
                }
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
