//! One direction of a connection, put in order.
//!
//! In: the payload of segments in any order, overlapping or repeated, and the peer's
//! acknowledgements. Out: [`Released`] bytes and holes in stream order, and for every byte the
//! packet that carried it first. The first copy of a byte wins; a later copy that differs is
//! noted as a conflict and blamed on nobody.
//!
//! Positions inside this file are *extended* sequence numbers: 64 bits, unwrapped, so that they
//! can be compared. What leaves it are stream offsets: positions less that of the first byte.

use super::copies::Copies;
use super::waiting::Waiting;
use super::{AssemblerLimits, GapCause, Piece, Range64, Released, Seq};
use crate::provenance::{Source, SourceMap, Timestamp};

/// The state of one direction.
#[derive(Debug)]
pub struct Assembler {
    limits: AssemblerLimits,
    start: Start,
    /// Whether a SYN said where the start is.
    anchored: bool,
    /// Extended number of the next byte to release.
    next: u64,
    waiting: Waiting,
    /// The highest extended number that the peer acknowledged, and when it first did.
    acked: Option<(u64, Timestamp)>,
    /// The lowest number that the peer acknowledged or a FIN stood at, until the start is known.
    first_acked: Option<u64>,
    /// The highest number that the sender had reached in any segment captured, phantoms included,
    /// and the time of that segment.
    sent: Option<(u64, Timestamp)>,
    /// The latest time of a segment that carried new numbers.
    latest_news: Option<Timestamp>,
    /// Times that are less apart, in nanoseconds, may be in the wrong order.
    doubt: i64,
    /// Segments of the connection so far.
    clock: u64,
    /// Whether what waits now is not to wait any longer.
    is_impatient: bool,
    finished: bool,
    /// The extended number behind the last byte, known from a FIN.
    end: Option<u64>,
    sources: SourceMap,
    copies: Copies,
    /// Ranges of which two different copies were captured, in extended numbers.
    conflicts: Vec<Range64>,
    repeated_bytes: u64,
}

/// Where the direction's first byte is.
///
/// ```text
///   Nothing ──payload or FIN──▶ Undecided ──enough seen, or the end──▶ At
///      └───────────SYN──────────────┴──────────────SYN──────────────────┘
/// ```
#[derive(Debug)]
enum Start {
    /// No payload was seen.
    Nothing,
    /// Payload was seen but no SYN; it waits until it is likely that none comes before it.
    Undecided(u32),
    /// Offset 0 is at this extended number.
    At(u64),
}

/// The first number seen of a direction is put here on the extended line, so that differences
/// cannot underflow.
const ORIGIN: u64 = 1 << 33;

impl Assembler {
    /// Segments of the connection for which a hole stays open although the peer has acknowledged
    /// past it: capturing hosts write packets of two queues out of order.
    pub const PATIENCE: u64 = 64;

    /// The largest window there is (RFC 7323 §2.3): nothing valid lies further ahead.
    pub const LARGEST_WINDOW: u64 = 1 << 30;

    /// Pieces that wait for a SYN that was not captured yet.
    const UNDECIDED: u32 = 8;

    const MAX_CONFLICTS: usize = 64;

    /// A direction of which nothing is known.
    pub fn new(limits: AssemblerLimits) -> Assembler {
        Assembler {
            limits,
            start: Start::Nothing,
            anchored: false,
            next: 0,
            waiting: Waiting::default(),
            acked: None,
            first_acked: None,
            sent: None,
            latest_news: None,
            doubt: 0,
            clock: 0,
            is_impatient: false,
            finished: false,
            end: None,
            sources: SourceMap::new(limits.sources),
            copies: Copies::new(limits.recent),
            conflicts: Vec::new(),
            repeated_bytes: 0,
        }
    }

    /// What it may hold.
    pub fn limits(&self) -> &AssemblerLimits {
        &self.limits
    }

    /// The extended number nearest to where the direction stands.
    pub fn extend(&self, seq: Seq) -> u64 {
        let reference = match self.start {
            Start::Nothing => self.sent().or(self.acked()),
            _ => Some(self.next),
        };
        let Some(reference) = reference else { return ORIGIN + u64::from(seq.0) };
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the wire number")]
        let distance = seq.distance_from(Seq(reference as u32));
        reference.saturating_add_signed(i64::from(distance))
    }

    /// The stream offset of an extended number; `None` before the start of the stream.
    pub fn offset_of(&self, extended: u64) -> Option<u64> {
        match self.start {
            Start::At(start) => extended.checked_sub(start),
            _ => None,
        }
    }

    /// The number on the wire of the byte at a stream offset; `None` while the start is not fixed.
    pub fn sequence(&self, offset: u64) -> Option<Seq> {
        let Start::At(start) = self.start else { return None };
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are the wire number")]
        let wire = start.wrapping_add(offset) as u32;
        Some(Seq(wire))
    }

