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
use super::holdings::Holdings;
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
    held: Holdings,
    news: News,
    counts: Counts,
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

/// How far the capture has come.
pub(super) struct Moment<'m> {
    /// The number of the segment; [`Moment::END`] behind all of them.
    pub(super) order: u64,
    /// The keys that are known by now.
    pub(super) keyring: &'m Keyring,
    /// Where connections go of which nothing more is expected.
    pub(super) ended: &'m mut VecDeque<Ended>,
}

impl Moment<'_> {
    /// Behind the last segment.
    pub(super) const END: u64 = u64::MAX;
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

impl Ledger {
    /// Hands a segment to its connection.
    #[inline]
    fn feed(&mut self, flow: &mut Flow, segment: &Segment<'_>, moment: &Moment<'_>) -> After {
        let was_over = flow.is_over();
        flow.segment(segment, moment.keyring);
        let (before, now) = flow.count();
        self.held.change(before, now);
        self.note_uses(moment.order, flow);
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

    /// Hands a segment to its connection.
    #[inline]
    pub(super) fn segment(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        match self.flows.get_mut(&key) {
            Some(slot) if slot.ignores(segment) => {}
            Some(_) => self.follow(key, segment, moment),
            None => self.open(key, segment, moment),
        }
    }

    /// The capture has come to `now`: hands out what has been over for long enough.
    pub(super) fn tick(&mut self, now: Timestamp, moment: &mut Moment<'_>) {
        let waiting = self.lingering.len();
        for _ in 0..waiting {
            if self.lingering.front().is_none_or(|first| first.until > now) {
                return;
            }
            self.end_first(now, moment);
        }
    }

    /// What there is to tell since this was asked before.
    pub(super) fn tell(&mut self) -> News {
        mem::take(&mut self.ledger.news)
    }

    /// There are no more segments: nothing more is expected of anything that is followed.
    pub(super) fn conclude(&mut self, moment: &mut Moment<'_>) {
        let mut flows: Vec<Box<Flow>> =
            self.flows.drain().flat_map(|(_, slot)| slot.into_flows()).collect();
        flows.sort_by_key(|flow| flow.birth());
        for flow in flows {
            self.end(flow, moment);
        }
    }

    /// What was counted of connections that were not handed out.
    pub(super) fn into_counts(self) -> Counts {
        self.ledger.counts
    }

    /// The first segment of a connection between these endpoints.
    fn open(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        if self.is_full() && !self.make_room(moment) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let number = self.number(moment.order);
        if let Some(opening) = Opening::of(moment.order, number, segment) {
            self.flows.insert(key, Slot::Opening(Box::new(opening)));
            return;
        }
        if !self.has_place(moment) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let flow = self.birth(moment.order, number, segment);
        self.flows.insert(key, Slot::new(flow, segment.via));
        self.follow(key, segment, moment);
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
    fn follow(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        match self.flows.get_mut(&key).and_then(|slot| slot.flow(segment)) {
            Some(flow) => {
                let after = self.ledger.feed(flow, segment, moment);
                self.go_on(key, after, segment.at.time, moment);
            }
            None => self.find(key, segment, moment),
        }
    }

    /// The same, where it has to be looked for which of several connections that is.
    fn find(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        let Some(slot) = self.flows.get_mut(&key) else { return };
        if let Slot::Opening(_) = slot {
            return self.begin(key, segment, moment);
        }
        let Some(place) = slot.places().of(segment) else {
            return self.open_elsewhere(key, segment, moment);
        };
        if Opener::of(segment).is_some() && place.tracked.is_reopened_by(segment) {
            // One that is followed stays as the predecessor of the new one, and goes with the next.
            let is_followed = matches!(place.tracked, Tracked::Followed(_));
            slot.shrink();
            if !is_followed && !self.has_place(moment) {
                self.ledger.counts.turned_away += 1;
                return;
            }
            return self.reopen(key, segment, moment);
        }
        let after = match &mut place.tracked {
            Tracked::Followed(flow) => self.ledger.feed(flow, segment, moment),
            Tracked::Ignored { .. } => After::GoesOn,
        };
        slot.shrink();
        self.go_on(key, after, segment.at.time, moment);
    }

    /// The second segment of a connection.
    fn begin(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        if !self.has_place(moment) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let Some(Slot::Opening(opening)) = self.flows.remove(&key) else { return };
        let (birth, syn) = opening.syn();
        let flow = self.birth(birth, opening.number, &syn);
        self.flows.insert(key, Slot::new(flow, syn.via));
        self.follow(key, &syn, moment);
        self.follow(key, segment, moment);
    }

    /// What is to be done after a segment.
    #[inline]
    fn go_on(&mut self, key: FlowKey, after: After, now: Timestamp, moment: &mut Moment<'_>) {
        match after {
            After::GoesOn => {}
            After::SomethingElse => self.ignore(key, moment),
            After::Over(birth) if self.tap.is_none() => {
                let until = Timestamp(now.0.saturating_add(self.limits.linger));
                self.lingering.push_back(Lingering { until, key, birth });
                if self.lingering.len() > self.limits.lingering {
                    self.end_first(now, moment);
                }
            }
            After::Over(_) => {} // its frames are listed when all that may come has come
        }
        self.keep_bounds(moment);
    }

    /// Follows no more what has turned out to be no WebSocket.
    fn ignore(&mut self, key: FlowKey, moment: &mut Moment<'_>) {
        let Some(slot) = self.flows.get_mut(&key) else { return };
        for flow in slot.take(Flow::is_something_else) {
            self.drop(flow, moment);
        }
    }

    /// Follows no more what carries no WebSocket. Of the one before it nothing more is expected then.
    pub(super) fn drop(&mut self, mut flow: Box<Flow>, moment: &mut Moment<'_>) {
        self.followed = self.followed.saturating_sub(1);
        self.ledger.held.change(flow.counted(), Holdings::default());
        let before = flow.take_predecessor();
        self.ledger.counts.note(flow.given_up(), flow.encrypted().as_ref());
        if let Some(before) = before {
            self.end(before, moment);
        }
    }

    /// A SYN that opens another connection between the endpoints of one that is known.
    fn reopen(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        let number = self.number(moment.order);
        let fresh = self.birth(moment.order, number, segment);
        let Some(place) = self.flows.get_mut(&key).and_then(|slot| slot.places().of(segment))
        else {
            return;
        };
        let before = place.tracked.flow().map(|flow| flow.counted()).unwrap_or_default();
        let older = place.tracked.reopen(fresh);
        self.ledger.held.change(before, Holdings::default());
        if let Some(flow) = place.tracked.flow() {
            self.ledger.feed(flow, segment, moment);
        }
        if let Some(slot) = self.flows.get_mut(&key) {
            slot.shrink();
        }
        if let Some(older) = older {
            self.end(older, moment);
        }
    }

    /// The first segment of a connection whose endpoints have the addresses of others.
    #[cold]
    fn open_elsewhere(&mut self, key: FlowKey, segment: &Segment<'_>, moment: &mut Moment<'_>) {
        if self.is_full() && !self.make_room(moment) || !self.has_place(moment) {
            self.ledger.counts.turned_away += 1;
            return;
        }
        let number = self.number(moment.order);
        let mut flow = self.birth(moment.order, number, segment);
        self.ledger.feed(&mut flow, segment, moment);
        let counted = flow.counted();
        match self.flows.get_mut(&key).map(|slot| slot.places().add(flow, segment.via)) {
            Some(true) => self.elsewhere += 1,
            Some(false) | None => {
                self.followed = self.followed.saturating_sub(1);
                self.ledger.held.change(counted, Holdings::default());
                self.ledger.counts.turned_away += 1;
            }
        }
    }

    /// Hands out the connection that has been over for longest, unless something may still come.
    fn end_first(&mut self, now: Timestamp, moment: &mut Moment<'_>) {
        let is_crowded = self.lingering.len() > self.limits.lingering;
        let Some(Lingering { key, birth, .. }) = self.lingering.pop_front() else { return };
        let Some(slot) = self.flows.get_mut(&key) else { return };
        // Where the endpoints have opened another connection, it ends with that.
        let Some(flow) = slot.followed().find(|flow| flow.birth() == birth) else { return };
        if !flow.is_over() {
            return; // what ended it was none; when it is over, it comes here again
        }
        // Keys may still come, or packets.
        let until = Timestamp(flow.latest().0.saturating_add(self.limits.linger));
        let waits = until > now || flow.awaits_keys();
        if waits && !is_crowded {
            let until = until.max(Timestamp(now.0.saturating_add(self.limits.linger)));
            self.lingering.push_back(Lingering { until, key, birth });
            return;
        }
        let over = slot.take(|flow| flow.birth() == birth);
        over.into_iter().for_each(|flow| self.end(flow, moment));
    }

    /// Nothing more is expected of `flow`, nor of the one before it.
    fn end(&mut self, mut flow: Box<Flow>, moment: &mut Moment<'_>) {
        self.ledger.held.change(flow.counted(), Holdings::default());
        let before = flow.take_predecessor();
        for mut flow in before.into_iter().chain([flow]) {
            self.followed = self.followed.saturating_sub(1);
            flow.conclude(moment.keyring);
            self.ledger.note_uses(moment.order, &mut flow);
            moment.ended.push_back(Ended { at: moment.order, flow });
        }
    }
}
