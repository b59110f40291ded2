//! What holds for every connection, whatever the network and the capture did to it.

use proptest::prelude::*;

use super::{ACK, CLIENT, FIN, PUSH, SYN, SYN_ACK, endpoint, segment};
use crate::endpoint::{PerSide, Side};
use crate::ip::{Segment, TcpFlags, Via};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::tcp::{AssemblerLimits, Connection, Range64, Released, Seq, StreamEvent};

const ROOMY: AssemblerLimits = AssemblerLimits {
    out_of_order_bytes: 1 << 20,
    out_of_order_pieces: 4_096,
    sources: 4_096,
    recent: 256,
};

/// Bytes of one side as sent, all of them.
fn stream(side: Side, len: usize) -> Vec<u8> {
    let salt = if side == Side::Client { 7 } else { 101 };
    (0..len).map(|n| u8::try_from((n * 31 + salt + n / 251) % 251).unwrap_or(0)).collect()
}

/// A segment of the model: a side's bytes from one offset to another.
#[derive(Clone, Copy, Debug)]
struct Sent {
    side: Side,
    start: usize,
    end: usize,
    acked: usize,
    fin: bool,
}

/// What came out, checked on the way: contiguous from 0, true bytes, no empty step.
#[derive(Default)]
struct Heard {
    next: u64,
    missing: Vec<Range64>,
}

impl Heard {
    fn take(&mut self, event: StreamEvent<'_>, truth: &[u8]) {
        match event {
            StreamEvent::Data { offset, bytes } => {
                assert_eq!(offset, self.next, "contiguous");
                assert!(!bytes.is_empty(), "never empty");
                let from = usize::try_from(offset).expect("small");
                assert_eq!(Some(bytes), truth.get(from..from + bytes.len()), "at {offset}");
                self.next += bytes.len() as u64;
            }
            StreamEvent::Gap { range, .. } => {
                assert_eq!(range.start, self.next, "contiguous");
                assert!(!range.is_empty(), "never empty");
                self.missing.push(range);
                self.next = range.end;
            }
        }
    }
}

fn play(segments: &[Segment<'_>], truth: &PerSide<Vec<u8>>) -> (Connection, PerSide<Heard>) {
    let mut heard = PerSide::from_fn(|_| Heard::default());
    let opening = segment(Side::Client, -1, SYN, 0, &[]);
    let mut connection = Connection::new(&opening, ROOMY);
    let everything = segments.iter().copied().map(Some).chain([None]);
    for (number, next) in everything.enumerate() {
        match next {
            Some(mut next) => {
                next.at.number = PacketNumber::new(number as u64 + 1);
                if let Some((side, event)) = connection.receive(&next) {
                    heard[side].take(event, &truth[side]);
                }
            }
            None => connection.finish(),
        }
        while let Some((side, released)) = connection.release() {
            heard[side].take(released.as_event(), &truth[side]);
        }
    }
    (connection, heard)
}

fn model(len: PerSide<usize>) -> impl Strategy<Value = Vec<(Sent, bool)>> {
    let one = move |side: Side| {
        let (own, peer) = (len[side], len[!side]);
        (0..=own, 0..=own, 0..=peer, any::<bool>(), prop::bool::weighted(0.15)).prop_map(
            move |(a, b, acked, at_end, dropped)| {
                let (start, end) = (a.min(b), a.max(b));
                let end = if at_end && end + 20 > own { own } else { end };
                (Sent { side, start, end, acked, fin: end == own && at_end }, dropped)
            },
        )
    };
    prop::collection::vec(prop_oneof![one(Side::Client), one(Side::Server)], 0..60)
}

/// Cuts the whole of both streams into segments of up to `size` bytes: the backbone.
fn backbone(len: PerSide<usize>, size: usize) -> Vec<Sent> {
    let of = |side: Side| {
        (0..len[side]).step_by(size.max(1)).map(move |start| {
            let end = (start + size.max(1)).min(len[side]);
            Sent { side, start, end, acked: 0, fin: end == len[side] }
        })
    };
    of(Side::Client).chain(of(Side::Server)).collect()
}

fn on_wire<'t>(sent: &Sent, truth: &'t PerSide<Vec<u8>>) -> Segment<'t> {
    let bytes = truth[sent.side].get(sent.start..sent.end).unwrap_or_default();
    let flags = if sent.fin { FIN.with(PUSH) } else { PUSH };
    let offset = i64::try_from(sent.start).unwrap_or(0);
    segment(sent.side, offset, flags, i64::try_from(sent.acked).unwrap_or(0), bytes)
}

