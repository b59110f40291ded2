//! The connections of one capture, dealt out.
//!
//! In: segments, in the order of the capture, and the keys. Out: the reports on all connections, in
//! an order that depends on the capture alone. A connection belongs to a shard, by its endpoints,
//! and a shard to one worker, from the first segment to the last: nobody shares anything, and
//! nobody waits for a lock.
//!
//! ```text
//!                     ┌─Batch─▶ worker ─News, Placed─┐
//!   Segment ─▶ dealer ┤                              ├─▶ Collector ─▶ ConnectionReport, …
//!                     └─Batch─▶ worker ─News, Placed─┘       │
//!                            ▲                               │
//!                            └───────────Settled─────────────┘
//! ```
//!
//! With one thread the worker is called at once, with what it needs still in the read block. With
//! several, segments are sent in batches, one for each block that was read; the bytes stay where
//! they are, and whoever is last lets go of the block. What is small enough to fit into the first
//! batch is followed by one worker all the same: to start threads would take longer.

use std::collections::VecDeque;
use std::mem;

use super::collector::Collector;
use super::counts::Counts;
use super::crew::{Crew, Reply};
use super::outlet::Outlet;
use super::parcel::Batch;
use super::setup::Setup;
use super::tap::CaptureTap;
use super::worker::{AT_A_TIME, Settled, Worker};
use crate::capture::{Block, Disclosed};
use crate::endpoint::FlowKey;
use crate::ip::Segment;
use crate::provenance::Timestamp;
use crate::tls::Keyring;

/// All connections of one capture.
pub(super) struct Shards {
    setup: Setup,
    /// Segments so far.
    order: u64,
    /// When the shards are told the time next.
    next_tick: Timestamp,
    work: Work,
    collector: Collector,
    /// What is settled and was not told to the workers yet.
    settled: Settled,
    outlet: Outlet,
}

/// How the work is done.
enum Work {
    /// At once. Told and settled every so many segments.
    Here { worker: Box<Worker>, until_telling: u32 },
    /// By threads, as soon as there is a batch to send. Until then bytes are copied, so that a small
    /// capture is read to its end in its first block.
    Gathering(Batch),
    /// By threads.
    There { crew: Crew, batch: Batch, stretches: VecDeque<u64> },
}

/// Segments after which one worker tells what it has to tell.
const STRETCH: u32 = 1_024;

impl Shards {
    /// No connection yet; the reports will go to `outlet`.
    pub(super) fn new(setup: &Setup, tap: Option<&CaptureTap>, outlet: Outlet) -> Shards {
        let work = match setup.workers() {
            1 => Work::here(setup, tap),
            _ => Work::Gathering(Batch::new(setup.shards())),
        };
        Shards {
            setup: setup.clone(),
            order: 0,
            next_tick: Timestamp(i64::MIN),
            work,
            collector: Collector::new(&setup.limits),
            settled: Settled::default(),
            outlet,
        }
    }

