//! What the rules of closing and of Pings must not say.

use std::collections::BTreeSet;

use super::RULES;
use crate::endpoint::Side;
use crate::pipeline::{Analysis, Options};
use crate::report::AtFault;
use crate::rules::{Severity, ping};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, Play, Played, SERVER_CLOSES, SERVER_FAILS,
    SERVER_FIN, Script, Step, close, ping as ping_frame, pong, text, write_pcap,
};

const HELLO: Step = text("hello").from_client();
const CLIENT_RST: Step = Step::Rst(Side::Client);
const SERVER_RST: Step = Step::Rst(Side::Server);

/// What is found, with who is at fault.
fn findings(packets: &[Played]) -> BTreeSet<(String, AtFaultName)> {
    let mut analysis = Analysis::new(Options::default());
    analysis.read("script", write_pcap(packets).as_slice());
    let connections = analysis.into_report().connections.into_iter();
    let found = connections.flat_map(|connection| connection.findings);
    found.map(|finding| (finding.rule, name(finding.at_fault))).collect()
}

type AtFaultName = &'static str;

fn name(at_fault: AtFault) -> AtFaultName {
    match at_fault {
        AtFault::Client => "client",
        AtFault::Server => "server",
        AtFault::Intermediary => "intermediary",
        AtFault::Unknown => "unknown",
    }
}

fn rules_found(script: Script) -> Vec<String> {
    findings(&Play::of(script)).into_iter().map(|(rule, _)| rule).collect()
}

/// Endings of all kinds, in which some side does what would be a fault if the other had not done
/// something before.
const HARD: &[Script] = &[
    CONFORMING,
    // Both close at once.
    &[ASK, ACCEPT, HELLO, Step::Crossing(&CLIENT_CLOSES, &SERVER_CLOSES), SERVER_FIN, CLIENT_FIN],
    // The client leaves before the Close reaches it.
    &[ASK, ACCEPT, HELLO, Step::Crossing(&CLIENT_FIN, &SERVER_CLOSES), SERVER_FIN],
    &[ASK, ACCEPT, HELLO, Step::Undelivered(&SERVER_CLOSES), CLIENT_RST],
    // Both leave at once.
    &[ASK, ACCEPT, HELLO, Step::Crossing(&CLIENT_FIN, &SERVER_FIN)],
    // A server that fails the connection and does not wait.
    &[ASK, ACCEPT, HELLO, SERVER_FAILS, SERVER_FIN, CLIENT_FIN],
    &[ASK, ACCEPT, HELLO, SERVER_FAILS, SERVER_RST],
    // A browser leaves the page: 1001 and FIN at once, a reset for the answer.
    &[
        ASK,
        ACCEPT,
        HELLO,
        close(b"\x03\xE9").from_client(),
        CLIENT_FIN,
        close(b"\x03\xE9").from_server(),
        SERVER_FIN,
        CLIENT_RST,
    ],
    // Pings on both sides, answered each.
    &[
        ASK,
        ACCEPT,
        ping_frame(b"a").from_client(),
        pong(b"a").from_server(),
        Step::Wait(30_000),
        ping_frame(b"b").from_server(),
        Step::Wait(1_000),
        pong(b"b").from_client(),
        Step::Wait(30_000),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    // Several Pings, of which only the last is answered.
    &[
        ASK,
        ACCEPT,
        ping_frame(b"a").from_server(),
        Step::Wait(5_000),
        ping_frame(b"b").from_server(),
        Step::Wait(5_000),
        ping_frame(b"c").from_server(),
        pong(b"c").from_client(),
        Step::Wait(30_000),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    // A heartbeat of Pongs that nobody asked for.
    &[
        ASK,
        ACCEPT,
        pong(b"").from_client(),
        Step::Wait(30_000),
        pong(b"").from_client(),
        ping_frame(b"a").from_server(),
        pong(b"a").from_client(),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    // Cut off: the capture ends while something is due.
    &[ASK, ACCEPT, HELLO, CLIENT_CLOSES],
    &[ASK, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES],
    &[ASK, ACCEPT, ping_frame(b"a").from_server(), Step::Wait(2_000), HELLO],
];

#[test]
fn hard_endings_accuse_nobody_who_could_not_help_it() {
    let expected: &[&[&str]] = &[
        &[],
        &[],
        &["tcp-closed-without-close"], // the client, which sent FIN of its own accord
        &["tcp-closed-without-close"],
        &["tcp-closed-without-close", "tcp-closed-without-close"], // both
        &["close-1002-but-no-violation"],                          // which blames nobody
        &["close-1002-but-no-violation", "rst-after-close"],
        &[],
        &[],
        &[],
        &[],
        &[],
        &[],
        &[],
    ];
    for (number, (script, expected)) in HARD.iter().zip(expected).enumerate() {
        assert_eq!(rules_found(script), *expected, "script {number}");
    }
    assert_eq!(HARD.len(), expected.len());
}

/// The promise, with more than one packet lost: whatever is found in what is left was found in the
/// whole. Both any two packets and any stretch of packets are taken away.
#[test]
fn two_lost_packets_or_a_lost_stretch_accuse_nobody() {
    let own = RULES.iter().chain(ping::RULES).map(|rule| rule.breaks);
    for (number, script) in own.chain(HARD.iter().copied()).enumerate() {
        let packets = Play::of(script);
        let whole = findings(&packets);
        for first in 0..packets.len() {
            for last in first..packets.len() {
                let pair = |at: usize| at == first || at == last;
                let stretch = |at: usize| (first..=last).contains(&at);
                for rest in [without(&packets, pair), without(&packets, stretch)] {
                    let new: Vec<_> = accusations(&rest).difference(&whole).cloned().collect();
                    assert!(new.is_empty(), "script {number}, {first} to {last}: {new:?}");
                }
            }
        }
    }
}

fn without(packets: &[Played], lost: impl Fn(usize) -> bool) -> Vec<Played> {
    let kept = packets.iter().enumerate().filter(|(at, _)| !lost(*at));
    kept.map(|(_, packet)| packet.clone()).collect()
}

/// What is found by the rules of these families, unless nobody is blamed for it.
fn accusations(packets: &[Played]) -> BTreeSet<(String, AtFaultName)> {
    let is_ours = |rule: &str| RULES.iter().chain(ping::RULES).any(|ours| ours.id == rule);
    let found = findings(packets).into_iter();
    found.filter(|(rule, at_fault)| *at_fault != "unknown" && is_ours(rule)).collect()
}

#[test]
fn the_table_keeps_its_manners() {
    for rule in RULES.iter().chain(ping::RULES) {
        let sentences = rule.explanation.matches(['.', '?']).count();
        assert!((2..=7).contains(&sentences), "{}: {sentences}", rule.id);
        assert!(rule.severity != Severity::Note || rule.closes_with.is_empty(), "{}", rule.id);
    }
}
