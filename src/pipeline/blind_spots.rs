//! What the capture cannot tell, in words.

use super::assemble::side_name;
use crate::capture::{CaptureFacts, Ending};
use crate::endpoint::Side;
use crate::report::BlindSpot;
use crate::rules::{Facts, Resumed};
use crate::tcp::GapCause;
use crate::ws::Deflate;

fn spot(kind: &str, side: Option<Side>, hides: impl Into<String>, lowered: &str) -> BlindSpot {
    BlindSpot {
        kind: kind.to_owned(),
        side: side.map(side_name),
        packets: Vec::new(),
        bytes: 0,
        hides: hides.into(),
        lowered: lowered.to_owned(),
    }
}

/// The blind spots of one connection.
pub(super) fn of_connection(facts: &Facts) -> Vec<BlindSpot> {
    let mut spots = Vec::new();
    let open = facts.handshake.is_open();
    if facts.midstream {
        spots.push(midstream(facts));
    } else if facts.handshake.request.is_none() {
        spots.push(spot(
            "no-request",
            Some(Side::Client),
            "what the client asked for, and where its frames begin",
            "rules that compare the response with the request are silent",
        ));
    }
    for side in Side::BOTH {
        of_side(facts, side, &mut spots);
    }
    let ended = facts.first_end().is_some();
    if (open || facts.midstream) && !ended {
        spots.push(spot(
            "no-end",
            None,
            "how TCP ended: neither FIN nor RST was captured",
            "nothing is concluded from what is missing at the end",
        ));
    }
    if open && facts.deflate == Deflate::Agreed {
        spots.push(spot(
            "compressed",
            None,
            "the text of messages compressed by permessage-deflate",
            "whether it is valid UTF-8 is not checked",
        ));
    }
    spots
}

/// The handshake, and what stands in for it.
fn midstream(facts: &Facts) -> BlindSpot {
    let mut hides = "the opening handshake, and with it the extensions in use and every frame \
                     before the first one that was recognised"
        .to_owned();
    let mut packets = Vec::new();
    for side in Side::BOTH {
        if let Some(found) = &facts.frames[side].resumed {
            hides.push_str(&format!("; the {side}'s frames are read {}", where_from(found)));
            hides.push_str(&doubtful_close(facts, side));
            packets.extend(found.packet.map(|packet| packet.number.number()));
        }
    }
    packets.sort_unstable();
    packets.dedup();
    let lowered = "the masks say who is the client; no frame is judged, and a Close counts only \
                   where the other side's says the same";
    BlindSpot { packets, ..spot("mid-stream", None, hides, lowered) }
}

/// Where frames were found, and by what.
fn where_from(found: &Resumed) -> String {
    let place = match found.packet {
        Some(packet) => format!("from packet {} on", packet.number),
        None => format!("from stream offset {} on", found.at),
    };
    let bits = found.bits;
    let mut text = format!("{place}, where {bits} bits of evidence speak for a frame");
    if found.refuted {
        text.push_str(", up to one that no conforming endpoint sends");
    } else if found.lost_at.is_some() {
        text.push_str(", up to another lost header");
    }
    text
}

/// A Close behind a searched boundary of which nothing is made.
fn doubtful_close(facts: &Facts, side: Side) -> String {
    let found = facts.frames[side].resumed.as_ref().and_then(|found| found.close.as_ref());
    let Some(close) = found.filter(|_| facts.sent_close(side).is_none()) else {
        return String::new();
    };
    let code = close.frame.code().map_or("without a code".to_owned(), |code| code.to_string());
    format!(
        "; packet {} seems to hold a Close {code}, which is not taken for certain",
        close.source.at.number
    )
}

