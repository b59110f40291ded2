//! The rules on their own samples, on streams of a real compressor, and behind holes.

use flate2::{Compress, Compression, FlushCompress};

use super::*;
use crate::endpoint::Side;
use crate::pipeline::{Analysis, Options};
use crate::report::{ConnectionReport, FindingReport};
use crate::rules::Severity;
use crate::rules::deflate::negotiation::{accepting, offering};
use crate::script::play::frame_bytes;
use crate::script::{
    ACCEPT, ACCEPT_DEFLATE, ASK, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, Play, SERVER_CLOSES,
    SERVER_FAILS, SERVER_FIN, Script, Step, continuation, ping, text, text_bytes, write_pcap,
};
use crate::ws::deflate::TAIL;

fn connection(script: Script, size: usize) -> ConnectionReport {
    let mut play = Play::new(size);
    play.connection(script);
    let mut analysis = Analysis::new(Options::default());
    analysis.read("script", write_pcap(&play.into_packets()).as_slice());
    let mut connections = analysis.into_report().connections;
    assert_eq!(connections.len(), 1);
    connections.pop().expect("one connection")
}

fn findings(script: Script, size: usize) -> Vec<FindingReport> {
    connection(script, size).findings
}

/// Findings that accuse.
fn ids(script: Script) -> Vec<String> {
    let found = findings(script, 1_460).into_iter();
    found.filter(|finding| finding.severity > Severity::Note).map(|finding| finding.rule).collect()
}

/// A connection on which these steps stand behind the handshake that agrees on the extension.
fn agreed(steps: &[Step]) -> Script {
    let closing = [CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN];
    Vec::leak([&[ASK_DEFLATE, ACCEPT_DEFLATE], steps, &closing].concat())
}

/// Payloads of messages with these contents, from one compressor.
fn compressed(contents: &[&[u8]]) -> Vec<&'static [u8]> {
    let mut zlib = Compress::new(Compression::default(), false);
    let payload = |content: &&[u8]| {
        let mut out = Vec::with_capacity(content.len() + 64);
        zlib.compress_vec(content, &mut out, FlushCompress::Sync).expect("compresses");
        out.truncate(out.len() - TAIL.len());
        &*Vec::leak(out)
    };
    contents.iter().map(payload).collect()
}

#[test]
fn each_rule_fires_once_and_alone_where_it_is_broken() {
    for rule in RULES {
        for size in [1_460, 13, 1] {
            let found = findings(rule.breaks, size);
            let own: Vec<_> = found.iter().filter(|f| f.rule == rule.id).collect();
            assert!(matches!(own.as_slice(), [one] if one.count == 1), "{}: {found:?}", rule.id);
            let others = found.iter().filter(|f| f.rule != rule.id && f.severity > Severity::Note);
            assert_eq!(others.count(), 0, "{} in segments of {size}: {found:?}", rule.id);
        }
    }
}

#[test]
fn each_rule_is_silent_where_it_is_kept() {
    for rule in RULES {
        for size in [1_460, 13, 1] {
            let found = findings(rule.keeps, size);
            let bad = found.iter().filter(|f| f.rule == rule.id || f.severity > Severity::Note);
            assert_eq!(bad.count(), 0, "{} in segments of {size}: {found:?}", rule.id);
        }
    }
}

#[test]
fn the_texts_are_sentences() {
    for rule in RULES {
        assert!(!rule.summary.ends_with('.') && !rule.summary.contains("  "), "{}", rule.id);
        for text in [rule.explanation, rule.advice] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}", rule.id);
        }
    }
}

#[test]
fn one_offer_that_the_answer_fits_is_enough() {
    let script =
        |offer, answer| -> Script { Vec::leak([&[offer, answer], &agreed(&[])[2..]].concat()) };
    let offer = offering!(
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, \
         permessage-deflate"
    );
    assert_eq!(ids(script(offer, accepting!("permessage-deflate"))), [""; 0]);
    let offer = offering!("permessage-deflate; server_max_window_bits=15");
    assert_eq!(ids(script(offer, accepting!("permessage-deflate"))), [""; 0]);
    // What the server limits on its own account, and what it asks of the client (RFC 7692 §7.1).
    let answer = accepting!(
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover; \
         server_max_window_bits=8"
    );
    assert_eq!(ids(script(offering!("permessage-deflate"), answer)), [""; 0]);
    // An offer that has to be declined.
    let offer = offering!("permessage-deflate; client_max_window_bits=99");
    let answer = accepting!("permessage-deflate; client_max_window_bits=9");
    assert_eq!(ids(script(offer, answer)), [""; 0]);
}

