//! A Close as the first frame, right after the handshake.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Initiator, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, close};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-before-open",
    family: Family::Close,
    section: "RFC 6455 §7.1.2",
    severity: Severity::Note,
    fault: Fault::Server,
    answer: "-",
    closes_with: &[],
    summary: "closed as soon as it was open",
    explanation: "The handshake succeeded, and within a second the server's first frame was a \
        Close. That is how an application refuses a client after accepting its connection: a \
        token that is not valid, too many connections, an unknown path. To the client it looks as \
        if the connection had worked.",
    advice: "Look at the code and the reason; where it can be known earlier, refuse the opening \
        handshake with an HTTP status instead.",
    breaks: &[
        ASK,
        ACCEPT,
        close(b"\x03\xF0token expired").from_server(),
        close(b"\x03\xF0").from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let (frames, response) = (&facts.frames[side], facts.handshake.response.as_ref()?);
    let close = frames.close.as_ref()?;
    let opened = response.head.packets.last()?;
    let seconds = facts.seconds(*opened, close.source.at)?;
    let first = frames.start == Some(close.frame.range.start);
    let refuses = matches!(close.frame.code()?, 1008 | 1011 | 1013 | 3000..=4999);
    if !first
        || !refuses
        || side == Side::Client
        || seconds > 1.0
        || facts.close_initiator() != Initiator::One(side)
    {
        return None;
    }
    Some(
        Breach::new("the server's first frame, within a second of its 101")
            .at(side, close.frame.range),
    )
}
