//! WebSockets in TLS: with its keys, a connection is what it would be in the clear.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use wsblame::pipeline::{Analysis, Options};
use wsblame::report::{ConnectionReport, Report, SideTraffic};
use wsblame::rules;
use wsblame::script::{Play, write_pcap};
use wsblame::tls::{Keyring, read_key_log};

use crate::generate::{Plan, generate};
use crate::real::{broken_rules, truth, verdict};
use crate::secure::secure;
use crate::support::{
    TlsSample, analyse, analyse_with, analyse_without_keys, keys_of_samples, root, tls_samples,
};

/// Where the note knows more than one capture can show. Of an intermediary it shows only the address
/// at that end.
const NOT_IN_THE_CAPTURE: &[(&str, &str)] = &[
    ("haproxy-tls-tunnel-timeout", "server"),
    ("nginx-tls-read-timeout", "server"),
    ("tls13-garbage-in-a-record", "unknown"),
    ("tls13-undici-closes-4000-to-aiohttp", "unknown"),
];

/// Those of handshakes that failed, or were never meant to be: they have tests of their own.
const WITHOUT_A_WEBSOCKET: &[&str] = &[
    "chromium-rejects-certificate",
    "plain-to-a-port-of-tls",
    "tls-handshake-alerts",
    "tls-handshake-ends-without-alert",
    "tls-to-a-port-without",
    "tls12-camellia",
];

fn with_websockets() -> impl Iterator<Item = &'static TlsSample> {
    tls_samples().iter().filter(|sample| !WITHOUT_A_WEBSOCKET.contains(&sample.name.as_str()))
}

/// What a capture in TLS comes to with the keys that its note says it has.
fn report_on(sample: &TlsSample, truth: &Value) -> Report {
    match truth["keys"].as_str() {
        Some("embedded") => analyse_without_keys(&sample.capture),
        _ => analyse(&sample.capture),
    }
}

/// The alerts of both sides by name, in the order of each.
fn alerts(connection: &ConnectionReport) -> Value {
    let tls = serde_json::to_value(&connection.tls).unwrap();
    let of = |side: &str| -> Vec<Value> {
        let close_notify = (!tls[side]["close_notify"].is_null()).then(|| json!("close_notify"));
        let others = tls[side]["alerts"].as_array().cloned().unwrap_or_default();
        others.iter().map(|alert| alert["name"].clone()).chain(close_notify).collect()
    };
    json!({ "client": of("client"), "server": of("server") })
}

