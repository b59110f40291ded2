//! Connections that are older than the capture, and frames behind a lost header: they are found by
//! their own evidence, and what is said of them is said as a hypothesis.

use wsblame::endpoint::Endpoint;
use wsblame::ip::TcpFlags;
use wsblame::pipeline::{Analysis, Limits, Options};
use wsblame::report::{
    AtFault, Blame, BlindSpot, Confidence, ConnectionReport, EndedBy, Outcome, Report,
};
use wsblame::script::{REQUEST, RESPONSE};
use wsblame::ws::{MaskKey, unmask};

use crate::support::{
    Seg, all_samples, analyse, capture_of, capture_of_segments, key_of, packets, segments,
};

fn spot<'c>(connection: &'c ConnectionReport, kind: &str) -> Option<&'c BlindSpot> {
    connection.blind_spots.iter().find(|spot| spot.kind == kind)
}

/// The connections whose frames were found without a handshake.
fn found(report: &Report) -> Vec<&ConnectionReport> {
    report.connections.iter().filter(|c| spot(c, "mid-stream").is_some()).collect()
}

/// For each sample with a WebSocket, the report on all of it, and that on what is left when
/// everything up to the 101 and `more` packets behind it are missing.
fn without_the_handshake(more: usize) -> Vec<(String, ConnectionReport, Report)> {
    let mut cut = Vec::new();
    for (name, sample) in all_samples() {
        let whole = analyse(&sample);
        let [connection] = whole.connections.as_slice() else { continue };
        let Some(last) = connection.handshake.response_packets.last() else { continue };
        if connection.handshake.status != Some(101) {
            continue;
        }
        let packets = packets(&sample);
        let rest =
            packets.get(usize::try_from(last.number()).unwrap() + more..).unwrap_or_default();
        if !rest.is_empty() {
            cut.push((name, connection.clone(), analyse(&capture_of(rest))));
        }
    }
    cut
}

/// Two small messages and the two Closes are enough. Not found are those samples that have less, or
/// whose every frame of one side breaks the protocol.
#[test]
fn most_samples_are_found_without_their_handshake() {
    let least = [65, 65, 55, 50];
    for (more, least) in least.into_iter().enumerate() {
        let cut = without_the_handshake(more);
        let seen = cut.iter().filter(|(_, _, report)| !found(report).is_empty()).count();
        println!("{more} packets behind the 101 missing: {seen} of {} found", cut.len());
        assert!(seen >= least, "{seen} of {}", cut.len());
    }
}

#[test]
fn what_is_found_without_a_handshake_is_a_hypothesis_that_accuses_nobody() {
    for more in 0..6 {
        for (name, whole, report) in without_the_handshake(more) {
            for connection in found(&report) {
                let verdict = &connection.verdict;
                assert!(verdict.confidence <= Confidence::Likely, "{name}: {verdict:?}");
                assert!(matches!(verdict.at_fault, Blame::None | Blame::Unknown), "{name}");
                assert!(verdict.lowered_by.iter().any(|why| why.contains("handshake")), "{name}");
                let accused = |fault| !matches!(fault, AtFault::Unknown);
                assert!(!connection.findings.iter().any(|f| accused(f.at_fault)), "{name}");
                assert_eq!(connection.close.surfaced.client, None, "{name}");
                assert_eq!(connection.close.surfaced.server, None, "{name}");
                assert_eq!(connection.client, whole.client, "{name}: who masks is the client");
            }
        }
    }
}

#[test]
fn a_closing_handshake_that_is_seen_whole_is_likely_without_the_opening_one() {
    let (_, sample) =
        all_samples().into_iter().find(|(name, _)| name == "close-answer-late").unwrap();
    let rest = packets(&sample).split_off(5);
    let report = analyse(&capture_of(&rest));
    let [connection] = report.connections.as_slice() else { panic!("{report:?}") };
    assert_eq!(connection.verdict.outcome, Outcome::Closed);
    assert_eq!(connection.verdict.cause.as_deref(), Some("clean-close"));
    assert_eq!(connection.verdict.confidence, Confidence::Likely);
    assert!(connection.close.client_sent.as_ref().is_some_and(|sent| sent.code == Some(1000)));
}

