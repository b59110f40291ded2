//! Pings of one side and the Pongs that answer them (RFC 6455 §5.5.2, §5.5.3).
//!
//! In: both, in whichever order the two directions are read. Out: what is left without a
//! counterpart.

use crate::rules::Ping;
use crate::ws::ControlFrame;

/// How many Pings, and how many Pongs, wait for their counterparts.
const MAX_PINGS: usize = 64;

/// Pings of one side and Pongs of the other, matched whichever comes first.
#[derive(Debug, Default)]
pub(super) struct Pinging {
    pub(super) sent: u64,
    pub(super) open: Vec<(Vec<u8>, Ping)>,
    /// Pongs of the peer that no Ping read so far explains.
    pub(super) unmatched: Vec<(Vec<u8>, Ping)>,
}

impl Pinging {
    pub(super) fn ping(&mut self, frame: &ControlFrame, fact: Ping) {
        self.sent += 1;
        // A Pong that was read first, because the other direction was ahead.
        if let Some(index) = self.unmatched.iter().position(|(pong, _)| *pong == frame.payload) {
            self.unmatched.drain(..=index);
            self.open.clear();
            return;
        }
        if self.open.len() == MAX_PINGS {
            self.open.remove(0);
        }
        self.open.push((frame.payload.clone(), fact));
    }

    /// A Pong answers the latest Ping that it equals, and all before that (RFC 6455 §5.5.3).
    pub(super) fn pong(&mut self, frame: &ControlFrame, fact: Ping) {
        if let Some(index) = self.open.iter().rposition(|(ping, _)| *ping == frame.payload) {
            self.open.drain(..=index);
            return;
        }
        if self.unmatched.len() == MAX_PINGS {
            self.unmatched.remove(0);
        }
        self.unmatched.push((frame.payload.clone(), fact));
    }
}
