//! From a talk to the segments that carry it.
//!
//! In: a [`Talk`], and the sizes of segments. Out: the segments, the bytes that each side sent, and
//! what each had received when it sent them ([`Wire`]). The two TCPs are played, so that every
//! acknowledgement is one that its sender would have sent.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use wsblame::endpoint::{PerSide, Side};

use super::talk::{Deflate, Opening, Step, Talk};

/// A segment as it is sent; positions count the SYN and the FIN.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub time: i64,
    pub from: Side,
    pub position: u64,
    pub ack: Option<u64>,
    pub flags: u8,
    pub data: Vec<u8>,
    /// Whether `data` is no part of the stream.
    pub made_up: bool,
    pub id: u16,
    /// Milliseconds by its sender's clock.
    pub stamp: u32,
    /// What both had received and sent by then.
    pub received: PerSide<u64>,
    pub sent: PerSide<u64>,
    pub dead: PerSide<bool>,
}

impl Segment {
    /// Whether it may have been sent because `earlier` had arrived, or had not.
    pub(super) fn may_follow(&self, earlier: &Segment) -> bool {
        let side = self.from;
        let numbers = u64::from(earlier.flags & (SYN | FIN) != 0);
        let end = earlier.position + earlier.data.len() as u64 + numbers;
        let bare = end == earlier.position || earlier.flags & RST != 0;
        if side == earlier.from {
            return self.position < end && earlier.position <= self.position; // sent again
        }
        bare || self.received[side] >= end
    }
}

/// The end of a half of TCP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// Bytes of the peer's stream that its sender had received, and whether the peer's FIN.
    pub received: u64,
    pub had_fin: bool,
    pub had_reset: bool,
    /// Whether it acknowledges anything: a RST need not.
    pub acks: bool,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    pub segments: Vec<Segment>,
    pub streams: PerSide<Vec<u8>>,
    /// For each piece of a stream, how many bytes of the peer's its sender had received.
    knew: PerSide<Vec<(Range<u64>, u64)>>,
    pub fin: PerSide<Option<End>>,
    pub reset: PerSide<Option<End>>,
    /// Bytes of the peer's stream that each received in all, before it reset the connection.
    pub received: PerSide<u64>,
    pub opening: PerSide<u64>,
}

impl Wire {
    /// How much of the peer's stream `side` had received when it first sent the byte at `offset`.
    pub(crate) fn knew(&self, side: Side, offset: u64) -> u64 {
        let piece = self.knew[side].iter().find(|(range, _)| range.contains(&offset));
        piece.expect("it was sent").1
    }
}

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const PSH: u8 = 8;
pub(super) const ACK: u8 = 16;

struct Player<'a> {
    wire: Wire,
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
    now: i64,
    waiting: PerSide<Vec<u8>>,
    /// Positions: what is sent next, and what was received.
    sent: PerSide<u64>,
    received: PerSide<u64>,
    reset_arrived: PerSide<bool>,
    /// Positions at which the segments of each side end.
    ends: PerSide<Vec<u64>>,
}

/// Plays a talk.
pub(crate) fn play(talk: &Talk, sizes: &[usize]) -> Wire {
    let mut player = Player {
        wire: Wire::default(),
        sizes: sizes.iter().cycle(),
        now: 1_767_268_800_000_000_000,
        waiting: PerSide::default(),
        sent: PerSide::default(),
        received: PerSide::default(),
        reset_arrived: PerSide::default(),
        ends: PerSide::default(),
    };
    player.open(&talk.opening);
    for step in &talk.steps {
        player.step(step);
    }
    for side in Side::BOTH {
        player.flush(side);
        let with_fin = player.received[side].saturating_sub(1);
        player.wire.received[side] = with_fin.min(player.wire.streams[!side].len() as u64);
    }
    player.wire
}

