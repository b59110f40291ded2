//! A Close was answered, but not soon.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, Step, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-answer-late",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Close answered late",
    explanation: "A Close is to be answered as soon as practical. Endpoints wait for the answer \
        between one second and half a minute, then they drop TCP and their API may report 1006 \
        instead of the code. Sending the rest of a message first is allowed, and can be the \
        reason.",
    advice: "Answer the Close from the reading loop, without waiting for other work to finish.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        Step::Wait(3_000),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        Step::Wait(1_000),
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

/// What is soon enough for the least patient of well-known endpoints.
const LATE_SECONDS: f64 = 2.0;

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let answer = facts.frames[side].close.as_ref()?;
    let close = facts.frames[!side].close.as_ref()?;
    if facts.close_answers(side, close.frame.range.end) != Some(true) {
        return None;
    }
    let seconds = facts.seconds(close.source.at, answer.source.at)?;
    let detail = format!("the answer came {seconds:.1} s after the Close");
    (seconds > LATE_SECONDS).then(|| Breach::new(detail).at(side, answer.frame.range))
}
