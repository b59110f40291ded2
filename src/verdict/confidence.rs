//! How sure a verdict can be, and what lowers it.

use crate::endpoint::Side;
use crate::report::Confidence;
use crate::rules::Facts;

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
            reasons.push(format!("{bytes} bytes of the {side}'s stream were not captured"));
        }
        if !tcp.conflicts.is_empty() {
            reasons.push(format!("two different copies of bytes of the {side} were captured"));
        }
    }
    let lowered = reasons.iter().fold(base, |confidence, _| lower(confidence));
    (lowered, reasons)
}

/// One level less; what is possible stays possible.
pub(super) fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Proven => Confidence::Likely,
        Confidence::Likely | Confidence::Possible => Confidence::Possible,
        Confidence::Unknown => Confidence::Unknown,
    }
}
