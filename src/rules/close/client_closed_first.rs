//! The client ended TCP before the server did.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "client-closed-first",
    family: Family::Close,
    section: "RFC 6455 §7.1.1",
    severity: Severity::Note,
    fault: Fault::Client,
    answer: "-",
    closes_with: &[],
    summary: "client ended TCP before the server",
    explanation: "After the closing handshake the client should wait for the server to close TCP, \
        so that it is the server that keeps the address in TIME_WAIT. A client that closes first \
        runs out of ports when it opens and closes many connections in a short time. It breaks \
        nothing else.",
    advice: "Wait for the end of the stream for a moment before closing the socket.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let fin = facts.tcp.client.fin?;
    let known = side == Side::Client && facts.is_whole(side) && facts.is_unbroken(Side::Server);
    if !known || !facts.has_closed_before(side, &fin) {
        return None;
    }
    let server = &facts.tcp.server;
    // The server's FIN came in answer to the client's; or there was none yet when the server had
    // received that.
    let answer = server.fin.map_or(server.latest?.acked, |theirs| theirs.acked);
    let first = fin.acked? <= server.end
        && server.rst.is_none()
        && answer.is_some_and(|acked| acked > fin.offset);
    let closes = [Side::Client, Side::Server].map(|side| facts.frames[side].close.as_ref());
    let both =
        closes.into_iter().flatten().map(|close| close.source.at).max_by_key(|at| at.time)?;
    // One that waited in vain did as it should.
    if !first || facts.seconds(both, fin.at)? > 1.0 {
        return None;
    }
    let detail = "its FIN came before the server's";
    Some(Breach::new(detail).at(side, fin.offset..fin.offset).in_packet(fin.at))
}