#[test]
fn text_is_checked_when_it_has_been_inflated() {
    let payloads = compressed(&[b"first", b"caf\xE9 au lait"]);
    let steps: Vec<Step> =
        payloads.iter().map(|payload| text_bytes(payload).rsv(0b100).from_client()).collect();
    let script = agreed(&steps);
    let found = findings(script, 1_460);
    let [invalid] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(invalid.rule, "invalid-utf8-text");
    assert!(invalid.detail.contains("at byte 3") && invalid.detail.contains("inflated"));
    for size in [1, 7, 100] {
        assert_eq!(findings(script, size)[0].detail, invalid.detail);
    }
}

#[test]
fn fragments_with_a_ping_between_are_one_message() {
    let [payload] = compressed(&["Xin chào, thế giới".as_bytes()])[..] else { panic!() };
    let (head, rest) = payload.split_at(5);
    let (middle, tail) = rest.split_at(1);
    let steps = [
        text_bytes(head).rsv(0b100).not_final().from_client(),
        ping(b"are you there").from_client(),
        continuation(middle).not_final().from_client(),
        continuation(b"").not_final().from_client(),
        continuation(tail).from_client(),
    ];
    let report = connection(agreed(&steps), 3);
    assert!(report.findings.iter().all(|f| f.rule == "ping-unanswered"), "{:?}", report.findings);
    assert_eq!(report.blind_spots, []);
}

#[test]
fn behind_a_lost_message_nothing_is_held_against_the_sender() {
    let words = b"the same words again and again, the same words";
    let payloads = compressed(&[words, words, b"\xFF\xFE no text", words]);
    let step = |payload: &'static [u8]| text_bytes(payload).rsv(0b100).from_client();
    let lost: &Step = Box::leak(Box::new(Step::Bytes(Side::Client, {
        // The payload of the first message, behind its header.
        let Step::Frame(side, frame) = step(payloads[0]) else { panic!() };
        &frame_bytes(side, &frame, [1, 2, 3, 4]).leak()[6..]
    })));
    let header: &'static [u8] =
        Vec::leak(vec![0xC1, 0x80 | u8::try_from(payloads[0].len()).expect("short"), 1, 2, 3, 4]);
    let steps = [
        Step::Bytes(Side::Client, header),
        Step::Missed(lost),
        step(payloads[1]),
        step(payloads[2]),
        step(payloads[3]),
    ];
    let report = connection(agreed(&steps), 1_460);
    let accused = report.findings.iter().filter(|f| f.severity > Severity::Note);
    assert_eq!(accused.count(), 0, "{:?}", report.findings);
    let spot = report.blind_spots.iter().find(|spot| spot.kind == "compressed");
    assert!(spot.is_some_and(|spot| spot.hides.contains("4 of 4")), "{:?}", report.blind_spots);
}

#[test]
fn compression_that_nobody_agreed_on_is_proven_by_inflating() {
    let payloads = compressed(&[b"compressed without having been asked"]);
    let script = |payload: &'static [u8]| -> Script {
        let message = text_bytes(payload).rsv(0b100).from_client();
        Vec::leak(vec![ASK, ACCEPT, message, SERVER_FAILS, SERVER_FIN, CLIENT_FIN])
    };
    for size in [1_460, 1] {
        let detail = |script| findings(script, size).remove(0).detail;
        assert!(detail(script(payloads[0])).contains("it inflates, to 36 bytes"));
        assert!(!detail(script(b"plain text with a stray bit")).contains("inflates"));
    }
}

#[test]
fn an_extension_that_is_not_known_is_named() {
    let offer = offering!("x-webkit-deflate-frame");
    let answer = accepting!("x-webkit-deflate-frame");
    let message = text("hello").rsv(0b100).from_client();
    let script: Script = Vec::leak([&[offer, answer, message], &agreed(&[])[2..]].concat());
    let report = connection(script, 1_460);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let spot = report.blind_spots.iter().find(|spot| spot.kind == "compressed");
    assert!(spot.is_some_and(|spot| spot.hides.contains("x-webkit-deflate-frame")));
}
