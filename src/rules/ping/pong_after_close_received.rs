//! A Pong sent after the peer's Close had come.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, ping, pong, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "pong-after-close-received",
    family: Family::Ping,
    section: "RFC 6455 §5.5.2",
    severity: Severity::Note,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Pong after the peer's Close",
    explanation: "Once a Close was received, a Ping needs no Pong any more. To send one is legal, and the peer will \
        not read it: if its socket is closed already, the Pong provokes a RST. The Pong may have been on \
        its way through the sender's own queue when the Close came.",
    advice: "Nothing has to be mended; drop Pongs that are still queued when a Close arrives.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        ping(b"1").from_server(),
        SERVER_CLOSES,
        pong(b"1").from_client(),
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        ping(b"1").from_server(),
        pong(b"1").from_client(),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let pong = facts.frames[side].last_pong.as_ref()?;
    let close = facts.frames[!side].close.as_ref()?;
    let knew = pong.source.acked.is_some_and(|acked| acked >= close.frame.range.end);
    let own = facts.frames[side].close.as_ref();
    let before_own = own.is_none_or(|own| pong.range.end <= own.frame.range.start);
    let detail = format!("the {side} had received the Close when it sent this Pong");
    (knew && before_own).then(|| Breach::new(detail).at(side, pong.range))
}
