//! Sources and capture formats.
//!
//! In: a file or a pipe, whatever it is packed in. Out: one [`Packet`] after the other, borrowed
//! from the read block, and at the end the [`CaptureFacts`]. Where a file is damaged, reading goes
//! on at the next record that certainly is one. Nothing here looks into a packet, and nothing here
//! holds more of a capture than one record.
//!
//! ```text
//! open ──▶ Source ──▶ Bytes ──unpack──▶ Bytes ──▶ Reader ──▶ Packet, Packet, … ──▶ CaptureFacts
//!                     │ layer           │         │ window    the sliding read block
//!                     │ (Hashing)       │         │ sniff     which format, by content
//!                     │                 │         └ pcap, pcapng
//!                     │                 ├ compression   gzip, zstd, lz4, xz, bzip2
//!                     │                 └ archive       tar, zip: one Leaf for each capture
//! ```

mod archive;
mod compression;
mod error;
mod facts;
mod layer;
mod names;
mod order;
mod packet;
mod pcap;
mod pcapng;
mod reader;
mod sniff;
mod source;
mod stop;
mod unpack;
mod window;

#[cfg(test)]
mod craft;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod damage;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod laws;

pub use archive::Go;
pub use error::CaptureError;
pub use facts::{CaptureFacts, Ending, Format, Hole, Interface, Problem, SecretsFacts};
pub use layer::{Bytes, Trailing};
pub(crate) use names::{is_like_a_capture, without_compression};
pub use order::ByteOrder;
pub use packet::{LinkType, Packet};
pub use pcapng::Disclosed;
pub use reader::Reader;
pub use source::{Hashing, STDIN_NAME, Source, open};
pub use stop::{Stop, Stopping, Switch};
pub use unpack::{Leaf, Outcome, Packed, Unpacked, unpack};
pub(crate) use window::Block;
