//! What each side sent, counted: messages, sizes, rates, and how long Pongs took.

use wsblame::report::{OpenMessageReport, RefusedMessage, SideTraffic};
use wsblame::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, Play, SERVER_CLOSES, SERVER_FIN, Script, Step, binary,
    close, continuation, ping, pong, text, write_pcap,
};

use crate::support::{Seg, all_samples, analyse, capture_of_segments, segments};

/// What the client and the server of the one connection sent.
fn sent(script: Script) -> [SideTraffic; 2] {
    let report = analyse(&write_pcap(&Play::of(script)));
    let traffic = report.connections[0].traffic.clone();
    [traffic.client, traffic.server]
}

const SMALL: Step = text("small").from_client();
const BIG: Step = binary(&[7; 2_000]).from_client();
/// 1009.
const TOO_BIG: Step = close(&[0x03, 0xF1]).from_server();

#[test]
fn messages_are_counted_by_kind_and_frames_by_opcode() {
    let [client, server] = sent(
        const {
            &[
                ASK,
                ACCEPT,
                text("one, ").not_final().from_client(),
                ping(b"?").from_client(),
                pong(b"?").from_server(),
                continuation(b"two").from_client(),
                BIG,
                CLIENT_CLOSES,
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert!(client.exact && server.exact);
    let kinds = client.kinds;
    assert_eq!((kinds.text, kinds.binary, kinds.fragmented, kinds.compressed), (1, 1, 1, 0));
    let opcodes = client.opcodes;
    let counts = [opcodes.text, opcodes.continuation, opcodes.binary, opcodes.ping, opcodes.close];
    assert_eq!((counts, opcodes.pong), ([1, 1, 1, 1, 1], 0));
    assert_eq!(server.opcodes.pong, 1);
    let sizes = client.sizes.expect("two messages");
    assert_eq!((sizes.smallest, sizes.largest, sizes.total), (8, 2_000, 2_008));
    assert_eq!(sizes.mean, 1_004.0);
    assert_eq!(server.sizes, None);
}

#[test]
fn a_round_trip_is_from_the_ping_to_its_pong() {
    let [client, server] = sent(
        const {
            &[
                ASK,
                ACCEPT,
                ping(b"1").from_client(),
                Step::Wait(50),
                pong(b"1").from_server(),
                ping(b"2").from_client(),
                Step::Wait(250),
                pong(b"2").from_server(),
                pong(b"nobody asked").from_server(),
                ping(b"3").from_client(),
            ]
        },
    );
    let pings = client.pings;
    assert_eq!((pings.sent, pings.answered, pings.outstanding), (3, 2, Some(1)));
    assert_eq!(pings.unsolicited_pongs, Some(1));
    let trip = pings.round_trip.expect("two were measured");
    assert_eq!(trip.measured, 2);
    assert!((0.05..0.06).contains(&trip.min) && (0.25..0.26).contains(&trip.max), "{trip:?}");
    assert_eq!(trip.last, trip.max);
    assert!((trip.mean - (trip.min + trip.max) / 2.0).abs() < 1e-9);
    assert_eq!((server.pings.sent, server.pings.round_trip), (0, None));
}

#[test]
fn the_first_refused_message_is_set_against_the_largest_accepted() {
    let [client, server] =
        sent(const { &[ASK, ACCEPT, SMALL, BIG, TOO_BIG, CLIENT_CLOSES, SERVER_FIN, CLIENT_FIN] });
    let refused = client.first_refused.expect("1009 says so");
    assert_eq!((refused.bytes, refused.complete), (2_000, true));
    assert_eq!(client.largest_accepted, Some(5));
    assert_eq!((server.first_refused, server.largest_accepted), (None, None));
}

#[test]
fn a_message_may_be_refused_before_it_is_complete() {
    const HALF: Step = binary(&[7; 1_000]).not_final().from_client();
    let [client, _] = sent(const { &[ASK, ACCEPT, SMALL, HALF, TOO_BIG, SERVER_FIN] });
    let Some(RefusedMessage { bytes, complete, .. }) = client.first_refused else {
        panic!("1009 says so")
    };
    assert_eq!((bytes, complete, client.largest_accepted), (1_000, false, Some(5)));
    let open = OpenMessageReport { kind: "binary", fragments: 1, bytes: 1_000 };
    assert_eq!(client.open_message, Some(open));
}

#[test]
fn which_of_two_was_refused_is_not_guessed() {
    // The receiver may have been busy with the big one when the small one reached its TCP.
    let [client, _] = sent(const { &[ASK, ACCEPT, BIG, SMALL, TOO_BIG, SERVER_FIN] });
    assert_eq!((client.first_refused, client.largest_accepted), (None, None));
}

#[test]
fn a_rate_is_over_the_time_until_the_close() {
    let [client, server] = sent(
        const {
            &[
                ASK,
                ACCEPT,
                SMALL,
                Step::Wait(2_000),
                SMALL,
                CLIENT_CLOSES,
                Step::Wait(5_000),
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let rate = client.rate.expect("the clock runs");
    assert!((2.0..2.1).contains(&rate.seconds), "{rate:?}");
    assert_eq!(rate.messages_per_second, 2.0 / rate.seconds);
    assert_eq!(rate.bytes_per_second, 10.0 / rate.seconds);
    assert_eq!(server.rate.map(|rate| rate.messages_per_second), Some(0.0));
}

/// Whatever packet is lost: no count is larger, and nothing is called exact that is not.
#[test]
fn behind_a_hole_counts_are_the_least_there_was() {
    for (name, capture) in all_samples() {
        let whole = segments(&capture);
        let both = |segments: &[Seg]| {
            let report = analyse(&capture_of_segments(segments));
            report
                .connections
                .first()
                .map(|one| [one.traffic.client.clone(), one.traffic.server.clone()])
        };
        let Some(all) = both(&whole) else { continue };
        if whole.len() > 60 || !all.iter().all(|sent| sent.exact) {
            continue;
        }
        for lost in 0..whole.len() {
            let mut some = whole.clone();
            let lost = some.remove(lost);
            let Some(left) = both(&some) else { continue };
            for (all, left) in all.iter().zip(&left) {
                assert!(left.frames <= all.frames, "{name}: {lost:?}");
                assert!(left.messages <= all.messages, "{name}: {lost:?}");
                if !left.exact {
                    assert_eq!(left.rate, None, "{name}: {lost:?}");
                    assert!(left.pings.outstanding.is_none(), "{name}: {lost:?}");
                    assert!(left.pings.unsolicited_pongs.is_none(), "{name}: {lost:?}");
                }
            }
        }
    }
}
