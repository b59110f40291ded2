//! A message has very many empty fragments.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, Step, continuation, text,
};
use crate::ws::{Assembly, Direction, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "empty-fragments-flood",
    family: Family::Framing,
    section: "RFC 6455 §5.4",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "1008",
    closes_with: &[1008],
    summary: "very many empty fragments in one message",
    explanation: "Fragments may be empty, but each costs the receiver work and brings the \
        message no nearer to its end. Bandit takes a flood of them for an attack and closes with \
        1008; others read on for as long as they come.",
    advice: "Send a fragment when there is payload for it, and an empty one at most to end the \
        message.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").not_final().from_client(),
        FLOOD,
        continuation(b"").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").not_final().from_client(),
        continuation(b"").not_final().from_client(),
        continuation(b"").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

const FLOOD: Step =
    Step::Together(&[Step::Repeat(1_000, &continuation(b"").not_final().from_client())]);

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let Assembly::Open(message) = &context.direction.assembly else { return None };
    let header = frame.header;
    let is_empty = header.opcode == Opcode::CONTINUATION && !header.fin && header.payload_len == 0;
    // Said once, when the number is reached.
    if !is_empty || message.empty_fragments + 1 != Direction::MANY_EMPTY_FRAGMENTS {
        return None;
    }
    let many = Direction::MANY_EMPTY_FRAGMENTS;
    Some(Breach::new(format!("this is the {many}th empty fragment of the message")))
}
