//! A message refers to earlier ones, although that was ruled out.

use super::negotiation::accepting;
use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, HELLO_AGAIN, HELLO_DEFLATED,
    SERVER_CLOSES, SERVER_FIN, close,
};
use crate::ws::{DeflateFault, Reason};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-takeover-ignored",
    family: Family::Deflate,
    section: "RFC 7692 §7.1.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007 or 1002",
    closes_with: &[1002, 1007],
    summary: "message that takes over a context it was not to",
    explanation: "With client_no_context_takeover or server_no_context_takeover in the answer, \
        that side compresses each message on its own, and its peer forgets a message once it has \
        inflated it. This message refers to bytes of earlier ones: behind them it inflates, on \
        its own it does not. The first message always works, a later one that repeats something \
        of it does not, which makes the fault look like chance.",
    advice: "Reset the compressor of this side behind each message when the parameter was \
        agreed on, or do not agree to it.",
    breaks: &[
        ASK_DEFLATE,
        accepting!("permessage-deflate; client_no_context_takeover"),
        HELLO_DEFLATED,
        HELLO_AGAIN,
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        HELLO_AGAIN,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

fn check(message: &MessageView<'_>, context: &Context<'_>) -> Option<Breach> {
    let DeflateFault { at, reason } = message.inflated?.fault?;
    if reason != Reason::TakenOver {
        return None;
    }
    let sender = context.sender;
    Some(Breach::new(format!(
        "{sender}_no_context_takeover was agreed on; behind byte {at} of this message comes a \
        reference into an earlier one, and behind those it inflates"
    )))
}
