//! What products mean by codes: a section of the cards of codes and ranges, and the card of a
//! product.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as verbatim};
use super::super::page::{Ink, Page, width};
use super::words;
use crate::knowledge::application_codes::{Seen, Sign};
use crate::knowledge::{AppCode, Language, PRODUCTS, Product};

/// A product with its rows that matter.
pub(super) type Uses = Vec<(&'static Product, Vec<&'static AppCode>)>;

/// The products that use a code, each with the row that says most about it.
pub(super) fn uses(code: u16) -> Uses {
    let row = |product: &'static Product| Some((product, vec![product.meaning(code)?]));
    PRODUCTS.iter().filter_map(row).collect()
}

/// The products that use codes of a range, with all their rows that touch it.
pub(super) fn uses_in(codes: &RangeInclusive<u16>) -> Uses {
    let rows = |product: &'static Product| (product, product.rows_in(codes.clone()).collect());
    PRODUCTS.iter().map(rows).filter(|(_, rows): &(_, Vec<_>)| !rows.is_empty()).collect()
}

/// What a product means by a code, as JSON.
#[derive(Serialize)]
pub(super) struct Meaning {
    product: &'static str,
    product_name: &'static str,
    #[serde(flatten)]
    row: Row,
}

impl Meaning {
    pub(super) fn all(uses: &Uses, language: Language) -> Vec<Meaning> {
        let of = |product: &Product, row: &AppCode| Meaning {
            product: product.id,
            product_name: product.name,
            row: Row::of(row, language),
        };
        uses.iter().flat_map(|(product, rows)| rows.iter().map(|row| of(product, row))).collect()
    }
}

#[derive(Serialize)]
struct Row {
    /// First and last.
    codes: [u16; 2],
    meaning: &'static str,
    sender: &'static str,
    reconnect: &'static str,
    seen: &'static str,
    /// Whether it was found in the product's documentation or source.
    confirmed: bool,
}

impl Row {
    fn of(row: &AppCode, language: Language) -> Row {
        Row {
            codes: [*row.codes.start(), *row.codes.end()],
            meaning: row.meaning.text(language),
            sender: row.sender.text(language),
            reconnect: row.reconnect.text(language),
            seen: row.seen.text(language),
            confirmed: row.checked,
        }
    }
}

/// A product as JSON.
#[derive(Serialize)]
pub(super) struct ProductCard {
    lang: &'static str,
    product: &'static str,
    product_name: &'static str,
    recognised_by: Vec<Recognised>,
    note: Option<&'static str>,
    codes: Vec<Row>,
    source: &'static str,
}

#[derive(Serialize)]
struct Recognised {
    by: &'static str,
    pattern: &'static str,
}

impl ProductCard {
    pub(super) fn of(product: &Product, language: Language) -> ProductCard {
        let sign = |sign: &Sign| Recognised { by: key(*sign), pattern: sign.pattern() };
        ProductCard {
            lang: language.tag(),
            product: product.id,
            product_name: product.name,
            recognised_by: product.recognise.iter().map(sign).collect(),
            note: product.note.map(|note| note.text(language)),
            codes: product.codes.iter().map(|row| Row::of(row, language)).collect(),
            source: product.source,
        }
    }
}

/// The section of a single code: a line for each product.
pub(super) fn section(uses: &Uses, language: Language, page: &mut Page<'_>) -> io::Result<()> {
    if uses.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let (heading, caution) = introduction(uses, language);
    page.line(&[(Ink::Strong, heading)])?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, caution)?;
    let widest = uses.iter().map(|(product, _)| product.id.len()).max().unwrap_or(0);
    for (product, rows) in uses {
        for row in rows {
            let lead = format!("  {:<widest$}  ", product.id);
            page.flow(&[(Ink::Frame, &lead)], Ink::Plain, &said(row, language))?;
        }
    }
    Ok(())
}

/// The section of a range: a heading for each product, a line for each of its rows.
pub(super) fn table(uses: &Uses, language: Language, page: &mut Page<'_>) -> io::Result<()> {
    if uses.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let (heading, caution) = introduction(uses, language);
    page.line(&[(Ink::Strong, heading)])?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, caution)?;
    for (product, rows) in uses {
        page.blank()?;
        page.line(&[(Ink::Plain, "  "), (Ink::Strong, &title(product))])?;
        lines(rows.iter().copied(), "    ", language, page)?;
    }
    Ok(())
}

pub(super) fn markdown_section(
    uses: &Uses,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    if uses.is_empty() {
        return Ok(());
    }
    let (heading, caution) = introduction(uses, language);
    writeln!(out, "\n## {heading}\n\n{caution}\n")?;
    for (product, rows) in uses {
        for row in rows {
            let codes = span(&row.codes);
            let said = prose(&said(row, language));
            writeln!(out, "- {} **{codes}**: {said}", verbatim(product.id))?;
        }
    }
    Ok(())
}

