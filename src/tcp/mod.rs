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
mod seq;
mod stream;
mod twins;
mod waiting;

pub use assembler::{Assembler, AssemblerLimits, Piece, Released};
pub use connection::{Connection, Ending, Summary};
pub use notes::Around;
pub use seq::Seq;
pub use stream::{GapCause, Range64, StreamEvent};

#[cfg(test)]
mod tests;
