//! A control frame is fragmented.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FAILS, SERVER_FIN, pong,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "control-fragmented",
    family: Family::Framing,
    section: "RFC 6455 §5.5",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "control frame without FIN",
    explanation: "Close, Ping and Pong are single frames: FIN is always set on them. There is no \
        message that a continuation could add to, since they may stand between the fragments of \
        another one. Well-known stacks fail the connection; Chromium's console only says that \
        the frame header is invalid.",
    advice: "Set FIN on every control frame, and keep intermediaries from refragmenting them.",
    breaks: &[
        ASK,
        ACCEPT,
        pong(b"here").not_final().from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        pong(b"here").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, _: &Context<'_>) -> Option<Breach> {
    let opcode = frame.header.opcode;
    if !opcode.is_control() || opcode.is_reserved() || frame.header.fin {
        return None;
    }
    Some(Breach::new(format!("FIN is 0 on this {opcode} frame")).guilty(0, 0x80))
}
