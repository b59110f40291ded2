//! The blind spots of one connection.

use super::{cite, spot};
use crate::endpoint::Side;
use crate::http::deflate::DEFLATE;
use crate::http::redact;
use crate::provenance::PacketRef;
use crate::report::{BlindSpot, Confidence, Outcome};
use crate::rules::{Facts, Finding, Resumed};
use crate::tcp::GapCause;
use crate::verdict::Verdict;
use crate::ws::{Compressed, Deflate};

/// Rules that compare the response with the request.
const COMPARE: &[&str] = &[
    "handshake-accept-mismatch",
    "handshake-extension-not-offered",
    "handshake-subprotocol-not-offered",
    "deflate-client-bits-unoffered",
    "deflate-server-bits-larger",
    "deflate-takeover-unconfirmed",
];

/// Rules that need every byte of both sides: they conclude from what was never sent.
const NEED_BOTH: &[&str] = &["tcp-closed-without-close", "close-not-answered", "ping-unanswered"];

/// Rules that need the content of compressed messages.
const NEED_CONTENT: &[&str] = &[
    "deflate-takeover-ignored",
    "deflate-context-desync",
    "deflate-window-exceeded",
    "deflate-inflate-failed",
];

/// Rules on the text of a message.
const NEED_TEXT: &[&str] = &["invalid-utf8-text", "binary-in-text", "utf8-truncated-at-end"];

/// Rules that need the end of a side's stream.
const NEED_END: &[&str] = &["tcp-closed-without-close", "torn-frame", "closed-mid-message"];

