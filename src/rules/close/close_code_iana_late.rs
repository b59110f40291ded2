//! A code that was registered after the RFC, and a peer that does not know it.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CODE_1002, SERVER_FIN, close, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-iana-late",
    family: Family::Close,
    section: "RFC 6455 §7.4.2",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "code newer than the RFC, refused by the peer",
    explanation: "1012, 1013 and 1014 were added to the IANA registry after RFC 6455. They are legal, but older \
        receivers take every code from 1012 to 2999 for an error and answer with 1002 or drop TCP. Their \
        API then reports an error of the protocol where there was none.",
    advice: "Update the peer, or send 1001 to peers that do not know the newer codes.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xF4").from_server(),
        close(CODE_1002).from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xF4").from_server(),
        close(b"\x03\xF4").from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref()?;
    let code = close.frame.code().filter(|code| matches!(code, 1012..=1014))?;
    let end = close.frame.range.end;
    let reaction = match &facts.frames[!side].close {
        Some(answer) => {
            let refuses =
                answer.frame.code() == Some(1002) && facts.close_answers(!side, end) == Some(true);
            refuses.then_some("answered it with 1002")?
        }
        None => {
            let (ending, _) = facts.end_of(!side).filter(|_| facts.is_whole(!side))?;
            ending.acked.filter(|acked| *acked >= end)?;
            "dropped TCP on it"
        }
    };
    let detail = format!("the code is {code}, and the {} {reaction}", !side);
    Some(Breach::new(detail).at(side, close.frame.range))
}
