//! How long a Ping waited for its Pong, as far as the capture proves it.

use crate::endpoint::Side;
use crate::knowledge::library;
use crate::provenance::Timestamp;
use crate::rules::{Facts, Ping};

/// A Ping that one side did not answer, and for how long it demonstrably did not.
pub(super) struct Waiting<'a> {
    /// The first Ping of those that were not answered.
    pub(super) ping: &'a Ping,
    /// From the Ping to the last moment of which it is known that there was no Pong.
    pub(super) seconds: f64,
    /// How long is too long: less where the side that pinged ended the waiting, nothing where it
    /// said that it did so for want of a Pong.
    bearable: f64,
}

impl<'a> Waiting<'a> {
    /// How long `side` left the peer without a Pong; `None` where none was due, or where one may
    /// have been lost by the capture.
    pub(super) fn of(facts: &'a Facts, side: Side) -> Option<Waiting<'a>> {
        let known = facts.is_unbroken(side) && facts.is_unbroken(!side) && facts.tells_time();
        let pings = facts.frames[!side].pings.as_ref().filter(|_| known)?;
        let ping = pings.unanswered_since.as_ref()?;
        let asked = ping.source.at.time;
        // After a Close no Pong is due (§5.5.2), and one side may have closed before it read.
        let closes = Side::BOTH.map(|side| facts.frames[side].close.as_ref());
        let closed = closes.into_iter().flatten().map(|close| close.source.at.time).min();
        let ended = Side::BOTH.map(|side| facts.end_of(side).map(|(ending, _)| ending.at.time));
        let ended = ended.into_iter().flatten().min();
        // The streams are unbroken: up to the latest segment of either side there was no Pong.
        let latest = Side::BOTH.map(|side| facts.tcp[side].latest);
        let seen = latest.into_iter().flatten().filter(|source| source.acked.is_some());
        let seen = seen.map(|source| source.at.time).max()?;
        // While it is open, the Pong may still come.
        let over = [closed, ended].into_iter().flatten().min()?;
        let until = over.min(seen);
        if is_busy(facts, side, asked) {
            return None;
        }
        let own = facts.frames[!side].close.as_ref().map(|close| close.source.at.time);
        let fin = facts.end_of(!side).map(|(ending, _)| ending.at.time);
        let bearable = match own == Some(until) {
            true if complains(facts, !side) => 0.0,
            true => 3.0,
            false if fin == Some(until) => 3.0,
            false => 10.0,
        };
        Some(Waiting { ping, seconds: until.seconds_since(asked), bearable })
    }

    /// Whether a Pong was overdue: the side that pinged waited for some seconds and gave up, or
    /// the connection went on for longer than that and then ended without one.
    pub(super) fn is_too_long(&self) -> bool {
        self.seconds > self.bearable
    }
}

/// Whether the reason of `side`'s Close says that it missed a Pong.
fn complains(facts: &Facts, side: Side) -> bool {
    let close = facts.frames[side].close.as_ref();
    let reason = close.map(|close| String::from_utf8_lossy(close.frame.reason()));
    let complaint = reason.as_deref().and_then(library::complaint);
    complaint.is_some_and(|complaint| complaint.subject == library::Subject::Keepalive)
}

/// Whether `side` was in the midst of one frame from before the Ping until after it: no Pong can
/// stand inside a frame.
fn is_busy(facts: &Facts, side: Side, asked: Timestamp) -> bool {
    let frames = &facts.frames[side];
    let began_before = frames.last_frame.is_none_or(|frame| frame.at.time <= asked);
    let went_on = frames.last_message.is_some_and(|message| message.at.time > asked);
    frames.partial.is_some() || (began_before && went_on)
}

/// A Ping that `side` had received and never answered, and the Pong with another payload that it
/// sent in the place of the answer.
pub(super) fn wrong_answer(facts: &Facts, side: Side) -> Option<(&Ping, &Ping)> {
    let known = facts.is_unbroken(side) && facts.is_unbroken(!side);
    let pings = facts.frames[!side].pings.as_ref().filter(|_| known)?;
    let ping = pings.unanswered_since.as_ref()?;
    let knew = |pong: &&Ping| pong.source.acked.is_some_and(|acked| acked >= ping.range.end);
    let pong = pings.unmatched_pongs.iter().find(knew)?;
    // A side that sends Pongs of its own accord (§5.5.3) may have sent this one, too, and have
    // been cut off before it answered.
    let unasked = pings.unmatched_pongs.iter().any(|pong| !knew(&pong));
    let cut_off = !Waiting::of(facts, side).is_some_and(|waiting| waiting.is_too_long());
    (!unasked || !cut_off).then_some((ping, pong))
}
