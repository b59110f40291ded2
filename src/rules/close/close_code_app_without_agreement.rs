//! A private code where no subprotocol was agreed on.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, close, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-app-without-agreement",
    family: Family::Close,
    section: "RFC 6455 §7.4.2",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "private close code without a subprotocol",
    explanation: "Codes from 4000 to 4999 have a meaning only by prior agreement between the two applications. The \
        opening handshake named no subprotocol that could be such an agreement, so the meaning has to be \
        looked up in the documentation of the application.",
    advice: "Name a subprotocol in the opening handshake, or document the codes where the other side will look.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x0F\xA1").from_server(),
        close(b"\x0F\xA1").from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref()?;
    let code = close.frame.code().filter(|code| (4000..=4999).contains(code))?;
    let response = facts.handshake.response.as_ref()?;
    if response.head.list("Sec-WebSocket-Protocol").next().is_some() {
        return None;
    }
    // The echo of a code says nothing of its own.
    if !facts.close_is_no_echo(side) {
        return None;
    }
    let detail = format!("the code is {code}, and no subprotocol was agreed on");
    Some(Breach::new(detail).at(side, close.frame.range))
}
