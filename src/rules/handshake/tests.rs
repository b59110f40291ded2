//! The rules on their own samples, and on what must not alarm them.

use super::*;
use crate::endpoint::Side;
use crate::pipeline::{Analysis, Options};
use crate::report::{AtFault, FindingReport, PacketCite, Report};
use crate::rules::Severity;
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, HELLO, Play, SERVER_CLOSES, SERVER_FIN, Script, Step,
    write_pcap,
};

fn report(script: Script) -> Report {
    let mut analysis = Analysis::new(Options::default());
    analysis.read("script", write_pcap(&Play::of(script)).as_slice());
    analysis.into_report()
}

fn findings(script: Script) -> Vec<FindingReport> {
    report(script).connections.into_iter().flat_map(|connection| connection.findings).collect()
}

fn ids(script: Script) -> Vec<String> {
    findings(script).into_iter().map(|finding| finding.rule).collect()
}

/// What is found when the client sends `request` and the server `response`, and both carry on.
fn exchange(request: &'static str, response: &'static str) -> Vec<FindingReport> {
    let said = |side, head: &'static str| Step::Bytes(side, head.as_bytes());
    let steps = vec![
        said(Side::Client, request),
        said(Side::Server, response),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    findings(Vec::leak(steps))
}

/// What is found when `request` is sent and accepted.
fn asked(request: String) -> Vec<FindingReport> {
    exchange(String::leak(request), crate::script::RESPONSE)
}

/// What is found when the ordinary request is answered by `response`.
fn answered(response: String) -> Vec<FindingReport> {
    exchange(crate::script::REQUEST, String::leak(response))
}

fn request_with(line: &str) -> String {
    crate::script::REQUEST
        .replace("Upgrade: websocket\r\n", &format!("{line}\r\nUpgrade: websocket\r\n"))
}

fn response_with(line: &str) -> String {
    crate::script::RESPONSE
        .replace("Upgrade: websocket\r\n", &format!("{line}\r\nUpgrade: websocket\r\n"))
}

/// A response that fits no request.
const FOREIGN: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: wrong\r\n\
    Sec-WebSocket-Protocol: foreign\r\n\
    Sec-WebSocket-Extensions: foreign\r\n\r\n";

/// The request with another key.
const ASK_AGAIN: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The response that accepts it.
const ACCEPT_AGAIN: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[test]
fn every_rule_fires_on_its_sample_once_and_alone() {
    for rule in RULES {
        assert_eq!(ids(rule.breaks), [rule.id], "{}", rule.id);
    }
}

#[test]
fn every_rule_is_silent_on_the_conforming_sample() {
    for rule in RULES {
        assert_eq!(ids(rule.keeps), [""; 0], "{}", rule.id);
    }
}

#[test]
fn every_breach_names_its_bytes() {
    for rule in RULES {
        for finding in findings(rule.breaks) {
            let [start, end] = finding.stream_range;
            assert!(start < end && !finding.packets.is_empty(), "{}", rule.id);
        }
    }
}

#[test]
fn a_list_of_tokens_in_any_case_asks_for_an_upgrade() {
    let request = crate::script::REQUEST
        .replace("Connection: Upgrade", "connection: Keep-Alive, UPGRADE")
        .replace("Upgrade: websocket", "upgrade: WebSocket");
    assert_eq!(asked(request).len(), 0);
}

#[test]
fn another_upgrade_is_no_attempt() {
    let request = "POST /exec HTTP/1.1\r\nHost: a\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n";
    let response = "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n";
    assert_eq!(exchange(request, response).len(), 0);
}

#[test]
fn what_a_proxy_removed_is_not_the_clients_fault() {
    let fault = |request: String| {
        let found = asked(request);
        assert!(!found.is_empty());
        found.iter().map(|finding| finding.at_fault).collect::<Vec<_>>()
    };
    let stripped = |line: &str| {
        let line = format!("{line}\r\n");
        request_with("X-Forwarded-For: 192.0.2.1").replace(&line, "")
    };
    assert_eq!(fault(stripped("Upgrade: websocket")), [AtFault::Intermediary]);
    assert_eq!(fault(stripped("Connection: Upgrade")), [AtFault::Intermediary]);
    let client = crate::script::REQUEST.replace("Connection: Upgrade\r\n", "");
    assert_eq!(fault(client), [AtFault::Client]);
    // What nginx makes of a WebSocket request unless told otherwise.
    let nginx = crate::script::REQUEST
        .replace("HTTP/1.1", "HTTP/1.0")
        .replace("Connection: Upgrade", "Connection: close")
        .replace("Upgrade: websocket\r\n", "");
    assert_eq!(fault(nginx), [AtFault::Intermediary; 3]);
}

#[test]
fn no_value_of_a_foreign_field_is_shown() {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
    let requests = [
        request_with(&format!("Sec-WebSocket-Protocol: {secret}, x y")),
        request_with(&format!("Cookie: {secret}\r\nExpect: {secret}")),
        request_with(&format!("Authorization: Bearer {secret}")).replace("GET", "POST"),
    ];
    let responses = [
        response_with(&format!("Sec-WebSocket-Protocol: {secret}")),
        response_with(&format!("Transfer-Encoding: {secret}")),
    ];
    let found = requests.map(asked).into_iter().chain(responses.map(answered));
    for findings in found {
        assert!(!findings.is_empty());
        for finding in findings {
            let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let start = hex.iter().take(6).cloned().collect::<Vec<_>>().join(" ");
            assert!(!finding.detail.contains("c2VjcmV0"), "{}", finding.detail);
            assert!(!finding.bytes.contains(&start), "{}", finding.rule);
        }
    }
}

#[test]
fn an_unseen_request_is_not_judged() {
    const ASKED_UNSEEN: Step = Step::Missed(&ASK);
    const LEFT_OUT: &[Step] = &[
        ASKED_UNSEEN,
        Step::Bytes(Side::Server, FOREIGN.as_bytes()),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(LEFT_OUT), [""; 0]);
}

#[test]
fn an_unseen_response_is_not_missing() {
    const UNSEEN: &[Step] = &[ASK, Step::Missed(&ACCEPT), SERVER_FIN, CLIENT_FIN];
    assert!(!ids(UNSEEN).contains(&"handshake-no-response".to_owned()));
    const CUT: &[Step] = &[ASK, Step::Bytes(Side::Server, b"HTTP/1.1 1"), SERVER_FIN, CLIENT_FIN];
    assert!(!ids(CUT).contains(&"handshake-no-response".to_owned()));
    const STILL_OPEN: &[Step] = &[ASK];
    assert_eq!(ids(STILL_OPEN), [""; 0]);
    const NEVER_ARRIVED: &[Step] = &[Step::Undelivered(&ASK), Step::Rst(Side::Server)];
    assert_eq!(ids(NEVER_ARRIVED), [""; 0]);
}

#[test]
fn a_client_that_gave_up_is_not_blamed_on_the_server() {
    const GAVE_UP: &[Step] = &[ASK, Step::Wait(5_000), CLIENT_FIN, SERVER_FIN];
    let found = findings(GAVE_UP);
    let seen: Vec<_> = found.iter().map(|f| (f.rule.as_str(), f.at_fault, f.severity)).collect();
    assert_eq!(seen, [("handshake-no-response", AtFault::Unknown, Severity::Warning)]);
}

#[test]
fn a_refusal_names_the_ground_that_the_request_gave() {
    let request = request_with("Via: 1.1 proxy").replace("Upgrade: websocket\r\n", "");
    let refusal = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n";
    let found = exchange(String::leak(request), refusal);
    let rules: Vec<_> = found.iter().map(|f| (f.rule.as_str(), f.at_fault)).collect();
    assert_eq!(
        rules,
        [
            ("handshake-upgrade-missing", AtFault::Intermediary),
            ("handshake-rejected", AtFault::Intermediary),
        ]
    );
}

#[test]
fn a_login_that_follows_a_401_is_only_noted() {
    const LOGIN: &[Step] = &[
        ASK,
        Step::Bytes(Side::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        Step::Bytes(Side::Client, ASK_AGAIN.as_bytes()),
        Step::Bytes(Side::Server, ACCEPT_AGAIN.as_bytes()),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    let report = report(LOGIN);
    assert_eq!(report.connections.len(), 2);
    let found = report.connections.iter().flat_map(|connection| &connection.findings);
    let seen: Vec<_> = found.map(|f| (f.rule.as_str(), f.severity)).collect();
    assert_eq!(seen, [("handshake-rejected", Severity::Note)]);
}

#[test]
fn early_data_is_told_from_a_fast_reply() {
    // The frame follows the request in the stream and comes after the response.
    const IN_TIME: &[Step] = &[
        ASK,
        ACCEPT,
        crate::script::text("in time").from_client(),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(IN_TIME), [""; 0]);
    // It was captured after the response and sent before that had arrived.
    const FRAME: Step = crate::script::text("early").from_client();
    const CROSSING: &[Step] = &[
        ASK,
        Step::Crossing(&ACCEPT, &FRAME),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(CROSSING), ["handshake-early-client-data"]);
}

#[test]
fn a_key_is_used_once_it_was_accepted() {
    // As on the two sides of a proxy: it asks its server before it answers the client. Scripts
    // cannot be interleaved, so the first handshake is never answered here.
    const LEGS: &[Step] = &[
        ASK,
        Step::NextConnection,
        ASK,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(LEGS), [""; 0]);
}

#[test]
fn a_fault_of_the_handshake_outlives_a_long_connection() {
    const CHATTER: Step = crate::script::text("on and on").from_client();
    const WRONG: Step = crate::script::response(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    const LONG: &[Step] = &[
        Step::Together(&[ASK, crate::script::text("early").from_client()]),
        WRONG,
        Step::Repeat(3_000, &CHATTER),
        Step::Repeat(3_000, &crate::script::text("and back").from_server()),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    let found = findings(LONG);
    let numbers = |packets: &[PacketCite]| packets.iter().map(|p| p.number()).collect::<Vec<_>>();
    let seen: Vec<_> = found.iter().map(|f| (f.rule.as_str(), numbers(&f.packets))).collect();
    assert_eq!(
        seen,
        [("handshake-early-client-data", vec![4]), ("handshake-accept-missing", vec![6])]
    );
}

#[test]
fn a_key_may_be_repeated_on_the_same_connection() {
    const AGAIN: &[Step] = &[
        ASK,
        Step::Bytes(Side::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        ASK,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ];
    assert_eq!(ids(AGAIN), ["handshake-rejected"]);
}
