//! One direction of a connection, put in order.
//!
//! In: the payload of segments in any order, overlapping or repeated, and the peer's
//! acknowledgements. Out: [`Released`] bytes and holes in stream order, and for every byte the
//! packet that carried it first. The first copy of a byte wins; a later copy that differs is
//! noted as a conflict and blamed on nobody.
//!
//! Positions inside this file are *extended* sequence numbers: 64 bits, unwrapped, so that they
//! can be compared. What leaves it are stream offsets: positions less that of the first byte.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::FixedState;

use super::{GapCause, Range64, Seq, StreamEvent};
use crate::provenance::{PacketRef, Source, SourceMap};

/// What is in order now. In-order payload of the segment at hand is not among it: that is handed
/// out borrowed, by [`Assembler::accept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// Bytes that had to wait for others.
    Data {
        /// Stream offset of the first.
        offset: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Bytes that will not come.
    Gap {
        /// Stream offsets.
        range: Range64,
        /// Why.
        cause: GapCause,
    },
}

impl Released {
    /// The same as a step of the stream.
    pub fn as_event(&self) -> StreamEvent<'_> {
        match self {
            Released::Data { offset, bytes } => StreamEvent::Data { offset: *offset, bytes },
            Released::Gap { range, cause } => StreamEvent::Gap { range: *range, cause: *cause },
        }
    }
}

/// How much one direction may hold.
#[derive(Clone, Copy, Debug)]
pub struct AssemblerLimits {
    /// Bytes that wait behind a hole.
    pub out_of_order_bytes: usize,
    /// Pieces that wait behind a hole.
    pub out_of_order_pieces: usize,
    /// Packets whose place in the stream is remembered.
    pub sources: usize,
}

/// One piece of a segment's payload at its place in the stream.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'b> {
    /// Sequence number of the first byte.
    pub seq: Seq,
    /// The bytes captured.
    pub bytes: &'b [u8],
    /// Bytes behind them that the snap length cut off.
    pub cut: u32,
    /// The packet.
    pub at: PacketRef,
    /// The extended acknowledgement number it carried.
    pub acked: Option<u64>,
}

/// The state of one direction.
#[derive(Debug)]
pub struct Assembler {
    limits: AssemblerLimits,
    start: Start,
    /// Extended number of the next byte to release.
    next: u64,
    held: BTreeMap<u64, Held>,
    held_bytes: usize,
    /// The highest extended number that the peer acknowledged.
    acked: Option<u64>,
    /// The lowest, until the start is known.
    first_acked: Option<u64>,
    /// Segments seen since the hole at `next` opened.
    patience: u32,
    finished: bool,
    /// The extended number behind the last byte, known from a FIN.
    end: Option<u64>,
    sources: SourceMap,
    copies: VecDeque<Copied>,
    /// Ranges of which two different copies were captured.
    pub conflicts: Vec<Range64>,
    /// Bytes captured again.
    pub repeated_bytes: u64,
}

/// Where the direction's first byte is.
#[derive(Debug)]
enum Start {
    /// Nothing was seen.
    Nothing,
    /// Segments were seen but no SYN; they wait until it is likely that none comes before them.
    Undecided(u32),
    /// Offset 0 is at this extended number.
    At(u64),
}

#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    cut: u64,
    source: Source,
}

impl Held {
    fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.cut
    }
}

/// A released piece, by which a later copy of the same bytes is compared.
#[derive(Debug)]
struct Copied {
    start: u64,
    len: u64,
    digest: u64,
}

/// An extended number is never below this, so that differences cannot underflow.
const ORIGIN: u64 = 1 << 33;

impl Assembler {
    /// Segments of the connection for which a hole stays open although the peer has acknowledged
    /// past it: capturing hosts write packets of two queues out of order.
    const PATIENCE: u32 = 64;

    /// Segments that wait for a SYN that was not captured yet.
    const UNDECIDED: u32 = 8;

    const MAX_CONFLICTS: usize = 64;
    const MAX_COPIES: usize = 256;

    /// A direction of which nothing is known.
    pub fn new(limits: AssemblerLimits) -> Assembler {
        Assembler {
            limits,
            start: Start::Nothing,
            next: 0,
            held: BTreeMap::new(),
            held_bytes: 0,
            acked: None,
            first_acked: None,
            patience: 0,
            finished: false,
            end: None,
            sources: SourceMap::new(limits.sources),
            copies: VecDeque::new(),
            conflicts: Vec::new(),
            repeated_bytes: 0,
        }
    }

