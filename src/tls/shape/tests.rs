//! Conversations as their records look from outside.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;

use super::*;
use crate::endpoint::{PerSide, Side};
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::report::Confidence;
use crate::tcp::{Ending, Range64, Summary};
use crate::tls::suite::{MacOrder, SUITES};
use crate::tls::{ContentType, RecordHeader, TlsFacts, Version};

use Side::{Client, Server};

/// A connection that is being written down.
struct Wire {
    shape: Shape,
    tls: TlsFacts,
    tcp: PerSide<Summary>,
    packet: u64,
    micros: i64,
}

impl Wire {
    /// TLS 1.3 with AES-128-GCM, of a client without ALPN, behind its hellos.
    fn open() -> Wire {
        let tls = TlsFacts {
            version: Some(Version::TLS_1_3),
            suite: Some(0x1301),
            has_client_hello: true,
            ..TlsFacts::default()
        };
        let tcp = PerSide::from_fn(|_| Summary::silent());
        Wire { shape: Shape::default(), tls, tcp, packet: 6, micros: 1_000 }
    }

    /// The same behind the rest of the handshake, with a certificate of 800 bytes and two tickets.
    fn established() -> Wire {
        let mut wire = Wire::open();
        for content in [6, 804, 264, 36] {
            wire.seal(Server, content);
        }
        wire.seal(Client, 36);
        wire
    }

    /// And behind an opening exchange.
    fn upgraded() -> Wire {
        let mut wire = Wire::established();
        wire.seal(Client, 199);
        wire.packet += 1;
        wire.record(Server, 23, 266).record(Server, 23, 266);
        wire.seal(Server, 129);
        wire
    }

    /// A packet with one record of this much content, half a millisecond later.
    fn seal(&mut self, side: Side, content: usize) -> &mut Wire {
        self.packet += 1;
        self.micros += 500;
        let suite = crate::tls::suite::find(self.tls.suite.unwrap()).unwrap();
        let version = self.tls.version.unwrap();
        let len = suite.sealed_len(version, MacOrder::MacThenEncrypt, content);
        self.record(side, 23, u16::try_from(len).unwrap())
    }

    /// One more record of the same packet.
    fn record(&mut self, side: Side, content_type: u8, len: u16) -> &mut Wire {
        let header = RecordHeader {
            content_type: ContentType(content_type),
            version: Version::TLS_1_2,
            len,
        };
        let start = self.tcp[side].end;
        let range = Range64 { start, end: start + u64::from(len) + 5 };
        self.tcp[side].end = range.end;
        let at = self.here();
        self.shape.note(side, header, range, Some(at));
        self
    }

    fn wait(&mut self, millis: i64) -> &mut Wire {
        self.micros += millis * 1_000;
        self
    }

    fn fin(&mut self, side: Side) -> &mut Wire {
        self.packet += 1;
        self.micros += 100;
        let offset = self.tcp[side].end;
        let at = self.here();
        let fin = Ending { at, offset, acked: None, stated: None, answered: None };
        self.tcp[side].fin = Some(fin);
        self
    }

    fn here(&self) -> PacketRef {
        PacketRef { number: PacketNumber::new(self.packet), time: Timestamp(self.micros * 1_000) }
    }

    fn infer(&self) -> Inference {
        self.shape.infer(&self.tls, &self.tcp)
    }
}

#[test]
fn a_closing_handshake_begun_by_the_server_is_likely() {
    let mut wire = Wire::upgraded();
    wire.seal(Client, 24).seal(Server, 20).wait(400);
    wire.seal(Server, 4).seal(Client, 8).seal(Server, 2).seal(Client, 2).fin(Server).fin(Client);
    let found = wire.infer();
    assert_eq!(found.websocket, Likeness::Likely, "{:?}", found.because);
    let Closing::Handshake { first, answered_after, is_distinct } = found.closing else {
        panic!("{found:?}")
    };
    assert_eq!((first, answered_after, is_distinct), (Server, 500_000, true));
    let close = |side: Side| found.ends[side].close.map(|close| (close.least, close.most));
    assert_eq!((close(Client), close(Server)), (Some((2, 2)), Some((2, 2))));
    assert!(Side::BOTH.iter().all(|side| found.ends[*side].close_notify.is_some()));
}

