//! A control frame is too long.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FAILS, SERVER_FIN, pong,
};
use crate::ws::MAX_CONTROL_LEN;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "control-too-long",
    family: Family::Framing,
    section: "RFC 6455 §5.5",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "control frame with more than 125 bytes",
    explanation: "The payload of Close, Ping and Pong has at most 125 bytes, so that every \
        endpoint can hold one. In a Close two of them are the status code, which leaves 123 for \
        the reason. Well-known stacks fail the connection; the usual case is a Close whose \
        reason is an error message of any length.",
    advice: "Cut the payload to 125 bytes, a Close's reason to 123, at the boundary of a \
        character.",
    breaks: &[ASK, ACCEPT, pong(&[b'x'; 126]).from_client(), SERVER_FAILS, SERVER_FIN, CLIENT_FIN],
    keeps: &[
        ASK,
        ACCEPT,
        pong(&[b'x'; 125]).from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, _: &Context<'_>) -> Option<Breach> {
    let (opcode, len) = (frame.header.opcode, frame.header.payload_len);
    if !opcode.is_control() || opcode.is_reserved() || len <= MAX_CONTROL_LEN {
        return None;
    }
    Some(Breach::new(format!("this {opcode} frame has {len} bytes")).guilty(1, 0x7F))
}