    /// Extended number of the next byte to be released; `None` while the start is not fixed.
    pub fn next(&self) -> Option<u64> {
        self.has_started().then_some(self.next)
    }

    /// The highest extended number of which anything is known: sent, acknowledged or released.
    pub fn reached(&self) -> Option<u64> {
        let next = match self.start {
            Start::Nothing => None,
            _ => Some(self.next),
        };
        next.max(self.sent()).max(self.acked())
    }

    /// The highest extended number that the peer acknowledged.
    pub fn acked(&self) -> Option<u64> {
        self.acked.map(|(acked, _)| acked)
    }

    /// The same, and when it first did.
    pub fn acked_at(&self) -> Option<(u64, Timestamp)> {
        self.acked
    }

    /// The highest extended number that a captured segment of the sender's had reached.
    pub fn sent(&self) -> Option<u64> {
        self.sent.map(|(sent, _)| sent)
    }

    /// Whether a packet of time `at` that carries the number at `position` may be a repetition of
    /// one that the capture missed: its sender had been further before, or the peer had it by then.
    /// A packet that was only captured late has the earlier time.
    pub fn may_repeat(&self, position: u64, at: Timestamp) -> bool {
        let passed = [self.sent, self.acked];
        let before = |time: Timestamp| is_before(time, at, self.doubt);
        passed.into_iter().flatten().any(|(reached, time)| reached > position && before(time))
    }

    /// The latest time of a segment that carried new numbers.
    pub fn latest_news(&self) -> Option<Timestamp> {
        self.latest_news
    }

    /// From now on, times less than `nanos` nanoseconds apart may be in the wrong order.
    pub fn doubt(&mut self, nanos: i64) {
        self.doubt = nanos;
    }

    /// What was last said by [`Assembler::doubt`].
    pub fn doubted(&self) -> i64 {
        self.doubt
    }

    /// Whether `bytes` at `seq` differ from those of the same place that were captured before.
    pub fn contradicts(&self, seq: Seq, bytes: &[u8]) -> bool {
        let position = self.extend(seq);
        // A keep-alive probe may make its one byte up.
        bytes.len() > 1
            && (!self.copies.contradicted(position, bytes).is_empty()
                || self.waiting.contradicts(position, bytes))
    }

    /// Whether the start of the stream is fixed.
    pub fn has_started(&self) -> bool {
        matches!(self.start, Start::At(_))
    }

    /// Whether offset 0 is the first byte behind the SYN.
    pub fn is_anchored(&self) -> bool {
        self.anchored
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
        self.acked().and_then(|acked| self.offset_of(acked)).unwrap_or(0)
    }

    /// Offset behind the last byte, if a FIN was seen.
    pub fn end(&self) -> Option<u64> {
        self.end.and_then(|end| self.offset_of(end))
    }

    /// From now on no two copies are compared with each other: who reads the stream knows by
    /// itself what is genuine in it.
    pub fn stop_comparing(&mut self) {
        self.copies.stop();
    }

    /// Ranges of which two different copies were captured: the first few.
    pub fn conflicts(&self) -> Vec<Range64> {
        let offset = |position| self.offset_of(position).unwrap_or(0);
        let ranges = self.conflicts.iter();
        ranges.map(|range| Range64 { start: offset(range.start), end: offset(range.end) }).collect()
    }

    /// How many such ranges are known.
    pub fn conflict_count(&self) -> usize {
        self.conflicts.len()
    }

    /// Bytes captured again.
    pub fn repeated_bytes(&self) -> u64 {
        self.repeated_bytes
    }

    /// Fixes the start: the byte at `seq` is the first one (it stands behind a SYN).
    pub fn begin(&mut self, seq: Seq) {
        let first = self.extend(seq);
        if let Start::At(start) = self.start {
            self.anchored = start == first;
            return;
        }
        self.start = Start::At(first);
        self.anchored = true;
        self.next = first;
        // What waited and lies before the start (a keep-alive, an old duplicate) goes.
        self.waiting.forget_before(first);
    }

    /// Takes in an acknowledgement by the peer. `None` when it lies further ahead than any window
    /// reaches: no endpoint would take it (RFC 9293 §3.10.7.4).
    pub fn acknowledge(&mut self, ack: Seq, at: Timestamp) -> Option<u64> {
        let acked = self.extend(ack);
        let furthest = self.reached().unwrap_or(acked).saturating_add(Assembler::LARGEST_WINDOW);
        if acked > furthest {
            return None;
        }
        if !self.has_started() {
            self.first_acked = Some(self.first_acked.map_or(acked, |first| first.min(acked)));
        }
        match &mut self.acked {
            Some((highest, first)) if *highest == acked => *first = at.min(*first),
            Some((highest, _)) if *highest > acked => {}
            acknowledged => *acknowledged = Some((acked, at)),
        }
        Some(acked)
    }

