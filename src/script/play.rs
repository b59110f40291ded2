//! Plays a script over TCP (RFC 9293), IPv4 and Ethernet.

use super::{Frame, Length, Mask, Script, Step};
use crate::endpoint::{PerSide, Side};
use crate::ip::TcpFlags;
use crate::provenance::Timestamp;
use crate::ws::{MaskKey, unmask};

/// One packet that came out of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// When it was captured.
    pub time: Timestamp,
    /// Who sent it.
    pub side: Side,
    /// Ethernet frame.
    pub bytes: Vec<u8>,
}

/// How scripts are played, and what came of it so far.
#[derive(Debug)]
pub struct Play {
    packets: Vec<Played>,
    now: i64,
    /// Payload bytes a segment has at most.
    segment_size: usize,
    next: PerSide<u32>,
    known: PerSide<u32>,
    port: u16,
    missed: bool,
    masks: u32,
}

const CLIENT_ADDRESS: [u8; 4] = [192, 0, 2, 10]; // RFC 5737: addresses for documentation
const SERVER_ADDRESS: [u8; 4] = [198, 51, 100, 20];
const SERVER_PORT: u16 = 80;
/// 2026-01-01T12:00:00Z.
const EPOCH: i64 = 1_767_268_800_000_000_000;
const MILLISECOND: i64 = 1_000_000;

impl Play {
    /// A stage without packets, on which segments have at most `segment_size` payload bytes.
    pub fn new(segment_size: usize) -> Play {
        Play {
            packets: Vec::new(),
            now: EPOCH,
            segment_size: segment_size.max(1),
            next: PerSide::default(),
            known: PerSide::default(),
            port: 49_999,
            missed: false,
            masks: 0,
        }
    }

    /// The packets of one connection that goes by `script`.
    pub fn of(script: Script) -> Vec<Played> {
        let mut play = Play::new(1_460);
        play.connection(script);
        play.into_packets()
    }

    /// What was captured.
    pub fn into_packets(self) -> Vec<Played> {
        self.packets
    }

    /// Plays `script` on a new connection, a second after the last one.
    pub fn connection(&mut self, script: Script) {
        self.open();
        script.iter().for_each(|step| self.step(step));
    }

    /// TCP's own handshake, from the client's next port.
    fn open(&mut self) {
        self.now += 1_000 * MILLISECOND;
        self.port += 1;
        // The server's first one wraps; no two connections begin alike.
        let apart = u32::from(self.port - 50_000) * 0x0101_0101;
        self.next =
            PerSide { client: 0x1000_0000 + apart, server: 0xFFFF_FF00_u32.wrapping_add(apart) };
        self.known = PerSide { client: self.next.server, server: self.next.client };
        self.segment(Side::Client, TcpFlags::SYN, &[]);
        self.arrive(Side::Client);
        self.segment(Side::Server, TcpFlags::SYN.with(TcpFlags::ACK), &[]);
        self.arrive(Side::Server);
        self.segment(Side::Client, TcpFlags::ACK, &[]);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::NextConnection => self.open(),
            Step::Wait(milliseconds) => self.now += i64::from(*milliseconds) * MILLISECOND,
            Step::Repeat(times, step) => (0..*times).for_each(|_| self.step(step)),
            Step::Missed(step) => {
                let before = std::mem::replace(&mut self.missed, true);
                self.send(step);
                self.missed = before;
                self.acknowledge(sender(step));
            }
            Step::Undelivered(step) => self.send(step),
            Step::Crossing(one, other) => {
                self.send(one);
                self.send(other);
                self.acknowledge(sender(one));
                self.acknowledge(sender(other));
            }
            Step::Rst(_) => self.send(step),
            _ => {
                self.send(step);
                self.acknowledge(sender(step));
            }
        }
    }

    /// Sends what a step says, without an answer from the peer's TCP.
    fn send(&mut self, step: &Step) {
        match step {
            Step::Fin(side) => self.segment(*side, TcpFlags::FIN.with(TcpFlags::ACK), &[]),
            Step::Rst(side) => self.segment(*side, TcpFlags::RST.with(TcpFlags::ACK), &[]),
            Step::Undelivered(step) | Step::Missed(step) => self.send(step),
            _ => {
                let side = sender(step);
                let mut bytes = Vec::new();
                self.render(step, &mut bytes);
                let flags = TcpFlags::PSH.with(TcpFlags::ACK);
                let size = self.segment_size;
                bytes.chunks(size).for_each(|chunk| self.segment(side, flags, chunk));
            }
        }
    }

    /// The bytes that a step puts into the stream.
    fn render(&mut self, step: &Step, out: &mut Vec<u8>) {
        match step {
            Step::Bytes(_, bytes) => out.extend_from_slice(bytes),
            Step::Frame(side, frame) => {
                self.masks = self.masks.wrapping_add(0x9E37_79B9); // a new key for each frame
                out.extend(frame_bytes(*side, frame, self.masks.to_be_bytes()));
            }
            Step::Together(steps) => steps.iter().for_each(|step| self.render(step, out)),
            Step::Repeat(times, step) => (0..*times).for_each(|_| self.render(step, out)),
            _ => {}
        }
    }

    /// The peer of `side` has received everything, and says so.
    fn acknowledge(&mut self, side: Side) {
        self.arrive(side);
        self.segment(!side, TcpFlags::ACK, &[]);
    }

    fn arrive(&mut self, side: Side) {
        self.known[!side] = self.next[side];
    }

    fn segment(&mut self, side: Side, flags: TcpFlags, payload: &[u8]) {
        self.now += MILLISECOND;
        let packet = Played {
            time: Timestamp(self.now),
            side,
            bytes: packet(self.port, side, self.next[side], self.known[side], flags, payload),
        };
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let phantom = flags.has(TcpFlags::SYN) || flags.has(TcpFlags::FIN);
        self.next[side] = self.next[side].wrapping_add(len).wrapping_add(u32::from(phantom));
        if !self.missed {
            self.packets.push(packet);
        }
    }
}

