//! A sender ends TCP in the midst of a frame.

use super::length_implausible::Misread;
use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, Length, SERVER_FIN, text};
use crate::ws::{Agreement, FrameHeader, MAX_CONTROL_LEN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "torn-frame",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "the stream ends in the midst of a frame",
    explanation: "The sender announced a frame, sent a part of it and then ended its half of the \
        connection, without having been asked to. Mostly the process ended or closed the socket \
        while a write was under way, or the length in the header is larger than the payload. \
        What was sent of the message is lost; the receiver reports 1006, or 1002 if it still has \
        a chance to say so.",
    advice: "Let pending writes finish before the socket is closed, and send a Close first. If \
        it happens to each message of a kind, compare the length in the header with the payload: \
        characters are not bytes.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").length(Length::Claimed16(200)).from_server(),
        SERVER_FIN,
        CLIENT_FAILS,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let frames = &facts.frames[side];
    let partial = frames.partial.as_ref()?;
    let agreed = Agreement { deflate: facts.deflate, unknown_extension: false };
    let is_frame = partial.header.is_none_or(|header| is_possible(&header, side, &agreed));
    // Behind the sender's own Close nobody reads on.
    if !is_frame
        || frames.close.is_some()
        || !stopped_by_itself(facts, side)
        || Misread::of(facts, side).is_some()
    {
        return None;
    }
    let received = partial.received;
    let detail = match &partial.header {
        None => format!("the stream ends {received} bytes into a frame header"),
        Some(header) => {
            let (opcode, total) = (header.opcode, header.total_len());
            format!("the stream ends after {received} of the {total} bytes of this {opcode} frame")
        }
    };
    let breach = Breach::new(detail).at(side, partial.offset..partial.offset + received);
    Some(match partial.header {
        Some(header) => breach.showing(&*header.encode()),
        None => breach,
    })
}

/// Whether `side` sent its FIN behind all its bytes, all of which are known, and nothing that the
/// peer did can have been the reason: neither a Close nor a FIN that had arrived, nor a RST.
pub(super) fn stopped_by_itself(facts: &Facts, side: Side) -> bool {
    let Some(fin) = facts.tcp[side].fin else { return false };
    if !facts.is_whole(side) || fin.offset > facts.tcp[side].end {
        return false;
    }
    let peer = &facts.tcp[!side];
    // What cannot be ordered may have been the reason.
    let had_arrived = |end: u64| fin.acked.is_none_or(|acked| acked >= end);
    let closed = facts.frames[!side].close.as_ref().map(|close| close.frame.range.end);
    let finished = peer.fin.map(|fin| fin.offset + 1); // a FIN counts as one byte
    let reset_first = peer.rst.is_some_and(|rst| rst.acked.is_none_or(|acked| acked <= fin.offset));
    !closed.is_some_and(had_arrived) && !finished.is_some_and(had_arrived) && !reset_first
}

/// Whether `header` can be believed: what is wrong with one has rules of its own.
fn is_possible(header: &FrameHeader, side: Side, agreed: &Agreement) -> bool {
    let is_control = header.opcode.is_control();
    !header.opcode.is_reserved()
        && agreed.undefined_rsv(header) == 0
        && header.mask.is_some() == (side == Side::Client)
        && header.length_is_minimal()
        && header.payload_len >> 63 == 0
        && !(is_control && (!header.fin || header.payload_len > MAX_CONTROL_LEN))
}
