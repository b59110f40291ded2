//! Hard cases of blame, as wire talk: who is named, and who must not be.

use wsblame::endpoint::Side::{Client, Server};
use wsblame::ip::TcpFlags;
use wsblame::report::{
    AtFault, Blame, Confidence, ConnectionReport, FindingReport, Initiator, Outcome,
};
use wsblame::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FAILS, CLIENT_FIN, CODE_1002, Play, SERVER_CLOSES,
    SERVER_FAILS, SERVER_FIN, Script, Step, close, ping, pong, text, text_bytes, write_pcap,
};

use crate::support::{Seg, all_samples, analyse, capture_of_segments, segments};

/// The one connection on which a script was played.
fn talk(script: Script) -> ConnectionReport {
    only(analyse(&write_pcap(&Play::of(script))).connections)
}

fn only(connections: Vec<ConnectionReport>) -> ConnectionReport {
    let [connection] = <[ConnectionReport; 1]>::try_from(connections).expect("one WebSocket");
    connection
}

/// The segments of a script, to be tampered with.
fn played(script: Script) -> Vec<Seg> {
    segments(&write_pcap(&Play::of(script)))
}

fn heard(segments: &[Seg]) -> Vec<ConnectionReport> {
    analyse(&capture_of_segments(segments)).connections
}

fn cause(connection: &ConnectionReport) -> &str {
    connection.verdict.cause.as_deref().unwrap_or("unknown")
}

fn finding<'c>(connection: &'c ConnectionReport, rule: &str) -> Option<&'c FindingReport> {
    connection.findings.iter().find(|finding| finding.rule == rule)
}

fn surfaced(connection: &ConnectionReport) -> [Option<u16>; 2] {
    let surfaced = &connection.close.surfaced;
    [surfaced.client, surfaced.server]
}

fn nobody_is_accused(connections: &[ConnectionReport]) {
    for connection in connections {
        let blame = connection.verdict.at_fault;
        assert!(matches!(blame, Blame::None | Blame::Unknown), "{}", connection.verdict.summary);
        assert_eq!(connection.findings, [], "{}", connection.verdict.summary);
    }
}

/// Milliseconds in the unit of [`Seg::time`].
const MILLISECOND: i64 = 1_000_000;

/// Reserved opcode 3.
const RESERVED: Step = text("x").opcode(0x3).from_client();
const HELLO: Step = text("hello").from_client();
const HELLO_YOURSELF: Step = text("hello yourself").from_server();

const ORDERLY: Script =
    &[ASK, ACCEPT, HELLO, HELLO_YOURSELF, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN];

#[test]
fn of_two_violations_the_one_that_had_arrived_is_the_cause() {
    // The second was on its way when the server closed.
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                text("no mask").unmasked().from_client(),
                Step::Crossing(&RESERVED, &SERVER_FAILS),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "client-frame-unmasked");
    assert_eq!(connection.verdict.at_fault, Blame::Client);
    assert!(!finding(&connection, "reserved-opcode").unwrap().caused_the_end);
}

#[test]
fn a_violation_of_the_side_that_failed_the_connection_is_not_the_cause() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                text("masked").masked([1, 2, 3, 4]).from_server(),
                RESERVED,
                SERVER_FAILS,
                CLIENT_FAILS, // the echo
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "reserved-opcode");
    assert_eq!(connection.verdict.at_fault, Blame::Client);
    assert!(!finding(&connection, "server-frame-masked").unwrap().caused_the_end);
    assert_eq!(surfaced(&connection), [Some(1002), Some(1006)]);
}

#[test]
fn a_close_of_which_a_part_was_captured_may_have_been_the_first() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                Step::Bytes(Server, b"\x88\x03\x03\xe8"),
                Step::Missed(&Step::Bytes(Server, b"x")), // the last byte of its reason
                CLIENT_CLOSES,
            ]
        },
    );
    assert_eq!(connection.close.initiator, None);
}

#[test]
fn a_violation_that_came_after_the_close_was_sent_is_not_its_cause() {
    let connection = talk(
        const { &[ASK, ACCEPT, HELLO, Step::Crossing(&RESERVED, &SERVER_FAILS), SERVER_FIN, CLIENT_FIN] },
    );
    assert_eq!(cause(&connection), "unexplained-protocol-error");
    assert_eq!(connection.verdict.at_fault, Blame::Unknown);
}

#[test]
fn an_application_may_say_1002_for_reasons_of_its_own() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xEAplease log in first").from_server(),
                CLIENT_FAILS,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "close-1002-but-no-violation");
    assert_eq!(connection.verdict.at_fault, Blame::Unknown);
    assert_eq!(connection.verdict.confidence, Confidence::Possible);
}

