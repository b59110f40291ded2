//! The opening request has a body, or expects something.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-expect-or-body",
    family: Family::Handshake,
    section: "RFC 6455 §4.1; RFC 9110 §10.1.1",
    severity: Severity::Note,
    fault: Fault::Client,
    answer: "HTTP 400",
    closes_with: &[],
    summary: "opening request with a body or Expect",
    explanation: "An opening request has no use for a body. Where one is announced, the frames \
        begin behind it (RFC 9110 §7.8), and servers that do not read it take its bytes for \
        frames. Expect asks the server for an interim response that no WebSocket client waits \
        for.",
    advice: "Send the opening request without Content-Length, Transfer-Encoding and Expect.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Content-Length: 2\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n{}",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let head = &asked.request.head;
    let length = head.all("Content-Length").find(|field| field.value != "0");
    let field = length.or(head.first("Transfer-Encoding")).or(head.first("Expect"))?;
    let name = match () {
        () if length.is_some() => "Content-Length, not 0",
        () if field.name.eq_ignore_ascii_case("Expect") => "Expect",
        () => "Transfer-Encoding",
    };
    // Not the value: only those of the handshake's own fields are shown.
    let breach = asked.breach(Some(field), format!("the request has {name}")).showing([]);
    Some(asked.or_someone_between(breach))
}
