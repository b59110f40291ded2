//! The answer has a parameter of permessage-deflate that no client may accept.

use super::negotiation::{Negotiation, accepting};
use crate::http::Handshake;
use crate::http::redact;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-param-unknown",
    family: Family::Deflate,
    section: "RFC 7692 §7.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006, some send 1010",
    closes_with: &[1010],
    summary: "answer with a parameter that permessage-deflate does not have",
    explanation: "Each parameter stands at most once, the two about context takeover have no \
        value, and those about the window have a number from 8 to 15 without leading zeros. A \
        client that finds anything else in the answer does not know how the server compresses \
        and has to fail the connection; some ignore it and fail at the first message they cannot \
        inflate.",
    advice: "Answer with the parameters of RFC 7692 alone, each once and with a legal \
        value. What is not understood in an offer is a reason to decline that offer, not to \
        repeat it.",
    breaks: &[
        ASK_DEFLATE,
        accepting!("permessage-deflate; server_max_window_bits=16"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
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
    let fault = negotiation.answer.as_ref().err()?;
    if fault.is_known_in_another_case() {
        return None; // RFC 7692 does not say whether case matters
    }
    let written = match &fault.value {
        Some(value) => format!("{}={value}", fault.name),
        None => fault.name.clone(),
    };
    let written = redact::excerpt(&written);
    Some(negotiation.breach(format!("the answer has {written}, {}", fault.kind.text())))
}