/// Who takes a step; the client where nobody does.
fn sender(step: &Step) -> Side {
    match step {
        Step::Bytes(side, _) | Step::Frame(side, _) | Step::Fin(side) | Step::Rst(side) => *side,
        Step::Together(steps) => steps.first().map_or(Side::Client, sender),
        Step::Undelivered(step) | Step::Missed(step) | Step::Repeat(_, step) => sender(step),
        Step::Crossing(step, _) => sender(step),
        Step::Wait(_) | Step::NextConnection => Side::Client,
    }
}

/// A frame as bytes (RFC 6455 §5.2).
pub(crate) fn frame_bytes(side: Side, frame: &Frame, fresh_key: [u8; 4]) -> Vec<u8> {
    let key = match (frame.mask, side) {
        (Mask::With(key), _) => Some(key),
        (Mask::AsDue, Side::Client) => Some(fresh_key),
        (Mask::AsDue, Side::Server) | (Mask::Never, _) => None,
    };
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut out = vec![frame.first];
    let claimed = match frame.length {
        Length::Claimed16(claimed) => u64::from(claimed),
        Length::Claimed64(claimed) => claimed,
        Length::Minimal | Length::In16 | Length::In64 => frame.payload.len() as u64,
    };
    let wide = matches!(frame.length, Length::In64 | Length::Claimed64(_));
    match u16::try_from(claimed) {
        Ok(len @ 0..=125) if frame.length == Length::Minimal => {
            let [_, low] = len.to_be_bytes();
            out.push(mask_bit | low);
        }
        Ok(len) if !wide => {
            out.push(mask_bit | 126);
            out.extend(len.to_be_bytes());
        }
        _ => {
            out.push(mask_bit | 127);
            out.extend(claimed.to_be_bytes());
        }
    }
    let mut payload = frame.payload.to_vec();
    if let Some(key) = key {
        out.extend(key);
        unmask(&mut payload, MaskKey(key), 0);
    }
    out.extend(payload);
    out
}

/// An Ethernet frame with a TCP segment in IPv4.
fn packet(
    client_port: u16,
    side: Side,
    seq: u32,
    ack: u32,
    flags: TcpFlags,
    payload: &[u8],
) -> Vec<u8> {
    let client = (CLIENT_ADDRESS, client_port);
    let server = (SERVER_ADDRESS, SERVER_PORT);
    let ((source, source_port), (target, target_port)) = match side {
        Side::Client => (client, server),
        Side::Server => (server, client),
    };
    let ack = if flags.has(TcpFlags::ACK) { ack } else { 0 };
    let mut tcp = Vec::with_capacity(20 + payload.len());
    tcp.extend(source_port.to_be_bytes());
    tcp.extend(target_port.to_be_bytes());
    tcp.extend(seq.to_be_bytes());
    tcp.extend(ack.to_be_bytes());
    tcp.extend([0x50, flags.0]); // five words of header
    tcp.extend(0xFAF0_u16.to_be_bytes());
    tcp.extend([0, 0, 0, 0]); // checksum, urgent pointer
    tcp.extend_from_slice(payload);
    let tcp_len = u16::try_from(tcp.len()).unwrap_or(u16::MAX);

    let mut pseudo = Vec::with_capacity(12 + tcp.len());
    pseudo.extend(source);
    pseudo.extend(target);
    pseudo.extend([0, 6]);
    pseudo.extend(tcp_len.to_be_bytes());
    pseudo.extend_from_slice(&tcp);
    let sum = checksum(&pseudo).to_be_bytes();
    tcp.iter_mut().skip(16).zip(sum).for_each(|(byte, sum)| *byte = sum);

    let mut ip = vec![0x45, 0];
    ip.extend(tcp_len.saturating_add(20).to_be_bytes());
    ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]); // don't fragment, TTL 64, TCP, checksum
    ip.extend(source);
    ip.extend(target);
    let sum = checksum(&ip).to_be_bytes();
    ip.iter_mut().skip(10).zip(sum).for_each(|(byte, sum)| *byte = sum);

    let (to, from) = match side {
        Side::Client => ([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1]),
        Side::Server => ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]),
    };
    let mut frame = Vec::with_capacity(14 + ip.len() + tcp.len());
    frame.extend(to);
    frame.extend(from);
    frame.extend([0x08, 0x00]);
    frame.extend(ip);
    frame.extend(tcp);
    frame
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(u16::from_be_bytes([*high, 0])),
        _ => 0,
    });
    let sum = words.fold(0_u32, |sum, word| {
        let sum = sum + word;
        (sum & 0xFFFF) + (sum >> 16)
    });
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
