//! The key of the opening request is not 16 bytes in base64.

use super::evidence::Asked;
use super::key;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
    response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-key-invalid",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400",
    closes_with: &[],
    summary: "Sec-WebSocket-Key that is not 16 bytes in base64",
    explanation: "The key is 16 random bytes in base64: 24 characters, the last two of them \
        `==`. A strict server decodes it and answers 400 when it comes out otherwise; many only \
        hash the characters as they stand and never notice.",
    advice: "Make 16 random bytes for each connection and send them in base64 with padding, in \
        the standard alphabet.",
    breaks: &[ASKED, ACCEPTED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: c2hvcnQ=\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);
const ACCEPTED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: 5mxwMKXNI9akKyJbT9Ot03A9YWg=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let field = asked.only_key()?;
    let detail = match key::decoded(&field.value) {
        Some(bytes) if bytes.len() == key::LEN => return None,
        Some(bytes) => format!("the key decodes to {} bytes instead of 16", bytes.len()),
        None if field.value.is_empty() => "the key is empty".to_owned(),
        None => format!("the key, of {} characters, is not base64", field.value.len()),
    };
    Some(asked.breach(Some(field), detail))
}