#[test]
fn a_complaint_that_the_capture_does_not_bear_out_accuses_nobody() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xEARSV2 set").from_server(),
                CLIENT_FAILS,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(connection.verdict.at_fault, Blame::Unknown);
    assert!(connection.findings.iter().all(|finding| finding.at_fault == AtFault::Unknown));
    assert!(connection.verdict.alternatives[0].contains("rsv-bits-set"));
}

#[test]
fn a_violation_that_was_lived_with_is_not_the_cause_of_a_later_close() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                text("no mask").unmasked().from_client(),
                HELLO_YOURSELF,
                Step::Wait(60_000),
                HELLO,
                HELLO_YOURSELF,
                SERVER_FAILS,
                CLIENT_FAILS,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "unexplained-protocol-error");
    assert_eq!(connection.verdict.at_fault, Blame::Unknown);
    assert!(finding(&connection, "client-frame-unmasked").unwrap().tolerated);
}

#[test]
fn the_reason_of_the_close_picks_the_violation() {
    // Either would do, and the server says which it was.
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                Step::Together(&[text("no mask").unmasked().from_client(), RESERVED]),
                close(b"\x03\xEAbad opcode 3").from_server(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let named = finding(&connection, "reserved-opcode").unwrap();
    let other = finding(&connection, "client-frame-unmasked").unwrap();
    assert_eq!(connection.verdict.at_fault, Blame::Client);
    assert!(named.caused_the_end && !other.caused_the_end);
    assert_eq!(cause(&connection), "reserved-opcode");
}

#[test]
fn closes_that_cross_are_nobodys_fault_unless_one_names_an_error() {
    let ordinary = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                Step::Crossing(&CLIENT_CLOSES, &SERVER_CLOSES),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&ordinary), "simultaneous-close");
    assert_eq!(ordinary.verdict.at_fault, Blame::None);
    assert_eq!(ordinary.close.initiator, Some(Initiator::Both));

    const INTERNAL: Step = close(b"\x03\xF3").from_server();
    let one = talk(
        const {
            &[ASK, ACCEPT, HELLO, Step::Crossing(&CLIENT_CLOSES, &INTERNAL), SERVER_FIN, CLIENT_FIN]
        },
    );
    assert_eq!(cause(&one), "internal-error");
    assert_eq!(one.verdict.at_fault, Blame::Server);
    assert!(one.verdict.confidence <= Confidence::Likely);

    let both = talk(
        const { &[ASK, ACCEPT, HELLO, Step::Crossing(&CLIENT_FAILS, &INTERNAL), SERVER_FIN, CLIENT_FIN] },
    );
    assert_eq!(both.verdict.at_fault, Blame::Unknown);
    assert_eq!(both.close.initiator, Some(Initiator::Both));
}

/// The place of the segment that carries the last payload of `side`.
fn last_payload(segments: &[Seg], side: wsblame::endpoint::Side) -> usize {
    let client = segments[0].from;
    let mine = |segment: &Seg| (segment.from == client) == (side == Client);
    segments.iter().rposition(|s| mine(s) && !s.payload.is_empty()).expect("it sent something")
}

#[test]
fn a_retransmitted_close_is_one_close() {
    let mut segments = played(ORDERLY);
    let close = last_payload(&segments, Client);
    let mut again = segments[close].clone();
    let last = segments.last().unwrap().clone();
    (again.time, again.ack) = (last.time + 300 * MILLISECOND, last.seq);
    segments.push(again);
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert_eq!(connections[0].close.initiator, Some(Initiator::Client));
}

#[test]
fn a_close_and_a_fin_may_share_a_segment() {
    let mut segments = played(ORDERLY);
    let close = last_payload(&segments, Server);
    let fin = segments.iter().position(|s| s.flags & TcpFlags::FIN.0 != 0).unwrap();
    segments[close].flags |= TcpFlags::FIN.0;
    let merged = segments.remove(fin);
    // The client's acknowledgement of the Close is one of the FIN as well.
    for segment in &mut segments[close + 1..] {
        if segment.from != merged.from && segment.ack == merged.seq {
            segment.ack += 1;
        }
    }
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert_eq!(cause(&connections[0]), "clean-close");
    assert_eq!(surfaced(&connections[0]), [Some(1000), Some(1000)]);
}

