//! What is remembered of the records of a connection that cannot be opened.
//!
//! In: the header of each record of an encrypted epoch, with its packet. Out: marks of the first and
//! the last records of each side, and a few counts. The memory is fixed: [`Shape`] itself has less
//! than 400 bytes, and what comes behind the first records of a connection another 400.

use super::exchange;
use super::rhythm::Rhythm;
use crate::endpoint::{PerSide, Side};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::tcp::Range64;
use crate::tls::{ContentType, RecordHeader};

/// What is remembered of the records of a connection.
#[derive(Debug, Default)]
pub struct Shape {
    pub(super) tracks: PerSide<Track>,
    /// Who sent the latest record of either side, and when.
    previous: Option<(Side, Timestamp)>,
    /// What comes behind the first records: short connections do without.
    talk: Option<Box<Talk>>,
}

/// Records of a side that are remembered from the start.
pub(super) const HEAD: usize = 6;

/// Records of a side that are remembered from the end.
pub(super) const TAIL: usize = 4;

/// Record lengths that are counted one by one: those of the smallest contents under every AEAD.
pub(super) const COUNTED: std::ops::Range<u16> = 10..40;

/// What follows a silence of both sides, or the other side's record, at this distance or more,
/// begins a turn.
const PAUSE: i64 = 200_000_000;

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The packet with its last byte.
    pub at: PacketRef,
    /// Which one of its side it is, from 0.
    pub nth: u32,
    /// Bytes behind its header.
    pub len: u16,
    /// What its header says that it carries.
    pub content_type: ContentType,
}

/// One side.
#[derive(Debug)]
pub(super) struct Track {
    /// The first records, up to a hole; those that the server sent before the first of the client
    /// are its part of the handshake, and not among them.
    pub head: Marks<HEAD>,
    /// Whether nothing more is added to `head`: something was lost.
    sealed: bool,
    /// Whether anything was lost at all.
    pub lost: bool,
    /// Whether something was lost behind the last record.
    pub lost_last: bool,
    /// How many records there were, as far as they were captured.
    pub records: u32,
    /// Offset behind the last record.
    pub end: u64,
    /// Where this side began to speak, after the opening exchange.
    pub turns: Turns,
}

/// The records with which a side begins to speak: behind one of the other side, or after a pause.
/// The last of them is not among them before another one follows, because it may be an alert.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns {
    /// How many.
    pub number: u32,
    /// The shortest of them; `u16::MAX` where there is none.
    pub shortest: u16,
    /// The length of the last one.
    pending: Option<u16>,
}

/// What comes behind the first records.
#[derive(Debug, Default)]
struct Talk {
    tails: PerSide<Marks<TAIL>>,
    /// How many records besides the first have each of the lengths in [`COUNTED`], up to 255.
    counts: PerSide<[u8; COUNTED.end as usize - COUNTED.start as usize]>,
    rhythm: Rhythm,
}

