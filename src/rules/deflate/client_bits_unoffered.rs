//! The answer limits the window of a client that did not say that it can.

use super::negotiation::{Negotiation, accepting, offering};
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-client-bits-unoffered",
    family: Family::Deflate,
    section: "RFC 7692 §7.1.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006, some send 1010",
    closes_with: &[1010],
    summary: "client_max_window_bits in the answer, but not in the offer",
    explanation: "Not every client can make its window smaller, so that a server may ask for it \
        only when the offer has client_max_window_bits. A client that did not offer it has to \
        fail the connection; one that lets it pass compresses with the window that it has, and \
        the server may then fail to inflate.",
    advice: "Leave client_max_window_bits out of the answer unless the accepted offer has \
        it.",
    breaks: &[
        offering!("permessage-deflate"),
        accepting!("permessage-deflate; client_max_window_bits=10"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        offering!("permessage-deflate; client_max_window_bits"),
        accepting!("permessage-deflate; client_max_window_bits=10"),
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
    let bits = negotiation.answer.as_ref().ok()?.max_window_bits.client?.bits()?;
    if negotiation.offers.iter().any(|offer| offer.max_window_bits.client.is_some()) {
        return None;
    }
    let detail = format!("the answer asks for client_max_window_bits={bits}; no offer has it");
    Some(negotiation.breach(detail))
}
