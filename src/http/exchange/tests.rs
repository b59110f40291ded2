//! Wire talk before and at the opening handshake.

use proptest::prelude::*;

use super::*;
use crate::provenance::{PacketNumber, Timestamp};
use crate::script::{REQUEST, RESPONSE};
use crate::tcp::{GapCause, Released};

/// Packets of `PACKET` bytes each, of which the server's acknowledge `known` of the client's bytes
/// and the client's as many of the server's as `heard` says.
struct Wire {
    heard: fn(u64) -> Option<u64>,
    known: Option<u64>,
}

const PACKET: u64 = 10;

impl Sources for Wire {
    fn packets(&self, side: Side, range: Range64, most: usize) -> Vec<PacketRef> {
        let at = |offset| self.locate(side, offset).map(|source| source.at);
        (range.start / PACKET..=(range.end - 1) / PACKET)
            .filter_map(|packet| at(packet * PACKET))
            .take(most)
            .collect()
    }

    fn locate(&self, side: Side, offset: u64) -> Option<Source> {
        let number = PacketNumber::new(offset / PACKET * 2 + u64::from(side == Side::Server));
        let at = PacketRef { number, time: Timestamp(0) };
        let acked = match side {
            Side::Client => (self.heard)(offset),
            Side::Server => self.known,
        };
        Some(Source { at, acked })
    }
}

const UNKNOWN: Wire = Wire { heard: |_| None, known: None };

/// The client had received nothing of the server's when it sent.
const FIRST: Wire = Wire { heard: |_| Some(0), known: None };

/// All that an exchange came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    handshake: Option<Handshake>,
    start: PerSide<Option<u64>>,
    /// The bytes behind the heads.
    behind: PerSide<Vec<u8>>,
    attempts: Vec<Handshake>,
    over: Option<Over>,
    notes: Vec<Note>,
}

impl Outcome {
    fn statuses(&self) -> Vec<Option<u16>> {
        let status = |handshake: &Handshake| handshake.response.as_ref().map(|r| r.status);
        self.attempts.iter().chain(&self.handshake).map(status).collect()
    }

    fn whys(&self) -> Vec<(Side, Why)> {
        self.notes.iter().map(|note| (note.side, note.why)).collect()
    }
}

type Events = Vec<(Side, Released)>;

fn play(events: &Events, wire: &Wire) -> Outcome {
    play_within(HttpLimits::default(), events, wire)
}

fn play_within(limits: HttpLimits, events: &Events, wire: &Wire) -> Outcome {
    let mut exchange = Exchange::new(limits);
    let mut tunnel: Option<Box<Tunnel>> = None;
    let mut over = None;
    let mut behind: PerSide<Vec<u8>> = PerSide::default();
    let mut take = |progress, tunnel: &mut Option<Box<Tunnel>>| match progress {
        Progress::Reading => {}
        Progress::Switched(found) => *tunnel = Some(found),
        Progress::Over(why) => over = Some(why),
    };
    for (side, held) in events {
        match &mut tunnel {
            Some(tunnel) => {
                let range = match held {
                    Released::Data { offset, bytes } => *offset..*offset + bytes.len() as u64,
                    Released::Gap { range, .. } => (*range).into(),
                };
                if *side == Side::Client {
                    tunnel.note_client(range.into(), wire);
                }
                if tunnel.start[*side].is_some() {
                    tunnel.held[*side].push(held.clone());
                }
            }
            None => {
                exchange.push(*side, held.as_event());
                take(exchange.advance(wire), &mut tunnel);
            }
        }
    }
    if tunnel.is_none() {
        take(exchange.finish(wire), &mut tunnel);
    }
    let attempts = exchange.take_attempts();
    let notes = exchange.notes().to_vec();
    if let Some(tunnel) = &tunnel {
        for (side, held) in tunnel.held.iter() {
            for held in held {
                if let Released::Data { bytes, .. } = held {
                    behind[side].extend(bytes);
                }
            }
        }
    }
    let start = tunnel.as_ref().map_or(PerSide::default(), |tunnel| tunnel.start);
    let handshake = tunnel.map(|tunnel| tunnel.handshake);
    Outcome { handshake, start, behind, attempts, over, notes }
}

fn data(side: Side, offset: u64, bytes: &[u8]) -> (Side, Released) {
    (side, Released::Data { offset, bytes: bytes.to_vec() })
}

