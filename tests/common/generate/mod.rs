//! Captures of any size, made up from a seed.
//!
//! In: a [`Plan`], or one of the [`shapes`] and a size. Out: the bytes of a capture in which many
//! WebSockets talk at once, among traffic that is none, and the [`Truth`] of what is in it. The same
//! plan, or shape and size, gives the same bytes everywhere. Tests and benches include this file.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "its sizes are small"
)]

mod bounds;
mod bulk;
mod deflated;
pub(crate) mod shapes;
mod short;
pub(crate) mod traps;
pub(crate) mod websocket;
mod wire;

use std::ops::RangeInclusive;

use wsblame::endpoint::Side;

use websocket::{Said, Talk, Talker};
use wire::{Address, SEGMENT, Stream, Wire};

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
    let mut capture = Vec::new();
    let truth = talk(plan, Wire::new(plan.seed, &mut capture));
    Generated { capture, truth }
}

fn talk(plan: &Plan, mut wire: Wire<'_>) -> Truth {
    let messages = plan.messages..=plan.messages;
    let talk = Talk { messages, sizes: plan.sizes.clone(), deflated: None };
    let mut talkers: Vec<Talker> =
        (0..plan.websockets).map(|number| Talker::new(number, plan.messages)).collect();
    let mut others = Others::new(plan);
    let mut open = talkers.len();
    while open > 0 || others.has_more() {
        if others.has_more() && (open == 0 || wire.chance.one_in(3)) {
            others.say(&mut wire);
            continue;
        }
        let place = wire.chance.below(open);
        if talkers[place].say(&mut wire, &talk) == Said::All {
            open -= 1;
            talkers.swap(place, open);
        }
    }
    wire.finish().expect("a vector takes everything")
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

    fn say(&mut self, wire: &mut Wire<'_>) {
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

    fn datagram(&mut self, wire: &mut Wire<'_>) {
        let data = [0x40; 1_200];
        let len = self.udp.min(data.len());
        self.udp -= len;
        let to = Address { ip: [10, 0, 0, 1], port: 50_000 };
        wire.datagram(Address { ip: [198, 51, 100, 30], port: 443 }, to, &data[..len]);
    }
}
