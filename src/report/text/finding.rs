//! One finding, drawn.
//!
//! ```text
//! error[client-frame-unmasked]: client frame without a mask
//!   --> packet 6, 12:00:01.005, 192.0.2.10:50000 → 198.51.100.20:80, stream bytes 182..189
//!    |
//!    |  81 05
//!    |     ^^ 0000 0101
//!    |        ^ the mask bit of this text frame is 0
//!    |
//!    = RFC 6455 §5.1; expected answer: 1002
//!    = at fault: client
//!    = help: …
//! ```

use std::io;

use super::super::cite::Files;
use super::super::clock;
use super::super::evidence::Drawing;
use super::super::page::{Ink, Page, Span};
use super::super::{ConnectionReport, Detail, FindingReport, words};
use crate::rules::{self, Severity};

const GUTTER: Span<'_> = (Ink::Frame, "   |");

pub(super) fn write(
    connection: &ConnectionReport,
    finding: &FindingReport,
    files: &Files<'_>,
    detail: Detail,
    page: &mut Page<'_>,
) -> io::Result<()> {
    heading(finding, page)?;
    place(connection, finding, files, page)?;
    drawing(finding, page)?;
    notes(connection, finding, detail, page)
}

fn heading(finding: &FindingReport, page: &mut Page<'_>) -> io::Result<()> {
    let name = format!("{}[{}]", finding.severity, finding.rule);
    let summary = rules::find(&finding.rule).map_or("", |rule| rule.summary);
    let colon = if summary.is_empty() { "" } else { ": " };
    page.flow_under(
        &[(Ink::Of(finding.severity), &name), (Ink::Strong, colon)],
        &[(Ink::Plain, "    ")],
        Ink::Strong,
        summary,
    )
}

fn place(
    connection: &ConnectionReport,
    finding: &FindingReport,
    files: &Files<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let [start, end] = finding.stream_range;
    let range = if start == end {
        format!("stream byte {start}")
    } else {
        format!("stream bytes {start}..{end}")
    };
    let place = format!(
        "{}, {}, {}, {range}",
        files.packets(&finding.packets),
        clock::time_of_day(&finding.time),
        words::direction(connection, finding.side),
    );
    page.flow(&[(Ink::Frame, "  --> ")], Ink::Plain, &place)
}

fn drawing(finding: &FindingReport, page: &mut Page<'_>) -> io::Result<()> {
    let ink = Ink::Of(finding.severity);
    page.line(&[GUTTER])?;
    let lines = Drawing::of(finding).map(|drawing| drawing.lines()).unwrap_or_default();
    let mut lines = lines.iter().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let ink = if index == 0 { Ink::Plain } else { ink };
        // The last carets are where the eye rests: what was seen stands beside them.
        match lines.peek() {
            None if index > 0 && line.len() < 40 => {
                let line = format!("{line} ");
                let blanks = " ".repeat(line.len() + 2);
                let hang = [GUTTER, (Ink::Plain, blanks.as_str())];
                let lead = [GUTTER, (Ink::Plain, "  "), (ink, line.as_str())];
                return page
                    .flow_under(&lead, &hang, ink, &finding.detail)
                    .and_then(|()| page.line(&[GUTTER]));
            }
            _ => page.line(&[GUTTER, (Ink::Plain, "  "), (ink, line)])?,
        }
    }
    let lead = [GUTTER, (Ink::Plain, "  ")];
    page.flow_under(&lead, &lead, ink, &finding.detail)?;
    page.line(&[GUTTER])
}

fn notes(
    connection: &ConnectionReport,
    finding: &FindingReport,
    detail: Detail,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let rule = rules::find(&finding.rule);
    if let Some(rule) = rule {
        note("", &format!("{}{}", rule.section, words::answer(rule)), page)?;
    }
    let repeated = match finding.count {
        0 | 1 => String::new(),
        count => format!(", {} times; the first is shown", words::grouped(count)),
    };
    note("at fault: ", &format!("{}{repeated}", finding.at_fault.name()), page)?;
    if finding.caused_the_end {
        note("", "this ended the connection", page)?;
    }
    if finding.tolerated {
        note("tolerated: ", "the peer received it and the connection lived on", page)?;
    }
    if let Some(rule) = rule {
        if detail == Detail::Full {
            note("why: ", rule.explanation, page)?;
        }
        if rule.advice != connection.verdict.fix {
            note("help: ", rule.advice, page)?;
        }
        if detail == Detail::Brief && finding.severity == Severity::Error {
            note("", &format!("more: wsblame explain {}", rule.id), page)?;
        }
    }
    Ok(())
}

fn note(label: &str, text: &str, page: &mut Page<'_>) -> io::Result<()> {
    let lead = [(Ink::Frame, "   = "), (Ink::Strong, label)];
    page.flow_under(&lead, &[(Ink::Plain, "     ")], Ink::Plain, text)
}