/// Codes of the protocol mean the same everywhere and something more in some products; the others
/// mean nothing until the product is known.
fn introduction(uses: &Uses, language: Language) -> (&'static str, &'static str) {
    let mut rows = uses.iter().flat_map(|(_, rows)| rows);
    let (heading, caution) = match rows.any(|row| *row.codes.end() >= 3000) {
        true => (words::APPLICATIONS, words::DEPENDS),
        false => (words::SPECIAL_USES, words::BESIDES),
    };
    (heading.text(language), caution.text(language))
}

/// The card of a product.
pub(super) fn text(product: &Product, language: Language, page: &mut Page<'_>) -> io::Result<()> {
    page.line(&[(Ink::Strong, &title(product))])?;
    let (by, source) = (words::RECOGNISED_BY.text(language), words::SOURCE.text(language));
    let widest = width(by).max(width(source));
    let mut label = by;
    for sign in product.recognise {
        let lead = format!("  {label}{}  ", " ".repeat(widest.saturating_sub(width(label))));
        let sign = format!("{} {}", kind(*sign, language), sign.pattern());
        page.flow(&[(Ink::Faint, &lead)], Ink::Plain, &sign)?;
        label = "";
    }
    let lead = format!("  {source}{}  ", " ".repeat(widest.saturating_sub(width(source))));
    page.flow(&[(Ink::Faint, &lead)], Ink::Plain, product.source)?;
    if let Some(note) = product.note {
        page.blank()?;
        page.flow(&[(Ink::Plain, "  ")], Ink::Plain, note.text(language))?;
    }
    page.blank()?;
    page.line(&[(Ink::Strong, words::CODES.text(language))])?;
    if product.codes.is_empty() {
        return page.flow(&[(Ink::Plain, "  ")], Ink::Plain, words::NO_CODES.text(language));
    }
    lines(product.codes.iter(), "  ", language, page)
}

pub(super) fn markdown(
    product: &Product,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# {}\n", prose(&title(product)))?;
    for sign in product.recognise {
        let by = words::RECOGNISED_BY.text(language);
        writeln!(out, "- {by}: {} {}", kind(*sign, language), verbatim(sign.pattern()))?;
    }
    writeln!(out, "- {}: {}", words::SOURCE.text(language), prose(product.source))?;
    if let Some(note) = product.note {
        writeln!(out, "\n{}", prose(note.text(language)))?;
    }
    writeln!(out, "\n## {}\n", words::CODES.text(language))?;
    if product.codes.is_empty() {
        writeln!(out, "{}", words::NO_CODES.text(language))?;
    }
    for row in product.codes {
        writeln!(out, "- **{}**: {}", span(&row.codes), prose(&said(row, language)))?;
    }
    Ok(())
}

fn lines<'r>(
    rows: impl Iterator<Item = &'r AppCode> + Clone,
    indent: &str,
    language: Language,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let widest = rows.clone().map(|row| span(&row.codes).len()).max().unwrap_or(0);
    for row in rows {
        let lead = format!("{indent}{:<widest$}  ", span(&row.codes));
        page.flow(&[(Ink::Frame, &lead)], Ink::Plain, &said(row, language))?;
    }
    Ok(())
}

/// A row in a phrase: what it means, and in brackets from whom, where, and what to do.
fn said(row: &AppCode, language: Language) -> String {
    let from = format!("{} {}", words::FROM.text(language), row.sender.text(language));
    let again =
        format!("{}: {}", words::RECONNECT_FACT.text(language), row.reconnect.text(language));
    let seen = (row.seen != Seen::Close).then(|| row.seen.text(language).to_owned());
    let doubt = (!row.checked).then(|| words::UNCONFIRMED.text(language).to_owned());
    let facts: Vec<String> = [Some(from), seen, Some(again), doubt].into_iter().flatten().collect();
    format!("{} ({})", row.meaning.text(language), facts.join("; "))
}

fn title(product: &Product) -> String {
    format!("{} ({})", product.name, product.id)
}

/// A code, or the first and last of several.
pub(super) fn span(codes: &RangeInclusive<u16>) -> String {
    match codes.start() == codes.end() {
        true => codes.start().to_string(),
        false => format!("{}-{}", codes.start(), codes.end()),
    }
}

fn kind(sign: Sign, language: Language) -> &'static str {
    let words = match sign {
        Sign::Subprotocol(_) => words::SUBPROTOCOL,
        Sign::Host(_) => words::HOST,
        Sign::Path(_) => words::PATH,
        Sign::Server(_) => words::SERVER,
        Sign::Message(_) => words::MESSAGE,
        Sign::Reason(_) => words::REASON,
    };
    words.text(language)
}

fn key(sign: Sign) -> &'static str {
    match sign {
        Sign::Subprotocol(_) => "subprotocol",
        Sign::Host(_) => "host",
        Sign::Path(_) => "path",
        Sign::Server(_) => "server",
        Sign::Message(_) => "message",
        Sign::Reason(_) => "reason",
    }
}