#[test]
fn a_reset_that_answers_a_late_pong_is_nobodys_fault() {
    for flags in [TcpFlags::RST.0, TcpFlags::RST.with(TcpFlags::ACK).0] {
        let mut segments = played(
            const {
                &[
                    ASK,
                    ACCEPT,
                    ping(b"1").from_server(),
                    SERVER_CLOSES,
                    CLIENT_CLOSES,
                    SERVER_FIN,
                    Step::Undelivered(&pong(b"1").from_client()),
                    Step::Rst(Server),
                ]
            },
        );
        segments.last_mut().unwrap().flags = flags;
        let connection = only(heard(&segments));
        assert_eq!(connection.verdict.at_fault, Blame::None, "{}", connection.verdict.summary);
        assert_eq!(cause(&connection), "clean-close");
        assert_eq!(surfaced(&connection), [Some(1000), Some(1000)]);
    }
}

#[test]
fn who_ends_tcp_without_a_close_is_named_whether_by_fin_or_by_reset() {
    for end in [
        const { &[ASK, ACCEPT, HELLO, HELLO_YOURSELF, SERVER_FIN, CLIENT_FIN] as Script },
        const { &[ASK, ACCEPT, HELLO, HELLO_YOURSELF, Step::Rst(Server)] as Script },
    ] {
        let connection = talk(end);
        assert_eq!(cause(&connection), "tcp-closed-without-close");
        assert_eq!(connection.verdict.at_fault, Blame::Server);
        assert!(connection.verdict.confidence <= Confidence::Likely);
        assert_eq!(surfaced(&connection), [Some(1006), Some(1006)]);
    }
}

#[test]
fn who_goes_on_sending_into_a_half_closed_connection_is_not_to_blame() {
    let connection = talk(
        const { &[ASK, ACCEPT, HELLO, CLIENT_FIN, HELLO_YOURSELF, HELLO_YOURSELF, SERVER_FIN] },
    );
    assert_eq!(cause(&connection), "tcp-closed-without-close");
    assert_eq!(connection.verdict.at_fault, Blame::Client);
    assert!(connection.findings.iter().all(|finding| finding.at_fault != AtFault::Server));
}

