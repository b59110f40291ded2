//! The response 101 has no Sec-WebSocket-Accept.

use super::evidence::Switched;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-accept-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006",
    closes_with: &[],
    summary: "101 without Sec-WebSocket-Accept",
    explanation: "Sec-WebSocket-Accept proves that the server has read the key and means \
        WebSocket. A client that does not find it fails the connection. Servers that only copy \
        the upgrade from another protocol, and mocks, forget it.",
    advice: "Answer with Sec-WebSocket-Accept: the SHA-1 of the key and the GUID of RFC 6455 in \
        base64. Better leave it to a library.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    if switched.response.head.first("Sec-WebSocket-Accept").is_some() {
        return None;
    }
    Some(switched.breach(None, "there is no Sec-WebSocket-Accept field"))
}
