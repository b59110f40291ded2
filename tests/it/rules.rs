//! Every rule fires on its own sample, once and alone, and is silent on the conforming one.

use wsblame::report::{ConnectionReport, FindingReport};
use wsblame::rules::{self, Severity};
use wsblame::script::{CONFORMING, Play, Script, write_pcap};

use crate::support::analyse;

fn play(script: Script) -> Vec<ConnectionReport> {
    analyse(&write_pcap(&Play::of(script))).connections
}

fn findings(connections: &[ConnectionReport]) -> Vec<&FindingReport> {
    connections.iter().flat_map(|connection| &connection.findings).collect()
}

fn ids(findings: &[&FindingReport], least: Severity) -> Vec<String> {
    let telling = findings.iter().filter(|finding| finding.severity >= least);
    telling.map(|finding| finding.rule.clone()).collect()
}

#[test]
fn every_rule_fires_on_its_own_sample_once_and_alone() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let connections = play(rule.breaks);
        let found = findings(&connections);
        let own = found.iter().filter(|finding| finding.rule == rule.id).count();
        let others: Vec<String> =
            ids(&found, Severity::Warning).into_iter().filter(|id| id != rule.id).collect();
        if own != 1 || !others.is_empty() {
            wrong.push(format!("{}: {own} times, beside {others:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_silent_on_the_conforming_sample() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let connections = play(rule.keeps);
        let found = findings(&connections);
        let own = found.iter().any(|finding| finding.rule == rule.id);
        let others = ids(&found, Severity::Warning);
        if own || !others.is_empty() || connections.is_empty() {
            wrong.push(format!("{}: {others:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_conforming_connection_gives_no_finding_at_all() {
    assert_eq!(ids(&findings(&play(CONFORMING)), Severity::Note), Vec::<String>::new());
}

#[test]
fn rules_have_distinct_names_and_whole_texts() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in rules::all() {
        assert!(seen.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        assert!(rule.section.starts_with("RFC "), "{}", rule.id);
        assert!(!rule.summary.is_empty() && !rule.summary.ends_with('.'), "{}", rule.id);
        for text in [rule.explanation, rule.advice] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", rule.id);
        }
    }
}
