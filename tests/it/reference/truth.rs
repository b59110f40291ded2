//! What is true of a conversation.
//!
//! In: what was said and sent, and what the reference reads in each side's bytes. Out: who closed and
//! who ended TCP first, what each API may have reported, and who may be accused of what.

use wsblame::endpoint::{PerSide, Side};
use wsblame::report::{EndedBy, Initiator};

use super::naive::{self, Read};
use super::talk::Talk;
use super::wire::{End, Wire};

/// The truth about a conversation.
pub(crate) struct Truth<'a> {
    pub(super) talk: &'a Talk,
    pub(super) wire: &'a Wire,
    pub(super) read: PerSide<Read>,
}

impl<'a> Truth<'a> {
    pub(crate) fn new(talk: &'a Talk, wire: &'a Wire) -> Truth<'a> {
        let deflate = talk.opening.deflate;
        let read = PerSide::from_fn(|side| naive::read(&wire.streams[side], side, deflate));
        Truth { talk, wire, read }
    }

    pub(super) fn code(&self, side: Side) -> Option<u16> {
        self.read[side].close.as_ref()?.code()
    }

    /// What `side` had received when it sent its Close.
    pub(super) fn knew_when_closing(&self, side: Side) -> Option<u64> {
        let close = self.read[side].close.as_ref()?;
        Some(self.wire.knew(side, close.range.start))
    }

    /// Whether `side` had the peer's Close when it sent its own.
    pub(super) fn answers(&self, side: Side) -> bool {
        let peers = self.read[!side].close.as_ref();
        peers.is_some_and(|peers| self.knew_when_closing(side) >= Some(peers.range.end))
    }

    pub(super) fn initiator(&self) -> Initiator {
        let closed = PerSide::from_fn(|side| self.read[side].close.is_some());
        match (closed.client, closed.server) {
            (false, false) => Initiator::None,
            (true, false) => Initiator::Client,
            (false, true) => Initiator::Server,
            _ if self.answers(Side::Client) => Initiator::Server,
            _ if self.answers(Side::Server) => Initiator::Client,
            _ => Initiator::Both,
        }
    }

    pub(super) fn end(&self, side: Side) -> Option<End> {
        self.wire.fin[side].or(self.wire.reset[side])
    }

    /// Who may be called the first to end TCP: of two ends that crossed, either.
    pub(super) fn ended_by(&self) -> Vec<EndedBy> {
        let knew = |end: End| end.had_fin || end.had_reset;
        match (self.end(Side::Client), self.end(Side::Server)) {
            (None, None) => vec![EndedBy::None],
            (Some(_), None) => vec![EndedBy::Client],
            (None, Some(_)) => vec![EndedBy::Server],
            (Some(client), Some(_)) if knew(client) => vec![EndedBy::Server],
            (Some(_), Some(server)) if knew(server) => vec![EndedBy::Client],
            _ => vec![EndedBy::Client, EndedBy::Server],
        }
    }

    pub(super) fn is_over(&self) -> bool {
        Side::BOTH.iter().any(|side| self.end(*side).is_some())
    }

    /// Whether `side` broke the protocol in bytes that its peer can refuse, from `offset` on.
    fn broke_it_from(&self, side: Side, offset: u64) -> bool {
        let read = &self.read[side];
        let serious = |rule: &str| !matches!(rule, "control-after-close" | "close-duplicate");
        let mut breaches = read.breaches.iter();
        breaches.any(|(rule, range)| serious(rule) && range.end > offset)
            || !read.perhaps.is_empty()
    }

    /// The codes that `side`'s API may have reported (RFC 6455 §7.1.5); `None` where anything may be.
    pub(super) fn reported(&self, side: Side) -> Option<Vec<u16>> {
        let mut codes = vec![1006];
        let Some(close) = &self.read[!side].close else { return Some(codes) };
        if self.wire.received[side] < close.range.end {
            return Some(codes);
        }
        if !close.is_valid() || self.broke_it_from(!side, close.range.start) {
            return None;
        }
        // It may have stopped reading before: for a violation, because it had failed the connection,
        // or because it had ended TCP. And some take no Close in a message, or none with new codes.
        let failed = matches!(self.code(side), Some(1002 | 1003 | 1007..=1011));
        let had_ended = self.end(side).is_some_and(|end| end.received < close.range.end);
        let doubtful = self.read[!side].open_at_close || matches!(close.code(), Some(1012..=1014));
        if !(failed || had_ended || doubtful || self.broke_it_from(!side, 0)) {
            codes.clear();
        }
        codes.push(close.code().unwrap_or(1005));
        Some(codes)
    }

    /// A conversation with which nothing is wrong: no rule is broken, and each step of the closing
    /// handshake and of the end of TCP waited for the one before.
    pub(super) fn is_clean(&self) -> bool {
        let one_answers = matches!(self.initiator(), Initiator::Client | Initiator::Server);
        let each = Side::BOTH.iter().all(|side| {
            let read = &self.read[*side];
            let peers = &self.read[!*side].close;
            let end = peers.as_ref().map_or(u64::MAX, |peers| peers.range.end);
            read.breaches.is_empty()
                && read.perhaps.is_empty()
                && read.close.as_ref().is_some_and(naive::Close::is_valid)
                && !read.open_at_close
                && matches!(self.code(*side), None | Some(1000 | 1001))
                && self.wire.reset[*side].is_none()
                && self.wire.fin[*side].is_some_and(|fin| fin.received >= end)
        });
        one_answers && each
    }

    /// How often `side` did what the rules of a family are about, and whether it may have done so
    /// more often.
    pub(super) fn count(&self, family: &str, side: Side) -> (u64, bool) {
        let read = &self.read[side];
        let count = read.breaches.iter().filter(|(other, _)| *other == family).count() as u64;
        (count, read.perhaps.contains(&family))
    }

    /// Whether `side` may be accused of having broken `rule`.
    pub(super) fn is_guilty(&self, rule: &str, side: Side) -> bool {
        if let Some(family) = family(rule) {
            let (count, perhaps) = self.count(family, side);
            return count > 0 || perhaps;
        }
        let (read, peer) = (&self.read[side], &self.read[!side]);
        let (fin, reset) = (self.wire.fin[side], self.wire.reset[side]);
        let closed_upon = |end: End| {
            let close = peer.close.as_ref();
            close.is_some_and(|close| close.range.end <= end.received)
        };
        match rule {
            "tcp-closed-without-close" => {
                let end = self.end(side);
                let alone = |end: End| !end.had_fin && !end.had_reset && !closed_upon(end);
                read.close.is_none() && end.is_some_and(alone)
            }
            // Which of the two it is, is a guess by what stands in the payload.
            "torn-frame" | "length-implausible" => read.torn.is_some() && fin.is_some(),
            "close-not-answered" => read.close.is_none() && fin.is_some_and(closed_upon),
            "close-lost-by-rst" => read.close.is_some() && reset.is_some(),
            "closed-mid-message" => {
                read.open_at_close || (read.open.is_some() && fin.or(reset).is_some())
            }
            "close-code-1010-by-server" => side == Side::Server && self.code(side) == Some(1010),
            "internal-error" => self.code(side) == Some(1011),
            "try-again-later" => self.code(side) == Some(1013),
            "close-1002-but-no-violation" => {
                let knew = self.knew_when_closing(side).unwrap_or(0);
                let before = |(rule, range): &(&str, std::ops::Range<u64>)| {
                    !matches!(*rule, "control-after-close" | "close-duplicate") && range.end <= knew
                };
                self.code(side) == Some(1002) && !peer.breaches.iter().any(before)
            }
            "pong-payload-mismatch" => {
                let asked = |payload: &Vec<u8>| {
                    peer.frames.iter().any(|ping| ping.opcode == 9 && ping.payload == *payload)
                };
                read.frames.iter().any(|pong| pong.opcode == 10 && !asked(&pong.payload))
            }
            _ => false,
        }
    }
}

/// The name under which the reference knows a rule that is about bytes.
pub(super) fn family(rule: &str) -> Option<&str> {
    Some(match rule {
        "invalid-utf8-text" | "utf8-truncated-at-end" | "binary-in-text" => "utf8",
        "deflate-inflate-failed"
        | "deflate-context-desync"
        | "deflate-tail-not-removed"
        | "deflate-takeover-ignored"
        | "deflate-window-exceeded" => "deflate",
        "client-frame-unmasked"
        | "server-frame-masked"
        | "reserved-opcode"
        | "rsv-bits-set"
        | "rsv1-without-deflate"
        | "control-compressed"
        | "deflate-rsv1-on-continuation"
        | "control-fragmented"
        | "control-too-long"
        | "continuation-without-start"
        | "new-message-before-fin"
        | "length-not-minimal"
        | "length-msb-set"
        | "close-body-one-byte"
        | "close-code-forbidden"
        | "close-code-out-of-range"
        | "close-code-unassigned"
        | "close-reason-not-utf8"
        | "data-after-close"
        | "control-after-close"
        | "close-duplicate" => rule,
        _ => return None,
    })
}
