//! A control frame is marked as compressed.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FAILS,
    SERVER_FIN, pong,
};
use crate::ws::{FrameHeader, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "control-compressed",
    family: Family::Framing,
    section: "RFC 7692 §6.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "compressed control frame",
    explanation: "permessage-deflate is for data messages; Close, Ping and Pong go as they are, \
        also between the fragments of a compressed message. RSV1 on a control frame therefore \
        has no meaning, and the receiver has to fail the connection. Well-known stacks do.",
    advice: "Leave control frames out of the compression: set RSV1 on the first frame of data \
        messages only.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        pong(b"here").rsv(0b100).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        pong(b"here").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let (header, agreed) = (frame.header, context.agreement);
    let is_control = matches!(header.opcode, Opcode::CLOSE | Opcode::PING | Opcode::PONG);
    let judged = agreed.deflate.is_agreed() && !agreed.unknown_extension;
    if !is_control || !judged || header.rsv != FrameHeader::RSV1 {
        return None;
    }
    let opcode = header.opcode;
    Some(Breach::new(format!("RSV1 is set on this {opcode} frame")).guilty(0, 0x40))
}