/// `a, b and c`.
fn names(rules: &[&str]) -> String {
    match rules {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// What became of the verdict.
fn on_verdict(verdict: &Verdict) -> String {
    match (verdict.unlowered, verdict.confidence) {
        (_, Confidence::Unknown) => "the verdict is unknown".to_owned(),
        (before, after) if before > after => {
            format!("confidence of the verdict: {} → {}", before.name(), after.name())
        }
        (_, after) => format!("the confidence of the verdict stays {}", after.name()),
    }
}

/// The blind spots of one connection.
pub(in crate::pipeline) fn of_connection(
    facts: &Facts,
    findings: &[Finding],
    verdict: &Verdict,
) -> Vec<BlindSpot> {
    let mut spots = Vec::new();
    let (first, _) = facts.span;
    let open = facts.handshake.is_open();
    if facts.midstream {
        spots.push(midstream(facts, verdict));
    } else if facts.handshake.request.is_none() {
        let lowered = format!(
            "rules on the request, and those that compare the response with it ({}), are silent; {}",
            names(COMPARE),
            on_verdict(verdict)
        );
        let hides = "what the client asked for, and where its frames begin";
        let packets = cite([first]);
        spots
            .push(BlindSpot { packets, ..spot("no-request", Some(Side::Client), hides, &lowered) });
    }
    if !facts.midstream {
        spots.extend(no_response(facts, findings, verdict));
    }
    for side in Side::BOTH {
        spots.extend(refused_records(facts, side, verdict));
        of_side(facts, side, verdict, &mut spots);
    }
    of_clock(facts, &mut spots);
    if open || facts.midstream {
        spots.extend(ends(facts, verdict));
    }
    if open {
        spots.extend(Side::BOTH.into_iter().filter_map(|side| compressed(facts, side)));
    }
    spots
}

/// The blind spots of a connection in TLS that could not be read.
pub(in crate::pipeline) fn of_unread(facts: &Facts, verdict: &Verdict) -> Vec<BlindSpot> {
    let hides = "everything inside TLS: no keys that open it were given";
    let lowered = format!(
        "no rule is asked, and what is said is inferred from the sizes and times of records; {}",
        on_verdict(verdict)
    );
    let packets = cite([facts.span.0]);
    let mut spots = vec![BlindSpot { packets, ..spot("encrypted", None, hides, &lowered) }];
    for side in Side::BOTH {
        of_side(facts, side, verdict, &mut spots);
    }
    of_clock(facts, &mut spots);
    spots.extend(ends(facts, verdict));
    spots
}

/// The blind spots of a connection whose TLS handshake failed: what was not captured of it.
pub(in crate::pipeline) fn of_failed_tls(facts: &Facts, verdict: &Verdict) -> Vec<BlindSpot> {
    let mut spots = Vec::new();
    for side in Side::BOTH {
        of_side(facts, side, verdict, &mut spots);
    }
    of_clock(facts, &mut spots);
    spots.extend(ends(facts, verdict));
    spots
}

/// Compressed messages that could not be inflated for certain.
fn compressed(facts: &Facts, side: Side) -> Option<BlindSpot> {
    let Compressed { messages: all, known, faulty, .. } = facts.frames[side].compressed;
    let hidden = all.saturating_sub(known).saturating_sub(faulty);
    let extensions = facts.handshake.accepted_extensions();
    let foreign = extensions.list.iter().find(|extension| !extension.is(DEFLATE));
    if hidden == 0 || (facts.deflate == Deflate::Absent && foreign.is_none()) {
        return None;
    }
    let because = match foreign {
        Some(extension) => format!("; {} is not known here", redact::excerpt(&extension.name)),
        None => String::new(),
    };
    let hides = format!("what {hidden} of {all} compressed messages of the {side} hold{because}");
    let lowered = format!("{} are silent about them", names(&[NEED_TEXT, NEED_CONTENT].concat()));
    Some(spot("compressed", Some(side), &hides, &lowered))
}

/// Ends of TCP that were not captured: one that the peer acknowledged was lost, another may never
/// have been sent.
fn ends(facts: &Facts, verdict: &Verdict) -> Vec<BlindSpot> {
    let (_, last) = facts.span;
    let was_reset = Side::BOTH.into_iter().any(|side| facts.tcp[side].rst.is_some());
    let open: Vec<Side> =
        Side::BOTH.into_iter().filter(|side| facts.tcp[*side].fin.is_none()).collect();
    let lost = open.iter().copied().filter(|side| facts.has_lost_its_end(*side));
    let mut spots: Vec<BlindSpot> = lost
        .map(|side| {
            let hides = format!(
                "a last byte of the {side} that its peer acknowledged: most likely its FIN"
            );
            let lowered = format!(
                "who ended TCP first is not said where this may have come before; {}",
                on_verdict(verdict)
            );
            let packets = cite(or_else_latest(&[], facts, side));
            BlindSpot { packets, ..spot("lost-end", Some(side), hides, &lowered) }
        })
        .collect();
    if !was_reset && spots.is_empty() && !open.is_empty() {
        let (side, whose) = match open.as_slice() {
            [side] => (Some(*side), format!("the {side} ended TCP")),
            _ => (None, "TCP ended".to_owned()),
        };
        let hides = format!("how {whose}: neither FIN nor RST was captured");
        let lowered = format!(
            "{} are silent, and nothing else is concluded from what is missing at the end",
            names(NEED_END)
        );
        spots.push(BlindSpot { packets: cite([last]), ..spot("no-end", side, hides, &lowered) });
    }
    spots
}

/// What is not known because times are wrong.
fn of_clock(facts: &Facts, spots: &mut Vec<BlindSpot>) {
    let packets = cite([facts.span.0]);
    if let Some(offset) = facts.clock_offset {
        let seconds = offset.unsigned_abs() as f64 / 1e9;
        let how = if offset > 0 { "ahead" } else { "behind" };
        let hides = format!(
            "which of two clocks is right: that of another interface is {seconds:.3} s {how}"
        );
        let lowered = "times are given by the clock of the interface that saw the connection first";
        let packets = packets.clone();
        spots.push(BlindSpot { packets, ..spot("clocks-differ", None, hides, lowered) });
    }
    if !facts.tells_time() {
        let hides = "the true times: packets are older than what they answer, or of the same time";
        let lowered = "nothing is concluded from durations, nor from the order of times";
        spots.push(BlindSpot { packets, ..spot("clock-wrong", None, hides, lowered) });
    }
}

/// The handshake, and what stands in for it.
fn midstream(facts: &Facts, verdict: &Verdict) -> BlindSpot {
    let mut hides = "the opening handshake, and with it the extensions in use and every frame \
                     before the first one that was recognised"
        .to_owned();
    let mut packets = vec![facts.span.0];
    for side in Side::BOTH {
        if let Some(found) = &facts.frames[side].resumed {
            hides.push_str(&format!("; the {side}'s frames are read {}", where_from(found)));
            hides.push_str(&doubtful_close(facts, side));
            packets.extend(found.packet);
        }
    }
    let lowered = format!(
        "the masks say who is the client; no frame is judged, and a Close counts only where the \
         other side's says the same and names no error; {}",
        on_verdict(verdict)
    );
    BlindSpot { packets: cite(packets), ..spot("mid-stream", None, hides, &lowered) }
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
    let number = close.source.at.number;
    format!("; packet {number} seems to hold a Close {code}, which is not taken for certain")
}

/// A request without a response, unless it is certain that none came.
fn no_response(facts: &Facts, findings: &[Finding], verdict: &Verdict) -> Option<BlindSpot> {
    let shake = &facts.handshake;
    let refused = verdict.outcome == Outcome::HandshakeFailed && verdict.cause.is_some();
    let certain = findings.iter().any(|finding| finding.rule.id == "handshake-no-response")
        || (facts.tls.is_some() && refused);
    if shake.response.is_some() || certain {
        return None;
    }
    let asked = shake.request.as_ref().and_then(|request| request.head.packets.last());
    let hides = "whether the server answered, and whether there was a WebSocket at all";
    let lowered =
        format!("all rules on the response and on frames are silent; {}", on_verdict(verdict));
    let packets = cite([asked.copied().unwrap_or(facts.span.1)]);
    Some(BlindSpot { packets, ..spot("no-response", Some(Side::Server), hides, &lowered) })
}

fn of_side(facts: &Facts, side: Side, verdict: &Verdict, spots: &mut Vec<BlindSpot>) {
    let tcp = &facts.tcp[side];
    if tcp.segments == 0 {
        let hides = format!("everything that the {side} sent");
        let lowered = format!(
            "every rule on the {side} is silent, and so are {}; {}",
            names(NEED_BOTH),
            on_verdict(verdict)
        );
        let packets = cite([facts.span.0, facts.span.1]);
        spots.push(BlindSpot { packets, ..spot("one-sided", Some(side), hides, &lowered) });
    }
    let kinds = [
        (GapCause::NotCaptured, "lost-segments", "acknowledged by the peer, but not captured"),
        (GapCause::NeverSeen, "missing-segments", "not captured, and perhaps never delivered"),
        (GapCause::SnapLength, "snap-length", "cut off by the snap length of the capture"),
        (GapCause::OverLimit, "over-limit", "given up on: too much was waiting behind them"),
        (GapCause::Undecrypted, "undecrypted", "at most, captured and not decrypted"),
        (GapCause::Unmeasured, "lost-records", "at most, in records of TLS that could not be read"),
    ];
    for (cause, kind, how) in kinds {
        spots.extend(gaps(facts, side, verdict, (cause, kind, how)));
    }
    spots.extend(lost_sync(facts, side, verdict));
    if !tcp.conflicts.is_empty() {
        let bytes = tcp.conflicts.iter().map(|range| range.len()).sum();
        let hides = format!(
            "which of two differing copies of {bytes} bytes of the {side} its peer received"
        );
        let lowered = format!(
            "findings about them and about what follows are nobody's fault; {}",
            on_verdict(verdict)
        );
        let packets = cite(or_else_latest(&tcp.around.conflicts, facts, side));
        let spot = spot("conflicting-copies", Some(side), hides, &lowered);
        spots.push(BlindSpot { bytes, packets, ..spot });
    }
}

/// Records of TLS that are there and are not authentic.
fn refused_records(facts: &Facts, side: Side, verdict: &Verdict) -> Option<BlindSpot> {
    let sent = &facts.tls.as_ref()?.sides[side];
    let (range, at) = sent.first_refused?;
    let (number, plural) = (sent.refused, if sent.refused == 1 { "" } else { "s" });
    let hides = format!(
        "what was in {number} record{plural} of the {side} that did not authenticate, first in \
         packet {}",
        at.number
    );
    let lowered = format!(
        "nothing of them is parsed: the key is another, the capture is damaged, or somebody \
         changed them; {}",
        on_verdict(verdict)
    );
    let bytes = if number == 1 { range.len() } else { 0 };
    Some(BlindSpot {
        bytes,
        packets: cite([at]),
        ..spot("refused-records", Some(side), hides, &lowered)
    })
}

/// The holes of one cause in a side's stream.
fn gaps(
    facts: &Facts,
    side: Side,
    verdict: &Verdict,
    (cause, kind, how): (GapCause, &str, &str),
) -> Option<BlindSpot> {
    let tcp = &facts.tcp[side];
    let of_cause = |why: &GapCause| *why == cause;
    let bytes: u64 =
        tcp.gaps.iter().filter(|(_, why)| of_cause(why)).map(|(range, _)| range.len()).sum();
    if bytes == 0 {
        return None;
    }
    let edges = tcp.gaps.iter().zip(&tcp.around.gaps).filter(|((_, why), _)| of_cause(why));
    let mut around: Vec<PacketRef> =
        edges.flat_map(|(_, edges)| edges.iter().flatten().copied()).collect();
    if cause == GapCause::SnapLength {
        around.clone_from(&tcp.around.cut);
    }
    let silent = match facts.frames[side].lost_at {
        Some(_) => format!("every rule on the {side}'s frames behind them is silent"),
        None => format!("{} are silent about the message they belong to", names(NEED_TEXT)),
    };
    let lowered = format!("{silent}, {} altogether; {}", names(NEED_BOTH), on_verdict(verdict));
    let hides = format!("{bytes} bytes of the {side}'s stream, {how}");
    let packets = cite(or_else_latest(&around, facts, side));
    Some(BlindSpot { bytes, packets, ..spot(kind, Some(side), hides, &lowered) })
}

/// Frames that cannot be found behind a lost header.
fn lost_sync(facts: &Facts, side: Side, verdict: &Verdict) -> Option<BlindSpot> {
    let tcp = &facts.tcp[side];
    let lost = facts.frames[side].lost_at?;
    let at = |range: crate::tcp::Range64| range.start <= lost && lost <= range.end;
    let edges = tcp.gaps.iter().zip(&tcp.around.gaps).filter(|((range, _), _)| at(*range));
    let mut around: Vec<PacketRef> =
        edges.flat_map(|(_, edges)| edges.iter().flatten().copied()).collect();
    if around.is_empty() {
        around.clone_from(&tcp.around.conflicts);
    }
    let mut hides = format!("the {side}'s frames from stream offset {lost} on: a header was lost");
    let silent = match &facts.frames[side].resumed {
        Some(found) => {
            hides.push_str(&format!("; {} more are read {}", found.frames, where_from(found)));
            hides.push_str(&doubtful_close(facts, side));
            around.extend(found.packet);
            "what was found again is a hypothesis: it is not counted, no frame is judged, and a \
             Close counts only where the other side's says the same and names no error"
        }
        None => "every rule on them is silent, and whether a Close was among them is not said",
    };
    let lowered = format!("{silent}; {}", on_verdict(verdict));
    let packets = cite(or_else_latest(&around, facts, side));
    Some(BlindSpot { packets, ..spot("lost-sync", Some(side), hides, &lowered) })
}

/// These packets, or the side's latest if they have been forgotten, or the connection's last.
fn or_else_latest(packets: &[PacketRef], facts: &Facts, side: Side) -> Vec<PacketRef> {
    match packets {
        [] => vec![facts.tcp[side].latest.map_or(facts.span.1, |latest| latest.at)],
        packets => packets.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn every_rule_that_is_said_to_be_silent_is_one() {
        for id in [COMPARE, NEED_BOTH, NEED_CONTENT, NEED_TEXT, NEED_END].concat() {
            assert!(rules::find(id).is_some(), "{id}");
        }
        assert_eq!(names(&["a", "b", "c"]), "a, b and c");
    }
}
