//! The flow table: which segment belongs to which connection.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::Limits;
use super::counts::Counts;
use super::flow::Flow;
use super::identity::{Judged, UsedKeys, link_copies};
use super::network::{Place, Slot, Tracked};
use super::tap::CaptureTap;
use crate::endpoint::FlowKey;
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{PacketRef, Timestamp};
use crate::report::ConnectionReport;
use crate::tls::Keyring;

/// All connections of one capture.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    flows: HashMap<FlowKey, Slot, RandomState>,
    /// Connections that share their endpoints with one of another network.
    elsewhere: usize,
    past: Past,
    /// Bytes held by connections that are searched for frames.
    searching: usize,
    /// Bytes that wait for the keys of TLS, in all connections.
    undecrypted: usize,
    /// Windows that are held to inflate messages, in all connections.
    windows: usize,
    /// Bytes of messages that are held for their rows, in all connections.
    content: usize,
    latest: Option<PacketRef>,
    tap: Option<CaptureTap>,
}

/// What is left of connections that are over.
#[derive(Debug, Default)]
struct Past {
    done: Vec<Judged>,
    counts: Counts,
    keys: UsedKeys,
}

impl Past {
    /// Takes in a connection of which nothing more is expected; the capture has gone on until
    /// `latest`.
    fn end(&mut self, flow: Flow, latest: Option<PacketRef>, keyring: &Keyring) {
        let finished = flow.finish(latest.unwrap_or(NOWHERE), keyring, &mut self.keys);
        self.counts.note(finished.given_up, finished.encrypted.as_ref());
        self.done.extend(finished.reports);
    }
}

impl Table {
    pub(super) fn new(limits: Limits, tap: Option<CaptureTap>) -> Table {
        Table {
            limits,
            flows: HashMap::default(),
            elsewhere: 0,
            past: Past::default(),
            searching: 0,
            undecrypted: 0,
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
    pub(super) fn segment(&mut self, segment: &Segment<'_>, keyring: &Keyring) {
        let full = self.flows.len() + self.elsewhere >= self.limits.flows;
        let slot = match self.flows.entry(segment.flow()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if full => {
                self.end_searches();
                if self.forget_ignored() {
                    return self.segment(segment, keyring);
                }
                self.past.counts.turned_away += 1;
                return;
            }
            Entry::Vacant(entry) => {
                let flow =
                    Flow::new(self.past.counts.streams, segment, self.limits, self.tap.as_ref());
                self.past.counts.streams += 1;
                entry.insert(Slot::new(Place::new(flow, segment.via)))
            }
        };
        let Some(place) = slot.place(segment) else {
            return self.open_elsewhere(segment, keyring);
        };
        let opens = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
        if opens && place.tracked.is_reopened_by(segment) {
            let fresh =
                Flow::new(self.past.counts.streams, segment, self.limits, self.tap.as_ref());
            self.past.counts.streams += 1;
            if let Some(older) = place.tracked.reopen(fresh) {
                self.content = self.content.saturating_sub(older.content());
                self.past.end(*older, self.latest, keyring);
            }
        }
        let Tracked::Followed(flow) = &mut place.tracked else { return };
        let (before, windows, content) = (flow.searching(), flow.windows(), flow.content());
        let undecrypted = flow.undecrypted();
        flow.segment(segment, keyring);
        self.content = self.content.saturating_add(flow.content()).saturating_sub(content);
        self.searching = self.searching.saturating_add(flow.searching()).saturating_sub(before);
        self.undecrypted =
            self.undecrypted.saturating_add(flow.undecrypted()).saturating_sub(undecrypted);
        self.windows = self.windows.saturating_add(flow.windows()).saturating_sub(windows);
        if flow.is_something_else() {
            let opener = flow.opener();
            self.past.counts.note(flow.given_up(), flow.encrypted().as_ref());
            if let Some(before) = flow.take_predecessor() {
                self.content = self.content.saturating_sub(before.content());
                self.past.end(*before, self.latest, keyring);
            }
            place.tracked = Tracked::Ignored { opener };
        }
        if self.searching > self.limits.searching {
            self.end_searches();
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

    /// Gives up everything that waits for the keys of TLS. What little is held besides is not
    /// counted any more: otherwise the next segment might go through all connections again.
    fn stop_waiting(&mut self) {
        self.undecrypted = 0;
        for tracked in self.flows.values_mut().flat_map(Slot::all) {
            if let Tracked::Followed(flow) = tracked {
                flow.stop_waiting();
            }
        }
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self) {
        for tracked in self.flows.values_mut().flat_map(Slot::all) {
            let Tracked::Followed(flow) = tracked else { continue };
            if flow.searching() > 0 {
                flow.end_search();
                if flow.is_something_else() && !flow.has_predecessor() {
                    self.past.counts.cut_short += 1;
                    *tracked = Tracked::Ignored { opener: flow.opener() };
                }
            }
        }
        self.searching = 0;
    }

    /// The first segment of a connection whose endpoints have the addresses of others.
    #[cold]
    fn open_elsewhere(&mut self, segment: &Segment<'_>, keyring: &Keyring) {
        if self.flows.len() + self.elsewhere >= self.limits.flows {
            self.forget_ignored();
        }
        let full = self.flows.len() + self.elsewhere >= self.limits.flows;
        let slot = self.flows.get_mut(&segment.flow());
        let Some(slot) = slot.filter(|slot| !full && slot.has_room()) else {
            self.past.counts.turned_away += 1;
            return;
        };
        let mut flow = Flow::new(self.past.counts.streams, segment, self.limits, self.tap.as_ref());
        self.past.counts.streams += 1;
        flow.segment(segment, keyring);
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
    pub(super) fn finish(mut self, keyring: &Keyring) -> (Vec<ConnectionReport>, Counts) {
        let mut flows: Vec<Box<Flow>> =
            self.flows.drain().flat_map(|(_, slot)| slot.into_flows()).collect();
        flows.sort_by_key(|flow| flow.stream());
        for mut flow in flows {
            if let Some(before) = flow.take_predecessor() {
                self.past.end(*before, self.latest, keyring);
            }
            self.past.end(*flow, self.latest, keyring);
        }
        let Past { mut done, counts, .. } = self.past;
        // Stable: several attempts on one connection stay in their order.
        done.sort_by_key(|judged| judged.report.tcp_stream);
        (link_copies(done), counts)
    }
}

const NOWHERE: PacketRef =
    PacketRef { number: crate::provenance::PacketNumber::new(0), time: Timestamp(0) };
