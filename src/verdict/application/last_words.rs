//! The last message of a side, where it says why the connection ends.
//!
//! In: the facts, and the recognised product. Out: the reason, and the packet that it came in. Only
//! a message that certainly was the side's last one before its Close, or before the end of its
//! stream, is looked at, and only if all of it is there.

use super::envelope::{self, Envelope};
use super::{Application, Ground};
use crate::endpoint::Side;
use crate::knowledge::{Product, find_product};
use crate::provenance::PacketRef;
use crate::rules::{Facts, LastMessage};

/// What a side said last.
#[derive(Clone, Debug)]
pub struct LastWords {
    /// The product whose form the message has.
    pub product: &'static Product,
    /// What the product calls such a message.
    pub kind: &'static str,
    /// The code in it, if it has one.
    pub code: Option<u16>,
    /// The reason in it: printable, at most 120 characters, words that may be
    /// secret masked.
    pub reason: Option<String>,
    /// Whether it says that the client should return.
    pub reconnect: Option<bool>,
    /// Whether such a message announces the end of the connection.
    pub ends: bool,
    /// The packet with its last byte.
    pub at: PacketRef,
}

impl LastWords {
    /// Whether this is why `side` closed: it announces the end, and the Close followed at once.
    pub(super) fn explain_close(&self, facts: &Facts, side: Side) -> bool {
        const AT_ONCE: f64 = 5.0;
        let close = facts.frames[side].close.as_ref();
        let after = close.and_then(|close| facts.seconds(self.at, close.source.at));
        self.ends && after.is_some_and(|after| after <= AT_ONCE)
    }
}

pub(super) fn of(facts: &Facts, application: Option<Application>, side: Side) -> Option<LastWords> {
    if !facts.handshake.is_open() {
        return None;
    }
    let message = last_message(facts, side)?;
    let texts = &facts.frames[side].texts;
    let excerpt = texts.last.as_ref().filter(|excerpt| excerpt.is_whole())?;
    if texts.last_range != Some(message.range) {
        return None; // the latest one is not text, or not complete
    }
    let text = simdutf8::basic::from_utf8(&excerpt.bytes).ok()?;
    let known = application.filter(|application| application.by != Ground::Code);
    let Envelope { product, kind, code, reason, reconnect, ends } =
        envelope::read(text, known.map(|application| application.product.id))?;
    let product = find_product(product)?;
    Some(LastWords { product, kind, code, reason, reconnect, ends, at: message.at })
}

/// The message behind which a side certainly sent none before its Close, or before its end.
fn last_message(facts: &Facts, side: Side) -> Option<LastMessage> {
    let frames = &facts.frames[side];
    let is_certain = frames.lost_at.is_none()
        && frames.spoiled_at.is_none()
        && frames.open_message.is_none()
        && frames.resumed.is_none();
    let message = frames.last_message.filter(|_| is_certain)?;
    match &frames.close {
        Some(close) => (message.range.end <= close.frame.range.start).then_some(message),
        None => facts.is_whole(side).then_some(message),
    }
}
