//! A data frame behind the sender's own Close.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "data-after-close",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "ignored",
    closes_with: &[1002],
    summary: "data frame after the own Close",
    explanation: "After its Close an endpoint sends no more data frames. What it still sends is thrown away by most \
        receivers, and taken for an error by some browsers, which then report 1006 although the closing \
        handshake went well. Mostly a second task goes on writing while another one closes.",
    advice: "Stop all writers before the Close is sent, and let nothing into the send queue behind it.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        text("one more").from_client(),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let opcode = frame.header.opcode;
    if context.direction.close.is_none() || opcode.is_control() || opcode.is_reserved() {
        return None;
    }
    let len = frame.header.payload_len;
    let detail = format!("a {opcode} frame of {len} bytes follows the Close of the same side");
    Some(Breach::new(detail))
}
