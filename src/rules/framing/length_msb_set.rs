//! A 64-bit payload length has its top bit set.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_FIN, CONFORMING, Length, SERVER_FAILS, SERVER_FIN, binary,
};
use crate::ws::LengthForm;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "length-msb-set",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002, 1009],
    summary: "64-bit payload length with the top bit set",
    explanation: "A payload length has at most 63 bits: the first bit of the 64-bit form is \
        always 0. No frame is that long, so the sender wrote the length wrongly, mostly in \
        little-endian order or from a negative number. Receivers answer 1002 or, as several do \
        that only compare it with their limit, 1009. Where this frame ends nobody can tell.",
    advice: "Write the length as an unsigned number in network byte order, most significant byte \
        first.",
    breaks: &[
        ASK,
        ACCEPT,
        binary(b"hello").length(Length::Claimed64(1 << 63 | 5)).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, _: &Context<'_>) -> Option<Breach> {
    let header = frame.header;
    if header.length_form != LengthForm::SixtyFour || header.payload_len >> 63 == 0 {
        return None;
    }
    let len = header.payload_len;
    let swapped = header.swapped_len();
    let reading = if swapped <= u64::from(u32::MAX) {
        format!("; in the other byte order it would be {swapped}")
    } else {
        String::new()
    };
    let detail = format!("the length is {len:#018x}{reading}");
    Some(Breach::new(detail).showing(&*header.encode()).guilty(2, 0x80).losing_sync())
}