#[test]
fn a_capture_without_the_handshake_accuses_nobody() {
    let segments = played(
        const {
            &[
                ASK,
                ACCEPT,
                text("no mask").unmasked().from_client(),
                text_bytes(b"\xFF\xFE").from_server(),
                SERVER_FAILS,
                CLIENT_FAILS,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let response = segments.iter().position(|s| s.payload.starts_with(b"HTTP/1.1 101")).unwrap();
    for from in response + 1..segments.len() {
        nobody_is_accused(&heard(&segments[from..]));
    }
}

#[test]
fn the_same_ports_may_serve_twice_and_stragglers_find_their_own_connection() {
    let first = played(const { &[ASK, ACCEPT, RESERVED, SERVER_FAILS, SERVER_FIN, CLIENT_FIN] });
    let mut second = played(ORDERLY);
    let shift = 30_000 * MILLISECOND;
    for segment in &mut second {
        let (own, peer) = if segment.from == first[0].from {
            (0x4000_0000, 0x7000_0000)
        } else {
            (0x7000_0000, 0x4000_0000_u32)
        };
        segment.time += shift;
        segment.seq = segment.seq.wrapping_add(own);
        if segment.flags & TcpFlags::ACK.0 != 0 {
            segment.ack = segment.ack.wrapping_add(peer);
        }
    }
    // The first one's Close and FIN come once more, behind the second one's SYN.
    let mut all = first.clone();
    let close = last_payload(&first, Server);
    all.push(second[0].clone());
    for late in &first[close..] {
        all.push(Seg { time: second[0].time + MILLISECOND / 2, ..late.clone() });
    }
    all.extend_from_slice(&second[1..]);
    let connections = heard(&all);
    assert_eq!(connections.len(), 2);
    assert_eq!(cause(&connections[0]), "reserved-opcode");
    assert_eq!(cause(&connections[1]), "clean-close");
    // Both scripts have the same key; nothing else is found.
    let rules: Vec<&str> = connections[1].findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["handshake-key-reused"]);
}

#[test]
fn the_byte_of_a_keep_alive_probe_is_not_data() {
    let mut segments = played(ORDERLY);
    let place = segments.iter().position(|s| s.payload.len() == 11).expect("the client's hello");
    // The frame comes in two segments, with a probe between and one behind.
    let mut rest = segments[place].clone();
    rest.seq += 5;
    rest.payload.drain(..5);
    segments[place].payload.truncate(5);
    let probe = |of: &Seg, by: u32| Seg {
        seq: of.seq - 1,
        time: of.time + i64::from(by),
        flags: TcpFlags::ACK.0,
        payload: vec![0xEE],
        ..of.clone()
    };
    let between = probe(&rest, 100);
    rest.time += 200;
    let mut behind = probe(&rest, 300);
    behind.seq += 6;
    let place = place + 1;
    segments.splice(place..place, [between, rest, behind]);
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert_eq!(cause(&connections[0]), "clean-close");
}

#[test]
fn a_reset_outside_the_window_ends_nothing() {
    let mut segments = played(ORDERLY);
    let close = last_payload(&segments, Client);
    let mut forged = segments[close].clone();
    forged.payload.clear();
    forged.flags = TcpFlags::RST.0;
    forged.seq = forged.seq.wrapping_sub(50_000);
    forged.ack = 0;
    segments.insert(close, forged);
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert_eq!(cause(&connections[0]), "clean-close");
}

#[test]
fn both_legs_of_a_proxy_are_judged_each_for_itself() {
    // The same bytes on two connections, and the backend behind the proxy is the one that closed.
    let front = played(ORDERLY);
    let mut back = front.clone();
    let (client, server) = (front[0].from, front[0].to);
    let inner = wsblame::endpoint::Endpoint { address: "10.0.0.9".parse().unwrap(), port: 8080 };
    for segment in &mut back {
        segment.time += MILLISECOND / 10;
        for end in [&mut segment.from, &mut segment.to] {
            *end = if *end == server { inner } else { server };
        }
    }
    assert_ne!(client, server);
    let mut all: Vec<Seg> = front.into_iter().chain(back).collect();
    all.sort_by_key(|segment| segment.time);
    let connections = heard(&all);
    assert_eq!(connections.len(), 2);
    nobody_is_accused(&connections);
}

#[test]
fn segments_of_64_kilobytes_are_segments() {
    static LONG: [u8; 60_000] = [b'a'; 60_000];
    let mut play = Play::new(61_000);
    play.connection(
        const {
            &[
                ASK,
                ACCEPT,
                text_bytes(&LONG).from_server(),
                HELLO,
                CLIENT_CLOSES,
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let connections = analyse(&write_pcap(&play.into_packets())).connections;
    nobody_is_accused(&connections);
    assert_eq!(cause(&connections[0]), "clean-close");
}

#[test]
fn an_old_duplicate_of_a_syn_opens_nothing() {
    let mut segments = played(ORDERLY);
    let place = last_payload(&segments, Client);
    // One is a late copy of this connection's, one of an older connection's.
    for (seq, by) in [(segments[0].seq, 1), (segments[0].seq.wrapping_sub(0x2000_0000), 2)] {
        let syn = Seg { seq, time: segments[place].time - by, ..segments[0].clone() };
        segments.insert(place, syn);
    }
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert_eq!(connections.len(), 1);
    assert_eq!(cause(&connections[0]), "clean-close");
}

#[test]
fn a_flood_of_syns_on_the_same_ports_hides_nothing_and_costs_little() {
    let mut segments = played(ORDERLY);
    let place = last_payload(&segments, Client);
    let old = |number: u32| Seg {
        seq: segments[0].seq.wrapping_add(number.wrapping_mul(0x9E37_79B9)),
        time: segments[place].time,
        ..segments[0].clone()
    };
    let flood: Vec<Seg> = (1..20_000).map(old).collect();
    segments.splice(place..place, flood);
    let connections = heard(&segments);
    nobody_is_accused(&connections);
    assert!(connections.len() == 1 && cause(&connections[0]) == "clean-close");
}

#[test]
fn a_capture_that_begins_with_the_syn_ack_knows_who_is_the_client() {
    let segments = played(const { &[ASK, ACCEPT, RESERVED, SERVER_FAILS, SERVER_FIN, CLIENT_FIN] });
    let connection = only(heard(&segments[1..]));
    assert_eq!(connection.client.port, segments[0].from.port);
    assert_eq!(connection.verdict.at_fault, Blame::Client);
}

#[test]
fn of_half_a_close_no_code_is_told_that_was_not_captured() {
    let mut segments = played(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xF0token expired").from_server(),
                CLIENT_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let close = last_payload(&segments, Server);
    for kept in 1..segments[close].payload.len() {
        // Its second half is lost.
        let whole = std::mem::take(&mut segments[close].payload);
        segments[close].payload = whole[..kept].to_vec();
        let connection = only(heard(&segments));
        nobody_is_accused(std::slice::from_ref(&connection));
        assert_eq!(surfaced(&connection)[0].filter(|code| *code != 1008), None, "{kept} bytes");
        segments[close].payload = whole;
    }
}

#[test]
fn a_message_above_the_limit_breaks_no_rule() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xF1").from_server(),
                close(b"\x03\xF1").from_client(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "message-too-big-limit");
    assert_eq!(connection.verdict.at_fault, Blame::None);
    assert_eq!(surfaced(&connection), [Some(1009), Some(1006)]);
}

#[test]
fn a_ping_that_did_not_arrive_is_not_the_peers_fault() {
    const TIMEOUT: Step = close(b"\x03\xF3keepalive ping timeout").from_server();
    let arrived = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                ping(b"1").from_server(),
                Step::Wait(20_000),
                TIMEOUT,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&arrived), "keepalive-timeout");
    assert_eq!(arrived.verdict.at_fault, Blame::Client);
    assert!(arrived.verdict.confidence <= Confidence::Likely);

    const PING: Step = ping(b"1").from_server();
    let vanished = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                Step::Undelivered(&PING),
                Step::Wait(20_000),
                Step::Undelivered(&TIMEOUT),
                Step::Undelivered(&SERVER_FIN),
            ]
        },
    );
    assert!(matches!(vanished.verdict.at_fault, Blame::Unknown), "{}", vanished.verdict.summary);
    assert!(vanished.findings.iter().all(|finding| finding.at_fault == AtFault::Unknown));
}

