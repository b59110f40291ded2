//! The answer to a Close has another code.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_FIN, close, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-answer-code-differs",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "answer to a Close with another code",
    explanation: "The answer to a Close typically repeats its code, so that both APIs report the same. Another code \
        is legal, and each side then reports the one it received. Answers of 1000 or without a code, as \
        several libraries send them, and answers that name an error are not counted here.",
    advice: "Nothing has to be mended; do not expect both sides to log the same code.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        close(b"\x03\xE9").from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let answer = facts.frames[side].close.as_ref()?;
    let close = facts.frames[!side].close.as_ref()?;
    let (code, answered) = (close.frame.code()?, answer.frame.code()?);
    // 1002 and 1007 say that something was wrong with the Close itself.
    let usual = answered == code || matches!(answered, 1000 | 1002 | 1007);
    if usual || facts.close_answers(side, close.frame.range.end) != Some(true) {
        return None;
    }
    let detail = format!("the Close said {code}, and the answer {answered}");
    Some(Breach::new(detail).at(side, answer.frame.range))
}
