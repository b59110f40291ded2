//! The opening request has no Sec-WebSocket-Key, or several.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-key-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §11.3.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400",
    closes_with: &[],
    summary: "opening request without exactly one Sec-WebSocket-Key",
    explanation: "The server proves with its Sec-WebSocket-Accept that it has read the key and \
        means to speak WebSocket. Without a key it has nothing to prove, with several it cannot \
        know which one counts; either way it has to refuse.",
    advice: "Send Sec-WebSocket-Key exactly once. Requests made by hand, with curl or by a \
        health check, need one too.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    if asked.is_draft() {
        return None; // the drafts that had other keys are named by their version
    }
    let keys = asked.request.head.all("Sec-WebSocket-Key").count();
    let detail = match keys {
        1 => return None,
        0 => "there is no Sec-WebSocket-Key field".to_owned(),
        _ => format!("there are {keys} Sec-WebSocket-Key fields"),
    };
    let breach = asked.breach(asked.request.head.all("Sec-WebSocket-Key").nth(1), detail);
    Some(asked.or_someone_between(breach))
}
