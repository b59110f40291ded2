//! The card of a close code, and of two side by side.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::markdown as prose;
use super::super::page::{Ink, Page};
use crate::knowledge::{CloseCode, CodeEntry, Comparison};

/// A close code as JSON.
#[derive(Serialize)]
pub(super) struct CodeCard {
    code: u16,
    name: &'static str,
    /// First and last code of the row in the table.
    codes: [u16; 2],
    reference: &'static str,
    allowed_on_wire: bool,
    who_may_send: String,
    usually_at_fault: String,
    reconnect: String,
    shown_by_api: &'static str,
    description: &'static str,
    when_you_see_it: &'static str,
    how_to_fix: &'static [&'static str],
    how_to_reconnect: &'static str,
    /// The bug that made this number, if it looks like one.
    looks_like: Option<String>,
}

impl CodeCard {
    pub(super) fn of(code: CloseCode) -> CodeCard {
        let entry = code.entry();
        CodeCard {
            code: code.0,
            name: entry.name,
            codes: [*entry.codes.start(), *entry.codes.end()],
            reference: entry.reference,
            allowed_on_wire: entry.allowed_on_wire,
            who_may_send: entry.who_may_send.to_string(),
            usually_at_fault: entry.usually_at_fault.to_string(),
            reconnect: entry.retry.to_string(),
            shown_by_api: entry.shown_by_api,
            description: entry.card.description,
            when_you_see_it: entry.card.when_you_see_it,
            how_to_fix: entry.card.how_to_fix,
            how_to_reconnect: entry.card.reconnect,
            looks_like: code.disguise().map(|disguise| disguise.to_string()),
        }
    }
}

/// Two close codes as JSON.
#[derive(Serialize)]
pub(super) struct ComparisonCard {
    a: CodeCard,
    b: CodeCard,
    differences: Vec<Row>,
    when_to_use_which: String,
}

#[derive(Serialize)]
struct Row {
    aspect: &'static str,
    a: String,
    b: String,
}

impl ComparisonCard {
    pub(super) fn of(comparison: &Comparison) -> ComparisonCard {
        let rows = comparison.differences.iter();
        ComparisonCard {
            a: CodeCard::of(comparison.a),
            b: CodeCard::of(comparison.b),
            differences: rows
                .map(|row| Row { aspect: row.aspect, a: row.a.clone(), b: row.b.clone() })
                .collect(),
            when_to_use_which: comparison.when_to_use_which.clone().into_owned(),
        }
    }
}

pub(super) fn text(code: CloseCode, page: &mut Page<'_>) -> io::Result<()> {
    let entry = code.entry();
    page.line(&[(Ink::Strong, &title(code))])?;
    for (label, value) in facts(entry) {
        let lead = format!("  {label:<18}  ");
        page.flow(&[(Ink::Faint, &lead)], Ink::Plain, &value)?;
    }
    let indent = [(Ink::Plain, "  ")];
    let disguise = code.disguise().map(|disguise| format!("This number looks like {disguise}."));
    for (heading, body) in sections(entry, disguise.as_deref()) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        page.flow(&indent, Ink::Plain, body)?;
    }
    page.blank()?;
    page.line(&[(Ink::Strong, "How to fix it")])?;
    for (index, step) in entry.card.how_to_fix.iter().enumerate() {
        let number = format!("  {}. ", index + 1);
        page.flow(&[(Ink::Frame, &number)], Ink::Plain, step)?;
    }
    page.blank()?;
    page.line(&[(Ink::Strong, "Reconnect?")])?;
    page.flow(&indent, Ink::Plain, entry.card.reconnect)
}

pub(super) fn markdown(code: CloseCode, out: &mut dyn Write) -> io::Result<()> {
    let entry = code.entry();
    writeln!(out, "# {}\n", prose(&title(code)))?;
    for (label, value) in facts(entry) {
        writeln!(out, "- {label}: {}", prose(&value))?;
    }
    let disguise = code.disguise().map(|disguise| format!("This number looks like {disguise}."));
    for (heading, body) in sections(entry, disguise.as_deref()) {
        writeln!(out, "\n## {heading}\n\n{}", prose(body))?;
    }
    writeln!(out, "\n## How to fix it\n")?;
    for (index, step) in entry.card.how_to_fix.iter().enumerate() {
        writeln!(out, "{}. {}", index + 1, prose(step))?;
    }
    writeln!(out, "\n## Reconnect?\n\n{}", prose(entry.card.reconnect))
}

