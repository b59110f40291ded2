//! Segments on their way to another thread.
//!
//! In: segments, and the block that their bytes are in. Out: the same segments, for whoever follows
//! their connections. The bytes stay in the block; those that are not in it, because they were put
//! together from several packets, are copied.

use std::sync::Arc;

use super::worker::Worker;
use crate::capture::Block;
use crate::endpoint::FlowKey;
use crate::ip::Segment;
use crate::provenance::Timestamp;
use crate::tls::Keyring;

/// Segments of one stretch of the capture.
pub(super) struct Batch {
    block: Option<Block>,
    copied: Vec<u8>,
    /// What is for each shard.
    shards: Vec<Vec<Item>>,
    segments: usize,
}

/// Segments of some of the shards.
pub(super) struct Share {
    block: Option<Block>,
    copied: Arc<Vec<u8>>,
    shards: Vec<(usize, Vec<Item>)>,
}

/// One thing on the way.
enum Item {
    Segment(Parcel),
    /// The time at the segment of that number.
    Tick(u64, Timestamp),
}

/// A segment without its bytes.
struct Parcel {
    order: u64,
    key: FlowKey,
    segment: Segment<'static>,
    options: Place,
    payload: Place,
}

/// Where bytes are.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    len: u32,
    is_copied: bool,
}

impl Batch {
    /// Segments after which one is sent, whatever block they are in.
    const MOST: usize = 16_384;

    /// Copied bytes, the same: not many, for nobody hears of a segment before the batch is sent.
    const MOST_COPIED: usize = 64 << 10;

    /// An empty one for so many shards.
    pub(super) fn new(shards: usize) -> Batch {
        let shards = (0..shards).map(|_| Vec::new()).collect();
        Batch { block: None, copied: Vec::new(), shards, segments: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments == 0
    }

    /// Whether a segment whose bytes are in `block` can be added.
    #[inline]
    pub(super) fn has_room_for(&self, block: Option<&Block>) -> bool {
        let is_the_same = match (&self.block, block) {
            (Some(own), Some(block)) => own.is(block),
            (None, _) | (_, None) => true,
        };
        is_the_same && self.segments < Batch::MOST && self.copied.len() < Batch::MOST_COPIED
    }

    /// Adds a segment.
    pub(super) fn add(
        &mut self,
        shard: usize,
        order: u64,
        key: FlowKey,
        segment: &Segment<'_>,
        block: Option<&Block>,
    ) {
        if self.block.is_none() {
            self.block = block.cloned();
        }
        let (options, payload) = (self.place(segment.options), self.place(segment.payload));
        let segment = segment.with_bytes(&[], &[]);
        if let Some(shard) = self.shards.get_mut(shard) {
            shard.push(Item::Segment(Parcel { order, key, segment, options, payload }));
            self.segments += 1;
        }
    }

    /// Tells all shards the time.
    pub(super) fn tick(&mut self, order: u64, now: Timestamp) {
        self.shards.iter_mut().for_each(|shard| shard.push(Item::Tick(order, now)));
    }

    /// The shares of so many workers. Shards are dealt to them in turn.
    pub(super) fn split(self, workers: usize) -> Vec<Share> {
        let copied = Arc::new(self.copied);
        let share =
            || Share { block: self.block.clone(), copied: Arc::clone(&copied), shards: Vec::new() };
        let mut shares: Vec<Share> = (0..workers).map(|_| share()).collect();
        for (shard, items) in self.shards.into_iter().enumerate() {
            if let Some(share) = shares.get_mut(shard % workers.max(1))
                && !items.is_empty()
            {
                share.shards.push((shard, items));
            }
        }
        shares
    }

    /// Hands all segments to a worker for all shards.
    pub(super) fn deal_to(self, worker: &mut Worker, keyring: &Keyring) {
        self.split(1).into_iter().for_each(|share| share.deal_to(worker, keyring));
    }

    fn place(&mut self, bytes: &[u8]) -> Place {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        match self.block.as_ref().and_then(|block| block.position(bytes)) {
            _ if bytes.is_empty() => Place { start: 0, len, is_copied: false },
            Some(range) => Place { start: range.start, len, is_copied: false },
            None => {
                let start = self.copied.len();
                self.copied.extend_from_slice(bytes);
                Place { start, len, is_copied: true }
            }
        }
    }
}

impl Share {
    /// Hands its segments to the worker for these shards: shard by shard, each in the order of the
    /// capture.
    pub(super) fn deal_to(&self, worker: &mut Worker, keyring: &Keyring) {
        for (shard, items) in &self.shards {
            for item in items {
                match item {
                    Item::Tick(order, now) => worker.tick(*shard, *order, *now, keyring),
                    Item::Segment(Parcel { order, key, segment, options, payload }) => {
                        let (options, payload) = (self.bytes(*options), self.bytes(*payload));
                        let segment = segment.with_bytes(options, payload);
                        worker.segment(*shard, *order, *key, &segment, keyring);
                    }
                }
            }
        }
    }

    fn bytes(&self, place: Place) -> &[u8] {
        let block = self.block.as_ref().map(Block::bytes).unwrap_or_default();
        let bytes = if place.is_copied { self.copied.as_slice() } else { block };
        let len = usize::try_from(place.len).unwrap_or(0);
        bytes.get(place.start..).and_then(|bytes| bytes.get(..len)).unwrap_or_default()
    }
}
