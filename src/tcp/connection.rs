//! One TCP connection: two directions and how they end (RFC 9293).
//!
//! In: the segments of one connection, in the order of the capture. Out: stream events of each
//! side, and at the end a [`Summary`] of what is known of each. No idle time ends a connection: a
//! socket may sleep for hours.

use super::clocks::Clocks;
use super::half::Half;
use super::twins::Original;
use super::{Assembler, AssemblerLimits, Ending, Piece, Released, Seq, StreamEvent, Summary};
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{PacketRef, Source, SourceMap, Timestamp};

/// The state of one connection.
#[derive(Debug)]
pub struct Connection {
    /// The two endpoints. The client is the sender of the first SYN, or of the first segment
    /// until [`Connection::swap_sides`] says otherwise.
    pub endpoints: PerSide<Endpoint>,
    /// The first segment.
    pub first: PacketRef,
    /// The segment with the latest time.
    pub last: PacketRef,
    halves: PerSide<Half>,
    syn: PerSide<Option<Seq>>,
    clocks: Clocks,
}

impl Connection {
    /// Most bytes that come in a SYN and are acknowledged with it (RFC 7413): those of one segment,
    /// which is large on a loopback interface.
    const SYN_DATA: i32 = 65_535;

    /// How far a SYN that was captured late may lie behind: a first flight of segments.
    const LATE_SYN: u64 = 65_535;

    /// More segments than this do not come within one tick of a clock that runs.
    const AT_ONE_TIME: u64 = 3;

    /// How far ahead of everything known a segment may lie to be taken for one of the connection.
    const LARGEST_STEP: u64 = 1 << 21;

    /// A connection whose first captured segment is `segment`, which is still to be received.
    pub fn new(segment: &Segment<'_>, limits: AssemblerLimits) -> Connection {
        // A SYN with ACK comes from the server; without one, from the client.
        let answers = segment.flags.has(TcpFlags::SYN.with(TcpFlags::ACK));
        let (client, server) =
            if answers { (segment.to, segment.from) } else { (segment.from, segment.to) };
        Connection {
            endpoints: PerSide { client, server },
            first: segment.at,
            last: segment.at,
            halves: PerSide::from_fn(|_| Half::new(limits)),
            syn: PerSide::default(),
            clocks: Clocks::new(segment.interface),
        }
    }

    /// The side that sent `segment`.
    pub fn sender(&self, segment: &Segment<'_>) -> Side {
        if segment.from == self.endpoints.client { Side::Client } else { Side::Server }
    }

    /// Exchanges client and server: the bytes showed that the other one asks.
    pub fn swap_sides(&mut self) {
        self.endpoints.swap();
        self.halves.swap();
        self.syn.swap();
    }

    /// Whether `segment`, a SYN, opens another connection between the same endpoints: its initial
    /// sequence number is new, and if it answers a SYN, then not the one of this connection.
    pub fn is_reopened_by(&self, segment: &Segment<'_>) -> bool {
        let side = self.sender(segment);
        if let Some(syn) = self.syn[side]
            && syn == segment.seq
        {
            return false;
        }
        let mut answers_another = false;
        if let Some(acked) = segment.acknowledgement() {
            match self.syn[!side] {
                Some(syn) if Connection::answers(syn, acked) => return false,
                Some(_) => answers_another = true, // a SYN that was not captured
                // Without the SYN of either connection only the end of the old one tells them apart.
                None if !self.is_over() => return false,
                None => {}
            }
        }
        if self.syn[side].is_some() {
            return true;
        }
        let assembler = &self.halves[side].assembler;
        let first_byte = assembler.extend(segment.seq + 1);
        if assembler.offset_of(first_byte) == Some(0) {
            return false;
        }
        // Segments or acknowledgements were captured but no SYN: a SYN right before them is theirs.
        let belongs = |reached: u64| {
            reached.checked_sub(first_byte).is_some_and(|late| late <= Connection::LATE_SYN)
        };
        assembler.reached().map_or(answers_another, |reached| !belongs(reached))
    }

    /// Whether a SYN-ACK that acknowledges `acked` answers the SYN with the number `syn`.
    pub fn answers(syn: Seq, acked: Seq) -> bool {
        (1..=1 + Connection::SYN_DATA).contains(&acked.distance_from(syn))
    }