#[test]
fn with_its_keys_a_capture_says_what_both_programs_reported() {
    let mut wrong = Vec::new();
    for sample in with_websockets() {
        let TlsSample { name, path, .. } = sample;
        let truth = truth(path);
        let report = report_on(sample, &truth);
        if json!(report.connections.len()) != truth["connections"] {
            wrong.push(format!("{name}: {} connections", report.connections.len()));
            continue;
        }
        let broken = broken_rules(&report.connections);
        if broken != truth["rules"] && name != "tls13-garbage-in-a-record" {
            wrong.push(format!("{name}: broken are {broken}, not {}", truth["rules"]));
        }
        let known = NOT_IN_THE_CAPTURE.iter().find(|(sample, _)| sample == name);
        let at_fault = known.map_or_else(|| truth["at_fault"].clone(), |(_, end)| json!(end));
        for (connection, tls) in report.connections.iter().zip(truth["tls"].as_array().unwrap()) {
            let found = verdict(connection);
            let session = connection.tls.as_ref();
            let or = |key: &str| match &tls[key] {
                Value::Null => truth[key].clone(),
                own => own.clone(),
            };
            let mut expect = |key: &str, found: Value, expected: Value| {
                if found != expected {
                    let stream = connection.tcp_stream;
                    wrong.push(format!("{name}, {stream}: {key} is {found}, not {expected}"));
                }
            };
            expect("status", found["status"].clone(), or("status"));
            expect("client_sent", found["client_sent"].clone(), truth["client_sent"].clone());
            expect("server_sent", found["server_sent"].clone(), truth["server_sent"].clone());
            expect("tcp_end", found["tcp_end"].clone(), or("tcp_end"));
            expect("at_fault", found["at_fault"].clone(), at_fault.clone());
            for side in ["client", "server"] {
                let surfaced = found["surfaced"][side].clone();
                // What is not certain is left open, and never wrong.
                if !surfaced.is_null() {
                    expect("surfaced", surfaced, truth["expected_surfaced"][side].clone());
                }
            }
            if let Some(version) = tls["version"].as_str() {
                let session = session.expect("a connection in TLS");
                expect("version", json!(session.version), json!(version));
                expect("suite", json!(session.suite), tls["suite"].clone());
                expect("alerts", alerts(connection), tls["alerts"].clone());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What must not depend on whether a connection is in TLS.
fn twin(connection: &ConnectionReport) -> Value {
    let findings: Vec<Value> = connection
        .findings
        .iter()
        .map(|finding| {
            json!([
                finding.rule,
                finding.side,
                finding.severity,
                finding.at_fault,
                finding.count,
                finding.caused_the_end,
                finding.tolerated
            ])
        })
        .collect();
    let verdict = &connection.verdict;
    let traffic = |sent: &SideTraffic| json!([sent.frames, sent.messages, sent.bytes]);
    json!({
        "findings": findings,
        "verdict": [
            json!(verdict.outcome), json!(verdict.at_fault), json!(verdict.cause),
            json!(verdict.confidence)
        ],
        "close": [
            json!(connection.close.initiator), json!(connection.close.surfaced),
            json!(connection.close.client_sent.as_ref().map(|sent| (sent.code, &sent.reason))),
            json!(connection.close.server_sent.as_ref().map(|sent| (sent.code, &sent.reason)))
        ],
        "traffic": [traffic(&connection.traffic.client), traffic(&connection.traffic.server)],
        "status": connection.handshake.status,
        "extensions": connection.handshake.extensions,
    })
}

#[test]
fn in_tls_a_connection_is_what_its_twin_is_in_the_clear() {
    let mut twins = 0;
    for sample in tls_samples() {
        let clear = sample.path.with_file_name(format!("{}-clear.pcap", sample.name));
        let Ok(clear) = fs::read(clear) else { continue };
        let (clear, secure) = (analyse(&clear), analyse(&sample.capture));
        let both = [&clear, &secure].map(|report| {
            let twins: Vec<Value> = report.connections.iter().map(twin).collect();
            serde_json::to_string_pretty(&twins).unwrap()
        });
        assert_eq!(both[0], both[1], "{}", sample.name);
        twins += 1;
    }
    assert!(twins >= 8, "{twins} twins");
}

/// What must not depend on it, in the clear and in TLS.
fn twins_of(capture: &[u8]) -> [Vec<Value>; 2] {
    let secured = secure(capture, 5);
    let mut keys = Keyring::new(10_000);
    read_key_log(secured.key_log.as_bytes(), &mut keys).expect("a readable log");
    let secured = analyse_with(Arc::new(keys), &secured.capture);
    for connection in &secured.connections {
        let tls = connection.tls.as_ref().expect("a connection in TLS");
        assert_eq!(json!(tls.keys), "found");
    }
    [analyse(capture), secured].map(|report| report.connections.iter().map(twin).collect())
}

#[test]
fn put_into_tls_a_capture_says_what_it_said_in_the_clear() {
    for (seed, messages, sizes) in [(1, 20, 0..=125), (2, 8, 1..=4_000), (3, 1, 16_000..=99_000)] {
        let (other_tcp, udp) = (0, 1 << 16);
        let made = generate(&Plan { seed, websockets: 120, messages, sizes, other_tcp, udp });
        let [clear, secured] = twins_of(&made.capture);
        assert_eq!(clear.len(), 120);
        assert_eq!(clear, secured);
    }
}

#[test]
fn every_rule_finds_in_tls_what_it_finds_in_the_clear() {
    // In TLS a RST mostly answers the peer's close_notify, which came to a socket that is gone.
    const ONLY_IN_THE_CLEAR: &str = "rst-after-close";
    for rule in rules::all().filter(|rule| rule.id != ONLY_IN_THE_CLEAR) {
        let [clear, secured] = twins_of(&write_pcap(&Play::of(rule.breaks)));
        assert_eq!(clear, secured, "{}", rule.id);
    }
}

#[test]
fn without_its_keys_nothing_of_a_connection_is_known_and_nobody_accused() {
    let mut inferred = 0;
    for sample in with_websockets() {
        if truth(&sample.path)["keys"] == "embedded" {
            continue;
        }
        let report = analyse_without_keys(&sample.capture);
        for connection in report.connections.iter().filter(|one| one.tls.is_some()) {
            let found = verdict(connection);
            for key in ["status", "client_sent", "server_sent", "initiator"] {
                assert_eq!(found[key], Value::Null, "{}: {key}", sample.name);
            }
            assert!(["none", "unknown"].contains(&found["at_fault"].as_str().unwrap()));
            inferred += 1;
        }
    }
    assert!(inferred > 20, "{inferred} of them look like WebSockets");
}

/// Keys that stand behind what they open: a file is read again, and of a pipe enough is held.
#[test]
fn keys_serve_wherever_they_stand_in_a_capture() {
    for name in ["keys-at-the-end", "keys-in-the-middle", "keys-two-sections", "keys-in-a-comment"]
    {
        let path = root().join("samples/tls").join(format!("{name}.pcapng"));
        let mut file = Analysis::new(Options::default());
        file.open(&path);
        let piped = analyse_without_keys(&fs::read(&path).expect("a sample"));
        for report in [file.into_report(), piped] {
            let codes: Vec<_> =
                report.connections.iter().map(|one| one.close.surfaced.client).collect();
            assert_eq!(codes, [Some(1000), Some(1000)], "{name}");
        }
    }
}

#[test]
fn no_secret_gets_into_a_report() {
    let keys = tls_samples().iter().filter_map(|sample| {
        fs::read_to_string(Path::new(&sample.path).with_extension("keys")).ok()
    });
    let log: Vec<String> = keys
        .flat_map(|log| log.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(log.len() > 40);
    for sample in tls_samples() {
        let mut analysis = Analysis::new(Options::default());
        analysis.use_keys(keys_of_samples());
        analysis.read("sample", &sample.capture[..]);
        let report = serde_json::to_string(&analysis.into_report()).unwrap();
        for line in &log {
            let secret = line.rsplit(' ').next().unwrap();
            assert!(!report.contains(secret), "{}", sample.name);
        }
    }
}