/// What the samples' senders sent, one side at a time.
fn one_sided(client: bool) -> Vec<(String, ConnectionReport, Report)> {
    let mut cut = Vec::new();
    for (name, sample) in all_samples() {
        let whole = analyse(&sample);
        let [connection] = whole.connections.as_slice() else { continue };
        // Whether a proxy answered a CONNECT decides what everything behind it is.
        if connection.handshake.status != Some(101) || name.contains("connect-proxy") {
            continue;
        }
        let is_client = |from: &Endpoint| {
            from.port == connection.client.port
                && from.address.to_string() == connection.client.address
        };
        let mut kept = segments(&sample);
        kept.retain(|segment| is_client(&segment.from) == client);
        cut.push((name, connection.clone(), analyse(&capture_of_segments(&kept))));
    }
    cut
}

#[test]
fn of_a_server_alone_its_close_and_its_fin_are_told() {
    let (mut closes, mut told, mut ends) = (0, 0, 0);
    for (name, whole, report) in one_sided(false) {
        let [connection] = report.connections.as_slice() else { panic!("{name}: {report:?}") };
        assert_eq!(connection.handshake.status, Some(101), "{name}");
        let code = |c: &ConnectionReport| c.close.server_sent.as_ref().map(|sent| sent.code);
        closes += usize::from(code(&whole).is_some());
        told += usize::from(code(&whole).is_some() && code(connection) == code(&whole));
        // Where the server's FIN acknowledges all that the client ever sent, a FIN may be among it.
        let (by, in_truth) = (connection.close.tcp_end.by, whole.close.tcp_end.by);
        let told = matches!(by, EndedBy::Client | EndedBy::Server);
        assert!(!told || by == in_truth, "{name}: {by:?}, not {in_truth:?}");
        ends += usize::from(by == EndedBy::Server);
    }
    assert_eq!(told, closes, "where the server's frames begin is known from its 101");
    assert!(ends > 10, "of {closes} servers {ends} are told to have ended TCP");
}

#[test]
fn of_a_client_alone_its_close_is_told_where_its_frames_prove_themselves() {
    let (mut closes, mut told) = (0, 0);
    for (name, whole, report) in one_sided(true) {
        let [connection] = report.connections.as_slice() else { panic!("{name}: {report:?}") };
        assert!(connection.handshake.host.is_some() || whole.handshake.host.is_none(), "{name}");
        let code = |c: &ConnectionReport| c.close.client_sent.as_ref().map(|sent| sent.code);
        closes += usize::from(code(&whole).is_some());
        told += usize::from(code(&whole).is_some() && code(connection) == code(&whole));
    }
    println!("{told} of {closes} Closes told");
    assert!(told * 5 > closes * 2, "{told} of {closes}");
}

/// A conversation in TCP segments, from the SYN on.
struct Talk {
    segments: Vec<Seg>,
    next: [u32; 2],
}

impl Talk {
    fn open() -> Talk {
        let mut talk = Talk { segments: Vec::new(), next: [1_000, 9_000] };
        talk.segment(0, TcpFlags::SYN.0, b"");
        talk.segment(1, TcpFlags::SYN.with(TcpFlags::ACK).0, b"");
        talk.segment(0, TcpFlags::ACK.0, b"");
        talk.say(0, REQUEST.as_bytes());
        talk.say(1, RESPONSE.as_bytes());
        talk
    }

