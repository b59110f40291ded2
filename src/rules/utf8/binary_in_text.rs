//! Binary data goes as a text message.

use super::kind::{Diagnosis, breach, diagnose};
use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, SERVER_CLOSES, SERVER_FIN, binary, close,
    text_bytes,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "binary-in-text",
    family: Family::Utf8,
    section: "RFC 6455 §5.6",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007",
    closes_with: &[1002, 1003, 1007],
    summary: "binary data in a text message",
    explanation: "The message is marked as text, but its first bytes are those of a binary \
        format, and it is not UTF-8. The receiver has to fail the connection: most answer 1007, \
        Chromium 1002. gorilla and coder/websocket do not look and hand the bytes on, so it may \
        work between two programs and fail with a third.",
    advice: "Send it as a binary message: opcode 2, which most libraries choose by the type of \
        what is sent.",
    breaks: &[
        ASK,
        ACCEPT,
        text_bytes(PNG).from_client(),
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        binary(PNG).from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR";

fn check(message: &MessageView<'_>, context: &Context<'_>) -> Option<Breach> {
    let fault = message.fault?;
    let Diagnosis::Binary(format) = diagnose(fault) else { return None };
    let offset = fault.offset;
    let detail = format!("the text begins like {format}, and from byte {offset} on is no UTF-8");
    Some(breach(detail, message, fault, context))
}
