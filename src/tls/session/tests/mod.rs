//! Whole conversations, written by the sealing counterpart of what reads them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod cases;
mod laws;
mod listener;
mod talk;

#[test]
fn a_session_without_keys_is_small() {
    let size = size_of::<super::Session>();
    assert!(size <= 3_000, "{size}");
}
