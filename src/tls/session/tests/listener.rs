//! Hands a conversation to a session, in one way of many, and listens to what comes out.

use super::talk::{START, Talk};
use crate::endpoint::{PerSide, Side};
use crate::http::Sources;
use crate::provenance::{PacketNumber, PacketRef, Source, Timestamp};
use crate::tcp::{GapCause, Range64, StreamEvent};
use crate::tls::Keyring;
use crate::tls::session::{Opened, Session, TlsLimits};

/// The packet of a byte has the byte's offset for a number.
pub(super) struct Offsets;

impl Sources for Offsets {
    fn packets(&self, _side: Side, range: Range64, _most: usize) -> Vec<PacketRef> {
        vec![at(range.start)]
    }

    fn locate(&self, _side: Side, offset: u64) -> Option<Source> {
        Some(Source { at: at(offset), acked: None })
    }
}

pub(super) fn at(offset: u64) -> PacketRef {
    PacketRef { number: PacketNumber::new(offset), time: Timestamp(0) }
}

/// An event, on its own.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Data(u64, Vec<u8>),
    Gap(Range64),
}

impl Piece {
    pub(super) fn push(&self, side: Side, session: &mut Session, keys: &Keyring) {
        let event = match self {
            Piece::Data(offset, bytes) => StreamEvent::Data { offset: *offset, bytes },
            Piece::Gap(range) => StreamEvent::Gap { range: *range, cause: GapCause::NotCaptured },
        };
        session.push(side, event, keys, &Offsets);
    }
}

/// A stream, cut into events that are at most as long as the lengths say, in turn; `lost` says
/// which of them the capture does not have.
pub(super) fn cut(stream: &[u8], lengths: &[usize], lost: impl Fn(usize) -> bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut from = 0;
    for (at, len) in lengths.iter().cycle().enumerate() {
        if from == stream.len() {
            break;
        }
        let to = (from + len).min(stream.len());
        let range = Range64 { start: START + from as u64, end: START + to as u64 };
        match pieces.last_mut() {
            Some(Piece::Gap(before)) if lost(at) => before.end = range.end,
            _ if lost(at) => pieces.push(Piece::Gap(range)),
            _ => pieces.push(Piece::Data(range.start, stream[from..to].to_vec())),
        }
        from = to;
    }
    pieces
}

/// What came out of a session.
pub(super) struct Heard {
    pub(super) session: Session,
    pub(super) opened: PerSide<Vec<Opened>>,
}

impl Heard {
    /// Everything a session says of the events, which are pushed in the order that `turns` says:
    /// true is the client's.
    pub(super) fn of(pieces: PerSide<Vec<Piece>>, turns: &[bool], keys: &Keyring) -> Heard {
        let mut session = Session::new(TlsLimits::default());
        let mut opened = PerSide::default();
        let mut next = PerSide { client: 0, server: 0 };
        let mut turns = turns.iter().cycle();
        while Side::BOTH.iter().any(|side| next[*side] < pieces[*side].len()) {
            let side = if *turns.next().unwrap() { Side::Client } else { Side::Server };
            let side = if next[side] < pieces[side].len() { side } else { !side };
            pieces[side][next[side]].push(side, &mut session, keys);
            next[side] += 1;
            fetch(&mut session, &mut opened);
        }
        session.finish(keys, &Offsets);
        fetch(&mut session, &mut opened);
        Heard { session, opened }
    }

    /// In the order in which it was said, a record at a time.
    pub(super) fn in_order(talk: &Talk, keys: &Keyring) -> Heard {
        let mut session = Session::new(TlsLimits::default());
        let mut opened = PerSide::default();
        for line in &talk.lines {
            let piece = Piece::Data(line.range.start, line.record.clone());
            piece.push(line.side, &mut session, keys);
            fetch(&mut session, &mut opened);
        }
        session.finish(keys, &Offsets);
        fetch(&mut session, &mut opened);
        Heard { session, opened }
    }

    /// Without the records for which `is_lost` holds.
    pub(super) fn without(talk: &Talk, is_lost: impl Fn(usize) -> bool) -> Heard {
        let mut session = Session::new(TlsLimits::default());
        let mut opened = PerSide::default();
        for (at, line) in talk.lines.iter().enumerate() {
            let piece = match is_lost(at) {
                true => Piece::Gap(line.range),
                false => Piece::Data(line.range.start, line.record.clone()),
            };
            piece.push(line.side, &mut session, &talk.keys);
            fetch(&mut session, &mut opened);
        }
        session.finish(&talk.keys, &Offsets);
        fetch(&mut session, &mut opened);
        Heard { session, opened }
    }

