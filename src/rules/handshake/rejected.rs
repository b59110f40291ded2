//! The opening request is refused.

use super::refusal::Refusal;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, Step, response};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-rejected",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client: 1006",
    closes_with: &[],
    summary: "opening request answered with another status than 101",
    explanation: "Only 101 opens a WebSocket; every other final status refuses it. A browser \
        tells the script nothing of the status: it reports an error, and a close with 1006. Only \
        the capture or the server's log shows which status it was.",
    advice: "Look up in the log of whoever sent the response why it chose this status. The \
        finding says what the status means for a WebSocket client.",
    breaks: &[ASK, REFUSED, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const REFUSED: Step = response(
    "HTTP/1.1 403 Forbidden\r\n\
    Content-Length: 0\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let refusal = Refusal::of(handshake)?;
    let status = refusal.response.status;
    if status == 200 {
        return None; // handshake-200-instead-of-101 says more
    }
    let breach = refusal.breach(format!("status {status}: {}", meaning(status)));
    Some(match status {
        // RFC 6455 §4.1: the client may log in and try again.
        401 | 407 if handshake.retried => breach.weighing(Severity::Note),
        _ => breach,
    })
}

/// What a status means for a WebSocket client.
fn meaning(status: u16) -> &'static str {
    match status {
        _ if status / 100 == 2 => "a success that opens nothing; the server did not see an upgrade",
        301 | 302 | 303 | 307 | 308 => {
            "a redirect, which browsers do not follow for a WebSocket; the URI is out of date, \
             lacks a slash, or wants wss"
        }
        304 => "a cache answered that nothing has changed; it took the request for an ordinary one",
        400 => "the server found a fault in the request, often an Upgrade that a proxy removed",
        401 => {
            "the server wants a login, which a script in a browser can only give by cookie or URI"
        }
        403 => "the server does not allow it: Origin, cookie, token or address",
        404 => "there is nothing at this path; the path is wrong, or a proxy routed it elsewhere",
        405 => "the path exists and does not take this method; no WebSocket is served there",
        407 => "a proxy on the way wants a login",
        408 => "the server gave up waiting for the request",
        410 => "the path existed once and is gone",
        413 | 414 | 431 => "the request is too large for the server, mostly because of its cookies",
        421 => "this server is not the one for the host named",
        426 => "the server wants an upgrade that it did not see, or another version",
        429 => "too many requests; the client should come back later and less often",
        499 => "the client gave up before the upstream answered, as a proxy logs it",
        500 => "the server failed while it handled the request",
        501 => "the server knows no such method or upgrade",
        502 => "a proxy got no valid answer from the server behind it",
        503 => "no server was ready: it is overloaded, starting, or not there",
        504 => "a proxy waited in vain for the server behind it",
        505 => "the server does not speak this version of HTTP",
        511 => "the network wants a login first",
        520..=527 | 530 => "a content delivery network could not reach the server behind it",
        _ if status / 100 == 4 => "the server refuses the request",
        _ if status / 100 == 5 => "the server or something before it failed",
        _ => "no status that HTTP knows as final",
    }
}
