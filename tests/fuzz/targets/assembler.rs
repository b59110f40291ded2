//! TCP put in order, against a model that has all the bytes.
//!
//! The input decides what the network and the capture do to a connection of which both streams are
//! known: every byte of what comes out is the one that was sent, what was captured in time comes
//! out, what is missing is named, and nothing is said to have arrived that was not acknowledged.

use wsblame::endpoint::{Endpoint, PerSide, Side};
use wsblame::ip::{Segment, TcpFlags, Via};
use wsblame::provenance::{PacketNumber, PacketRef, Timestamp};
use wsblame::tcp::{AssemblerLimits, Connection, GapCause, Seq, StreamEvent};

use super::tape::Tape;

/// As long as a stream may be.
const MOST: usize = 3_000;

/// One side as it is: what it has to say, and where its numbers begin.
struct Speaker {
    stream: Vec<u8>,
    /// The number of its SYN.
    isn: u32,
    /// Up to which of its bytes the peer has acknowledged, in any segment that was captured.
    acked: usize,
    /// For each byte the packets that carried it, and whether it has to come out.
    carriers: Vec<Vec<u64>>,
    due: Vec<bool>,
    /// For each byte whether another one was captured in its place.
    disputed: Vec<bool>,
}

/// What came out of one side.
#[derive(Default)]
struct Heard {
    /// Offset of the next byte, counted from the first that came out.
    next: u64,
    /// Bytes of the stream before the first that came out.
    before: Option<usize>,
    gaps: Vec<(u64, u64)>,
}

struct Model {
    sides: PerSide<Speaker>,
    heard: PerSide<Heard>,
    connection: Connection,
    packets: u64,
    has_lied: bool,
}

fn endpoint(side: Side) -> Endpoint {
    match side {
        Side::Client => Endpoint { address: [192, 0, 2, 1].into(), port: 50_000 },
        Side::Server => Endpoint { address: [192, 0, 2, 2].into(), port: 80 },
    }
}

impl Speaker {
    fn new(len: usize, isn: u32, salt: usize) -> Speaker {
        let stream = (0..len).map(|n| ((n * 31 + salt + n / 251) % 251) as u8).collect();
        let (carriers, due) = (vec![Vec::new(); len], vec![false; len]);
        Speaker { stream, isn, acked: 0, carriers, due, disputed: vec![false; len] }
    }

    /// The number of the byte at `offset`.
    fn seq(&self, offset: usize) -> Seq {
        Seq(self.isn.wrapping_add(1).wrapping_add(offset as u32))
    }
}

/// One segment of a side, as the network or the capture made it.
struct Sent {
    side: Side,
    start: usize,
    end: usize,
    flags: u8,
    acked: Option<usize>,
    /// Bytes at its end that the snap length cut off.
    cut: usize,
    /// Whether another byte stands in the place of its first.
    lies: bool,
    time: i64,
    interface: u32,
    ip_id: u16,
}

impl Model {
    fn take(&mut self, side: Side, event: StreamEvent<'_>) {
        let (speaker, heard) = (&self.sides[side], &mut self.heard[side]);
        let before = *heard.before.get_or_insert_with(|| {
            let first = self.connection.sequence(side, 0).expect("it has begun");
            let before = first.distance_from(speaker.seq(0));
            usize::try_from(before).expect("nothing is sent before the SYN")
        });
        match event {
            StreamEvent::Data { offset, bytes } => {
                assert_eq!(offset, heard.next, "{side}: contiguous");
                assert!(!bytes.is_empty(), "{side}: empty data");
                let from = before + offset as usize;
                for (at, byte) in (from..).zip(bytes) {
                    let sent = *speaker.stream.get(at).expect("it was sent");
                    let fits = *byte == sent || (speaker.disputed[at] && *byte == !sent);
                    assert!(fits, "{side}: {byte:#x} at {at}, where {sent:#x} was sent");
                    assert!(!speaker.carriers[at].is_empty(), "{side}: {at} was not captured");
                    let source = self.connection.locate(side, (at - before) as u64);
                    let number = source.expect("it is known who carried it").at.number.number();
                    let carried = speaker.carriers[at].contains(&number);
                    assert!(carried, "{side}: {at} is not in packet {number}");
                }
                heard.next += bytes.len() as u64;
            }
            StreamEvent::Gap { range, cause } => {
                assert_eq!(range.start, heard.next, "{side}: contiguous");
                assert!(range.start < range.end, "{side}: empty gap");
                let end = before + range.end as usize;
                assert!(end <= speaker.stream.len() + 1, "{side}: a gap up to {end}");
                // A FIN is acknowledged by the number behind the last byte.
                let arrived = speaker.acked + usize::from(speaker.acked == speaker.stream.len());
                let claims = cause == GapCause::NotCaptured;
                assert!(!claims || end <= arrived, "{side}: {end} was not acknowledged");
                heard.gaps.push((range.start, range.end));
                heard.next = range.end;
            }
        }
    }

