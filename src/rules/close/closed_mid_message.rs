//! Closed in the middle of an own message.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "closed-mid-message",
    family: Family::Close,
    section: "RFC 6455 §5.4",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "closed in the middle of an own message",
    explanation: "This side had begun a fragmented message and closed before its last fragment. \
        The receiver throws the fragments away; some libraries call it an error and answer with \
        1002. Giving up on a message is allowed, but what was sent of it is lost without a word.",
    advice: "Finish or do not begin the message; let the closing task wait for the writing one.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        text("half of").not_final().from_client(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let frames = &facts.frames[side];
    let message = frames.open_message.as_ref().filter(|_| frames.partial.is_none())?;
    let after = match &frames.close {
        Some(close) if close.frame.range.start > message.start => {
            facts.frames_are_known(side).then_some("its Close")?
        }
        Some(_) => return None,
        None => (facts.is_whole(side) && facts.tcp[side].rst.is_none()).then_some("its FIN")?,
    };
    let (fragments, len) = (message.fragments, message.len);
    let what = if fragments == 1 { "fragment" } else { "fragments" };
    let detail =
        format!("{fragments} {what}, {len} bytes in all, then {after}, and no last fragment");
    let range = message.start..message.start + 1;
    Some(Breach::new(detail).at(side, range))
}
