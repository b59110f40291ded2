//! A RST behind the sender's own Close.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_CLOSES, CONFORMING, SERVER_CLOSES, Step, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "rst-after-close",
    family: Family::Close,
    section: "RFC 6455 §7.1.1",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "RST after the own Close",
    explanation: "TCP is to be closed cleanly, by FIN. A RST after the Close comes from a socket \
        that was closed while bytes of the peer were unread or on their way, or with lingering \
        switched off. The peer may find an error on its socket, and on some systems loses what it \
        had not read yet, the Close included.",
    advice: "Shut down the sending half, read until the end, and only then close the socket.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        Step::Rst(Side::Server),
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    if facts.tls.is_some() {
        return None; // it mostly answers the peer's close_notify, which came to a socket that is gone
    }
    let close = facts.frames[side].close.as_ref()?;
    let (reset, end) = (facts.tcp[side].rst?, close.frame.range.end);
    // Once both sides have ended TCP, a RST is nothing but an answer to a straggler.
    let over = facts.tcp[!side].fin.is_some_and(|fin| facts.tcp[!side].acknowledged > fin.offset)
        || facts.tcp[!side].rst.is_some();
    let lost = reset.answered.is_some_and(|answered| answered < end); // close-lost-by-rst
    if over
        || lost
        || !facts.is_unbroken(!side)
        || reset.offset < end
        || facts.arrived(side, end) != Some(true)
    {
        return None;
    }
    let detail = match facts.seconds(close.source.at, reset.at) {
        Some(seconds) => format!("the {side} reset the connection {seconds:.1} s after its Close"),
        None => format!("the {side} reset the connection after its Close"),
    };
    Some(Breach::new(detail).at(side, close.frame.range).in_packet(reset.at))
}
