//! TCP (skeleton).

mod seq;

pub use seq::Seq;
