//! A Close without a status code.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, close, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-empty",
    family: Family::Close,
    section: "RFC 6455 §7.1.5",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Close without a status code",
    explanation: "A Close may be empty. The API of the other side then reports 1005, which looks like an error and \
        is none. Browsers send such a Close when a script calls close() without arguments. An empty \
        answer to an empty Close is not counted.",
    advice: "Give a code, such as 1000, if the other side is to see why the connection ended.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"").from_client(),
        close(b"").from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref().filter(|close| close.frame.payload_len == 0)?;
    if !facts.close_is_no_echo(side) {
        return None;
    }
    let detail = format!("the {}'s API reports 1005", !side);
    Some(Breach::new(detail).at(side, close.frame.range))
}
