//! Rows as a table for people.
//!
//! The table is written as it comes, so columns have fixed widths; what is longer moves the rest of
//! its line. Payload follows under its row.

use std::io::{self, Write};

use super::super::words::{bytes, count, grouped};
use super::super::{Report, SideName, clock, escape, words};
use super::{Frame, FrameRow, Payload, RowWriter, What};

/// How a table is to be laid out.
#[derive(Default)]
pub(super) struct Table {
    /// The connection is named by its number in the report, if that is known, else by that of TCP.
    by_stream: bool,
}

impl RowWriter for Table {
    fn head(&mut self, report: Option<&Report>, out: &mut dyn Write) -> io::Result<()> {
        for connection in report.iter().flat_map(|report| &report.connections) {
            let ends = words::direction(connection, SideName::Client);
            let url = words::url(connection);
            let line = format!("#{}  {ends}  {url}", connection.id);
            writeln!(out, "{}", escape::terminal(&line))?;
        }
        if report.is_some() {
            writeln!(out)?;
        }
        self.by_stream = report.is_none();
        let name = if self.by_stream { "stream" } else { "#" };
        writeln!(
            out,
            "{name:>6}  {:>8}  {:<15}  {:<6}  {:>10}  {:<12}  {:<3}  {:<4}  {:<8}  {:>10}",
            "packet", "time", "side", "offset", "opcode", "fin", "rsv", "mask", "length"
        )
    }

    fn row(&mut self, row: &FrameRow, out: &mut dyn Write) -> io::Result<()> {
        let number = match row.connection {
            Some(id) if !self.by_stream => id,
            _ => row.tcp_stream,
        };
        let packet = row.packet.map_or_else(|| "-".to_owned(), |packet| packet.short());
        let time = row.time.as_deref().map_or("-", clock::time_of_day);
        let side = row.side.name();
        write!(out, "{number:>6}  {packet:>8}  {time:<15}  {side:<6}  {:>10}  ", row.offset)?;
        match &row.what {
            What::Frame(frame) => self.frame(frame, out),
            What::Hole { bytes: lost, cause } => {
                writeln!(out, "-- hole of {}: {cause}", bytes(*lost))
            }
            What::Unread { bytes: unread } => {
                writeln!(out, "-- {} not read: where frames begin is not known", bytes(*unread))
            }
            What::Torn { received, expected: Some(expected) } => writeln!(
                out,
                "-- the stream ends here, {} of {} into this frame",
                grouped(*received),
                bytes(*expected)
            ),
            What::Torn { received, expected: None } => {
                writeln!(out, "-- the stream ends here, {} into a header", bytes(*received))
            }
        }
    }
}

impl Table {
    fn frame(&self, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
        let name = match frame.name.as_str() {
            "reserved" => format!("reserved {:#x}", frame.opcode),
            name => name.to_owned(),
        };
        let fin = if frame.fin { "fin" } else { "-" };
        let rsv = match frame.rsv {
            0 => "-".to_owned(),
            _ => frame.rsv_names(),
        };
        let mask = frame.mask.as_deref().unwrap_or("-");
        let mut line = format!("{name:<12}  {fin:<3}  {rsv:<4}  {mask:<8}  {:>10}", frame.length);
        for note in notes(frame) {
            line.push_str("  ");
            line.push_str(&note);
        }
        writeln!(out, "{line}")?;
        frame.payload.iter().try_for_each(|payload| write_payload(payload, out))
    }
}

fn notes(frame: &Frame) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(code) = frame.code {
        notes.push(format!("code {code}"));
    }
    if let Some(message) = &frame.message {
        let size = match (message.compressed, message.inflated) {
            (true, Some(inflated)) => {
                format!("{} inflated to {}", bytes(message.bytes), bytes(inflated))
            }
            (true, None) => format!("{}, compressed", bytes(message.bytes)),
            (false, _) => bytes(message.bytes),
        };
        let frames = match message.fragments {
            1 => String::new(),
            many => format!(" in {}", count(many, "frame")),
        };
        notes.push(format!("message {}: {} of {size}{frames}", message.number, message.kind));
    }
    if frame.missing > 0 {
        notes.push(format!("{} missing", bytes(frame.missing)));
    }
    if frame.searched {
        notes.push("(boundary searched for)".to_owned());
    }
    notes
}

fn write_payload(payload: &Payload, out: &mut dyn Write) -> io::Result<()> {
    const INDENT: &str = "        | ";
    match (&payload.text, &payload.hex) {
        (Some(text), _) if text.is_empty() => {}
        (Some(text), _) => {
            for line in text.split('\n') {
                writeln!(out, "{INDENT}{}", escape::terminal(line))?;
            }
        }
        (None, Some(hex)) => {
            let pairs: Vec<&[u8]> = hex.as_bytes().chunks(2).collect();
            for (index, row) in pairs.chunks(16).enumerate() {
                let row: Vec<_> = row.iter().map(|pair| String::from_utf8_lossy(pair)).collect();
                writeln!(out, "{INDENT}{:08x}  {}", index * 16, row.join(" "))?;
            }
        }
        (None, None) => {}
    }
    if payload.cut > 0 {
        writeln!(out, "{INDENT}… {} more", bytes(payload.cut))?;
    }
    if !payload.sound {
        writeln!(out, "{INDENT}not all of it as sent: bytes of it are missing or damaged")?;
    }
    Ok(())
}
