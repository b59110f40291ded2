//! A second Close from the same side.

use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, text,
};
use crate::ws::ControlFrame;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-duplicate",
    family: Family::Close,
    section: "RFC 6455 §7.1.5",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "ignored",
    closes_with: &[],
    summary: "second Close from the same side",
    explanation: "Each side sends one Close. The receiver has the code of the first, and has stopped reading or \
        stops now: a second Close can meet a closed socket and provoke a RST. Two parts of a program, or \
        a library and the application above it, each close the connection.",
    advice: "Let one place close the connection, and make closing twice do nothing.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Close(check),
};

fn check(_: &ControlFrame, context: &Context<'_>) -> Option<Breach> {
    let first = context.direction.close.as_ref()?;
    let detail = match first.code() {
        Some(code) => format!("this side had sent a Close with {code} before"),
        None => "this side had sent a Close before".to_owned(),
    };
    Some(Breach::new(detail))
}
