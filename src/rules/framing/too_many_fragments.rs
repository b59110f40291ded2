//! A message has very many fragments.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, Step, continuation, text,
};
use crate::ws::{Assembly, Direction, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "too-many-fragments",
    family: Family::Framing,
    section: "RFC 6455 §5.4",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "1008",
    closes_with: &[1008],
    summary: "very many fragments in one message",
    explanation: "A message may have any number of fragments, but a receiver that hands out \
        whole messages has to keep them all. Node's ws has a limit of this size and closes with \
        1008; others keep them until the memory or a limit on the message's size ends it.",
    advice: "Use larger fragments, or several messages.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").not_final().from_server(),
        MANY,
        continuation(b"").from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").not_final().from_server(),
        continuation(b"").from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

const MANY: Step =
    Step::Together(&[Step::Repeat(128 * 1_024, &continuation(b"x").not_final().from_server())]);

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let Assembly::Open(message) = &context.direction.assembly else { return None };
    // Said once, when the number is reached.
    let reached = message.fragments + 1 == Direction::MANY_FRAGMENTS;
    if frame.header.opcode != Opcode::CONTINUATION || !reached {
        return None;
    }
    let many = Direction::MANY_FRAGMENTS;
    Some(Breach::new(format!("this is fragment {many} of the message")))
}
