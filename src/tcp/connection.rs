//! One TCP connection: two directions and how they end (RFC 9293).
//!
//! In: the segments of one connection, in the order of the capture. Out: stream events of each
//! side, and at the end a [`Summary`] of what is known of each. No idle time ends a connection: a
//! socket may sleep for hours.

use super::{Assembler, AssemblerLimits, GapCause, Piece, Range64, Released, Seq, StreamEvent};
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::ip::{Segment, TcpFlags};
use crate::provenance::{PacketRef, Source, SourceMap};

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
}

/// What one side did.
#[derive(Debug)]
struct Half {
    assembler: Assembler,
    segments: u64,
    latest: Option<Source>,
    fin: Option<Ending>,
    rst: Option<Ending>,
    gaps: Vec<(Range64, GapCause)>,
    gap_bytes: u64,
    zero_windows: u64,
    keep_alives: u64,
    ignored_resets: u64,
}

/// A FIN or RST as first captured. Positions are extended numbers until they are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The packet.
    pub at: PacketRef,
    /// Stream offset at which it stands: the sender's bytes before it were sent before it.
    pub offset: u64,
    /// How much of the peer's stream its sender had acknowledged; `None` without an
    /// acknowledgement.
    pub acked: Option<u64>,
}

/// Everything that is known of one side's half of the connection. Offsets are stream offsets.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Segments captured from this side.
    pub segments: u64,
    /// Whether its SYN was captured, so that offset 0 is its first byte.
    pub has_start: bool,
    /// Offset behind the last byte that was captured or passed over as a gap.
    pub end: u64,
    /// The highest offset that the peer acknowledged; a FIN counts as one byte.
    pub acknowledged: u64,
    /// The latest segment captured from this side and what it acknowledged of the peer's stream.
    pub latest: Option<Source>,
    /// Its first FIN.
    pub fin: Option<Ending>,
    /// Its first RST that lies within the window.
    pub rst: Option<Ending>,
    /// Holes, the first few of them.
    pub gaps: Vec<(Range64, GapCause)>,
    /// Bytes in all holes.
    pub gap_bytes: u64,
    /// Ranges of which two differing copies were captured.
    pub conflicts: Vec<Range64>,
    /// Bytes captured more than once.
    pub repeated_bytes: u64,
    /// Segments that advertised a window of 0.
    pub zero_windows: u64,
    /// Keep-alive probes (RFC 9293 §3.8.4).
    pub keep_alives: u64,
    /// Resets that no receiver would have accepted (RFC 9293 §3.5.3).
    pub ignored_resets: u64,
}

impl Half {
    const MAX_GAPS: usize = 64;

    fn new(limits: AssemblerLimits) -> Half {
        Half {
            assembler: Assembler::new(limits),
            segments: 0,
            latest: None,
            fin: None,
            rst: None,
            gaps: Vec::new(),
            gap_bytes: 0,
            zero_windows: 0,
            keep_alives: 0,
            ignored_resets: 0,
        }
    }

    fn note_gap(&mut self, range: Range64, cause: GapCause) {
        self.gap_bytes = self.gap_bytes.saturating_add(range.len());
        if self.gaps.len() < Half::MAX_GAPS {
            self.gaps.push((range, cause));
        }
    }
}

impl Connection {
    /// How far from the expected number a RST may lie: the largest window there is (RFC 7323 §2.3).
    const LARGEST_WINDOW: i64 = 1 << 30;

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

    /// Whether `segment`, a SYN without ACK, opens another connection between the same endpoints:
    /// its initial sequence number is new.
    pub fn is_reopened_by(&self, segment: &Segment<'_>) -> bool {
        let side = self.sender(segment);
        if let Some(syn) = self.syn[side] {
            return syn != segment.seq;
        }
        // Segments were captured but no SYN: a SYN right before them belongs to them.
        let half = &self.halves[side];
        let first_byte = half.assembler.extend(segment.seq + 1);
        let started = half.assembler.has_started() || half.segments > 0;
        started && half.assembler.offset_of(first_byte).is_none_or(|offset| offset > 0) && {
            let distance = half.assembler.behind(first_byte);
            !(0..=i64::from(u16::MAX)).contains(&distance)
        }
    }

    /// Whether `segment` fits the numbers seen so far; used to tell an old connection's stragglers
    /// from those of its successor.
    pub fn accommodates(&self, segment: &Segment<'_>) -> bool {
        let side = self.sender(segment);
        let near = |assembler: &Assembler, seq: Seq| {
            let distance = assembler.behind(assembler.extend(seq));
            (-Connection::LARGEST_WINDOW..=Connection::LARGEST_WINDOW / 512).contains(&-distance)
        };
        match self.syn[side] {
            Some(_) => near(&self.halves[side].assembler, segment.seq),
            None => segment
                .acknowledgement()
                .is_some_and(|ack| near(&self.halves[!side].assembler, ack)),
        }
    }

