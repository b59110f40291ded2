//! The card of a kind of blind spot.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::page::{Ink, Page};
use super::super::{BlindSpotKind, Weight};
use crate::rules::Severity;

/// A kind of blind spot as JSON.
#[derive(Serialize)]
pub(super) struct BlindSpotCard {
    kind: &'static str,
    summary: &'static str,
    explanation: &'static str,
    takes: &'static str,
    remedy: &'static str,
}

impl BlindSpotCard {
    pub(super) fn of(kind: &'static BlindSpotKind) -> BlindSpotCard {
        BlindSpotCard {
            kind: kind.id,
            summary: kind.summary,
            explanation: kind.explanation,
            takes: takes(kind),
            remedy: kind.remedy.text(),
        }
    }
}

pub(super) fn text(kind: &BlindSpotKind, page: &mut Page<'_>) -> io::Result<()> {
    let name = format!("blind spot[{}]: ", kind.id);
    let lead = [(Ink::Of(Severity::Note), name.as_str())];
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Strong, kind.summary)?;
    let indent = [(Ink::Plain, "  ")];
    for (heading, body) in parts(kind) {
        page.blank()?;
        page.line(&[(Ink::Strong, heading)])?;
        page.flow(&indent, Ink::Plain, body)?;
    }
    Ok(())
}

pub(super) fn markdown(kind: &BlindSpotKind, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: {}", code(kind.id), prose(kind.summary))?;
    for (heading, body) in parts(kind) {
        writeln!(out, "\n## {heading}\n\n{}", prose(body))?;
    }
    Ok(())
}

fn parts(kind: &BlindSpotKind) -> [(&'static str, &'static str); 3] {
    [
        ("What it means", kind.explanation),
        ("What it takes from verdicts", takes(kind)),
        ("What to do", kind.remedy.text()),
    ]
}

fn takes(kind: &BlindSpotKind) -> &'static str {
    match kind.weight {
        Weight::Heavy => {
            "Much: what is missing carries most of a verdict. It is often unknown, and never more \
             than what the rest of the capture proves."
        }
        Weight::Loss => {
            "Something that was sent is missing. Rules that need it are silent, and the confidence \
             of the verdict is lowered where it rests on it."
        }
        Weight::Remark => {
            "Nothing that was sent is missing. Something is not said that needs more than this."
        }
    }
}