/// Lengths of records as they were captured, each with its sender; a blank is a pause of 0.4 s.
fn as_captured(suite: u16, records: &str) -> Wire {
    with_loss(suite, records, None)
}

/// The same without the record `lost`, counted from 0.
fn with_loss(suite: u16, records: &str, lost: Option<usize>) -> Wire {
    let mut number = 0;
    let mut wire = Wire::open();
    wire.tls.suite = Some(suite);
    for word in records.split(' ') {
        let (side, len) = match word.split_at_checked(1) {
            Some(("c", len)) => (Client, len),
            Some((_, len)) => (Server, len),
            None => {
                wire.wait(400);
                continue;
            }
        };
        wire.packet += 1;
        wire.micros += 700;
        for len in len.split('+') {
            let len: u16 = len.parse().unwrap();
            match lost == Some(number) {
                true => {
                    wire.tcp[side].end += u64::from(len) + 5;
                    wire.shape.lose(side);
                }
                false => drop(wire.record(side, 23, len)),
            }
            number += 1;
        }
    }
    wire.fin(Server);
    wire
}

#[test]
fn what_real_stacks_sent_is_told_apart() {
    // ws, which closes with 1000 at once.
    let ws = "s23+821+281+69 c69 c218 s282+282 s146  s21 c25 s19 c19";
    let found = as_captured(0x1302, ws).infer();
    assert_eq!(found.websocket, Likeness::Likely);
    assert!(matches!(found.closing, Closing::Handshake { first: Server, .. }), "{found:?}");
    // websockets, whose client closes with 1000 after a message and its echo.
    let websockets = "s23+821+281+69 c69 c216 s250+250 s220 c38 s34  c25 s21+19 c19";
    let found = as_captured(0x1302, websockets).infer();
    assert_eq!(found.websocket, Likeness::Likely);
    assert!(matches!(found.closing, Closing::Handshake { first: Client, .. }), "{found:?}");
    // Node's https and its agent, with requests on one connection; Node's http2.
    let polling = "s23+821+281+53 c53+86 s266+266+191  c132 s191  c86 s191  c132 s191  s19";
    let http2 = "s32+821+281+53 c53 c79 s266+266+83 c26  s35  s35  s35 s26 c35 s71 s26 c35 s48";
    for other in [polling, http2] {
        assert_eq!(as_captured(0x1301, other).infer().websocket, Likeness::No, "{other}");
    }
}

#[test]
fn whatever_record_is_lost_no_other_close_is_inferred() {
    let opening = "s23+821+281+53 c53 c218 s282+282 s146 c41 s57 c90 s57 c44";
    let closed = format!("{opening}  s21 c25 s19 c19");
    let dropped = format!("{opening} s400 c300  s500 c301 s19");
    for lost in 0..22 {
        let found = with_loss(0x1301, &closed, Some(lost)).infer();
        match found.closing {
            Closing::Handshake { first, .. } => assert_eq!(first, Server, "{lost}"),
            Closing::Unknown => {
                let closes = Side::BOTH.map(|side| found.ends[side].close);
                assert_eq!((closes, found.ends.server.close_notify), ([None; 2], None), "{lost}");
            }
            other => panic!("{lost}: {other:?}"),
        }
        let found = with_loss(0x1301, &dropped, Some(lost)).infer();
        let known = matches!(found.closing, Closing::Unknown | Closing::WithoutClose);
        assert!(known, "{lost}: {found:?}");
    }
}