    /// Side 0 is the client.
    fn segment(&mut self, side: usize, flags: u8, payload: &[u8]) {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        let ends = [end(1, 50_000), end(2, 80)];
        self.segments.push(Seg {
            time: 1_700_000_000_000_000_000 + 1_000_000 * self.segments.len() as i64,
            from: ends[side],
            to: ends[1 - side],
            seq: self.next[side],
            ack: if flags & TcpFlags::ACK.0 == 0 { 0 } else { self.next[1 - side] },
            flags,
            window: 64_000,
            payload: payload.to_vec(),
        });
        let phantom = u32::from(flags & (TcpFlags::SYN.0 | TcpFlags::FIN.0) != 0);
        self.next[side] += payload.len() as u32 + phantom;
    }

    fn say(&mut self, side: usize, payload: &[u8]) {
        self.segment(side, TcpFlags::PSH.with(TcpFlags::ACK).0, payload);
    }

    fn frame(&mut self, side: usize, first: u8, payload: &[u8]) {
        let key = (side == 0).then_some([self.segments.len() as u8, 0x35, 0xA1, 0x7E]);
        self.say(side, &frame(first, key, payload));
    }

    fn end(&mut self, side: usize) {
        let fin = TcpFlags::FIN.with(TcpFlags::ACK).0;
        self.segment(side, fin, b"");
        self.segment(1 - side, fin, b"");
        self.segment(side, TcpFlags::ACK.0, b"");
    }

    fn without(&self, lost: &[usize]) -> Report {
        let kept = self.segments.iter().enumerate().filter(|(place, _)| !lost.contains(place));
        let kept: Vec<Seg> = kept.map(|(_, segment)| segment.clone()).collect();
        analyse(&capture_of_segments(&kept))
    }
}

