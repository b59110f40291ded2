//! The card of a cause that is no broken rule.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::page::{Ink, Page};
use crate::verdict::Cause;

/// A cause as JSON.
#[derive(Serialize)]
pub(super) struct CauseCard {
    id: &'static str,
    title: &'static str,
    advice: &'static str,
}

impl CauseCard {
    pub(super) fn of(cause: &Cause) -> CauseCard {
        CauseCard { id: cause.id, title: cause.title, advice: cause.advice }
    }
}

pub(super) fn text(cause: &Cause, page: &mut Page<'_>) -> io::Result<()> {
    let lead = [(Ink::Frame, cause.id), (Ink::Strong, ": ")];
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Strong, cause.title)?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, NO_RULE)?;
    page.blank()?;
    page.line(&[(Ink::Strong, "What to do")])?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, advice(cause))
}

pub(super) fn markdown(cause: &Cause, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: {}\n\n{NO_RULE}\n", code(cause.id), prose(cause.title))?;
    writeln!(out, "## What to do\n\n{}", prose(advice(cause)))
}

const NO_RULE: &str = "A cause for which no rule of the protocol was seen broken.";

fn advice(cause: &Cause) -> &'static str {
    if cause.advice.is_empty() { "Nothing has to be fixed." } else { cause.advice }
}
