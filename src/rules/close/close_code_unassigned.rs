//! A code from the ranges that are kept for the protocol, without a meaning yet.

use crate::knowledge::{CloseCode, CodeClass};
use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, close, text};
use crate::ws::ControlFrame;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-unassigned",
    family: Family::Close,
    section: "RFC 6455 §7.4.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "Close with a code that is not assigned",
    explanation: "Codes below 1000 are not used, and those from 1016 to 2999 are kept for later versions of the \
        protocol and its extensions. Many receivers answer them with 1002, so that the intended code is \
        never reported. HTTP status codes such as 401 are often put there by mistake.",
    advice: "Use 4000 to 4999 for codes of an application, or one of the registered codes.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xF8").from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Close(check),
};

fn check(close: &ControlFrame, _: &Context<'_>) -> Option<Breach> {
    let code = CloseCode(close.code()?);
    if !matches!(code.class(), CodeClass::Unused | CodeClass::Unassigned) {
        return None;
    }
    let guess = code.disguise().map(|disguise| format!(": {disguise}")).unwrap_or_default();
    Some(Breach::new(format!("the status code is {code}{guess}")))
}
