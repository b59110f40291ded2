//! The opening request is of another version of the protocol than 13.

use super::evidence::Asked;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-version-unsupported",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.4",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 426 with Sec-WebSocket-Version",
    closes_with: &[],
    summary: "opening request with a Sec-WebSocket-Version other than 13",
    explanation: "Version 13 is the only one that became a standard; 0 to 12 were drafts, the \
        oldest of which had other keys and other frames. A server that does not know the version \
        asked for answers 426 or 400 and lists those it knows.",
    advice: "Send `Sec-WebSocket-Version: 13`, once. If the client is too old to do so, replace \
        its library.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 8\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let mut fields = asked.request.head.all("Sec-WebSocket-Version");
    let field = fields.next();
    let Some(found) = field else {
        let detail = match asked.is_draft() {
            true => "the request has the two keys of a draft (hixie-76) and no version",
            false => "there is no Sec-WebSocket-Version field",
        };
        return Some(asked.or_someone_between(asked.breach(None, detail)));
    };
    if let Some(second) = fields.next() {
        return Some(asked.breach(Some(second), "Sec-WebSocket-Version is there more than once"));
    }
    if found.value == "13" {
        return None;
    }
    let detail = format!("Sec-WebSocket-Version is {}", redact::excerpt(&found.value));
    Some(asked.breach(field, detail))
}
