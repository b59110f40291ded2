//! The Sec-WebSocket-Accept of the response does not answer the key.

use super::evidence::{Asked, Switched};
use super::key;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-accept-mismatch",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006",
    closes_with: &[],
    summary: "Sec-WebSocket-Accept that does not answer the key",
    explanation: "Sec-WebSocket-Accept is base64 of the SHA-1 of the key, as the characters \
        stand in the field, followed by the GUID of RFC 6455. A client that computes another \
        value fails the connection. The usual mistakes are recognised and named; an answer to \
        another key comes from a cache or from a server that mixes up its connections.",
    advice: "Hash the characters of the key as received, without decoding or trimming anything \
        else than white space, and encode the 20 bytes of the digest, not their hex form.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: 2k7+N1vlMokCDJTHkxCsfd9lL9o=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let asked = Asked::of(handshake)?;
    let key = asked.only_key()?.value.trim();
    let expected = key::accept(key.as_bytes());
    let head = &switched.response.head;
    let field = head.all("Sec-WebSocket-Accept").find(|field| field.value != expected)?;
    let mistake = match key::mistake(key, &field.value) {
        Some(mistake) => format!(": {mistake}"),
        None => String::new(),
    };
    let found = redact::excerpt(&field.value);
    let detail = format!("the value is {found} and should be \"{expected}\"{mistake}");
    let breach = switched.breach(Some(field), detail);
    // RFC 9111 §5.1: only a response that was stored has an age.
    let was_stored = head.first("Age").is_some() || head.first("X-Cache").is_some();
    Some(if was_stored { breach.blaming(Fault::Intermediary) } else { breach })
}
