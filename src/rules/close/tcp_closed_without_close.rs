//! TCP was ended without a Close.

use crate::endpoint::Side;
use crate::rules;
use crate::rules::{Breach, Check, EndKind, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, text};
use crate::tcp::Ending;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "tcp-closed-without-close",
    family: Family::Close,
    section: "RFC 6455 §7.1.7",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1006 at the other side",
    closes_with: &[],
    summary: "TCP ended without a Close",
    explanation: "An endpoint that wants to end an open WebSocket sends a Close first, and one \
        that fails it should. This address ended TCP without, so the API of the other side \
        reports 1006 and nobody is told why. Behind it is a process that ended, a connection \
        object that was thrown away, or a proxy or balancer with this address that gave up on an \
        idle connection.",
    advice: "Close the WebSocket before the process or its task ends; if an idle timer did it, \
        send Pings more often than it runs out.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    // A stream that ends inside a frame is torn-frame.
    let frames = &facts.frames[side];
    let open = facts.handshake.is_open() && frames.close.is_none() && frames.partial.is_none();
    if !open || !facts.is_whole(side) || !facts.is_unbroken(!side) {
        return None;
    }
    let (ending, kind) = facts.end_of(side)?;
    if side == Side::Client && !was_open_to_client(facts, &ending) {
        return None;
    }
    if provoked(facts, side, &ending) || gave_up(facts, side, &ending) {
        return None;
    }
    let what = match kind {
        EndKind::Fin => "FIN",
        EndKind::CloseNotify => "close_notify",
        EndKind::Alert => return None, // its sender says that the peer has done something wrong
        // A RST that acknowledges nothing answers what came to a socket that is gone (RFC 9293
        // §3.10.7.1), be it a FIN or a Close which the capture may not have.
        EndKind::Reset if ending.acked.is_none() => return None,
        EndKind::Reset => "RST",
    };
    let end = facts.tcp[side].end;
    let detail = format!("a {what} behind stream offset {end}, and no Close before it");
    Some(Breach::new(detail).at(side, end..end).in_packet(ending.at))
}

/// Whether the client had the 101, and no reason to refuse it: it fails the connection without a
/// Close where the response is not acceptable (RFC 6455 §4.1).
fn was_open_to_client(facts: &Facts, ending: &Ending) -> bool {
    let response = facts.handshake.response.as_ref();
    let acked = ending.acked.unwrap_or(facts.tcp.server.acknowledged);
    let received = response.is_some_and(|response| acked >= response.head.range.end);
    let refused = rules::all().any(|rule| match rule.check {
        Check::Handshake(check) => {
            rule.severity == Severity::Error && check(&facts.handshake).is_some()
        }
        _ => false,
    });
    received && !refused
}

/// Whether `side` had waited in vain for its bytes to be acknowledged: then it is the path that
/// failed, or the peer.
fn gave_up(facts: &Facts, side: Side, ending: &Ending) -> bool {
    let sent = facts.frames[side].last_frame.map(|frame| frame.at);
    // Where the time is not known, it may have been long.
    let waited =
        sent.is_some_and(|sent| facts.seconds(sent, ending.at).is_none_or(|after| after > 3.0));
    waited && facts.tcp[side].acknowledged < facts.tcp[side].end
}

/// Whether the peer had closed or ended TCP before, as far as `side` knew: then it is for others
/// to be judged.
fn provoked(facts: &Facts, side: Side, ending: &Ending) -> bool {
    let peer = &facts.tcp[!side];
    // Where the packet does not say what its sender had received, the most it ever acknowledged.
    let knew = ending.acked.unwrap_or(peer.acknowledged);
    let closed = facts.frames[!side].close.as_ref().is_some_and(|c| c.frame.range.end <= knew);
    let ended = peer.fin.is_some_and(|fin| fin.offset < knew);
    // A reset is never acknowledged; after one nothing but resets can follow.
    let reset = peer
        .rst
        .is_some_and(|rst| facts.tcp[side].fin.is_none() && facts.is_before(rst.at, ending.at));
    closed || ended || reset
}
