//! Captures that a careless reader takes quadratic time for.
//!
//! In: how often the same thing happens. Out: a capture in which it happens so often. Twice as much
//! of it should take twice the time.

use flate2::{Compress, Compression, FlushCompress};
use wsblame::endpoint::Side;
use wsblame::script::{REQUEST, RESPONSE};

use super::Chance;
use super::shapes::Shape;
use super::websocket::{Masked, frame, open, write_frame};
use super::wire::{SEGMENT, Stream, Wire};

/// A capture in which something happens so often as its size says, and how many times that is.
pub(crate) struct Trap {
    pub(crate) shape: Shape,
    pub(crate) count: u64,
    /// What its cost is given for.
    pub(crate) per: Per,
}

/// What costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Per {
    /// Where packets are small.
    Packet,
    Byte,
}

const fn trap(
    name: &'static str,
    count: u64,
    per: Per,
    what: &'static str,
    fill: fn(u64, &mut Wire<'_>),
) -> Trap {
    Trap { shape: Shape { name, what, fill }, count, per }
}

/// All of them.
#[rustfmt::skip]
pub(crate) const TRAPS: &[Trap] = &[
    trap("reversed", 1_000_000, Per::Packet, "segments of one byte, each run of 10,000 in reverse",
        |count, wire| runs(count, wire, |_, run| run.reverse())),
    trap("shuffled", 1_000_000, Per::Packet, "segments of one byte, each run of 10,000 shuffled",
        |count, wire| runs(count, wire, shuffle)),
    trap("odd-first", 1_000_000, Per::Packet, "segments of one byte, each run of 10,000 first every second",
        |count, wire| runs(count, wire, |_, run| run.sort_by_key(|place| place % 2 == 0))),
    trap("unfilled", 1_000_000, Per::Packet, "segments of one byte, each behind a hole of one byte", unfilled),
    trap("overlaps", 1_000_000, Per::Packet, "segments of 100 bytes behind a hole, each a byte further", overlaps),
    trap("overlaps-shuffled", 1_000_000, Per::Packet, "segments of up to 1,000 bytes behind a hole, anywhere", overlaps_anywhere),
    trap("repeated", 1_000_000, Per::Packet, "the same segment over and over", repeated),
    trap("fragments", 10_000_000, Per::Byte, "continuation frames of one byte in one message",
        |count, wire| frames(count, &[0x01, 0x01, b'a'], &[0x00, 0x01, b'b'], wire)),
    trap("empty-fragments", 1_000_000, Per::Byte, "empty continuation frames in one message",
        |count, wire| frames(count, &[0x01, 0x01, b'a'], &[0x00, 0x00], wire)),
    trap("empty-messages", 1_000_000, Per::Byte, "empty text messages",
        |count, wire| frames(count, &[], &[0x81, 0x00], wire)),
    trap("violations", 1_000_000, Per::Byte, "frames with a reserved bit set",
        |count, wire| frames(count, &[], &[0xA1, 0x01, b'a'], wire)),
    trap("after-close", 1_000_000, Per::Byte, "messages after a Close",
        |count, wire| frames(count, &[0x88, 0x02, 0x03, 0xE8], &[0x81, 0x01, b'a'], wire)),
    trap("request-bytewise", 60_000, Per::Packet, "bytes of a request's head, each in a segment of its own",
        |count, wire| bytewise(count, Side::Client, wire)),
    trap("response-bytewise", 60_000, Per::Packet, "bytes of a response's head, each in a segment of its own",
        |count, wire| bytewise(count, Side::Server, wire)),
    trap("endless-heads", 1_000, Per::Byte, "connections with 70 kB of a head that does not end", endless_heads),
    trap("pipelined", 100_000, Per::Packet, "requests on one connection before the first response", pipelined),
    trap("bombs", 1_000, Per::Byte, "messages that inflate from 1 kB to 1 MiB", bombs),
    trap("bomb", 10_000, Per::Byte, "MiB that one message inflates to", bomb),
    trap("pings", 1_000_000, Per::Byte, "Pings that nobody answers", |count, wire| pings(count, None, wire)),
    trap("pongs", 1_000_000, Per::Byte, "Pings, all answered afterwards, the last first",
        |count, wire| pings(count, Some(Answers::LastFirst), wire)),
    trap("wrong-pongs", 1_000_000, Per::Byte, "Pings, and as many Pongs that answer none of them",
        |count, wire| pings(count, Some(Answers::Wrong), wire)),
    trap("ip-fragments", 10_000, Per::Packet, "fragments of 8 bytes of one datagram, shuffled, without the first",
        |count, wire| ip_fragments(count, Order::Shuffled, wire)),
    trap("ip-reversed", 10_000, Per::Packet, "the same in reverse",
        |count, wire| ip_fragments(count, Order::Reversed, wire)),
    trap("tunnels", 3_000, Per::Byte, "IP headers in one packet, one in the other", tunnels),
    trap("labels", 10_000, Per::Byte, "VLAN tags in one packet", |count, wire| tags(count, 0x8100, [0x81, 0], wire)),
    trap("mpls", 10_000, Per::Byte, "MPLS labels in one packet", |count, wire| tags(count, 0x8847, [0x10, 0], wire)),
    trap("options", 8_000, Per::Byte, "IPv6 extension headers in one packet", extension_headers),
    trap("reused", 100_000, Per::Packet, "connections between the same two ports", reused),
    trap("holes", 100_000, Per::Packet, "holes in a WebSocket, a segment of whole frames between each two", holes),
    trap("tls-records", 1_000_000, Per::Byte, "TLS records of one byte", tls_records),
    trap("syns", 1_000_000, Per::Packet, "SYNs that nobody answers", super::bounds::syns),
];

/// A WebSocket that is open.
fn websocket(deflate: bool, wire: &mut Wire<'_>) -> Stream {
    let mut stream = Stream::new(wire.truth.tcp_connections as usize, 80, wire);
    open(&mut stream, deflate, wire);
    stream
}

/// The header of a binary message of so many bytes of the server.
fn announce(len: u64, stream: &mut Stream, wire: &mut Wire<'_>) {
    let header = [&[0x82, 127][..], &len.to_be_bytes()].concat();
    stream.send(Side::Server, &header, wire);
}

/// Segments of one byte that come in another order than they were sent.
fn runs(count: u64, wire: &mut Wire<'_>, reorder: fn(&mut Chance, &mut [usize])) {
    let mut stream = websocket(false, wire);
    announce(count, &mut stream, wire);
    let mut left = count as usize;
    while left > 0 {
        let mut run: Vec<usize> = (0..left.min(10_000)).collect();
        reorder(&mut wire.chance, &mut run);
        for behind in &run {
            stream.put(Side::Server, *behind, b"x", wire);
        }
        stream.skip(Side::Server, run.len());
        left -= run.len();
    }
}

fn shuffle(chance: &mut Chance, run: &mut [usize]) {
    for end in (1..run.len()).rev() {
        run.swap(end, chance.below(end + 1));
    }
}

fn unfilled(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    announce(2 * count, &mut stream, wire);
    for _ in 0..count {
        stream.skip(Side::Server, 1);
        stream.put(Side::Server, 0, b"x", wire);
        stream.skip(Side::Server, 1);
    }
}

fn overlaps(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    announce(count + 100, &mut stream, wire);
    let mut left = count as usize;
    while left > 0 {
        let run = left.min(10_000);
        for behind in 1..run {
            stream.put(Side::Server, behind, &[b'x'; 100], wire);
        }
        stream.put(Side::Server, 0, b"x", wire);
        stream.skip(Side::Server, run);
        left -= run;
    }
}

fn overlaps_anywhere(count: u64, wire: &mut Wire<'_>) {
    const RUN: usize = 100_000; // bytes
    let mut stream = websocket(false, wire);
    announce(count.div_ceil(10_000) * (RUN as u64 + 1_000), &mut stream, wire);
    let mut left = count as usize;
    while left > 0 {
        let segments = left.min(10_000);
        for _ in 1..segments {
            let (behind, len) = (1 + wire.chance.below(RUN), 1 + wire.chance.below(1_000));
            stream.put(Side::Server, behind, &[b'x'; 1_000][..len], wire);
        }
        stream.put(Side::Server, 0, b"x", wire);
        stream.skip(Side::Server, RUN);
        left -= segments;
    }
}

fn repeated(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    announce(100_000, &mut stream, wire);
    for _ in 0..count {
        stream.put(Side::Server, 0, &[b'x'; 100], wire);
    }
}

/// One frame of the server, and then the other so many times, in full segments.
fn frames(count: u64, first: &[u8], then: &[u8], wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    let mut bytes = first.to_vec();
    for _ in 0..count {
        bytes.extend_from_slice(then);
        if bytes.len() >= SEGMENT {
            let rest = bytes.split_off(SEGMENT);
            stream.send(Side::Server, &bytes, wire);
            bytes = rest;
        }
    }
    stream.send(Side::Server, &bytes, wire);
}

/// Ten heads of so many bytes.
fn bytewise(count: u64, side: Side, wire: &mut Wire<'_>) {
    // Few lines, for a head of many is given up before it ends.
    let line = format!("Cookie: {}\r\n", "c".repeat(count as usize / 10));
    let lines = line.repeat(10);
    for number in 0..10 {
        let mut stream = Stream::new(number, 80, wire);
        for (from, head) in [(Side::Client, REQUEST), (Side::Server, RESPONSE)] {
            if from != side {
                stream.send(from, head.as_bytes(), wire);
                continue;
            }
            let end = head.len() - 2;
            for byte in [&head[..end], &lines, "\r\n"].concat().as_bytes() {
                stream.put(from, 0, &[*byte], wire);
                stream.skip(from, 1);
            }
        }
    }
}

fn endless_heads(count: u64, wire: &mut Wire<'_>) {
    let head = [REQUEST.trim_end(), "\r\n", &"X-Padding: 0123456789abcdef\r\n".repeat(2_400)];
    for number in 0..count as usize {
        let mut stream = Stream::new(number, 80, wire);
        stream.send(Side::Client, head.concat().as_bytes(), wire);
    }
}

fn pipelined(count: u64, wire: &mut Wire<'_>) {
    let mut stream = Stream::new(0, 80, wire);
    for _ in 0..count {
        stream.send(Side::Client, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", wire);
    }
    for _ in 0..count {
        stream.send(Side::Server, b"HTTP/1.1 204 No Content\r\n\r\n", wire);
    }
}

/// 1 MiB of zeros, compressed behind another.
fn zeros() -> Vec<u8> {
    let mut compress = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(1 << 14);
    for _ in 0..2 {
        out.clear();
        let done = compress.compress_vec(&vec![0; 1 << 20], &mut out, FlushCompress::Sync);
        done.expect("raw deflate of zeros");
    }
    out
}

fn bombs(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(true, wire);
    let zeros = zeros();
    let payload = &zeros[..zeros.len() - 4]; // RFC 7692 §7.2.1
    // The first has nothing before it, to which a match could reach back.
    let mut compress = Compress::new(Compression::default(), false);
    let mut first = Vec::with_capacity(1 << 17);
    let done = compress.compress_vec(&[0; 1 << 16], &mut first, FlushCompress::Sync);
    done.expect("raw deflate of zeros");
    first.truncate(first.len() - 4);
    frame(&mut stream, Side::Server, 0xC2, &first, Masked::AsDue, wire);
    for _ in 0..count {
        frame(&mut stream, Side::Server, 0xC2, payload, Masked::AsDue, wire);
    }
}

fn bomb(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(true, wire);
    let zeros = zeros();
    let len = zeros.len() as u64 * count + 2;
    stream.send(Side::Server, &[&[0xC2, 127][..], &len.to_be_bytes()].concat(), wire);
    stream.send(Side::Server, b"\x62\x00", wire); // a block that is not the last, with a zero
    for _ in 0..count {
        stream.send(Side::Server, &zeros, wire);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    LastFirst,
    Wrong,
}

fn pings(count: u64, answers: Option<Answers>, wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    let mut say = |side, first: u8, payloads: &mut dyn Iterator<Item = u64>| {
        let mut bytes = Vec::new();
        for payload in payloads {
            let key = (side == Side::Client).then_some([1, 2, 3, 4]);
            write_frame(&mut bytes, first, &payload.to_be_bytes(), key);
            if bytes.len() >= SEGMENT {
                let rest = bytes.split_off(SEGMENT);
                stream.send(side, &bytes, wire);
                bytes = rest;
            }
        }
        stream.send(side, &bytes, wire);
    };
    say(Side::Server, 0x89, &mut (0..count));
    match answers {
        None => {}
        Some(Answers::LastFirst) => say(Side::Client, 0x8A, &mut (0..count).rev()),
        Some(Answers::Wrong) => say(Side::Client, 0x8A, &mut (count..2 * count)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Shuffled,
    Reversed,
}

fn ipv4(len: usize, protocol: u8) -> [u8; 20] {
    let [high, low] = (len as u16).to_be_bytes();
    [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 198, 51, 100, 20]
}

/// Twenty datagrams; those of more than 8,190 fragments have some twice.
fn ip_fragments(count: u64, order: Order, wire: &mut Wire<'_>) {
    for identification in 0..20_u16 {
        let mut places: Vec<usize> = (0..count as usize).map(|n| 1 + n % 8_189).collect();
        match order {
            Order::Shuffled => shuffle(&mut wire.chance, &mut places),
            Order::Reversed => places.reverse(),
        }
        for place in places {
            let mut header = ipv4(28, 6);
            header[4..6].copy_from_slice(&identification.to_be_bytes());
            header[6..8].copy_from_slice(&(0x2000 | place as u16).to_be_bytes()); // more follow
            wire.ethernet(0x0800, &[&header[..], b"fragment"].concat());
        }
    }
}

/// A hundred packets.
fn tunnels(count: u64, wire: &mut Wire<'_>) {
    const IP_IN_IP: u8 = 4;
    let headers = (1..=count as usize).rev().flat_map(|left| ipv4(20 * left, IP_IN_IP));
    let packet: Vec<u8> = headers.collect();
    (0..100).for_each(|_| wire.ethernet(0x0800, &packet));
}

/// A hundred packets.
fn tags(count: u64, ether_type: u16, next: [u8; 2], wire: &mut Wire<'_>) {
    let packet: Vec<u8> = [[0, 1], next].concat().repeat(count as usize);
    (0..100).for_each(|_| wire.ethernet(ether_type, &packet));
}

/// A hundred packets.
fn extension_headers(count: u64, wire: &mut Wire<'_>) {
    const DESTINATION_OPTIONS: u8 = 60;
    let options = [DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0].repeat(count as usize);
    let [high, low] = (options.len() as u16).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, high, low, DESTINATION_OPTIONS, 64];
    packet.extend([0x20; 32]);
    packet.extend(options);
    (0..100).for_each(|_| wire.ethernet(0x86DD, &packet));
}

fn reused(count: u64, wire: &mut Wire<'_>) {
    for _ in 0..count {
        let mut stream = Stream::new(0, 80, wire);
        stream.send(Side::Client, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", wire);
        stream.end(Side::Client, wire);
    }
}

fn holes(count: u64, wire: &mut Wire<'_>) {
    let mut stream = websocket(false, wire);
    let mut frames = Vec::new();
    (0..5).for_each(|_| write_frame(&mut frames, 0x81, &[b'a'; 98], None));
    for _ in 0..count {
        stream.send(Side::Server, &frames, wire);
        stream.skip(Side::Server, frames.len());
    }
}

fn tls_records(count: u64, wire: &mut Wire<'_>) {
    let mut stream = Stream::new(0, 443, wire);
    let noise = super::bulk::Noise::new(&mut wire.chance);
    super::bulk::greet(&mut stream, &noise, wire);
    let records = [0x17, 3, 3, 0, 1, 0x55].repeat(243);
    for _ in 0..count / 243 + 1 {
        stream.send(Side::Server, &records, wire);
    }
}
