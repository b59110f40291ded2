//! Connections as they are met on the wire, segment by segment.

mod laws;
mod twins;

use super::{AssemblerLimits, Connection, GapCause, Range64, Seq, StreamEvent};
use crate::endpoint::{Endpoint, PerSide, Side};
use crate::ip::{Segment, TcpFlags, Via};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};

const SYN: TcpFlags = TcpFlags::SYN;
const SYN_ACK: TcpFlags = TcpFlags::SYN.with(TcpFlags::ACK);
const ACK: TcpFlags = TcpFlags::ACK;
const PUSH: TcpFlags = TcpFlags::PSH.with(TcpFlags::ACK);
const FIN: TcpFlags = TcpFlags::FIN.with(TcpFlags::ACK);
const RST: TcpFlags = TcpFlags::RST;

/// The client's first byte is 1001, the server's is 4 before the wrap.
const CLIENT: u32 = 1_001;
const SERVER: u32 = u32::MAX - 3;

const LIMITS: AssemblerLimits = AssemblerLimits {
    out_of_order_bytes: 4_096,
    out_of_order_pieces: 64,
    sources: 256,
    recent: 256,
};

/// A connection under test and what was heard of each side: text for bytes, `[n..m cause]` for a
/// gap, with offsets.
struct Talk {
    connection: Option<Connection>,
    number: u64,
    heard: PerSide<String>,
}

fn first(side: Side) -> u32 {
    match side {
        Side::Client => CLIENT,
        Side::Server => SERVER,
    }
}

fn endpoint(side: Side) -> Endpoint {
    match side {
        Side::Client => Endpoint { address: [192, 0, 2, 1].into(), port: 50_000 },
        Side::Server => Endpoint { address: [192, 0, 2, 2].into(), port: 80 },
    }
}

/// A segment of `side` that stands at `offset` of its stream and acknowledges `acked` of the
/// peer's. Offset −1 is the SYN's.
fn segment(side: Side, offset: i64, flags: TcpFlags, acked: i64, payload: &[u8]) -> Segment<'_> {
    let wire = |side: Side, offset: i64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it wraps")]
        Seq(first(side).wrapping_add(offset as u32))
    };
    Segment {
        at: PacketRef { number: PacketNumber::new(1), time: Timestamp(0) },
        interface: 0,
        from: endpoint(side),
        to: endpoint(!side),
        seq: wire(side, offset),
        ack: wire(!side, acked),
        flags,
        window: 1_000,
        ttl: 64,
        ip_id: None,
        options: &[],
        via: Via::default(),
        payload,
        cut: 0,
    }
}

impl Talk {
    fn new() -> Talk {
        Talk { connection: None, number: 0, heard: PerSide::default() }
    }

    /// A connection that was opened by the book.
    fn open() -> Talk {
        let mut talk = Talk::new();
        talk.client(-1, SYN, 0, "");
        talk.server(-1, SYN_ACK, 0, "");
        talk.client(0, ACK, 0, "");
        talk
    }

    fn client(&mut self, offset: i64, flags: TcpFlags, acked: i64, payload: &str) {
        self.hear(segment(Side::Client, offset, flags, acked, payload.as_bytes()));
    }

    fn server(&mut self, offset: i64, flags: TcpFlags, acked: i64, payload: &str) {
        self.hear(segment(Side::Server, offset, flags, acked, payload.as_bytes()));
    }

    fn hear(&mut self, mut segment: Segment<'_>) {
        self.number += 1;
        // Far enough apart for what is the same to have been sent again.
        let time = i64::try_from(self.number).unwrap_or(0) * 10_000_000;
        segment.at = PacketRef { number: PacketNumber::new(self.number), time: Timestamp(time) };
        let connection = self.connection.get_or_insert_with(|| Connection::new(&segment, LIMITS));
        if let Some((side, event)) = connection.receive(&segment) {
            note(&mut self.heard[side], event);
        }
        self.release();
    }

    fn release(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        while let Some((side, released)) = connection.release() {
            note(&mut self.heard[side], released.as_event());
        }
    }

    fn finish(&mut self) {
        self.connection().finish();
        self.release();
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a segment was heard")
    }

