//! A client masks everything with zero.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_FIN, CODE_1000, CONFORMING, SERVER_CLOSES, SERVER_FIN, close, text,
};
use crate::ws::MAX_HEADER_LEN;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "mask-key-zero",
    family: Family::Framing,
    section: "RFC 6455 §5.3",
    severity: Severity::Note,
    fault: Fault::Client,
    answer: "-",
    closes_with: &[],
    summary: "all masking keys are zero",
    explanation: "A key of four zero bytes leaves the payload as it is, so that the mask \
        protects nothing. Zero is a legal key and no receiver objects to it; but when all keys \
        are zero they were not chosen at random, as they have to be. Test tools and clients on \
        small devices do this to save the work.",
    advice: "Take each key from a strong source of random numbers.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").masked([0; 4]).from_client(),
        close(CODE_1000).masked([0; 4]).from_client(),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let frames = &facts.frames[side];
    let masking = &frames.masking;
    let start = frames.start?;
    if side == Side::Server || masking.frames == 0 || masking.zero < masking.frames {
        return None;
    }
    let count = masking.frames;
    let detail = format!("each of the {count} masked frames with payload has the key 00000000");
    let end = start.saturating_add(MAX_HEADER_LEN as u64).min(facts.tcp[side].end);
    Some(Breach::new(detail).at(side, start..end))
}
