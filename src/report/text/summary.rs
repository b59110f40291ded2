//! What the captures held, what they cannot tell, and what to try when they held no WebSocket.

use std::io;

use super::super::cite::Files;
use super::super::clock;
use super::super::page::{Ink, Page};
use super::super::{
    BlindSpot, CaptureQuality, CaptureReport, Detail, Grade, Report, hints, tls_lines, words,
};
use crate::rules::Severity;

/// Files of a series that are listed.
const MOST_FILES: usize = 32;

pub(super) fn write(report: &Report, detail: Detail, page: &mut Page<'_>) -> io::Result<()> {
    for capture in &report.captures {
        write_capture(capture, detail, page)?;
    }
    tally(report, page)
}

fn write_capture(capture: &CaptureReport, detail: Detail, page: &mut Page<'_>) -> io::Result<()> {
    let name = format!("{}: ", capture.file);
    let lead = [(Ink::Strong, name.as_str())];
    let hang = [(Ink::Plain, "  ")];
    let Some(format) = &capture.format else {
        let why = capture.error.as_deref().unwrap_or("not a capture");
        return page.flow_under(&lead, &hang, Ink::Of(Severity::Error), why);
    };
    let mut held = words::held(capture);
    if let (Some(first), Some(last)) = (&capture.first, &capture.last) {
        held = format!("{held}; {}", clock::span(first, last));
    }
    page.flow_under(&lead, &hang, Ink::Plain, &format!("{format}, {held}"))?;
    file_list(capture, page)?;
    let interfaces = words::interfaces(capture);
    if detail == Detail::Full && !interfaces.is_empty() {
        page.flow_under(&[(Ink::Plain, "  captured on: ")], &hang, Ink::Plain, &interfaces)?;
    }
    if let Some(error) = &capture.error {
        let lead = [(Ink::Of(Severity::Error), "  not read whole: ")];
        page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, error)?;
    }
    if !capture.not_analysed.is_empty() {
        let lead = [(Ink::Of(Severity::Note), "  not analysed: ")];
        let list = words::not_analysed(capture);
        page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, &list)?;
    }
    blind_spots("  ", &capture.blind_spots, &Files::of(capture), page)?;
    if capture.websockets == 0 {
        let none = format!("no WebSocket found in {}", capture.file);
        page.flow_under(&[(Ink::Plain, "  ")], &hang, Ink::Strong, &none)?;
        for hint in hints::hints(capture) {
            let lead = [(Ink::Good, "  try: ")];
            page.flow(&lead, Ink::Plain, &hint)?;
        }
    }
    capture.quality.as_ref().map_or(Ok(()), |quality| write_quality(quality, page))
}

/// The files of a series, each with the number by which packets are cited in columns.
fn file_list(capture: &CaptureReport, page: &mut Page<'_>) -> io::Result<()> {
    for (number, file) in (1_usize..).zip(&capture.files).take(MOST_FILES) {
        let lead = format!("  file {number}: {}: ", file.file);
        let held = match &file.error {
            None => words::count(file.packets, "packet"),
            Some(error) => format!("{}; {error}", words::count(file.packets, "packet")),
        };
        let hang = [(Ink::Plain, "    ")];
        page.flow_under(&[(Ink::Plain, lead.as_str())], &hang, Ink::Plain, &held)?;
    }
    let more = capture.files.len().saturating_sub(MOST_FILES);
    if more > 0 {
        let line = format!("  and {} more files, all of them in JSON", words::grouped(more as u64));
        page.line(&[(Ink::Faint, line.as_str())])?;
    }
    match capture.files.is_empty() {
        true => Ok(()),
        false => page.line(&[(Ink::Faint, "  "), (Ink::Faint, words::SHORT_CITE)]),
    }
}

/// How far the verdicts can be trusted, and how to capture what is missing.
fn write_quality(quality: &CaptureQuality, page: &mut Page<'_>) -> io::Result<()> {
    let ink = match quality.grade {
        Grade::Good => Ink::Good,
        Grade::Limited | Grade::Poor => Ink::Of(Severity::Warning),
    };
    let lead = [(ink, "  quality: ")];
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, &words::quality(quality))?;
    let Some(recapture) = &quality.recapture else { return Ok(()) };
    let lead = [(Ink::Good, "  for a better capture: ")];
    let advice = match recapture.advice.join("; ") {
        advice if advice.is_empty() => "run".to_owned(),
        advice => advice,
    };
    page.flow_under(&lead, &[(Ink::Plain, "    ")], Ink::Plain, &advice)?;
    page.line(&[(Ink::Plain, "    "), (Ink::Strong, &recapture.command)]) // to be copied
}

/// What a capture or a connection cannot tell.
pub(super) fn blind_spots(
    indent: &str,
    spots: &[BlindSpot],
    files: &Files<'_>,
    page: &mut Page<'_>,
) -> io::Result<()> {
    for spot in spots {
        let lead = format!("{indent}blind spot[{}]: ", spot.kind);
        let hang = format!("{indent}    ");
        page.flow_under(
            &[(Ink::Of(Severity::Note), &lead)],
            &[(Ink::Plain, &hang)],
            Ink::Plain,
            &words::blind_spot(files, spot),
        )?;
    }
    Ok(())
}

fn tally(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.connections.is_empty() && report.filtered.is_none() {
        return Ok(());
    }
    let number = |severity| {
        let findings = words::counted(report).flat_map(|connection| &connection.findings);
        findings.filter(|finding| finding.severity == severity).count()
    };
    let connections = u64::try_from(words::counted(report).count()).unwrap_or(u64::MAX);
    let inferred = words::counted(report).filter(|one| tls_lines::is_inferred(one)).count();
    let inferred = match inferred {
        0 => String::new(),
        number => format!(" ({number} inferred)"),
    };
    let line = format!("{}{inferred}: ", words::count(connections, "WebSocket"));
    let mut spans = vec![(Ink::Strong, line)];
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let found = u64::try_from(number(severity)).unwrap_or(u64::MAX);
        let ink = if found == 0 { Ink::Plain } else { Ink::Of(severity) };
        if severity > Severity::Note || found > 0 {
            let comma = if spans.len() > 1 { ", " } else { "" };
            spans.push((Ink::Plain, comma.to_owned()));
            spans.push((ink, words::count(found, severity.name())));
        }
    }
    for (blame, ids) in words::blamed(report, "#") {
        spans.push((Ink::Plain, format!("; at fault: {blame} in {ids}")));
    }
    let spans: Vec<_> = spans.iter().map(|(ink, text)| (*ink, text.as_str())).collect();
    page.line(&spans)?;
    match words::hidden(report) {
        Some(hidden) => page.flow(&[], Ink::Faint, &hidden),
        None => Ok(()),
    }
}