    /// Whether `segment` fits the numbers seen so far; used to tell an old connection's stragglers
    /// from those of its successor.
    pub fn accommodates(&self, segment: &Segment<'_>) -> bool {
        let side = self.sender(segment);
        let (own, peer) = (&self.halves[side].assembler, &self.halves[!side].assembler);
        let by_ack = || segment.acknowledgement().and_then(|ack| near(peer, ack));
        near(own, segment.seq).or_else(by_ack).unwrap_or(false)
    }

    /// Whether `segment` may be one of the connection by both of its numbers, as far as they can be
    /// compared: by chance, the segment of another connection does in one case of a million.
    pub fn fits(&self, segment: &Segment<'_>) -> bool {
        let side = self.sender(segment);
        let (own, peer) = (&self.halves[side].assembler, &self.halves[!side].assembler);
        let by_ack = segment.acknowledgement().and_then(|ack| near(peer, ack));
        near(own, segment.seq) != Some(false) && by_ack != Some(false)
    }

    /// Whether nothing came of it but its client's SYN.
    pub fn is_unanswered(&self) -> bool {
        let client = &self.halves.client.assembler;
        self.halves.server.segments == 0
            && self.syn.client.is_some()
            && client.sent() == client.next()
    }

    /// From now on no two copies of the same bytes are compared with each other, in either direction:
    /// that costs a look at every byte.
    pub fn stop_comparing(&mut self) {
        self.halves.client.assembler.stop_comparing();
        self.halves.server.assembler.stop_comparing();
    }