#[test]
fn frames_may_come_with_the_101_but_not_before_it() {
    let together = talk(
        const {
            &[
                ASK,
                Step::Together(&[ACCEPT, HELLO_YOURSELF]),
                HELLO,
                CLIENT_CLOSES,
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    nobody_is_accused(&[together]);
    let early = talk(
        const {
            &[
                ASK,
                Step::Crossing(&HELLO, &ACCEPT),
                CLIENT_CLOSES,
                SERVER_CLOSES,
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    let found = finding(&early, "handshake-early-client-data").expect("sent too early");
    assert_eq!(found.at_fault, AtFault::Client);
    assert_eq!(early.verdict.at_fault, Blame::None); // the server lived with it
}

#[test]
fn a_server_that_says_1010_is_at_fault_itself() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xF2").from_server(),
                close(b"\x03\xF2").from_client(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(cause(&connection), "close-code-1010-by-server");
    assert_eq!(connection.verdict.at_fault, Blame::Server);
}

#[test]
fn what_the_api_makes_of_a_code_that_the_peer_refused_is_not_known() {
    let connection = talk(
        const {
            &[
                ASK,
                ACCEPT,
                HELLO,
                close(b"\x03\xF4").from_server(),
                close(CODE_1002).from_client(),
                SERVER_FIN,
                CLIENT_FIN,
            ]
        },
    );
    assert_eq!(surfaced(&connection), [None, Some(1002)]);
    assert_eq!(connection.verdict.at_fault, Blame::None);
}

/// Complete captures that do not tell how it ended, or who has to mend it, and why not.
const NOT_TOLD: &[(&str, &str)] = &[
    ("aiohttp-server-client-closes-4000", "a private code: only the applications know"),
    ("graphql-ws-4400", "a private code: only the applications know"),
    ("graphql-ws-4401", "a private code: only the applications know"),
    ("graphql-ws-4403", "a private code: only the applications know"),
    ("graphql-ws-4406", "a private code: only the applications know"),
    ("graphql-ws-4408", "a private code: only the applications know"),
    ("graphql-ws-4409", "a private code: only the applications know"),
    ("graphql-ws-4429", "a private code: only the applications know"),
    ("graphql-ws-4500", "a private code: only the applications know"),
    ("close-code-app-without-agreement", "a private code: only the applications know"),
    ("close-before-open", "1008: only the server knows its policy"),
    ("close-1002-but-no-violation", "whoever changed or misread the bytes is not in the capture"),
    ("close-lost-by-rst", "whether the client had closed before the RST came was not seen"),
];

#[test]
fn of_a_complete_capture_the_verdict_is_not_unknown() {
    let mut wrong = Vec::new();
    for (name, sample) in all_samples() {
        for connection in analyse(&sample).connections {
            let verdict = &connection.verdict;
            let unknown = verdict.at_fault == Blame::Unknown
                || verdict.confidence == Confidence::Unknown
                || verdict.outcome == Outcome::Unknown;
            if unknown != NOT_TOLD.iter().any(|(sample, _)| *sample == name) {
                wrong.push(format!("{name}: {}", verdict.summary));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
