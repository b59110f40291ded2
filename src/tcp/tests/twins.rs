//! Packets that were captured twice, and clocks that differ.

use super::{ACK, FIN, LIMITS, PUSH, RST, SYN, SYN_ACK, note, segment};
use crate::endpoint::{PerSide, Side};
use crate::ip::{Segment, Via};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::tcp::{Connection, Range64, Summary};

const MS: i64 = 1_000_000;

/// Datagrams as their senders made them, captured at one or several points.
struct Points {
    connection: Option<Connection>,
    number: u64,
    heard: PerSide<String>,
}

/// Where and when a datagram was captured.
#[derive(Clone, Copy)]
struct Point {
    interface: u32,
    via: u64,
    hops: u8,
    ahead: i64,
}

const HERE: Point = Point { interface: 0, via: 0, hops: 0, ahead: 0 };
/// Behind a router, on the same host.
const BEHIND: Point = Point { interface: 1, via: 7, hops: 1, ahead: MS / 10 };
/// On another host, whose clock is three seconds behind.
const AFAR: Point = Point { interface: 1, via: 0, hops: 3, ahead: -3_000 * MS };

fn datagram<'b>(
    side: Side,
    offset: i64,
    flags: crate::ip::TcpFlags,
    acked: i64,
    payload: &'b str,
    ip_id: u16,
) -> Segment<'b> {
    Segment {
        ip_id: (ip_id > 0).then_some(ip_id),
        ..segment(side, offset, flags, acked, payload.as_bytes())
    }
}

impl Points {
    fn new() -> Points {
        Points { connection: None, number: 0, heard: PerSide::default() }
    }

    /// Captures `datagram` at `point`; `time` is the true one.
    fn capture(&mut self, mut datagram: Segment<'_>, point: Point, time: i64) {
        self.number += 1;
        let time = Timestamp(time + point.ahead);
        datagram.at = PacketRef { number: PacketNumber::new(self.number), time };
        datagram.interface = point.interface;
        datagram.via = Via(point.via);
        datagram.ttl -= point.hops;
        let connection = self.connection.get_or_insert_with(|| Connection::new(&datagram, LIMITS));
        if let Some((side, event)) = connection.receive(&datagram) {
            note(&mut self.heard[side], event);
        }
        while let Some((side, released)) = connection.release() {
            note(&mut self.heard[side], released.as_event());
        }
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("something was captured")
    }

    fn summary(&mut self, side: Side) -> Summary {
        self.connection().summary(side)
    }
}

/// A short connection with the true times of its datagrams; the identification fields count up
/// from `first_id`, or are all 0.
fn talk(first_id: u16) -> Vec<(Segment<'static>, i64)> {
    let id = |n: u16| if first_id == 0 { 0 } else { first_id + n };
    vec![
        (datagram(Side::Client, -1, SYN, 0, "", id(0)), 0),
        (datagram(Side::Server, -1, SYN_ACK, 0, "", id(500)), 10 * MS),
        (datagram(Side::Client, 0, ACK, 0, "", id(1)), 20 * MS),
        (datagram(Side::Client, 0, PUSH, 0, "hello", id(2)), 100 * MS),
        (datagram(Side::Server, 0, ACK, 5, "", id(501)), 110 * MS),
        (datagram(Side::Server, 0, PUSH, 5, "xyz", id(502)), 4_000 * MS),
        (datagram(Side::Client, 5, ACK, 3, "", id(3)), 4_010 * MS),
        (datagram(Side::Client, 5, FIN, 3, "", id(4)), 9_000 * MS),
        (datagram(Side::Server, 3, FIN, 6, "", id(503)), 9_010 * MS),
        (datagram(Side::Client, 6, ACK, 4, "", id(5)), 9_020 * MS),
    ]
}

/// What matters of a summary.
fn gist(summary: &Summary) -> String {
    let time = |at: PacketRef| at.time;
    format!(
        "{:?} {} {} {} {:?} {:?} {:?} {} {:?}",
        (summary.segments, summary.end, summary.acknowledged),
        summary.reached,
        summary.repeated_bytes,
        summary.keep_alives,
        summary.latest.map(|latest| (time(latest.at), latest.acked)),
        summary.fin.map(|fin| (time(fin.at), fin.offset, fin.acked, fin.answered)),
        summary.gaps,
        summary.conflicts.len(),
        summary.rst,
    )
}