#[test]
fn an_empty_close_of_the_server_is_not_its_close_notify() {
    let mut wire = Wire::upgraded();
    wire.seal(Client, 40).seal(Client, 6).seal(Server, 2).seal(Server, 2).seal(Client, 2);
    wire.fin(Client).fin(Server);
    let found = wire.infer();
    assert!(matches!(found.closing, Closing::Handshake { first: Client, .. }), "{found:?}");
    assert_eq!(found.ends.server.close.map(|close| close.most), Some(0));
    let notified = found.ends.server.close_notify.map(|at| at.number);
    assert!(notified > found.ends.server.close.map(|close| close.at.number));
}

#[test]
fn nothing_is_said_of_an_end_that_was_lost() {
    for side in Side::BOTH {
        let mut wire = Wire::upgraded();
        wire.seal(Client, 24).seal(Server, 20).seal(Client, 8).seal(Server, 4);
        wire.shape.lose(side);
        wire.fin(Server).fin(Client);
        let found = wire.infer();
        assert_eq!(found.closing, Closing::Unknown);
        assert_eq!(found.ends, PerSide::default());
        assert_eq!(found.idle, None);
    }
}

#[test]
fn nothing_is_said_where_the_opening_was_lost() {
    for (side, after) in [(Server, 0), (Client, 0), (Client, 1), (Server, 4)] {
        let mut wire = Wire::open();
        for (n, content) in [6_usize, 804, 264, 36].into_iter().enumerate() {
            if n == after {
                wire.shape.lose(side);
            }
            wire.seal(Server, content);
        }
        wire.seal(Client, 36);
        if after == 4 {
            wire.shape.lose(side);
        }
        wire.seal(Client, 199).seal(Server, 129).seal(Client, 8).seal(Server, 4);
        wire.fin(Server).fin(Client);
        assert_eq!(wire.infer().websocket, Likeness::No, "{side} {after}");
    }
}

#[test]
fn requests_one_after_the_other_are_no_websocket() {
    let mut wire = Wire::established();
    wire.tls.offered = Some(vec!["http/1.1".to_owned()]);
    for _ in 0..20 {
        wire.seal(Client, 180).wait(3).seal(Server, 210).wait(400);
    }
    wire.seal(Server, 2).fin(Server).fin(Client);
    assert_eq!(wire.infer().websocket, Likeness::No);
}

#[test]
fn events_that_only_the_server_sends_are_no_websocket() {
    let mut wire = Wire::established();
    wire.seal(Client, 180).wait(3).seal(Server, 210);
    for _ in 0..20 {
        wire.wait(1_000).seal(Server, 15);
    }
    wire.seal(Server, 5).seal(Server, 2).seal(Client, 2).fin(Server).fin(Client);
    assert_eq!(wire.infer().websocket, Likeness::No);
}

#[test]
fn who_offers_http_2_may_speak_it() {
    let mut wire = Wire::upgraded();
    wire.tls.offered = Some(vec!["h2".to_owned(), "http/1.1".to_owned()]);
    wire.seal(Client, 24).seal(Server, 4).seal(Client, 8).seal(Server, 2).fin(Server);
    assert_eq!(wire.infer().websocket, Likeness::No);
    wire.tls.chosen = Some("http/1.1".to_owned());
    assert_eq!(wire.infer().websocket, Likeness::Likely);
}

#[test]
fn records_too_short_for_a_masked_frame_are_no_websocket() {
    let mut wire = Wire::upgraded();
    wire.tls.offered = Some(vec!["http/1.1".to_owned()]);
    wire.wait(500).seal(Client, 1).wait(500).seal(Client, 1).wait(500).seal(Client, 16);
    wire.seal(Server, 16).fin(Server);
    assert_eq!(wire.infer().websocket, Likeness::No);
}

#[test]
fn pings_at_regular_intervals_are_noticed() {
    let mut wire = Wire::upgraded();
    for _ in 0..12 {
        wire.wait(20_000).seal(Server, 2).seal(Client, 6);
    }
    let found = wire.infer();
    let beat = found.keep_alive.expect("a rhythm");
    assert_eq!((beat.by, beat.payload, beat.answers), (Server, (0, 0), beat.number));
    assert!((20_000..20_010).contains(&beat.interval.0), "{beat:?}");
    assert_eq!(found.websocket, Likeness::Likely);
}

