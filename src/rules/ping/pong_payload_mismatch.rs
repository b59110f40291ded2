//! A Pong that does not repeat the payload of its Ping.

use super::waiting::wrong_answer;
use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, ping, pong, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "pong-payload-mismatch",
    family: Family::Ping,
    section: "RFC 6455 §5.5.3",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Pong that does not repeat the Ping",
    explanation: "A Pong that answers a Ping has the same payload. The side that pings may compare the two, find no \
        answer to its Ping, and close. A Pong that nobody asked for is legal, so only one is counted that \
        came in the place of an answer: after a Ping that never got the right one.",
    advice: "Send the payload of the Ping back unchanged; better still, leave the answer to the library.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        ping(b"one").from_server(),
        pong(b"two").from_client(),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        ping(b"one").from_server(),
        pong(b"one").from_client(),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let (ping, pong) = wrong_answer(facts, side)?;
    let (asked, told) = (ping.len, pong.len);
    let detail =
        format!("{told} bytes came back for the {asked} bytes of the Ping, and they differ");
    Some(Breach::new(detail).at(side, pong.range))
}