#[test]
fn a_packet_captured_twice_counts_once() {
    for first_id in [0, 1_000] {
        let (mut once, mut twice) = (Points::new(), Points::new());
        for (datagram, time) in talk(first_id) {
            once.capture(datagram, HERE, time);
            twice.capture(datagram, HERE, time);
            twice.capture(datagram, BEHIND, time);
        }
        assert_eq!(twice.heard, once.heard);
        for side in Side::BOTH {
            assert_eq!(gist(&twice.summary(side)), gist(&once.summary(side)));
            let copies = twice.summary(side).captured_twice;
            assert!(copies >= 3 && once.summary(side).captured_twice == 0, "{copies}");
        }
    }
}

#[test]
fn the_same_on_two_hosts_whose_clocks_differ_counts_once() {
    for afar in [AFAR, Point { ahead: 400 * MS, ..AFAR }, Point { ahead: 86_400_000 * MS, ..AFAR }]
    {
        let (mut once, mut merged) = (Points::new(), Points::new());
        talk(1_000).iter().for_each(|(datagram, time)| once.capture(*datagram, HERE, *time));
        // Merged by time: the host whose clock is behind comes first with everything.
        let mut all: Vec<(Segment<'_>, Point, i64)> = talk(1_000)
            .into_iter()
            .flat_map(|(datagram, time)| [(datagram, HERE, time), (datagram, afar, time)])
            .collect();
        all.sort_by_key(|(_, point, time)| time + point.ahead);
        all.iter().for_each(|(datagram, point, time)| merged.capture(*datagram, *point, *time));
        assert_eq!(merged.heard, once.heard);
        for side in Side::BOTH {
            let (merged, once) = (merged.summary(side), once.summary(side));
            assert_eq!((merged.segments, merged.repeated_bytes), (once.segments, 0));
            assert_eq!(merged.fin.map(|fin| fin.answered), once.fin.map(|fin| fin.answered));
            assert_eq!(merged.captured_twice, once.segments);
        }
        let offset = merged.connection().clock_offset().expect("two clocks");
        assert_eq!(offset.abs(), afar.ahead.abs());
        assert_eq!(merged.connection().clock_doubt(), 0);
    }
}

#[test]
fn what_one_host_missed_gets_its_place_in_time() {
    let mut points = Points::new();
    for (n, (datagram, time)) in talk(1_000).into_iter().enumerate() {
        if n != 5 {
            points.capture(datagram, HERE, time);
        }
        points.capture(datagram, AFAR, time);
    }
    let carried = points.connection().locate(Side::Server, 0).expect("captured afar");
    assert_eq!(carried.at.time, Timestamp(4_000 * MS));
}

#[test]
fn a_retransmission_is_sent_anew() {
    let mut points = Points::new();
    talk(1_000).iter().take(4).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
    points.capture(datagram(Side::Client, 0, PUSH, 0, "hello", 1_077), HERE, 101 * MS);
    assert_eq!(points.summary(Side::Client).captured_twice, 0, "another identification");
    assert_eq!(points.summary(Side::Client).repeated_bytes, 5);

    let mut points = Points::new();
    talk(0).iter().take(4).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
    points.capture(datagram(Side::Client, 0, PUSH, 0, "hello", 0), HERE, 300 * MS);
    assert_eq!(points.summary(Side::Client).captured_twice, 0, "200 ms later");
    assert_eq!(points.summary(Side::Client).repeated_bytes, 5);
}

#[test]
fn an_identification_that_never_changes_tells_nothing() {
    let mut points = Points::new();
    for (mut datagram, time) in talk(0).into_iter().take(4) {
        datagram.ip_id = Some(1);
        points.capture(datagram, HERE, time);
    }
    points.capture(datagram(Side::Client, 0, PUSH, 0, "hello", 1), HERE, 300 * MS);
    assert_eq!(points.summary(Side::Client).captured_twice, 0);
}

#[test]
fn a_tcp_timestamp_tells_a_copy_from_a_retransmission() {
    const EARLY: &[u8] = &[1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 5];
    const LATE: &[u8] = &[1, 1, 8, 10, 0, 0, 1, 9, 0, 0, 0, 5];
    for (options, interface, copies) in [(EARLY, 1, 1), (LATE, 1, 0), (EARLY, 0, 1)] {
        let mut points = Points::new();
        talk(0).iter().take(3).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
        let data = datagram(Side::Client, 0, PUSH, 0, "hello", 0);
        points.capture(Segment { options: EARLY, ..data }, HERE, 100 * MS);
        let again = Segment { options, ..data };
        points.capture(again, Point { interface, ..HERE }, 300 * MS);
        assert_eq!(points.summary(Side::Client).captured_twice, copies, "{options:?}");
    }
}

#[test]
fn two_copies_that_differ_are_a_conflict() {
    let mut points = Points::new();
    talk(1_000).iter().take(4).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
    points.capture(datagram(Side::Client, 0, PUSH, 0, "hellX", 1_002), BEHIND, 100 * MS);
    let summary = points.summary(Side::Client);
    assert_eq!(
        (summary.captured_twice, summary.conflicts),
        (0, vec![Range64 { start: 0, end: 5 }])
    );
}

#[test]
fn a_copy_of_what_still_waits_is_compared_as_well() {
    for (again, copies) in [("world", 1), ("worlX", 0)] {
        let mut points = Points::new();
        talk(1_000)
            .iter()
            .take(3)
            .for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
        points.capture(datagram(Side::Client, 5, PUSH, 0, "world", 1_003), HERE, 100 * MS);
        points.capture(datagram(Side::Client, 5, PUSH, 0, again, 1_003), BEHIND, 100 * MS);
        points.capture(datagram(Side::Client, 0, PUSH, 0, "hello", 1_002), HERE, 101 * MS);
        assert_eq!(points.heard.client, "helloworld");
        let summary = points.summary(Side::Client);
        assert_eq!(
            (summary.captured_twice, summary.conflicts.len()),
            (copies, 1 - usize::try_from(copies).unwrap_or(0))
        );
    }
}

#[test]
fn a_copy_may_have_been_cut_less() {
    let mut points = Points::new();
    talk(1_000).iter().take(3).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
    let whole = datagram(Side::Client, 5, PUSH, 0, "world", 1_003);
    points.capture(Segment { payload: b"wo", cut: 3, ..whole }, HERE, 100 * MS);
    points.capture(whole, BEHIND, 100 * MS);
    points.capture(datagram(Side::Client, 0, PUSH, 0, "hello", 1_002), HERE, 101 * MS);
    assert_eq!(points.heard.client, "helloworld");
    assert_eq!(points.summary(Side::Client).captured_twice, 1);
}

#[test]
fn a_reset_captured_twice_is_one() {
    let mut points = Points::new();
    talk(1_000).iter().take(7).for_each(|(datagram, time)| points.capture(*datagram, HERE, *time));
    let reset = datagram(Side::Server, 3, RST, 0, "", 1_503);
    points.capture(reset, HERE, 5_000 * MS);
    points.capture(reset, BEHIND, 5_000 * MS);
    let summary = points.summary(Side::Server);
    assert_eq!((summary.captured_twice, summary.ignored_resets), (1, 0));
    assert!(summary.rst.is_some());
}

#[test]
fn a_clock_that_goes_backwards_or_stands_still_decides_nothing() {
    for step in [-30 * MS, -MS, 0] {
        let mut points = Points::new();
        for (n, (datagram, _)) in talk(1_000).into_iter().enumerate() {
            points.capture(datagram, HERE, step * i64::try_from(n).unwrap_or(0));
        }
        points.connection().finish();
        let [client, server] = Side::BOTH.map(|side| points.summary(side));
        assert_eq!((points.heard.client.as_str(), points.heard.server.as_str()), ("hello", "xyz"));
        assert!(points.connection().clock_doubt() > 0, "{step}");
        // By the numbers the server had received the FIN when it sent its own.
        assert_eq!(server.fin.map(|fin| fin.acked), Some(Some(6)));
        assert!(client.fin.is_some_and(|fin| fin.answered.is_none_or(|acked| acked == 6)));
    }
}

#[test]
fn an_interface_that_is_not_compared_is_not_believed_when_it_contradicts() {
    // Each direction on its own interface, as a tap gives them; one clock is 400 ms ahead.
    let mut points = Points::new();
    for (datagram, time) in talk(1_000) {
        let tapped = datagram.from == super::endpoint(Side::Server);
        let point = if tapped { Point { interface: 1, ahead: 400 * MS, ..HERE } } else { HERE };
        points.capture(datagram, point, time);
    }
    assert_eq!(points.connection().clock_doubt(), i64::MAX);
    assert_eq!(points.connection().clock_offset(), None);
}

#[test]
fn the_memory_of_segments_is_bounded() {
    let limits = crate::tcp::AssemblerLimits { recent: 4, ..LIMITS };
    let opening = segment(Side::Client, -1, SYN, 0, &[]);
    let mut connection = Connection::new(&opening, limits);
    let data = |n: u16| Segment {
        ip_id: Some(n + 1),
        ..segment(Side::Client, i64::from(n), PUSH, 0, b"x")
    };
    connection.receive(&opening);
    for n in 0..10 {
        connection.receive(&data(n));
    }
    connection.receive(&data(9));
    connection.receive(&data(2)); // forgotten
    assert_eq!(connection.summary(Side::Client).captured_twice, 1);
}
