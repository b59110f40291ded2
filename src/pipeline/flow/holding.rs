//! What one connection holds of that which is bounded for all of them together, and how it is given
//! up.

use super::stages::Stage;
use super::{Flow, carrier};
use crate::pipeline::holdings::Holdings;
use crate::tls::Keyring;

impl Flow {
    /// What it holds, together with its predecessor.
    #[inline]
    pub(in crate::pipeline) fn holds(&self) -> Holdings {
        let mut held = match &self.predecessor {
            Some(before) => before.holds(),
            None => Holdings::default(),
        };
        held.waiting += self.tcp.waiting();
        match &self.stage {
            Stage::Undecided(undecided) => held.waiting += undecided.held_bytes,
            Stage::Http(exchange) => held.waiting += exchange.held(),
            Stage::Searching(search) => held.searching += search.size(),
            Stage::WebSocket(websocket) => {
                held.windows += websocket.conversation.windows();
                held.content += websocket.conversation.content();
            }
            Stage::Tls(_) | Stage::Over => {}
        }
        if let Some(secure) = &self.secure {
            held.undecrypted += secure.held();
        }
        held
    }

    /// What it was counted to hold when this was asked before, and what it holds.
    #[inline]
    pub(in crate::pipeline) fn count(&mut self) -> (Holdings, Holdings) {
        let now = self.holds();
        (std::mem::replace(&mut self.counted, now), now)
    }

    /// What it is counted to hold.
    pub(in crate::pipeline) fn counted(&self) -> Holdings {
        self.counted
    }

    /// Ends the search for frames with what is known by now.
    pub(in crate::pipeline) fn end_search(&mut self) {
        if let Some(before) = &mut self.predecessor {
            before.end_search();
        }
        let Stage::Searching(search) = &self.stage else { return };
        match search.look_now() {
            Some(found) => self.begin_midstream(found),
            None => self.stage = Stage::Over,
        }
    }

    /// Waits no longer for bytes that are missing, where more than `above` are held until then.
    pub(in crate::pipeline) fn stop_waiting(&mut self, above: usize, keyring: &Keyring) {
        if let Some(before) = &mut self.predecessor {
            before.stop_waiting(above, keyring);
        }
        if self.holds().waiting <= above {
            return;
        }
        self.tcp.stop_waiting();
        self.release(keyring);
        if matches!(&self.stage, Stage::Undecided(undecided) if undecided.held_bytes > 0) {
            self.decide(true);
            self.begin_tls(keyring);
        }
        if let Stage::Http(exchange) = &mut self.stage
            && exchange.held() > 0
        {
            let progress = exchange.give_up(&carrier(&self.tcp, self.secure.as_deref()));
            self.follow(progress);
            self.begin_tls(keyring);
        }
    }

    /// Gives back the windows.
    pub(in crate::pipeline) fn stop_inflating(&mut self) {
        if let Some(before) = &mut self.predecessor {
            before.stop_inflating();
        }
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.stop_inflating();
        }
    }

    /// Gives up the records of TLS that are held.
    pub(in crate::pipeline) fn give_up_records(&mut self) {
        if let Some(before) = &mut self.predecessor {
            before.give_up_records();
        }
        if let Some(secure) = &mut self.secure {
            secure.give_up_records();
        }
    }

    /// Gives back what is held of messages longer than `above`.
    pub(in crate::pipeline) fn give_back(&mut self, above: usize) {
        if let Some(before) = &mut self.predecessor {
            before.give_back(above);
        }
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.give_back(above);
        }
    }
}
