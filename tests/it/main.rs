//! The promises, tested from the outside.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::type_complexity,
    reason = "a test knows its numbers"
)]

mod amounts;
mod application;
mod cli;
mod contents;
mod corpus;
mod counts;
mod differential;
mod exits;
mod files;
mod folder;
mod formats;
mod frames;
mod fuzz;
#[path = "../common/generate/mod.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod generate;
mod golden;
mod hostile;
mod invariance;
mod isolation;
mod keys;
mod listing;
mod logs;
mod loss;
mod made;
mod midstream;
mod mistaken;
mod narrow;
#[path = "../common/pack.rs"]
mod pack;
mod quality;
mod readme;
mod real;
mod reference;
mod reuse;
mod rules;
#[path = "../common/keys.rs"]
mod sample_keys;
mod samples;
#[path = "../common/seal.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod seal;
#[path = "../common/secure.rs"]
#[allow(dead_code, reason = "the benches use more of it")]
mod secure;
mod support;
mod threads;
mod tls;
mod tls_corpus;
mod tls_ends;
#[path = "../common/travel.rs"]
mod travel;
#[path = "../common/tunnel.rs"]
mod tunnel;
mod tunnels;
mod twice;
mod verdicts;
mod wrapping;
