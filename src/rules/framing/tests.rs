//! The laws of this family and of the family of UTF-8, over the whole way from packets to report.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::RULES;
use crate::endpoint::Side;
use crate::pipeline::{Analysis, Options};
use crate::report::FindingReport;
use crate::rules::{Check, Context, FrameView, MessageView, Rule, Severity, utf8};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FAILS, CLIENT_FIN, CODE_1007, Frame, Length, Play,
    SERVER_CLOSES, SERVER_FAILS, SERVER_FIN, Script, Step, binary, close, continuation, pong, text,
    text_bytes, write_pcap,
};
use crate::ws::{Event, laws};

/// Payload of a Close: 1009.
const CODE_1009: &[u8] = &[0x03, 0xF1];

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(utf8::RULES).copied()
}

/// What is found when `script` is played in segments of `size` bytes.
fn findings(script: Script, size: usize) -> Vec<FindingReport> {
    let mut play = Play::new(size);
    play.connection(script);
    let capture = write_pcap(&play.into_packets());
    let mut analysis = Analysis::new(Options::default());
    analysis.read("script", capture.as_slice());
    let mut connections = analysis.into_report().connections;
    assert_eq!(connections.len(), 1);
    connections.pop().expect("one connection").findings
}

fn ids(script: Script) -> Vec<String> {
    let found = findings(script, 1_460).into_iter();
    found.filter(|f| f.severity > Severity::Note).map(|f| f.rule).collect()
}

/// Sizes of segments, from ordinary to one byte each; the largest script is spared the small ones.
fn sizes(rule: &Rule) -> &'static [usize] {
    if rule.id == "too-many-fragments" { &[1_460] } else { &[1_460, 13, 5, 1] }
}

#[test]
fn each_rule_fires_once_and_alone_where_it_is_broken() {
    for rule in rules() {
        for size in sizes(rule) {
            let found = findings(rule.breaks, *size);
            let own: Vec<_> = found.iter().filter(|f| f.rule == rule.id).collect();
            assert!(matches!(own.as_slice(), [one] if one.count == 1), "{}: {found:?}", rule.id);
            let others = found.iter().filter(|f| f.rule != rule.id && f.severity > Severity::Note);
            assert_eq!(others.count(), 0, "{} in segments of {size}: {found:?}", rule.id);
        }
    }
}

#[test]
fn each_rule_is_silent_where_it_is_kept() {
    for rule in rules() {
        for size in sizes(rule) {
            let found = findings(rule.keeps, *size);
            let bad = found.iter().filter(|f| f.rule == rule.id || f.severity > Severity::Note);
            assert_eq!(bad.count(), 0, "{} in segments of {size}: {found:?}", rule.id);
        }
    }
}

#[test]
fn what_is_said_does_not_depend_on_the_segments() {
    for rule in rules() {
        let said = |size| {
            // Rules about time belong to other families: more segments take longer.
            let mut found = findings(rule.breaks, size);
            found.retain(|f| rules().any(|rule| rule.id == f.rule));
            found.iter_mut().for_each(|f| (f.packets, f.time) = (Vec::new(), String::new()));
            found
        };
        for size in sizes(rule) {
            assert_eq!(said(*size), said(1_460), "{} in segments of {size}", rule.id);
        }
    }
}

#[test]
fn ids_are_distinct_and_the_texts_are_sentences() {
    let mut ids = HashSet::new();
    for rule in rules() {
        assert!(ids.insert(rule.id), "{} stands twice", rule.id);
        assert!(!rule.summary.ends_with('.') && !rule.summary.contains("  "), "{}", rule.id);
        for text in [rule.explanation, rule.advice] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}", rule.id);
        }
        assert!(rule.closes_with.iter().all(|code| (1000..=1014).contains(code)), "{}", rule.id);
    }
}

#[test]
fn guilty_bits_lie_in_the_bytes_shown() {
    for rule in rules() {
        for finding in findings(rule.breaks, 1_460) {
            if let Some(guilty) = finding.guilty {
                assert!(guilty.byte < finding.bytes.split(' ').count(), "{}", rule.id);
            }
        }
    }
}

