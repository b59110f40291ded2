//! What every capture of a run is analysed with.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::Limits;
use super::tap::Tap;
use crate::capture::Stop;
use crate::tls::{KeyLogFacts, Keyring};

/// The same for every capture of a run; a copy costs little.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) limits: Limits,
    pub(super) tap: Option<Tap>,
    /// The keys that somebody gave for all captures.
    pub(super) keys: Arc<Keyring>,
    /// By which somebody ends the run before its captures end.
    pub(super) stop: Stop,
    /// Threads that follow the connections of one capture.
    pub(super) threads: NonZeroUsize,
}

impl Setup {
    /// The parts into which the connections of a capture are dealt. That is the same for any number
    /// of threads, since the bounds are kept part by part; but frames that are listed go out in the
    /// order in which they come, and then there is one part and one thread.
    pub(super) fn shards(&self) -> usize {
        const SHARDS: usize = 16;
        if self.tap.is_some() { 1 } else { SHARDS }
    }

    /// Threads that can have a share of a capture.
    pub(super) fn workers(&self) -> usize {
        self.threads.get().min(self.shards())
    }
}

/// The keys that are known once a whole capture has been read, and what was said of them there.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) keyring: Keyring,
    pub(super) facts: KeyLogFacts,
}
