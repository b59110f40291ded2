//! TCP streams put in order.
//!
//! In: segments in the order of the capture. Out: per side a [`StreamEvent`] sequence without
//! repetition, with a [`GapCause`] for whatever the capture lost, and at the end a [`Summary`].
//! A packet that was captured twice counts once.
//! Nothing here knows what the bytes mean.

mod assembler;
mod clocks;
mod connection;
mod copies;
mod half;
mod notes;
mod piece;
mod seq;
mod stream;
mod summary;
mod twins;
mod waiting;

pub use assembler::Assembler;
pub use connection::Connection;
pub use notes::Around;
pub use piece::{AssemblerLimits, Piece, Released};
pub use seq::Seq;
pub use stream::{GapCause, Range64, StreamEvent};
pub use summary::{Ending, Summary};

#[cfg(test)]
mod tests;
