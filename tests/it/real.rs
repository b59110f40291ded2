//! What the tool says of captures of real stacks is what those stacks said of themselves.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use wsblame::report::ConnectionReport;
use wsblame::rules::Severity;

use crate::support::{analyse, real_samples};

/// Where the note knows more than one capture can show. Of an intermediary, it shows only the
/// address at that end; of a private code, not what the two have agreed that it means.
const NOT_IN_THE_CAPTURE: &[(&str, &str)] = &[
    ("aiohttp-server-client-closes-4000", "unknown"),
    ("graphql-ws-4400", "unknown"),
    ("graphql-ws-4401", "unknown"),
    ("graphql-ws-4403", "unknown"),
    ("graphql-ws-4406", "unknown"),
    ("graphql-ws-4408", "unknown"),
    ("graphql-ws-4409", "unknown"),
    ("graphql-ws-4429", "unknown"),
    ("graphql-ws-4500", "unknown"),
    ("haproxy-tunnel-timeout", "server"),
    ("nginx-read-timeout-fin", "server"),
    ("socketio-ping-timeout", "none"),
];

/// The note of a sample: what its two programs reported.
pub(crate) fn truth(path: &std::path::Path) -> Value {
    let note = fs::read_to_string(path.with_extension("md")).expect("every sample has a note");
    let (_, block) = note.split_once("```json\n").expect("with a block of JSON");
    let (block, _) = block.split_once("\n```").expect("that ends");
    serde_json::from_str(block).expect("valid JSON")
}

/// The same facts out of a report.
pub(crate) fn verdict(connection: &ConnectionReport) -> Value {
    let close = &connection.close;
    let sent = |frame: &Option<wsblame::report::CloseFrameReport>| {
        frame.as_ref().map(|frame| json!({ "code": frame.code, "reason": frame.reason }))
    };
    json!({
        "status": connection.handshake.status,
        "client_sent": sent(&close.client_sent),
        "server_sent": sent(&close.server_sent),
        "tcp_end": { "by": close.tcp_end.by, "how": close.tcp_end.how },
        "surfaced": close.surfaced,
        "initiator": close.initiator,
        "at_fault": connection.verdict.at_fault,
    })
}

/// The rules that were broken on any of the connections, notes left out.
pub(crate) fn broken_rules(connections: &[ConnectionReport]) -> Value {
    let findings = connections.iter().flat_map(|connection| &connection.findings);
    let rules: BTreeSet<&str> = findings
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.rule.as_str())
        .collect();
    json!(rules)
}

#[test]
fn the_report_agrees_with_what_both_programs_reported() {
    let mut wrong = Vec::new();
    for (name, path) in real_samples() {
        let truth = truth(&path);
        let report = analyse(&fs::read(&path).expect("a readable sample"));
        if json!(report.connections.len()) != truth["connections"] {
            wrong.push(format!("{name}: {} connections", report.connections.len()));
            continue;
        }
        // The notes call whoever showed the first sign of an end the initiator; the report speaks
        // of Close frames only.
        let initiator = match (truth["client_sent"].is_null(), truth["server_sent"].is_null()) {
            (false, false) => truth["initiator"].clone(),
            (false, true) => json!("client"),
            (true, false) => json!("server"),
            (true, true) => json!("none"),
        };
        let rules: BTreeSet<&str> =
            truth["rules"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let broken = broken_rules(&report.connections);
        if broken != json!(rules) {
            wrong.push(format!("{name}: broken are {broken}, not {}", json!(rules)));
        }
        let blamed = NOT_IN_THE_CAPTURE
            .iter()
            .find(|(sample, _)| *sample == name)
            .map_or_else(|| truth["at_fault"].clone(), |(_, end)| json!(end));
        let expected = json!({
            "status": truth["status"],
            "client_sent": truth["client_sent"],
            "server_sent": truth["server_sent"],
            "tcp_end": truth["tcp_end"],
            "surfaced": truth["expected_surfaced"],
            "initiator": initiator,
            "at_fault": blamed,
        });
        for connection in &report.connections {
            let found = verdict(connection);
            for (key, expected) in expected.as_object().expect("an object") {
                if found[key] != *expected {
                    wrong.push(format!("{name}: {key} is {}, not {expected}", found[key]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
