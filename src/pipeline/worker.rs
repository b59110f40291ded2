//! Who follows connections.
//!
//! In: the segments of some of the shards, and the keys. Out: what there is to tell of their
//! connections, and in the end what each came to. A connection is judged only when it is settled
//! which of its keys had been used before: that only the [`Collector`](super::collector::Collector)
//! knows, who hears of all connections.

use std::collections::{BTreeMap, VecDeque};

use super::counts::Counts;
use super::identity::{Judged, Reused};
use super::setup::Setup;
use super::table::{Ended, Moment, News, Table};
use super::tap::CaptureTap;
use crate::endpoint::FlowKey;
use crate::ip::Segment;
use crate::provenance::Timestamp;
use crate::tls::Keyring;

/// Some of the shards.
#[derive(Debug)]
pub(super) struct Worker {
    /// Each with its number.
    tables: BTreeMap<usize, Table>,
    /// Connections that are over and not judged yet.
    ended: VecDeque<Ended>,
    reused: Reused,
    counts: Counts,
}

/// What is known of the handshakes up to some segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    /// Connections that had ended by the `until`th segment can be judged.
    pub(super) until: u64,
    /// The keys that had been used before, where that was found since the last time.
    pub(super) reused: Reused,
}

/// The report on a connection, and its place among those of all workers.
#[derive(Debug)]
pub(super) struct Placed {
    /// The segment by which it was known to have ended, and the one with which it began; of the
    /// WebSockets on one connection, the first comes first.
    pub(super) place: (u64, u64),
    pub(super) judged: Judged,
}

/// Connections that are judged before their reports are handed out, once there are no more segments:
/// what is done with makes room for the reports on the next.
pub(super) const AT_A_TIME: usize = 256;

impl Worker {
    /// A worker for the shards with these numbers, each of which has so much room.
    pub(super) fn new(
        setup: &Setup,
        shards: impl Iterator<Item = usize>,
        tap: Option<&CaptureTap>,
    ) -> Worker {
        let limits = setup.limits.share(setup.shards());
        let tables = shards.map(|shard| (shard, Table::new(limits, tap.cloned()))).collect();
        let (ended, reused, counts) = (VecDeque::new(), Reused::default(), Counts::default());
        Worker { tables, ended, reused, counts }
    }

    /// Takes in a segment, the `order`th of the capture, which belongs to `shard`.
    #[inline]
    pub(super) fn segment(
        &mut self,
        shard: usize,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        keyring: &Keyring,
    ) {
        if let Some(table) = self.tables.get_mut(&shard) {
            table.segment(key, segment, &mut Moment { order, keyring, ended: &mut self.ended });
        }
    }

    /// The capture has come to `now`: see [`Table::tick`].
    pub(super) fn tick(&mut self, shard: usize, order: u64, now: Timestamp, keyring: &Keyring) {
        if let Some(table) = self.tables.get_mut(&shard) {
            table.tick(now, &mut Moment { order, keyring, ended: &mut self.ended });
        }
    }

    /// What there is to tell since this was asked before.
    pub(super) fn tell(&mut self) -> Vec<News> {
        self.tables.values_mut().map(Table::tell).collect()
    }

    /// There are no more segments.
    pub(super) fn conclude(&mut self, keyring: &Keyring) {
        let mut moment = Moment { order: Moment::END, keyring, ended: &mut self.ended };
        self.tables.values_mut().for_each(|table| table.conclude(&mut moment));
        self.ended.make_contiguous().sort_by_key(|ended| (ended.at, ended.flow.birth()));
    }

    /// Whether everything that has ended is judged.
    pub(super) fn is_done(&self) -> bool {
        self.ended.is_empty()
    }

    /// Judges what has ended, as far as all is known of it; not more connections than `most`.
    pub(super) fn settle(&mut self, settled: Settled, most: usize) -> Vec<Placed> {
        self.reused.extend(settled.reused);
        let mut reports = Vec::new();
        let mut left = most;
        while left > 0
            && self.ended.front().is_some_and(|ended| ended.at <= settled.until)
            && let Some(Ended { at, flow }) = self.ended.pop_front()
        {
            left -= 1;
            let birth = flow.birth();
            let finished = flow.finish(&self.reused);
            self.reused.forget(birth);
            self.counts.note(finished.given_up, finished.encrypted.as_ref());
            let placed = |judged| Placed { place: (at, birth), judged };
            reports.extend(finished.reports.into_iter().map(placed));
        }
        reports
    }

    /// What was counted.
    pub(super) fn into_counts(self) -> Counts {
        let Worker { tables, mut counts, .. } = self;
        tables.into_values().for_each(|table| counts.add(table.into_counts()));
        counts
    }
}
