//! The opening request has another method than GET.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-method-not-get",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400 or 405",
    closes_with: &[],
    summary: "opening request with another method than GET",
    explanation: "The opening handshake of HTTP/1.1 is a GET request; nothing else may carry it. \
        Servers route by method, so most of them never look at the Upgrade of such a request and \
        answer 400, 404 or 405.",
    advice: "Send the opening request with GET. Whatever was meant for the body goes into the \
        target, a field, or the first message.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "POST /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let method = &asked.request.method;
    // Its last letters are what is left of it where the capture begins within the first line.
    if "GET".ends_with(method.as_str()) {
        return None;
    }
    let shown: String = method.chars().take(20).filter(|c| !c.is_control()).collect();
    Some(asked.breach(None, format!("the method is {shown}")))
}
