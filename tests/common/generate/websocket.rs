//! WebSockets: they open, talk and close.
//!
//! In: what they talk about. Out: segments on the wire, and the truth about them. Every hundredth
//! ends in a violation, of one kind after the other.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use wsblame::endpoint::{PerSide, Side};
use wsblame::script::{REQUEST, REQUEST_DEFLATE, RESPONSE, RESPONSE_DEFLATE};
use wsblame::ws::{MaskKey, unmask};

use super::deflated::{Conversation, Conversations};
use super::wire::{Stream, Wire};

/// What WebSockets talk about.
pub(super) struct Talk {
    /// Messages of each, of both sides together.
    pub(super) messages: RangeInclusive<usize>,
    /// Payload bytes of a message; the sizes are spread evenly over the powers of two.
    pub(super) sizes: RangeInclusive<usize>,
    /// What they say instead if they speak permessage-deflate.
    pub(super) deflated: Option<Conversations>,
}

/// One WebSocket.
pub(super) struct Talker {
    number: usize,
    /// The TCP connection, and how many WebSockets were opened before this one.
    open: Option<(Stream, u64)>,
    left: usize,
    /// How many compressed messages each side has sent.
    sent: PerSide<usize>,
}

/// Whether there is more to come.
#[derive(PartialEq, Eq)]
pub(super) enum Said {
    Some,
    All,
}

impl Talker {
    /// The WebSocket on TCP connection number `number`.
    pub(super) fn new(number: usize, messages: usize) -> Talker {
        Talker { number, open: None, left: messages, sent: PerSide { client: 0, server: 0 } }
    }

    /// Opens, or says one message, or closes.
    pub(super) fn say(&mut self, wire: &mut Wire<'_>, talk: &Talk) -> Said {
        let Some((stream, ordinal)) = &mut self.open else {
            let ordinal = wire.truth.websockets;
            let mut stream = Stream::new(self.number, 80, wire);
            open(&mut stream, talk.deflated.is_some(), wire);
            self.open = Some((stream, ordinal));
            return Said::Some;
        };
        if self.left > 0 {
            self.left -= 1;
            let side = if wire.chance.one_in(2) { Side::Client } else { Side::Server };
            match &talk.deflated {
                None => message(stream, side, talk, wire),
                Some(all) => {
                    compressed(stream, side, all.of(self.number), &mut self.sent[side], wire);
                }
            }
            return Said::Some;
        }
        close(stream, *ordinal, wire);
        Said::All
    }

    /// Says nothing more than that it closes.
    pub(super) fn hush(&mut self) {
        self.left = 0;
    }
}

/// WebSockets that talk at the same time; when one closes, another opens in its place.
pub(super) struct Chatter {
    talk: Talk,
    talkers: Vec<Option<Talker>>,
}

impl Chatter {
    pub(super) fn new(at_once: usize, talk: Talk) -> Chatter {
        Chatter { talk, talkers: (0..at_once).map(|_| None).collect() }
    }

    /// One of them says something.
    pub(super) fn say(&mut self, wire: &mut Wire<'_>) {
        let place = wire.chance.below(self.talkers.len());
        let place = &mut self.talkers[place];
        let talker = place.get_or_insert_with(|| {
            let messages = wire.chance.size(&self.talk.messages);
            Talker::new(wire.truth.tcp_connections as usize, messages)
        });
        if talker.say(wire, &self.talk) == Said::All {
            *place = None;
        }
    }

    /// All that are open close.
    pub(super) fn end(mut self, wire: &mut Wire<'_>) {
        for talker in self.talkers.iter_mut().flatten() {
            talker.hush();
            talker.say(wire, &self.talk);
        }
    }
}

/// The opening handshake, with a key of its own.
pub(super) fn open(stream: &mut Stream, deflate: bool, wire: &mut Wire<'_>) {
    const KEY: &str = "d3NibGFtZSBzYW1wbGUhIQ=="; // those of the script's request and response
    const ACCEPT: &str = "dzAUyYvPt/j8Bwj1tYYTuaMlzac=";
    let (request, response) =
        if deflate { (REQUEST_DEFLATE, RESPONSE_DEFLATE) } else { (REQUEST, RESPONSE) };
    let (high, low) = (wire.chance.next(), wire.chance.next());
    let key = STANDARD.encode([high.to_be_bytes(), low.to_be_bytes()].concat());
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = STANDARD.encode(digest);
    stream.send(Side::Client, request.replace(KEY, &key).as_bytes(), wire);
    stream.send(Side::Server, response.replace(ACCEPT, &accept).as_bytes(), wire);
    wire.truth.websockets += 1;
}

