//! Fatal alerts where the keys were there: under an open WebSocket, and instead of an answer to the
//! opening request.

use super::super::ladder::Rung;
use super::super::unseen::has_close;
use super::{Fatal, cause_in_handshake};
use crate::endpoint::Side;
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::Facts;
use crate::tcp::{GapCause, Range64};
use crate::tls::TlsSide;

const BAD_RECORD_MAC: u8 = 20;
const DECRYPTION_FAILED: u8 = 21;
const INTERNAL_ERROR: u8 = 80;

/// The rung for an open WebSocket that a fatal alert ended.
///
/// A record that was captured whole and does not authenticate hides nothing that its receiver had:
/// it could not read it either. Where something else is missing, there may have been a Close.
pub(in crate::verdict) fn failed_by_alert(facts: &Facts) -> Option<Rung<'static>> {
    let tls = facts.tls.as_ref()?;
    let fatal = Fatal::of(facts, tls)?;
    if has_close(facts) || facts.midstream || has_lost_something(facts) {
        return None;
    }
    let (by, peer) = (fatal.by, !fatal.by);
    let rung = Rung::new(Outcome::Aborted, Blame::Unknown, "tls-alert", Confidence::Likely);
    if fatal.alert.description == INTERNAL_ERROR {
        return Some(rung.or(&format!("the {by} gave this alert for another reason of its own")));
    }
    let refused = tls.sides[peer].first_refused.map(|(_, at)| at);
    let what = match (fatal.alert.description, refused) {
        (BAD_RECORD_MAC | DECRYPTION_FAILED, Some(at)) => format!(
            "something on the way changed the {peer}'s record in packet {}, which does not \
             authenticate here either",
            at.number
        ),
        (BAD_RECORD_MAC | DECRYPTION_FAILED, None) => format!(
            "something between the capture point and the {by} changed the {peer}'s bytes: those \
             that were captured authenticate"
        ),
        _ => format!("something on the way changed the {peer}'s bytes"),
    };
    Some(rung.or(&what).or(&format!("the {peer}'s TLS is wrong, or the {by}'s")))
}

/// Whether anything is missing but one record that did not authenticate.
fn has_lost_something(facts: &Facts) -> bool {
    let Some(tls) = &facts.tls else { return true };
    Side::BOTH.into_iter().any(|side| {
        let tcp = &facts.tcp[side];
        tcp.segments == 0
            || !tcp.conflicts.is_empty()
            || !(tcp.gaps.is_empty() || is_one_refused_record(&tcp.gaps, &tls.sides[side]))
    })
}

/// Whether the only hole in a plaintext is the one record that was refused. A hole whose length is
/// not known is as long as its records, so one that holds others as well is longer.
fn is_one_refused_record(gaps: &[(Range64, GapCause)], side: &TlsSide) -> bool {
    let ([(hole, _)], Some((record, _))) = (gaps, side.first_refused) else { return false };
    side.refused == 1 && side.last_unread == Some(record) && hole.len() <= record.len()
}

/// The rung for an opening request that a fatal alert answered: in TLS 1.3 a client may send its
/// request before the server has judged the client's certificate (RFC 8446 §4.4.4).
pub(in crate::verdict) fn alert_instead_of_answer(facts: &Facts) -> Option<Rung<'static>> {
    let tls = facts.tls.as_ref()?;
    let fatal = Fatal::of(facts, tls)?;
    let is_unanswered = facts.handshake.request.is_some() && facts.handshake.response.is_none();
    let server = &facts.tcp.server;
    let is_known = server.end == 0 && server.gaps.is_empty() && server.conflicts.is_empty();
    if fatal.by == Side::Client || !is_unanswered || !is_known {
        return None;
    }
    let cause = cause_in_handshake(&fatal);
    let rung = Rung::new(Outcome::HandshakeFailed, Blame::Unknown, cause, Confidence::Likely);
    Some(rung)
}

/// The alert that is the cause, for a sentence.
pub(in crate::verdict) fn told(facts: &Facts, cause: &str) -> Option<String> {
    if !matches!(cause, "tls-alert" | "tls-certificate-rejected" | "tls-handshake-failed") {
        return None;
    }
    Some(Fatal::of(facts, facts.tls.as_ref()?)?.words())
}