impl Player<'_> {
    fn open(&mut self, opening: &Opening) {
        self.segment(Side::Client, SYN, Vec::new());
        self.deliver(Side::Client, 0);
        self.segment(Side::Server, SYN | ACK, Vec::new());
        self.deliver(Side::Server, 0);
        self.segment(Side::Client, ACK, Vec::new());
        let (request, response) = heads(opening);
        self.wire.opening = PerSide { client: request.len() as u64, server: response.len() as u64 };
        self.waiting.client.extend(request);
        self.flush(Side::Client);
        self.deliver(Side::Client, 0);
        if opening.acked {
            self.segment(Side::Server, ACK, Vec::new());
        }
        self.waiting.server.extend(response);
        if opening.arrives {
            self.flush(Side::Server);
            self.deliver(Side::Server, 0);
        }
    }

    fn is_dead(&self, side: Side) -> bool {
        self.wire.reset[side].is_some() || self.reset_arrived[side]
    }

    /// Whether `side` may write: the client has to have the whole response (RFC 6455 §4.1).
    fn may_write(&self, side: Side) -> bool {
        let opened = self.received.client > self.wire.opening.server;
        !self.is_dead(side) && self.wire.fin[side].is_none() && (side == Side::Server || opened)
    }

    fn step(&mut self, step: &Step) {
        self.now += 70_000;
        match step {
            Step::Write(side, frame) if self.may_write(*side) => {
                self.waiting[*side].extend(frame.bytes());
            }
            Step::Flush(side) => self.flush(*side),
            Step::Deliver { from, but, acks } => {
                self.flush(*from);
                self.now += 3_000_000;
                let before = self.received[!*from];
                self.deliver(*from, *but);
                if *acks && self.received[!*from] > before && !self.is_dead(!*from) {
                    self.segment(!*from, ACK, Vec::new());
                }
            }
            Step::Fin(side) => {
                self.flush(*side);
                if self.is_dead(*side) || self.wire.fin[*side].is_some() {
                    return;
                }
                self.wire.fin[*side] = Some(self.end(*side));
                self.segment(*side, FIN | ACK, Vec::new());
            }
            Step::Reset(side, acks) => {
                self.flush(*side);
                if self.is_dead(*side) {
                    return;
                }
                let end = End { acks: *acks, ..self.end(*side) };
                let flags = if *acks { RST | ACK } else { RST };
                let mut at = self.sent[*side];
                if !acks {
                    at = self.received[!*side]; // the number that the straggler acknowledged
                }
                self.put(*side, flags, at, Vec::new(), false);
                self.wire.reset[*side] = Some(end);
            }
            Step::Probe(side, made_up) => {
                let idle = self.received[!*side] == self.sent[*side];
                if self.is_dead(*side) || self.wire.fin[*side].is_some() || !idle {
                    return;
                }
                let data = if *made_up { vec![0] } else { Vec::new() };
                self.put(*side, ACK, self.sent[*side] - 1, data, true);
                if !self.is_dead(!*side) {
                    self.segment(!*side, ACK, Vec::new());
                }
            }
            Step::Wait(millis) => self.now += i64::from(*millis) * 1_000_000,
            Step::Write(..) => {}
        }
    }

    fn end(&self, side: Side) -> End {
        let all = self.wire.streams[!side].len() as u64;
        let received = self.received[side].saturating_sub(1);
        let had_fin = received > all;
        End {
            received: received.min(all),
            had_fin,
            had_reset: self.reset_arrived[side],
            acks: true,
        }
    }

    fn deliver(&mut self, from: Side, but: usize) {
        if self.wire.reset[from].is_some() {
            self.reset_arrived[!from] = true;
            return;
        }
        if self.is_dead(!from) {
            return;
        }
        let ends = &self.ends[from];
        if let Some(end) = ends.len().checked_sub(1 + but).and_then(|last| ends.get(last)) {
            self.received[!from] = self.received[!from].max(*end);
        }
    }

    fn flush(&mut self, side: Side) {
        let mut left = std::mem::take(&mut self.waiting[side]);
        if self.is_dead(side) {
            return;
        }
        while !left.is_empty() {
            let size = (*self.sizes.next().expect("never ends")).min(left.len());
            let rest = left.split_off(size);
            let flags = if rest.is_empty() { PSH | ACK } else { ACK };
            self.segment(side, flags, left);
            left = rest;
        }
    }

    fn segment(&mut self, side: Side, flags: u8, data: Vec<u8>) {
        let position = self.sent[side];
        let offset = self.wire.streams[side].len() as u64;
        if !data.is_empty() {
            let all = self.wire.streams[!side].len() as u64;
            let received = self.received[side].saturating_sub(1).min(all);
            self.wire.knew[side].push((offset..offset + data.len() as u64, received));
        }
        self.wire.streams[side].extend(&data);
        let phantom = u64::from(flags & (SYN | FIN) != 0);
        self.sent[side] += data.len() as u64 + phantom;
        if self.sent[side] > position {
            self.ends[side].push(self.sent[side]);
        }
        self.put(side, flags, position, data, false);
    }

    fn put(&mut self, from: Side, flags: u8, position: u64, data: Vec<u8>, made_up: bool) {
        self.now += 40_000;
        let id = 1 + self.wire.segments.len() as u16;
        let ack = (flags & ACK != 0).then_some(self.received[from]);
        self.wire.segments.push(Segment {
            time: self.now,
            from,
            position,
            ack,
            flags,
            data,
            made_up,
            id,
            stamp: (self.now / 1_000_000) as u32,
            received: self.received,
            sent: self.sent,
            dead: PerSide::from_fn(|side| self.is_dead(side) || flags & RST != 0),
        });
    }
}

/// Request and response (RFC 6455 §4).
fn heads(opening: &Opening) -> (Vec<u8>, Vec<u8>) {
    let key = STANDARD.encode(opening.key);
    let accept =
        STANDARD.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
    let mut request = format!(
        "GET /feed HTTP/1.1\r\nHost: feed.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
    );
    let mut response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n"
    );
    if opening.subprotocol {
        request.push_str("Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n");
        response.push_str("Sec-WebSocket-Protocol: chat.v2\r\n");
    }
    for number in 0..opening.others {
        request.push_str(&format!("X-Other-{number}: {}\r\n", "x".repeat(usize::from(number) * 9)));
        response.push_str(&format!("X-Another-{number}: y\r\n"));
    }
    match opening.deflate {
        Deflate::Absent => {}
        Deflate::Declined | Deflate::Agreed => {
            request.push_str("Sec-WebSocket-Extensions: permessage-deflate\r\n");
        }
        Deflate::WithoutTakeover => request.push_str(
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; \
             server_no_context_takeover\r\n",
        ),
    }
    match opening.deflate {
        Deflate::Absent | Deflate::Declined => {}
        Deflate::Agreed => response.push_str("Sec-WebSocket-Extensions: permessage-deflate\r\n"),
        Deflate::WithoutTakeover => response.push_str(
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; \
             server_no_context_takeover\r\n",
        ),
    }
    (format!("{request}\r\n").into_bytes(), format!("{response}\r\n").into_bytes())
}
