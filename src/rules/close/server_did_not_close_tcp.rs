//! Both sides sent their Close, and the server left TCP open.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, Step, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "server-did-not-close-tcp",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Warning,
    fault: Fault::Server,
    answer: "-",
    closes_with: &[],
    summary: "server left TCP open after the closing handshake",
    explanation: "Once a server has sent and received a Close it closes TCP immediately. A client \
        that waits for that, as it should, waits until its own time-out, holds the connection in \
        the meantime, and may report 1006 at the end. Mostly the server forgot to close the \
        socket, or waits for the client to do so.",
    advice: "Close the socket on the server as soon as both Closes are through.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        Step::Wait(5_000),
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

/// How long a client has to have waited.
const PATIENCE_SECONDS: f64 = 1.0;

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    if side == Side::Client || !facts.is_unbroken(Side::Client) || !facts.is_unbroken(side) {
        return None;
    }
    let (from_client, own) =
        (facts.frames.client.close.as_ref()?, facts.frames[side].close.as_ref()?);
    // The client had the server's Close and everything before it, but no FIN.
    let (gave_up, _) = facts.end_of(Side::Client)?;
    let knew_of_close = gave_up.acked? >= own.frame.range.end;
    let knew_of_fin = facts.tcp[side].fin.is_some_and(|fin| gave_up.acked > Some(fin.offset));
    let delivered = facts.arrived(Side::Client, from_client.frame.range.end) == Some(true);
    if !knew_of_close
        || knew_of_fin
        || !delivered
        || facts.tcp[side].rst.is_some()
        || !facts.tells_time()
    {
        return None;
    }
    let both = own.source.at.time.max(from_client.source.at.time);
    let waited = gave_up.at.time.seconds_since(both);
    // A FIN that was late, not one that crossed the client's.
    let in_time = facts.tcp[side].fin.is_some_and(|fin| {
        fin.acked.is_none() || fin.at.time.seconds_since(both) <= PATIENCE_SECONDS
    });
    if waited <= PATIENCE_SECONDS || in_time {
        return None;
    }
    let detail = format!("the client ended TCP after waiting for {waited:.1} s");
    Some(Breach::new(detail).at(side, own.frame.range).in_packet(gave_up.at))
}
