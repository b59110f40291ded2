//! The server ends the connection instead of answering the opening request.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, EndKind, Facts, Family, Fault, Rule, Severity};
use crate::script::{ASK, CLIENT_FIN, CONFORMING, SERVER_FIN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-no-response",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client: 1006",
    closes_with: &[],
    summary: "opening request that was received and never answered",
    explanation: "The server's TCP acknowledged the whole request, and then the connection was \
        ended from that side without a byte of response. A process that crashed, a handler that \
        gave up silently, or a proxy without a server behind it does this. The client can only \
        report 1006.",
    advice: "Look at the log of the server for the time of the request. A server that does not \
        want the connection should answer with an HTTP status.",
    breaks: &[ASK, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    if side == Side::Client || facts.handshake.response.is_some() {
        return None;
    }
    let request = facts.handshake.request.as_ref()?;
    let server = &facts.tcp.server;
    // Only where every byte up to the end of the server's stream was captured and read, and it was
    // the server that ended it, did no response come.
    let awaited_at = facts.handshake.awaited_at?;
    let received = facts.arrived(Side::Client, request.head.range.end) == Some(true);
    // Where the capture began in the midst of the connection, the response may have come before and
    // the request be a repetition.
    let unknown = !server.has_start || !server.gaps.is_empty() || !server.conflicts.is_empty();
    if !received || unknown || server.end > awaited_at {
        return None;
    }
    // A fatal alert is an answer, and says why there will be no other.
    if matches!(facts.end_of(Side::Server), Some((_, EndKind::Alert))) {
        return None;
    }
    let ending = [server.fin, server.rst].into_iter().flatten().min_by_key(|end| end.offset)?;
    if ending.offset > awaited_at {
        return None;
    }
    let breach = Breach::new("the server ended the connection without a response");
    let range = request.head.range;
    match facts.first_to_end()? {
        Side::Server => Some(breach.at(Side::Client, range)),
        // It was the client that would not wait: perhaps too impatient, perhaps in vain.
        Side::Client => {
            let detail = "the client gave up, and the server had not answered by then";
            let breach = Breach::new(detail).at(Side::Client, range);
            Some(breach.blaming(Fault::Unknown).weighing(Severity::Warning))
        }
    }
}
