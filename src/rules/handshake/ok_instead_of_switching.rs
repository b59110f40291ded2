//! The opening request is answered with 200.

use super::refusal::Refusal;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, Step, response};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-200-instead-of-101",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client: 1006",
    closes_with: &[],
    summary: "opening request answered with 200 instead of 101",
    explanation: "The server took the opening request for an ordinary one and answered it with a \
        page: the start page of a single-page application, a health check, or the greeting of a \
        framework. Either the path leads past the WebSocket handler, or the Upgrade was removed \
        before the server saw it.",
    advice: "Route the path to the WebSocket handler, before the rule that sends everything else \
        to the start page. If the request reaches the server without Upgrade, let the proxy pass \
        it on.",
    breaks: &[ASK, PAGE, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const PAGE: Step = response(
    "HTTP/1.1 200 OK\r\n\
    Content-Type: text/html\r\n\
    Content-Length: 15\r\n\r\n<!doctype html>",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let refusal = Refusal::of(handshake)?;
    if refusal.response.status != 200 {
        return None;
    }
    let content = refusal.response.head.first("Content-Type").map(|field| field.value.as_str());
    let kind = match content.unwrap_or_default() {
        html if html.starts_with("text/html") => "an HTML page",
        json if json.starts_with("application/json") => "JSON",
        text if text.starts_with("text/plain") => "plain text",
        _ => "an ordinary response",
    };
    Some(refusal.breach(format!("{kind} with status 200")))
}
