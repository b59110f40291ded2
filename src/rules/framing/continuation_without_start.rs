//! A continuation frame comes while no message is open.

use super::likeness::likeness;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FAILS, SERVER_FIN, continuation,
    text,
};
use crate::ws::{Assembly, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "continuation-without-start",
    family: Family::Framing,
    section: "RFC 6455 §5.4",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "continuation frame without a message to continue",
    explanation: "Opcode 0 adds to a message that a text or binary frame without FIN has begun, \
        and none is open. Either the first fragment was never sent, or it had FIN set, or a \
        finished message was finished again. The receiver cannot tell what the payload is, and \
        well-known stacks fail the connection.",
    advice: "Give the first fragment of a message its opcode and no FIN, and FIN to the last \
        fragment only.",
    breaks: &[
        ASK,
        ACCEPT,
        continuation(b"world").from_client(),
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
    let direction = context.direction;
    let nothing_open = direction.assembly == Assembly::Idle;
    // What comes behind the sender's own Close is not read any more, and an unknown extension may
    // interleave messages (RFC 6455 §5.4).
    let judged = direction.close.is_none() && !context.agreement.unknown_extension;
    if frame.header.opcode != Opcode::CONTINUATION || !nothing_open || !judged {
        return None;
    }
    let before =
        if direction.messages == 0 { "no message has begun" } else { "the last message has ended" };
    let likeness = likeness(frame.bytes);
    Some(Breach::new(format!("the opcode is 0, but {before}{likeness}")).guilty(0, 0x0F))
}
