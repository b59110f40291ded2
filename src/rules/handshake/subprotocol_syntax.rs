//! The list of subprotocols in the opening request is malformed.

use super::evidence::Asked;
use crate::http::{Handshake, is_token, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-subprotocol-syntax",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Warning,
    fault: Fault::Client,
    answer: "HTTP 400",
    closes_with: &[],
    summary: "malformed list in Sec-WebSocket-Protocol",
    explanation: "Sec-WebSocket-Protocol is a list of distinct tokens; a token has neither \
        spaces nor separators such as `/`, `=`, `:` or `@`. A strict server answers 400. Often \
        the list carries a login, because a browser lets a script set nothing else: padding of \
        base64 or a space then breaks it.",
    advice: "Offer each subprotocol once, as a token. A credential in the list has to be encoded \
        without padding, and is better sent in a cookie or in the first message.",
    breaks: &[ASKED, CHOSEN, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: &[ASKED_ONCE, CHOSEN, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, chat\r\n\r\n",
);
const CHOSEN: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n",
);
const ASKED_ONCE: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let mut seen: Vec<&str> = Vec::new();
    for field in asked.request.head.all("Sec-WebSocket-Protocol") {
        for element in field.value.split(',').map(str::trim) {
            let fault = if element.is_empty() {
                "has an empty element".to_owned()
            } else if !is_token(element) {
                format!("has an element of {} bytes that is not a token", element.len())
            } else if seen.contains(&element) {
                format!("has {} twice", redact::subprotocol(element))
            } else {
                seen.push(element);
                continue;
            };
            // Not the bytes: the element may be a credential.
            let breach = asked.breach(Some(field), format!("the list {fault}"));
            return Some(breach.showing([]));
        }
    }
    None
}
