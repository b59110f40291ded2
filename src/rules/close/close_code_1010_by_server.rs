//! 1010 from a server.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, SERVER_FIN, close, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-code-1010-by-server",
    family: Family::Close,
    section: "RFC 6455 §7.4.1",
    severity: Severity::Warning,
    fault: Fault::Server,
    answer: "-",
    closes_with: &[],
    summary: "code 1010 sent by the server",
    explanation: "1010 is how a client says that the server did not accept an extension it needs. A server has no \
        use for it: it can refuse the opening handshake instead. A client that gets it learns nothing \
        about the true cause. The echo of a client's 1010 is not meant here.",
    advice: "Refuse the opening handshake where an extension is missing, or close with the code that says what is wrong.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xF2").from_server(),
        close(b"\x03\xF2").from_client(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03\xF2").from_client(),
        close(b"\x03\xF2").from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[side].close.as_ref()?;
    if side == Side::Client || close.frame.code() != Some(1010) {
        return None;
    }
    // An endpoint typically echoes the code that it received (§5.5.1).
    if !facts.close_is_no_echo(side) {
        return None;
    }
    Some(Breach::new("a server can fail the handshake instead").at(side, close.frame.range))
}
