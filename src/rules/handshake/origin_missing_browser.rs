//! A request that calls itself a browser's has no Origin.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-origin-missing-browser",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §10.2",
    severity: Severity::Note,
    fault: Fault::Client,
    answer: "HTTP 403",
    closes_with: &[],
    summary: "a browser's opening request without Origin",
    explanation: "Every browser sends Origin with the opening request, and servers that check it \
        answer 403 when it is missing. So either something on the way removed it, or the client \
        is a program that only calls itself a browser.",
    advice: "Let the proxy pass Origin on. A program that is no browser should say so in its \
        User-Agent, or send the Origin that the server expects.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: &[
        ASKED_WITH_ORIGIN,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n",
);
const ASKED_WITH_ORIGIN: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Origin: https://server.example\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let head = &asked.request.head;
    // Drafts up to hybi-10 called it Sec-WebSocket-Origin.
    let has_origin = head.first("Origin").or(head.first("Sec-WebSocket-Origin")).is_some();
    if has_origin || !asked.is_browser() {
        return None;
    }
    let breach = asked.breach(None, "the User-Agent is that of a browser and there is no Origin");
    Some(match asked.proxy_field() {
        Some(_) => asked.or_someone_between(breach),
        None => breach,
    })
}