pub(super) fn compared_text(comparison: &Comparison, page: &mut Page<'_>) -> io::Result<()> {
    let (a, b) = (title(comparison.a), title(comparison.b));
    page.line(&[(Ink::Strong, &a), (Ink::Plain, "  and  "), (Ink::Strong, &b)])?;
    for (heading, texts) in side_by_side(comparison) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        for (code, text) in texts {
            let lead = format!("  {code:<5} ");
            page.flow(&[(Ink::Frame, &lead)], Ink::Plain, &text)?;
        }
    }
    page.blank()?;
    page.line(&[(Ink::Strong, "Key differences")])?;
    for row in &comparison.differences {
        page.line(&[(Ink::Faint, "  "), (Ink::Faint, row.aspect)])?;
        for (code, value) in [(comparison.a, &row.a), (comparison.b, &row.b)] {
            let lead = format!("    {code:<5} ");
            page.flow(&[(Ink::Frame, &lead)], Ink::Plain, value)?;
        }
    }
    page.blank()?;
    page.line(&[(Ink::Strong, "When to use which")])?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, &comparison.when_to_use_which)
}

pub(super) fn compared_markdown(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let (a, b) = (title(comparison.a), title(comparison.b));
    writeln!(out, "# {} and {}\n", prose(&a), prose(&b))?;
    for (heading, texts) in side_by_side(comparison) {
        writeln!(out, "## {heading}\n")?;
        for (code, text) in texts {
            writeln!(out, "- **{code}:** {}", prose(&text))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "## Key differences\n")?;
    writeln!(out, "| | {} | {} |\n|---|---|---|", comparison.a, comparison.b)?;
    for row in &comparison.differences {
        writeln!(out, "| {} | {} | {} |", prose(row.aspect), prose(&row.a), prose(&row.b))?;
    }
    writeln!(out, "\n## When to use which\n\n{}", prose(&comparison.when_to_use_which))
}

/// What is said of both codes, heading by heading.
fn side_by_side(comparison: &Comparison) -> [(&'static str, [(CloseCode, String); 2]); 3] {
    let both = |said: fn(&CodeEntry) -> String| {
        [comparison.a, comparison.b].map(|code| (code, said(code.entry())))
    };
    [
        ("What it says", both(|entry| entry.card.description.to_owned())),
        ("When you see it", both(|entry| entry.card.when_you_see_it.to_owned())),
        ("How to fix it", both(|entry| entry.card.how_to_fix.join(" "))),
    ]
}

fn title(code: CloseCode) -> String {
    format!("{code} ({})", code.name())
}

fn facts(entry: &CodeEntry) -> Vec<(&'static str, String)> {
    let on_wire = match entry.allowed_on_wire {
        true => format!("yes, sent by {}", entry.who_may_send),
        false => "never: in a Close frame it is a fault".to_owned(),
    };
    let mut facts = vec![
        ("on the wire", on_wire),
        ("usually at fault", entry.usually_at_fault.to_string()),
        ("reconnect", entry.retry.to_string()),
        ("defined in", entry.reference.to_owned()),
    ];
    if !entry.covers_one() {
        let range = format!("{} to {}", entry.codes.start(), entry.codes.end());
        facts.insert(0, ("range", range));
    }
    facts
}

fn sections<'t>(
    entry: &'t CodeEntry,
    disguise: Option<&'t str>,
) -> impl Iterator<Item = (&'static str, &'t str)> {
    let sections = [
        ("What it says", entry.card.description),
        ("When you see it", entry.card.when_you_see_it),
        ("What the APIs show", entry.shown_by_api),
    ];
    disguise.map(|text| ("A bug in disguise", text)).into_iter().chain(sections)
}
