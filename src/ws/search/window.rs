//! The latest bytes of one direction, and the strongest chain of frames among them.
//!
//! In: stream events, each the payload of about one segment. Out: a [`Chain`]. Every byte at which
//! a frame may begin is one node; its header says at which node the next one begins. From the last
//! byte to the first each node is looked at once, so the work is linear in what is held.

use std::collections::VecDeque;

use super::evidence::{REPEATED_BITS, bits, is_plausible, may_begin, plain};
use crate::endpoint::Side;
use crate::tcp::{GapCause, Released, StreamEvent};
use crate::ws::{FrameHeader, MAX_HEADER_LEN, Opcode};

/// The latest bytes of one direction.
#[derive(Debug, Default)]
pub struct Window {
    pieces: VecDeque<Released>,
    size: usize,
    /// Stream offset behind the last piece.
    end: Option<u64>,
}

/// Frames that follow on one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Stream offset of the first header.
    pub start: u64,
    /// Bits of evidence that these are frames.
    pub bits: u32,
    /// How many there are.
    pub frames: u64,
    /// How many of them end where a segment ends.
    pub aligned: u64,
    /// How many begin a text message that is not compressed.
    pub texts: u64,
    /// The payload of the Close at its end, if it ends with one.
    pub close: Option<Vec<u8>>,
    /// Payloads of the first few Pings that have any.
    pub pings: Vec<Vec<u8>>,
    /// Payloads of the first few Pongs that have any.
    pub pongs: Vec<Vec<u8>>,
}

/// Bytes without a hole.
struct Run {
    start: u64,
    bytes: Vec<u8>,
}

/// A place at which a frame may begin.
struct Node {
    offset: u64,
    header: FrameHeader,
    /// What this frame says for itself, its end included.
    own: u32,
    /// With everything behind it, when no message is open before it, and when one is; `None` when
    /// what is behind it contradicts it.
    total: [Option<u32>; 2],
    aligned: bool,
    next: Landing,
}

/// Where a frame ends.
#[derive(Clone, Copy)]
enum Landing {
    /// At a node.
    Node(usize),
    /// In a hole, behind the last byte, or where too few bytes are left for a header.
    Unknown,
    /// Where no frame can begin.
    Nowhere,
}

const IDLE: usize = 0;
const OPEN: usize = 1;

/// What a piece costs besides its bytes.
const PER_PIECE: usize = 64;
/// Payloads of Pings and of Pongs that are kept of a chain.
const MOST_PROBES: usize = 16;
/// An end at a segment's end is worth this at most: a length of seven bits says no more.
const MOST_ALIGNED_BITS: u32 = 7;
/// How far a length of seven bits reaches.
const REACH: u64 = 128;
/// Evidence that has to stand before a header inside a segment for it to be believed: other bytes
/// may lead to a true boundary by chance.
const PREFIX_BITS: u32 = 24;
/// What the first header says for itself, if it stands where a segment begins: more than a header
/// alone.
const FIRST_BITS: u32 = 8;

impl Window {
    /// Takes in an event. What was left out before it is a hole.
    pub fn push(&mut self, event: StreamEvent<'_>) {
        let (start, end) = match event {
            StreamEvent::Data { offset, bytes } => (offset, offset + bytes.len() as u64),
            StreamEvent::Gap { range, .. } => (range.start, range.end),
        };
        if let Some(before) = self.end.filter(|end| *end < start) {
            let range = (before..start).into();
            self.hold(Released::Gap { range, cause: GapCause::OverLimit }, 0);
        }
        self.end = Some(end);
        match event {
            StreamEvent::Data { offset, bytes } => {
                self.hold(Released::Data { offset, bytes: bytes.to_vec() }, bytes.len());
            }
            StreamEvent::Gap { range, cause } => {
                if !cause.is_measured() {
                    // No length that was read before it says where a header stands behind it.
                    self.shrink_to(0);
                }
                self.hold(Released::Gap { range, cause }, 0);
            }
        }
    }

    fn hold(&mut self, piece: Released, len: usize) {
        self.size += PER_PIECE + len;
        self.pieces.push_back(piece);
    }

    /// Drops the oldest pieces until no more than `most` is held.
    pub fn shrink_to(&mut self, most: usize) {
        while self.size > most
            && let Some(piece) = self.pieces.pop_front()
        {
            self.size -= PER_PIECE;
            if let Released::Data { bytes, .. } = piece {
                self.size -= bytes.len();
            }
        }
    }

    /// What it holds, in bytes, with something added for each piece.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether there is a byte in it.
    pub fn has_bytes(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Released::Data { .. }))
    }

    /// Everything from stream offset `start` on.
    pub fn take_from(&mut self, start: u64) -> Vec<Released> {
        self.size = 0;
        let pieces = std::mem::take(&mut self.pieces).into_iter();
        pieces
            .filter_map(|piece| match piece {
                Released::Data { offset, mut bytes } => {
                    let before = start.saturating_sub(offset);
                    let before = usize::try_from(before).unwrap_or(usize::MAX).min(bytes.len());
                    bytes.drain(..before);
                    let offset = offset + before as u64;
                    (!bytes.is_empty()).then_some(Released::Data { offset, bytes })
                }
                Released::Gap { mut range, cause } => {
                    range.start = range.start.max(start);
                    (!range.is_empty()).then_some(Released::Gap { range, cause })
                }
            })
            .collect()
    }

    /// What it holds, laid out for a search.
    pub fn field(&self) -> Field {
        Field::of(&self.pieces)
    }
}

