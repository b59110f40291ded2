//! The opening request does not list Upgrade in Connection.

use super::evidence::Asked;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-connection-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400 or 426",
    closes_with: &[],
    summary: "opening request without Connection: Upgrade",
    explanation: "Connection has to list Upgrade, in any case and among other tokens if need be: \
        `keep-alive, Upgrade` is fine. Without it the Upgrade field does not count (RFC 9110 \
        §7.8), and the server answers as if none had been asked for. Proxies write a Connection \
        field of their own, mostly `close` or `keep-alive`.",
    advice: "Let the proxy write it: in nginx `proxy_set_header Connection \"upgrade\"` in the \
        location of the WebSocket. A client of your own has to send `Connection: Upgrade`.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: keep-alive\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    if asked.request.head.has_token("Connection", "Upgrade") {
        return None;
    }
    let field = asked.request.head.first("Connection");
    let detail = match field {
        Some(field) => format!("Connection is {}", redact::excerpt(&field.value)),
        None => "there is no Connection field".to_owned(),
    };
    Some(asked.or_someone_between(asked.breach(field, detail)))
}