    /// Notes that the sender stood at `seq` when it had sent a segment, at the time `at`.
    pub fn reach(&mut self, seq: Seq, at: Timestamp) {
        self.reach_position(self.extend(seq), at);
    }

    /// The same for a segment that carried the number before `seq`: a SYN or a FIN.
    pub fn reach_with(&mut self, seq: Seq, at: Timestamp) {
        let before = self.sent();
        self.reach(seq, at);
        if self.sent() != before {
            self.latest_news = self.latest_news.max(Some(at));
        }
    }

    /// The same for an extended number.
    pub fn reach_position(&mut self, position: u64, at: Timestamp) {
        let furthest = self.reached().unwrap_or(position).saturating_add(Assembler::LARGEST_WINDOW);
        if position <= furthest && self.sent().is_none_or(|sent| sent < position) {
            self.sent = Some((position, at));
        }
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

    /// Counts a segment of the connection: patience with an open hole ends at some point.
    pub fn wait(&mut self) {
        self.clock += 1;
    }

    /// Takes in a piece of payload. What of it comes next in the stream is returned with its
    /// offset; the rest is held. Call [`Assembler::release`] until it gives nothing.
    pub fn accept<'b>(&mut self, piece: Piece<'b>) -> Option<(u64, &'b [u8])> {
        let position = self.extend(piece.seq);
        self.is_impatient = false;
        match &mut self.start {
            Start::At(_) => {}
            Start::Nothing => {
                self.start = Start::Undecided(1);
                self.next = position;
            }
            Start::Undecided(count) => *count += 1,
        }
        // Of a repetition it is not known what the original had acknowledged.
        let (before, doubt) = ([self.sent, self.acked], self.doubt);
        let source_of = |position: u64| {
            let mut passed = before.into_iter().flatten();
            let repeats = passed
                .any(|(reached, time)| reached > position && is_before(time, piece.at.time, doubt));
            Source { at: piece.at, acked: piece.acked.filter(|_| !repeats) }
        };
        let behind = position + piece.bytes.len() as u64;
        let reached = behind + u64::from(piece.cut);
        if self.sent().is_none_or(|sent| sent < reached) {
            self.sent = Some((reached, piece.at.time));
            self.latest_news = self.latest_news.max(Some(piece.at.time));
        }
        let (position, bytes) = self.drop_old(position, piece);
        if piece.cut > 0 {
            let start = behind.max(if self.has_started() { self.next } else { 0 });
            let range = Range64 { start, end: behind + u64::from(piece.cut) };
            if !range.is_empty() {
                self.waiting.hold_cut(range, self.clock);
            }
        }
        if bytes.is_empty() {
            return None;
        }
        let in_order = if self.has_started() && position == self.next {
            let room = self.waiting.first_bytes().map_or(u64::MAX, |first| first - position);
            bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX))
        } else {
            0
        };
        let (direct, rest) = bytes.split_at_checked(in_order).unwrap_or((&[], bytes));
        if !rest.is_empty() {
            let position = position + in_order as u64;
            let overlap = self.waiting.hold(position, rest, self.clock, source_of);
            self.repeated_bytes += overlap.repeated;
            self.note_conflicts(overlap.conflicts);
        }
        if direct.is_empty() {
            return None;
        }
        self.note_release(position, direct, source_of(position));
        Some((self.offset_of(position)?, direct))
    }

    /// What is in order now, or will never be.
    #[inline]
    pub fn release(&mut self) -> Option<Released> {
        // Nothing waits, neither bytes nor the start: that is so after almost every segment.
        let is_undecided = matches!(self.start, Start::Undecided(_));
        if self.waiting.is_empty() && !is_undecided && !self.finished {
            return None;
        }
        self.release_waiting()
    }

    fn release_waiting(&mut self) -> Option<Released> {
        self.decide_start();
        let Start::At(start) = self.start else { return None };
        let from = self.next;
        if let Some(held) = self.waiting.take(from) {
            self.note_release(from, &held.bytes, held.source);
            return Some(Released::Data { offset: from - start, bytes: held.bytes });
        }
        let (end, cause) = self.hole()?;
        self.next = end;
        let range = Range64 { start: from - start, end: end - start };
        self.sources.push_hole(range.start);
        Some(Released::Gap { range, cause })
    }

    /// Bytes of memory that is taken by what waits, about.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.waiting.size()
    }

    /// What waits is released, and what is missing before it is a gap. What comes later may wait
    /// again.
    pub fn stop_waiting(&mut self) {
        self.is_impatient = !self.waiting.is_empty();
    }

    /// Nothing more will be captured: what waits is released, and what is missing is a gap.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// How far the hole at the next byte goes and why it is there; `None` while it may be filled.
    fn hole(&mut self) -> Option<(u64, GapCause)> {
        if let Some(end) = self.waiting.cut_over(self.next) {
            let end = self.waiting.first_bytes().map_or(end, |first| first.min(end));
            return Some((end, GapCause::SnapLength));
        }
        let Some((position, since)) = self.waiting.first() else {
            return self.finished.then(|| self.missing_tail()).flatten();
        };
        let acknowledged = self.acked().is_some_and(|acked| acked >= position);
        let too_much = self.is_impatient
            || self.waiting.bytes() > self.limits.out_of_order_bytes
            || self.waiting.pieces() > self.limits.out_of_order_pieces;
        if self.finished {
            Some(self.lost_before(position))
        } else if acknowledged && (too_much || self.clock - since >= Assembler::PATIENCE) {
            Some((position, GapCause::NotCaptured))
        } else {
            too_much.then_some((position, GapCause::OverLimit))
        }
    }

    /// At the end: how far the bytes before `position` were acknowledged, or if not at all, all of
    /// them.
    fn lost_before(&self, position: u64) -> (u64, GapCause) {
        match self.acked() {
            Some(acked) if acked > self.next => (acked.min(position), GapCause::NotCaptured),
            _ => (position, GapCause::NeverSeen),
        }
    }

    /// Bytes behind the last captured one of which the peer's acknowledgement, a FIN, or a later
    /// segment without payload tells.
    fn missing_tail(&self) -> Option<(u64, GapCause)> {
        let end = match self.end {
            Some(end) => end, // the FIN itself takes a number, too
            None => self.acked().max(self.sent())?,
        };
        // A single number may be that of a FIN that was not captured, and no byte at all.
        let phantom = self.end.is_none() && end == self.next + 1;
        (end > self.next && !phantom).then(|| self.lost_before(end))
    }

    /// Without a SYN: takes the lowest number seen as the start, once enough was seen.
    fn decide_start(&mut self) {
        let enough = match self.start {
            Start::At(_) => return,
            Start::Nothing => false,
            Start::Undecided(count) => {
                count >= Assembler::UNDECIDED
                    || self.waiting.bytes() > self.limits.out_of_order_bytes / 4
                    || self.waiting.pieces() > self.limits.out_of_order_pieces / 4
            }
        };
        if !(enough || self.finished || self.is_impatient) {
            return;
        }
        let lowest = self.waiting.first().map(|(position, _)| position);
        let near = |told: &u64| {
            lowest.is_none_or(|lowest| lowest.saturating_sub(*told) <= Assembler::LARGEST_WINDOW)
        };
        if let Some(first) = lowest.into_iter().chain(self.first_acked.filter(near)).min() {
            self.start = Start::At(first);
            self.next = first;
        }
    }

    /// Cuts off what was released before, and compares it with what was released.
    fn drop_old<'b>(&mut self, position: u64, piece: Piece<'b>) -> (u64, &'b [u8]) {
        let bytes = piece.bytes;
        if !self.has_started() || position >= self.next {
            return (position, bytes);
        }
        let old = usize::try_from(self.next - position).unwrap_or(usize::MAX).min(bytes.len());
        self.repeated_bytes += old as u64;
        // A keep-alive probe repeats one byte, and may make it up (RFC 9293 §3.8.4).
        if bytes.len() > 1 {
            let conflicts = self.copies.contradicted(position, bytes);
            self.note_conflicts(conflicts);
        }
        (position + old as u64, bytes.get(old..).unwrap_or_default())
    }

    /// Notes bytes as released, and who carried them.
    fn note_release(&mut self, position: u64, bytes: &[u8], source: Source) {
        self.next = position + bytes.len() as u64;
        if let Some(offset) = self.offset_of(position) {
            self.sources.push(offset, source);
        }
        self.copies.note(position, bytes);
    }

    fn note_conflicts(&mut self, found: Vec<Range64>) {
        for range in found {
            if self.conflicts.contains(&range) {
                continue;
            }
            self.conflicts.push(range);
            // The earliest ones matter: what lies behind them is not certain either.
            self.conflicts.sort_by_key(|range| range.start);
            self.conflicts.truncate(Assembler::MAX_CONFLICTS);
        }
    }
}

/// Whether `one` may be before `other`, where the order of times that are less than `doubt` apart
/// means nothing.
fn is_before(one: Timestamp, other: Timestamp, doubt: i64) -> bool {
    one.0 < other.0.saturating_add(doubt)
}
