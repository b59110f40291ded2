//! Packets on the wire, and the TCP connections they belong to.
//!
//! In: who says what to whom. Out: a capture in pcap's classic format, written to any sink as it
//! grows, so that it may be larger than memory. Checksums are 0.

use std::io::{self, Write};

use wsblame::endpoint::{PerSide, Side};
use wsblame::ip::TcpFlags;

use super::{Chance, Truth};

/// What has been captured so far.
pub(super) struct Wire<'w> {
    sink: &'w mut dyn Write,
    buffer: Vec<u8>,
    /// Bytes that the sink has.
    flushed: u64,
    /// What is wrong with the sink. From then on nothing is captured.
    failed: Option<io::Error>,
    pub(super) truth: Truth,
    pub(super) chance: Chance,
    /// Microseconds since the start.
    now: u64,
    /// The frame that is being made.
    pub(super) frame: Vec<u8>,
}

/// The most payload of a segment.
pub(super) const SEGMENT: usize = 1_460;
/// Bytes that are written at once.
const BLOCK: usize = 1 << 20;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// One end of a transport connection.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) ip: [u8; 4],
    pub(super) port: u16,
}

impl Address {
    /// Client number `number`: no other has the same address and port.
    pub(super) fn client(number: usize) -> Address {
        let [.., a, b, c] = (number as u64 / 20_000).to_be_bytes();
        Address { ip: [10, a, b, c], port: 20_000 + (number % 20_000) as u16 }
    }

    pub(super) fn server(port: u16) -> Address {
        Address { ip: [198, 51, 100, 20], port }
    }
}

