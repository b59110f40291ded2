//! The captures of a ticket: what they held and what they cannot tell.

use std::io::{self, Write};

use super::super::cite::Files;
use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::{BlindSpot, CaptureReport, Report, hints, words};

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
        writeln!(out, "  - {}", prose(&words::span(first, last)))?;
    }
    if let Some(sha256) = &capture.sha256 {
        writeln!(out, "  - SHA-256 {}", code(sha256))?;
    }
    if let Some(error) = &capture.error {
        writeln!(out, "  - **not read to its end:** {}", prose(error))?;
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