    /// Without the bytes of the client's stream between two offsets.
    pub(super) fn cut_at(talk: &Talk, from: u64, to: u64) -> Heard {
        let stream = talk.stream(Side::Client);
        let (a, b) = ((from - START) as usize, (to - START) as usize);
        let client = vec![
            Piece::Data(START, stream[..a].to_vec()),
            Piece::Gap(Range64 { start: from, end: to }),
            Piece::Data(to, stream[b..].to_vec()),
        ];
        let server = cut(&talk.stream(Side::Server), &[1_460], |_| false);
        Heard::of(PerSide { client, server }, &[true, false], &talk.keys)
    }

    /// In the order in which it was said, with keys from one record on, and with room for so many
    /// bytes that wait for them.
    pub(super) fn with_keys_from(talk: &Talk, from: usize, held: usize) -> Heard {
        let held = held.min(TlsLimits::default().held);
        let mut session = Session::new(TlsLimits { held, ..TlsLimits::default() });
        let mut opened = PerSide::default();
        let nobody = Keyring::new(1);
        for (at, line) in talk.lines.iter().enumerate() {
            let piece = Piece::Data(line.range.start, line.record.clone());
            let keys = if at < from { &nobody } else { &talk.keys };
            piece.push(line.side, &mut session, keys);
            fetch(&mut session, &mut opened);
        }
        session.finish(&talk.keys, &Offsets);
        fetch(&mut session, &mut opened);
        Heard { session, opened }
    }

    /// With the sides taken for each other until the session says so.
    pub(super) fn mistaken(talk: &Talk) -> Heard {
        let mut session = Session::new(TlsLimits::default());
        let mut opened = PerSide::default();
        let mut is_mistaken = true;
        for line in &talk.lines {
            let piece = Piece::Data(line.range.start, line.record.clone());
            let side = if is_mistaken { !line.side } else { line.side };
            piece.push(side, &mut session, &talk.keys);
            if session.is_reversed() {
                session.swap_sides();
                is_mistaken = false;
            }
            fetch(&mut session, &mut opened);
        }
        session.finish(&talk.keys, &Offsets);
        fetch(&mut session, &mut opened);
        Heard { session, opened }
    }

    /// Of a few bytes of one side.
    pub(super) fn of_bytes(side: Side, bytes: &[u8]) -> Heard {
        let mut pieces = PerSide::default();
        pieces[side] = cut(bytes, &[3], |_| false);
        Heard::of(pieces, &[true, false], &Keyring::new(1))
    }

    /// The data of a side.
    pub(super) fn data(&self, side: Side) -> Vec<(Range64, Vec<u8>)> {
        let data = self.opened[side].iter().filter_map(|opened| match opened {
            Opened::Data { record, bytes } => Some((*record, bytes.clone())),
            Opened::Hole { .. } => None,
        });
        data.collect()
    }

    pub(super) fn holes(&self, side: Side) -> Vec<Option<u64>> {
        let holes = self.opened[side].iter().filter_map(|opened| match opened {
            Opened::Hole { plain, .. } => Some(*plain),
            Opened::Data { .. } => None,
        });
        holes.collect()
    }

    /// Checks that all data that came out was said, in its place; that what was said and did not
    /// come out is a hole; and that a hole that knows its length is right.
    #[track_caller]
    pub(super) fn is_true_to(&self, talk: &Talk) {
        for side in Side::BOTH {
            let mut said = talk.data(side).into_iter();
            let mut hole: Option<Option<u64>> = None;
            let mut missing = 0;
            let check = |hole: Option<Option<u64>>, missing: u64| match hole {
                None => assert_eq!(missing, 0, "{side}: data is missing without a hole"),
                Some(None) => {}
                Some(Some(plain)) => assert_eq!(plain, missing, "{side}: the length of a hole"),
            };
            for opened in &self.opened[side] {
                match opened {
                    Opened::Hole { plain, .. } => {
                        assert!(hole.is_none(), "{side}: two holes without data between them");
                        assert_ne!(*plain, Some(0));
                        hole = Some(*plain);
                    }
                    Opened::Data { record, bytes } => {
                        for (range, data) in said.by_ref() {
                            if range.start >= record.start {
                                assert_eq!((range, &data), (*record, bytes), "{side}");
                                break;
                            }
                            missing += data.len() as u64;
                        }
                        check(hole.take(), missing);
                        missing = 0;
                    }
                }
            }
            missing += said.map(|(_, data)| data.len() as u64).sum::<u64>();
            check(hole, missing);
        }
    }
}

fn fetch(session: &mut Session, opened: &mut PerSide<Vec<Opened>>) {
    while let Some((side, what)) = session.next() {
        opened[side].push(what);
    }
}
