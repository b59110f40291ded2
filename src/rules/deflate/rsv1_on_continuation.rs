//! RSV1 stands on a fragment that does not start its message.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, Frame, SERVER_CLOSES, SERVER_FAILS,
    SERVER_FIN, Step, continuation, text_bytes,
};
use crate::ws::{FrameHeader, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-rsv1-on-continuation",
    family: Family::Deflate,
    section: "RFC 7692 §6.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "RSV1 on a continuation frame",
    explanation: "permessage-deflate compresses messages and not frames: RSV1 on the first frame \
        speaks for all its fragments, and on the others the bit has to be 0. A sender that sets \
        it on each has mistaken the extension for one that works frame by frame. Well-known \
        stacks fail the connection.",
    advice: "Set RSV1 on the first frame of a compressed message only. Compress the whole \
        message first and cut it into fragments afterwards.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        START,
        REST.rsv(0b100).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        START,
        REST.from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

/// The "Hello" of RFC 7692 §7.2.3.1, cut in two.
const START: Step = text_bytes(&[0xF2, 0x48, 0xCD]).rsv(0b100).not_final().from_client();
const REST: Frame = continuation(&[0xC9, 0xC9, 0x07, 0x00]);

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let (header, agreed) = (frame.header, context.agreement);
    let judged = agreed.deflate.is_agreed() && !agreed.unknown_extension;
    if header.opcode != Opcode::CONTINUATION || !judged || header.rsv != FrameHeader::RSV1 {
        return None;
    }
    Some(Breach::new("RSV1 is set on a frame that does not start a message").guilty(0, 0x40))
}
