//! A message starts before the one before has ended.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FAILS, SERVER_FIN, continuation,
    text,
};
use crate::ws::{Assembly, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "new-message-before-fin",
    family: Family::Framing,
    section: "RFC 6455 §5.4",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "new message before the last one has ended",
    explanation: "A message was begun without FIN, and before its last fragment came another \
        text or binary frame. Fragments of two messages must not be mixed; between them only \
        control frames may stand. Mostly two tasks send at once, or the sender repeats the \
        opcode on each fragment where it should be 0. Well-known stacks fail the connection.",
    advice: "Use opcode 0 for all fragments but the first, and let one message be sent to its \
        end before the next begins.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello ").not_final().from_client(),
        text("world").from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello ").not_final().from_client(),
        continuation(b"world").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let Assembly::Open(message) = &context.direction.assembly else { return None };
    // What comes behind the sender's own Close is not read any more, and an unknown extension may
    // interleave messages (RFC 6455 §5.4).
    let judged = context.direction.close.is_none() && !context.agreement.unknown_extension;
    let opcode = frame.header.opcode;
    if !matches!(opcode, Opcode::TEXT | Opcode::BINARY) || !judged {
        return None;
    }
    let (open, fragments) = (message.opcode, message.fragments);
    let detail = format!(
        "this {opcode} frame comes while a {open} message is open, of which fragment {fragments} \
         had no FIN"
    );
    Some(Breach::new(detail).guilty(0, 0x0F))
}
