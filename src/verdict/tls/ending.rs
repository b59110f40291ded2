//! How TLS ended where TCP did: in order, by `close_notify`, or not.
//!
//! In: the facts of a connection. Out: words, and other readings of the evidence; nothing here
//! changes who has to fix it.

use crate::endpoint::Side;
use crate::report::Confidence;
use crate::rules::{EndKind, Facts};
use crate::tls::Version;

/// ` and without close_notify`, where `side` ended TCP and it is certain that none came before.
pub(in crate::verdict) fn without_close_notify(facts: &Facts, side: Side) -> &'static str {
    let Some(tls) = &facts.tls else { return "" };
    let sent = &tls.sides[side];
    let is_known = facts.tcp[side].gaps.is_empty()
        && facts.tcp[side].conflicts.is_empty()
        && sent.last_unread.is_none()
        && sent.lost_at.is_none()
        && sent.partial_at.is_none()
        && sent.alerts.iter().all(|fact| fact.alert.is_some());
    let ended = matches!(facts.end_of(side), Some((_, EndKind::Fin | EndKind::Reset)));
    if is_known && ended { ", without close_notify" } else { "" }
}

/// What else the end of an open WebSocket without a Close may mean, by how its TLS ended.
pub(in crate::verdict) fn other_ends(facts: &Facts, side: Side) -> Option<&'static str> {
    facts.tls.as_ref()?;
    match facts.end_of(side)? {
        (_, EndKind::CloseNotify) => Some(
            "TLS was closed in order and the WebSocket was not: nginx and haproxy end an idle \
             tunnel like this",
        ),
        (_, EndKind::Fin | EndKind::Reset) if !without_close_notify(facts, side).is_empty() => {
            Some(
                "a process that was killed, terminate() of ws, or something on the way that ended \
                 TCP: none of them sends close_notify",
            )
        }
        _ => None,
    }
}

/// What else it may mean that the server hung up on the opening request without a byte, and how sure
/// that leaves it.
pub(in crate::verdict) fn unanswered(facts: &Facts) -> Option<(&'static str, Confidence)> {
    let server = &facts.tcp.server;
    if facts.handshake.response.is_some() || server.end > 0 {
        return None;
    }
    match &facts.tls {
        None => Some((
            "the port expects TLS, and the URL should say wss:// instead of ws://: most servers \
             of TLS hang up on a request in the clear without a word",
            Confidence::Likely,
        )),
        Some(tls) if tls.version >= Some(Version::TLS_1_3) => Some((
            "the server required a certificate of the client, or refused it, and said so by \
             hanging up: in TLS 1.3 the request goes out before that is judged",
            Confidence::Likely,
        )),
        Some(_) => None,
    }
}
