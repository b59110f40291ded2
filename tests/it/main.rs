//! The promises, tested from the outside.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod cli;
mod invariance;
mod loss;
mod real;
mod rules;
mod support;
mod verdicts;
