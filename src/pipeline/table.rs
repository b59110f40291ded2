//! The flow table: which segment belongs to which connection.
//!
//! In: segments, in the order of the capture. Out: what there is to tell of their connections: which
//! began, which keys were used, which are over. What is over is kept for a while, for its
//! stragglers, and then handed out; what turns out to be no WebSocket is forgotten but for its
//! place in the table. A table knows nothing of other tables: see `shards`.

use std::collections::VecDeque;
use std::mem;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Limits;
use super::counts::Counts;
use super::flow::Flow;
use super::identity::KeyUse;
use super::network::{Opener, Slot, Tracked};
use super::tap::CaptureTap;
use crate::endpoint::FlowKey;
use crate::ip::Segment;
use crate::provenance::Timestamp;
use crate::tls::Keyring;

/// Some connections of one capture.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    flows: HashMap<FlowKey, Slot, RandomState>,
    /// Connections that share their endpoints with one of another network.
    elsewhere: usize,
    /// Segments that are turned away before room is made once more.
    until_forgetting: usize,
    /// Bytes held by connections that are searched for frames.
    searching: usize,
    /// Bytes that wait for the keys of TLS, in all connections.
    undecrypted: usize,
    /// Windows that are held to inflate messages, in all connections.
    windows: usize,
    /// Bytes of messages that are held for their rows, in all connections.
    content: usize,
    /// Connections that are over, in the order in which that was noticed.
    lingering: VecDeque<Lingering>,
    tap: Option<CaptureTap>,
    news: News,
    counts: Counts,
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

impl Table {
    pub(super) fn new(limits: Limits, tap: Option<CaptureTap>) -> Table {
        Table {
            limits,
            flows: HashMap::default(),
            elsewhere: 0,
            until_forgetting: 0,
            searching: 0,
            undecrypted: 0,
            windows: 0,
            content: 0,
            lingering: VecDeque::new(),
            tap,
            news: News::default(),
            counts: Counts::default(),
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
        mem::take(&mut self.news)
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
        self.counts
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
            self.counts.turned_away += 1;
            return;
        }
        let flow = self.birth(order, segment);
        self.flows.insert(key, Slot::new(flow, segment.via));
        self.follow(order, key, segment, keyring, ended);
    }

    /// A connection that begins with `segment`.
    fn birth(&mut self, order: u64, segment: &Segment<'_>) -> Flow {
        let tap = self.tap.as_ref().and_then(|tap| tap.of_stream(self.counts.streams));
        self.counts.streams += 1;
        self.news.births.push(order);
        Flow::new(order, segment, self.limits, tap)
    }

