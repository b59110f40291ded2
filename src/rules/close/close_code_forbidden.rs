//! A code on the wire that only an API may report.

use crate::knowledge::{CloseCode, CodeClass};
use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, close, text};
use crate::ws::ControlFrame;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-forbidden",
    family: Family::Close,
    section: "RFC 6455 §7.4.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "Close with a code that is never sent",
    explanation: "1005, 1006 and 1015 are what an API reports when there was no code, no Close, or no TLS; 1004 was \
        reserved and never got a meaning. None of them may stand in a Close frame. It mostly comes from a \
        proxy or a bridge that passes on the code that its other connection reported.",
    advice: "Before passing a code on, replace 1005 by an empty Close, 1006 and 1015 by 1011 or 1014.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xEE").from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Close(check),
};

fn check(close: &ControlFrame, _: &Context<'_>) -> Option<Breach> {
    let code = CloseCode(close.code()?);
    if !matches!(code.class(), CodeClass::LocalOnly | CodeClass::Reserved1004) {
        return None;
    }
    Some(Breach::new(format!("the status code is {code}, {}", code.name())))
}