    /// Whether both sides have ended, or one has reset the connection.
    pub fn is_over(&self) -> bool {
        let ended = |side: Side| self.halves[side].fin.is_some();
        Side::BOTH.iter().any(|side| self.halves[*side].rst.is_some())
            || (ended(Side::Client) && ended(Side::Server))
    }

    /// Takes in a segment. What of its payload comes next in the sender's stream is handed out at
    /// once, borrowed from the packet; then call [`Connection::release`] until it gives nothing.
    pub fn receive<'b>(&mut self, segment: &Segment<'b>) -> Option<(Side, StreamEvent<'b>)> {
        let side = self.sender(segment);
        self.last = if segment.at.time >= self.last.time { segment.at } else { self.last };
        self.first = if segment.at.time < self.first.time { segment.at } else { self.first };
        self.halves.client.assembler.wait();
        self.halves.server.assembler.wait();
        if segment.flags.has(TcpFlags::RST) {
            self.reset(side, segment);
            return None;
        }
        let syn = segment.flags.has(TcpFlags::SYN);
        let seq = if syn { segment.seq + 1 } else { segment.seq };
        if syn && self.syn[side].is_none() {
            self.syn[side] = Some(segment.seq);
            self.halves[side].assembler.begin(seq);
        }
        let acked = segment.acknowledgement().map(|ack| {
            // A SYN-ACK that was not captured is known by what the client acknowledges first.
            self.halves[!side].assembler.acknowledge(ack)
        });
        let half = &mut self.halves[side];
        half.segments += 1;
        half.latest = Some(Source { at: segment.at, acked });
        half.zero_windows += u64::from(segment.window == 0);
        let piece = Piece { seq, bytes: segment.payload, cut: segment.cut, at: segment.at, acked };
        let len = segment.payload_len();
        let direct = if len == 0 {
            None
        } else {
            half.keep_alives += u64::from(len == 1 && half.assembler.is_probe(seq));
            half.assembler.accept(piece)
        };
        if segment.flags.has(TcpFlags::FIN) {
            let end = seq + len;
            half.assembler.end_at(end);
            let offset = half.assembler.extend(end);
            half.fin.get_or_insert(Ending { at: segment.at, offset, acked });
        }
        direct.map(|(offset, bytes)| (side, StreamEvent::Data { offset, bytes }))
    }

    /// What had to wait and is in order now, or will never be, and whose it is.
    pub fn release(&mut self) -> Option<(Side, Released)> {
        for side in Side::BOTH {
            let half = &mut self.halves[side];
            if let Some(released) = half.assembler.release() {
                if let Released::Gap { range, cause } = released {
                    half.note_gap(range, cause);
                }
                return Some((side, released));
            }
        }
        None
    }

    /// The capture has ended: what waits is released, and what is missing is a gap.
    pub fn finish(&mut self) {
        self.halves.client.assembler.finish();
        self.halves.server.assembler.finish();
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
        let ending = |ending: &Ending| Ending {
            offset: assembler.offset_of(ending.offset).unwrap_or(0),
            acked: ending.acked.and_then(|acked| self.halves[!side].assembler.offset_of(acked)),
            ..*ending
        };
        Summary {
            segments: half.segments,
            has_start: self.syn[side].is_some(),
            end: assembler.released(),
            acknowledged: assembler.acknowledged(),
            latest: half.latest.map(|source| self.in_offsets(side, source)),
            fin: half.fin.as_ref().map(ending),
            rst: half.rst.as_ref().map(ending),
            gaps: half.gaps.clone(),
            gap_bytes: half.gap_bytes,
            conflicts: assembler.conflicts.clone(),
            repeated_bytes: assembler.repeated_bytes,
            zero_windows: half.zero_windows,
            keep_alives: half.keep_alives,
            ignored_resets: half.ignored_resets,
        }
    }

    /// A source of `side`'s with its acknowledgement as an offset of the peer's stream.
    fn in_offsets(&self, side: Side, source: Source) -> Source {
        let peer = &self.halves[!side].assembler;
        Source { at: source.at, acked: source.acked.and_then(|acked| peer.offset_of(acked)) }
    }

    /// Takes in a RST, if its number lies where a receiver could accept it.
    fn reset(&mut self, side: Side, segment: &Segment<'_>) {
        let half = &self.halves[side];
        let position = half.assembler.extend(segment.seq);
        let distance = half.assembler.behind(position);
        let known = half.segments > 0 || half.assembler.has_started();
        // A RST that refuses a SYN has sequence number 0 and acknowledges the SYN (§3.5.2).
        let refuses = segment.flags.has(TcpFlags::ACK) && half.segments == 0;
        let near = -Connection::LARGEST_WINDOW..=Connection::LARGEST_WINDOW;
        let half = &mut self.halves[side];
        if known && !refuses && !near.contains(&distance) {
            half.ignored_resets += 1;
            return;
        }
        half.segments += 1;
        let acked = segment.acknowledgement().map(|ack| self.halves[!side].assembler.extend(ack));
        let half = &mut self.halves[side];
        half.latest = Some(Source { at: segment.at, acked });
        half.rst.get_or_insert(Ending { at: segment.at, offset: position, acked });
    }
}
