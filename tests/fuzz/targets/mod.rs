//! What may be thrown at each stage, and what has to hold then.
//!
//! In: any bytes. Out: nothing, or a panic that says which promise was broken. A target is one
//! function in one file; libFuzzer calls it (`tests/fuzz/run`), and so does the test that plays the
//! seeds and all crashes there ever were. Where bytes alone would not get far, they are read as
//! decisions by a [`tape::Tape`], and what they decide is compared with a model that is slow and
//! obvious.

mod assembler;
mod capture;
mod close;
mod conversation;
mod exchange;
mod findings;
mod frames;
mod inflate;
mod key_log;
mod link;
mod loss;
mod pipeline;
mod reporters;
mod samples;
mod search;
mod streams;
mod talk;
mod tape;
mod tls;
mod unpack;

/// A fuzz target: one row of [`TARGETS`].
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// As long as an input needs to be.
    pub(crate) max_len: usize,
    /// Panics where a promise is broken.
    pub(crate) run: fn(&[u8]),
    /// What to begin with.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! target {
    ($name:ident, $max_len:expr) => {
        Target {
            name: stringify!($name),
            max_len: $max_len,
            run: $name::target,
            seeds: $name::seeds,
        }
    };
}

/// Every target, in the order of the stages.
pub(crate) static TARGETS: &[Target] = &[
    target!(capture, 16 << 10),
    target!(unpack, 16 << 10),
    target!(link, 4 << 10),
    target!(assembler, 2 << 10),
    target!(key_log, 8 << 10),
    target!(tls, 32 << 10),
    target!(exchange, 8 << 10),
    target!(frames, 4 << 10),
    target!(close, 512),
    target!(inflate, 4 << 10),
    target!(search, 8 << 10),
    target!(conversation, 4 << 10),
    target!(loss, 4 << 10),
    target!(reporters, 4 << 10),
    target!(pipeline, 32 << 10),
];
