//! A text message ends inside a character.

use super::kind::{Diagnosis, breach, diagnose};
use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, SERVER_CLOSES, SERVER_FIN, close,
    continuation, text_bytes,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "utf8-truncated-at-end",
    family: Family::Utf8,
    section: "RFC 6455 §8.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007",
    closes_with: &[1002, 1007],
    summary: "text message that ends inside a character",
    explanation: "All of the text is UTF-8 but for its last character, of which the end is \
        missing. The sender cuts text into messages by a number of bytes, or sends what one read \
        from a file or a pipe happened to bring. The receiver has to fail the connection: most \
        answer 1007, Chromium 1002. gorilla and coder/websocket do not look. Fragments of one \
        message may be cut anywhere, messages may not.",
    advice: "Cut text at the boundary of a character, or keep an unfinished one for the next \
        message, or send bytes as binary messages.",
    breaks: &[
        ASK,
        ACCEPT,
        text_bytes(b"price: \xE2\x82").from_client(),
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text_bytes(b"price: \xE2\x82").not_final().from_client(),
        continuation(b"\xAC").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

fn check(message: &MessageView<'_>, context: &Context<'_>) -> Option<Breach> {
    let fault = message.fault?;
    if diagnose(fault) != Diagnosis::Truncated {
        return None;
    }
    let (len, count) = (message.len, fault.bytes.len());
    let noun = if count == 1 { "byte is" } else { "bytes are" };
    let detail = format!("of {len} bytes the last {count} {noun} the start of a character");
    Some(breach(detail, message, fault, context))
}
