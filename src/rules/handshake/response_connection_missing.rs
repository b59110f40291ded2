//! The response 101 does not list Upgrade in Connection.

use super::evidence::Switched;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-response-connection-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006",
    closes_with: &[],
    summary: "101 without Connection: Upgrade",
    explanation: "The response has to list Upgrade in Connection, in any case. A client that \
        does not find it fails the connection although the server considers it open. A proxy \
        that writes a Connection field of its own is a frequent reason.",
    advice: "Send `Connection: Upgrade` with the 101. If the server does, let the proxy pass it \
        on.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: keep-alive\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let head = &switched.response.head;
    if head.has_token("Connection", "Upgrade") {
        return None;
    }
    let field = head.first("Connection");
    let detail = match field {
        Some(field) => format!("Connection is {}", redact::excerpt(&field.value)),
        None => "there is no Connection field".to_owned(),
    };
    Some(switched.breach(field, detail))
}
