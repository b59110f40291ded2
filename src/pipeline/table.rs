//! The flow table: which segment belongs to which connection.
//!
//! In: segments, in the order of the capture. Out: what there is to tell of their connections: which
//! began, which keys were used, which are over. What is over is kept for a while, for its
//! stragglers, and then handed out; what turns out to be no WebSocket is forgotten but for its
//! place in the table. A table knows nothing of other tables: see `shards`.

mod bounds;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Limits;
use super::counts::Counts;
use super::flow::Flow;
use super::identity::KeyUse;
use super::network::{Opener, Opening, Slot, Tracked};
use super::tap::CaptureTap;
use crate::endpoint::FlowKey;
use crate::ip::Segment;
use crate::provenance::Timestamp;
use crate::tls::Keyring;

/// Some connections of one capture.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    /// Those of one connection, and of one that begins among many.
    of_one: Arc<Limits>,
    in_a_crowd: Arc<Limits>,
    flows: HashMap<FlowKey, Slot, RandomState>,
    /// Connections that share their endpoints with one of another network.
    elsewhere: usize,
    /// Connections that are followed, those before others between the same endpoints too.
    followed: usize,
    /// Segments that are turned away before room is made once more, and before places are.
    until_forgetting: usize,
    until_sweeping: usize,
    /// Connections that are over, in the order in which that was noticed.
    lingering: VecDeque<Lingering>,
    tap: Option<CaptureTap>,
    ledger: Ledger,
}

/// What is added up over all connections.
#[derive(Debug, Default)]
struct Ledger {
    held: Held,
    news: News,
    counts: Counts,
}

/// What a connection holds of that which is bounded for all of them together.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// Bytes that are searched for frames.
    searching: usize,
    /// Bytes that wait for the keys of TLS.
    undecrypted: usize,
    /// Windows to inflate messages.
    windows: usize,
    /// Bytes of messages that wait for their rows.
    content: usize,
}

/// What a connection has come to by a segment.
enum After {
    GoesOn,
    /// TCP has ended on it, which it had not before. Its birth.
    Over(u64),
    /// It is certain that there is no WebSocket on it.
    SomethingElse,
}

/// What a table has to tell.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The numbers of the segments with which connections began, ascending.
    pub(super) births: Vec<u64>,
    /// Handshakes, each with the number of the segment that completed it, ascending.
    pub(super) uses: Vec<(u64, KeyUse)>,
}

/// A connection of which nothing more is expected.
#[derive(Debug)]
pub(super) struct Ended {
    /// The number of the segment by which that was known.
    pub(super) at: u64,
    pub(super) flow: Box<Flow>,
}

/// A connection that is over.
#[derive(Debug)]
struct Lingering {
    until: Timestamp,
    key: FlowKey,
    birth: u64,
}

impl Held {
    #[inline]
    fn of(flow: &Flow) -> Held {
        Held {
            searching: flow.searching(),
            undecrypted: flow.undecrypted(),
            windows: flow.windows(),
            content: flow.content(),
        }
    }

    /// One connection held `before` and holds `after`.
    #[inline]
    fn change(&mut self, before: Held, after: Held) {
        let change = |sum: &mut usize, before: usize, after: usize| {
            *sum = sum.saturating_add(after).saturating_sub(before);
        };
        change(&mut self.searching, before.searching, after.searching);
        change(&mut self.undecrypted, before.undecrypted, after.undecrypted);
        change(&mut self.windows, before.windows, after.windows);
        change(&mut self.content, before.content, after.content);
    }
}

impl Ledger {
    /// Hands a segment to its connection.
    #[inline]
    fn feed(
        &mut self,
        order: u64,
        flow: &mut Flow,
        segment: &Segment<'_>,
        keyring: &Keyring,
    ) -> After {
        let (was_over, before) = (flow.is_over(), Held::of(flow));
        flow.segment(segment, keyring);
        self.held.change(before, Held::of(flow));
        self.note_uses(order, flow);
        match flow.is_something_else() {
            true => After::SomethingElse,
            false if flow.is_over() && !was_over => After::Over(flow.birth()),
            false => After::GoesOn,
        }
    }

    /// Notes the keys of handshakes that were completed by the `order`th segment.
    #[inline]
    fn note_uses(&mut self, order: u64, flow: &mut Flow) {
        self.news.uses.extend(flow.take_uses().into_iter().map(|used| (order, used)));
    }
}

