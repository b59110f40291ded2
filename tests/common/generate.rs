//! Captures of any size, made up from a seed.
//!
//! In: a [`Plan`]. Out: the bytes of a capture in which many WebSockets talk at once, among traffic
//! that is none, and the [`Truth`] of what is in it. The same plan gives the same bytes everywhere.
//! Tests and benches include this file.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "its sizes are small"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use std::ops::RangeInclusive;
use wsblame::endpoint::{PerSide, Side};
use wsblame::ip::TcpFlags;
use wsblame::script::{REQUEST, RESPONSE};
use wsblame::ws::{MaskKey, unmask};

/// What to make up.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where chance starts.
    pub(crate) seed: u64,
    /// WebSockets; every hundredth ends in a violation.
    pub(crate) websockets: usize,
    /// Messages of each.
    pub(crate) messages: usize,
    /// Payload bytes of a message; the sizes are spread evenly over the powers of two.
    pub(crate) sizes: RangeInclusive<usize>,
    /// Bytes of TCP payload that is no WebSocket's.
    pub(crate) other_tcp: usize,
    /// Bytes of UDP payload.
    pub(crate) udp: usize,
}

/// What is in the capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) packets: u64,
    pub(crate) udp_packets: u64,
    pub(crate) tcp_connections: u64,
    pub(crate) websockets: u64,
    /// Control frames too.
    pub(crate) frames: u64,
    /// Complete data messages.
    pub(crate) messages: u64,
    /// Payload of all frames.
    pub(crate) payload: u64,
    pub(crate) violations: u64,
}

/// A capture and the truth about it.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    pub(crate) capture: Vec<u8>,
    pub(crate) truth: Truth,
}

/// Makes up a capture.
pub(crate) fn generate(plan: &Plan) -> Generated {
    let mut wire = Wire::new(plan.seed);
    let mut talkers: Vec<Talker> = (0..plan.websockets).map(|n| Talker::new(n, plan)).collect();
    let mut others = Others::new(plan);
    let mut open = talkers.len();
    while open > 0 || others.has_more() {
        if others.has_more() && (open == 0 || wire.chance.one_in(3)) {
            others.say(&mut wire);
            continue;
        }
        let place = wire.chance.below(open);
        if talkers[place].say(&mut wire, plan) == Said::All {
            open -= 1;
            talkers.swap(place, open);
        }
    }
    Generated { capture: wire.capture, truth: wire.truth }
}

/// Chance that is the same each time: splitmix64.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chance(pub u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A size out of the range: each power of two as likely as the next.
    fn size(&mut self, range: &RangeInclusive<usize>) -> usize {
        let (low, high) = ((*range.start()).max(1), *range.end());
        let doublings = (high / low).ilog2() as usize;
        let floor = low << self.below(doublings + 1);
        (floor + self.below(floor)).clamp(*range.start(), high)
    }
}

/// What has been captured so far.
struct Wire {
    capture: Vec<u8>,
    truth: Truth,
    chance: Chance,
    /// Microseconds since the start.
    now: u64,
    frame: Vec<u8>,
}

/// The most payload of a segment.
const SEGMENT: usize = 1_460;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// One end of a transport connection.
#[derive(Clone, Copy)]
struct Address {
    ip: [u8; 4],
    port: u16,
}

impl Wire {
    fn new(seed: u64) -> Wire {
        let mut capture = 0xA1B2_C3D4_u32.to_le_bytes().to_vec();
        capture.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
        let (truth, chance) = (Truth::default(), Chance(seed));
        Wire { capture, truth, chance, now: 0, frame: Vec::new() }
    }

    /// Captures an IPv4 packet on Ethernet.
    fn packet(&mut self, from: Address, to: Address, protocol: u8, transport: &[u8], data: &[u8]) {
        self.now += 10;
        self.truth.packets += 1;
        let ip_len = 20 + transport.len() + data.len();
        let len = (14 + ip_len) as u32;
        let out = &mut self.capture;
        out.extend((1_767_268_800 + (self.now / 1_000_000) as u32).to_le_bytes());
        out.extend(((self.now % 1_000_000) as u32).to_le_bytes());
        out.extend(len.to_le_bytes());
        out.extend(len.to_le_bytes());
        out.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
        out.extend((ip_len as u16).to_be_bytes());
        out.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]); // no checksums
        out.extend(from.ip);
        out.extend(to.ip);
        out.extend_from_slice(transport);
        out.extend_from_slice(data);
    }
}

