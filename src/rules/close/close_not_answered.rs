//! A Close arrived, and its receiver sent none.

use crate::endpoint::Side;
use crate::knowledge::CloseCode;
use crate::rules::{Breach, Check, EndKind, Facts, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, text};
use crate::ws::{ControlFrame, MAX_CONTROL_LEN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-not-answered",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "-",
    closes_with: &[],
    summary: "Close that was received and not answered",
    explanation: "An endpoint that receives a Close and has not sent one answers with a Close of \
        its own, and only then is TCP ended. Without the answer the closer cannot tell an orderly \
        end from a crash, and its API reports 1006. It is no fault where the Close had not \
        arrived yet when the other side ended.",
    advice: "Read until the Close and answer it before the socket is closed; in most libraries \
        that means to await the close call.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        SERVER_CLOSES,
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::End(check),
};

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let close = facts.frames[!side].close.as_ref()?;
    // Behind an invalid Close the connection is failed, and the answer MAY be omitted; and who
    // fails it does not read an answer (§7.1.7).
    let answerable = facts.frames[side].close.is_none()
        && facts.is_unbroken(!side)
        && facts.is_unbroken(side)
        && wants_answer(&close.frame);
    if !answerable {
        return None;
    }
    let end = close.frame.range.end;
    let breach = match facts.end_of(side) {
        // Had it not arrived when TCP was ended, there was nothing to answer. A RST of this side may
        // mean that the Close was not read, and one of the closer came too late to be an excuse.
        Some((fin, kind @ (EndKind::Fin | EndKind::CloseNotify)))
            if fin.acked? >= end && facts.is_whole(side) =>
        {
            let what = if kind == EndKind::Fin { "FIN" } else { "close_notify" };
            let detail = format!("the {side} had received the Close when it sent its {what}");
            Breach::new(detail).in_packet(fin.at)
        }
        None => {
            let given_up = facts.tcp[!side].fin?;
            let latest = facts.tcp[side].latest?;
            latest.acked.filter(|acked| *acked >= end)?;
            let silence = facts.seconds(close.source.at, latest.at)?;
            let waited = facts.seconds(close.source.at, given_up.at)?;
            if silence < PATIENCE_SECONDS || waited < PATIENCE_SECONDS {
                return None;
            }
            Breach::new(format!("no answer within {silence:.1} s, although TCP acknowledged it"))
        }
        _ => return None,
    };
    Some(breach.at(!side, close.frame.range))
}

/// How long a closer has to have waited for a peer that says nothing at all; libraries give up
/// after 5 to 30 s.
const PATIENCE_SECONDS: f64 = 5.0;

fn wants_answer(close: &ControlFrame) -> bool {
    let code = close.code().map(CloseCode);
    let fails = matches!(close.code(), Some(1002 | 1007 | 1009 | 1010));
    !(close.damaged || fails)
        && close.payload_len != 1
        && close.payload_len <= MAX_CONTROL_LEN
        && code.is_none_or(CloseCode::allowed_on_wire)
        && std::str::from_utf8(close.reason()).is_ok()
}