#[test]
fn a_stray_line_end_is_named_in_the_detail() {
    let found = findings(
        &[
            ASK,
            ACCEPT,
            Step::Bytes(Side::Server, b"\r\n\x81\x02hi"),
            CLIENT_FAILS,
            CLIENT_FIN,
            SERVER_FIN,
        ],
        1_460,
    );
    assert!(found.iter().any(|f| f.rule == "reserved-opcode" && f.detail.contains("line end")));
}

#[test]
fn text_framed_as_in_the_draft_of_2010_is_named_in_the_detail() {
    let script = &[
        ASK,
        ACCEPT,
        Step::Bytes(Side::Server, b"\x00hello\xff\x00again\xff"),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ];
    let found = findings(script, 1_460);
    let named =
        |f: &FindingReport| f.rule == "continuation-without-start" && f.detail.contains("hixie-76");
    assert!(found.iter().any(named), "{found:?}");
}

#[test]
fn json_behind_an_interrupted_write_is_no_injected_json() {
    let script: Script = &[
        ASK,
        ACCEPT,
        // A header for eight bytes, a frame of eight bytes between it and its payload.
        Step::Bytes(Side::Server, b"\x82\x0c\x81\x0ahello allx{\"a\":true}"),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ];
    assert_eq!(ids(script), ["interleaved-writers"]);
}

