//! A client sends a frame without a mask.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "client-frame-unmasked",
    family: Family::Framing,
    section: "RFC 6455 §5.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "1002",
    closes_with: &[1002],
    summary: "client frame without a mask",
    explanation: "A client masks every frame, control frames included, so that a script in a \
        browser cannot choose the bytes that cross a proxy. A server must close the connection \
        when it receives a frame that is not masked; several do not, and carry on.",
    advice: "Mask every frame that the client sends, Pong and Close too, each with a fresh random \
        key.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").unmasked().from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    if context.sender == Side::Server || frame.header.mask.is_some() {
        return None;
    }
    let opcode = frame.header.opcode;
    Some(Breach::new(format!("the mask bit of this {opcode} frame is 0")).guilty(1, 0x80))
}
