//! A server masks a frame.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, SERVER_FIN, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "server-frame-masked",
    family: Family::Framing,
    section: "RFC 6455 §5.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "1002",
    closes_with: &[1002],
    summary: "server frame with a mask",
    explanation: "Masking is for the client's direction alone: a server sends its payload as it \
        is, and a client that sees the mask bit has to close the connection. Browsers built on \
        Chromium do; Firefox and the clients of aiohttp, tornado, Java-WebSocket and \
        coder/websocket unmask it and carry on, so the mistake may stay hidden for long.",
    advice: "Send frames from the server with the mask bit 0 and without a masking key. Look for \
        code that was taken from a client, or a frame that is relayed without being written \
        anew.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").masked([0x37, 0xFA, 0x21, 0x3D]).from_server(),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    if context.sender == Side::Client || frame.header.mask.is_none() {
        return None;
    }
    let opcode = frame.header.opcode;
    Some(Breach::new(format!("the mask bit of this {opcode} frame is 1")).guilty(1, 0x80))
}