    fn idle(&mut self, segments: u32) {
        (0..segments).for_each(|_| self.server(0, ACK, 0, ""));
    }
}

fn note(heard: &mut String, event: StreamEvent<'_>) {
    match event {
        StreamEvent::Data { bytes, .. } => heard.push_str(&String::from_utf8_lossy(bytes)),
        StreamEvent::Gap { range, cause } => {
            heard.push_str(&format!("[{}..{} {cause:?}]", range.start, range.end));
        }
    }
}

#[test]
fn bytes_in_order_pass_at_once_and_across_the_wrap() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "hello");
    talk.server(0, PUSH, 5, "ab");
    talk.server(2, PUSH, 5, "cdef"); // from 2 before the wrap to 2 behind it
    talk.server(6, PUSH, 5, "gh");
    assert_eq!((&*talk.heard.client, &*talk.heard.server), ("hello", "abcdefgh"));
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((summary.end, summary.acknowledged, summary.has_start), (5, 5, true));
    assert_eq!(summary.latest.and_then(|source| source.acked), Some(0));
}

#[test]
fn a_swapped_pair_is_put_in_order_and_each_byte_has_its_packet() {
    let mut talk = Talk::open();
    talk.client(3, PUSH, 0, "def"); // packet 4
    talk.client(0, PUSH, 0, "abc"); // packet 5
    assert_eq!(talk.heard.client, "abcdef");
    let located =
        |at| talk.connection.as_ref()?.locate(Side::Client, at).map(|s| s.at.number.number());
    assert_eq!(
        (located(0), located(2), located(3), located(5)),
        (Some(5), Some(5), Some(4), Some(4))
    );
}

#[test]
fn a_retransmission_says_nothing_new() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.client(0, PUSH, 0, "abc");
    talk.client(3, PUSH, 0, "def");
    talk.client(0, PUSH, 0, "abcdefghi"); // both once more, and on
    assert_eq!(talk.heard.client, "abcdefghi");
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((summary.repeated_bytes, summary.conflicts.len()), (9, 0));
}

#[test]
fn the_first_copy_stands_and_the_second_is_a_conflict() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.client(0, PUSH, 0, "aXc");
    talk.client(6, PUSH, 0, "ghi"); // waits
    talk.client(3, PUSH, 0, "defghX"); // fills, and contradicts what waits
    assert_eq!(talk.heard.client, "abcdefghi");
    let conflicts = talk.connection().summary(Side::Client).conflicts;
    assert_eq!(conflicts, [Range64 { start: 0, end: 3 }, Range64 { start: 6, end: 9 }]);
}

#[test]
fn a_keep_alive_may_make_its_byte_up() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, ACK, 3, "");
    talk.client(2, ACK, 0, "\0"); // one byte of garbage at next − 1
    talk.client(2, ACK, 0, ""); // or none
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((talk.heard.client.as_str(), summary.keep_alives), ("abc", 2));
    assert!(summary.conflicts.is_empty());
}

#[test]
fn a_made_up_byte_does_not_stand_for_one_that_was_lost() {
    let mut talk = Talk::open();
    // "abc" is lost; the peer has it.
    talk.server(0, ACK, 3, "");
    talk.client(2, ACK, 0, "\0");
    talk.client(3, PUSH, 0, "def");
    talk.finish();
    assert_eq!(talk.heard.client, "[0..3 NotCaptured]def");
}

#[test]
fn a_capture_that_begins_with_a_keep_alive_begins_behind_it() {
    let mut talk = Talk::new();
    talk.client(99, ACK, 50, "\0");
    talk.server(50, ACK, 100, "");
    talk.client(100, PUSH, 50, "abc");
    talk.finish();
    assert_eq!(talk.heard.client, "abc");
}

#[test]
fn a_syn_may_carry_data() {
    let mut talk = Talk::new();
    talk.client(-1, SYN, 0, "abc"); // RFC 7413
    talk.server(-1, SYN_ACK, 0, ""); // which the server does not take
    talk.client(0, PUSH, 0, "abcdef");
    assert_eq!(talk.heard.client, "abcdef");
}