/// What is searched: the bytes of a window without the seams between its pieces.
pub struct Field {
    runs: Vec<Run>,
    /// Where segments begin or end, in order.
    breaks: Vec<u64>,
}

impl Field {
    /// The chain with the most evidence, if these are frames of `sender`.
    pub fn strongest(&self, sender: Side) -> Option<Chain> {
        let nodes = self.nodes(sender);
        let totals = nodes.iter().enumerate().flat_map(|(place, node)| {
            [IDLE, OPEN]
                .map(|state| Some((node.total.get(state).copied().flatten()?, place, state)))
        });
        // Of two that are as strong the one with the lower offset, which is the later node.
        let (_, place, state) = totals.flatten().max_by_key(|(bits, place, _)| (*bits, *place))?;
        let chain = self.chain(&nodes, place, state)?;
        // A single unmasked frame is a text behind two bytes.
        let can_be_text = sender == Side::Client || chain.frames > 1;
        (!(can_be_text && self.is_text_at(chain.start))).then_some(chain)
    }

    fn of(pieces: &VecDeque<Released>) -> Field {
        let mut runs: Vec<Run> = Vec::new();
        let mut breaks = Vec::new();
        for piece in pieces {
            let Released::Data { offset, bytes } = piece else { continue };
            let end = offset + bytes.len() as u64;
            breaks.extend([*offset, end]);
            match runs.last_mut() {
                Some(run) if run.end() == *offset => run.bytes.extend_from_slice(bytes),
                _ => runs.push(Run { start: *offset, bytes: bytes.clone() }),
            }
        }
        breaks.dedup();
        Field { runs, breaks }
    }

    /// What it is worth that a frame with its header at `start` ends at `end`: nothing, unless a
    /// segment ends there, too; and the less, the more segments end as far ahead as a length of
    /// seven bits reaches.
    fn aligned_bits(&self, start: u64, end: u64) -> u32 {
        if self.breaks.binary_search(&end).is_err() {
            return 0;
        }
        let first = self.breaks.partition_point(|at| *at <= start);
        let behind = self.breaks.partition_point(|at| *at <= start.saturating_add(REACH));
        let others = behind.saturating_sub(first).checked_ilog2().unwrap_or(0);
        MOST_ALIGNED_BITS.saturating_sub(others)
    }

    /// Whether a segment begins at `offset`, and segments are not so short that this says nothing.
    fn begins_segment(&self, offset: u64) -> bool {
        let before = offset.saturating_sub(REACH);
        self.aligned_bits(before, offset) >= MOST_ALIGNED_BITS / 2
    }

