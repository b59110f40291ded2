//! What one side of a connection did.
//!
//! In: the segments of one side, and the peer's acknowledgements of them. Out: its bytes in order,
//! how it ended, and which of its segments is the latest. What both sides together mean is for
//! [`Connection`](super::Connection).

use std::collections::VecDeque;

use super::twins::Twins;
use super::{Around, Assembler, AssemblerLimits, Ending, GapCause, Piece, Range64, Seq};
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{Source, Timestamp};

/// What one side did. There may be a hundred thousand of these at a time: what most of them lack
/// until the end stands in a box.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) assembler: Assembler,
    pub(super) twins: Twins,
    pub(super) captured_twice: u64,
    pub(super) segments: u64,
    /// The segment that stands furthest, and where it ends.
    pub(super) latest: Option<(u64, Source)>,
    pub(super) fin: Option<Box<Ending>>,
    pub(super) rst: Option<Box<Ending>>,
    /// The peer's latest acknowledgements and their times: packets may be captured out of order.
    pub(super) recent_acks: VecDeque<(Timestamp, u64)>,
    pub(super) gaps: Vec<(Range64, GapCause)>,
    pub(super) gap_bytes: u64,
    pub(super) around: Option<Box<Around>>,
    pub(super) zero_windows: u64,
    pub(super) keep_alives: u64,
    pub(super) ignored_resets: u64,
}

impl Half {
    pub(super) const MAX_GAPS: usize = 64;
    const RECENT_ACKS: usize = 32;

    /// As many, where little is remembered of each connection.
    const FEWEST_ACKS: usize = 8;

    pub(super) fn new(limits: AssemblerLimits) -> Half {
        Half {
            assembler: Assembler::new(limits),
            twins: Twins::new(limits.recent),
            captured_twice: 0,
            segments: 0,
            latest: None,
            fin: None,
            rst: None,
            recent_acks: VecDeque::new(),
            gaps: Vec::new(),
            gap_bytes: 0,
            around: None,
            zero_windows: 0,
            keep_alives: 0,
            ignored_resets: 0,
        }
    }

    /// Takes in an acknowledgement by the peer.
    pub(super) fn acknowledge(&mut self, ack: Seq, at: Timestamp, doubt: i64) -> Option<u64> {
        let acked = self.assembler.acknowledge(ack, at)?;
        // A peer that takes in more than a RST left it did not accept the RST (RFC 5961 §3.2).
        if self.rst.as_ref().is_some_and(|rst| acked > rst.offset + 1) {
            self.rst = None;
            self.ignored_resets += 1;
        }
        let most = self.assembler.limits().recent.clamp(Half::FEWEST_ACKS, Half::RECENT_ACKS);
        if self.recent_acks.len() == most {
            self.recent_acks.pop_front();
        }
        self.recent_acks.push_back((at, acked));
        for ending in [&mut self.fin, &mut self.rst].into_iter().flatten() {
            ending.note_answer(at, acked, doubt);
        }
        Some(acked)
    }

    /// Takes in payload, if there is any.
    pub(super) fn accept<'b>(&mut self, piece: Piece<'b>) -> Option<(u64, &'b [u8])> {
        if piece.bytes.is_empty() && piece.cut == 0 {
            return None;
        }
        self.assembler.accept(piece)
    }

    /// Takes in a FIN with number `seq`; the first one stands, by time.
    pub(super) fn end(&mut self, seq: Seq, mut ending: Ending, doubt: i64) {
        let assembler = &mut self.assembler;
        assembler.end_at(seq);
        ending.offset = assembler.extend(seq);
        // What the original of a repeated FIN acknowledged is not known.
        let repeats = assembler.may_repeat(ending.offset, ending.at.time);
        ending.acked = ending.acked.filter(|_| !repeats);
        self.recent_acks.iter().for_each(|(at, acked)| ending.note_answer(*at, *acked, doubt));
        match &mut self.fin {
            // A repetition that was captured before the original says less of what came first.
            Some(fin) if fin.offset == ending.offset && ending.at.time < fin.at.time => {
                **fin = ending;
            }
            Some(_) => {}
            None => self.fin = Some(Box::new(ending)),
        }
        assembler.reach_with(seq + 1, ending.at.time);
    }

    /// Notes a segment of this side that ends at `position`. Of those that stand furthest the one
    /// stays that acknowledges most, and of these the latest by time: a repetition says nothing of
    /// what was sent before it.
    pub(super) fn note_latest(&mut self, position: u64, source: Source) {
        let order = |position, source: &Source| (position, source.acked, source.at.time);
        if self.latest.is_none_or(|(at, held)| order(at, &held) <= order(position, &source)) {
            self.latest = Some((position, source));
        }
    }

    /// Whether `segment` stands one before the next number: a probe that asks for an
    /// acknowledgement (RFC 9293 §3.8.4).
    pub(super) fn is_keep_alive(&self, segment: &Segment<'_>) -> bool {
        let probes = segment.payload_len() <= 1
            && !segment.flags.has(TcpFlags::SYN)
            && !segment.flags.has(TcpFlags::FIN);
        probes && self.assembler.sent() == Some(self.assembler.extend(segment.seq) + 1)
    }

    /// Whether `segment` carries a single byte that may be made up, as in a keep-alive probe. A
    /// byte that was written on its own is pushed; one that is not is only believed where it comes
    /// next and the peer does not have it.
    pub(super) fn is_made_up(&self, segment: &Segment<'_>) -> bool {
        let plain = [TcpFlags::SYN, TcpFlags::FIN, TcpFlags::PSH];
        if segment.payload_len() != 1 || plain.iter().any(|flag| segment.flags.has(*flag)) {
            return false;
        }
        let position = self.assembler.extend(segment.seq);
        let is_next = self.assembler.next() == Some(position);
        let peer_has_it = self.assembler.acked().is_some_and(|acked| acked > position);
        !is_next || peer_has_it
    }

    /// Whether the receiver would accept a RST at `position`: not behind what it acknowledged, but
    /// for the number of a FIN, and not beyond the largest window (RFC 9293 §3.5.3).
    pub(super) fn takes_reset(&self, position: u64) -> bool {
        let largest = Assembler::LARGEST_WINDOW;
        let reached = self.assembler.reached().unwrap_or(position);
        let least = self
            .assembler
            .acked()
            .map_or(reached.saturating_sub(largest), |acked| acked.saturating_sub(1));
        (least..=reached.saturating_add(largest)).contains(&position)
    }

    /// The order of times means less than was thought: takes back what rests on it.
    pub(super) fn doubt(&mut self, doubt: i64) {
        self.assembler.doubt(doubt);
        for ending in [&mut self.fin, &mut self.rst].into_iter().flatten() {
            ending.answered = None;
            let acks = self.recent_acks.iter();
            acks.for_each(|(at, acked)| ending.note_answer(*at, *acked, doubt));
        }
    }

    pub(super) fn note_gap(&mut self, range: Range64, cause: GapCause) {
        self.gap_bytes = self.gap_bytes.saturating_add(range.len());
        if self.gaps.len() < Half::MAX_GAPS {
            self.gaps.push((range, cause));
        }
        let around = self.around.get_or_insert_default();
        around.note_gap(range, self.assembler.sources(), Half::MAX_GAPS);
    }

    /// Notes that bytes from `offset` on were released.
    #[inline]
    pub(super) fn note_bytes(&mut self, offset: u64) {
        if let Some(around) = &mut self.around {
            around.note_bytes(offset, self.assembler.sources());
        }
    }
}
