//! Frames one by one.
//!
//! In: [`FrameRow`]s, as the pipeline hands them out while a capture is read. Out: each as a line
//! of text, of NDJSON or of CSV, written at once: nothing waits for what follows. Field names are
//! part of the public schema, as in [`model`](super::Report).

mod csv;
mod payload;
mod text;

use std::io::{self, Write};

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::{PacketCite, Report, SideName, json};
pub use payload::{Payload, PayloadAs};

/// A frame, or what stands in the place of frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FrameRow {
    /// The `id` of the connection in the report; null while standard input is read as it comes,
    /// because connections are numbered when all is known.
    pub connection: Option<u64>,
    /// The number that Wireshark gives the TCP connection.
    pub tcp_stream: u64,
    /// Whose stream it is in.
    pub side: SideName,
    /// The first packet that carried its header; null for what is no frame, or where it is not
    /// known any more.
    pub packet: Option<PacketCite>,
    /// The time of that packet.
    pub time: Option<String>,
    /// Where it begins in the side's stream: payload bytes of TCP before it.
    pub offset: u64,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What stands at a place of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "row", rename_all = "lowercase")]
pub enum What {
    /// A frame.
    Frame(Box<Frame>),
    /// Bytes that were sent and that the capture does not have.
    Hole {
        /// How many.
        bytes: u64,
        /// Why the capture does not have them.
        cause: String,
    },
    /// Bytes that were captured but cannot be read as frames: where frames begin is not known.
    Unread {
        /// How many, those included that the capture does not have.
        bytes: u64,
    },
    /// The stream ends inside the frame of the row before of this side.
    Torn {
        /// Bytes of that frame that came, its header included; `offset` is that of the frame.
        received: u64,
        /// Bytes that it should have had; null when not even its header is complete.
        expected: Option<u64>,
    },
}

/// The header of a frame (RFC 6455 §5.2), and what is known where it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Frame {
    /// The FIN bit.
    pub fin: bool,
    /// The three reserved bits; RSV1 is 4.
    pub rsv: u8,
    /// The four bits of the opcode.
    pub opcode: u8,
    /// Its name: `continuation`, `text`, `binary`, `close`, `ping`, `pong` or `reserved`.
    pub name: String,
    /// Payload bytes as declared.
    pub length: u64,
    /// The masking key in hex; null when the frame is not masked.
    pub mask: Option<String>,
    /// Whether the boundary was searched for, behind a hole or without the opening handshake: that
    /// there is a frame is then only likely.
    pub searched: bool,
    /// Payload bytes of this frame, if it is a control frame, or else of its message so far, that
    /// the capture does not have.
    pub missing: u64,
    /// The status code of a Close.
    pub code: Option<u16>,
    /// The message, at the frame that completes it.
    pub message: Option<WholeMessage>,
    /// Payload of the message or of the control frame, where it ends; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// The same as bytes, as far as they were kept.
    #[serde(skip)]
    #[schemars(skip)]
    pub content: Option<Content>,
}

/// A message that is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WholeMessage {
    /// From 1, over both sides of the connection, in the order of the rows.
    pub number: u64,
    /// `text` or `binary`.
    pub kind: String,
    /// Frames.
    pub fragments: u64,
    /// Payload bytes as on the wire.
    pub bytes: u64,
    /// Whether it is compressed.
    pub compressed: bool,
    /// Payload bytes when inflated; null when it is not compressed, or could not be inflated.
    pub inflated: Option<u64>,
}

/// The first bytes of a message or control frame, unmasked and inflated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// How many there were in all; `bytes` may be cut.
    pub len: u64,
    /// Whether these are they: false where the capture lacks some, or inflation went wrong.
    pub sound: bool,
}

/// A format of rows: one row of [`FRAME_FORMATS`].
pub struct FrameFormat {
    /// As given to `--format`.
    pub name: &'static str,
    /// A writer of rows, which has written nothing yet.
    pub begin: fn() -> Box<dyn RowWriter>,
}

/// Writes rows in one format.
pub trait RowWriter {
    /// What stands before the rows; `report` is that on the captures, if it is known already, with
    /// those connections that are listed.
    fn head(&mut self, report: Option<&Report>, out: &mut dyn Write) -> io::Result<()>;

    /// One row.
    fn row(&mut self, row: &FrameRow, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format; the first is the usual one.
pub static FRAME_FORMATS: &[FrameFormat] = &[
    FrameFormat { name: "text", begin: || Box::new(text::Table::default()) },
    FrameFormat { name: "ndjson", begin: || Box::new(Lines) },
    FrameFormat { name: "csv", begin: || Box::new(csv::Sheet) },
];

/// The JSON Schema of a line of `ndjson`.
pub fn frame_schema() -> Schema {
    schema_for!(FrameRow)
}

struct Lines;

impl RowWriter for Lines {
    fn head(&mut self, _: Option<&Report>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &FrameRow, out: &mut dyn Write) -> io::Result<()> {
        json::compact(row, out)
    }
}

impl FrameRow {
    /// The frame, if it is one.
    pub fn frame(&self) -> Option<&Frame> {
        match &self.what {
            What::Frame(frame) => Some(frame),
            _ => None,
        }
    }
}

impl Frame {
    /// `rsv1`, `rsv1+rsv3`, or nothing.
    fn rsv_names(&self) -> String {
        let set = [(4, "rsv1"), (2, "rsv2"), (1, "rsv3")];
        let names = set.iter().filter(|(bit, _)| self.rsv & bit != 0).map(|(_, name)| *name);
        names.collect::<Vec<_>>().join("+")
    }
}
