//! How sure a verdict can be, and what lowers it.

use crate::endpoint::Side;
use crate::report::Confidence;
use crate::rules::Facts;
use crate::tcp::GapCause;

/// The confidence left of `base`, with a reason for every level it lost.
pub(super) fn weigh(facts: &Facts, base: Confidence) -> (Confidence, Vec<String>) {
    let mut reasons = Vec::new();
    if facts.midstream {
        reasons.push("the opening handshake was not captured".to_owned());
    } else if facts.handshake.request.is_none() {
        reasons.push("the opening request was not captured".to_owned());
    }
    for side in Side::BOTH {
        let tcp = &facts.tcp[side];
        if tcp.segments == 0 {
            reasons.push(format!("no packet of the {side} was captured"));
        } else if tcp.gap_bytes > 0 {
            let bytes = tcp.gap_bytes;
            reasons.push(match is_undecrypted(facts, side) {
                true => format!("up to {bytes} bytes of the {side}'s stream were not decrypted"),
                false => format!("{bytes} bytes of the {side}'s stream were not captured"),
            });
        }
        if !tcp.conflicts.is_empty() {
            reasons.push(format!("two different copies of bytes of the {side} were captured"));
        }
    }
    let lowered = reasons.iter().fold(base, |confidence, _| lower(confidence));
    (lowered, reasons)
}

/// Whether all that is missing of `side` was captured, and could not be decrypted.
pub(super) fn is_undecrypted(facts: &Facts, side: Side) -> bool {
    let gaps = &facts.tcp[side].gaps;
    !gaps.is_empty() && gaps.iter().all(|(_, cause)| *cause == GapCause::Undecrypted)
}

/// One level less; what is possible stays possible.
pub(super) fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Proven => Confidence::Likely,
        Confidence::Likely | Confidence::Possible => Confidence::Possible,
        Confidence::Unknown => Confidence::Unknown,
    }
}