impl Shape {
    /// Takes in a record of an encrypted epoch, in the order of its side's stream. `range` is its
    /// place there, `at` the packet with its last byte; without it the record has no place among
    /// those of the other side and counts as lost.
    pub fn note(
        &mut self,
        side: Side,
        header: RecordHeader,
        range: Range64,
        at: Option<PacketRef>,
    ) {
        let Some(at) = at else { return self.lose(side) };
        // A change of cipher is sent for the sake of middleboxes, and says nothing.
        if header.content_type == ContentType::CHANGE_CIPHER_SPEC {
            return;
        }
        let nth = self.tracks[side].records;
        let mark = Mark { at, nth, len: header.len, content_type: header.content_type };
        if side == Side::Client && self.tracks.client.is_new() {
            self.tracks.server.head.forget_before(at);
        }
        let may_be_handshake = side == Side::Server && self.tracks.client.is_new();
        let has_answered = !self.tracks.server.head.as_slice().is_empty();
        let quiet = self.previous.map(|(_, time)| at.time.nanos_since(time));
        let begins = self.previous.is_none_or(|(previous, _)| previous != side)
            || quiet.is_some_and(|nanos| nanos >= PAUSE);
        let track = &mut self.tracks[side];
        if exchange::is_data(&mark) && has_answered && !may_be_handshake {
            track.turns.note(mark.len, begins);
        }
        track.records = track.records.saturating_add(1);
        track.end = range.end;
        track.lost_last = false;
        self.previous = Some((side, at.time));
        if may_be_handshake {
            return track.head.slide(mark);
        }
        let kept = !track.sealed && track.head.push(mark);
        track.sealed |= !kept;
        if kept && self.talk.is_none() {
            return;
        }
        let talk = self.talk.get_or_insert_default();
        talk.rhythm.note(side, mark, quiet);
        if !kept {
            talk.tails[side].slide(mark);
            if let Some(count) = talk.counts[side].get_mut(index(mark.len)) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// Ciphertext of `side` was lost: nobody knows how many records.
    pub fn lose(&mut self, side: Side) {
        let track = &mut self.tracks[side];
        track.sealed = true;
        track.lost = true;
        track.lost_last = true;
        track.turns.pending = None;
        self.previous = None;
        if let Some(talk) = &mut self.talk {
            talk.tails[side] = Marks::default();
            talk.rhythm.interrupt();
        }
    }

    /// What was noted means nothing: the sides were the other way round. Nothing more is inferred.
    pub fn forget(&mut self) {
        *self = Shape::default();
        Side::BOTH.into_iter().for_each(|side| self.lose(side));
    }

    /// The last records of a side, without a hole between them.
    pub(super) fn last(&self, side: Side) -> Vec<Mark> {
        let track = &self.tracks[side];
        let tail = self.talk.as_ref().map(|talk| &talk.tails[side]);
        let tail = tail.map_or([].as_slice(), Marks::as_slice);
        let head = track.head.as_slice();
        match tail.len() {
            _ if track.lost_last => Vec::new(),
            TAIL => tail.to_vec(),
            _ if track.lost => tail.to_vec(),
            // Nothing has been forgotten between the two.
            _ => head.iter().chain(tail).copied().collect(),
        }
    }

    /// How many records of this length a side sent, up to 255; `None` where it is not counted.
    pub(super) fn number_of(&self, side: Side, len: u16) -> Option<u8> {
        if !COUNTED.contains(&len) {
            return None;
        }
        let head = self.tracks[side].head.as_slice().iter().filter(|mark| mark.len == len).count();
        let head = u8::try_from(head).unwrap_or(u8::MAX);
        let counted = self.talk.as_ref().and_then(|talk| talk.counts[side].get(index(len)));
        Some(head.saturating_add(counted.copied().unwrap_or(0)))
    }

    pub(super) fn rhythm(&self) -> Option<&Rhythm> {
        self.talk.as_ref().map(|talk| &talk.rhythm)
    }
}

impl Track {
    fn is_new(&self) -> bool {
        self.head.as_slice().is_empty() && !self.sealed
    }
}

/// Where a length is counted; out of range where it is not.
fn index(len: u16) -> usize {
    usize::from(len.wrapping_sub(COUNTED.start))
}

impl Default for Track {
    fn default() -> Track {
        Track {
            head: Marks::default(),
            sealed: false,
            lost: false,
            lost_last: false,
            records: 0,
            end: 0,
            turns: Turns { number: 0, shortest: u16::MAX, pending: None },
        }
    }
}

impl Turns {
    fn note(&mut self, len: u16, begins: bool) {
        if let Some(pending) = self.pending.take() {
            self.number = self.number.saturating_add(1);
            self.shortest = self.shortest.min(pending);
        }
        self.pending = begins.then_some(len);
    }
}

/// At most `N` marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks<const N: usize> {
    marks: [Mark; N],
    len: u8,
}

impl<const N: usize> Default for Marks<N> {
    fn default() -> Marks<N> {
        let at = PacketRef { number: PacketNumber::new(0), time: Timestamp(0) };
        Marks { marks: [Mark { at, nth: 0, len: 0, content_type: ContentType(0) }; N], len: 0 }
    }
}

impl<const N: usize> Marks<N> {
    pub(super) fn as_slice(&self) -> &[Mark] {
        self.marks.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Adds one, if there is room.
    fn push(&mut self, mark: Mark) -> bool {
        let Some(free) = self.marks.get_mut(usize::from(self.len)) else { return false };
        *free = mark;
        self.len += 1;
        true
    }

    /// Adds one, and forgets the first if there is no room.
    fn slide(&mut self, mark: Mark) {
        if !self.push(mark) {
            self.marks.rotate_left(1);
            if let Some(last) = self.marks.last_mut() {
                *last = mark;
            }
        }
    }

    /// Forgets those up to the packet `at`.
    fn forget_before(&mut self, at: PacketRef) {
        let all = *self;
        self.len = 0;
        for mark in all.as_slice().iter().filter(|mark| mark.at.number > at.number) {
            self.push(*mark);
        }
    }
}