impl Table {
    pub(super) fn new(limits: Limits, tap: Option<CaptureTap>) -> Table {
        Table {
            limits,
            of_one: Arc::new(limits),
            in_a_crowd: Arc::new(limits.in_a_crowd()),
            flows: HashMap::default(),
            elsewhere: 0,
            followed: 0,
            until_forgetting: 0,
            until_sweeping: 0,
            lingering: VecDeque::new(),
            tap,
            ledger: Ledger::default(),
        }
    }

    /// Hands a segment, the `order`th of the capture, to its connection. Connections that have
    /// ended meanwhile go into `ended`.
    #[inline]
    pub(super) fn segment(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        match self.flows.get_mut(&key) {
            Some(slot) if slot.ignores(segment) => {}
            Some(_) => self.follow(order, key, segment, keyring, ended),
            None => self.open(order, key, segment, keyring, ended),
        }
    }

    /// The capture has come to `now`, by the segment before the `order`th: hands out what has been
    /// over for long enough.
    pub(super) fn tick(
        &mut self,
        order: u64,
        now: Timestamp,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        let waiting = self.lingering.len();
        for _ in 0..waiting {
            if self.lingering.front().is_none_or(|first| first.until > now) {
                return;
            }
            self.end_first(order, now, keyring, ended);
        }
    }

    /// What there is to tell since this was asked before.
    pub(super) fn tell(&mut self) -> News {
        mem::take(&mut self.ledger.news)
    }

    /// There are no more segments: everything that is followed goes into `ended`.
    pub(super) fn conclude(&mut self, keyring: &Keyring, ended: &mut VecDeque<Ended>) {
        let mut flows: Vec<Box<Flow>> =
            self.flows.drain().flat_map(|(_, slot)| slot.into_flows()).collect();
        flows.sort_by_key(|flow| flow.birth());
        for flow in flows {
            self.end(u64::MAX, flow, keyring, ended);
        }
    }

    /// What was counted of connections that were not handed out.
    pub(super) fn into_counts(self) -> Counts {
        self.ledger.counts
    }

    /// The first segment of a connection between these endpoints.
    fn open(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        if self.is_full() && !self.make_room(order, keyring, ended) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let number = self.number(order);
        if let Some(opening) = Opening::of(order, number, segment) {
            self.flows.insert(key, Slot::Opening(Box::new(opening)));
            return;
        }
        if !self.has_place(order, keyring, ended) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let flow = self.birth(order, number, segment);
        self.flows.insert(key, Slot::new(flow, segment.via));
        self.follow(order, key, segment, keyring, ended);
    }

    /// Counts a connection that begins with the `order`th segment; its number in this table.
    fn number(&mut self, order: u64) -> u64 {
        let number = self.ledger.counts.streams;
        self.ledger.counts.streams += 1;
        self.ledger.news.births.push(order);
        number
    }

    /// A connection that is followed from `segment` on, with which it begins.
    fn birth(&mut self, order: u64, number: u64, segment: &Segment<'_>) -> Flow {
        let tap = self.tap.as_ref().and_then(|tap| tap.of_stream(number));
        self.followed += 1;
        let is_crowded = self.flows.len() > self.limits.crowd;
        let limits = if is_crowded { &self.in_a_crowd } else { &self.of_one };
        Flow::new(order, segment, Arc::clone(limits), tap)
    }

    /// A segment of a connection of which more is kept than that it is no WebSocket.
    #[inline]
    fn follow(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        match self.flows.get_mut(&key).and_then(|slot| slot.flow(segment)) {
            Some(flow) => {
                let after = self.ledger.feed(order, flow, segment, keyring);
                self.go_on(order, key, after, segment.at.time, keyring, ended);
            }
            None => self.find(order, key, segment, keyring, ended),
        }
    }

    /// The same, where it has to be looked for which of several connections that is.
    fn find(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        let Some(slot) = self.flows.get_mut(&key) else { return };
        if let Slot::Opening(_) = slot {
            return self.begin(order, key, segment, keyring, ended);
        }
        let Some(place) = slot.places().of(segment) else {
            return self.open_elsewhere(order, key, segment, keyring, ended);
        };
        if Opener::of(segment).is_some() && place.tracked.is_reopened_by(segment) {
            return self.reopen(order, key, segment, keyring, ended);
        }
        let after = match &mut place.tracked {
            Tracked::Followed(flow) => self.ledger.feed(order, flow, segment, keyring),
            Tracked::Ignored { .. } => After::GoesOn,
        };
        slot.shrink();
        self.go_on(order, key, after, segment.at.time, keyring, ended);
    }