#[test]
fn an_alert_in_the_place_of_the_finished_is_a_refusal() {
    let mut wire = Wire::open();
    for content in [6, 804, 264, 36] {
        wire.seal(Server, content);
    }
    wire.seal(Client, 2).fin(Client);
    let found = wire.infer();
    assert_eq!(found.refused.map(|(side, _)| side), Some(Client));
    assert_eq!(found.websocket, Likeness::No);
}

#[test]
fn without_a_record_like_a_close_none_is_claimed() {
    let mut wire = Wire::upgraded();
    wire.seal(Client, 24).seal(Server, 400).seal(Client, 300).wait(9_000).fin(Server).fin(Client);
    let found = wire.infer();
    assert_eq!(found.closing, Closing::WithoutClose);
    assert!(found.idle.is_some_and(|nanos| (9_000_000_000..9_010_000_000).contains(&nanos)));
}

#[test]
fn a_shape_is_small() {
    assert!(size_of::<Shape>() <= 400, "{}", size_of::<Shape>());
}

#[test]
fn contents_are_those_that_seal_to_the_length() {
    for suite in SUITES {
        for version in [Version::TLS_1_1, Version::TLS_1_2, Version::TLS_1_3] {
            let facts =
                TlsFacts { version: Some(version), suite: Some(suite.id), ..TlsFacts::default() };
            let sizes = sizes::Sizes::of(&facts).expect("a suite of the table");
            for order in [MacOrder::MacThenEncrypt, MacOrder::EncryptThenMac] {
                for plain in (0..300).chain([16_383, 16_384]) {
                    let len = suite.sealed_len(version, order, usize::from(plain));
                    let len = u16::try_from(len).unwrap();
                    assert!(sizes.fits(len, plain), "{} {plain}", suite.name);
                    let content = sizes.content(len).unwrap();
                    let sealed = |plain: u16, order| {
                        suite.sealed_len(version, order, usize::from(plain)) == usize::from(len)
                    };
                    for edge in [*content.start(), *content.end()] {
                        let either = sealed(edge, MacOrder::MacThenEncrypt)
                            || sealed(edge, MacOrder::EncryptThenMac);
                        assert!(either, "{} {content:?}", suite.name);
                    }
                }
            }
        }
    }
}

#[test]
fn older_versions_and_unknown_suites_say_nothing() {
    let mut wire = Wire::upgraded();
    wire.seal(Client, 8).seal(Server, 4).fin(Server);
    for (version, suite) in [(Version::TLS_1_0, 0x002F), (Version::TLS_1_3, 0x1A2B)] {
        wire.tls.version = Some(version);
        wire.tls.suite = Some(suite);
        assert_eq!(wire.infer().websocket, Likeness::No);
    }
}

proptest! {
    #[test]
    fn whatever_the_records_nothing_is_above_likely(
        steps in prop::collection::vec(
            (any::<bool>(), 20_u8..25, any::<u16>(), 0..3_000_i64, 0..20_u8, any::<bool>()),
            0..60,
        ),
        suite in prop::sample::select(SUITES),
        version in prop::sample::select(vec![0x0302_u16, 0x0303, 0x0304]),
    ) {
        let mut wire = Wire::open();
        wire.tls.version = Some(Version(version));
        wire.tls.suite = Some(suite.id);
        for (client, kind, len, millis, what, small) in steps {
            let side = if client { Client } else { Server };
            wire.wait(millis);
            wire.packet += u64::from(what % 3);
            match what {
                19 => wire.shape.lose(side),
                18 => drop(wire.fin(side)),
                _ => drop(wire.record(side, kind, if small { len % 300 } else { len })),
            }
        }
        let found = wire.infer();
        prop_assert!(found.websocket.confidence() <= Confidence::Likely);
        for side in Side::BOTH {
            if let Some(close) = found.ends[side].close {
                prop_assert!(close.least <= close.most && close.most <= 125);
            }
        }
    }
}
