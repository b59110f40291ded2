//! The card of a close code.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::markdown as prose;
use super::super::page::{Ink, Page, width};
use super::application::{self, Meaning};
use super::words;
use crate::knowledge::{CloseCode, CodeEntry, Language};

/// A close code as JSON. Its keys are English, its texts in the language that it names.
#[derive(Serialize)]
pub(super) struct CodeCard {
    lang: &'static str,
    code: u16,
    name: &'static str,
    title: String,
    /// First and last code of the row in the table.
    codes: [u16; 2],
    reference: &'static str,
    allowed_on_wire: bool,
    who_may_send: &'static str,
    usually_at_fault: &'static str,
    reconnect: &'static str,
    shown_by_api: &'static str,
    description: &'static str,
    when_you_see_it: &'static str,
    how_to_fix: &'static [&'static str],
    how_to_reconnect: &'static str,
    /// The bug that made this number, if it looks like one.
    looks_like: Option<String>,
    /// What products mean by it.
    applications: Vec<Meaning>,
}

impl CodeCard {
    pub(super) fn of(code: CloseCode, language: Language) -> CodeCard {
        let entry = code.entry();
        let texts = entry.texts(language);
        CodeCard {
            lang: language.tag(),
            code: code.0,
            name: entry.name,
            title: title(code, language),
            codes: [*entry.codes.start(), *entry.codes.end()],
            reference: entry.reference,
            allowed_on_wire: entry.allowed_on_wire,
            who_may_send: entry.who_may_send.text(language),
            usually_at_fault: entry.usually_at_fault.text(language),
            reconnect: entry.retry.text(language),
            shown_by_api: texts.shown_by_api,
            description: texts.card.description,
            when_you_see_it: texts.card.when_you_see_it,
            how_to_fix: texts.card.how_to_fix,
            how_to_reconnect: texts.card.reconnect,
            looks_like: code.disguise().map(|disguise| disguise.text(language)),
            applications: Meaning::all(&application::uses(code.0), language),
        }
    }
}

pub(super) fn text(code: CloseCode, language: Language, page: &mut Page<'_>) -> io::Result<()> {
    page.line(&[(Ink::Strong, &title(code, language))])?;
    body(code.entry(), disguise(code, language).as_deref(), language, page)?;
    application::section(&application::uses(code.0), language, page)
}

pub(super) fn markdown(code: CloseCode, language: Language, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", prose(&title(code, language)))?;
    markdown_body(code.entry(), disguise(code, language).as_deref(), language, out)?;
    application::markdown_section(&application::uses(code.0), language, out)
}

/// All that a row says.
pub(super) fn body(
    entry: &CodeEntry,
    disguise: Option<&str>,
    language: Language,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let facts = facts(entry, language);
    let widest = facts.iter().map(|(label, _)| width(label)).max().unwrap_or(0).max(18);
    for (label, value) in facts {
        let lead = format!("  {label}{}  ", " ".repeat(widest.saturating_sub(width(label))));
        page.flow(&[(Ink::Faint, &lead)], Ink::Plain, &value)?;
    }
    let indent = [(Ink::Plain, "  ")];
    for (heading, body) in sections(entry, disguise, language) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        page.flow(&indent, Ink::Plain, body)?;
    }
    let card = entry.texts(language).card;
    page.blank()?;
    page.line(&[(Ink::Strong, words::HOW_TO_FIX.text(language))])?;
    for (index, step) in card.how_to_fix.iter().enumerate() {
        let number = format!("  {}. ", index + 1);
        page.flow(&[(Ink::Frame, &number)], Ink::Plain, step)?;
    }
    page.blank()?;
    page.line(&[(Ink::Strong, words::RECONNECT.text(language))])?;
    page.flow(&indent, Ink::Plain, card.reconnect)
}

pub(super) fn markdown_body(
    entry: &CodeEntry,
    disguise: Option<&str>,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (label, value) in facts(entry, language) {
        writeln!(out, "- {label}: {}", prose(&value))?;
    }
    for (heading, body) in sections(entry, disguise, language) {
        writeln!(out, "\n## {heading}\n\n{}", prose(body))?;
    }
    let card = entry.texts(language).card;
    writeln!(out, "\n## {}\n", words::HOW_TO_FIX.text(language))?;
    for (index, step) in card.how_to_fix.iter().enumerate() {
        writeln!(out, "{}. {}", index + 1, prose(step))?;
    }
    writeln!(out, "\n## {}\n\n{}", words::RECONNECT.text(language), prose(card.reconnect))
}

/// The number with its registered name, and what that means.
pub(super) fn title(code: CloseCode, language: Language) -> String {
    format!("{code} ({})", name(code.entry(), language))
}

/// The registered name, followed in other languages by what it means.
pub(super) fn name(entry: &CodeEntry, language: Language) -> String {
    match language {
        Language::En => entry.name.to_owned(),
        Language::Vi => format!("{}, {}", entry.name, entry.vi.name),
    }
}

/// Who may send the codes of a row, or that nobody may.
pub(super) fn on_wire(entry: &CodeEntry, language: Language) -> String {
    match entry.allowed_on_wire {
        true => {
            let who = entry.who_may_send.text(language);
            format!("{} {who}", words::SENT_BY.text(language))
        }
        false => words::NEVER.text(language).to_owned(),
    }
}

fn disguise(code: CloseCode, language: Language) -> Option<String> {
    let said = |disguise: String| format!("{} {disguise}.", words::LOOKS_LIKE.text(language));
    code.disguise().map(|disguise| said(disguise.text(language)))
}

fn facts(entry: &CodeEntry, language: Language) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (words::ON_THE_WIRE.text(language), on_wire(entry, language)),
        (words::AT_FAULT.text(language), entry.usually_at_fault.text(language).to_owned()),
        (words::RECONNECT_FACT.text(language), entry.retry.text(language).to_owned()),
        (words::DEFINED_IN.text(language), entry.reference.to_owned()),
    ];
    if !entry.covers_one() {
        let to = words::TO.text(language);
        let range = format!("{} {to} {}", entry.codes.start(), entry.codes.end());
        facts.insert(0, (words::RANGE.text(language), range));
    }
    facts
}

fn sections<'t>(
    entry: &'t CodeEntry,
    disguise: Option<&'t str>,
    language: Language,
) -> impl Iterator<Item = (&'static str, &'t str)> {
    let texts = entry.texts(language);
    let sections = [
        (words::DESCRIPTION.text(language), texts.card.description),
        (words::WHEN_YOU_SEE_IT.text(language), texts.card.when_you_see_it),
        (words::SHOWN.text(language), texts.shown_by_api),
    ];
    disguise.map(|text| (words::DISGUISE.text(language), text)).into_iter().chain(sections)
}
