//! A client uses one masking key again and again.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, Step, text,
};
use crate::ws::MaskKey;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "mask-key-reused",
    family: Family::Framing,
    section: "RFC 6455 §5.3",
    severity: Severity::Warning,
    fault: Fault::Client,
    answer: "-",
    closes_with: &[],
    summary: "masking key used again",
    explanation: "The client has to pick a new, unpredictable key for each frame; this one sent \
        three frames in a row with the same. Whoever can guess the key can choose the bytes that \
        go over the wire, which is what masking is to prevent. No known receiver checks it, so \
        the connection works. Benchmarks do it on purpose.",
    advice: "Take four bytes from a strong source of random numbers for each frame, not for each \
        connection.",
    breaks: &[
        ASK,
        ACCEPT,
        Step::Repeat(3, &text("hello").masked([0x37, 0xFA, 0x21, 0x3D]).from_client()),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let masking = &context.direction.masking;
    let key = frame.header.mask?;
    // Said once, when the run reaches three. By chance two equal keys in a row come once in four
    // billion frames; a key of zero has a rule of its own.
    if context.sender == Side::Server
        || masking.last != Some(key)
        || masking.run != 2
        || key == MaskKey([0; 4])
    {
        return None;
    }
    Some(Breach::new("the third frame in a row has the same masking key"))
}
