//! A side closes with 1002 although the peer's bytes give no reason for it.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Initiator, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, close, text};
use crate::ws::Deflate;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-1002-but-no-violation",
    family: Family::Close,
    section: "RFC 6455 §7.4.1",
    severity: Severity::Warning,
    fault: Fault::Unknown,
    answer: "-",
    closes_with: &[],
    summary: "1002 although the capture shows no violation",
    explanation: "1002 says that the peer broke the protocol, and everything that the peer had \
        sent by then was captured and keeps it. Either something between the capture point and \
        the endpoint changed the bytes, or the endpoint is wrong, or it uses the code for reasons \
        of its own: an idle timer, a missing subprotocol, a refused login.",
    advice: "Capture beside the endpoint that closed. If the same bytes arrive there, its own log \
        and its version are the next to look at.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        SERVER_FAILS,
        close(crate::script::CODE_1002).from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref()?;
    let complains = close.frame.code() == Some(1002);
    let first = facts.close_initiator() == Initiator::One(side);
    let all_seen = facts.is_unbroken(!side) && is_content_known(facts, !side);
    let received = close.source.acked?;
    if !complains || !first || !all_seen || facts.violated[!side] {
        return None;
    }
    // An end in the midst of a frame is a reason, too.
    if facts.frames[!side].partial.is_some() || facts.tcp[!side].end < received {
        return None;
    }
    let detail =
        format!("all that the {} had sent by then was captured, and it is in order", !side);
    Some(Breach::new(detail).at(side, close.frame.range))
}

/// Whether nothing that could deserve it is hidden in what `side` compressed, or sent under an
/// extension that is not known here.
fn is_content_known(facts: &Facts, side: Side) -> bool {
    let agreement = facts.handshake.agreement();
    let frames = &facts.frames[side];
    let all = frames.compressed.messages == frames.compressed.known;
    let known = match agreement.deflate {
        Deflate::Absent => true,
        Deflate::Agreed(_) => all && frames.open_message.is_none(),
        Deflate::Unknown => false,
    };
    known && !agreement.unknown_extension
}
