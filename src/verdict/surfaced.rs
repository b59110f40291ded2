//! The code that each side's API reports (RFC 6455 §7.1.5).

use crate::endpoint::{PerSide, Side};
use crate::knowledge::library::{self, Subject};
use crate::rules::{Check, Close, Facts, Finding, Initiator, Severity};

/// The close code as each side's API gives it: the code of the first Close it received, 1005 when
/// that was empty, 1006 when none came. `None` when the connection is open or the capture cannot
/// tell.
pub fn surfaced(facts: &Facts, findings: &[Finding]) -> PerSide<Option<u16>> {
    PerSide::from_fn(|side| surfaced_at(facts, findings, side))
}

const NO_STATUS_RECEIVED: u16 = 1005;
const ABNORMAL_CLOSURE: u16 = 1006;

fn surfaced_at(facts: &Facts, findings: &[Finding], side: Side) -> Option<u16> {
    if facts.midstream {
        return None; // what came before may have failed the connection
    }
    if facts.handshake.response.is_some() && !facts.handshake.is_open() {
        // The client's API never opened; the server's never had a WebSocket.
        return (side == Side::Client).then_some(ABNORMAL_CLOSURE);
    }
    if !facts.handshake.is_open() {
        return surfaced_without_response(facts, side);
    }
    if client_refused_the_response(findings, side) {
        return Some(ABNORMAL_CLOSURE);
    }
    match failed_the_connection(facts, findings, side) {
        Some(false) => {}
        Some(true) => return Some(ABNORMAL_CLOSURE),
        None if facts.frames[!side].close.is_none() && received_no_close(facts, side) => {
            return Some(ABNORMAL_CLOSURE);
        }
        None => return None,
    }
    match &facts.frames[!side].close {
        Some(close) if is_refusable(close, findings, !side) => None,
        Some(close) if facts.frames[side].close.is_none() && facts.tcp[side].fin.is_some() => {
            reported_after_own_fin(facts, side, close)
        }
        Some(close) if facts.frames[side].close.is_none() && is_doubtful(facts, !side, close) => {
            None
        }
        Some(close) => match facts.arrived(!side, close.frame.range.end) {
            // Of bytes lost behind the Close, or still to come, it is not known what the receiver
            // made.
            Some(true) if close.frame.damaged || !facts.frames_are_known(!side) => None,
            Some(true) if facts.first_end().is_none() => None,
            Some(true) => Some(close.frame.code().unwrap_or(NO_STATUS_RECEIVED)),
            Some(false) => Some(ABNORMAL_CLOSURE),
            None => None,
        },
        None => received_no_close(facts, side).then_some(ABNORMAL_CLOSURE),
    }
}

/// Whether the client failed the connection because of the response (RFC 6455 §4.1): then no
/// Close that came later was read.
fn client_refused_the_response(findings: &[Finding], side: Side) -> bool {
    side == Side::Client
        && findings.iter().any(|finding| {
            finding.caused_the_end && matches!(finding.rule.check, Check::Handshake(_))
        })
}

/// Whether `side` failed the connection itself (RFC 6455 §7.1.7): it stops reading, so that no
/// Close of the peer reaches its API. `None` when that cannot be told.
fn failed_the_connection(facts: &Facts, findings: &[Finding], side: Side) -> Option<bool> {
    let Some(close) = &facts.frames[side].close else {
        // It may have sent one that the capture lost, and may have meant a failure by it; or a FIN.
        let tcp = &facts.tcp[side];
        let more = tcp.acknowledged > tcp.end + u64::from(tcp.fin.is_some());
        return (facts.frames_are_known(side) && !more).then_some(false);
    };
    if findings.iter().any(|f| f.caused_the_end && f.place.side == !side) {
        return Some(true);
    }
    let first = match facts.close_initiator() {
        Initiator::One(one) if one == side => true,
        Initiator::None | Initiator::Unknown => false,
        // It answers: with an error of its own, it may have refused to read the peer's Close.
        Initiator::One(_) => {
            let code = |side: Side| facts.frames[side].close.as_ref().and_then(|c| c.frame.code());
            let refuses = matches!(code(side), Some(1002 | 1007)) && code(side) != code(!side);
            return (!refuses).then_some(false);
        }
        Initiator::Both => false,
    };
    let reason = String::from_utf8_lossy(close.frame.reason());
    let keepalive = library::complaint(&reason).is_some_and(|c| c.subject == Subject::Keepalive);
    match close.frame.code() {
        // 1009 is how a receiver says that it refused to read a message (§7.4.1).
        Some(1009) if first => Some(true),
        // A keepalive that gave up waits for nothing any more.
        Some(1011) if keepalive && first => Some(true),
        // These may be a parser's or an application's word.
        Some(1002 | 1007 | 1009 | 1011) => None,
        _ => Some(false),
    }
}

/// What `side` reports that sent a FIN but no Close that was captured: 1006 if it had given up when
/// the peer's Close came, and the code if it had that by then.
fn reported_after_own_fin(facts: &Facts, side: Side, close: &Close) -> Option<u16> {
    if !facts.frames_are_known(side) {
        return None; // it may have sent a Close after all
    }
    let had_it = facts.tcp[side].fin?.acked? >= close.frame.range.end;
    if !had_it {
        return Some(ABNORMAL_CLOSURE);
    }
    (!close.frame.damaged).then(|| close.frame.code().unwrap_or(NO_STATUS_RECEIVED))
}

/// Whether a Close of `sender`, or what it sent behind it, breaks a rule, so that its receiver may
/// fail the connection over it, and nothing shows whether it did.
fn is_refusable(close: &Close, findings: &[Finding], sender: Side) -> bool {
    findings.iter().any(|finding| {
        finding.severity == Severity::Error
            && finding.place.side == sender
            && finding.place.range.end > close.frame.range.start
            && !finding.tolerated
    })
}

/// Whether a legal Close of `sender` is one that some receivers refuse, so that only the answer
/// tells: older ones do not know the codes from 1012 to 1014, and some accept none in the midst of
/// a message.
fn is_doubtful(facts: &Facts, sender: Side, close: &Close) -> bool {
    let interrupts = facts.frames[sender].open_message.is_some();
    interrupts || matches!(close.frame.code(), Some(1012..=1014))
}

/// Whether it is certain that no Close reached `side` before the connection was over.
fn received_no_close(facts: &Facts, side: Side) -> bool {
    let peer = !side;
    if facts.is_whole(peer) {
        return true; // the peer's whole stream was captured, and there is none in it
    }
    // The side itself gave up, and everything it had acknowledged until then is known. The peer's
    // bytes behind that, if any, came too late.
    let acked = facts.tcp[side].rst.and_then(|reset| reset.acked);
    facts.frames_are_known(peer)
        && facts.tcp[side].gap_bytes == 0
        && facts.tcp[peer].gap_bytes == 0
        && acked.is_some_and(|acked| facts.is_known_until(peer, acked))
}

/// The server never answered the opening request.
fn surfaced_without_response(facts: &Facts, side: Side) -> Option<u16> {
    let server = &facts.tcp[Side::Server];
    let over = server.fin.is_some() || server.rst.is_some();
    let silent = server.end == 0 && server.gap_bytes == 0 && server.has_start;
    (side == Side::Client && over && silent).then_some(ABNORMAL_CLOSURE)
}
