//! What all connections of a table may hold together.
//!
//! In: a table that has reached a bound. Out: the same with room again: connections that are no
//! WebSockets make room for others, and what is held beyond what is shared is given up. Each costs
//! a look at all connections, so it is done only after as much has come as makes that cheap.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Moment, Table};
use crate::endpoint::FlowKey;
use crate::pipeline::flow::Flow;
use crate::pipeline::network::Slot;

impl Table {
    pub(super) fn is_full(&self) -> bool {
        self.flows.len() + self.elsewhere >= self.limits.flows
    }

    /// Forgets what is no WebSocket, and what has not said anything yet; whether there is room now.
    /// Where that is little, so many segments are turned away before it is tried again that each
    /// costs no more than a look-up.
    #[cold]
    pub(super) fn make_room(&mut self, moment: &mut Moment<'_>) -> bool {
        if self.until_forgetting > 0 {
            self.until_forgetting -= 1;
            return false;
        }
        let before = self.flows.len() + self.elsewhere;
        self.end_searches(moment);
        self.flows.retain(|_, slot| slot.forget_ignored());
        if self.flows.len() > self.limits.flows / 2 {
            self.flows.retain(|_, slot| !slot.is_silent());
        }
        self.elsewhere = self.flows.values().map(Slot::elsewhere).sum();
        let forgotten = before - (self.flows.len() + self.elsewhere).min(before);
        self.ledger.counts.forgotten += forgotten as u64;
        self.followed = followed(&mut self.flows).map(|flow| 1 + flow.predecessors()).sum();
        self.until_forgetting = (self.limits.flows / 8).saturating_sub(forgotten);
        !self.is_full()
    }

    /// Whether one more connection can be followed. Where too many are, those are followed no more on
    /// which no WebSocket was asked for by now.
    pub(super) fn has_place(&mut self, moment: &mut Moment<'_>) -> bool {
        if self.followed < self.limits.followed {
            return true;
        }
        if self.until_sweeping > 0 {
            self.until_sweeping -= 1;
            return false;
        }
        self.followed = followed(&mut self.flows).map(|flow| 1 + flow.predecessors()).sum();
        let mut dropped = Vec::new();
        for slot in self.flows.values_mut() {
            dropped.extend(slot.take(|flow| !flow.is_promising()));
        }
        dropped.sort_by_key(|flow| flow.birth());
        self.until_sweeping = (self.limits.followed / 8).saturating_sub(dropped.len());
        self.ledger.counts.forgotten += dropped.len() as u64;
        dropped.into_iter().for_each(|flow| self.end(flow, moment));
        self.followed < self.limits.followed
    }

    /// Gives up what is held beyond the bounds that all connections share.
    #[inline]
    pub(super) fn keep_bounds(&mut self, moment: &mut Moment<'_>) {
        if self.ledger.held.searching > self.limits.searching {
            self.end_searches(moment);
        }
        if self.ledger.held.windows > self.limits.windows {
            self.free_windows();
        }
        if self.ledger.held.undecrypted > self.limits.undecrypted_in_all {
            self.stop_waiting();
        }
        if self.ledger.held.content > self.limits.content {
            self.give_back_content();
        }
    }

    /// Cuts the messages that are held for their rows, the largest first, until half of the limit
    /// is free: otherwise the next segment would go through all connections again.
    fn give_back_content(&mut self) {
        for above in [8 << 20, 1 << 20, 64 << 10, 0] {
            self.ledger.held.content = 0;
            for flow in followed(&mut self.flows) {
                flow.give_back(above);
                self.ledger.held.content = self.ledger.held.content.saturating_add(flow.content());
            }
            if self.ledger.held.content <= self.limits.content / 2 {
                return;
            }
        }
    }

    /// Takes their windows from the connections that are over, and from all if that is too little.
    fn free_windows(&mut self) {
        self.ledger.held.windows = 0;
        for flow in followed(&mut self.flows) {
            if flow.is_over() {
                flow.stop_inflating();
            }
            self.ledger.held.windows += flow.windows();
        }
        // Otherwise the next one would go through all of them again.
        if self.ledger.held.windows > self.limits.windows / 2 {
            followed(&mut self.flows).for_each(Flow::stop_inflating);
            self.ledger.held.windows = 0;
        }
    }

    /// Gives up everything that waits for the keys of TLS. What little is held besides is not
    /// counted any more: otherwise the next segment might go through all connections again.
    fn stop_waiting(&mut self) {
        self.ledger.held.undecrypted = 0;
        followed(&mut self.flows).for_each(Flow::stop_waiting);
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self, moment: &mut Moment<'_>) {
        let mut over = Vec::new();
        for slot in self.flows.values_mut() {
            if !slot.followed().any(|flow| flow.searching() > 0) {
                continue;
            }
            slot.followed().for_each(Flow::end_search);
            over.extend(slot.take(Flow::is_something_else));
        }
        self.ledger.held.searching = 0;
        self.ledger.counts.cut_short += over.len() as u64;
        self.followed = self.followed.saturating_sub(over.len());
        over.sort_by_key(|flow| flow.birth());
        for mut flow in over {
            if let Some(before) = flow.take_predecessor() {
                self.end(before, moment);
            }
        }
    }
}

/// All connections that are followed.
fn followed(flows: &mut HashMap<FlowKey, Slot, RandomState>) -> impl Iterator<Item = &mut Flow> {
    flows.values_mut().flat_map(Slot::followed)
}
