//! The card of a rule.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::page::{Ink, Page};
use super::wire_talk::{self, Heads};
use crate::rules::{Family, Rule, Severity};
use crate::script::Script;

/// A rule as JSON.
#[derive(Serialize)]
pub(super) struct RuleCard {
    id: &'static str,
    family: &'static str,
    section: &'static str,
    severity: Severity,
    at_fault: &'static str,
    answer: &'static str,
    closes_with: &'static [u16],
    summary: &'static str,
    explanation: &'static str,
    advice: &'static str,
}

impl RuleCard {
    pub(super) fn of(rule: &Rule) -> RuleCard {
        RuleCard {
            id: rule.id,
            family: rule.family.name(),
            section: rule.section,
            severity: rule.severity,
            at_fault: rule.fault.name(),
            answer: rule.answer,
            closes_with: rule.closes_with,
            summary: rule.summary,
            explanation: rule.explanation,
            advice: rule.advice,
        }
    }
}

pub(super) fn text(rule: &Rule, page: &mut Page<'_>) -> io::Result<()> {
    let name = format!("{}[{}]", rule.severity, rule.id);
    let lead = [(Ink::Of(rule.severity), name.as_str()), (Ink::Strong, ": ")];
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Strong, rule.summary)?;
    for (label, value) in facts(rule) {
        let lead = format!("  {label:<16}  ");
        page.flow(&[(Ink::Faint, &lead)], Ink::Plain, &value)?;
    }
    let indent = [(Ink::Plain, "  ")];
    for (heading, body) in [("Why", rule.explanation), ("What to do", rule.advice)] {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        page.flow(&indent, Ink::Plain, body)?;
    }
    for (heading, script) in examples(rule) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        for line in wire_talk::lines(script, heads(rule)) {
            page.line(&[(Ink::Plain, "  "), (Ink::Plain, &line)])?;
        }
    }
    Ok(())
}

pub(super) fn markdown(rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: {}\n", code(rule.id), prose(rule.summary))?;
    for (label, value) in facts(rule) {
        writeln!(out, "- {label}: {}", prose(&value))?;
    }
    writeln!(out, "\n## Why\n\n{}", prose(rule.explanation))?;
    writeln!(out, "\n## What to do\n\n{}", prose(rule.advice))?;
    for (heading, script) in examples(rule) {
        let lines = wire_talk::lines(script, heads(rule)).join("\n");
        writeln!(out, "\n## {heading}\n\n```text\n{lines}\n```")?;
    }
    Ok(())
}

fn facts(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("severity", rule.severity.name().to_owned()),
        ("at fault", rule.fault.name().to_owned()),
        ("written in", rule.section.to_owned()),
    ];
    if !matches!(rule.answer, "" | "-") {
        facts.push(("expected answer", rule.answer.to_owned()));
    }
    if !rule.closes_with.is_empty() {
        let codes: Vec<String> = rule.closes_with.iter().map(u16::to_string).collect();
        facts.push(("seen answers", codes.join(", ")));
    }
    facts
}

/// Where the handshake is what matters, all of it is shown.
fn heads(rule: &Rule) -> Heads {
    match rule.family {
        Family::Handshake | Family::Deflate => Heads::Whole,
        _ => Heads::FirstLine,
    }
}

fn examples(rule: &Rule) -> [(&'static str, Script); 2] {
    [("A connection that breaks it", rule.breaks), ("The nearest that keeps it", rule.keeps)]
}