fn frame(first: u8, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(mask_bit | len as u8),
        len => {
            bytes.push(mask_bit | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
    }
    bytes.extend(key.into_iter().flatten());
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    if let Some(key) = key {
        unmask(&mut bytes[start..], MaskKey(key), 0);
    }
    bytes
}

/// Both sides say a few things; the last place is that of the server's latest message.
fn chat() -> (Talk, usize) {
    let mut talk = Talk::open();
    for number in 0..6 {
        talk.frame(0, 0x81, format!("{{\"ask\": {number}, \"for\": \"prices\"}}").as_bytes());
        talk.frame(1, 0x81, format!("{{\"answer\": {number}, \"price\": 42}}").as_bytes());
    }
    let last = talk.segments.len() - 1;
    (talk, last)
}

#[test]
fn a_lost_frame_is_a_hole_behind_which_the_next_one_is_found() {
    let (mut talk, last) = chat();
    talk.frame(1, 0x88, &[0x03, 0xE9]); // the server goes away
    talk.frame(0, 0x88, &[0x03, 0xE9]);
    talk.end(1);
    // Two of the server's messages are lost, and a third loses its header: offsets do not tell
    // where the next one begins.
    let report = talk.without(&[last - 4, last - 6]);
    let [connection] = report.connections.as_slice() else { panic!("{report:?}") };
    let lost = spot(connection, "lost-sync").expect("a header was lost");
    assert!(lost.hides.contains("more are read from packet"), "{}", lost.hides);
    assert_eq!(connection.close.server_sent.as_ref().unwrap().code, Some(1001));
    assert_eq!(connection.close.surfaced.client, None, "what the hole held is not known");
    assert!(connection.verdict.confidence <= Confidence::Likely);
    assert_eq!(connection.verdict.cause.as_deref(), Some("going-away"));
}

#[test]
fn a_close_behind_a_hole_that_nothing_confirms_is_told_as_a_doubt() {
    let (mut talk, last) = chat();
    talk.frame(1, 0x88, &[0x03, 0xF3]); // 1011, and the client just goes
    talk.end(0);
    let report = talk.without(&[last - 4]);
    let [connection] = report.connections.as_slice() else { panic!("{report:?}") };
    assert_eq!(connection.close.server_sent, None);
    let lost = spot(connection, "lost-sync").unwrap();
    assert!(lost.hides.contains("seems to hold a Close 1011"), "{}", lost.hides);
}

#[test]
fn a_recorded_stream_inside_a_message_closes_nothing() {
    // The server sends a recording: frames of a server, the last of them a Close.
    let mut recording: Vec<u8> = Vec::new();
    for number in 0..12 {
        recording.extend(frame(0x81, None, format!("recorded message {number}").as_bytes()));
    }
    recording.extend(frame(0x88, None, &[0x03, 0xE8]));
    let (mut talk, _) = chat();
    let carrier = frame(0x82, None, &recording);
    let (head, rest) = carrier.split_at(8);
    talk.say(1, head);
    let header = talk.segments.len() - 1;
    talk.say(1, rest);
    talk.frame(0, 0x88, &[0x03, 0xE9]);
    talk.end(0);
    // Whether the start of the connection was captured or not.
    let before = [0, 1, 2, 3, 4].iter().chain(&[header]).copied().collect::<Vec<_>>();
    for lost in [vec![header], before] {
        let report = talk.without(&lost);
        let [connection] = report.connections.as_slice() else { panic!("{report:?}") };
        assert_eq!(connection.close.server_sent, None, "the Close is inside a message");
    }
}

#[test]
fn a_request_whose_answer_was_lost_keeps_what_it_says() {
    let (mut talk, _) = chat();
    talk.frame(0, 0x88, &[0x03, 0xE8]);
    talk.end(0);
    let report = talk.without(&[4]);
    let [connection] = report.connections.as_slice() else { panic!("{report:?}") };
    assert!(spot(connection, "mid-stream").is_some());
    assert!(connection.handshake.path.is_some());
    assert_eq!(connection.handshake.status, None);
    let close = connection.close.client_sent.as_ref().expect("its frames begin behind its request");
    assert_eq!(close.code, Some(1000));
}

#[test]
fn tls_from_inside_a_connection_is_tls() {
    let mut talk = Talk { segments: Vec::new(), next: [1_000, 9_000] };
    for number in 0..20_u8 {
        let record = [&[0x17, 3, 3, 0, 60][..], &[number.wrapping_mul(37) ^ 0x81; 60]].concat();
        talk.say(usize::from(number % 2), &record);
    }
    let report = analyse(&capture_of_segments(&talk.segments));
    assert_eq!(report.connections.len(), 0);
    assert_eq!(report.captures[0].tls_streams, 1);
}

#[test]
fn what_all_searches_hold_is_bounded_and_the_report_admits_it() {
    // Bytes that are neither frames nor anything known, in connections without their start.
    let mut all: Vec<Seg> = Vec::new();
    for port in 1_000..1_100 {
        let mut talk = Talk { segments: Vec::new(), next: [1_000, 9_000] };
        (0..40).for_each(|number| talk.say(number % 2, &[b'a' + number as u8 % 20; 200]));
        for mut segment in talk.segments {
            let client = if segment.from.port == 80 { &mut segment.to } else { &mut segment.from };
            client.port = port;
            all.push(segment);
        }
    }
    let (talk, _) = chat();
    all.extend(talk.segments[5..].iter().cloned());
    let limits = Limits { searching: 100_000, ..Limits::default() };
    let mut analysis = Analysis::new(Options { limits, ..Options::default() });
    analysis.read("sample", capture_of_segments(&all).as_slice());
    let report = analysis.into_report();
    assert_eq!(found(&report).len(), 1, "the last one still had room");
    let admitted = &report.captures[0].blind_spots;
    assert!(admitted.iter().any(|spot| spot.hides.contains("without their start")), "{admitted:?}");
    let roomy = analyse(&capture_of_segments(&all));
    assert_eq!(found(&roomy).len(), 1);
    let spots = &roomy.captures[0].blind_spots;
    assert!(!spots.iter().any(|spot| spot.hides.contains("without their start")), "{spots:?}");
}

#[test]
fn one_connection_stays_one_connection() {
    for more in 0..4 {
        for (name, whole, report) in without_the_handshake(more) {
            assert!(report.connections.len() <= 1, "{name}");
            assert!(report.connections.iter().all(|c| key_of(c) == key_of(&whole)), "{name}");
        }
    }
}