    /// The extended number nearest to where the direction stands.
    pub fn extend(&self, seq: Seq) -> u64 {
        let reference = match self.start {
            Start::Nothing => self.acked,
            _ => Some(self.next),
        };
        let Some(reference) = reference else { return ORIGIN + u64::from(seq.0) };
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the wire number")]
        let distance = seq.distance_from(Seq(reference as u32));
        reference.saturating_add_signed(i64::from(distance)).max(ORIGIN / 2)
    }

    /// The stream offset of an extended number; `None` before the start of the stream.
    pub fn offset_of(&self, extended: u64) -> Option<u64> {
        match self.start {
            Start::At(start) => extended.checked_sub(start),
            _ => None,
        }
    }

    /// How far an extended number lies behind the next byte to be released; negative when ahead.
    pub fn behind(&self, extended: u64) -> i64 {
        self.next.wrapping_sub(extended).cast_signed()
    }

    /// Whether a single byte at `seq` repeats the last one released: a keep-alive probe.
    pub fn is_probe(&self, seq: Seq) -> bool {
        self.has_started() && self.extend(seq) + 1 == self.next
    }

    /// Whether the start of the stream is fixed.
    pub fn has_started(&self) -> bool {
        matches!(self.start, Start::At(_))
    }

    /// The packets that carried the stream.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Offset of the next byte to be released: everything before it was captured or is a gap.
    pub fn released(&self) -> u64 {
        self.offset_of(self.next).unwrap_or(0)
    }

    /// The highest offset that the peer acknowledged, FIN included; 0 when it acknowledged nothing.
    pub fn acknowledged(&self) -> u64 {
        self.acked.and_then(|acked| self.offset_of(acked)).unwrap_or(0)
    }

    /// Fixes the start: the byte at `seq` is the first one (its SYN was seen before it).
    pub fn begin(&mut self, seq: Seq) {
        let first = self.extend(seq);
        if self.has_started() {
            return;
        }
        self.start = Start::At(first);
        self.next = first;
        // What waited and lies before the start (a keep-alive, an old duplicate) goes.
        self.held = self.held.split_off(&first);
        self.held_bytes = self.held.values().map(|held| held.bytes.len()).sum();
    }

    /// Takes in an acknowledgement by the peer.
    pub fn acknowledge(&mut self, ack: Seq) -> u64 {
        let acked = self.extend(ack);
        if matches!(self.start, Start::Nothing | Start::Undecided(_)) {
            self.first_acked = Some(self.first_acked.map_or(acked, |first| first.min(acked)));
        }
        self.acked = Some(self.acked.map_or(acked, |before| before.max(acked)));
        acked
    }

    /// Notes that the stream ends before `seq`, the number of a FIN.
    pub fn end_at(&mut self, seq: Seq) {
        let end = self.extend(seq);
        if matches!(self.start, Start::Nothing) {
            self.start = Start::Undecided(1);
            self.next = end;
        }
        self.first_acked = Some(self.first_acked.map_or(end, |first| first.min(end)));
        self.end.get_or_insert(end);
    }

    /// Offset behind the last byte, if a FIN was seen.
    pub fn end(&self) -> Option<u64> {
        self.end.and_then(|end| self.offset_of(end))
    }

    /// Counts a segment of the connection: patience with an open hole ends at some point.
    pub fn wait(&mut self) {
        self.patience = self.patience.saturating_add(1);
    }

