//! The flow table: which segment belongs to which connection.

use std::collections::BTreeMap;
use std::mem;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::Limits;
use super::flow::{Flow, Kind};
use crate::endpoint::{Endpoint, FlowKey};
use crate::http::Handshake;
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{PacketRef, Timestamp};
use crate::report::{BlindSpot, ConnectionReport};
use crate::tcp::Seq;

/// All connections of one capture.
#[derive(Debug)]
pub(super) struct Table {
    limits: Limits,
    flows: HashMap<FlowKey, Tracked, RandomState>,
    /// Connections that are over, with their stream numbers.
    done: Vec<ConnectionReport>,
    counts: Counts,
    keys: Keys,
    /// Bytes held by connections that are searched for frames.
    searching: usize,
    latest: Option<PacketRef>,
}

/// What is kept of a connection.
#[derive(Debug)]
enum Tracked {
    /// It may be, or is, a WebSocket.
    Followed(Box<Flow>),
    /// It is something else: only what tells its successor from itself is kept.
    Ignored { opener: Option<(Endpoint, Seq)> },
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
}

/// The Sec-WebSocket-Keys of the handshakes that succeeded, to notice one that is used again.
#[derive(Debug, Default)]
pub(super) struct Keys {
    seen: HashMap<String, Use, RandomState>,
}

/// A successful opening handshake: its request and its response.
#[derive(Clone, Copy, Debug)]
struct Use {
    request: PacketRef,
    response: PacketRef,
}

impl Keys {
    /// The request that used the same key before, if it had been accepted by the time of this one;
    /// remembers this one if there is room.
    ///
    /// A capture that sees both sides of a proxy has every handshake twice, and the second one is
    /// sent before the first is answered: that is one use of the key. A client that repeats a
    /// request which was refused has not used its key either.
    pub(super) fn used_before(
        &mut self,
        handshake: &Handshake,
        limits: &Limits,
    ) -> Option<PacketRef> {
        let head = &handshake.request.as_ref()?.head;
        let key = &head.first("Sec-WebSocket-Key")?.value;
        let request = *head.packets.first()?;
        let response = handshake.response.as_ref().filter(|response| response.status == 101);
        let last = response.and_then(|response| response.head.packets.last());
        let this = last.map(|response| Use { request, response: *response });
        if let Some(before) = self.seen.get_mut(key) {
            if before.response.time >= request.time {
                return None;
            }
            let found = before.request;
            *before = this.unwrap_or(*before);
            return Some(found);
        }
        if self.seen.len() < limits.keys
            && let Some(this) = this
        {
            self.seen.insert(key.clone(), this);
        }
        None
    }
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
        let cut_short = (self.cut_short > 0).then(|| {
            let hides = format!("the rest of {} connections without their start", self.cut_short);
            spot(hides, "a WebSocket whose frames came later there goes unseen")
        });
        turned_away.into_iter().chain(given_up).chain(cut_short).collect()
    }

    fn note(&mut self, flow: &Flow) {
        if let Some(why) = flow.given_up() {
            *self.given_up.entry(why.text()).or_insert(0) += 1;
        }
    }
}

impl Table {
    pub(super) fn new(limits: Limits) -> Table {
        Table {
            limits,
            flows: HashMap::default(),
            done: Vec::new(),
            counts: Counts::default(),
            keys: Keys::default(),
            searching: 0,
            latest: None,
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
        let full = self.flows.len() >= self.limits.flows;
        let entry = match self.flows.entry(segment.flow()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if full => {
                self.end_searches();
                self.flows.retain(|_, tracked| matches!(tracked, Tracked::Followed(_)));
                if self.flows.len() >= self.limits.flows {
                    self.counts.turned_away += 1;
                    return;
                }
                return self.segment(segment);
            }
            Entry::Vacant(entry) => {
                let flow = Flow::new(self.counts.streams, segment, self.limits);
                self.counts.streams += 1;
                entry.insert(Tracked::Followed(Box::new(flow)))
            }
        };
        let opens = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
        if opens && entry.is_reopened_by(segment) {
            let fresh = Flow::new(self.counts.streams, segment, self.limits);
            self.counts.streams += 1;
            let before = mem::replace(entry, Tracked::Followed(Box::new(fresh)));
            if let (Tracked::Followed(before), Tracked::Followed(fresh)) = (before, &mut *entry)
                && let Some(older) = fresh.succeed(before)
            {
                let latest = self.latest.unwrap_or(NOWHERE);
                self.counts.note(&older);
                self.done.extend(older.finish(latest, &mut self.keys));
            }
        }
        let Tracked::Followed(flow) = entry else { return };
        let before = flow.searching();
        flow.segment(segment);
        self.searching = self.searching.saturating_add(flow.searching()).saturating_sub(before);
        if let Some(kind) = flow.is_something_else() {
            self.counts.tls += u64::from(kind == Kind::Tls);
            let opener = flow.opener();
            self.counts.note(flow);
            if let Some(before) = flow.take_predecessor() {
                let latest = self.latest.unwrap_or(NOWHERE);
                self.counts.note(&before);
                self.done.extend(before.finish(latest, &mut self.keys));
            }
            *entry = Tracked::Ignored { opener };
        }
        if self.searching > self.limits.searching {
            self.end_searches();
        }
    }

    /// Ends every search for frames, so that what they hold does not grow with the capture: what is
    /// not found by now is not looked for any more.
    fn end_searches(&mut self) {
        for tracked in self.flows.values_mut() {
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

    /// The capture has ended: the reports on all WebSockets, in the order of their streams, and
    /// what was counted.
    pub(super) fn finish(mut self) -> (Vec<ConnectionReport>, Counts) {
        let latest = self.latest.unwrap_or(NOWHERE);
        let mut flows: Vec<Box<Flow>> = self
            .flows
            .drain()
            .filter_map(|(_, tracked)| match tracked {
                Tracked::Followed(flow) => Some(flow),
                Tracked::Ignored { .. } => None,
            })
            .collect();
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
        done.sort_by_key(|report| report.tcp_stream);
        (done, self.counts)
    }
}

const NOWHERE: PacketRef =
    PacketRef { number: crate::provenance::PacketNumber::new(0), time: Timestamp(0) };

impl Tracked {
    /// Whether a SYN opens a new connection between the same endpoints.
    fn is_reopened_by(&self, syn: &Segment<'_>) -> bool {
        match self {
            Tracked::Followed(flow) => flow.is_reopened_by(syn),
            Tracked::Ignored { opener } => {
                opener.is_none_or(|(endpoint, seq)| endpoint != syn.from || seq != syn.seq)
            }
        }
    }
}