/// One TCP connection.
struct Stream {
    ends: PerSide<Address>,
    next: PerSide<u32>,
}

impl Stream {
    fn new(number: usize, port: u16, wire: &mut Wire) -> Stream {
        wire.truth.tcp_connections += 1;
        let [.., a, b, c] = (number as u64 / 20_000).to_be_bytes();
        let client = Address { ip: [10, a, b, c], port: 20_000 + (number % 20_000) as u16 };
        let server = Address { ip: [198, 51, 100, 20], port };
        let next = PerSide { client: wire.chance.next() as u32, server: wire.chance.next() as u32 };
        let mut stream = Stream { ends: PerSide { client, server }, next };
        stream.segment(Side::Client, TcpFlags::SYN, &[], wire);
        stream.segment(Side::Server, TcpFlags::SYN.with(TcpFlags::ACK), &[], wire);
        stream.segment(Side::Client, TcpFlags::ACK, &[], wire);
        stream
    }

    fn segment(&mut self, side: Side, flags: TcpFlags, data: &[u8], wire: &mut Wire) {
        let (from, to) = (self.ends[side], self.ends[!side]);
        let ack = if flags.has(TcpFlags::ACK) { self.next[!side] } else { 0 };
        let mut header = [0; 20];
        header[..2].copy_from_slice(&from.port.to_be_bytes());
        header[2..4].copy_from_slice(&to.port.to_be_bytes());
        header[4..8].copy_from_slice(&self.next[side].to_be_bytes());
        header[8..12].copy_from_slice(&ack.to_be_bytes());
        header[12..16].copy_from_slice(&[0x50, flags.0, 0xFA, 0xF0]);
        wire.packet(from, to, TCP, &header, data);
        let phantom = flags.has(TcpFlags::SYN) || flags.has(TcpFlags::FIN);
        self.next[side] = self.next[side].wrapping_add(data.len() as u32 + u32::from(phantom));
    }

    /// Sends bytes, which the peer acknowledges now or with what it says next.
    fn send(&mut self, side: Side, bytes: &[u8], wire: &mut Wire) {
        for chunk in bytes.chunks(SEGMENT) {
            self.segment(side, TcpFlags::PSH.with(TcpFlags::ACK), chunk, wire);
        }
        if wire.chance.one_in(2) {
            self.segment(!side, TcpFlags::ACK, &[], wire);
        }
    }

    fn end(&mut self, first: Side, wire: &mut Wire) {
        let fin = TcpFlags::FIN.with(TcpFlags::ACK);
        self.segment(first, fin, &[], wire);
        self.segment(!first, fin, &[], wire);
        self.segment(first, TcpFlags::ACK, &[], wire);
    }
}

/// One WebSocket.
struct Talker {
    number: usize,
    stream: Option<Stream>,
    left: usize,
}

/// Whether there is more to come.
#[derive(PartialEq, Eq)]
enum Said {
    Some,
    All,
}

impl Talker {
    fn new(number: usize, plan: &Plan) -> Talker {
        Talker { number, stream: None, left: plan.messages }
    }

    /// Opens, or says one message, or closes.
    fn say(&mut self, wire: &mut Wire, plan: &Plan) -> Said {
        let Some(stream) = &mut self.stream else {
            let stream = self.stream.insert(Stream::new(self.number, 80, wire));
            open(stream, wire);
            return Said::Some;
        };
        if self.left > 0 {
            self.left -= 1;
            let side = if wire.chance.one_in(2) { Side::Client } else { Side::Server };
            message(stream, side, plan, wire);
            return Said::Some;
        }
        if self.number % 100 == 99 {
            wire.truth.violations += 1;
            wire.truth.messages += 1;
            frame(stream, Side::Client, 0x81, b"no mask", Masked::Never, wire);
            frame(stream, Side::Server, 0x88, &[0x03, 0xEA], Masked::AsDue, wire);
        } else {
            frame(stream, Side::Client, 0x88, &[0x03, 0xE8], Masked::AsDue, wire);
            frame(stream, Side::Server, 0x88, &[0x03, 0xE8], Masked::AsDue, wire);
        }
        stream.end(Side::Server, wire);
        Said::All
    }
}

