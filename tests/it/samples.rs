//! The sample captures of the rules, and the page that introduces them.
//!
//! Both are made from the catalogue; `WSBLAME_BLESS=1 cargo test --test it` writes them anew.

use std::fmt::Write;
use std::fs;

use wsblame::rules::{self, Rule};
use wsblame::script::{Play, write_pcap};

use crate::made;
use crate::support::{analyse, root};

#[test]
fn every_rule_has_its_sample_and_every_sample_its_rule() {
    let sample = |rule: &Rule| (format!("{}.pcap", rule.id), write_pcap(&Play::of(rule.breaks)));
    let samples: Vec<(String, Vec<u8>)> = rules::all().map(sample).collect();
    made::check_folder("samples/rules", &samples);
}

#[test]
fn the_page_on_the_samples_lists_every_rule() {
    const FROM: &str = "<!-- rules -->\n";
    const TO: &str = "<!-- /rules -->\n";
    let page = fs::read_to_string(root().join("samples/README.md")).expect("a page");
    let (before, rest) = page.split_once(FROM).expect("where the table starts");
    let (_, after) = rest.split_once(TO).expect("where the table ends");
    let fresh = format!("{before}{FROM}\n{}\n{TO}{after}", table());
    made::check("samples/README.md", fresh.as_bytes());
}

/// A row for every rule.
fn table() -> String {
    let mut table = String::from("| capture | what happens in it | report | why |\n");
    table.push_str("|---|---|---|---|\n");
    for rule in rules::all() {
        let id = rule.id;
        let why = rule.explanation.split_inclusive(". ").next().expect("an explanation");
        let cell = |text: &str| text.trim_end().replace('|', "\\|").replace('<', "&lt;");
        writeln!(
            table,
            "| [`{id}`](rules/{id}.pcap) | {} | {} | {}: {} |",
            cell(rule.summary),
            expected(rule),
            rule.section,
            cell(why),
        )
        .expect("a String takes all");
    }
    table
}

/// What the report says on the sample of a rule.
fn expected(rule: &Rule) -> String {
    let report = analyse(&write_pcap(&Play::of(rule.breaks)));
    let mut findings = report.connections.iter().flat_map(|connection| &connection.findings);
    let own = findings.find(|finding| finding.rule == rule.id).expect("a finding of its own");
    format!("{}; {}", own.severity, own.at_fault.name())
}
