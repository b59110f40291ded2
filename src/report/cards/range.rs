//! The card of a range of close codes: the rows of the table that it touches, and what products
//! mean by its codes.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use serde::Serialize;

use super::super::escape::markdown as prose;
use super::super::page::{Ink, Page};
use super::application::{self, Meaning, span};
use super::code::{self, name, on_wire};
use super::words;
use crate::knowledge::{CLOSE_CODES, CodeEntry, Language};

/// A range as JSON.
#[derive(Serialize)]
pub(super) struct RangeCard {
    lang: &'static str,
    /// First and last.
    codes: [u16; 2],
    rows: Vec<Row>,
    applications: Vec<Meaning>,
}

#[derive(Serialize)]
struct Row {
    /// First and last of the row that lie in the range.
    codes: [u16; 2],
    name: &'static str,
    reference: &'static str,
    allowed_on_wire: bool,
    who_may_send: &'static str,
    usually_at_fault: &'static str,
    reconnect: &'static str,
    description: &'static str,
}

impl RangeCard {
    pub(super) fn of(codes: &RangeInclusive<u16>, language: Language) -> RangeCard {
        let row = |(part, entry): (RangeInclusive<u16>, &'static CodeEntry)| Row {
            codes: [*part.start(), *part.end()],
            name: entry.name,
            reference: entry.reference,
            allowed_on_wire: entry.allowed_on_wire,
            who_may_send: entry.who_may_send.text(language),
            usually_at_fault: entry.usually_at_fault.text(language),
            reconnect: entry.retry.text(language),
            description: entry.texts(language).card.description,
        };
        RangeCard {
            lang: language.tag(),
            codes: [*codes.start(), *codes.end()],
            rows: parts(codes).map(row).collect(),
            applications: Meaning::all(&application::uses_in(codes), language),
        }
    }
}

pub(super) fn text(
    codes: &RangeInclusive<u16>,
    language: Language,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let groups = groups(codes);
    page.line(&[(Ink::Strong, &title(codes, &groups, language))])?;
    if let [(_, entry)] = groups.as_slice() {
        code::body(entry, None, language, page)?;
    } else {
        page.blank()?;
        page.line(&[(Ink::Strong, words::CODES.text(language))])?;
        for (parts, entry) in &groups {
            let lead = [(Ink::Plain, "  "), (Ink::Frame, parts.as_str()), (Ink::Plain, "  ")];
            page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Strong, &name(entry, language))?;
            let indent = [(Ink::Plain, "    ")];
            let on_wire =
                format!("{}: {}", words::ON_THE_WIRE.text(language), on_wire(entry, language));
            page.flow(&indent, Ink::Faint, &on_wire)?;
            page.flow(&indent, Ink::Plain, entry.texts(language).card.description)?;
        }
    }
    application::table(&application::uses_in(codes), language, page)
}

pub(super) fn markdown(
    codes: &RangeInclusive<u16>,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = groups(codes);
    writeln!(out, "# {}\n", prose(&title(codes, &groups, language)))?;
    if let [(_, entry)] = groups.as_slice() {
        code::markdown_body(entry, None, language, out)?;
    } else {
        writeln!(out, "## {}\n", words::CODES.text(language))?;
        for (parts, entry) in &groups {
            let (name, on_wire) = (name(entry, language), on_wire(entry, language));
            let label = words::ON_THE_WIRE.text(language);
            let description = prose(entry.texts(language).card.description);
            let name = prose(&name);
            writeln!(out, "- **{parts} ({name})**: {description} ({label}: {})", prose(&on_wire))?;
        }
    }
    application::markdown_section(&application::uses_in(codes), language, out)
}

fn title(
    codes: &RangeInclusive<u16>,
    groups: &[(String, &'static CodeEntry)],
    language: Language,
) -> String {
    let to = words::TO.text(language);
    let codes = format!("{} {to} {}", codes.start(), codes.end());
    match groups {
        [(_, entry)] => format!("{codes} ({})", name(entry, language)),
        _ => codes,
    }
}

/// The rows that a range touches, each with its codes in the range.
fn parts(
    codes: &RangeInclusive<u16>,
) -> impl Iterator<Item = (RangeInclusive<u16>, &'static CodeEntry)> {
    let (first, last) = (*codes.start(), *codes.end());
    CLOSE_CODES.iter().filter_map(move |entry| {
        let part = first.max(*entry.codes.start())..=last.min(*entry.codes.end());
        (!part.is_empty()).then_some((part, entry))
    })
}

/// The same, where rows that say the same and only stand around others are one: 3001 and its like.
fn groups(codes: &RangeInclusive<u16>) -> Vec<(String, &'static CodeEntry)> {
    let mut groups: Vec<(String, &'static CodeEntry)> = Vec::new();
    for (part, entry) in parts(codes) {
        match groups.iter_mut().find(|(_, known)| known.name == entry.name) {
            Some((parts, _)) => {
                parts.push_str(", ");
                parts.push_str(&span(&part));
            }
            None => groups.push((span(&part), entry)),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_range_are_the_range() {
        for (first, last) in [(0, 65_535), (0, 0), (999, 1000), (1004, 1006), (3_002, 4_400)] {
            let mut next = u32::from(first);
            for (part, entry) in parts(&(first..=last)) {
                assert_eq!(u32::from(*part.start()), next);
                assert!(entry.codes.contains(part.start()) && entry.codes.contains(part.end()));
                next = u32::from(*part.end()) + 1;
            }
            assert_eq!(next, u32::from(last) + 1);
        }
    }

    #[test]
    fn what_stands_around_registered_codes_is_said_once() {
        let groups = groups(&(3000..=3999));
        let parts: Vec<_> = groups.iter().map(|(parts, _)| parts.as_str()).collect();
        assert_eq!(parts, ["3000", "3001-3002, 3004-3007, 3009-3999", "3003", "3008"]);
    }
}
