//! The flow table: which segment belongs to which connection.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::flow::{Flow, Kind};
use super::identity::{Judged, UsedKeys, link_copies};
use super::network::{Place, Slot, Tracked};
use super::tap::CaptureTap;
use super::{Limits, blind_spots};
use crate::endpoint::{Endpoint, FlowKey};
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{PacketRef, Timestamp};
use crate::report::{BlindSpot, ConnectionReport};

/// All connections of one capture.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    flows: HashMap<FlowKey, Slot, RandomState>,
    /// Connections that share their endpoints with one of another network.
    elsewhere: usize,
    /// Connections that are over, with their stream numbers.
    done: Vec<Judged>,
    counts: Counts,
    keys: UsedKeys,
    /// Bytes held by connections that are searched for frames.
    searching: usize,
    /// Windows that are held to inflate messages, in all connections.
    windows: usize,
    /// Bytes of messages that are held for their rows, in all connections.
    content: usize,
    latest: Option<PacketRef>,
    tap: Option<CaptureTap>,
}

/// What was counted over all connections.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Connections, as Wireshark numbers them.
    pub streams: u64,
    /// Those that begin with a TLS handshake.
    pub tls: u64,
    /// Connections whose search for frames was cut short.
    pub cut_short: u64,
    /// Segments of connections that there was no room to follow.
    pub turned_away: u64,
    /// Connections on which HTTP was given up, by the limit that was reached.
    given_up: BTreeMap<&'static str, u64>,
    /// Servers of the first few TLS connections.
    tls_servers: Vec<Endpoint>,
}

impl Counts {
    pub(super) fn blind_spots(&self) -> Vec<BlindSpot> {
        let spot = |hides: String, lowered: &str| BlindSpot {
            kind: "over-limit".to_owned(),
            side: None,
            packets: Vec::new(),
            bytes: 0,
            hides,
            lowered: lowered.to_owned(),
        };
        let turned_away = (self.turned_away > 0).then(|| {
            let hides = format!("{} segments of connections beyond the limit", self.turned_away);
            spot(hides, "nothing is said about those connections")
        });
        let given_up = self.given_up.iter().map(|(why, connections)| {
            let what = if *connections == 1 { "connection" } else { "connections" };
            let hides = format!("HTTP on {connections} {what}, because {why}");
            spot(hides, "a request there counts as not captured, and a WebSocket may go unseen")
        });
        let tls = blind_spots::of_tls(self.tls, &self.tls_servers);
        let cut_short = (self.cut_short > 0).then(|| {
            let hides = format!("the rest of {} connections without their start", self.cut_short);
            spot(hides, "a WebSocket whose frames came later there goes unseen")
        });
        turned_away.into_iter().chain(given_up).chain(cut_short).chain(tls).collect()
    }

    /// Counts a connection that turned out to be TLS with `server`.
    fn note_tls(&mut self, server: Endpoint) {
        const NAMED: usize = 4;
        self.tls += 1;
        if self.tls_servers.len() < NAMED && !self.tls_servers.contains(&server) {
            self.tls_servers.push(server);
        }
    }

    fn note(&mut self, flow: &Flow) {
        if let Some(why) = flow.given_up() {
            *self.given_up.entry(why.text()).or_insert(0) += 1;
        }
    }
}

impl Table {
    pub(super) fn new(limits: Limits, tap: Option<CaptureTap>) -> Table {
        Table {
            limits,
            flows: HashMap::default(),
            elsewhere: 0,
            done: Vec::new(),
            counts: Counts::default(),
            keys: UsedKeys::default(),
            searching: 0,
            windows: 0,
            content: 0,
            latest: None,
            tap,
        }
    }

    /// Notes that the capture has gone on until `at`.
    pub(super) fn see(&mut self, at: PacketRef) {
        if self.latest.is_none_or(|latest| latest.time <= at.time) {
            self.latest = Some(at);
        }
    }