    fn drain(&mut self) {
        while let Some((side, released)) = self.connection.release() {
            self.take(side, released.as_event());
        }
    }

    fn send(&mut self, sent: &Sent) {
        self.packets += 1;
        let at = PacketRef { number: PacketNumber::new(self.packets), time: Timestamp(sent.time) };
        let speaker = &self.sides[sent.side];
        let whole = &speaker.stream[sent.start..sent.end];
        let kept = whole.len().saturating_sub(sent.cut);
        let mut payload = whole[..kept].to_vec();
        if let Some(first) = payload.first_mut().filter(|_| sent.lies) {
            *first = !*first;
        }
        let (cut, len) = ((whole.len() - kept) as u32, whole.len());
        let syn = sent.flags & TcpFlags::SYN.0 != 0;
        let seq = if syn { Seq(speaker.isn) } else { speaker.seq(sent.start) };
        let ack = self.sides[!sent.side].seq(sent.acked.unwrap_or(0));
        let ack_flag = if sent.acked.is_some() { TcpFlags::ACK.0 } else { 0 };
        let segment = Segment {
            at,
            interface: sent.interface,
            from: endpoint(sent.side),
            to: endpoint(!sent.side),
            seq,
            ack,
            flags: TcpFlags(sent.flags | ack_flag),
            window: 0xFFFF,
            ttl: 64,
            ip_id: Some(sent.ip_id),
            options: &[],
            via: Via::default(),
            payload: &payload,
            cut,
        };
        if let Some(acked) = sent.acked {
            let peer = &mut self.sides[!sent.side];
            peer.acked = peer.acked.max(acked);
        }
        let heard = &self.heard[sent.side];
        let passed = heard.before.map_or(0, |before| before + heard.next as usize);
        // A single byte that is not pushed may be one that a probe has made up.
        let is_doubtful = len == 1 && sent.flags & TcpFlags::PSH.0 == 0;
        let speaker = &mut self.sides[sent.side];
        if sent.flags & TcpFlags::RST.0 == 0 {
            for place in sent.start..sent.start + kept {
                speaker.carriers[place].push(self.packets);
                speaker.due[place] |= place >= passed && !is_doubtful;
                speaker.disputed[place] |= sent.lies && place == sent.start;
            }
            self.has_lied |= sent.lies && kept > 0;
        }
        if let Some((side, event)) = self.connection.receive(&segment) {
            assert_eq!(side, sent.side);
            self.take(side, event);
        }
        self.drain();
    }