    /// A segment of a connection of which more is kept than that it is no WebSocket.
    fn follow(
        &mut self,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        let Some(slot) = self.flows.get_mut(&key) else { return };
        let Some(place) = slot.places().of(segment) else {
            return self.open_elsewhere(order, key, segment, keyring, ended);
        };
        let reopens = Opener::of(segment).is_some() && place.tracked.is_reopened_by(segment);
        if reopens {
            return self.reopen(order, key, segment, keyring, ended);
        }
        let Tracked::Followed(flow) = &mut place.tracked else {
            return slot.shrink();
        };
        let was_over = flow.is_over();
        let (before, windows, content) = (flow.searching(), flow.windows(), flow.content());
        let undecrypted = flow.undecrypted();
        flow.segment(segment, keyring);
        self.content = self.content.saturating_add(flow.content()).saturating_sub(content);
        self.searching = self.searching.saturating_add(flow.searching()).saturating_sub(before);
        self.undecrypted =
            self.undecrypted.saturating_add(flow.undecrypted()).saturating_sub(undecrypted);
        self.windows = self.windows.saturating_add(flow.windows()).saturating_sub(windows);
        self.news.uses.extend(flow.take_uses().into_iter().map(|used| (order, used)));
        if flow.is_something_else() {
            let opener = flow.opener();
            let mut of_before = None;
            if let Tracked::Followed(mut flow) =
                mem::replace(&mut place.tracked, Tracked::Ignored { opener })
            {
                self.counts.note(flow.given_up(), flow.encrypted().as_ref());
                of_before = flow.take_predecessor();
            }
            slot.shrink();
            if let Some(before) = of_before {
                self.end(order, before, keyring, ended);
            }
        } else if flow.is_over() && !was_over && self.tap.is_none() {
            let until = Timestamp(segment.at.time.0.saturating_add(self.limits.linger));
            let birth = flow.birth();
            self.lingering.push_back(Lingering { until, key, birth });
            if self.lingering.len() > self.limits.lingering {
                self.end_first(order, segment.at.time, keyring, ended);
            }
        }
        self.keep_bounds(order, keyring, ended);
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
        let fresh = self.birth(order, segment);
        let Some(place) = self.flows.get_mut(&key).and_then(|slot| slot.places().of(segment))
        else {
            return;
        };
        let older = place.tracked.reopen(fresh);
        if let Tracked::Followed(flow) = &mut place.tracked {
            flow.segment(segment, keyring);
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
            self.counts.turned_away += 1;
            return;
        }
        let mut flow = self.birth(order, segment);
        flow.segment(segment, keyring);
        self.content = self.content.saturating_add(flow.content());
        match self.flows.get_mut(&key).map(|slot| slot.places().add(flow, segment.via)) {
            Some(true) => self.elsewhere += 1,
            Some(false) | None => self.counts.turned_away += 1,
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
        let mut all = slot.all();
        let found =
            all.find(|tracked| matches!(tracked, Tracked::Followed(flow) if flow.birth() == birth));
        // Where the endpoints have opened another connection, it ends with that.
        let Some(tracked) = found else { return };
        let Tracked::Followed(flow) = tracked else { return };
        // Keys may still come, or packets.
        let until = Timestamp(flow.latest().0.saturating_add(self.limits.linger));
        let waits = until > now || flow.undecrypted() > 0;
        if waits && !is_crowded {
            let until = until.max(Timestamp(now.0.saturating_add(self.limits.linger)));
            self.lingering.push_back(Lingering { until, key, birth });
            return;
        }
        let opener = flow.opener();
        let over = mem::replace(tracked, Tracked::Ignored { opener });
        drop(all);
        slot.shrink();
        if let Tracked::Followed(flow) = over {
            self.end(order, flow, keyring, ended);
        }
    }

    /// Nothing more is expected of `flow`, nor of the one before it.
    fn end(
        &mut self,
        order: u64,
        mut flow: Box<Flow>,
        keyring: &Keyring,
        ended: &mut VecDeque<Ended>,
    ) {
        self.content = self.content.saturating_sub(flow.content());
        let before = flow.take_predecessor();
        for mut flow in before.into_iter().chain([flow]) {
            self.searching = self.searching.saturating_sub(flow.searching());
            self.undecrypted = self.undecrypted.saturating_sub(flow.undecrypted());
            self.windows = self.windows.saturating_sub(flow.windows());
            flow.conclude(keyring);
            self.news.uses.extend(flow.take_uses().into_iter().map(|used| (order, used)));
            ended.push_back(Ended { at: order, flow });
        }
    }

    fn is_full(&self) -> bool {
        self.flows.len() + self.elsewhere >= self.limits.flows
    }

    /// Forgets what is no WebSocket, and what has not said anything yet; whether there is room now.
    /// Where that is little, so many segments are turned away before it is tried again that each
    /// costs no more than a look-up.
    #[cold]
    fn make_room(&mut self, order: u64, keyring: &Keyring, ended: &mut VecDeque<Ended>) -> bool {
        if self.until_forgetting > 0 {
            self.until_forgetting -= 1;
            return false;
        }
        let before = self.flows.len() + self.elsewhere;
        self.end_searches(order, keyring, ended);
        self.flows.retain(|_, slot| slot.forget_ignored());
        if self.flows.len() > self.limits.flows / 2 {
            self.flows.retain(|_, slot| !slot.is_silent());
        }
        self.elsewhere = self.flows.values().map(Slot::elsewhere).sum();
        let forgotten = before - (self.flows.len() + self.elsewhere).min(before);
        self.counts.forgotten += forgotten as u64;
        self.until_forgetting = (self.limits.flows / 8).saturating_sub(forgotten);
        !self.is_full()
    }

    /// Gives up what is held beyond the bounds that all connections share.
    #[inline]
    fn keep_bounds(&mut self, order: u64, keyring: &Keyring, ended: &mut VecDeque<Ended>) {
        if self.searching > self.limits.searching {
            self.end_searches(order, keyring, ended);
        }
        if self.windows > self.limits.windows {
            self.free_windows();
        }
        if self.undecrypted > self.limits.undecrypted_in_all {
            self.stop_waiting();
        }
        if self.content > self.limits.content {
            self.give_back_content();
        }
    }

    /// Cuts the messages that are held for their rows, the largest first, until half of the limit
    /// is free: otherwise the next segment would go through all connections again.
    fn give_back_content(&mut self) {
        for above in [8 << 20, 1 << 20, 64 << 10, 0] {
            self.content = 0;
            for flow in followed(&mut self.flows) {
                flow.give_back(above);
                self.content = self.content.saturating_add(flow.content());
            }
            if self.content <= self.limits.content / 2 {
                return;
            }
        }
    }

    /// Takes their windows from the connections that are over, and from all if that is too little.
    fn free_windows(&mut self) {
        self.windows = 0;
        for flow in followed(&mut self.flows) {
            if flow.is_over() {
                flow.stop_inflating();
            }
            self.windows += flow.windows();
        }
        // Otherwise the next one would go through all of them again.
        if self.windows > self.limits.windows / 2 {
            followed(&mut self.flows).for_each(Flow::stop_inflating);
            self.windows = 0;
        }
    }

    /// Gives up everything that waits for the keys of TLS. What little is held besides is not
    /// counted any more: otherwise the next segment might go through all connections again.
    fn stop_waiting(&mut self) {
        self.undecrypted = 0;
        followed(&mut self.flows).for_each(Flow::stop_waiting);
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self, order: u64, keyring: &Keyring, ended: &mut VecDeque<Ended>) {
        let mut before = Vec::new();
        for slot in self.flows.values_mut() {
            let mut is_ignored = false;
            for tracked in slot.all() {
                let Tracked::Followed(flow) = tracked else { continue };
                if flow.searching() == 0 {
                    continue;
                }
                flow.end_search();
                if flow.is_something_else() {
                    self.counts.cut_short += 1;
                    before.extend(flow.take_predecessor());
                    *tracked = Tracked::Ignored { opener: flow.opener() };
                    is_ignored = true;
                }
            }
            if is_ignored {
                slot.shrink();
            }
        }
        self.searching = 0;
        before.sort_by_key(|flow| flow.birth());
        before.into_iter().for_each(|flow| self.end(order, flow, keyring, ended));
    }
}

/// All connections that are followed.
fn followed(flows: &mut HashMap<FlowKey, Slot, RandomState>) -> impl Iterator<Item = &mut Flow> {
    flows.values_mut().flat_map(Slot::all).filter_map(|tracked| match tracked {
        Tracked::Followed(flow) => Some(&mut **flow),
        Tracked::Ignored { .. } => None,
    })
}
