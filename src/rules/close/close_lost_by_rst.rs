//! A RST went out before the Close could have arrived.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CONFORMING, SERVER_CLOSES, Step, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-lost-by-rst",
    family: Family::Close,
    section: "RFC 6455 §7.1.1",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "1006 at the other side",
    closes_with: &[],
    summary: "RST before the Close was acknowledged",
    explanation: "The connection was reset while the Close was still on its way. A RST discards \
        what the peer has not read, so its API may report 1006 instead of the code that was sent. \
        It happens when a program closes its socket right behind the Close while the peer is \
        still sending.",
    advice: "After the Close, read and throw away what comes until the peer's Close or the end of \
        its stream, and close the socket then.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        Step::Undelivered(&SERVER_CLOSES),
        Step::Rst(Side::Server),
        Step::Undelivered(&text("are you there?").from_client()),
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref()?;
    let (reset, end) = (facts.tcp[side].rst?, close.frame.range.end);
    // The peer's first segment behind the RST did not acknowledge the Close: so none before it did,
    // captured or not.
    let unacknowledged = reset.answered.is_some_and(|answered| answered < end);
    if reset.offset < end || !unacknowledged || facts.tcp[!side].rst.is_some() {
        return None;
    }
    let seconds = facts.seconds(close.source.at, reset.at)?;
    let detail = format!(
        "the {side} reset the connection {seconds:.1} s after its Close, which the {} had not \
         acknowledged",
        !side
    );
    Some(Breach::new(detail).at(side, close.frame.range).in_packet(reset.at))
}
