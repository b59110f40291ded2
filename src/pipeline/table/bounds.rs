//! What all connections of a table may hold together.
//!
//! In: a table that has reached a bound. Out: the same with room again: connections that are no
//! WebSockets make room for others, and what is held beyond what is shared is given up. Each costs
//! a look at all connections, so it is done only after as much has come as makes that cheap.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Moment, Table};
use crate::endpoint::FlowKey;
use crate::pipeline::Limits;
use crate::pipeline::flow::Flow;
use crate::pipeline::holdings::Holdings;
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
        let (held, limits) = (&self.ledger.held, &self.limits);
        if held.searching > limits.searching {
            self.end_searches(moment);
        } else if held.waiting > limits.waiting {
            self.stop_waiting(moment);
        } else if held.windows > limits.windows {
            self.free_windows();
        } else if held.undecrypted > limits.undecrypted_in_all {
            self.give_up_records();
        } else if held.content > limits.content {
            self.give_back_content();
        }
    }

    /// What is counted of what was given up, of which so much is left: no more than half of the
    /// bound, or the next segment would go through all connections again.
    fn recount(&mut self, left: impl Fn(&mut Holdings, &Limits)) {
        let mut held = Holdings::default();
        for flow in followed(&mut self.flows) {
            held.change(Holdings::default(), flow.count().1);
        }
        left(&mut held, &self.limits);
        self.ledger.held = held;
    }

    /// Cuts the messages that are held for their rows, the largest first, until half of the limit
    /// is free.
    fn give_back_content(&mut self) {
        for above in [8 << 20, 1 << 20, 64 << 10, 0] {
            followed(&mut self.flows).for_each(|flow| flow.give_back(above));
            let left: usize = followed(&mut self.flows).map(|flow| flow.holds().content).sum();
            if left <= self.limits.content / 2 {
                break;
            }
        }
        self.recount(|held, limits| held.content = held.content.min(limits.content / 2));
    }

    /// Does without the bytes that are missing before those that wait, where most wait first, until
    /// half of the limit is free.
    fn stop_waiting(&mut self, moment: &mut Moment<'_>) {
        for above in [256 << 10, 32 << 10, 4 << 10, 0] {
            for flow in followed(&mut self.flows) {
                flow.stop_waiting(above, moment.keyring);
            }
            let left: usize = followed(&mut self.flows).map(|flow| flow.holds().waiting).sum();
            if left <= self.limits.waiting / 2 {
                break;
            }
        }
        self.recount(|held, limits| held.waiting = held.waiting.min(limits.waiting / 2));
    }

    /// Takes their windows from the connections that are over, and from all if that is too little.
    fn free_windows(&mut self) {
        followed(&mut self.flows).filter(|flow| flow.is_over()).for_each(Flow::stop_inflating);
        let left: usize = followed(&mut self.flows).map(|flow| flow.holds().windows).sum();
        if left > self.limits.windows / 2 {
            followed(&mut self.flows).for_each(Flow::stop_inflating);
        }
        self.recount(|held, limits| held.windows = held.windows.min(limits.windows / 2));
    }

    /// Gives up the records of TLS that wait for keys, and those that are not there as a whole.
    fn give_up_records(&mut self) {
        followed(&mut self.flows).for_each(Flow::give_up_records);
        self.recount(|held, limits| {
            held.undecrypted = held.undecrypted.min(limits.undecrypted_in_all / 2);
        });
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self, moment: &mut Moment<'_>) {
        let mut over = Vec::new();
        for slot in self.flows.values_mut() {
            if !slot.followed().any(|flow| flow.holds().searching > 0) {
                continue;
            }
            slot.followed().for_each(Flow::end_search);
            over.extend(slot.take(Flow::is_something_else));
        }
        self.ledger.counts.cut_short += over.len() as u64;
        over.sort_by_key(|flow| flow.birth());
        over.into_iter().for_each(|flow| self.drop(flow, moment));
        self.recount(|held, limits| held.searching = held.searching.min(limits.searching / 2));
    }
}

/// All connections that are followed.
fn followed(flows: &mut HashMap<FlowKey, Slot, RandomState>) -> impl Iterator<Item = &mut Flow> {
    flows.values_mut().flat_map(Slot::followed)
}
