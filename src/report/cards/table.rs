//! The table of all rules.

use std::io::{self, Write};

use super::super::escape::{markdown as prose, markdown_cell_code as cell_code};
use super::super::json;
use super::super::page::{Ink, Page, width};
use super::rule::RuleCard;
use crate::rules;

pub(super) fn text(page: &mut Page<'_>) -> io::Result<()> {
    let id_width = rules::all().map(|rule| width(rule.id)).max().unwrap_or(0);
    for family in rules::RULES {
        let Some(first) = family.first() else { continue };
        page.line(&[(Ink::Strong, first.family.name())])?;
        for rule in *family {
            let id = format!("  {:<id_width$}  ", rule.id);
            let severity = format!("{:<7}  ", rule.severity.name());
            let fault = format!("{:<12}  ", rule.fault.name());
            let lead = [
                (Ink::Frame, id.as_str()),
                (Ink::Of(rule.severity), severity.as_str()),
                (Ink::Plain, fault.as_str()),
            ];
            page.flow(&lead, Ink::Plain, &format!("{} ({})", rule.summary, rule.section))?;
        }
        page.blank()?;
    }
    page.flow(&[], Ink::Plain, "wsblame explain RULE says why, what to do, and shows an example.")
}

pub(super) fn markdown(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| id | severity | at fault | RFC | what it means |")?;
    writeln!(out, "|---|---|---|---|---|")?;
    for rule in rules::all() {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            cell_code(rule.id),
            rule.severity,
            rule.fault.name(),
            prose(rule.section),
            prose(rule.summary)
        )?;
    }
    Ok(())
}

pub(super) fn json(out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<RuleCard> = rules::all().map(RuleCard::of).collect();
    json::print(&rules, out)
}
