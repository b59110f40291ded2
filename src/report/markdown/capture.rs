//! The captures of a ticket: what they held and what they cannot tell.

use std::io::{self, Write};

use super::super::cite::Files;
use super::super::clock;
use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::{BlindSpot, CaptureQuality, CaptureReport, Grade, Report, hints, words};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Quality of the capture\n")?;
    for capture in &report.captures {
        write_capture(capture, out)?;
    }
    writeln!(out)
}

fn write_capture(capture: &CaptureReport, out: &mut dyn Write) -> io::Result<()> {
    let file = code(&capture.file);
    let Some(format) = &capture.format else {
        let why = capture.error.as_deref().unwrap_or("not a capture");
        return writeln!(out, "- {file}: **could not be read:** {}", prose(why));
    };
    writeln!(out, "- {file}: {}, {}", prose(format), words::held(capture))?;
    if let (Some(first), Some(last)) = (&capture.first, &capture.last) {
        writeln!(out, "  - {}", prose(&clock::span(first, last)))?;
    }
    for (number, file) in (1_usize..).zip(&capture.files) {
        let packets = words::count(file.packets, "packet");
        write!(out, "  - file {number}: {}, {packets}", code(&file.file))?;
        if let Some(sha256) = &file.sha256 {
            write!(out, ", SHA-256 {}", code(sha256))?;
        }
        match &file.error {
            Some(error) => writeln!(out, "; **not read whole:** {}", prose(error))?,
            None => writeln!(out)?,
        }
    }
    if !capture.files.is_empty() {
        writeln!(out, "  - {}", prose(words::SHORT_CITE))?;
    }
    let interfaces = words::interfaces(capture);
    if !interfaces.is_empty() {
        writeln!(out, "  - captured on: {}", prose(&interfaces))?;
    }
    if let Some(sha256) = &capture.sha256 {
        writeln!(out, "  - SHA-256 {}", code(sha256))?;
    }
    if let Some(error) = &capture.error {
        writeln!(out, "  - **not read whole:** {}", prose(error))?;
    }
    if !capture.not_analysed.is_empty() {
        writeln!(out, "  - not analysed: {}", prose(&words::not_analysed(capture)))?;
    }
    let files = Files::of(capture);
    for spot in &capture.blind_spots {
        let what = words::blind_spot(&files, spot);
        writeln!(out, "  - blind spot {}: {}", code(&spot.kind), prose(&what))?;
    }
    if capture.websockets == 0 {
        writeln!(out, "  - **no WebSocket found**; try:")?;
        for hint in hints::hints(capture) {
            writeln!(out, "    - {}", prose(&hint))?;
        }
    }
    capture.quality.as_ref().map_or(Ok(()), |quality| write_quality(quality, out))
}

/// How far the verdicts can be trusted, and how to capture what is missing.
fn write_quality(quality: &CaptureQuality, out: &mut dyn Write) -> io::Result<()> {
    let (grade, summary) = (quality.grade.name(), prose(&quality.summary));
    writeln!(out, "  - **{grade}**: {summary}")?;
    if quality.grade > Grade::Good {
        for reason in &quality.reasons {
            writeln!(out, "    - {}", prose(reason))?;
        }
    }
    let Some(recapture) = &quality.recapture else { return Ok(()) };
    writeln!(out, "  - for a better capture: {}", code(&recapture.command))?;
    for advice in &recapture.advice {
        writeln!(out, "    - {}", prose(advice))?;
    }
    Ok(())
}

/// What cannot be told, as items of a list.
pub(super) fn blind_spots(
    spots: &[BlindSpot],
    files: &Files<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for spot in spots {
        let what = words::blind_spot(files, spot);
        writeln!(out, "- blind spot {}: {}", code(&spot.kind), prose(&what))?;
    }
    Ok(())
}