#[test]
fn without_a_syn_the_lowest_number_is_the_start() {
    let mut talk = Talk::new();
    talk.client(503, PUSH, 70, "def");
    talk.client(500, PUSH, 70, "abc");
    assert_eq!(talk.heard.client, "", "more may come before it");
    talk.finish();
    assert_eq!(talk.heard.client, "abcdef");
    assert!(!talk.connection().summary(Side::Client).has_start);
}

#[test]
fn a_syn_captured_behind_the_data_is_still_the_start() {
    let mut talk = Talk::new();
    talk.client(3, PUSH, 0, "def");
    talk.client(0, PUSH, 0, "abc");
    talk.client(-1, SYN, 0, "");
    talk.server(-1, SYN_ACK, 0, "");
    assert_eq!(talk.heard.client, "abcdef");
    assert!(talk.connection().summary(Side::Client).has_start);
}

#[test]
fn a_syn_that_comes_too_late_does_not_claim_offset_0() {
    let mut talk = Talk::new();
    (0..10).for_each(|n| talk.client(100 + 2 * n, PUSH, 0, "ab"));
    talk.client(-1, SYN, 0, "");
    assert_eq!(talk.heard.client.len(), 20, "the start was decided");
    assert!(!talk.connection().summary(Side::Client).has_start);
}

#[test]
fn both_may_open_at_once() {
    let mut talk = Talk::new();
    talk.client(-1, SYN, 0, "");
    let crossing = segment(Side::Server, -1, SYN, 0, &[]);
    assert!(!talk.connection().is_reopened_by(&crossing));
    talk.server(-1, SYN, 0, "");
    talk.client(-1, SYN_ACK, 0, "");
    talk.server(-1, SYN_ACK, 0, "");
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, PUSH, 3, "xyz");
    assert_eq!((&*talk.heard.client, &*talk.heard.server), ("abc", "xyz"));
}

#[test]
fn one_side_may_end_and_the_other_talk_on() {
    let mut talk = Talk::open();
    talk.client(0, FIN, 0, "abc"); // FIN with data
    talk.server(0, PUSH, 4, "xyz");
    assert!(!talk.connection().is_over());
    talk.server(3, FIN, 4, "");
    assert!(talk.connection().is_over());
    talk.finish();
    assert_eq!((&*talk.heard.client, &*talk.heard.server), ("abc", "xyz"));
    let [client, server] = Side::BOTH.map(|side| talk.connection().summary(side));
    assert_eq!(client.fin.map(|fin| (fin.offset, fin.acked)), Some((3, Some(0))));
    assert_eq!(server.fin.map(|fin| (fin.offset, fin.acked)), Some((3, Some(4))));
    assert_eq!((client.acknowledged, client.end), (4, 3));
}

#[test]
fn a_fin_captured_before_the_data_ends_behind_it() {
    let mut talk = Talk::open();
    talk.client(3, FIN, 0, "");
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, ACK, 4, "");
    talk.finish();
    assert_eq!(talk.heard.client, "abc");
}

#[test]
fn of_a_fin_sent_twice_the_first_counts() {
    let mut talk = Talk::open();
    talk.client(0, FIN, 0, "");
    talk.server(0, PUSH, 0, "xyz");
    talk.client(0, FIN, 3, "");
    let fin = talk.connection().summary(Side::Client).fin.expect("a FIN");
    assert_eq!((fin.at.number.number(), fin.offset, fin.acked), (4, 0, Some(0)));
}

#[test]
fn a_repeated_fin_does_not_tell_what_the_lost_original_acknowledged() {
    let mut talk = Talk::open();
    // FIN at 0 was lost; it had acknowledged nothing.
    talk.server(0, PUSH, 0, "xyz");
    talk.client(1, ACK, 3, ""); // stands behind the FIN
    talk.client(0, FIN, 3, "");
    let fin = talk.connection().summary(Side::Client).fin.expect("a FIN");
    assert_eq!((fin.offset, fin.acked), (0, None));
}