    /// The capture is over.
    fn finish(&mut self) {
        self.connection.finish();
        self.drain();
        for side in Side::BOTH {
            let (speaker, heard) = (&self.sides[side], &self.heard[side]);
            let summary = self.connection.summary(side);
            assert_eq!(summary.end, heard.next, "{side}: all is accounted for");
            let gap_bytes: u64 = heard.gaps.iter().map(|(start, end)| end - start).sum();
            assert_eq!(summary.gap_bytes, gap_bytes, "{side}");
            assert!(self.has_lied || summary.conflicts.is_empty(), "{side}: {summary:?}");
            let before = heard.before.unwrap_or(0);
            for place in before..speaker.stream.len() {
                let offset = (place - before) as u64;
                let missing =
                    heard.gaps.iter().any(|(start, end)| (*start..*end).contains(&offset));
                let came = offset < heard.next && !missing;
                assert!(came || !speaker.due[place], "{side}: {place} was captured in time");
            }
            assert!(heard.before.is_some() || !speaker.due.contains(&true), "{side}: nothing came");
        }
        assert!(self.connection.release().is_none());
    }
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let roomy = tape.byte();
    let limits = AssemblerLimits {
        out_of_order_bytes: if roomy & 1 == 0 { 1 << 20 } else { 64 + tape.up_to(2_000) },
        out_of_order_pieces: if roomy & 2 == 0 { 4_096 } else { 2 + tape.below(30) },
        sources: 8_192,
        recent: 1 + tape.below(64),
    };
    let lens = PerSide::from_fn(|_| tape.up_to(MOST));
    // Near where the numbers wrap, where it matters.
    let isn = |tape: &mut Tape<'_>| match tape.one_in(2) {
        true => (-(tape.up_to(MOST) as i32)).cast_unsigned(),
        false => tape.word(),
    };
    let isns = PerSide::from_fn(|_| isn(&mut tape));
    let sides = PerSide::from_fn(|side| {
        Speaker::new(lens[side], isns[side], if side == Side::Client { 7 } else { 101 })
    });
    let opening = Segment {
        at: PacketRef { number: PacketNumber::new(1), time: Timestamp(0) },
        interface: 0,
        from: endpoint(Side::Client),
        to: endpoint(Side::Server),
        seq: Seq(isns.client),
        ack: Seq(0),
        flags: TcpFlags::SYN,
        window: 0xFFFF,
        ttl: 64,
        ip_id: Some(0),
        options: &[],
        via: Via::default(),
        payload: &[],
        cut: 0,
    };
    let connection = Connection::new(&opening, limits);
    let heard = PerSide::from_fn(|_| Heard::default());
    let mut model = Model { sides, heard, connection, packets: 0, has_lied: false };
    let mut at = PerSide { client: 0_usize, server: 0_usize };
    let mut time = 0;
    let mut steps = 0;
    while !tape.is_over() && steps < 400 {
        steps += 1;
        let what = tape.byte();
        let side = if what & 1 == 0 { Side::Client } else { Side::Server };
        let len = lens[side];
        time += i64::from(tape.byte()) * 10_000 - if what & 0x40 == 0 { 0 } else { 500_000 };
        let mut sent = Sent {
            side,
            start: at[side],
            end: at[side],
            flags: 0,
            acked: Some(at[!side]),
            cut: 0,
            lies: false,
            time,
            interface: 0,
            ip_id: model.packets as u16,
        };
        match what >> 1 & 0xF {
            0 => {
                // Every connection begins with these, if they are captured.
                sent = Sent { flags: TcpFlags::SYN.0, start: 0, end: 0, ..sent };
                if side == Side::Client {
                    sent.acked = None;
                } else {
                    sent.acked = Some(0);
                }
            }
            1 => {
                // An older or a later piece than the one that is due.
                sent.start = tape.up_to(len);
                sent.end = (sent.start + tape.up_to(600)).min(len);
            }
            2 => {
                // Lost, but for what it brought forward.
                at[side] = (at[side] + tape.up_to(600)).min(len);
                continue;
            }
            3 => sent.acked = Some(tape.up_to(lens[!side])),
            4 => {
                sent.end = (sent.start + tape.up_to(600)).min(len);
                sent.cut = tape.up_to(600);
            }
            5 => {
                sent.start = at[side].saturating_sub(tape.up_to(600));
                sent.end = (sent.start + tape.up_to(1_200)).min(len);
                sent.lies = tape.one_in(4);
            }
            6 => {
                // The end, or what a retransmission takes it for.
                sent.end = len;
                sent.flags = TcpFlags::FIN.0;
            }
            7 if tape.one_in(8) => sent.flags = TcpFlags::RST.0,
            8 => {
                // A second capture of what may be the same segment.
                sent.start = at[side].saturating_sub(tape.up_to(200));
                sent.end = at[side];
                sent.ip_id = sent.ip_id.wrapping_sub(u16::from(tape.byte() & 3));
                sent.interface = u32::from(tape.byte() & 1);
            }
            _ => sent.end = (sent.start + tape.below(200)).min(len),
        }
        if what & 0x80 != 0 {
            sent.flags |= TcpFlags::PSH.0;
        }
        if what & 0x20 != 0 && sent.flags & TcpFlags::SYN.0 == 0 {
            sent.acked = sent.acked.map(|acked| acked.saturating_sub(tape.below(64)));
        }
        if sent.flags & TcpFlags::RST.0 != 0 {
            sent.end = sent.start;
        }
        at[side] = at[side].max(sent.end);
        model.send(&sent);
    }
    model.finish();
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    // Both SYNs, then data this way and that; the same with losses, in other orders, at limits.
    let head =
        |limits: u8| [&[limits][..], &[20, 200, 3, 220, 5, 0, 1, 2, 3, 4, 1, 10, 0]].concat();
    let open = [0, 1, 1, 1];
    let talk: Vec<u8> = (0..40).flat_map(|n| [0x92 | (n & 1), 3, 50 + n]).collect();
    let mixed: Vec<u8> = (0..60_u8).flat_map(|n| [n.wrapping_mul(37), 2, n, n / 3, 1, n]).collect();
    let ends = [12, 1, 13, 1];
    (0..4_u8)
        .flat_map(|limits| {
            [
                [&head(limits)[..], &open, &talk, &ends].concat(),
                [&head(limits)[..], &talk, &ends].concat(),
                [&head(limits)[..], &open, &mixed].concat(),
                [&head(limits)[..], &mixed, &talk].concat(),
            ]
        })
        .collect()
}
