//! What the capture cannot tell, in words.

use super::assemble::side_name;
use crate::capture::{CaptureFacts, Ending};
use crate::endpoint::Side;
use crate::ip::FragmentCounts;
use crate::report::BlindSpot;
use crate::rules::Facts;
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
    if facts.handshake.request.is_none() {
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
    if open && !ended {
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
        spots.push(spot(
            "lost-sync",
            Some(side),
            format!("the {side}'s frames from stream offset {lost} on: a header was lost"),
            "no statement is made about them, nor about whether a Close was among them",
        ));
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

/// The blind spot that fragments leave which could not be put together.
pub(super) fn of_fragments(counts: FragmentCounts) -> Option<BlindSpot> {
    let kinds = [
        (counts.incomplete, "incomplete"),
        (counts.conflicting, "with parts that contradict each other"),
        (counts.mixed, "with a wrong checksum, so most likely parts of several"),
        (counts.over_limit, "given up on, because too many were waiting"),
    ];
    let lost: u64 = kinds.iter().map(|(datagrams, _)| datagrams).sum();
    if lost == 0 {
        return None;
    }
    let kinds = kinds.iter().filter(|(datagrams, _)| *datagrams > 0);
    let list: Vec<String> = kinds.map(|(datagrams, how)| format!("{datagrams} {how}")).collect();
    Some(spot(
        "fragments",
        None,
        format!("{lost} IP datagrams that came in fragments: {}", list.join(", ")),
        "segments in them count as not captured",
    ))
}