/// What a masking key makes of a payload may begin like a frame: here like a Ping of one byte, which
/// with its header is as long as what follows.
#[test]
fn what_masking_makes_of_a_payload_is_no_frame_of_another_writer() {
    const KEY: [u8; 4] = [0xC1, 0xE9, 1, 2]; // of "Hh" it makes 89 81
    const TEXT: Script = &[
        ASK,
        ACCEPT,
        text("Hhello, and more of it").masked(KEY).from_client(),
        text("").opcode(0x3).rsv(0b010).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    const BINARY: Script = &[
        ASK,
        ACCEPT,
        binary(b"Hhello, and more of it").masked(KEY).from_client(),
        text("").opcode(0x3).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(TEXT), ["rsv-bits-set"], "text that is readable");
    assert_eq!(ids(BINARY), ["reserved-opcode"], "a header that is right but for its opcode");
}

#[test]
fn a_header_that_is_wrong_once_is_the_rest_of_a_payload_where_frames_go_on_behind_it() {
    // The rest of the payload looks like a frame with opcode 3; the one behind it is a Ping.
    const SCRIPT: Script = &[
        ASK,
        ACCEPT,
        Step::Bytes(Side::Server, b"\x82\x0a\x81\x05helloabc\x83\x02defgh\x89\x00"),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ];
    assert_eq!(ids(SCRIPT), ["interleaved-writers"]);
}

#[test]
fn a_frame_inside_a_binary_frame_is_payload() {
    const SCRIPT: Script = &[
        ASK,
        ACCEPT,
        binary(b"\x81\x05hello").from_server(),
        text("hello you").rsv(0b010).from_server(),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ];
    assert_eq!(ids(SCRIPT), ["rsv-bits-set"]); // no frames go on seven bytes later
}

#[test]
fn a_little_endian_length_is_seen_when_frames_follow() {
    const LETTERS: Frame = binary(&[b'a'; 300]).length(Length::Claimed16(0x2C01));
    const PONG: Step = pong(b"here").from_server();
    const GIVE_UP: Step = close(CODE_1009).from_client();
    const SCRIPT: Script =
        &[ASK, ACCEPT, LETTERS.from_server(), PONG, GIVE_UP, CLIENT_FIN, SERVER_FIN];
    assert_eq!(ids(SCRIPT), ["length-implausible"]);
}

#[test]
fn the_frame_behind_a_little_endian_length_is_no_puzzling_text() {
    const LETTERS: Frame = text_bytes(&[b'a'; 300]).length(Length::Claimed16(0x2C01));
    const PONG: Step = pong(b"here").from_server();
    const GIVE_UP: Step = close(CODE_1007).from_client();
    const SCRIPT: Script =
        &[ASK, ACCEPT, LETTERS.from_server(), PONG, GIVE_UP, CLIENT_FIN, SERVER_FIN];
    let found = findings(SCRIPT, 1_460);
    let text = found.iter().find(|f| f.rule == "invalid-utf8-text").expect("0x8A is no UTF-8");
    assert!(text.detail.contains("little-endian"), "{}", text.detail);
}

#[test]
fn a_frame_that_the_peer_cut_short_is_not_torn() {
    let cut = text("hello").length(Length::Claimed16(200));
    for ending in [
        &[ASK, ACCEPT, CLIENT_CLOSES, cut.from_server(), SERVER_FIN, CLIENT_FIN][..],
        &[ASK, ACCEPT, cut.from_server(), CLIENT_FAILS, SERVER_FIN, CLIENT_FIN],
        &[ASK, ACCEPT, cut.from_server(), CLIENT_FIN, SERVER_FIN],
        &[ASK, ACCEPT, cut.from_server(), Step::Rst(Side::Client)],
        &[ASK, ACCEPT, cut.from_server()], // the capture ends
        &[ASK, ACCEPT, cut.from_server(), Step::Rst(Side::Server)],
    ] {
        let script: Script = Box::leak(ending.to_vec().into_boxed_slice());
        assert!(findings(script, 1_460).iter().all(|f| f.rule != "torn-frame"), "{script:?}");
    }
}

#[test]
fn what_the_capture_lost_accuses_nobody() {
    const HELLO: Step = text("hello").not_final().from_client();
    const PRICE: Step = text("price: \u{20ac}").from_server();
    const SPLIT: Step = Step::Bytes(Side::Server, b"\x81\x03");
    const PIECE: Step = Step::Bytes(Side::Server, b"\xE2");
    for script in [
        // The start of a message, its end, a whole frame: each was sent and not captured.
        &[ASK, ACCEPT, Step::Missed(&HELLO), continuation(b"!").from_client(), CLIENT_CLOSES][..],
        &[ASK, ACCEPT, HELLO, Step::Missed(&HELLO), text("x").from_client(), CLIENT_CLOSES],
        &[ASK, ACCEPT, Step::Missed(&PRICE), SERVER_CLOSES],
        // Two bytes of a payload: what stands around the hole is no text by itself.
        &[ASK, ACCEPT, SPLIT, PIECE, Step::Missed(&PIECE), PIECE, SERVER_CLOSES],
        &[ASK, ACCEPT, SPLIT, PIECE, Step::Missed(&PIECE), Step::Missed(&SERVER_CLOSES)],
    ] {
        let script: Script = Box::leak(script.to_vec().into_boxed_slice());
        let found = findings(script, 3);
        assert!(found.iter().all(|f| rules().all(|rule| rule.id != f.rule)), "{found:?}");
    }
}

#[test]
fn a_header_that_cannot_be_one_ends_the_reading() {
    let script: Script = &[
        ASK,
        ACCEPT,
        Step::Bytes(Side::Client, b"some text that somebody wrote to the socket"),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(script), ["rsv-bits-set"]);
}

proptest! {
    #[test]
    fn whatever_the_short_cut_lets_pass_all_frame_rules_let_pass(
        side in select(Side::BOTH.to_vec()), agreed in laws::agreements(), frames in laws::streams(),
    ) {
        laws::judge(side, &agreed, &frames, |event, decoder| {
            let Event::Frame(start) = event else { return };
            let (header, offset) = (&start.header, start.offset);
            let view = FrameView { header, offset, bytes: start.bytes() };
            let direction = decoder.direction();
            let context = Context { sender: side, agreement: &agreed, direction };
            for rule in crate::rules::all().filter(|_| start.ordinary) {
                if let Check::Frame(check) = rule.check {
                    assert_eq!(check(&view, &context), None, "{} for {header:?}", rule.id);
                }
            }
        });
    }

    #[test]
    fn whatever_the_short_cut_lets_pass_all_message_rules_let_pass(
        side in select(Side::BOTH.to_vec()), agreed in laws::agreements(), frames in laws::streams(),
    ) {
        laws::judge(side, &agreed, &frames, |event, decoder| {
            let Event::Message(end) = event else { return };
            let view = MessageView::of(end, &agreed);
            let direction = decoder.direction();
            let context = Context { sender: side, agreement: &agreed, direction };
            for rule in crate::rules::all().filter(|_| end.is_ordinary()) {
                if let Check::Message(check) = rule.check {
                    assert_eq!(check(&view, &context), None, "{} for {end:?}", rule.id);
                }
            }
        });
    }
}
