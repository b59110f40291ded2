//! The rungs for connections of which the capture lacks what decides: the handshake, or a stretch in
//! which a Close may have been.
//!
//! In: the facts of such a connection. Out: a [`Rung`] that blames nobody.

use super::ladder::Rung;
use crate::endpoint::Side;
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::Facts;

pub(super) fn has_close(facts: &Facts) -> bool {
    Side::BOTH.iter().any(|side| facts.sent_close(*side).is_some())
}

pub(super) fn is_hidden(facts: &Facts) -> bool {
    Side::BOTH.iter().any(|side| !facts.frames_are_known(*side))
}

/// The handshake was not captured, and frames were found all the same. What came before them is not
/// known, so nobody is blamed.
pub(super) fn midstream(facts: &Facts) -> Rung<'static> {
    if facts.closes_are_supposed() {
        return supposed_close(facts);
    }
    if has_close(facts) {
        return hidden(facts);
    }
    let silent = Side::BOTH.iter().any(|side| facts.tcp[*side].segments == 0);
    if facts.first_end().is_some() || silent {
        Rung::unknown(Outcome::Unknown)
    } else {
        Rung::new(Outcome::Open, Blame::None, "still-open", Confidence::Possible)
    }
}

/// Two equal Closes, behind a boundary that was searched for. That is how a closing handshake looks;
/// where each stands right before its sender's FIN, there is not much else that they can be. Whether
/// a violation brought it about is not known.
pub(super) fn supposed_close(facts: &Facts) -> Rung<'static> {
    let code = facts.sent_close(Side::Client).and_then(|close| close.frame.code());
    let (cause, at_fault) = match code {
        None => ("empty-close", Blame::None),
        Some(1000) => ("clean-close", Blame::None),
        Some(1001) => ("going-away", Blame::None),
        Some(_) => ("application-close", Blame::Unknown),
    };
    let stands_last = |side: Side| {
        let end = facts.sent_close(side).map(|close| close.frame.range.end);
        facts.tcp[side].fin.map(|fin| fin.offset) == end
    };
    let sure = if Side::BOTH.into_iter().all(stands_last) {
        Confidence::Proven // less what is missing: see `weigh`
    } else {
        Confidence::Likely
    };
    Rung::new(Outcome::Closed, at_fault, cause, sure)
}

/// A Close may have gone by unseen.
pub(super) fn hidden(facts: &Facts) -> Rung<'static> {
    let failed = Side::BOTH.iter().any(|side| {
        let close = facts.sent_close(*side);
        close.and_then(|close| close.frame.code()).is_some_and(|c| matches!(c, 1002 | 1007 | 1009))
    });
    let both = Side::BOTH.iter().all(|side| facts.sent_close(*side).is_some());
    Rung::unknown(match (failed, both) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Closed,
        (false, false) => Outcome::Unknown,
    })
}
