//! What one side sent, from the facts to the report.
//!
//! In: the [`Facts`] of a connection. Out: [`SideTraffic`]. What a hole may hide is not said: counts
//! are then the least there was, and rates and what was outstanding are left out.

use crate::endpoint::Side;
use crate::knowledge::library::{self, Subject};
use crate::provenance::PacketRef;
use crate::report::{
    InflationReport, MessageKinds, MessageSizes, OpcodeCounts, OpenMessageReport, PingReport, Rate,
    RefusedMessage, RoundTripReport, SideTraffic,
};
use crate::rules::{Close, Facts, Pings, Tally};
use crate::ws::{Compressed, Opcode};

/// What `side` sent.
pub(super) fn of_side(facts: &Facts, side: Side) -> SideTraffic {
    let frames = &facts.frames[side];
    // Behind a handshake that was captured, what was found behind a hole is told apart from it.
    let found = frames.resumed.as_ref().filter(|_| facts.midstream);
    let (tally, pings) = match found {
        Some(found) => (&found.tally, Some(&found.pings)),
        None => (&frames.tally, frames.pings.as_deref()),
    };
    let refused = refused(facts, side);
    let content = tally.content;
    let largest = content.largest.filter(|_| content.unknown == 0);
    SideTraffic {
        frames: found.map_or(frames.frames, |found| found.frames),
        messages: found.map_or(frames.messages, |found| found.messages),
        bytes: found.map_or(frames.payload_bytes, |found| found.payload_bytes),
        exact: is_exact(facts, side),
        kinds: MessageKinds {
            text: tally.text,
            binary: tally.binary,
            fragmented: tally.fragmented,
            compressed: tally.compressed,
        },
        opcodes: opcodes(tally),
        sizes: sizes(tally),
        // What was inflated on trial was compressed without agreement, if it was at all.
        inflation: inflation(&frames.compressed)
            .filter(|_| found.is_none() && facts.deflate.is_agreed()),
        largest_accepted: match &refused {
            Refused::None => largest,
            Refused::One(message) if message.complete => content.largest_before_last,
            Refused::One(_) => largest,
            Refused::Unclear => None,
        },
        first_refused: match refused {
            Refused::One(message) => Some(message),
            Refused::None | Refused::Unclear => None,
        },
        rate: rate(facts, side, tally),
        pings: ping_report(facts, side, pings),
        open_message: frames.open_message.as_ref().map(|message| OpenMessageReport {
            kind: if message.opcode == Opcode::TEXT { "text" } else { "binary" },
            fragments: message.fragments,
            bytes: message.len,
        }),
    }
}

/// Whether nothing that `side` is known to have sent behind the handshake is missing.
fn is_exact(facts: &Facts, side: Side) -> bool {
    // Behind a response that refuses there are no frames.
    let refused = facts.handshake.response.is_some() && !facts.handshake.is_open();
    facts.is_unbroken(side) || (refused && !facts.midstream)
}

fn opcodes(tally: &Tally) -> OpcodeCounts {
    OpcodeCounts {
        continuation: tally.frames_of(Opcode::CONTINUATION),
        text: tally.frames_of(Opcode::TEXT),
        binary: tally.frames_of(Opcode::BINARY),
        close: tally.frames_of(Opcode::CLOSE),
        ping: tally.frames_of(Opcode::PING),
        pong: tally.frames_of(Opcode::PONG),
        reserved: tally.reserved_frames(),
    }
}

fn sizes(tally: &Tally) -> Option<MessageSizes> {
    let (smallest, largest) = tally.sizes?;
    let mean = tally.bytes as f64 / tally.messages() as f64;
    Some(MessageSizes { smallest, largest, mean, total: tally.bytes })
}

fn inflation(compressed: &Compressed) -> Option<InflationReport> {
    (compressed.sized > 0).then_some(InflationReport {
        messages: compressed.sized,
        compressed: compressed.payload,
        inflated: compressed.inflated,
    })
}

/// What a peer refused for its size.
enum Refused {
    None,
    One(RefusedMessage),
    /// Something, and the capture cannot tell what.
    Unclear,
}

/// The message of `side` that the peer refused for its size. That is the latest that had reached it
/// by then, if none before was as large: an endpoint reads later than its TCP receives, so another
/// one may be meant as soon as it may be too large as well.
fn refused(facts: &Facts, side: Side) -> Refused {
    let Some(close) = facts.frames[!side].close.as_ref().filter(|close| is_about_size(close))
    else {
        return Refused::None;
    };
    let frames = &facts.frames[side];
    let known = |acked: &u64| facts.is_known_until(side, *acked);
    let acked = close.source.acked.filter(known);
    let (Some(acked), Some(last)) = (acked, frames.last_message) else { return Refused::Unclear };
    // A limit is on what comes out; where that is not known, the message may be any.
    let content = frames.tally.content;
    let compressed = frames.open_message.as_ref().is_some_and(|message| message.compressed);
    if content.unknown > 0 || compressed || last.range.start >= acked {
        return Refused::Unclear;
    }
    let (bytes, complete, before) = match &frames.open_message {
        Some(open) => (open.declared, false, content.largest),
        None => (content.last, true, content.largest_before_last),
    };
    match before.is_some_and(|before| before >= bytes) {
        true => Refused::Unclear,
        false => Refused::One(RefusedMessage { bytes, complete, packet: last.at.into() }),
    }
}

fn is_about_size(close: &Close) -> bool {
    let reason = String::from_utf8_lossy(close.frame.reason());
    let complaint = library::complaint(&reason);
    close.frame.code() == Some(1009)
        || complaint.is_some_and(|complaint| complaint.subject == Subject::Size)
}

fn rate(facts: &Facts, side: Side, tally: &Tally) -> Option<Rate> {
    let response = facts.handshake.response.as_ref()?;
    let opened = response.head.packets.last().filter(|_| facts.is_unbroken(side))?;
    let closes = Side::BOTH.map(|side| Some(facts.frames[side].close.as_ref()?.source.at));
    let ended = Side::BOTH.map(|side| Some(facts.end_of(side)?.0.at));
    let ends = closes.into_iter().chain(ended).flatten();
    let until = ends.min_by_key(|at: &PacketRef| at.time).unwrap_or(facts.span.1);
    let seconds = facts.seconds(*opened, until).filter(|seconds| *seconds > 0.0)?;
    Some(Rate {
        seconds,
        messages_per_second: tally.messages() as f64 / seconds,
        bytes_per_second: tally.bytes as f64 / seconds,
    })
}

fn ping_report(facts: &Facts, side: Side, pings: Option<&Pings>) -> PingReport {
    const NANOS: f64 = 1e9;
    let none = Pings::default();
    let pings = pings.unwrap_or(&none);
    let known = facts.is_unbroken(side) && facts.is_unbroken(!side);
    // Where a boundary turned out wrong, so may be what was read behind it.
    let refuted = |side: Side| facts.frames[side].resumed.as_ref().is_some_and(|r| r.refuted);
    let trips = pings.trips;
    let measured = trips.count > 0
        && facts.tells_time()
        && !(facts.midstream && Side::BOTH.into_iter().any(refuted));
    PingReport {
        sent: pings.sent,
        answered: pings.answered,
        outstanding: known.then_some(pings.outstanding),
        unsolicited_pongs: known.then_some(pings.unsolicited_pongs),
        round_trip: measured.then(|| RoundTripReport {
            measured: trips.count,
            min: trips.min as f64 / NANOS,
            mean: trips.sum as f64 / trips.count as f64 / NANOS,
            max: trips.max as f64 / NANOS,
            last: trips.last as f64 / NANOS,
        }),
    }
}