    /// The second segment of a connection.
    fn begin(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        if !self.has_place(order, keyring, ended) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let Some(Slot::Opening(opening)) = self.flows.remove(&key) else { return };
        let (birth, syn) = opening.syn();
        let flow = self.birth(birth, opening.number, &syn);
        self.flows.insert(key, Slot::new(flow, syn.via));
        self.follow(order, key, &syn, keyring, ended);
        self.follow(order, key, segment, keyring, ended);
    }

    /// What is to be done after a segment.
    #[inline]
    fn go_on(
        &mut self,
        order: u64,
        key: FlowKey,
        after: After,
        now: Timestamp,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        match after {
            After::GoesOn => {}
            After::SomethingElse => self.ignore(order, key, keyring, ended),
            After::Over(birth) if self.tap.is_none() => {
                let until = Timestamp(now.0.saturating_add(self.limits.linger));
                self.lingering.push_back(Lingering { until, key, birth });
                if self.lingering.len() > self.limits.lingering {
                    self.end_first(order, now, keyring, ended);
                }
            }
            After::Over(_) => {} // its frames are listed when all that may come has come
        }
        self.keep_bounds(order, keyring, ended);
    }

    /// Follows no more what has turned out to be no WebSocket.
    fn ignore(&mut self, order: u64, key: FlowKey, keyring: &Keyring, ended: &mut VecDeque<Ended>) {
        let Some(slot) = self.flows.get_mut(&key) else { return };
        for mut flow in slot.take(Flow::is_something_else) {
            self.followed = self.followed.saturating_sub(1);
            self.ledger.counts.note(flow.given_up(), flow.encrypted().as_ref());
            if let Some(before) = flow.take_predecessor() {
                self.end(order, before, keyring, ended);
            }
        }
    }

    /// A SYN that opens another connection between the endpoints of one that is known.
    fn reopen(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        let number = self.number(order);
        let fresh = self.birth(order, number, segment);
        let Some(place) = self.flows.get_mut(&key).and_then(|slot| slot.places().of(segment))
        else {
            return;
        };
        let older = place.tracked.reopen(fresh);
        if let Tracked::Followed(flow) = &mut place.tracked {
            self.ledger.feed(order, flow, segment, keyring);
        }
        if let Some(slot) = self.flows.get_mut(&key) {
            slot.shrink();
        }
        if let Some(older) = older {
            self.end(order, older, keyring, ended);
        }
    }

    /// The first segment of a connection whose endpoints have the addresses of others.
    #[cold]
    fn open_elsewhere(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        if self.is_full() && !self.make_room(order, keyring, ended) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let number = self.number(order);
        let mut flow = self.birth(order, number, segment);
        self.ledger.feed(order, &mut flow, segment, keyring);
        match self.flows.get_mut(&key).map(|slot| slot.places().add(flow, segment.via)) {
            Some(true) => self.elsewhere += 1,
            Some(false) | None => self.ledger.counts.turned_away += 1,
        }
    }

    /// Hands out the connection that has been over for longest, unless something may still come.
    fn end_first(
        &mut self,
        order: u64,
        now: Timestamp,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        let is_crowded = self.lingering.len() > self.limits.lingering;
        let Some(Lingering { key, birth, .. }) = self.lingering.pop_front() else { return };
        let Some(slot) = self.flows.get_mut(&key) else { return };
        // Where the endpoints have opened another connection, it ends with that.
        let Some(flow) = slot.followed().find(|flow| flow.birth() == birth) else { return };
        // Keys may still come, or packets.
        let until = Timestamp(flow.latest().0.saturating_add(self.limits.linger));
        let waits = until > now || flow.undecrypted() > 0;
        if waits && !is_crowded {
            let until = until.max(Timestamp(now.0.saturating_add(self.limits.linger)));
            self.lingering.push_back(Lingering { until, key, birth });
            return;
        }
        let over = slot.take(|flow| flow.birth() == birth);
        over.into_iter().for_each(|flow| self.end(order, flow, keyring, ended));
    }

    /// Nothing more is expected of `flow`, nor of the one before it.
    fn end(
        &mut self,
        order: u64,
        mut flow: Box<Flow>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        self.ledger.held.content = self.ledger.held.content.saturating_sub(flow.content());
        let before = flow.take_predecessor();
        for mut flow in before.into_iter().chain([flow]) {
            self.followed = self.followed.saturating_sub(1);
            let held = Held { content: 0, ..Held::of(&flow) };
            self.ledger.held.change(held, Held::default());
            flow.conclude(keyring);
            self.ledger.note_uses(order, &mut flow);
            ended.push_back(Ended { at: order, flow });
        }
    }
}