    /// Takes in a piece of payload. What of it comes next in the stream is returned with its
    /// offset; the rest is held. Call [`Assembler::release`] until it gives nothing.
    pub fn accept<'b>(&mut self, piece: Piece<'b>) -> Option<(u64, &'b [u8])> {
        let position = self.extend(piece.seq);
        match &mut self.start {
            Start::At(_) => {}
            Start::Nothing => {
                self.start = Start::Undecided(1);
                self.next = position;
            }
            Start::Undecided(count) => *count += 1,
        }
        let source = Source { at: piece.at, acked: piece.acked };
        if self.has_started() && position == self.next && self.held.is_empty() && piece.cut == 0 {
            let offset = self.offset_of(position).filter(|_| !piece.bytes.is_empty())?;
            self.note_release(position, piece.bytes, source);
            return Some((offset, piece.bytes));
        }
        let (position, bytes) = self.drop_old(position, piece.bytes, piece.cut);
        let mut direct = None;
        for (from, fresh) in self.uncovered(position, bytes) {
            if self.has_started() && from == self.next && !fresh.is_empty() {
                direct = self.offset_of(from).map(|offset| (offset, fresh));
                self.note_release(from, fresh, source);
            } else {
                self.hold(from, Held { bytes: fresh.to_vec(), cut: 0, source });
            }
        }
        if piece.cut > 0 {
            let from = (position + bytes.len() as u64).max(self.next);
            let end = position + bytes.len() as u64 + u64::from(piece.cut);
            let end = self.held.range(from..).next().map_or(end, |(held, _)| end.min(*held));
            if end > from {
                self.hold(from, Held { bytes: Vec::new(), cut: end - from, source });
            }
        }
        direct
    }

    /// What is in order now, or will never be.
    pub fn release(&mut self) -> Option<Released> {
        if !self.has_started() {
            self.decide_start();
        }
        let start = match self.start {
            Start::At(start) => start,
            _ => return None,
        };
        let Some((&position, _)) = self.held.first_key_value() else { return self.missing_tail() };
        if position > self.next {
            let cause = self.lost_before(position)?;
            let range = Range64 { start: self.next - start, end: position - start };
            self.next = position;
            return Some(Released::Gap { range, cause });
        }
        let (position, mut held) = self.held.pop_first()?;
        self.held_bytes -= held.bytes.len();
        self.patience = 0;
        // A piece cut by the snap length may have been passed over by real bytes, or they by it.
        let passed = self.next - position;
        if passed >= held.len() {
            return self.release();
        }
        let from = self.next;
        if held.bytes.is_empty() {
            self.next = position + held.cut;
            let range = Range64 { start: from - start, end: self.next - start };
            return Some(Released::Gap { range, cause: GapCause::SnapLength });
        }
        held.bytes.drain(..usize::try_from(passed).unwrap_or(0));
        self.note_release(from, &held.bytes, held.source);
        Some(Released::Data { offset: from - start, bytes: held.bytes })
    }

    /// Nothing more will be captured: what waits is released, and what is missing is a gap.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Bytes behind the last captured one of which the peer's acknowledgement or a FIN tells.
    fn missing_tail(&mut self) -> Option<Released> {
        if !self.finished {
            return None;
        }
        let acked = self.acked.unwrap_or(0);
        let (end, cause) = match self.end {
            Some(end) if acked < end => (end, GapCause::NeverSeen),
            Some(end) => (end, GapCause::NotCaptured), // the FIN itself takes a number, too
            None => (acked, GapCause::NotCaptured),
        };
        if end <= self.next {
            return None;
        }
        let range = Range64 { start: self.offset_of(self.next)?, end: self.offset_of(end)? };
        self.next = end;
        Some(Released::Gap { range, cause })
    }

    /// Without a SYN: takes the lowest number seen as the start, once enough was seen.
    fn decide_start(&mut self) {
        let enough = match self.start {
            Start::Nothing => false,
            Start::Undecided(count) => {
                count >= Assembler::UNDECIDED
                    || self.held_bytes > self.limits.out_of_order_bytes / 4
            }
            Start::At(_) => return,
        };
        if !(enough || self.finished) {
            return;
        }
        let lowest = self.held.first_key_value().map(|(position, _)| *position);
        if let Some(first) = lowest.into_iter().chain(self.first_acked).min() {
            self.start = Start::At(first);
            self.next = first;
        }
    }

    /// Why the bytes before `position` will not come; `None` while they may.
    fn lost_before(&self, position: u64) -> Option<GapCause> {
        let acknowledged = self.acked.is_some_and(|acked| acked >= position);
        if acknowledged && (self.finished || self.patience >= Assembler::PATIENCE) {
            Some(GapCause::NotCaptured)
        } else if self.finished {
            Some(GapCause::NeverSeen)
        } else if self.held_bytes > self.limits.out_of_order_bytes
            || self.held.len() > self.limits.out_of_order_pieces
        {
            Some(if acknowledged { GapCause::NotCaptured } else { GapCause::OverLimit })
        } else {
            None
        }
    }

    /// Cuts off what was released before, and compares it with what was released.
    fn drop_old<'b>(&mut self, position: u64, bytes: &'b [u8], cut: u32) -> (u64, &'b [u8]) {
        if !self.has_started() || position >= self.next {
            return (position, bytes);
        }
        let old = self.next - position;
        let old = usize::try_from(old).unwrap_or(usize::MAX).min(bytes.len());
        self.repeated_bytes += old as u64;
        // A keep-alive probe repeats one byte, and may make it up (RFC 9293 §3.8.4).
        if bytes.len() + (cut as usize) > 1 {
            self.compare_released(position, bytes);
        }
        (position + old as u64, bytes.get(old..).unwrap_or_default())
    }

    /// The parts of `bytes` that no held piece covers: the first copy stands.
    fn uncovered<'b>(&mut self, position: u64, bytes: &'b [u8]) -> Vec<(u64, &'b [u8])> {
        if bytes.is_empty() {
            return Vec::new();
        }
        let end = position + bytes.len() as u64;
        let slice = |from: u64, to: u64| {
            let (from, to) = (from - position, to - position);
            let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
            bytes.get(range).unwrap_or_default()
        };
        let before = self.held.range(..=position).next_back();
        let first = before.map_or(position, |(start, _)| *start);
        let mut parts = Vec::new();
        let mut conflicts = Vec::new();
        let mut from = position;
        for (&start, held) in self.held.range(first..end) {
            let held_end = start + held.len();
            if held_end <= from || held.bytes.is_empty() {
                continue;
            }
            if start > from {
                parts.push((from, slice(from, start)));
            }
            let (both, both_end) = (start.max(position), held_end.min(end));
            let at = usize::try_from(both - start).unwrap_or(usize::MAX);
            let theirs = held.bytes.get(at..).unwrap_or_default();
            if !theirs.starts_with(slice(both, both_end)) {
                conflicts.push(Range64 { start: both, end: both_end });
            }
            from = held_end;
        }
        if from < end {
            parts.push((from, slice(from, end)));
        }
        let covered: u64 =
            bytes.len() as u64 - parts.iter().map(|(_, part)| part.len() as u64).sum::<u64>();
        self.repeated_bytes += covered;
        conflicts.into_iter().for_each(|range| self.conflict(range));
        parts
    }

    fn hold(&mut self, position: u64, held: Held) {
        if self.held.is_empty() {
            self.patience = 0;
        }
        self.held_bytes += held.bytes.len();
        if let Some(replaced) = self.held.insert(position, held) {
            self.held_bytes -= replaced.bytes.len();
        }
    }

    /// Notes bytes as released, and who carried them.
    fn note_release(&mut self, position: u64, bytes: &[u8], source: Source) {
        self.next = position + bytes.len() as u64;
        if let Some(offset) = self.offset_of(position) {
            self.sources.push(offset, source);
        }
        if self.copies.len() == Assembler::MAX_COPIES {
            self.copies.pop_front();
        }
        let len = bytes.len() as u64;
        self.copies.push_back(Copied { start: position, len, digest: digest(bytes) });
    }

    /// Compares a repeated piece with every piece released that it covers whole.
    fn compare_released(&mut self, position: u64, bytes: &[u8]) {
        let end = position + bytes.len() as u64;
        let first = self.copies.partition_point(|copy| copy.start < position);
        let differing: Vec<Range64> = self
            .copies
            .range(first..)
            .take_while(|copy| copy.start + copy.len <= end)
            .filter(|copy| {
                let at = usize::try_from(copy.start - position).unwrap_or(usize::MAX);
                let len = usize::try_from(copy.len).unwrap_or(usize::MAX);
                let again = bytes.get(at..).and_then(|rest| rest.get(..len));
                again.is_some_and(|again| digest(again) != copy.digest)
            })
            .map(|copy| Range64 { start: copy.start, end: copy.start + copy.len })
            .collect();
        differing.into_iter().for_each(|range| self.conflict(range));
    }

    fn conflict(&mut self, extended: Range64) {
        let Start::At(start) = self.start else { return };
        let range = Range64 {
            start: extended.start.saturating_sub(start),
            end: extended.end.saturating_sub(start),
        };
        if self.conflicts.len() < Assembler::MAX_CONFLICTS && !self.conflicts.contains(&range) {
            self.conflicts.push(range);
        }
    }
}

/// A digest good enough to see that two copies differ; nothing rests on two being equal.
fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    bytes.hash(&mut hasher);
    hasher.finish()
}
