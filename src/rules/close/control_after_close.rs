//! A Ping or Pong behind the sender's own Close.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, pong, text,
};
use crate::ws::Opcode;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "control-after-close",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Ping or Pong after the own Close",
    explanation: "Only data frames are forbidden behind a Close, so this is legal. The peer is not obliged to answer \
        any more, and may have stopped reading: such a frame can meet a closed socket and provoke a RST, \
        which may cost the peer the Close itself.",
    advice: "Stop the keep-alive timer when the Close is sent.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        pong(b"").from_client(),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let opcode = frame.header.opcode;
    if context.direction.close.is_none() || !matches!(opcode, Opcode::PING | Opcode::PONG) {
        return None;
    }
    Some(Breach::new(format!("a {opcode} follows the Close of the same side")))
}