/// Which bytes of `side` are in one of `captured`.
fn covered(side: Side, len: usize, captured: &[Sent]) -> Vec<bool> {
    let mut seen = vec![false; len];
    for sent in captured.iter().filter(|sent| sent.side == side) {
        seen.iter_mut().take(sent.end).skip(sent.start).for_each(|seen| *seen = true);
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Segments of two known streams, shuffled, doubled, overlapping, some of them lost: whatever
    /// was captured comes out in its place, and whatever was not is in a gap.
    #[test]
    fn every_captured_byte_comes_out_and_every_other_one_is_in_a_gap(
        (len, extra, size, order) in (0..400_usize, 0..400_usize).prop_flat_map(|(client, server)| {
            let len = PerSide { client, server };
            (Just(len), model(len), 40..200_usize, any::<u64>())
        })
    ) {
        let truth = PerSide::from_fn(|side| stream(side, len[side]));
        let mut sent: Vec<(Sent, bool)> =
            backbone(len, size).into_iter().map(|sent| (sent, sent.start % 7 == 3)).collect();
        sent.extend(extra);
        shuffle(&mut sent, order);
        // Patience with a hole ends after 64 segments; what comes later than that is late.
        sent.truncate(60);
        let captured: Vec<Sent> =
            sent.iter().filter(|(_, dropped)| !dropped).map(|(sent, _)| *sent).collect();
        let syn = segment(Side::Client, -1, SYN, 0, &[]);
        let syn_ack = segment(Side::Server, -1, SYN_ACK, 0, &[]);
        let payload = captured.iter().map(|sent| on_wire(sent, &truth));
        let segments: Vec<Segment<'_>> = [syn, syn_ack].into_iter().chain(payload).collect();
        let (connection, heard) = play(&segments, &truth);

        for side in Side::BOTH {
            let seen = covered(side, len[side], &captured);
            let known = seen.iter().rposition(|seen| *seen).map_or(0, |last| last + 1) as u64;
            prop_assert!(heard[side].next >= known, "nothing captured is left behind");
            let heard_of = usize::try_from(heard[side].next).unwrap_or(0);
            for (offset, seen) in seen.iter().take(heard_of).enumerate() {
                let one = Range64 { start: offset as u64, end: offset as u64 + 1 };
                let missing = heard[side].missing.iter().any(|gap| gap.overlaps(one));
                prop_assert_eq!(*seen, !missing, "{} at {}", side, offset);
            }
            let summary = connection.summary(side);
            prop_assert_eq!(summary.end, heard[side].next);
            prop_assert!(summary.conflicts.is_empty(), "copies of the same bytes do not differ");
            let missing: u64 = heard[side].missing.iter().map(|gap| gap.len()).sum();
            prop_assert_eq!(summary.gap_bytes, missing);
            let peers = captured.iter().filter(|sent| sent.side != side);
            let acked = peers.map(|sent| sent.acked as u64).max();
            prop_assert_eq!(summary.acknowledged, acked.unwrap_or(0));
            let fin = captured.iter().find(|sent| sent.side == side && sent.fin);
            prop_assert_eq!(summary.fin.map(|fin| fin.offset), fin.map(|_| len[side] as u64));
            prop_assert!(summary.has_start);
        }
    }

    /// Every byte leads to the first packet that carried it.
    #[test]
    fn a_byte_is_cited_by_the_packet_that_brought_it_first(
        (len, order) in (1..300_usize, any::<u64>())
    ) {
        let len = PerSide { client: len, server: 0 };
        let truth = PerSide::from_fn(|side| stream(side, len[side]));
        let mut sent: Vec<(Sent, bool)> = [30, 70]
            .into_iter()
            .flat_map(|size| backbone(len, size))
            .map(|sent| (sent, false))
            .collect();
        shuffle(&mut sent, order);
        let opening = segment(Side::Client, -1, SYN, 0, &[]);
        let payload = sent.iter().map(|(sent, _)| on_wire(sent, &truth));
        let segments: Vec<Segment<'_>> = [opening].into_iter().chain(payload).collect();
        let (connection, _) = play(&segments, &truth);
        for offset in 0..len.client {
            let first = sent.iter().position(|(sent, _)| (sent.start..sent.end).contains(&offset));
            let cited = connection.locate(Side::Client, offset as u64);
            let cited = cited.map(|source| source.at.number.number());
            prop_assert_eq!(cited, first.map(|index| index as u64 + 2), "at {}", offset);
        }
    }

    /// No segments, however absurd, bring it down, and what waits stays within its limits.
    #[test]
    fn absurd_segments_are_survived(
        raw in prop::collection::vec(
            (
                any::<bool>(),
                any::<u32>(),
                any::<u32>(),
                any::<u8>(),
                any::<u16>(),
                0..40_usize,
                prop::option::weighted(0.1, any::<u32>()),
            ),
            0..200,
        ),
        near in any::<bool>(),
    ) {
        let payload = [0x5A; 40];
        let limits =
            AssemblerLimits { out_of_order_bytes: 200, out_of_order_pieces: 8, sources: 4, recent: 256 };
        let mut connection: Option<Connection> = None;
        let mut next = PerSide::<u64>::default();
        for (n, (from_client, seq, ack, flags, window, len, cut)) in raw.iter().enumerate() {
            let side = if *from_client { Side::Client } else { Side::Server };
            let narrow =
                |number: u32| if near { CLIENT.wrapping_add(number % 500) } else { number };
            let wild = Segment {
                at: PacketRef { number: PacketNumber::new(n as u64), time: Timestamp(i64::from(*seq)) },
                interface: 0,
                from: endpoint(side),
                to: endpoint(!side),
                seq: Seq(narrow(*seq)),
                ack: Seq(narrow(*ack)),
                flags: TcpFlags(*flags),
                window: *window,
                ttl: 64,
                ip_id: None,
                options: &[],
                via: Via::default(),
                payload: payload.get(..*len).unwrap_or_default(),
                cut: cut.unwrap_or(0),
            };
            let connection = connection.get_or_insert_with(|| Connection::new(&wild, limits));
            let _ = (connection.is_reopened_by(&wild), connection.accommodates(&wild));
            let _ = connection.is_over();
            let mut check = |side: Side, event: StreamEvent<'_>| {
                let (start, end) = match event {
                    StreamEvent::Data { offset, bytes } => (offset, offset + bytes.len() as u64),
                    StreamEvent::Gap { range, .. } => (range.start, range.end),
                };
                assert!(start == next[side] && end > start);
                next[side] = end;
            };
            if let Some((side, event)) = connection.receive(&wild) {
                check(side, event);
            }
            while let Some((side, released)) = connection.release() {
                check(side, released.as_event());
            }
            if n + 1 == raw.len() {
                connection.finish();
                while let Some((side, released)) = connection.release() {
                    check(side, released.as_event());
                }
                Side::BOTH.iter().for_each(|side| drop(connection.summary(*side)));
            }
        }
    }
}

