//! The answer passes over that the client cannot keep a context.

use super::negotiation::{Negotiation, accepting, offering};
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-takeover-unconfirmed",
    family: Family::Deflate,
    section: "RFC 7692 §7.1.1.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006, some send 1010",
    closes_with: &[1010],
    summary: "server_no_context_takeover in the offer, but not in the answer",
    explanation: "An offer with server_no_context_takeover comes from a client that forgets each \
        message once it has inflated it. A server accepts such an offer by repeating the \
        parameter; an answer without it announces messages that refer to earlier ones, and the \
        client has to fail the connection. One that lets it pass fails to inflate the second \
        message.",
    advice: "Repeat server_no_context_takeover in the answer and start each message with an \
        empty window, or decline the offer.",
    breaks: &[
        offering!("permessage-deflate; server_no_context_takeover"),
        accepting!("permessage-deflate"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        offering!("permessage-deflate; server_no_context_takeover"),
        accepting!("permessage-deflate; server_no_context_takeover"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Handshake(check),
};

fn check(handshake: &Handshake) -> Option<Breach> {
    let negotiation = Negotiation::of(handshake)?;
    let confirmed = negotiation.answer.as_ref().ok()?.no_context_takeover.server;
    let asked = negotiation.offers.iter().all(|offer| offer.no_context_takeover.server);
    (asked && !confirmed).then(|| {
        negotiation.breach("the offer has server_no_context_takeover, the answer does not")
    })
}
