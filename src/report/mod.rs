//! Reports.
//!
//! In: a [`Report`]. Out: its bytes in one of the formats. A format lays out and computes nothing:
//! whatever it prints is in the report or in the catalogue of rules.

mod model;

pub use model::*;