#[test]
fn repeated_bytes_do_not_tell_what_the_lost_original_acknowledged() {
    let mut talk = Talk::open();
    // "abc" was lost.
    talk.server(0, PUSH, 0, "xyz");
    talk.client(3, ACK, 3, "");
    talk.client(0, PUSH, 3, "abcdef");
    let acked = |at| talk.connection.as_ref()?.locate(Side::Client, at)?.acked;
    assert_eq!((acked(0), acked(4)), (None, None), "one piece, one source");
    talk.client(6, PUSH, 3, "ghi");
    let acked = |at| talk.connection.as_ref()?.locate(Side::Client, at)?.acked;
    assert_eq!(acked(6), Some(3));
}

#[test]
fn a_reset_has_to_stand_where_the_peer_expects_it() {
    let mut talk = Talk::open();
    talk.server(0, PUSH, 0, "xyz");
    talk.client(0, ACK, 3, "");
    talk.server(0, RST, 0, ""); // behind what the client acknowledged
    talk.server(1 << 30 | 1 << 29, RST, 0, ""); // beyond any window
    let summary = talk.connection().summary(Side::Server);
    assert_eq!((summary.rst, summary.ignored_resets), (None, 2));
    talk.server(3, RST, 0, "");
    let summary = talk.connection().summary(Side::Server);
    assert_eq!(summary.rst.map(|rst| (rst.offset, rst.acked)), Some((3, None)));
    assert!(talk.connection().is_over());
}

#[test]
fn a_reset_that_the_peer_talks_past_was_none() {
    let mut talk = Talk::open();
    talk.server(5_000, RST, 0, ""); // a blind guess into the window
    assert!(talk.connection().is_over());
    (0..50).for_each(|n| talk.server(n * 200, PUSH, 0, &"x".repeat(200)));
    talk.client(0, ACK, 10_000, "");
    let summary = talk.connection().summary(Side::Server);
    assert_eq!((summary.rst, summary.ignored_resets), (None, 1));
    assert!(!talk.connection().is_over());
}

#[test]
fn a_refusal_is_a_reset_with_number_0() {
    let mut talk = Talk::new();
    talk.client(-1, SYN, 0, "");
    let mut refusal = segment(Side::Server, 0, RST.with(ACK), 0, &[]);
    refusal.seq = Seq(0);
    talk.hear(refusal);
    assert!(talk.connection().summary(Side::Server).rst.is_some());
}

#[test]
fn a_new_initial_number_opens_another_connection() {
    let mut talk = Talk::open();
    let again = |offset| segment(Side::Client, offset, SYN, 0, &[]);
    assert!(!talk.connection().is_reopened_by(&again(-1)), "the same SYN once more");
    assert!(talk.connection().is_reopened_by(&again(1_000_000)));
    assert!(talk.connection().is_reopened_by(&again(-1_000_000)));
}

/// The SYN that it answers was not captured.
#[test]
fn a_syn_ack_for_another_syn_opens_another_connection() {
    let mut talk = Talk::open();
    let answer = |offset, acked| segment(Side::Server, offset, SYN_ACK, acked, &[]);
    assert!(!talk.connection().is_reopened_by(&answer(-1, 0)), "the same once more");
    assert!(!talk.connection().is_reopened_by(&answer(500_000, 0)), "another cookie");
    assert!(talk.connection().is_reopened_by(&answer(500_000, 700_000)));
}

/// Of the connection before nothing was captured but its SYN.
#[test]
fn a_syn_ack_for_another_syn_does_not_answer_the_one_that_was_captured() {
    let mut talk = Talk::new();
    talk.client(-1, SYN, 0, "");
    let answer = |acked| segment(Side::Server, -1, SYN_ACK, acked, &[]);
    assert!(!talk.connection().is_reopened_by(&answer(0)));
    assert!(!talk.connection().is_reopened_by(&answer(300)), "with the bytes in the SYN");
    assert!(talk.connection().is_reopened_by(&answer(700_000)));
}

#[test]
fn what_fits_by_neither_number_ends_nothing() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "ask");
    talk.server(40_000_000, FIN, 90_000_000, "");
    talk.server(40_000_000, RST.with(ACK), 90_000_000, "");
    let summary = talk.connection().summary(Side::Server);
    assert!(summary.fin.is_none() && summary.rst.is_none());
    assert_eq!(summary.ignored_resets, 1);
    talk.server(40_000_000, FIN, 3, ""); // behind a hole
    assert!(talk.connection().summary(Side::Server).fin.is_some());
}

