//! A compressed message ends with the four bytes that a sender leaves out.

use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO_DEFLATED, SERVER_CLOSES,
    SERVER_FIN, Step, text_bytes,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-tail-not-removed",
    family: Family::Deflate,
    section: "RFC 7692 §7.2.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002 or 1007",
    closes_with: &[1002, 1007],
    summary: "compressed message that ends with 00 00 FF FF",
    explanation: "A sender takes the last four bytes of the empty block with which it flushes off \
        each message, and the receiver puts them back. Here they were sent, and the receiver puts \
        them there a second time, where they begin a block that is none. Chromium fails the \
        connection at once; zlib stumbles over the first byte of the next message when the context \
        is taken over, and does not notice when it is not.",
    advice: "Remove 00 00 FF FF from the end of what the compressor gives for a message.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        WITH_TAIL,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

/// The same with its tail.
const WITH_TAIL: Step =
    text_bytes(&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF])
        .rsv(0b100)
        .from_client();

fn check(message: &MessageView<'_>, _: &Context<'_>) -> Option<Breach> {
    let inflated = message.inflated?;
    let clean = inflated.complete && inflated.has_tail;
    clean.then(|| Breach::new("the payload ends with 00 00 FF FF"))
}
