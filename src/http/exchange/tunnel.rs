//! A connection that has switched to WebSocket.

use super::Sources;
use crate::endpoint::{PerSide, Side};
use crate::http::Handshake;
use crate::tcp::{Range64, Released};

/// A successful opening handshake and what lies behind it.
#[derive(Debug)]
pub struct Tunnel {
    /// The handshake. Its `early_data` may still grow: see [`Tunnel::note_client`].
    pub handshake: Handshake,
    /// Where each side's frames begin in its stream; `None` when the capture cannot tell.
    pub start: PerSide<Option<u64>>,
    /// What was pushed and lies behind the heads, in stream order, to be decoded first. Empty on a
    /// side whose start is unknown.
    pub held: PerSide<Vec<Released>>,
    /// Where the response ended in the server's stream.
    pub(super) response_end: u64,
    /// Whether all the client's bytes so far were sent before the response had reached it.
    pub(super) is_early: bool,
}

impl Tunnel {
    /// A tunnel whose response was not captured: `handshake` is what is known of it.
    pub fn unanswered(handshake: Handshake) -> Tunnel {
        Tunnel {
            handshake,
            start: PerSide::default(),
            held: PerSide::default(),
            response_end: 0,
            is_early: false,
        }
    }

    /// To be told of the client's bytes behind those held, in stream order, while their packets
    /// are still known: the client may have sent its first ones before the response reached it,
    /// which shows by what their packets acknowledge and not by when they were captured. Costs
    /// nothing once the client has acknowledged the response. The handshake's rules are therefore
    /// best asked when [`Tunnel::is_settled`], or at the end.
    pub fn note_client(&mut self, range: Range64, sources: &dyn Sources) {
        let Some(start) = self.start.client.filter(|_| self.is_early) else { return };
        let has_response = |offset: u64| {
            let acked = sources.locate(Side::Client, offset).and_then(|source| source.acked);
            acked.is_none_or(|acked| acked >= self.response_end) // unknown is not early
        };
        // What a sender acknowledges grows along its stream.
        let (mut early, mut late) = (range.start, range.end);
        while early < late {
            let middle = early + (late - early) / 2;
            if has_response(middle) { late = middle } else { early = middle + 1 }
        }
        if early > range.start {
            self.handshake.early_data = Some(Range64 { start, end: early });
        }
        self.is_early = early == range.end;
    }

    /// Whether nothing that the client sends from now on can be early.
    pub fn is_settled(&self) -> bool {
        !self.is_early || self.start.client.is_none()
    }

    /// Notes the client's bytes that are held.
    pub(super) fn note_held(&mut self, sources: &dyn Sources) {
        let ranges: Vec<Range64> = self.held.client.iter().map(range).collect();
        ranges.into_iter().for_each(|range| self.note_client(range, sources));
    }
}

fn range(held: &Released) -> Range64 {
    match held {
        Released::Data { offset, bytes } => {
            let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            Range64 { start: *offset, end: offset.saturating_add(len) }
        }
        Released::Gap { range, .. } => *range,
    }
}
