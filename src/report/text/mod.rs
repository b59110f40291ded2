//! The report as text for a terminal, in the manner of a good compiler.
//!
//! In: a report. Out: the connections one after the other, verdict first, each with its findings
//! drawn; then what the captures held and what they cannot tell.

mod connection;
mod finding;
mod summary;

use std::io::{self, Write};

use super::cite::Files;
use super::page::Page;
use super::{Report, Style};

pub(super) fn write(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let files: Vec<Files<'_>> = report.captures.iter().map(Files::of).collect();
    let none = Files::default();
    for connection in &report.connections {
        let files = files.get(connection.capture).unwrap_or(&none);
        connection::write(report, connection, files, style.detail, &mut page)?;
    }
    summary::write(report, style.detail, &mut page)
}
