//! A Ping got no Pong.

use super::waiting::{Waiting, wrong_answer};
use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, SERVER_CLOSES, SERVER_FIN, Step, close, ping, pong,
    text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "ping-unanswered",
    family: Family::Ping,
    section: "RFC 6455 §5.5.2",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Ping without a Pong",
    explanation: "A Ping is answered by a Pong as soon as is practical, unless a Close was received before. If TCP \
        acknowledged the Ping, the host is alive and the application, or a proxy in its place, does not \
        read: a blocked event loop, a paused process, a full queue. If TCP did not, the path is broken \
        and neither endpoint is to blame. The side that pings mostly closes with 1011 or drops TCP.",
    advice: "Find what keeps the silent side from reading its socket; raise the time-out of the other side only when that is known.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        ping(b"1").from_server(),
        Step::Wait(20_000),
        close(b"\x03\xF3keepalive ping timeout").from_server(),
        close(b"\x03\xF3").from_client(),
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
        Step::Wait(20_000),
        SERVER_CLOSES,
        CLIENT_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let waiting = Waiting::of(facts, side).filter(Waiting::is_too_long)?;
    if wrong_answer(facts, side).is_some() {
        return None; // that is pong-payload-mismatch
    }
    let Waiting { ping, seconds, .. } = &waiting;
    let breach = match facts.arrived(!side, ping.range.end) {
        Some(true) => Breach::new(format!(
            "no Pong within {seconds:.1} s, although the {side}'s TCP acknowledged the Ping"
        )),
        _ => Breach::new(format!("no Pong within {seconds:.1} s, and no acknowledgement by TCP"))
            .blaming(Fault::Unknown),
    };
    Some(breach.at(!side, ping.range))
}