    /// Hands a segment to its connection.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        let full = self.flows.len() + self.elsewhere >= self.limits.flows;
        let slot = match self.flows.entry(segment.flow()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if full => {
                self.end_searches();
                if self.forget_ignored() {
                    return self.segment(segment);
                }
                self.counts.turned_away += 1;
                return;
            }
            Entry::Vacant(entry) => {
                let flow = Flow::new(self.counts.streams, segment, self.limits, self.tap.as_ref());
                self.counts.streams += 1;
                entry.insert(Slot::new(Place::new(flow, segment.via)))
            }
        };
        let Some(place) = slot.place(segment) else {
            return self.open_elsewhere(segment);
        };
        let opens = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
        if opens && place.tracked.is_reopened_by(segment) {
            let fresh = Flow::new(self.counts.streams, segment, self.limits, self.tap.as_ref());
            self.counts.streams += 1;
            if let Some(older) = place.tracked.reopen(fresh) {
                let latest = self.latest.unwrap_or(NOWHERE);
                self.counts.note(&older);
                self.content = self.content.saturating_sub(older.content());
                self.done.extend(older.finish(latest, &mut self.keys));
            }
        }
        let Tracked::Followed(flow) = &mut place.tracked else { return };
        let (before, windows, content) = (flow.searching(), flow.windows(), flow.content());
        flow.segment(segment);
        self.content = self.content.saturating_add(flow.content()).saturating_sub(content);
        self.searching = self.searching.saturating_add(flow.searching()).saturating_sub(before);
        self.windows = self.windows.saturating_add(flow.windows()).saturating_sub(windows);
        if let Some(kind) = flow.is_something_else() {
            if kind == Kind::Tls {
                self.counts.note_tls(flow.server());
            }
            let opener = flow.opener();
            self.counts.note(flow);
            if let Some(before) = flow.take_predecessor() {
                let latest = self.latest.unwrap_or(NOWHERE);
                self.counts.note(&before);
                self.content = self.content.saturating_sub(before.content());
                self.done.extend(before.finish(latest, &mut self.keys));
            }
            place.tracked = Tracked::Ignored { opener };
        }
        if self.searching > self.limits.searching {
            self.end_searches();
        }
        if self.windows > self.limits.windows {
            self.free_windows();
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
            for tracked in self.flows.values_mut().flat_map(Slot::all) {
                let Tracked::Followed(flow) = tracked else { continue };
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
        for tracked in self.flows.values_mut().flat_map(Slot::all) {
            let Tracked::Followed(flow) = tracked else { continue };
            if flow.is_over() {
                flow.stop_inflating();
            }
            self.windows += flow.windows();
        }
        // Otherwise the next one would go through all of them again.
        if self.windows > self.limits.windows / 2 {
            for tracked in self.flows.values_mut().flat_map(Slot::all) {
                if let Tracked::Followed(flow) = tracked {
                    flow.stop_inflating();
                }
            }
            self.windows = 0;
        }
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self) {
        for tracked in self.flows.values_mut().flat_map(Slot::all) {
            let Tracked::Followed(flow) = tracked else { continue };
            if flow.searching() > 0 {
                flow.end_search();
                if flow.is_something_else().is_some() && !flow.has_predecessor() {
                    self.counts.cut_short += 1;
                    *tracked = Tracked::Ignored { opener: flow.opener() };
                }
            }
        }
        self.searching = 0;
    }

    /// The first segment of a connection whose endpoints have the addresses of others.
    #[cold]
    fn open_elsewhere(&mut self, segment: &Segment<'_>) {
        if self.flows.len() + self.elsewhere >= self.limits.flows {
            self.forget_ignored();
        }
        let full = self.flows.len() + self.elsewhere >= self.limits.flows;
        let slot = self.flows.get_mut(&segment.flow());
        let Some(slot) = slot.filter(|slot| !full && slot.has_room()) else {
            self.counts.turned_away += 1;
            return;
        };
        let mut flow = Flow::new(self.counts.streams, segment, self.limits, self.tap.as_ref());
        self.counts.streams += 1;
        flow.segment(segment);
        self.content = self.content.saturating_add(flow.content());
        slot.add(Place::new(flow, segment.via));
        self.elsewhere += 1;
    }

    /// Makes room by forgetting what is no WebSocket; whether there is any now.
    fn forget_ignored(&mut self) -> bool {
        self.flows.retain(|_, slot| slot.forget_ignored());
        self.elsewhere = self.flows.values().map(Slot::elsewhere).sum();
        self.flows.len() + self.elsewhere < self.limits.flows
    }

    /// The capture has ended: the reports on all WebSockets, in the order of their streams, and
    /// what was counted.
    pub(super) fn finish(mut self) -> (Vec<ConnectionReport>, Counts) {
        let latest = self.latest.unwrap_or(NOWHERE);
        let mut flows: Vec<Box<Flow>> =
            self.flows.drain().flat_map(|(_, slot)| slot.into_flows()).collect();
        flows.sort_by_key(|flow| flow.stream());
        let mut done = self.done;
        for mut flow in flows {
            self.counts.note(&flow);
            if let Some(before) = flow.take_predecessor() {
                self.counts.note(&before);
                done.extend(before.finish(latest, &mut self.keys));
            }
            done.extend(flow.finish(latest, &mut self.keys));
        }
        // Stable: several attempts on one connection stay in their order.
        done.sort_by_key(|judged| judged.report.tcp_stream);
        (link_copies(done), self.counts)
    }
}

const NOWHERE: PacketRef =
    PacketRef { number: crate::provenance::PacketNumber::new(0), time: Timestamp(0) };
