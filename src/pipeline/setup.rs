//! What every capture of a run is analysed with.

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
}

/// The keys that are known once a whole capture has been read, and what was said of them there.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) keyring: Keyring,
    pub(super) facts: KeyLogFacts,
}
