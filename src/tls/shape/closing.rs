//! The end: records of the sizes of a closing handshake, of `close_notify`, or of neither.
//!
//! In: the last records of both sides. Out: which of them may be a Close, and which `close_notify`.
//!
//! A Close of the client has 6 bytes and its payload, as it is masked; one of the server has 2 and
//! its payload (RFC 6455 §5.2, §5.5.1). The payload is empty, or a code of two bytes with or without
//! a reason. An alert has 2 bytes: in TLS 1.3 it looks like an empty Close, or an empty Ping, of the
//! server, and only what stands around it tells the two apart.

use super::exchange::{Exchange, is_data};
use super::recorder::{Mark, Shape};
use super::sizes::Sizes;
use crate::endpoint::{PerSide, Side};
use crate::provenance::{PacketRef, Timestamp};
use crate::tcp::Summary;
use crate::tls::ContentType;

/// A record that may be a Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InferredClose {
    /// The packet with the last byte of its record.
    pub at: PacketRef,
    /// The least payload of a Close that fits the record, in bytes: 0, or from 2 to 125.
    pub least: u16,
    /// The most.
    pub most: u16,
}

/// What one side may have sent last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InferredEnd {
    /// A Close.
    pub close: Option<InferredClose>,
    /// `close_notify`: up to TLS 1.2 an alert for certain, though which one is not known.
    pub close_notify: Option<PacketRef>,
}

/// What the end looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// Nothing can be said: the end was not captured, or its sizes are those of anything.
    #[default]
    Unknown,
    /// A closing handshake.
    Handshake {
        /// Who began it.
        first: Side,
        /// Nanoseconds until the answer.
        answered_after: i64,
        /// Whether the sizes are not also those of ordinary traffic, and TLS was closed in order.
        is_distinct: bool,
    },
    /// A Close that was not answered.
    Unanswered {
        /// Who sent it.
        by: Side,
    },
    /// Neither side's last record can be a Close.
    WithoutClose,
}

/// How long a Close may wait for its answer, or the end of TCP for a Close, in nanoseconds: no
/// library waits longer for the other side.
const PATIENCE: i64 = 35_000_000_000;

/// What a program does without waiting takes no longer, in nanoseconds.
const AT_ONCE: i64 = 30_000_000;

/// Records of one length that make it an ordinary one.
const ORDINARY: u8 = 4;

/// What the last records of both sides may be, behind the opening exchange.
pub(super) fn read(
    shape: &Shape,
    sizes: &Sizes,
    exchange: &Exchange,
    tcp: &PerSide<Summary>,
) -> (PerSide<InferredEnd>, Closing) {
    let mut last = PerSide::from_fn(|side| {
        let opening = match side {
            Side::Client => exchange.request,
            Side::Server => exchange.response,
        };
        let marks = shape.last(side);
        marks.into_iter().filter(|mark| mark.nth > opening.nth).collect::<Vec<Mark>>()
    });
    let notified =
        PerSide { client: take_alert(&mut last.client, Side::Client, None, sizes), server: None };
    let asked = last.client.last().copied();
    let server = take_alert(&mut last.server, Side::Server, asked, sizes);
    let notified = PerSide { server, ..notified };
    let candidates = PerSide::from_fn(|side| {
        let mark = last[side].last().copied().filter(is_data)?;
        let close = as_close(mark, side, sizes)?;
        Some((mark, close))
    });
    let is_known = Side::BOTH.into_iter().all(|side| {
        let track = &shape.tracks[side];
        !track.lost_last && track.end >= tcp[side].end && (track.records > 0 || tcp[side].end == 0)
    });
    // A handshake up to TLS 1.2 is no message, and may hide one behind it.
    let are_messages = Side::BOTH.iter().all(|side| last[*side].last().is_none_or(is_data));
    let closing = match is_known && are_messages {
        true => judge(shape, sizes, &candidates, &last, &notified, tcp),
        false => Closing::Unknown,
    };
    // What was never sent is told only where nothing was lost.
    let has_lost = Side::BOTH.iter().any(|side| shape.tracks[*side].lost);
    let closing = match closing {
        Closing::Unanswered { .. } | Closing::WithoutClose if has_lost => Closing::Unknown,
        closing => closing,
    };
    let is_close = |side: Side| match closing {
        Closing::Handshake { .. } => true,
        Closing::Unanswered { by } => by == side,
        Closing::Unknown | Closing::WithoutClose => false,
    };
    let ends = PerSide::from_fn(|side| InferredEnd {
        close: candidates[side].map(|(_, close)| close).filter(|_| is_close(side)),
        // Behind a hole two bytes of the server may as well be a Close, or a Ping.
        close_notify: notified[side]
            .filter(|_| is_known && (!has_lost || side == Side::Client || !sizes.hide_kinds()))
            .map(|mark| mark.at),
    });
    (ends, closing)
}

/// Takes the alert off the end of a side's records. `asked` is the client's last record besides
/// alerts: if that is an empty Close, one record of two bytes of the server is its answer.
fn take_alert(
    last: &mut Vec<Mark>,
    side: Side,
    asked: Option<Mark>,
    sizes: &Sizes,
) -> Option<Mark> {
    let found = *last.last()?;
    if !sizes.hide_kinds() {
        let is_alert = |mark: &Mark| mark.content_type == ContentType::ALERT;
        let first = *last.iter().find(|mark| is_alert(mark))?;
        last.retain(|mark| !is_alert(mark));
        return Some(first);
    }
    if !sizes.fits(found.len, 2) {
        return None;
    }
    let alike = last.iter().rev().take_while(|mark| mark.len == found.len).count();
    let answers = asked.is_some_and(|asked| {
        sizes.fits(asked.len, CLIENT_HEADER) && asked.at.number < found.at.number
    });
    if side == Side::Server && alike == 1 && answers {
        return None;
    }
    last.pop()
}

