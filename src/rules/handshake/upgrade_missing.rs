//! The opening request does not ask to upgrade.

use super::evidence::Asked;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-upgrade-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400 or 426",
    closes_with: &[],
    summary: "opening request without Upgrade: websocket",
    explanation: "The request has a Sec-WebSocket-Key, so a WebSocket client made it, but no \
        Upgrade field that names websocket. Upgrade is meant for the next hop only, and a proxy \
        that does not know WebSocket removes it; the server then sees an ordinary GET and \
        answers it as one.",
    advice: "Let the proxy pass the upgrade on: in nginx `proxy_set_header Upgrade \
        $http_upgrade` beside `proxy_http_version 1.1`, in Apache mod_proxy_wstunnel or \
        `upgrade=websocket`. A client of your own has to send `Upgrade: websocket`.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    if asked.request.head.has_token("Upgrade", "websocket") {
        return None;
    }
    let field = asked.request.head.first("Upgrade");
    let detail = match field {
        Some(field) => format!("Upgrade is {}", redact::excerpt(&field.value)),
        None => "there is no Upgrade field".to_owned(),
    };
    Some(asked.or_someone_between(asked.breach(field, detail)))
}
