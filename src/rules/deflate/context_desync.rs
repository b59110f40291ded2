//! A message refers to bytes that were never sent.

use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, HELLO_AGAIN, HELLO_DEFLATED,
    SERVER_CLOSES, SERVER_FIN, Step, close, text_bytes,
};
use crate::ws::{DeflateFault, Reason};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-context-desync",
    family: Family::Deflate,
    section: "RFC 7692 §7.2.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007 or 1002",
    closes_with: &[1002, 1007],
    summary: "message that refers to bytes which were never sent",
    explanation: "Earlier messages of this side inflate, and this one refers to bytes from \
        before all of them. Its compressor has seen something that never reached the wire: a \
        message that was compressed and then dropped, one compressor shared by two connections, \
        or two tasks that compress in one order and send in another. From here on the peer \
        cannot follow.",
    advice: "Compress under the same lock under which the frames are written, one \
        compressor for each connection, and send everything that went through it.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        FAR,
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        HELLO_AGAIN,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

/// Five bytes from ten bytes back.
const FAR: Step = text_bytes(&[0x02, 0xB3, 0x00, 0x00]).rsv(0b100).from_client();
fn check(message: &MessageView<'_>, _: &Context<'_>) -> Option<Breach> {
    let inflated = message.inflated?;
    let DeflateFault { at, reason } = inflated.fault?;
    if reason != Reason::TooFarBack || inflated.before == 0 {
        return None;
    }
    let before = inflated.before;
    Some(Breach::new(format!(
        "behind byte {at} of this message comes a reference to before the first of the {before} \
        bytes that this side had sent in earlier ones"
    )))
}
