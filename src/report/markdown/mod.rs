//! The report as Markdown, ready for a ticket.
//!
//! In: a report. Out: GitHub's Markdown, verdict first. Strings from the wire stand in code spans
//! or are escaped: they cannot mention, link, or break a table.

mod capture;
mod connection;

use std::io::{self, Write};

use super::cite::Files;
use super::escape::{markdown as prose, markdown_cell_code as cell_code};
use super::{Report, SideName, Style, words};

pub(super) fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    if report.connections.len() > 1 {
        overview(report, out)?;
    }
    let files: Vec<Files<'_>> = report.captures.iter().map(Files::of).collect();
    let none = Files::default();
    for connection in &report.connections {
        let files = files.get(connection.capture).unwrap_or(&none);
        connection::write(report, connection, files, out)?;
    }
    if let Some(hidden) = words::hidden(report) {
        writeln!(out, "{}\n", prose(&hidden))?;
    }
    capture::write(report, out)?;
    footer(report, out)
}

/// One row for each connection.
fn overview(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {} WebSocket connections\n", report.connections.len())?;
    for (party, ids) in words::blamed(report, "") {
        writeln!(out, "- At fault: **{party}** in {}", prose(&ids))?;
    }
    if report.connections.iter().any(|one| one.verdict.at_fault != super::Blame::None) {
        writeln!(out)?;
    }
    let heads = ["", "client → server", "outcome", "at fault", "cause", "client API", "server API"];
    header(&heads, out)?;
    for connection in &report.connections {
        let verdict = &connection.verdict;
        let surfaced = &connection.close.surfaced;
        row(
            &[
                connection.id.to_string(),
                cell_code(&words::direction(connection, SideName::Client)),
                verdict.outcome.name().to_owned(),
                format!("{} ({})", verdict.at_fault.name(), verdict.confidence.name()),
                verdict.cause.as_deref().map_or("unknown".to_owned(), cell_code),
                words::surfaced(surfaced.client, verdict.outcome),
                words::surfaced(surfaced.server, verdict.outcome),
            ],
            out,
        )?;
    }
    writeln!(out)
}

/// The head of a table.
fn header(cells: &[&str], out: &mut dyn Write) -> io::Result<()> {
    row(cells, out)?;
    writeln!(out, "|{}", "---|".repeat(cells.len()))
}

/// A row of a table, its cells escaped already.
fn row<S: AsRef<str>>(cells: &[S], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "|")?;
    for cell in cells {
        write!(out, " {} |", cell.as_ref())?;
    }
    writeln!(out)
}

fn footer(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "---\n\n*Redaction:* message payload is not in this report; of a frame it shows the \
         header, and where payload bytes are the violation themselves, at most 16 of them. Values \
         in the query of the request are redacted. Addresses, host names, paths, reasons of Close \
         frames and names of software are as captured: look through them before you publish.\n"
    )?;
    writeln!(
        out,
        "Made by {} {} from the packets alone ({}).",
        prose(&report.tool.name),
        prose(&report.tool.version),
        prose(&report.schema)
    )
}
