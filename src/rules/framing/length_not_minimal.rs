//! A payload length is written in more bytes than it needs.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, Length, SERVER_FAILS, SERVER_FIN, text};
use crate::ws::LengthForm;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "length-not-minimal",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "payload length not in its shortest form",
    explanation: "A length up to 125 goes into the second byte, up to 65535 into 16 bits and \
        only beyond that into 64. Chromium, Boost.Beast, websocketpp and wsproto fail the \
        connection otherwise. Node's ws and undici, gorilla, Python's websockets and aiohttp \
        accept it on data frames, so it may work in tests and fail in a browser.",
    advice: "Choose the form by the length: 7 bits up to 125, 16 bits up to 65535, 64 bits \
        above.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").length(Length::In16).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, _: &Context<'_>) -> Option<Breach> {
    let header = frame.header;
    if header.length_is_minimal() {
        return None;
    }
    let bits = if header.length_form == LengthForm::Sixteen { 16 } else { 64 };
    let len = header.payload_len;
    let detail = format!("the length {len} is written in {bits} bits");
    Some(Breach::new(detail).guilty(1, 0x7F))
}