/// The opening handshake, with a key of its own.
fn open(stream: &mut Stream, wire: &mut Wire) {
    const KEY: &str = "d3NibGFtZSBzYW1wbGUhIQ=="; // those of the script's request and response
    const ACCEPT: &str = "dzAUyYvPt/j8Bwj1tYYTuaMlzac=";
    let (high, low) = (wire.chance.next(), wire.chance.next());
    let key = STANDARD.encode([high.to_be_bytes(), low.to_be_bytes()].concat());
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = STANDARD.encode(digest);
    stream.send(Side::Client, REQUEST.replace(KEY, &key).as_bytes(), wire);
    stream.send(Side::Server, RESPONSE.replace(ACCEPT, &accept).as_bytes(), wire);
    wire.truth.websockets += 1;
}

/// A text or binary message, now and then in two fragments, now and then with a Ping.
fn message(stream: &mut Stream, side: Side, plan: &Plan, wire: &mut Wire) {
    const TEXT: &str = "Chào bạn, hôm nay trời đẹp quá! {\"price\": 42.5, \"side\": \"buy\"} ";
    let size = wire.chance.size(&plan.sizes);
    let is_text = !wire.chance.one_in(4);
    let mut payload: Vec<u8> = TEXT.bytes().cycle().take(size).collect();
    if is_text {
        let whole = std::str::from_utf8(&payload).map_or_else(|e| e.valid_up_to(), str::len);
        payload[whole..].fill(b'.');
    }
    let opcode = if is_text { 1 } else { 2 };
    wire.truth.messages += 1;
    if wire.chance.one_in(16) {
        let (first, rest) = payload.split_at(size / 2);
        frame(stream, side, opcode, first, Masked::AsDue, wire);
        frame(stream, side, 0x80, rest, Masked::AsDue, wire);
    } else {
        frame(stream, side, 0x80 | opcode, &payload, Masked::AsDue, wire);
    }
    if wire.chance.one_in(32) {
        let probe = wire.chance.next().to_be_bytes();
        frame(stream, side, 0x89, &probe, Masked::AsDue, wire);
        frame(stream, !side, 0x8A, &probe, Masked::AsDue, wire);
    }
}

#[derive(PartialEq, Eq)]
enum Masked {
    AsDue,
    Never,
}

fn frame(stream: &mut Stream, side: Side, first: u8, data: &[u8], mask: Masked, wire: &mut Wire) {
    wire.truth.frames += 1;
    wire.truth.payload += data.len() as u64;
    let mut bytes = std::mem::take(&mut wire.frame);
    bytes.clear();
    bytes.push(first);
    let key = (side == Side::Client && mask == Masked::AsDue)
        .then(|| ((wire.chance.next() as u32) | 1).to_be_bytes());
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
    stream.send(side, &bytes, wire);
    wire.frame = bytes;
}

/// Traffic without WebSockets.
struct Others {
    streams: Vec<Stream>,
    tcp: usize,
    udp: usize,
}

impl Others {
    /// Connections over which the bytes are spread.
    const STREAMS: usize = 8;

    fn new(plan: &Plan) -> Others {
        Others { streams: Vec::new(), tcp: plan.other_tcp, udp: plan.udp }
    }

    fn has_more(&self) -> bool {
        self.tcp > 0 || self.udp > 0
    }

    fn say(&mut self, wire: &mut Wire) {
        if self.udp > 0 && (self.tcp == 0 || wire.chance.one_in(2)) {
            return self.datagram(wire);
        }
        let place = wire.chance.below(Others::STREAMS);
        let Some(stream) = self.streams.get_mut(place) else {
            // Half of them begin like TLS, the other half like nothing known.
            let tls = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3];
            let mut stream = Stream::new(self.streams.len(), 443, wire);
            let opening =
                if self.streams.len().is_multiple_of(2) { &tls } else { b"\x05binary rpc" };
            stream.send(Side::Client, opening, wire);
            return self.streams.push(stream);
        };
        let mut bytes = [0; 10 * SEGMENT];
        bytes.fill(wire.chance.next() as u8);
        let len = self.tcp.min(bytes.len());
        self.tcp -= len;
        stream.send(Side::Server, &bytes[..len], wire);
    }

    fn datagram(&mut self, wire: &mut Wire) {
        let data = [0x40; 1_200];
        let len = self.udp.min(data.len());
        self.udp -= len;
        wire.truth.udp_packets += 1;
        let from = Address { ip: [198, 51, 100, 30], port: 443 };
        let to = Address { ip: [10, 0, 0, 1], port: 50_000 };
        let mut header = [0; 8];
        header[..2].copy_from_slice(&from.port.to_be_bytes());
        header[2..4].copy_from_slice(&to.port.to_be_bytes());
        header[4..6].copy_from_slice(&(8 + len as u16).to_be_bytes());
        wire.packet(from, to, UDP, &header, &data[..len]);
    }
}