impl Wire<'_> {
    pub(super) fn new(seed: u64, sink: &mut dyn Write) -> Wire<'_> {
        let mut buffer = Vec::with_capacity(BLOCK + (1 << 17));
        buffer.extend(0xA1B2_C3D4_u32.to_le_bytes());
        buffer.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
        let (truth, chance) = (Truth::default(), Chance(seed));
        let (flushed, failed, now, frame) = (0, None, 0, Vec::new());
        Wire { sink, buffer, flushed, failed, truth, chance, now, frame }
    }

    /// Bytes of the capture so far; as many as there can be when nobody takes them.
    pub(super) fn bytes(&self) -> u64 {
        match self.failed {
            None => self.flushed + self.buffer.len() as u64,
            Some(_) => u64::MAX,
        }
    }

    /// Hands the last bytes to the sink.
    pub(super) fn finish(mut self) -> io::Result<Truth> {
        self.flush();
        match self.failed {
            None => self.sink.flush().map(|()| self.truth),
            Some(error) => Err(error),
        }
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            self.flushed += self.buffer.len() as u64;
            self.failed = self.sink.write_all(&self.buffer).err();
        }
        self.buffer.clear();
    }

    fn flush_if_full(&mut self) {
        if self.buffer.len() >= BLOCK {
            self.flush();
        }
    }

    /// Begins a packet of so many bytes.
    fn record(&mut self, len: usize) {
        self.now += 10;
        self.truth.packets += 1;
        let out = &mut self.buffer;
        out.extend((1_767_268_800 + (self.now / 1_000_000) as u32).to_le_bytes());
        out.extend(((self.now % 1_000_000) as u32).to_le_bytes());
        out.extend((len as u32).to_le_bytes());
        out.extend((len as u32).to_le_bytes());
    }

    /// Captures an IPv4 packet on Ethernet.
    fn packet(&mut self, from: Address, to: Address, protocol: u8, transport: &[u8], data: &[u8]) {
        let ip_len = 20 + transport.len() + data.len();
        self.record(14 + ip_len);
        let out = &mut self.buffer;
        out.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
        out.extend((ip_len as u16).to_be_bytes());
        out.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
        out.extend(from.ip);
        out.extend(to.ip);
        out.extend_from_slice(transport);
        out.extend_from_slice(data);
        self.flush_if_full();
    }

    /// Captures what an Ethernet header with this type carries.
    pub(super) fn ethernet(&mut self, ether_type: u16, data: &[u8]) {
        self.record(14 + data.len());
        self.buffer.extend([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
        self.buffer.extend(ether_type.to_be_bytes());
        self.buffer.extend_from_slice(data);
        self.flush_if_full();
    }

    /// Captures a TCP segment.
    pub(super) fn segment(
        &mut self,
        [from, to]: [Address; 2],
        [seq, ack]: [u32; 2],
        flags: TcpFlags,
        data: &[u8],
    ) {
        let mut header = [0; 20];
        header[..2].copy_from_slice(&from.port.to_be_bytes());
        header[2..4].copy_from_slice(&to.port.to_be_bytes());
        header[4..8].copy_from_slice(&seq.to_be_bytes());
        header[8..12].copy_from_slice(&ack.to_be_bytes());
        header[12..16].copy_from_slice(&[0x50, flags.0, 0xFA, 0xF0]);
        self.packet(from, to, TCP, &header, data);
    }

    /// Captures a UDP datagram.
    pub(super) fn datagram(&mut self, from: Address, to: Address, data: &[u8]) {
        self.truth.udp_packets += 1;
        let mut header = [0; 8];
        header[..2].copy_from_slice(&from.port.to_be_bytes());
        header[2..4].copy_from_slice(&to.port.to_be_bytes());
        header[4..6].copy_from_slice(&(8 + data.len() as u16).to_be_bytes());
        self.packet(from, to, UDP, &header, data);
    }
}

/// One TCP connection.
pub(super) struct Stream {
    ends: PerSide<Address>,
    next: PerSide<u32>,
}

impl Stream {
    /// Opens connection number `number`.
    pub(super) fn new(number: usize, port: u16, wire: &mut Wire<'_>) -> Stream {
        wire.truth.tcp_connections += 1;
        let ends = PerSide { client: Address::client(number), server: Address::server(port) };
        let next = PerSide { client: wire.chance.next() as u32, server: wire.chance.next() as u32 };
        let mut stream = Stream { ends, next };
        stream.segment(Side::Client, TcpFlags::SYN, &[], wire);
        stream.segment(Side::Server, TcpFlags::SYN.with(TcpFlags::ACK), &[], wire);
        stream.segment(Side::Client, TcpFlags::ACK, &[], wire);
        stream
    }

    fn segment(&mut self, side: Side, flags: TcpFlags, data: &[u8], wire: &mut Wire<'_>) {
        let ack = if flags.has(TcpFlags::ACK) { self.next[!side] } else { 0 };
        let (ends, numbers) = ([self.ends[side], self.ends[!side]], [self.next[side], ack]);
        wire.segment(ends, numbers, flags, data);
        let phantom = flags.has(TcpFlags::SYN) || flags.has(TcpFlags::FIN);
        self.next[side] = self.next[side].wrapping_add(data.len() as u32 + u32::from(phantom));
    }

    /// Sends bytes. The peer acknowledges every second segment, and the last one now or with what
    /// it says next.
    pub(super) fn send(&mut self, side: Side, bytes: &[u8], wire: &mut Wire<'_>) {
        let mut chunks = bytes.chunks(SEGMENT).peekable();
        let mut unacknowledged = 0;
        while let Some(chunk) = chunks.next() {
            self.segment(side, TcpFlags::PSH.with(TcpFlags::ACK), chunk, wire);
            unacknowledged += 1;
            if unacknowledged == 2 && chunks.peek().is_some() {
                self.acknowledge(!side, wire);
                unacknowledged = 0;
            }
        }
        if wire.chance.one_in(2) {
            self.acknowledge(!side, wire);
        }
    }

    /// Sends so many bytes of which the capture has nothing, or has it already.
    pub(super) fn skip(&mut self, side: Side, len: usize) {
        self.next[side] = self.next[side].wrapping_add(len as u32);
    }

    /// Captures a segment so far behind what was sent last.
    pub(super) fn put(&mut self, side: Side, behind: usize, data: &[u8], wire: &mut Wire<'_>) {
        let numbers = [self.next[side].wrapping_add(behind as u32), self.next[!side]];
        wire.segment([self.ends[side], self.ends[!side]], numbers, TcpFlags::ACK, data);
    }

    fn acknowledge(&mut self, side: Side, wire: &mut Wire<'_>) {
        self.segment(side, TcpFlags::ACK, &[], wire);
    }

    pub(super) fn end(&mut self, first: Side, wire: &mut Wire<'_>) {
        let fin = TcpFlags::FIN.with(TcpFlags::ACK);
        self.segment(first, fin, &[], wire);
        self.segment(!first, fin, &[], wire);
        self.acknowledge(first, wire);
    }
}
