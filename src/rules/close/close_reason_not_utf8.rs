//! The reason of a Close is not UTF-8.

use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CODE_1007, SERVER_CLOSES, SERVER_FIN, close, text};
use crate::ws::{ControlFrame, MAX_CONTROL_LEN, Utf8};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-reason-not-utf8",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007",
    closes_with: &[1007, 1002],
    summary: "reason of a Close is not UTF-8",
    explanation: "The bytes behind the status code of a Close are its reason, and they are UTF-8. A receiver that \
        finds they are not fails the connection, so that the code it was told is lost as well. Mostly \
        the reason was cut to 123 bytes in the middle of a character, or taken from a system message \
        in a local encoding.",
    advice: "Encode the reason as UTF-8, and when it has to be shortened, cut it between characters.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xE8caf\xE9").from_client(),
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xE8caf\xC3\xA9").from_client(),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Close(check),
};

fn check(close: &ControlFrame, context: &Context<'_>) -> Option<Breach> {
    // Of an oversized control frame only the beginning is kept, which may end within a character.
    if close.damaged || close.payload_len > MAX_CONTROL_LEN {
        return None;
    }
    let mut utf8 = Utf8::default();
    let fault = utf8.push(close.reason()).and_then(|()| utf8.finish()).err()?;
    let first = close.range.end.saturating_sub(close.payload_len) + 2 + fault.offset;
    let range = first..first + fault.bytes.len() as u64;
    let (what, at) = (fault.kind.description(), fault.offset);
    let detail = format!("byte {at} of the reason is {what}");
    Some(Breach::new(detail).at(context.sender, range).showing(fault.bytes))
}