    /// Whether the bytes from `offset` on are text in UTF-8 that is not all ASCII: then what looks
    /// like a header there is the inside of a character.
    fn is_text_at(&self, offset: u64) -> bool {
        const LOOKED_AT: usize = 512;
        const MANY: usize = 4;
        let behind = self.runs.partition_point(|run| run.start <= offset);
        let run = behind.checked_sub(1).and_then(|place| self.runs.get(place));
        let index = run.and_then(|run| usize::try_from(offset - run.start).ok());
        let (Some(run), Some(index)) = (run, index) else { return false };
        let bytes = run.bytes.get(index..).unwrap_or_default();
        let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
        // The character that `offset` lies in has three bytes behind its first one at most.
        let inside = bytes.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
        let bytes = bytes.get(inside..).unwrap_or_default();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(fault) if fault.error_len().is_none() => {
                bytes.get(..fault.valid_up_to()).map_or("", |b| str::from_utf8(b).unwrap_or(""))
            }
            Err(_) => return false,
        };
        text.chars().filter(|c| !c.is_ascii()).count() >= MANY
    }

    /// Every place at which a frame of `sender` may begin, the last one first.
    fn nodes(&self, sender: Side) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for run in self.runs.iter().rev() {
            for (index, first) in run.bytes.iter().enumerate().rev() {
                if !may_begin(*first) {
                    continue;
                }
                let bytes = run.bytes.get(index..).unwrap_or_default();
                // The second byte tells most of them apart without being parsed.
                let is_masked = bytes.get(1).is_some_and(|byte| byte & 0x80 != 0);
                if is_masked != (sender == Side::Client) {
                    continue;
                }
                let Ok((payload, header)) = FrameHeader::parse(bytes) else { continue };
                if is_plausible(&header, sender)
                    && let Some(found) = bits(&header, payload)
                {
                    let node = self.node(run.start + index as u64, header, found, &nodes);
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    /// What a header comes to with `nodes`, which all lie behind it.
    fn node(&self, offset: u64, header: FrameHeader, found: u32, nodes: &[Node]) -> Node {
        let end = offset.saturating_add(header.total_len());
        let next = self.landing(end, nodes);
        let follower = match next {
            Landing::Node(place) => nodes.get(place),
            _ => None,
        };
        let aligned_bits = self.aligned_bits(offset, end);
        let alike = follower.is_some_and(|follower| {
            (follower.header.opcode, follower.header.payload_len, follower.header.fin)
                == (header.opcode, header.payload_len, header.fin)
        });
        let own = match (alike, header.mask) {
            (true, None) => REPEATED_BITS,
            _ => found + aligned_bits,
        };
        // A masking key is chosen anew for each frame (RFC 6455 §5.3).
        let same_key = header.mask.is_some()
            && follower.is_some_and(|follower| follower.header.mask == header.mask);
        let total = [IDLE, OPEN].map(|state| {
            let then = after(&header, state).filter(|_| !same_key)?;
            let behind = match next {
                Landing::Nowhere => None,
                Landing::Unknown => Some(0),
                // Behind a Close there is nothing.
                Landing::Node(_) if header.opcode == Opcode::CLOSE => None,
                Landing::Node(_) => follower?.total.get(then).copied().flatten(),
            };
            Some(behind?.saturating_add(own))
        });
        Node { offset, header, own, total, aligned: aligned_bits > 0, next }
    }

    fn landing(&self, end: u64, nodes: &[Node]) -> Landing {
        let behind = self.runs.partition_point(|run| run.start <= end);
        let run = behind.checked_sub(1).and_then(|place| self.runs.get(place));
        let Some(run) = run.filter(|run| end < run.end()) else { return Landing::Unknown };
        match nodes.binary_search_by(|node| end.cmp(&node.offset)) {
            Ok(place) => Landing::Node(place),
            // What is cut off here may have been a header.
            Err(_) if run.end() - end < MAX_HEADER_LEN as u64 => {
                let index = usize::try_from(end - run.start).unwrap_or(usize::MAX);
                let bytes = run.bytes.get(index..).unwrap_or_default();
                let is_cut = FrameHeader::parse(bytes).is_err();
                let begins = bytes.first().is_some_and(|byte| may_begin(*byte));
                if is_cut && begins { Landing::Unknown } else { Landing::Nowhere }
            }
            Err(_) => Landing::Nowhere,
        }
    }

    /// The chain from the node at `place` on, less what of its beginning cannot be believed.
    fn chain(&self, nodes: &[Node], place: usize, state: usize) -> Option<Chain> {
        let (mut place, mut state, mut before) = (place, state, 0);
        let first = loop {
            let node = nodes.get(place)?;
            let begins = self.begins_segment(node.offset) && node.own >= FIRST_BITS;
            if begins || before >= PREFIX_BITS {
                break node;
            }
            before += node.own;
            state = after(&node.header, state)?;
            let Landing::Node(next) = node.next else { return None };
            place = next;
        };
        let mut chain = Chain {
            start: first.offset,
            bits: first.total.get(state).copied().flatten()?,
            frames: 0,
            aligned: 0,
            texts: 0,
            close: None,
            pings: Vec::new(),
            pongs: Vec::new(),
        };
        let mut node = Some(first);
        while let Some(frame) = node {
            chain.frames += 1;
            chain.aligned += u64::from(frame.aligned);
            self.note(frame, &mut chain);
            node = match frame.next {
                Landing::Node(next) => nodes.get(next),
                _ => None,
            };
        }
        Some(chain)
    }

    fn note(&self, frame: &Node, chain: &mut Chain) {
        let header = &frame.header;
        chain.texts += u64::from(header.opcode == Opcode::TEXT && header.rsv == 0);
        let kept = match header.opcode {
            Opcode::PING => &mut chain.pings,
            Opcode::PONG => &mut chain.pongs,
            Opcode::CLOSE => {
                chain.close = self.payload(frame);
                return;
            }
            _ => return,
        };
        if header.payload_len > 0 && kept.len() < MOST_PROBES {
            kept.extend(self.payload(frame));
        }
    }

    /// A frame's payload without its mask, if all of it is there.
    fn payload(&self, frame: &Node) -> Option<Vec<u8>> {
        let start = frame.offset + u64::from(frame.header.header_len);
        let behind = self.runs.partition_point(|run| run.start <= frame.offset);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        let from = usize::try_from(start - run.start).ok()?;
        let len = usize::try_from(frame.header.payload_len).ok()?;
        Some(plain(&frame.header, run.bytes.get(from..from.checked_add(len)?)?))
    }
}

impl Run {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

/// Whether a message is open behind a frame, of which one is or is not open before it; `None` when
/// the frame cannot stand there (RFC 6455 §5.4).
fn after(header: &FrameHeader, state: usize) -> Option<usize> {
    let stays_open = if header.fin { IDLE } else { OPEN };
    match (header.opcode, state) {
        (Opcode::TEXT | Opcode::BINARY, IDLE) | (Opcode::CONTINUATION, OPEN) => Some(stays_open),
        (Opcode::TEXT | Opcode::BINARY | Opcode::CONTINUATION, _) => None,
        _ => Some(state),
    }
}