/// A million one-byte segments, none of them in order, take no more than seconds.
#[test]
fn a_million_tiny_segments_out_of_order_are_put_in_order() {
    let limits = AssemblerLimits {
        out_of_order_bytes: 1 << 20,
        out_of_order_pieces: 1 << 20,
        sources: 1 << 10,
        recent: 256,
    };
    let opening = segment(Side::Client, -1, SYN, 0, &[]);
    let mut connection = Connection::new(&opening, limits);
    connection.receive(&opening);
    let mut bytes = 0;
    for offset in (0..1_000_000).rev() {
        let tiny = segment(Side::Client, offset, PUSH, 0, b"x");
        bytes += u32::from(connection.receive(&tiny).is_some());
        while connection.release().is_some() {
            bytes += 1;
        }
    }
    assert_eq!(bytes, 1_000_000);
}

/// A hole in front of a flood of small segments: each costs a look-up, not a walk.
#[test]
fn a_hole_that_is_never_filled_does_not_slow_the_rest() {
    let opening = segment(Side::Client, -1, SYN, 0, &[]);
    let mut connection = Connection::new(&opening, ROOMY);
    connection.receive(&opening);
    let mut gaps = 0;
    for offset in 0..500_000 {
        let tiny = segment(Side::Client, 3 * offset + 1, PUSH, 0, b"xx"); // every third is missing
        connection.receive(&tiny);
        if offset % 64 == 0 {
            connection.receive(&segment(Side::Server, 0, ACK, 3 * offset, &[]));
        }
        while let Some((_, released)) = connection.release() {
            gaps += u32::from(matches!(released, Released::Gap { .. }));
        }
    }
    assert!(gaps > 400_000);
}

/// A shuffle that depends on nothing but `seed`.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for at in (1..items.len()).rev() {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        let other = usize::try_from(state >> 33).unwrap_or(0) % (at + 1);
        items.swap(at, other);
    }
}
