//! Rows as CSV (RFC 4180), with a line of headings.
//!
//! A cell that has nothing to say is empty. What came from the wire goes through
//! [`escape::terminal`], so that every row is one line; payload besides so that it can be read back,
//! and that no spreadsheet takes it for a formula.

use std::io::{self, Write};

use super::super::{Report, SideName, escape};
use super::{Frame, FrameRow, RowWriter, What};

/// The columns.
const COLUMNS: [&str; 26] = [
    "connection",
    "tcp_stream",
    "row",
    "side",
    "packet",
    "time",
    "offset",
    "fin",
    "rsv",
    "opcode",
    "name",
    "length",
    "mask",
    "searched",
    "missing",
    "code",
    "message",
    "kind",
    "fragments",
    "bytes",
    "compressed",
    "inflated",
    "cause",
    "payload_as",
    "payload",
    "payload_cut",
];

pub(super) struct Sheet;

impl RowWriter for Sheet {
    fn head(&mut self, _: Option<&Report>, out: &mut dyn Write) -> io::Result<()> {
        record(&COLUMNS.map(str::to_owned), out)
    }

    fn row(&mut self, row: &FrameRow, out: &mut dyn Write) -> io::Result<()> {
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let start = [
            number(row.connection),
            row.tcp_stream.to_string(),
            match row.what {
                What::Frame(_) => "frame",
                What::Hole { .. } => "hole",
                What::Unread { .. } => "unread",
                What::Torn { .. } => "torn",
            }
            .to_owned(),
            match row.side {
                SideName::Client => "client",
                SideName::Server => "server",
            }
            .to_owned(),
            row.packet.map(|packet| packet.short()).unwrap_or_default(),
            row.time.clone().unwrap_or_default(),
            row.offset.to_string(),
        ];
        let mut rest: [String; 19] = Default::default();
        let [fin, rsv, opcode, name, length, mask, searched, missing, rest2 @ ..] = &mut rest;
        let [code, message, kind, fragments, bytes, compressed, inflated, cause, payload @ ..] =
            rest2;
        match &row.what {
            What::Frame(frame) => {
                *fin = u8::from(frame.fin).to_string();
                *rsv = frame.rsv.to_string();
                *opcode = frame.opcode.to_string();
                *name = frame.name.clone();
                *length = frame.length.to_string();
                *mask = frame.mask.clone().unwrap_or_default();
                *searched = u8::from(frame.searched).to_string();
                *missing = frame.missing.to_string();
                *code = frame.code.map(|code| code.to_string()).unwrap_or_default();
                if let Some(whole) = &frame.message {
                    *message = whole.number.to_string();
                    *kind = whole.kind.clone();
                    *fragments = whole.fragments.to_string();
                    *bytes = whole.bytes.to_string();
                    *compressed = u8::from(whole.compressed).to_string();
                    *inflated = number(whole.inflated);
                }
                *payload = payload_cells(frame);
            }
            What::Hole { bytes: lost, cause: why } => {
                *bytes = lost.to_string();
                *cause = why.clone();
            }
            What::Unread { bytes: unread } => *bytes = unread.to_string(),
            What::Torn { received, expected } => {
                *bytes = received.to_string();
                *length = number(*expected);
            }
        }
        let cells: Vec<&str> = start.iter().chain(&rest).map(String::as_str).collect();
        record(&cells, out)
    }
}

fn payload_cells(frame: &Frame) -> [String; 3] {
    let Some(payload) = &frame.payload else { return Default::default() };
    let (how, shown) = match (&payload.text, &payload.hex) {
        (Some(text), _) => ("text", text_cell(text)),
        (None, hex) => ("hex", hex.clone().unwrap_or_default()),
    };
    [how.to_owned(), shown, payload.cut.to_string()]
}

/// With the backslash escaped too, so that one cell stands for one text, and with a first character
/// that would begin a formula.
fn text_cell(text: &str) -> String {
    let mut rest = text.chars();
    let (first, rest) = match rest.next() {
        Some(c @ ('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')) => {
            (c.escape_unicode().to_string(), rest.as_str())
        }
        _ => (String::new(), text),
    };
    first + &escape::terminal(&rest.replace('\\', r"\\"))
}

fn record(cells: &[impl AsRef<[u8]>], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 10).from_writer(out);
    writer.write_record(cells)?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::text_cell;

    #[test]
    fn different_texts_are_different_cells() {
        let texts =
            ["a\nb", r"a\nb", r"a\\nb", "\x1b", r"\u{1b}", "=1", r"\u{3d}1", r"\\u{3d}1", "1"];
        let cells: BTreeSet<String> = texts.iter().map(|text| text_cell(text)).collect();
        assert_eq!(cells.len(), texts.len(), "{cells:?}");
        assert_eq!(text_cell(r"C:\new"), r"C:\\new");
    }

    #[test]
    fn no_text_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1"] {
            let cell = text_cell(text);
            assert!(cell.starts_with('\\') && cell.ends_with(&text[text.len() - 1..]), "{cell}");
        }
        assert_eq!(text_cell("a=1"), "a=1");
    }
}