#[test]
fn a_syn_behind_its_first_acknowledgement_opens_nothing() {
    let mut talk = Talk::new();
    talk.server(-1, SYN_ACK, 0, "");
    talk.client(0, ACK, 0, "");
    let late = segment(Side::Client, -1, SYN, 0, &[]);
    assert!(!talk.connection().is_reopened_by(&late));
    talk.client(0, PUSH, 0, "abc");
    assert!(!talk.connection().is_reopened_by(&late), "nor behind the first bytes");
}

#[test]
fn a_stray_segment_of_the_dead_does_not_adopt_a_new_connection() {
    let mut talk = Talk::new();
    talk.server(900_000, FIN, 700_000, ""); // retransmitted into the void
    assert!(talk.connection().is_reopened_by(&segment(Side::Client, -1, SYN, 0, &[])));
}

#[test]
fn stragglers_are_told_from_the_successor_by_their_numbers() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    let straggler = segment(Side::Client, -400_000, ACK, -900_000, &[]);
    assert!(!talk.connection().accommodates(&straggler), "before the SYN");
    assert!(talk.connection().accommodates(&segment(Side::Client, 0, PUSH, 0, b"abc")));
    assert!(talk.connection().accommodates(&segment(Side::Client, 3, FIN, 0, &[])));
    assert!(!talk.connection().accommodates(&segment(Side::Client, 1 << 24, PUSH, 0, b"x")));
}

#[test]
fn a_lost_segment_is_a_gap_once_it_was_acknowledged_and_waited_for() {
    let mut talk = Talk::open();
    talk.client(3, PUSH, 0, "def"); // "abc" is missing
    talk.idle(100);
    assert_eq!(talk.heard.client, "", "it may still be on its way");
    talk.server(0, ACK, 6, "");
    assert_eq!(talk.heard.client, "[0..3 NotCaptured]def");
}

#[test]
fn a_hole_is_open_for_sixty_four_segments() {
    let mut talk = Talk::open();
    talk.client(3, PUSH, 0, "def");
    talk.server(0, ACK, 6, "");
    talk.idle(62);
    talk.client(0, PUSH, 0, "abc"); // the 64th
    assert_eq!(talk.heard.client, "abcdef");
    talk.client(9, PUSH, 0, "jkl");
    talk.server(0, ACK, 12, "");
    talk.idle(63);
    talk.client(6, PUSH, 0, "ghi");
    assert_eq!(talk.heard.client, "abcdef[6..9 NotCaptured]jkl");
}

#[test]
fn several_holes_wait_side_by_side() {
    let mut talk = Talk::open();
    (0..20).for_each(|n| talk.client(4 * n + 2, PUSH, 0, "ab")); // every second one is missing
    talk.server(0, ACK, 80, "");
    talk.idle(63);
    assert_eq!(talk.heard.client.matches("NotCaptured").count(), 20);
}

#[test]
fn too_much_that_waits_opens_the_way() {
    let mut talk = Talk::open();
    (1..=65).for_each(|n| talk.client(10 * n, PUSH, 0, "ab"));
    assert!(talk.heard.client.starts_with("[0..10 OverLimit]ab"), "{}", talk.heard.client);
}

#[test]
fn only_the_peers_acknowledgements_were_captured() {
    let mut talk = Talk::new();
    talk.server(-1, SYN_ACK, 0, "");
    talk.server(0, ACK, 100, "");
    talk.server(0, PUSH, 100, "xyz");
    talk.finish();
    assert_eq!((&*talk.heard.client, &*talk.heard.server), ("[0..100 NotCaptured]", "xyz"));
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((summary.segments, summary.end, summary.gap_bytes), (0, 100, 100));
}

#[test]
fn a_tail_that_was_acknowledged_is_missing() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, ACK, 9, "");
    talk.finish();
    assert_eq!(talk.heard.client, "abc[3..9 NotCaptured]");
}

