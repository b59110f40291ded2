//! WebSocket frames.
//!
//! In: the stream of one side behind the opening handshake, as [`crate::tcp::StreamEvent`]s. Out:
//! [`Event`]s, each with its stream offsets. Everything is parsed, nothing is judged, and nothing
//! is held because a length field says so.

mod content;
mod control;
mod decoder;
pub mod deflate;
mod direction;
mod event;
mod frame;
mod mask;
mod opcode;
pub mod search;
mod short;
mod utf8;

pub use control::{ControlFrame, MAX_CONTROL_LEN};
pub use decoder::{Decoder, Input, Landing, PartialFrame};
pub use deflate::{Compressor, Compressors, DeflateFault, InflateLimits, Inflated, Reason};
pub use direction::{
    Agreement, Assembly, Compressed, Deflate, Direction, LastFrame, Masking, Message, Text,
};
pub use event::{Event, Excerpt, FrameStart, Keep, LOOKAHEAD, MessageEnd};
pub use frame::{FrameHeader, LengthForm, MAX_HEADER_LEN, MaskKey};
pub use mask::unmask;
pub use opcode::Opcode;
pub use short::Short;
pub use utf8::{Utf8, Utf8Fault, Utf8Kind};

#[cfg(test)]
pub(crate) use decoder::tests as laws;
