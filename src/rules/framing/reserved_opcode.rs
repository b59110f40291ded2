//! A frame has an opcode that is reserved.

use super::likeness::likeness;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, text};
use crate::ws::Deflate;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "reserved-opcode",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "reserved opcode",
    explanation: "Opcodes 3 to 7 and 11 to 15 have no meaning yet, and no extension of this \
        connection gives them one. The receiver cannot know how to read the payload and has to \
        fail the connection; no well-known stack lets it pass. When the sender's library is a \
        good one, the byte is rather the start of something that is no frame.",
    advice: "Use the opcodes 0, 1, 2, 8, 9 and 10 only. If the sender's library is known to be \
        good, look for something else that writes to the socket.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").opcode(0x3).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let (opcode, agreed) = (frame.header.opcode, context.agreement);
    if !opcode.is_reserved() || agreed.unknown_extension {
        return None;
    }
    let likeness = likeness(frame.bytes);
    let breach = Breach::new(format!("the opcode is {:#X}{likeness}", opcode.0)).guilty(0, 0x0F);
    if agreed.deflate == Deflate::Unknown {
        // The response that would name the extensions was not captured.
        return Some(breach.weighing(Severity::Note).blaming(Fault::Unknown));
    }
    Some(breach)
}
