//! The card of the key log: how to get the keys of TLS sessions.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::page::{Ink, Page};
use crate::knowledge::key_log::{KEY_LOGGERS, USE_IT, WHAT_IT_IS};

/// The card as JSON.
#[derive(Serialize)]
pub(super) struct KeyLogCard {
    id: &'static str,
    description: &'static str,
    programs: Vec<Program>,
    use_it: Vec<&'static str>,
}

#[derive(Serialize)]
struct Program {
    program: &'static str,
    switch: &'static [&'static str],
    note: &'static str,
    source: &'static str,
    tried: bool,
}

impl KeyLogCard {
    pub(super) fn all() -> KeyLogCard {
        let programs = KEY_LOGGERS.iter().map(|logger| Program {
            program: logger.program,
            switch: logger.switch,
            note: logger.note,
            source: logger.source,
            tried: logger.tried,
        });
        KeyLogCard {
            id: "keylog",
            description: WHAT_IT_IS,
            programs: programs.collect(),
            use_it: USE_IT.iter().map(|(_, command)| *command).collect(),
        }
    }
}

const TITLE: &str = "the keys of TLS sessions, and how to have them logged";

pub(super) fn text(page: &mut Page<'_>) -> io::Result<()> {
    page.flow(&[(Ink::Frame, "keylog"), (Ink::Strong, ": ")], Ink::Strong, TITLE)?;
    page.blank()?;
    page.flow(&[(Ink::Plain, "  ")], Ink::Plain, WHAT_IT_IS)?;
    page.blank()?;
    page.line(&[(Ink::Strong, "How to use it")])?;
    for (what, command) in USE_IT {
        page.flow(&[(Ink::Plain, "  ")], Ink::Plain, what)?;
        page.line(&[(Ink::Plain, "      "), (Ink::Good, command)])?;
    }
    page.blank()?;
    page.line(&[(Ink::Strong, "How to switch it on")])?;
    for logger in KEY_LOGGERS {
        page.line(&[(Ink::Frame, "  "), (Ink::Frame, logger.program)])?;
        for line in logger.switch {
            page.line(&[(Ink::Plain, "      "), (Ink::Good, line)])?;
        }
        page.flow(&[(Ink::Plain, "    ")], Ink::Plain, logger.note)?;
        let source = format!("{}{}", logger.source, untried(logger.tried));
        page.flow(&[(Ink::Faint, "    source: ")], Ink::Faint, &source)?;
    }
    Ok(())
}

/// What to say of a row that is only as its source says.
fn untried(tried: bool) -> &'static str {
    if tried { "" } else { "; not tried" }
}

pub(super) fn markdown(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}: {}\n\n{}\n", code("keylog"), prose(TITLE), prose(WHAT_IT_IS))?;
    writeln!(out, "## How to use it\n")?;
    for (what, command) in USE_IT {
        writeln!(out, "- {}: {}", prose(what), code(command))?;
    }
    writeln!(out, "\n## How to switch it on\n")?;
    for logger in KEY_LOGGERS {
        let lines: Vec<String> = logger.switch.iter().map(|line| code(line).to_string()).collect();
        writeln!(out, "- **{}:** {}", prose(logger.program), lines.join(" and "))?;
        writeln!(
            out,
            "  {} (Source: {}{}.)",
            prose(logger.note),
            prose(logger.source),
            untried(logger.tried)
        )?;
    }
    Ok(())
}
