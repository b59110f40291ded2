//! The opening request is in HTTP/1.0.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-http-version",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400 or 426",
    closes_with: &[],
    summary: "opening request in HTTP/1.0",
    explanation: "Upgrade exists since HTTP/1.1, and a server ignores it in a request of an \
        older version (RFC 9110 §7.8). No WebSocket client speaks HTTP/1.0 by itself; reverse \
        proxies do towards their upstream, nginx for long by default.",
    advice: "In the proxy in front of the server, speak HTTP/1.1 upstream and pass the upgrade \
        on: in nginx `proxy_http_version 1.1`, `proxy_set_header Upgrade $http_upgrade` and \
        `proxy_set_header Connection \"upgrade\"`. A client of your own has to write HTTP/1.1 in \
        its request line.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.0\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    if asked.request.head.minor_version > 0 {
        return None;
    }
    let breach = asked.breach(None, "the request line says HTTP/1.0");
    Some(asked.or_someone_between(breach))
}
