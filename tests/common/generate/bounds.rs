//! Captures that ask for memory.
//!
//! In: how much of it. Out: connections that never end, or that wait for what never comes.

use wsblame::endpoint::Side;
use wsblame::ip::TcpFlags;

use super::bulk::Noise;
use super::websocket::{Masked, Talk, Talker, frame, open as handshake};
use super::wire::{Address, Stream, Wire};

const TALK: Talk = Talk { messages: 1..=1, sizes: 40..=200, deflated: None };

/// So many connections: each begins, then each says something, then those that are WebSockets
/// close. The others stay as they are.
pub(super) fn concurrent(count: u64, wire: &mut Wire<'_>) {
    let noise = Noise::new(&mut wire.chance);
    let (mut talkers, mut others) = (Vec::new(), Vec::new());
    for number in 0..count as usize {
        if number % 10 == 9 {
            let mut talker = Talker::new(number, 1);
            talker.say(wire, &TALK);
            talkers.push(talker);
        } else {
            let mut stream = Stream::new(number, 443, wire);
            let greeting: &[u8] = match number % 10 {
                0..3 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
                3..6 => b"GET /poll HTTP/1.1\r\nHost: api.example\r\n\r\n",
                _ => b"\x05binary rpc",
            };
            stream.send(Side::Client, greeting, wire);
            others.push(stream);
        }
    }
    let mut others = others.iter_mut();
    for talker in &mut talkers {
        for stream in others.by_ref().take(9) {
            stream.send(Side::Server, noise.take(200, &mut wire.chance), wire);
        }
        talker.say(wire, &TALK);
    }
    for talker in &mut talkers {
        talker.say(wire, &TALK);
    }
}

/// So many WebSockets, of which each says a message in its turn, ten times; none closes.
pub(super) fn open(count: u64, wire: &mut Wire<'_>) {
    const ROUNDS: usize = 10;
    let mut talkers: Vec<Talker> =
        (0..count as usize).map(|number| Talker::new(number, ROUNDS)).collect();
    for _ in 0..=ROUNDS {
        for talker in &mut talkers {
            talker.say(wire, &TALK);
        }
    }
}

/// One WebSocket of so many bytes. The capture missed what the server sent first, so that what came
/// after it waits.
pub(super) fn hole(size: u64, wire: &mut Wire<'_>) {
    let noise = Noise::new(&mut wire.chance);
    let mut stream = Stream::new(0, 80, wire);
    handshake(&mut stream, false, wire);
    stream.skip(Side::Server, 4 + 1_024); // a frame
    while wire.bytes() < size {
        let len = wire.chance.size(&(40..=60_000));
        frame(
            &mut stream,
            Side::Server,
            0x82,
            noise.take(len, &mut wire.chance),
            Masked::AsDue,
            wire,
        );
        wire.truth.messages += 1;
    }
}

/// So many bytes on a thousand WebSockets, of each of which the capture missed what the server sent
/// first, and nothing acknowledges what follows.
pub(super) fn waiting(size: u64, wire: &mut Wire<'_>) {
    let noise = Noise::new(&mut wire.chance);
    let mut streams: Vec<Stream> = (0..1_000).map(|number| Stream::new(number, 80, wire)).collect();
    for stream in &mut streams {
        handshake(stream, false, wire);
        stream.skip(Side::Server, 4 + 1_024); // a frame
    }
    while wire.bytes() < size {
        for stream in &mut streams {
            let len = wire.chance.size(&(40..=6_000));
            let bytes = noise.take(len, &mut wire.chance);
            frame(stream, Side::Server, 0x82, bytes, Masked::AsDue, wire);
            wire.truth.messages += 1;
        }
    }
}

/// So many SYNs, each from another address and port.
pub(super) fn syns(count: u64, wire: &mut Wire<'_>) {
    for number in 0..count as usize {
        let ends = [Address::client(number), Address::server(443)];
        let seq = wire.chance.next() as u32;
        wire.segment(ends, [seq, 0], TcpFlags::SYN, &[]);
        wire.truth.tcp_connections += 1;
    }
}
