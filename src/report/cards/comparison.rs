//! The card of two close codes side by side.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::markdown as prose;
use super::super::page::{Ink, Page};
use super::code::{CodeCard, title};
use super::words;
use crate::knowledge::{CloseCode, Comparison, Language, Texts};

/// Two close codes as JSON.
#[derive(Serialize)]
pub(super) struct ComparisonCard {
    lang: &'static str,
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
    pub(super) fn of(comparison: &Comparison, language: Language) -> ComparisonCard {
        let rows = comparison.differences.iter();
        ComparisonCard {
            lang: language.tag(),
            a: CodeCard::of(comparison.a, language),
            b: CodeCard::of(comparison.b, language),
            differences: rows
                .map(|row| Row { aspect: row.aspect, a: row.a.clone(), b: row.b.clone() })
                .collect(),
            when_to_use_which: comparison.when_to_use_which.clone().into_owned(),
        }
    }
}

pub(super) fn text(
    comparison: &Comparison,
    language: Language,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let (a, b) = (title(comparison.a, language), title(comparison.b, language));
    let and = format!("  {}  ", words::AND.text(language));
    let lead = [(Ink::Strong, a.as_str()), (Ink::Plain, and.as_str())];
    page.flow_under(&lead, &[(Ink::Plain, "  ")], Ink::Strong, &b)?;
    for (heading, texts) in side_by_side(comparison, language) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        for (code, text) in texts {
            let lead = format!("  {code:<5} ");
            page.flow(&[(Ink::Frame, &lead)], Ink::Plain, &text)?;
        }
    }
    page.blank()?;
    page.line(&[(Ink::Strong, words::DIFFERENCES.text(language))])?;
    for row in &comparison.differences {
        page.line(&[(Ink::Faint, "  "), (Ink::Faint, row.aspect)])?;
        for (code, value) in [(comparison.a, &row.a), (comparison.b, &row.b)] {
            let lead = format!("    {code:<5} ");
            page.flow(&[(Ink::Frame, &lead)], Ink::Plain, value)?;
        }
    }
    page.blank()?;
    page.line(&[(Ink::Strong, words::WHICH.text(language))])?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, &comparison.when_to_use_which)
}

pub(super) fn markdown(
    comparison: &Comparison,
    language: Language,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (a, b) = (title(comparison.a, language), title(comparison.b, language));
    writeln!(out, "# {} {} {}\n", prose(&a), words::AND.text(language), prose(&b))?;
    for (heading, texts) in side_by_side(comparison, language) {
        writeln!(out, "## {heading}\n")?;
        for (code, text) in texts {
            writeln!(out, "- **{code}:** {}", prose(&text))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "## {}\n", words::DIFFERENCES.text(language))?;
    writeln!(out, "| | {} | {} |\n|---|---|---|", comparison.a, comparison.b)?;
    for row in &comparison.differences {
        writeln!(out, "| {} | {} | {} |", prose(row.aspect), prose(&row.a), prose(&row.b))?;
    }
    let which = words::WHICH.text(language);
    writeln!(out, "\n## {which}\n\n{}", prose(&comparison.when_to_use_which))
}

/// What is said of both codes, heading by heading.
fn side_by_side(
    comparison: &Comparison,
    language: Language,
) -> [(&'static str, [(CloseCode, String); 2]); 3] {
    let both = |said: fn(&Texts) -> String| {
        [comparison.a, comparison.b].map(|code| (code, said(&code.entry().texts(language))))
    };
    [
        (words::DESCRIPTION.text(language), both(|texts| texts.card.description.to_owned())),
        (
            words::WHEN_YOU_SEE_IT.text(language),
            both(|texts| texts.card.when_you_see_it.to_owned()),
        ),
        (words::HOW_TO_FIX.text(language), both(|texts| texts.card.how_to_fix.join(" "))),
    ]
}