    /// Hands a segment to its connection. Its bytes are in `block`, if they are in any.
    #[inline]
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        block: Option<&Block>,
        keyring: &Keyring,
    ) {
        self.order += 1;
        let key = segment.flow();
        let shard = key.part(self.setup.shards());
        if segment.at.time >= self.next_tick {
            self.tick(segment.at.time, keyring);
        }
        if let Work::Here { worker, until_telling } = &mut self.work {
            worker.segment(shard, self.order, key, segment, keyring);
            *until_telling -= 1;
            if *until_telling == 0 {
                *until_telling = STRETCH;
                self.tell_and_settle();
            }
            return;
        }
        self.deal(shard, key, segment, block, keyring);
    }

    /// Takes the keys in a text that stands behind all segments so far; `keyring` does not have
    /// them yet.
    pub(super) fn disclose(&mut self, text: &Disclosed<'_>, keyring: &Keyring) {
        if matches!(&self.work, Work::Gathering(batch) if batch.is_empty()) {
            return; // whoever will follow the first segment starts with all keys
        }
        self.send(keyring); // what was gathered does not know these keys
        if let Work::There { crew, .. } = &mut self.work {
            crew.disclose(text);
        }
    }

    /// Where the reports go.
    pub(super) fn outlet(&mut self) -> &mut Outlet {
        &mut self.outlet
    }

    /// There are no more segments: what has become of the reports, and what was counted.
    pub(super) fn finish(mut self, keyring: &Keyring) -> (Outlet, Counts) {
        if let Work::Gathering(batch) = &mut self.work {
            let batch = mem::replace(batch, Batch::new(0));
            self.work = Work::here(&self.setup, None);
            if let Work::Here { worker, .. } = &mut self.work {
                batch.deal_to(worker, keyring);
            }
        }
        if matches!(self.work, Work::There { .. }) {
            self.send(keyring);
        }
        let Shards { work, mut collector, mut settled, mut outlet, order, .. } = self;
        let counts = match work {
            Work::Here { mut worker, .. } => {
                worker.conclude(keyring);
                let reused = collector.hear(worker.tell());
                settled.reused.extend(reused);
                let mut all = Settled { until: u64::MAX, reused: settled.reused };
                while !worker.is_done() {
                    let reused = mem::take(&mut all.reused);
                    let some = worker.settle(Settled { reused, ..all }, AT_A_TIME);
                    collector.order(some, &mut outlet);
                }
                worker.into_counts()
            }
            Work::There { mut crew, mut stretches, .. } => {
                crew.conclude();
                stretches.push_back(order);
                while !stretches.is_empty() {
                    let reply = crew.wait();
                    hear(reply, &mut stretches, &mut collector, &mut settled, &mut outlet);
                }
                crew.finish(settled.reused, |placed| collector.order(placed, &mut outlet))
            }
            Work::Gathering(_) => Counts::default(),
        };
        (outlet, counts)
    }

    /// Tells all shards the time, each of which sees only its own segments. How often is a matter of
    /// how soon reports come, and of nothing else.
    #[cold]
    fn tick(&mut self, now: Timestamp, keyring: &Keyring) {
        const OFTEN: i64 = 4;
        self.next_tick = Timestamp(now.0.saturating_add(self.setup.limits.linger / OFTEN + 1));
        match &mut self.work {
            Work::Gathering(batch) | Work::There { batch, .. } => batch.tick(self.order, now),
            Work::Here { worker, .. } => {
                for shard in 0..self.setup.shards() {
                    worker.tick(shard, self.order, now, keyring);
                }
            }
        }
    }

    /// Puts a segment into the batch, after sending that if it is of another block.
    fn deal(
        &mut self,
        shard: usize,
        key: FlowKey,
        segment: &Segment<'_>,
        block: Option<&Block>,
        keyring: &Keyring,
    ) {
        if !self.work.has_room_for(block) {
            self.send(keyring);
        }
        match &mut self.work {
            Work::Gathering(batch) => batch.add(shard, self.order, key, segment, None),
            Work::There { batch, .. } => batch.add(shard, self.order, key, segment, block),
            Work::Here { .. } => {}
        }
    }

    /// Sends the batch, and takes in what the workers have to tell by now.
    fn send(&mut self, keyring: &Keyring) {
        if let Work::Gathering(batch) = &mut self.work {
            let batch = mem::replace(batch, Batch::new(0));
            let crew = Crew::new(&self.setup, keyring);
            self.work = Work::There { crew, batch, stretches: VecDeque::new() };
        }
        let Work::There { crew, batch, stretches } = &mut self.work else { return };
        let batch = mem::replace(batch, Batch::new(self.setup.shards()));
        if batch.is_empty() {
            return;
        }
        let settled =
            Settled { until: self.settled.until, reused: mem::take(&mut self.settled.reused) };
        stretches.push_back(self.order);
        crew.send(batch, settled);
        while let Some(reply) = crew.hear() {
            hear(reply, stretches, &mut self.collector, &mut self.settled, &mut self.outlet);
        }
    }

    /// Takes in what the one worker has to tell.
    fn tell_and_settle(&mut self) {
        let Work::Here { worker, .. } = &mut self.work else { return };
        let reused = self.collector.hear(worker.tell());
        let placed = worker.settle(Settled { until: self.order, reused }, usize::MAX);
        self.collector.order(placed, &mut self.outlet);
    }
}

impl Work {
    /// Whether the batch can take a segment whose bytes are in `block`.
    #[inline]
    fn has_room_for(&self, block: Option<&Block>) -> bool {
        match self {
            Work::Gathering(batch) => batch.has_room_for(None),
            Work::There { batch, .. } => batch.has_room_for(block),
            Work::Here { .. } => true,
        }
    }

    /// One worker for everything.
    fn here(setup: &Setup, tap: Option<&CaptureTap>) -> Work {
        let worker = Box::new(Worker::new(setup, 0..setup.shards(), tap));
        Work::Here { worker, until_telling: STRETCH }
    }
}

/// Takes in what all workers have to tell of one stretch of the capture. Their reports are on what
/// had been settled before that stretch was sent.
fn hear(
    reply: Reply,
    stretches: &mut VecDeque<u64>,
    collector: &mut Collector,
    settled: &mut Settled,
    outlet: &mut Outlet,
) {
    let reused = collector.hear(reply.news);
    collector.order(reply.placed, outlet);
    settled.reused.extend(reused);
    if let Some(until) = stretches.pop_front() {
        settled.until = until;
    }
}