fn gap(side: Side, range: std::ops::Range<u64>) -> (Side, Released) {
    (side, Released::Gap { range: range.into(), cause: GapCause::NeverSeen })
}

/// Both streams whole, the client's first.
fn talk(client: &[u8], server: &[u8]) -> Outcome {
    let events = [data(Side::Client, 0, client), data(Side::Server, 0, server)];
    let events = events
        .into_iter()
        .filter(|(_, held)| !matches!(held, Released::Data { bytes, .. } if bytes.is_empty()));
    play(&events.collect(), &UNKNOWN)
}

fn join(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

#[test]
fn frames_begin_right_behind_the_heads() {
    let outcome = talk(&join(&[REQUEST, "\u{1}client"]), &join(&[RESPONSE, "\u{1}server"]));
    assert_eq!(outcome.statuses(), [Some(101)]);
    assert_eq!(outcome.start.client, Some(REQUEST.len() as u64));
    assert_eq!(outcome.start.server, Some(RESPONSE.len() as u64));
    assert_eq!(outcome.behind.client, b"\x01client");
    assert_eq!(outcome.behind.server, b"\x01server");
    let handshake = outcome.handshake.unwrap();
    let request = handshake.request.unwrap();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/chat"));
    let host = request.head.first("host").unwrap();
    let range =
        usize::try_from(host.range.start).unwrap()..usize::try_from(host.range.end).unwrap();
    assert_eq!(&REQUEST[range], "Host: server.example");
    assert_eq!(request.head.packets.len(), 8);
}

#[test]
fn the_response_may_be_heard_before_the_request() {
    let events = vec![
        data(Side::Server, 0, &join(&[RESPONSE, "\u{1}"])),
        data(Side::Client, 0, REQUEST.as_bytes()),
    ];
    assert_eq!(play(&events, &UNKNOWN), talk(REQUEST.as_bytes(), &join(&[RESPONSE, "\u{1}"])));
}

#[test]
fn ordinary_exchanges_come_first() {
    let client = join(&[
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /",
        "POST /more HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\r\n\r\r\n0\r\nX: y\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET /cached HTTP/1.1\r\nHost: a\r\n\r\n",
        REQUEST,
    ]);
    let server = join(&[
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2;x=y\r\n\n\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        RESPONSE,
    ]);
    let outcome = talk(&client, &server);
    assert_eq!(outcome.statuses(), [Some(101)], "{:?}", outcome.notes);
    assert_eq!(outcome.start.client, Some(client.len() as u64));
    assert_eq!(outcome.start.server, Some(server.len() as u64));
}

#[test]
fn a_proxy_is_asked_first() {
    let connect = "CONNECT server.example:80 HTTP/1.1\r\nHost: server.example:80\r\n\r\n";
    let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let client = join(&[connect, connect, REQUEST]);
    let server = join(&[refused, "HTTP/1.1 200 Connection established\r\n\r\n", RESPONSE]);
    let outcome = talk(&client, &server);
    assert_eq!(outcome.statuses(), [Some(101)]);
    assert_eq!(outcome.start.client, Some(client.len() as u64));
}

#[test]
fn tls_behind_a_proxy_is_said_to_be_tls() {
    let client = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01\x00\x05";
    let outcome = talk(client, b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03");
    assert_eq!(outcome.over, Some(Over::Tls));
    assert_eq!(outcome.attempts, []);
}

#[test]
fn tls_behind_a_proxy_is_handed_out_whole_however_it_is_cut() {
    let connect = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".as_bytes();
    let hello: &[u8] = &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0];
    for cut in 2..hello.len() {
        let start = connect.len() as u64;
        let mut exchange = Exchange::new(HttpLimits::default());
        let events = [
            data(Side::Client, 0, connect),
            data(Side::Server, 0, b"HTTP/1.1 200 OK\r\n\r\n"),
            data(Side::Client, start, &hello[..cut]),
        ];
        let mut over = None;
        for (side, event) in &events {
            exchange.push(*side, event.as_event());
            if let Progress::Over(why) = exchange.advance(&UNKNOWN) {
                over = Some(why);
            }
        }
        assert_eq!(over, Some(Over::Tls), "said with the first {cut} bytes");
        let unread = exchange.take_unread().client;
        assert_eq!(unread, [Released::Data { offset: start, bytes: hello[..cut].to_vec() }]);
    }
}

#[test]
fn a_server_that_answers_in_tls_expected_tls() {
    let outcome = talk(REQUEST.as_bytes(), b"\x15\x03\x03\x00\x02\x02\x0A");
    assert_eq!(outcome.over, Some(Over::Ended));
    assert_eq!(outcome.attempts.len(), 1);
    assert_eq!(outcome.attempts[0].expects_tls, Some(ExpectsTls::Record((0..1).into())));
}

#[test]
fn a_server_that_says_so_expected_tls() {
    let page = "<center>The plain HTTP request was sent to HTTPS port</center>";
    for framing in [format!("Content-Length: {}", page.len()), "Connection: close".to_owned()] {
        let head = format!("HTTP/1.1 400 Bad Request\r\n{framing}\r\n\r\n");
        let response = join(&[&head, page]);
        for cut in head.len()..response.len() {
            let events = vec![
                data(Side::Client, 0, REQUEST.as_bytes()),
                data(Side::Server, 0, &response[..cut]),
                data(Side::Server, cut as u64, &response[cut..]),
            ];
            let outcome = play(&events, &FIRST);
            let says = outcome.attempts[0].expects_tls.clone();
            assert!(matches!(says, Some(ExpectsTls::Says(_))), "{framing}, cut at {cut}");
        }
    }
}

#[test]
fn another_protocol_is_not_a_websocket() {
    let client = b"POST /attach HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n\x81\x05";
    let server = b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n\x81\x05";
    assert_eq!(talk(client, server).over, Some(Over::OtherProtocol));
}

#[test]
fn a_server_may_go_on_with_http_instead_of_h2c() {
    let client = join(&["GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", REQUEST]);
    let server = join(&["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", RESPONSE]);
    assert_eq!(talk(&client, &server).statuses(), [Some(101)]);
}

#[test]
fn a_key_without_upgrade_is_an_attempt() {
    let client = b"GET / HTTP/1.0\r\nConnection: close\r\nSec-WebSocket-Key: x\r\n\r\n";
    let response = b"HTTP/1.1 400 Bad Request\r\n\r\nno";
    let events = vec![data(Side::Client, 0, client), data(Side::Server, 0, response)];
    assert_eq!(play(&events, &FIRST).statuses(), [Some(400)]);
    // Of a repeated request it is not known whether the response came before.
    assert_eq!(play(&events, &UNKNOWN).statuses(), [None]);
}

#[test]
fn every_attempt_is_remembered() {
    let client = join(&[REQUEST, REQUEST]);
    let server = join(&["HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno!", RESPONSE]);
    let events = vec![data(Side::Client, 0, &client), data(Side::Server, 0, &server)];
    let outcome = play(&events, &FIRST);
    assert_eq!(outcome.statuses(), [Some(401), Some(101)]);
    assert!(outcome.attempts[0].retried);
    assert_eq!(outcome.start.client, Some(client.len() as u64));
}

#[test]
fn a_request_may_stay_without_response() {
    let outcome = talk(REQUEST.as_bytes(), b"");
    assert_eq!(outcome.statuses(), [None]);
    assert_eq!(outcome.attempts[0].awaited_at, Some(0));
    let cut = talk(REQUEST.as_bytes(), b"HTTP/1.1 101 Switching");
    assert_eq!((cut.statuses(), cut.attempts[0].awaited_at), (vec![None], None));
}

#[test]
fn a_response_without_request_opens_the_frames_of_the_server() {
    let outcome = talk(b"", &join(&[RESPONSE, "\u{1}"]));
    assert_eq!(outcome.statuses(), [Some(101)]);
    assert_eq!(outcome.handshake.unwrap().request, None);
    assert_eq!((outcome.start.client, outcome.start.server), (None, Some(RESPONSE.len() as u64)));
    assert_eq!(outcome.behind.server, b"\x01");
}

#[test]
fn a_hole_in_the_request_costs_the_request_only() {
    let events = vec![
        data(Side::Client, 0, b"GET /chat HTTP/1.1\r\nHost:"),
        gap(Side::Client, 24..60),
        data(Side::Client, 60, b"grade\r\n\r\n\x81"),
        data(Side::Server, 0, RESPONSE.as_bytes()),
    ];
    let outcome = play(&events, &UNKNOWN);
    assert_eq!(outcome.statuses(), [Some(101)]);
    assert_eq!(outcome.handshake.unwrap().request, None);
    assert_eq!((outcome.start.client, outcome.start.server), (None, Some(RESPONSE.len() as u64)));
    assert_eq!(outcome.notes[0], Note { side: Side::Client, offset: 0, why: Why::HoleInHead });
}

#[test]
fn a_hole_in_the_response_costs_the_response() {
    let events = vec![
        data(Side::Client, 0, REQUEST.as_bytes()),
        data(Side::Server, 0, b"HTTP/1.1 101"),
        gap(Side::Server, 12..20),
        data(Side::Server, 20, b"\r\n\r\n"),
    ];
    let outcome = play(&events, &UNKNOWN);
    assert_eq!(outcome.statuses(), [None]);
    assert_eq!(outcome.attempts[0].awaited_at, None);
    assert_eq!(outcome.whys(), [(Side::Server, Why::HoleInHead)]);
}

#[test]
fn a_hole_in_a_body_of_known_length_costs_nothing() {
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let start = first.len() as u64;
    let events = vec![
        data(Side::Client, 0, &join(&["GET / HTTP/1.1\r\n\r\n", REQUEST])),
        data(Side::Server, 0, first.as_bytes()),
        gap(Side::Server, start..start + 60),
        data(Side::Server, start + 60, &[b'x'; 40]),
        data(Side::Server, start + 100, RESPONSE.as_bytes()),
    ];
    assert_eq!(play(&events, &UNKNOWN).statuses(), [Some(101)]);
}

#[test]
fn a_hole_of_unknown_length_hides_where_a_body_ends() {
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let start = first.len() as u64;
    let range = (start..start + 60).into();
    let events = vec![
        data(Side::Client, 0, &join(&["GET / HTTP/1.1\r\n\r\n", REQUEST])),
        data(Side::Server, 0, first.as_bytes()),
        (Side::Server, Released::Gap { range, cause: GapCause::Unmeasured }),
        data(Side::Server, start + 60, &[b'x'; 40]),
        data(Side::Server, start + 100, RESPONSE.as_bytes()),
    ];
    assert_eq!(play(&events, &UNKNOWN).statuses(), [None]);
}

#[test]
fn a_hole_beyond_a_body_hides_what_follows() {
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let start = first.len() as u64;
    let events = vec![
        data(Side::Client, 0, &join(&["GET / HTTP/1.1\r\n\r\n", REQUEST])),
        data(Side::Server, 0, first.as_bytes()),
        gap(Side::Server, start..start + 101),
        data(Side::Server, start + 101, RESPONSE.as_bytes()),
    ];
    let outcome = play(&events, &UNKNOWN);
    assert_eq!(outcome.statuses(), [None]);
    assert_eq!(outcome.whys(), [(Side::Server, Why::BodyWithoutEnd)]);
}

#[test]
fn a_response_that_cannot_have_known_the_request_answers_another() {
    // The capture began between a request and its response: the 200 acknowledges nothing of the
    // captured request.
    let events = vec![
        data(Side::Client, 0, REQUEST.as_bytes()),
        data(Side::Server, 0, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    let outcome = play(&events, &Wire { heard: |_| None, known: Some(0) });
    assert_eq!(outcome.statuses(), [None]);
    let outcome = play(&events, &Wire { heard: |_| Some(0), known: Some(1) });
    assert_eq!(outcome.statuses(), [Some(200)]);
    // Nor had the server answered before it was asked.
    let outcome = play(&events, &Wire { heard: |_| Some(1), known: Some(1) });
    assert_eq!(outcome.statuses(), [None]);
}

#[test]
fn early_data_shows_by_what_it_acknowledges() {
    let client = join(&[REQUEST, "0123456789012345678901234567890"]);
    let events = [data(Side::Client, 0, &client), data(Side::Server, 0, RESPONSE.as_bytes())];
    let early = |wire: &Wire| {
        let one = play(&events.to_vec(), wire).handshake.unwrap().early_data;
        let other = play(&events.iter().rev().cloned().collect(), wire).handshake.unwrap();
        assert_eq!(one, other.early_data);
        one
    };
    let start = REQUEST.len() as u64;
    let late: fn(u64) -> Option<u64> = |_| Some(RESPONSE.len() as u64);
    assert_eq!(early(&Wire { heard: late, known: None }), None);
    assert_eq!(early(&UNKNOWN), None);
    let whole = Range64 { start, end: client.len() as u64 };
    let one_short = |_| Some(RESPONSE.len() as u64 - 1);
    assert_eq!(early(&Wire { heard: one_short, known: None }), Some(whole));
    let then = |offset| Some(if offset < REQUEST.len() as u64 + 7 { 0 } else { 10_000 });
    assert_eq!(early(&Wire { heard: then, known: None }), Some((start..start + 7).into()));
}

#[test]
fn frames_follow_a_body_only_if_it_was_sent_in_time() {
    let request = REQUEST.replace("Host:", "Content-Length: 2\r\nHost:");
    let client = join(&[&request, "{}\u{1}"]);
    let events = vec![data(Side::Client, 0, &client), data(Side::Server, 0, RESPONSE.as_bytes())];
    let before = play(&events, &Wire { heard: |_| Some(0), known: None });
    assert_eq!(before.start.client, Some(client.len() as u64 - 1));
    let after = play(&events, &Wire { heard: |_| Some(10_000), known: None });
    assert_eq!((after.start.client, after.statuses()), (None, vec![Some(101)]));
}

#[test]
fn a_head_over_the_limit_is_refused() {
    let limits = HttpLimits { head: 150, ..HttpLimits::default() };
    let events = vec![data(Side::Client, 0, REQUEST.as_bytes())];
    let outcome = play_within(limits, &events, &UNKNOWN);
    assert_eq!(outcome.whys(), [(Side::Client, Why::HeadTooLong)]);
    let limits = HttpLimits { fields: 4, ..HttpLimits::default() };
    let outcome = play_within(limits, &events, &UNKNOWN);
    assert_eq!(outcome.whys(), [(Side::Client, Why::TooManyFields)]);
}

#[test]
fn what_waits_for_the_other_direction_is_bounded() {
    let limits = HttpLimits { held: 1_000, ..HttpLimits::default() };
    let mut events = vec![data(Side::Server, 0, RESPONSE.as_bytes())];
    let start = RESPONSE.len() as u64;
    events.extend((0..20).map(|n| data(Side::Server, start + n * 100, &[0x81; 100])));
    let outcome = play_within(limits, &events, &UNKNOWN);
    assert_eq!(outcome.whys(), [(Side::Server, Why::HeldTooMuch)]);
    assert_eq!(outcome.statuses(), [Some(101)]);
    assert_eq!(outcome.behind.server.len(), 2_000);

    let mut events = vec![data(Side::Client, 0, REQUEST.as_bytes())];
    let start = REQUEST.len() as u64;
    events.extend((0..20).map(|n| data(Side::Client, start + n * 100, &[0x81; 100])));
    let outcome = play_within(limits, &events, &UNKNOWN);
    assert_eq!(outcome.whys(), [(Side::Client, Why::HeldTooMuch)]);
    assert_eq!(outcome.statuses(), [None]);
}

#[test]
fn a_long_head_in_single_bytes_is_read_once() {
    let padding = format!("X: {}\r\n\r\n", "x".repeat(60_000));
    let request = REQUEST.replace("\r\n\r\n", "\r\n") + &padding;
    let mut events: Events = (0_u64..)
        .zip(request.as_bytes())
        .map(|(offset, byte)| data(Side::Client, offset, &[*byte]))
        .collect();
    events.push(data(Side::Server, 0, RESPONSE.as_bytes()));
    assert_eq!(play(&events, &UNKNOWN).start.client, Some(request.len() as u64));
}

#[test]
fn what_is_not_http_is_over() {
    let outcome = talk(b"SSH-2.0-x\r\n", b"SSH-2.0-y\r\n");
    assert_eq!(outcome.over, Some(Over::NotHttp));
    assert_eq!(talk(b"\x16\x03\x01", b"").over, Some(Over::Tls));
}

/// Streams with everything in them, and what they come to.
fn conversations() -> Vec<[Vec<u8>; 2]> {
    let connect = "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n";
    let established = "HTTP/1.1 200 OK\r\n\r\n";
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = "POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\nGET / H";
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\r\n\r\nH\r\n0\r\n\r\n";
    let sized = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\r\n\r";
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";
    let client = join(&[connect, get, post, REQUEST, REQUEST, "\u{1}\u{5}GET / HTTP/1.1\r\n\r\n"]);
    let server = join(&[established, chunked, sized, refusal, RESPONSE, "\u{1}\u{1}x"]);
    let rejected = [
        join(&[get, REQUEST, get, REQUEST]),
        join(&[sized, refusal, chunked, "HTTP/1.0 403 Forbidden\r\n\r\nHTTP/1.1 101 x\r\n\r\n"]),
    ];
    vec![[client, server], [join(&[get, "\u{16}\u{3}\u{1}"]), join(&[sized])], rejected]
}

/// The two streams in pieces, in some order.
fn events(streams: &[Vec<u8>; 2], cuts: &[(bool, usize)]) -> Events {
    let mut at = [0, 0];
    let mut found = Events::new();
    let mut piece = |which: usize, len: usize| {
        let side = [Side::Client, Side::Server][which];
        let end = (at[which] + len.max(1)).min(streams[which].len());
        if at[which] < end {
            found.push(data(side, at[which] as u64, &streams[which][at[which]..end]));
            at[which] = end;
        }
    };
    cuts.iter().for_each(|(server, len)| piece(usize::from(*server), *len));
    piece(0, usize::MAX / 2);
    piece(1, usize::MAX / 2);
    found
}

/// The events with a hole in one direction, the same for any segmentation.
fn with_hole(events: &Events, hole_side: Side, hole: std::ops::Range<u64>) -> Events {
    let mut found = Events::new();
    for (side, held) in events {
        let Released::Data { offset, bytes } = held else { continue };
        let end = offset + bytes.len() as u64;
        if *side != hole_side || hole.end <= *offset || end <= hole.start {
            found.push((*side, held.clone()));
            continue;
        }
        let (from, to) = (hole.start.max(*offset), hole.end.min(end));
        let part = |range: std::ops::Range<u64>| {
            let [start, end] = [range.start - offset, range.end - offset].map(|at| at as usize);
            data(*side, range.start, &bytes[start..end])
        };
        if *offset < from {
            found.push(part(*offset..from));
        }
        // The assembler gives one hole as one event: on the event in which it ends.
        if to == hole.end {
            found.push(gap(*side, hole.clone()));
        }
        if to < end {
            found.push(part(to..end));
        }
    }
    found
}

const SPOKEN: Wire = Wire { heard: |offset| Some(offset / 2), known: None };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_outcome_depends_neither_on_cuts_nor_on_order(
        which in 0..3_usize,
        cuts in prop::collection::vec((any::<bool>(), 1..60_usize), 0..80),
    ) {
        let streams = &conversations()[which];
        prop_assert_eq!(play(&events(streams, &cuts), &SPOKEN), play(&events(streams, &[]), &SPOKEN));
    }

    #[test]
    fn a_hole_invents_nothing(
        which in 0..3_usize,
        cuts in prop::collection::vec((any::<bool>(), 1..60_usize), 0..80),
        server in any::<bool>(),
        start in any::<prop::sample::Index>(),
        len in 1..200_u64,
    ) {
        let streams = &conversations()[which];
        let side = if server { Side::Server } else { Side::Client };
        let end = streams[usize::from(server)].len();
        let start = start.index(end) as u64;
        let hole = start..(start + len).min(end as u64);
        let whole = play(&events(streams, &[]), &SPOKEN);
        let holed = play(&with_hole(&events(streams, &cuts), side, hole.clone()), &SPOKEN);
        let again = play(&with_hole(&events(streams, &[]), side, hole), &SPOKEN);
        prop_assert_eq!(&holed, &again);
        let known: Vec<&Handshake> = whole.attempts.iter().chain(&whole.handshake).collect();
        for found in holed.attempts.iter().chain(&holed.handshake) {
            let fits = known.iter().any(|known| {
                let same_request = found.request.is_none() || found.request == known.request;
                let same_response = found.response.is_none() || found.response == known.response;
                same_request && same_response
            });
            prop_assert!(fits, "{found:?}");
        }
        for side in Side::BOTH {
            prop_assert!(holed.start[side].is_none() || holed.start[side] == whole.start[side]);
        }
    }

    #[test]
    fn nothing_panics(
        pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 1..30)), 0..20),
        fragments in prop::collection::vec((any::<bool>(), 0..8_usize), 0..30),
    ) {
        let words = ["HTTP/1.1 101 x\r\n", "GET / HTTP/1.1\r\n", "\r\n", "Upgrade: websocket\r\n",
            "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", "\n"];
        let mut at = PerSide { client: 0, server: 0 };
        let random = pieces.into_iter();
        let likely = fragments.into_iter().map(|(server, word)| (server, words[word].into()));
        let events = random.chain(likely).map(|(server, bytes): (bool, Vec<u8>)| {
            let side = if server { Side::Server } else { Side::Client };
            let offset = at[side];
            at[side] += bytes.len() as u64;
            data(side, offset, &bytes)
        });
        play(&events.collect(), &SPOKEN);
    }
}
