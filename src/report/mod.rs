//! Reports.
//!
//! In: a [`Report`]. Out: its bytes in one of the [`FORMATS`]. A format lays out and computes
//! nothing: whatever it prints is in the report or in the catalogue of rules. Every string that
//! came from the wire goes through [`escape`] on its way.

mod amounts;
mod application;
mod blind_spot;
mod captured;
pub mod cards;
mod cite;
mod clock;
pub mod escape;
mod evidence;
mod filter;
mod format;
pub mod frames;
mod hints;
mod json;
mod markdown;
mod model;
mod page;
mod quality;
mod text;
mod tls;
mod tls_lines;
mod traffic;
mod wireshark;
mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

pub use application::{ApplicationReport, CodeMeaning, LastWordsReport, RecognisedBy};
pub use blind_spot::{BLIND_SPOTS, BlindSpotKind, Cites, Remedy, Weight, blind_spot_kind};
pub use captured::*;
pub use cite::PacketCite;
pub use filter::{Filter, NoSuchConnection};
pub use format::{Colour, Detail, FORMATS, Format, Style, WriteConnection, format, format_of};
pub use json::{Line, line_schema, schema};
pub use model::*;
pub use quality::{CaptureQuality, ConnectionQuality, Grade, Recapture};
pub use tls::*;
pub use traffic::*;
