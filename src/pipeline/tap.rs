//! The way out for frames.
//!
//! In: which connections are to be listed. Out: their [`FrameRow`]s, in batches, by a channel that
//! holds a few of them: who reads slowly slows the analysis down, and nothing piles up. Connections
//! have their numbers only when a run is over, so they are asked for by [`Places`], which a run
//! before has given.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::report::frames::FrameRow;

/// Which capture of a run: the input that it is or begins in, and its place there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct CaptureKey {
    pub(super) input: usize,
    pub(super) leaf: usize,
}

/// Where the connections of a report are: on which TCP connection of which capture. It holds for
/// every run over the same inputs.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub(super) numbers: HashMap<(CaptureKey, u64), u64>,
}

impl Places {
    /// Those of the connections with these numbers.
    #[must_use]
    pub fn only(mut self, numbers: &[u64]) -> Places {
        self.numbers.retain(|_, number| numbers.contains(number));
        self
    }
}

/// Makes an analysis list frames: see [`super::Analysis::list_frames`].
#[derive(Clone, Debug)]
pub struct Tap {
    /// `None` lists all, without their numbers.
    wanted: Option<Arc<Places>>,
    keep: usize,
    out: SyncSender<Vec<FrameRow>>,
}

/// Batches that wait to be read.
const WAITING: usize = 4;

/// Where more than this is kept of a message, none waits: it is handed over when it is asked for.
const SMALL: usize = 64 << 10;

impl Tap {
    /// A tap for the connections that are `wanted`, or for all where that is `None`, and what reads
    /// it. Of each message and control frame at most `keep` bytes of content are handed out.
    pub fn new(wanted: Option<Places>, keep: usize) -> (Tap, Receiver<Vec<FrameRow>>) {
        let (out, rows) = sync_channel(if keep > SMALL { 0 } else { WAITING });
        (Tap { wanted: wanted.map(Arc::new), keep, out }, rows)
    }
}

/// The tap of one capture.
#[derive(Clone, Debug)]
pub(super) struct CaptureTap {
    tap: Tap,
    key: CaptureKey,
}

impl CaptureTap {
    pub(super) fn new(tap: &Tap, key: CaptureKey) -> CaptureTap {
        CaptureTap { tap: tap.clone(), key }
    }

    /// The tap of a TCP connection, if that is wanted.
    pub(super) fn of_stream(&self, tcp_stream: u64) -> Option<Box<StreamTap>> {
        let Tap { wanted, keep, out } = &self.tap;
        let connection = match wanted {
            None => None,
            Some(places) => Some(*places.numbers.get(&(self.key, tcp_stream))?),
        };
        Some(Box::new(StreamTap { connection, tcp_stream, keep: *keep, out: out.clone() }))
    }
}

/// The tap of one TCP connection.
#[derive(Clone, Debug)]
pub(super) struct StreamTap {
    pub(super) connection: Option<u64>,
    pub(super) tcp_stream: u64,
    /// Bytes of content that are wanted of each message.
    pub(super) keep: usize,
    out: SyncSender<Vec<FrameRow>>,
}

impl StreamTap {
    /// Hands rows out. When nobody reads them any more, they are dropped.
    pub(super) fn send(&self, rows: Vec<FrameRow>) {
        if !rows.is_empty() {
            let _ = self.out.send(rows); // nobody is left to be told
        }
    }
}
