//! A text message is not UTF-8.

use super::kind::{Diagnosis, breach, diagnose};
use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, SERVER_CLOSES, SERVER_FIN, close, text,
    text_bytes,
};
use crate::ws::{Utf8Fault, Utf8Kind};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "invalid-utf8-text",
    family: Family::Utf8,
    section: "RFC 6455 §8.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007",
    closes_with: &[1002, 1007],
    summary: "text message that is not UTF-8",
    explanation: "The payload of a text message is UTF-8 over all its fragments together; a \
        receiver that finds anything else has to fail the connection. Most answer 1007, Chromium \
        1002. gorilla and coder/websocket do not look and hand the bytes on, and OkHttp puts \
        replacement characters in their place. A character that is split between two fragments \
        is legal, between two messages it is not.",
    advice: "Encode strings as UTF-8 before they are sent, and send what is not text as a binary \
        message.",
    breaks: &[
        ASK,
        ACCEPT,
        text_bytes(b"caf\xE9 au lait").from_client(),
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("café au lait").from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

fn check(message: &MessageView<'_>, context: &Context<'_>) -> Option<Breach> {
    let fault = message.fault?;
    if diagnose(fault) != Diagnosis::Invalid {
        return None;
    }
    let offset = fault.offset;
    let hex: Vec<_> = fault.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let (hex, kind) = (hex.join(" "), fault.kind.description());
    let guess = guess(fault);
    let framing = framing(message, fault, context);
    let detail = format!("at byte {offset} of the text stands {hex}, {kind}{guess}{framing}");
    Some(breach(detail, message, fault, context))
}

/// Which encoding it is instead, where that is beyond doubt.
fn guess(fault: &Utf8Fault) -> &'static str {
    if matches!(fault.opening.as_slice(), [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return "; the text begins with the byte order mark of UTF-16";
    }
    if fault.kind == Utf8Kind::StrayContinuation && fault.offset == 0 {
        return "; so begins the second half of a character that was cut in two between messages";
    }
    if fault.kind == Utf8Kind::Truncated {
        return ", or a letter in an encoding with one byte for each, such as Latin-1";
    }
    if is_single_byte_letter(fault).unwrap_or(false) {
        return "; the text looks like Latin-1 or another encoding with one byte for each letter";
    }
    ""
}

/// Whether the offending byte would be a letter of Latin-1 behind an ASCII letter and before ASCII;
/// `None` when its neighbours are out of sight.
fn is_single_byte_letter(fault: &Utf8Fault) -> Option<bool> {
    let at = usize::try_from(fault.offset).ok()?;
    let [before, here, after] = *fault.opening.get(at.checked_sub(1)?..=at.checked_add(1)?)? else {
        return None;
    };
    let is_letter = matches!(here, 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0xFF);
    Some(is_letter && before.is_ascii_alphabetic() && matches!(after, b' '..=b'~'))
}

/// What in the frame's own header or beginning may explain the fault.
fn framing(message: &MessageView<'_>, fault: &Utf8Fault, context: &Context<'_>) -> &'static str {
    let last = context.direction.last_frame.filter(|_| !message.compressed);
    let first = last.filter(|last| last.offset == message.range.start);
    let Some(first) = first else { return "" };
    if first.inner_header(context.sender, context.agreement).is_some() {
        return "; the payload begins like another frame, as when two tasks write at once";
    }
    if first.header.swapped_len() == fault.offset && fault.offset != first.header.payload_len {
        return "; here the frame would end if its length were written in little-endian order";
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::Utf8;

    fn guess_of(bytes: &[u8]) -> &'static str {
        let mut utf8 = Utf8::default();
        let fault = utf8.push(bytes).and_then(|()| utf8.finish()).expect_err("invalid text");
        guess(&fault)
    }

    #[test]
    fn an_encoding_is_named_only_when_it_is_sure() {
        assert!(guess_of(b"caf\xE9 au lait").contains("Latin-1"));
        assert!(guess_of(b"\xFF\xFEh\0i\0").contains("UTF-16"));
        assert!(guess_of(b"\x82\xAC for all").contains("second half"));
        assert!(guess_of(b"caf\xE9").starts_with(", or")); // nothing follows that would tell
        assert_eq!(guess_of(b"\xB0\xA1\xB3\xAA\xB4\xD9 ab"), guess_of(b"\x80"));
        assert_eq!(guess_of(b"plain text, then caf\xE9 au lait"), ""); // out of sight
    }
}