    /// Bytes of memory that is taken by what waits for bytes before it, about.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.halves.client.assembler.waiting() + self.halves.server.assembler.waiting()
    }

    /// What waits for bytes before it waits no longer: call [`Connection::release`] until it gives
    /// nothing.
    pub fn stop_waiting(&mut self) {
        self.halves.client.assembler.stop_waiting();
        self.halves.server.assembler.stop_waiting();
    }

    /// Whether no side has sent a byte that was captured or acknowledged.
    pub fn carried_nothing(&self) -> bool {
        Side::BOTH.iter().all(|side| {
            let assembler = &self.halves[*side].assembler;
            assembler.is_anchored() && assembler.sent() == assembler.next()
                || self.halves[*side].segments == 0
        })
    }

    /// Whether both sides have ended, or one has reset the connection.
    pub fn is_over(&self) -> bool {
        let ended = |side: Side| self.halves[side].fin.is_some();
        Side::BOTH.iter().any(|side| self.halves[*side].rst.is_some())
            || (ended(Side::Client) && ended(Side::Server))
    }

    /// Takes in a segment. What of its payload comes next in the sender's stream is handed out at
    /// once, borrowed from the packet; then call [`Connection::release`] until it gives nothing.
    ///
    /// A segment that was captured before is counted and says nothing more.
    pub fn receive<'b>(&mut self, segment: &Segment<'b>) -> Option<(Side, StreamEvent<'b>)> {
        let side = self.sender(segment);
        if let Some(original) = self.original(side, segment) {
            return self.receive_copy(side, segment, original);
        }
        if self.ends_another(side, segment) {
            let is_reset = segment.flags.has(TcpFlags::RST);
            self.halves[side].ignored_resets += u64::from(is_reset);
            return None;
        }
        let half = &mut self.halves[side];
        half.twins.note(segment);
        let time = self.clocks.on_reference(segment.interface, segment.at.time);
        let at = PacketRef { number: segment.at.number, time };
        if !self.clocks.is_reference(segment.interface) {
            self.clocks.note(segment.interface);
            self.spread_doubt();
        }
        if self.clocks.are_mixed() {
            self.compare_with_acknowledgement(side, segment, time);
        }
        self.last = if time >= self.last.time { at } else { self.last };
        self.first = if time < self.first.time { at } else { self.first };
        self.halves.client.assembler.wait();
        self.halves.server.assembler.wait();
        if segment.flags.has(TcpFlags::RST) {
            self.reset(side, segment, at);
            return None;
        }
        let syn = segment.flags.has(TcpFlags::SYN);
        let seq = if syn { segment.seq + 1 } else { segment.seq };
        if syn && self.syn[side].is_none() {
            self.syn[side] = Some(segment.seq);
            self.halves[side].assembler.begin(seq);
            self.halves[side].assembler.reach_with(seq, time);
        }
        let acked = segment.acknowledgement().and_then(|ack| self.acknowledge(!side, ack, time));
        let doubt = self.clocks.doubt();
        let half = &mut self.halves[side];
        half.segments += 1;
        if segment.cut > 0 {
            half.around.get_or_insert_default().note_cut(segment.at);
        }
        half.zero_windows += u64::from(segment.window == 0);
        half.keep_alives += u64::from(half.is_keep_alive(segment));
        let repeats = half.assembler.may_repeat(half.assembler.extend(seq), time);
        let direct = if half.is_made_up(segment) {
            None
        } else {
            let (bytes, cut) = (segment.payload, segment.cut);
            let disputed = half.assembler.conflict_count();
            let direct = half.accept(Piece { seq, bytes, cut, at, acked });
            if half.assembler.conflict_count() > disputed {
                half.around.get_or_insert_default().note_conflict(at);
            }
            direct
        };
        if let Some((offset, _)) = direct {
            half.note_bytes(offset);
        }
        let end = seq + segment.payload_len();
        if segment.flags.has(TcpFlags::FIN) {
            half.end(end, Ending { at, offset: 0, acked, stated: acked, answered: None }, doubt);
        }
        half.assembler.reach(end, time);
        let phantom = u64::from(segment.flags.has(TcpFlags::FIN));
        let position = half.assembler.extend(end) + phantom;
        if !repeats {
            half.note_latest(position, Source { at, acked });
        }
        direct.map(|(offset, bytes)| (side, StreamEvent::Data { offset, bytes }))
    }

    /// Whether `segment` is a FIN or RST that stands before its sender's SYN, or neither of whose
    /// numbers is near those seen so far: a straggler of an earlier connection between the same
    /// endpoints. Behind as large a hole in both directions it may be one of this connection, but
    /// nothing shows that.
    fn ends_another(&self, side: Side, segment: &Segment<'_>) -> bool {
        if !segment.flags.has(TcpFlags::FIN) && !segment.flags.has(TcpFlags::RST) {
            return false;
        }
        let (own, peer) = (&self.halves[side].assembler, &self.halves[!side].assembler);
        let is_before_start = first(own).is_some_and(|first| own.extend(segment.seq) < first);
        let acked = || segment.acknowledgement().and_then(|ack| near(peer, ack));
        is_before_start || near(own, segment.seq) == Some(false) && acked() == Some(false)
    }

    /// The segment of which this one is another capture.
    fn original(&self, side: Side, segment: &Segment<'_>) -> Option<Original> {
        let half = &self.halves[side];
        let own = &half.assembler;
        let numbers = [TcpFlags::SYN, TcpFlags::FIN].map(|flag| segment.flags.has(flag));
        let numbers: u64 = numbers.into_iter().map(u64::from).sum();
        let end = own.extend(segment.seq) + u64::from(segment.payload_len()) + numbers;
        let peer = &self.halves[!side].assembler;
        let acks_more = |ack| peer.acked().is_none_or(|acked| peer.extend(ack) > acked);
        // A copy cannot say anything new: most segments are none by that alone.
        if own.sent().is_none_or(|sent| end > sent)
            || segment.acknowledgement().is_some_and(acks_more)
        {
            return None;
        }
        let original = half.twins.original(segment, &self.clocks)?;
        let first = segment.seq + u32::from(segment.flags.has(TcpFlags::SYN));
        (!own.contradicts(first, segment.payload)).then_some(original)
    }

    /// Takes in a segment that was captured before: of two copies the snap length may have left
    /// more of the second.
    fn receive_copy<'b>(
        &mut self,
        side: Side,
        segment: &Segment<'b>,
        original: Original,
    ) -> Option<(Side, StreamEvent<'b>)> {
        if original.is_certain {
            let first = (original.interface, original.at.time);
            self.clocks.learn(first, (segment.interface, segment.at.time));
            self.spread_doubt();
        }
        let marked = [TcpFlags::SYN, TcpFlags::FIN, TcpFlags::RST];
        let says_something =
            segment.payload_len() > 0 || marked.iter().any(|flag| segment.flags.has(*flag));
        let acked = segment.acknowledgement().map(|ack| self.halves[!side].assembler.extend(ack));
        let half = &mut self.halves[side];
        // Two acknowledgements in a row may be two: nobody knows, and it is of no consequence.
        half.captured_twice += u64::from(original.is_certain || says_something);
        let (bytes, cut) = (segment.payload, segment.cut);
        if bytes.len() as u64 <= u64::from(original.captured) {
            return None;
        }
        let time = self.clocks.on_reference(original.interface, original.at.time);
        let at = PacketRef { number: segment.at.number, time };
        let seq = if segment.flags.has(TcpFlags::SYN) { segment.seq + 1 } else { segment.seq };
        let (offset, bytes) = half.accept(Piece { seq, bytes, cut, at, acked })?;
        Some((side, StreamEvent::Data { offset, bytes }))
    }

    /// Takes in an acknowledgement of what `side` sent.
    fn acknowledge(&mut self, side: Side, ack: Seq, at: Timestamp) -> Option<u64> {
        let assembler = &self.halves[side].assembler;
        let acked = assembler.extend(ack);
        // Nobody acknowledges what was not sent yet.
        if let Some(sent) = assembler.latest_news()
            && assembler.sent().is_some_and(|sent| acked >= sent)
        {
            self.clocks.compare(sent, at);
            self.spread_doubt();
        }
        self.halves[side].acknowledge(ack, at, self.clocks.doubt())
    }

    /// Where another interface saw what `segment` carries acknowledged before: either the capture
    /// lost a first copy of it, or the two clocks differ.
    #[cold]
    fn compare_with_acknowledgement(&mut self, side: Side, segment: &Segment<'_>, time: Timestamp) {
        let assembler = &self.halves[side].assembler;
        let end = assembler.extend(segment.seq) + u64::from(segment.payload_len());
        let is_new = segment.payload_len() > 0 && assembler.sent().is_none_or(|sent| end > sent);
        if let Some((acked, at)) = assembler.acked_at()
            && is_new
            && acked >= end
            && at < time
        {
            self.clocks.distrust(time.nanos_since(at));
            self.spread_doubt();
        }
    }

    fn spread_doubt(&mut self) {
        let doubt = self.clocks.doubt();
        if self.halves.client.assembler.doubted() < doubt {
            self.halves.client.doubt(doubt);
            self.halves.server.doubt(doubt);
        }
    }

    /// How far apart the times of two packets have to be for their order to mean something, in
    /// nanoseconds; [`i64::MAX`] where the clock that wrote them is not to be believed at all.
    pub fn clock_doubt(&self) -> i64 {
        self.clocks.doubt()
    }

    /// By how many nanoseconds the clock of another interface is ahead of the one by which the
    /// connection is timed, or behind it when negative; `None` where all agree. The times of its
    /// packets have been corrected.
    pub fn clock_offset(&self) -> Option<i64> {
        self.clocks.largest_offset()
    }

    /// What had to wait and is in order now, or will never be, and whose it is.
    pub fn release(&mut self) -> Option<(Side, Released)> {
        for side in Side::BOTH {
            let half = &mut self.halves[side];
            if let Some(released) = half.assembler.release() {
                match released {
                    Released::Gap { range, cause } => half.note_gap(range, cause),
                    Released::Data { offset, .. } => half.note_bytes(offset),
                }
                return Some((side, released));
            }
        }
        None
    }

    /// The capture has ended: what waits is released, and what is missing is a gap.
    pub fn finish(&mut self) {
        let segments = Side::BOTH.iter().map(|side| self.halves[*side].segments).sum::<u64>();
        if self.first.time == self.last.time && segments > Connection::AT_ONE_TIME {
            self.clocks.distrust(i64::MAX); // it stands still
            self.spread_doubt();
        }
        for side in Side::BOTH {
            let half = &mut self.halves[side];
            if let Some(rst) = &half.rst {
                // A RST that was accepted stands behind all that its sender sent.
                half.assembler.reach_position(rst.offset, rst.at.time);
            }
        }
        self.halves.client.assembler.finish();
        self.halves.server.assembler.finish();
    }

    /// The sequence number on the wire of the byte at `offset` of `side`'s stream; `None` while the
    /// start of that is not known.
    pub fn sequence(&self, side: Side, offset: u64) -> Option<Seq> {
        self.halves[side].assembler.sequence(offset)
    }

    /// The packets that carried one side's stream.
    pub fn sources(&self, side: Side) -> &SourceMap {
        self.halves[side].assembler.sources()
    }

    /// Who carried the byte at `offset` of `side`'s stream, and how much of the peer's stream it
    /// acknowledged, as a stream offset.
    pub fn locate(&self, side: Side, offset: u64) -> Option<Source> {
        let source = self.sources(side).locate(offset)?;
        Some(self.in_offsets(side, source))
    }

    /// What is known of `side`.
    pub fn summary(&self, side: Side) -> Summary {
        let half = &self.halves[side];
        let assembler = &half.assembler;
        let peers = |acked: u64| self.halves[!side].assembler.offset_of(acked);
        let ending = |ending: &Ending| Ending {
            offset: assembler.offset_of(ending.offset).unwrap_or(0),
            acked: ending.acked.and_then(peers),
            stated: ending.stated.and_then(peers),
            answered: ending.answered.and_then(|acked| assembler.offset_of(acked)),
            ..*ending
        };
        let conflicts = assembler.conflicts();
        let mut around = half.around.as_deref().cloned().unwrap_or_default();
        if let Some(first) = conflicts.first() {
            around.conflicts.extend(assembler.sources().packets((*first).into(), 2));
        }
        Summary {
            segments: half.segments,
            captured_twice: half.captured_twice,
            has_start: assembler.is_anchored(),
            end: assembler.released(),
            acknowledged: assembler.acknowledged(),
            reached: assembler.sent().and_then(|sent| assembler.offset_of(sent)).unwrap_or(0),
            latest: half.latest.map(|(_, source)| self.in_offsets(side, source)),
            fin: half.fin.as_deref().map(ending),
            rst: half.rst.as_deref().map(ending),
            gaps: half.gaps.clone(),
            gap_bytes: half.gap_bytes,
            around,
            conflicts,
            repeated_bytes: assembler.repeated_bytes(),
            zero_windows: half.zero_windows,
            keep_alives: half.keep_alives,
            ignored_resets: half.ignored_resets,
        }
    }

    /// A source of `side`'s, as its [`SourceMap`] has it, with its acknowledgement as an offset of
    /// the peer's stream; `None` while the start of that is not known.
    pub fn in_offsets(&self, side: Side, source: Source) -> Source {
        let peer = &self.halves[!side].assembler;
        Source { at: source.at, acked: source.acked.and_then(|acked| peer.offset_of(acked)) }
    }

    /// Takes in a RST, if its number lies where the receiver accepts it.
    fn reset(&mut self, side: Side, segment: &Segment<'_>, at: PacketRef) {
        let half = &mut self.halves[side];
        let assembler = &half.assembler;
        let offset = assembler.extend(segment.seq);
        let known = half.segments > 0 || assembler.has_started();
        // A RST that refuses a SYN has sequence number 0 and acknowledges the SYN (§3.5.2).
        let refuses = segment.flags.has(TcpFlags::ACK) && half.segments == 0;
        if known && !refuses && !half.takes_reset(offset) {
            half.ignored_resets += 1;
            return;
        }
        half.segments += 1;
        let acked = segment.acknowledgement().and_then(|ack| self.acknowledge(!side, ack, at.time));
        let doubt = self.clocks.doubt();
        let half = &mut self.halves[side];
        half.note_latest(offset, Source { at, acked });
        let mut ending = Ending { at, offset, acked, stated: acked, answered: None };
        half.recent_acks.iter().for_each(|(at, acked)| ending.note_answer(*at, *acked, doubt));
        half.rst.get_or_insert(Box::new(ending));
    }
}

/// The position of the SYN, before which nothing stands; `None` while that is not known.
fn first(assembler: &Assembler) -> Option<u64> {
    let next = assembler.next().filter(|_| assembler.is_anchored())?;
    Some(next.saturating_sub(assembler.released() + 1))
}

/// Whether `seq` lies where a segment of the connection may stand; `None` when nothing tells.
fn near(assembler: &Assembler, seq: Seq) -> Option<bool> {
    let reached = assembler.reached()?;
    let position = assembler.extend(seq);
    // Without a SYN, what was in flight may still come.
    let first =
        first(assembler).unwrap_or_else(|| reached.saturating_sub(Assembler::LARGEST_WINDOW));
    Some((first..=reached.saturating_add(Connection::LARGEST_STEP)).contains(&position))
}
