//! The opening request has no Host, or several.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-host-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400",
    closes_with: &[],
    summary: "opening request without exactly one Host",
    explanation: "A request in HTTP/1.1 names the host it is meant for exactly once (RFC 9112 \
        §3.2), and the opening handshake repeats the demand. Servers and proxies choose the site \
        by it and refuse a request in which it is missing or ambiguous.",
    advice: "Send one Host field with the host of the URI, and the port unless it is the default \
        one.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let hosts = asked.request.head.all("Host").count();
    let detail = match hosts {
        1 => return None,
        0 => "there is no Host field".to_owned(),
        _ => format!("there are {hosts} Host fields"),
    };
    let breach = asked.breach(asked.request.head.all("Host").nth(1), detail);
    Some(asked.or_someone_between(breach))
}