#[test]
fn a_tail_before_a_fin_is_missing_without_the_number_of_the_fin() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.client(9, FIN, 0, "");
    talk.server(0, ACK, 6, "");
    talk.finish();
    assert_eq!(talk.heard.client, "abc[3..6 NotCaptured][6..9 NeverSeen]");
}

#[test]
fn a_tail_that_the_senders_own_number_tells_of_is_missing() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.client(9, ACK, 0, "");
    talk.finish();
    assert_eq!(talk.heard.client, "abc[3..9 NeverSeen]");
}

#[test]
fn the_number_of_a_lost_fin_is_no_byte() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, ACK, 4, ""); // FIN at 3
    talk.client(4, ACK, 0, "");
    talk.finish();
    assert_eq!(talk.heard.client, "abc");
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((summary.end, summary.acknowledged, summary.fin), (3, 4, None));
}

#[test]
fn what_the_snap_length_cut_is_a_gap_of_known_length() {
    let mut talk = Talk::open();
    let cut =
        |offset, payload, cut| Segment { cut, ..segment(Side::Client, offset, PUSH, 0, payload) };
    talk.hear(cut(0, b"abc", 7));
    talk.hear(cut(10, b"", 5)); // nothing but headers
    talk.client(15, PUSH, 0, "xyz");
    assert_eq!(talk.heard.client, "abc[3..10 SnapLength][10..15 SnapLength]xyz");
}

#[test]
fn real_bytes_are_preferred_to_cut_ones() {
    let mut talk = Talk::open();
    let cut = Segment { cut: 7, ..segment(Side::Client, 3, PUSH, 0, b"def") };
    talk.hear(cut); // 3..6 and 6..13 cut
    talk.client(8, PUSH, 0, "ij"); // in the midst of the cut
    talk.client(0, PUSH, 0, "abc");
    talk.client(13, PUSH, 0, "n");
    assert_eq!(talk.heard.client, "abcdef[6..8 SnapLength]ij[10..13 SnapLength]n");
}

#[test]
fn closed_windows_are_counted() {
    let mut talk = Talk::open();
    let closed = Segment { window: 0, ..segment(Side::Server, 0, ACK, 0, &[]) };
    talk.hear(closed);
    assert_eq!(talk.connection().summary(Side::Server).zero_windows, 1);
}

#[test]
fn an_acknowledgement_beyond_any_window_is_not_believed() {
    let mut talk = Talk::open();
    talk.client(0, PUSH, 0, "abc");
    talk.server(0, ACK, 1 << 30 | 1 << 29, "");
    talk.finish();
    let summary = talk.connection().summary(Side::Client);
    assert_eq!((talk.heard.client.as_str(), summary.acknowledged), ("abc", 0));
}

#[test]
fn offsets_go_on_beyond_four_gibibytes() {
    let mut talk = Talk::open();
    let block = vec![b'x'; 1 << 24];
    for n in 0..260_i64 {
        let offset = n << 24;
        let connection = talk.connection();
        let event = connection.receive(&segment(Side::Client, offset, PUSH, 0, &block));
        let heard = match event {
            Some((_, StreamEvent::Data { offset, .. })) => i64::try_from(offset).ok(),
            _ => None,
        };
        assert_eq!(heard, Some(offset));
    }
    assert_eq!(talk.connection().summary(Side::Client).end, 260 << 24);
}

#[test]
fn sides_may_turn_out_to_be_the_other_way_round() {
    let mut talk = Talk::new();
    talk.server(100, PUSH, 50, "xyz");
    assert_eq!(talk.connection().sender(&segment(Side::Server, 0, ACK, 0, &[])), Side::Client);
    talk.connection().swap_sides();
    assert_eq!(talk.connection().sender(&segment(Side::Server, 0, ACK, 0, &[])), Side::Server);
    talk.finish();
    assert_eq!(talk.heard.server, "xyz");
}

#[test]
fn a_gap_is_never_empty_and_has_a_cause() {
    let mut talk = Talk::open();
    talk.client(5, PUSH, 0, "f");
    talk.finish();
    let gaps = talk.connection().summary(Side::Client).gaps;
    assert_eq!(gaps, [(Range64 { start: 0, end: 5 }, GapCause::NeverSeen)]);
}
