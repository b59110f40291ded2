//! What holds for every report.

use serde_json::Value;
use wsblame::report::Report;
use wsblame::rules;
use wsblame::verdict::find_cause;

/// Findings are of rules that there are, and cite packets that there are: numbers up to `last`.
pub(crate) fn check(report: &Report, last: u64) {
    let mut before = 0;
    for connection in &report.connections {
        assert_eq!(connection.id, before + 1, "numbered from 1");
        before = connection.id;
        assert!(connection.capture < report.captures.len(), "it is in a capture");
        for finding in &connection.findings {
            assert!(rules::find(&finding.rule).is_some(), "{}", finding.rule);
            assert!(finding.count > 0, "{}", finding.rule);
            assert!(finding.stream_range[0] <= finding.stream_range[1], "{finding:?}");
            assert!(!finding.detail.is_empty(), "{}", finding.rule);
        }
        if let Some(cause) = &connection.verdict.cause {
            let known = rules::find(cause).is_some() || find_cause(cause).is_some();
            assert!(known, "{cause}");
        }
        let value = serde_json::to_value(connection).expect("a report is data");
        check_packets(&value, last);
    }
}

/// Goes through everything that is said, for packets that are cited.
fn check_packets(value: &Value, last: u64) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "packet" || key == "packets" || key.ends_with("_packets") {
                    check_cited(key, value, last);
                }
                check_packets(value, last);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| check_packets(value, last)),
        _ => {}
    }
}

fn check_cited(key: &str, value: &Value, last: u64) {
    match value {
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or(0);
            assert!((1..=last).contains(&number), "{key}: {number} of {last}");
        }
        Value::Array(list) => list.iter().for_each(|value| check_cited(key, value, last)),
        _ => {}
    }
}
