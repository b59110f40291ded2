//! A number of 5000 or more in the place of a code.

use crate::knowledge::{CloseCode, CodeClass};
use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, close, text};
use crate::ws::ControlFrame;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-out-of-range",
    family: Family::Close,
    section: "RFC 6455 §7.4",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "Close with a number that is no close code",
    explanation: "The space of status codes ends at 4999. A larger number is nearly always a code written in the \
        wrong byte order, a code written as decimal digits, or a reason without a code before it. \
        Receivers that check answer with 1002; others report the number as it is.",
    advice: "Write the status code as an unsigned 16-bit integer in network byte order, and the reason behind it.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\xE8\x03").from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Close(check),
};

fn check(close: &ControlFrame, _: &Context<'_>) -> Option<Breach> {
    let code = CloseCode(close.code()?);
    if code.class() != CodeClass::OutOfRange {
        return None;
    }
    let guess = code.disguise().map(|disguise| format!(": {disguise}")).unwrap_or_default();
    Some(Breach::new(format!("the status code is {code}{guess}")))
}