fn of_side(facts: &Facts, side: Side, spots: &mut Vec<BlindSpot>) {
    let (tcp, frames) = (&facts.tcp[side], &facts.frames[side]);
    if tcp.segments == 0 {
        spots.push(spot(
            "one-sided",
            Some(side),
            format!("everything that the {side} sent"),
            "only the other side's conduct is judged",
        ));
    }
    let kinds = [
        (GapCause::NotCaptured, "lost-segments", "acknowledged by the peer, but not captured"),
        (GapCause::NeverSeen, "missing-segments", "not captured, and perhaps never delivered"),
        (GapCause::SnapLength, "snap-length", "cut off by the snap length of the capture"),
        (GapCause::OverLimit, "over-limit", "given up on: too much was waiting behind them"),
    ];
    for (cause, kind, how) in kinds {
        let bytes: u64 =
            tcp.gaps.iter().filter(|(_, why)| *why == cause).map(|(range, _)| range.len()).sum();
        if bytes == 0 {
            continue;
        }
        let lowered = match frames.lost_at {
            Some(_) => "the rest of this direction could not be read, and nobody is judged by it",
            None => "the message they belong to is not checked; the confidence is lowered",
        };
        let hides = format!("{bytes} bytes of the {side}'s stream: {how}");
        spots.push(BlindSpot { bytes, ..spot(kind, Some(side), hides, lowered) });
    }
    if let Some(lost) = frames.lost_at {
        let mut hides =
            format!("the {side}'s frames from stream offset {lost} on: a header was lost");
        let mut packets = Vec::new();
        let lowered = match &frames.resumed {
            Some(found) => {
                let count = found.frames;
                hides.push_str(&format!("; {count} more are read {}", where_from(found)));
                hides.push_str(&doubtful_close(facts, side));
                packets.extend(found.packet.map(|packet| packet.number.number()));
                "what was found again is a hypothesis: it is not counted, no frame is judged, and \
                 a Close counts only where the other side's says the same"
            }
            None => "no statement is made about them, nor about whether a Close was among them",
        };
        spots.push(BlindSpot { packets, ..spot("lost-sync", Some(side), hides, lowered) });
    }
    if !tcp.conflicts.is_empty() {
        let bytes = tcp.conflicts.iter().map(|range| range.len()).sum();
        let hides =
            format!("which of two differing copies of bytes of the {side} its peer received");
        let lowered = "findings about these bytes are nobody's fault";
        spots.push(BlindSpot { bytes, ..spot("conflicting-copies", Some(side), hides, lowered) });
    }
}

/// The blind spots of a capture as a whole.
pub(super) fn of_capture(facts: &CaptureFacts) -> Vec<BlindSpot> {
    let mut spots = Vec::new();
    match &facts.ending {
        Ending::CutMidRecord { offset, needed, available } => spots.push(spot(
            "file-cut",
            None,
            format!(
                "everything behind byte {offset} of the file: the record there takes {needed} \
                 bytes, and {available} are there"
            ),
            "every whole packet before it was read",
        )),
        Ending::Damaged { offset, reason } => spots.push(spot(
            "file-damaged",
            None,
            format!("everything behind byte {offset} of the file: {reason}"),
            "every packet before it was read",
        )),
        Ending::NotReached | Ending::Complete => {}
    }
    if let Some(drops) = facts.drops().filter(|drops| *drops > 0) {
        spots.push(spot(
            "dropped-by-host",
            None,
            format!("{drops} packets that the capturing host says it dropped"),
            "a missing packet is more likely lost than never sent",
        ));
    }
    if facts.cut_packets > 0 {
        spots.push(spot(
            "snap-length",
            None,
            format!("the ends of {} packets, cut by the snap length", facts.cut_packets),
            "payload in them is not checked; capture with tcpdump -s 0",
        ));
    }
    if facts.time_went_back > 0 {
        spots.push(spot(
            "clock-went-back",
            None,
            format!(
                "the true times: {} packets are earlier than the one before",
                facts.time_went_back
            ),
            "durations are not certain; the order of events rests on acknowledgements",
        ));
    }
    if facts.skipped > 0 {
        let reason = facts.problems.first().map_or("", |problem| problem.reason.as_str());
        spots.push(spot(
            "unusable-records",
            None,
            format!("{} packets whose records could not be used: {reason}", facts.skipped),
            "they are numbered and passed over",
        ));
    }
    spots
}