/// The closing handshake. The hundredth WebSocket, the two hundredth and so on break a rule instead,
/// and the peer says so.
fn close(stream: &mut Stream, ordinal: u64, wire: &mut Wire<'_>) {
    let (from, first, payload, masked, answer): (_, _, &[u8], _, u16) =
        match (ordinal % 100, ordinal / 100 % 4) {
            (99, 0) => (Side::Client, 0x81, b"no mask", Masked::Never, 1002),
            (99, 1) => (Side::Server, 0x81, b"not UTF-8: \xC3\x28", Masked::AsDue, 1007),
            (99, 2) => (Side::Client, 0x83, b"opcode 3", Masked::AsDue, 1002),
            (99, _) => (Side::Server, 0x88, &[0x03, 0xED], Masked::AsDue, 1002), // 1005
            _ => (Side::Client, 0x88, &[0x03, 0xE8], Masked::AsDue, 1000),
        };
    wire.truth.violations += u64::from(ordinal % 100 == 99);
    wire.truth.messages += u64::from(first == 0x81);
    frame(stream, from, first, payload, masked, wire);
    frame(stream, !from, 0x88, &answer.to_be_bytes(), Masked::AsDue, wire);
    stream.end(Side::Server, wire);
}

/// Text in Vietnamese and JSON, over and over.
fn text() -> &'static str {
    const TEXT: &str = "Chào bạn, hôm nay trời đẹp quá! {\"price\": 42.5, \"side\": \"buy\"} ";
    static LONG: LazyLock<String> = LazyLock::new(|| TEXT.repeat((512 << 10) / TEXT.len()));
    &LONG
}

/// A text or binary message, now and then in two fragments, now and then with a Ping.
fn message(stream: &mut Stream, side: Side, talk: &Talk, wire: &mut Wire<'_>) {
    let size = wire.chance.size(&talk.sizes);
    let mut payload = text().as_bytes()[..size].to_vec();
    let is_text = !wire.chance.one_in(4);
    if is_text {
        let whole = (0..=size).rev().find(|at| text().is_char_boundary(*at)).unwrap_or(0);
        payload[whole..].fill(b'.');
    }
    send(stream, side, if is_text { 1 } else { 2 }, &payload, wire);
}

/// The next message of the side in a conversation in permessage-deflate (RFC 7692).
fn compressed(
    stream: &mut Stream,
    side: Side,
    conversation: &Conversation,
    sent: &mut usize,
    wire: &mut Wire<'_>,
) {
    const RSV1: u8 = 0x40;
    if let Some(payload) = conversation[side].get(*sent) {
        *sent += 1;
        send(stream, side, RSV1 | 1, payload, wire);
    }
}

fn send(stream: &mut Stream, side: Side, first: u8, payload: &[u8], wire: &mut Wire<'_>) {
    wire.truth.messages += 1;
    if wire.chance.one_in(16) {
        let (head, rest) = payload.split_at(payload.len() / 2);
        frame(stream, side, first, head, Masked::AsDue, wire);
        frame(stream, side, 0x80, rest, Masked::AsDue, wire);
    } else {
        frame(stream, side, 0x80 | first, payload, Masked::AsDue, wire);
    }
    if wire.chance.one_in(32) {
        let probe = wire.chance.next().to_be_bytes();
        frame(stream, side, 0x89, &probe, Masked::AsDue, wire);
        frame(stream, !side, 0x8A, &probe, Masked::AsDue, wire);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Masked {
    AsDue,
    Never,
}

/// A frame on the wire.
pub(super) fn frame(
    stream: &mut Stream,
    side: Side,
    first: u8,
    data: &[u8],
    masked: Masked,
    wire: &mut Wire<'_>,
) {
    wire.truth.frames += 1;
    wire.truth.payload += data.len() as u64;
    let mut bytes = std::mem::take(&mut wire.frame);
    bytes.clear();
    let key = (side == Side::Client && masked == Masked::AsDue)
        .then(|| ((wire.chance.next() as u32) | 1).to_be_bytes());
    write_frame(&mut bytes, first, data, key);
    stream.send(side, &bytes, wire);
    wire.frame = bytes;
}

/// Puts a frame behind `bytes`.
pub(crate) fn write_frame(bytes: &mut Vec<u8>, first: u8, data: &[u8], key: Option<[u8; 4]>) {
    bytes.push(first);
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    match data.len() {
        len @ 0..=125 => bytes.push(mask_bit | len as u8),
        len @ 126..=0xFFFF => {
            bytes.push(mask_bit | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(mask_bit | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(key.into_iter().flatten());
    let start = bytes.len();
    bytes.extend_from_slice(data);
    if let Some(key) = key {
        unmask(&mut bytes[start..], MaskKey(key), 0);
    }
}