/// Bytes of the header of a frame of the client, its masking key included.
const CLIENT_HEADER: u16 = 6;

/// The Close that a record may be.
fn as_close(mark: Mark, side: Side, sizes: &Sizes) -> Option<InferredClose> {
    let header = match side {
        Side::Client => CLIENT_HEADER,
        Side::Server => 2,
    };
    let content = sizes.content(mark.len)?;
    let least = content.start().saturating_sub(header);
    let most = content.end().checked_sub(header)?.min(125);
    // RFC 6455 §5.5.1: the payload is empty, or begins with a code of two bytes.
    let least = if least == 1 { 2 } else { least };
    let most = if most == 1 { 0 } else { most };
    (least <= most).then_some(InferredClose { at: mark.at, least, most })
}

fn judge(
    shape: &Shape,
    sizes: &Sizes,
    candidates: &PerSide<Option<(Mark, InferredClose)>>,
    last: &PerSide<Vec<Mark>>,
    notified: &PerSide<Option<Mark>>,
    tcp: &PerSide<Summary>,
) -> Closing {
    // Who ended TLS or TCP first, and when.
    let end_of = |side: Side| {
        let alert = notified[side].map(|mark| mark.at);
        let ends = [tcp[side].fin, tcp[side].rst].into_iter().flatten().map(|end| end.at);
        ends.chain(alert).min_by_key(|at| at.number).map(|at| (at, side))
    };
    let ends = Side::BOTH.into_iter().filter_map(end_of);
    let Some((ended, ender)) = ends.min_by_key(|(at, _)| at.number) else {
        return Closing::Unknown;
    };
    let ended = ended.time;
    let number = |side: Side, mark: &Mark| shape.number_of(side, mark.len);
    let is_rare = |side: Side, mark: &Mark| number(side, mark).is_some_and(|n| n < ORDINARY);
    match (&candidates.client, &candidates.server) {
        (Some(client), Some(server)) => {
            let first =
                if client.0.at.number < server.0.at.number { Side::Client } else { Side::Server };
            let (begin, answer) = match first {
                Side::Client => (client, server),
                Side::Server => (server, client),
            };
            let answered_after = answer.0.at.time.nanos_since(begin.0.at.time);
            let is_prompt =
                is_soon(begin.0.at.time, answer.0.at.time) && is_soon(answer.0.at.time, ended);
            if is_prompt && begin.1.is_answered_by(&answer.1) {
                let rare = is_rare(Side::Client, &client.0) || is_rare(Side::Server, &server.0);
                let in_order = Side::BOTH.into_iter().any(|side| notified[side].is_some());
                // An echo looks the same; but only a server that has both Closes ends TCP at once
                // (RFC 6455 §7.1.1).
                let room = answered_after.saturating_mul(3).saturating_add(AT_ONCE);
                let at_once = ended.nanos_since(answer.0.at.time) <= room;
                let is_distinct =
                    sizes.are_exact() && in_order && rare && at_once && ender == Side::Server;
                return Closing::Handshake { first, answered_after, is_distinct };
            }
            let later = !first;
            unanswered(later, candidates, ended, ender, &number)
        }
        (Some(_), None) if last.server.iter().all(|mark| !is_data(mark)) => {
            unanswered(Side::Client, candidates, ended, ender, &number)
        }
        (None, Some(_)) if last.client.iter().all(|mark| !is_data(mark)) => {
            unanswered(Side::Server, candidates, ended, ender, &number)
        }
        (None, None) if sizes.are_exact() => Closing::WithoutClose,
        _ => Closing::Unknown,
    }
}

/// Whether `side`'s last record, the last one of all, is a Close that nobody answered: one without a
/// reason, whose size it sent only once, before it was the first to end TLS or TCP.
fn unanswered(
    side: Side,
    candidates: &PerSide<Option<(Mark, InferredClose)>>,
    ended: Timestamp,
    ender: Side,
    number: &impl Fn(Side, &Mark) -> Option<u8>,
) -> Closing {
    let Some((mark, close)) = &candidates[side] else { return Closing::Unknown };
    let is_last = candidates[!side].is_none_or(|(other, _)| other.at.number < mark.at.number);
    let is_plain = close.least == close.most && close.most <= 2;
    let is_single = number(side, mark) == Some(1) && ender == side;
    match is_last && is_plain && is_single && is_soon(mark.at.time, ended) {
        true => Closing::Unanswered { by: side },
        false => Closing::Unknown,
    }
}

/// Whether `later` follows `earlier` as a closing handshake does.
fn is_soon(earlier: Timestamp, later: Timestamp) -> bool {
    (0..=PATIENCE).contains(&later.nanos_since(earlier))
}

impl InferredClose {
    /// Whether a Close of the other's payload may be the answer: it is of the same length, or has
    /// the code without the reason, or a code where there was none.
    fn is_answered_by(&self, other: &InferredClose) -> bool {
        let has = |close: &InferredClose, payload| (close.least..=close.most).contains(&payload);
        let alike = self.least.max(other.least) <= self.most.min(other.most);
        alike || has(other, 2)
    }
}
