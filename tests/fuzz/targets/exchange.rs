//! HTTP up to the opening handshake: how it comes in pieces changes nothing, and what is held is
//! bounded.

use std::mem::take;

use wsblame::endpoint::{PerSide, Side};
use wsblame::http::{
    Exchange, Handshake, HttpLimits, Note, Over, Progress, classify, deflate, redact,
};
use wsblame::tcp::Released;

use super::samples;
use super::streams::{Streams, Unknown};
use super::tape::Tape;

/// Bytes of a head, and bytes of one direction that are held: inputs of this size can reach both.
const HEAD: usize = 2 << 10;
const HELD: usize = 4 << 10;

/// All that an exchange came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    handshake: Option<Handshake>,
    start: PerSide<Option<u64>>,
    attempts: Vec<Handshake>,
    over: Option<Over>,
    notes: Vec<Note>,
}

fn play(streams: &Streams) -> Outcome {
    let limits = HttpLimits { head: HEAD, held: HELD, ..HttpLimits::default() };
    let mut exchange = Exchange::new(limits);
    let mut outcome = Outcome {
        handshake: None,
        start: PerSide::default(),
        attempts: Vec::new(),
        over: None,
        notes: Vec::new(),
    };
    let mut open = None;
    let mut behind: PerSide<u64> = PerSide::default();
    for (side, event) in &streams.0 {
        behind[*side] = match event {
            Released::Data { offset, bytes } => offset + bytes.len() as u64,
            Released::Gap { range, .. } => range.end,
        };
        if open.is_none() && outcome.over.is_none() {
            exchange.push(*side, event.as_event());
            match exchange.advance(&Unknown) {
                Progress::Reading => {}
                Progress::Switched(tunnel) => open = Some(tunnel),
                Progress::Over(over) => outcome.over = Some(over),
            }
        }
    }
    if open.is_none() && outcome.over.is_none() {
        match exchange.finish(&Unknown) {
            Progress::Reading => panic!("it is finished"),
            Progress::Switched(tunnel) => open = Some(tunnel),
            Progress::Over(over) => outcome.over = Some(over),
        }
    }
    outcome.attempts = exchange.take_attempts();
    outcome.notes = exchange.notes().to_vec();
    if let Some(tunnel) = open {
        for side in Side::BOTH {
            let Some(start) = tunnel.start[side] else {
                assert!(tunnel.held[side].is_empty(), "nothing is held where no start is known");
                continue;
            };
            assert!(start <= behind[side], "{side}: frames from {start} on");
            let mut next = start;
            for held in &tunnel.held[side] {
                let (from, to) = match held {
                    Released::Data { offset, bytes } => (*offset, offset + bytes.len() as u64),
                    Released::Gap { range, .. } => (range.start, range.end),
                };
                assert!(from == next && to > from, "{side}: {from} to {to} after {next}");
                next = to;
            }
        }
        outcome.start = tunnel.start;
        outcome.handshake = Some(tunnel.handshake);
    }
    for (side, kept) in exchange.take_unread().iter() {
        let of_side = streams.0.iter().filter(|(of, _)| *of == side);
        assert!(kept.len() <= of_side.count() + 1, "{side}: more is left than was pushed");
    }
    outcome
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let salt = u32::from(tape.byte());
    let streams = Streams::of(&mut tape);
    let mut whole = play(&streams);
    let handshakes = whole.attempts.iter().chain(&whole.handshake);
    for handshake in handshakes {
        read(handshake);
    }
    let _ = classify(data);
    let mut in_pieces = play(&streams.in_pieces(salt));
    // Where a limit is reached may depend on the pieces.
    let limited = |outcome: &Outcome| outcome.notes.iter().any(|note| note.why.is_a_limit());
    if !limited(&whole) && !limited(&in_pieces) {
        // What one side ended, the other may have been read for a bit more or less before.
        let mut notes = [take(&mut whole.notes), take(&mut in_pieces.notes)];
        notes.sort_by_key(Vec::len);
        let [fewer, more] = notes;
        assert!(fewer.iter().all(|note| more.contains(note)), "{fewer:?} in {more:?}");
        assert_eq!(whole, in_pieces);
    }
}

/// Everything that is read off a handshake.
fn read(handshake: &Handshake) {
    let agreement = handshake.agreement();
    let accepted = handshake.accepted_extensions();
    let _ = format!("{agreement:?} {accepted:?} {:?}", handshake.subprotocol());
    if let Some(request) = &handshake.request {
        let hidden = redact::target(&request.target);
        // What was hidden once has nothing left to hide.
        assert_eq!(redact::target(&hidden), hidden);
    }
    let heads = [
        handshake.request.as_ref().map(|request| &request.head),
        handshake.response.as_ref().map(|response| &response.head),
    ];
    for head in heads.into_iter().flatten() {
        for text in head.list("sec-websocket-extensions").chain(head.list("connection")) {
            let _ = (redact::excerpt(text), redact::sentence(text), redact::host(text));
            let _ = redact::subprotocol(text);
        }
    }
    for extension in &accepted.list {
        let _ = deflate::Parameters::of(extension, deflate::Written::InAnswer);
        let _ = deflate::Parameters::of(extension, deflate::Written::InOffer);
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let clear = samples::connections(4 << 10).into_iter().filter(|carried| !carried.is_tls());
    let mut seeds: Vec<Vec<u8>> =
        clear.map(|carried| [&[3], &Streams::seed(&carried)[..]].concat()).collect();
    let say =
        |side: u8, bytes: &[u8]| [&[side], &(bytes.len() as u16).to_le_bytes()[..], bytes].concat();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    seeds.push([&[1], &say(0, get)[..], &say(1, chunked), &say(0, get), &[0xFF, 9, 0, 0]].concat());
    seeds
}
