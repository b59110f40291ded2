//! How far the verdicts can be trusted.
//!
//! In: what is reported of a capture and its connections. Out: a grade, the reasons for it, and
//! how to capture better. It rests on nothing but the blind spots and the counts beside them, so
//! that whatever adds a kind of blind spot to the table is heard here.

use std::collections::BTreeMap;

use super::recapture::Lack;
use super::{blind_spots, recapture};
use crate::capture::CaptureFacts;
use crate::report::{
    BLIND_SPOTS, BlindSpot, CaptureQuality, CaptureReport, ConnectionQuality, ConnectionReport,
    EndedBy, Grade, InterfaceReport, TcpReport, Weight, blind_spot_kind,
};

/// Interfaces that a report names at most.
const NAMED_INTERFACES: usize = 64;

/// Takes over what one file says of itself; of a series, file by file.
pub(super) fn note_facts(report: &mut CaptureReport, facts: &CaptureFacts) {
    let room = NAMED_INTERFACES.saturating_sub(report.interfaces.len());
    let interfaces = facts.interfaces.iter().take(room).map(|interface| InterfaceReport {
        name: interface.name.clone(),
        link_type: interface.link.to_string(),
        snap_length: Some(interface.snaplen).filter(|snaplen| *snaplen > 0),
        dropped: interface.drops,
    });
    report.interfaces.extend(interfaces);
    report.comments = report.comments.saturating_add(facts.comments);
    report.dropped = match (report.dropped, facts.drops()) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (one, other) => one.or(other),
    };
    report.cut_packets = report.cut_packets.saturating_add(facts.cut_packets);
    report.clock_went_back = report.clock_went_back.saturating_add(facts.time_went_back);
    report.blind_spots.extend(blind_spots::of_capture(facts));
}

/// What a kind takes from verdicts; a kind without a row counts as a loss.
fn weight(spot: &BlindSpot) -> Weight {
    blind_spot_kind(&spot.kind).map_or(Weight::Loss, |kind| kind.weight)
}

/// Whether so much of `all` is 1 % or more.
fn is_much(part: u64, all: u64) -> bool {
    part > 0 && part.saturating_mul(100) >= all
}

/// How far the verdict on one connection can be trusted.
pub(super) fn of_connection(spots: &[BlindSpot], tcp: &TcpReport) -> ConnectionQuality {
    let heaviest = spots.iter().map(weight).max().unwrap_or(Weight::Remark);
    let (lost, bytes) = stream_bytes(tcp);
    let grade = match heaviest {
        Weight::Heavy => Grade::Poor,
        _ if is_much(lost, bytes) => Grade::Poor,
        Weight::Loss => Grade::Limited,
        Weight::Remark => Grade::Good,
    };
    let missing = spots.iter().filter(|spot| weight(spot) > Weight::Remark);
    let named: Vec<String> = missing.map(named).collect();
    ConnectionQuality { grade, remark: named.join(", ") }
}

/// `lost-segments (40 bytes of the client)`.
fn named(spot: &BlindSpot) -> String {
    let bytes = (spot.bytes > 0).then(|| format!("{} bytes", spot.bytes));
    let side = spot.side.map(|side| format!("the {}", side.name()));
    match (bytes, side) {
        (Some(bytes), Some(side)) => format!("{} ({bytes} of {side})", spot.kind),
        (Some(one), None) | (None, Some(one)) => format!("{} ({one})", spot.kind),
        (None, None) => spot.kind.clone(),
    }
}

/// Bytes lost, and bytes in all.
fn stream_bytes(tcp: &TcpReport) -> (u64, u64) {
    let (client, server) = (&tcp.client, &tcp.server);
    (client.lost_bytes.saturating_add(server.lost_bytes), client.bytes.saturating_add(server.bytes))
}

/// What the connections of a capture have to say about its quality, added up one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    connections: u64,
    lost_bytes: u64,
    stream_bytes: u64,
    complete: u64,
    one_sided: u64,
    /// Those with a heavy blind spot.
    heavy: u64,
    /// Whether any is less than good.
    is_limited: bool,
    /// For each kind of blind spot, how many have it, and the bytes that it hides.
    kinds: BTreeMap<String, (u64, u64)>,
    /// What they lack, each kind of lack once.
    lacks: Vec<Lack>,
}

impl Tally {
    /// Kinds of lack that are remembered: more servers than a filter could name.
    const MOST_LACKS: usize = 256;

    /// Adds a connection.
    pub(super) fn add(&mut self, one: &ConnectionReport) {
        let (lost, bytes) = stream_bytes(&one.tcp);
        self.connections += 1;
        self.lost_bytes = self.lost_bytes.saturating_add(lost);
        self.stream_bytes = self.stream_bytes.saturating_add(bytes);
        self.complete += u64::from(is_complete(one));
        self.one_sided += u64::from(one.blind_spots.iter().any(|spot| spot.kind == "one-sided"));
        let is_heavy = one.blind_spots.iter().any(|spot| weight(spot) == Weight::Heavy);
        self.heavy += u64::from(is_heavy);
        self.is_limited |= one.quality.grade > Grade::Good;
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for spot in &one.blind_spots {
            let bytes = kinds.entry(&spot.kind).or_default();
            *bytes = bytes.saturating_add(spot.bytes);
        }
        for (kind, bytes) in kinds {
            let (number, sum) = self.kinds.entry(kind.to_owned()).or_default();
            *number += 1;
            *sum = sum.saturating_add(bytes);
        }
        let lack = Lack::of(one);
        if self.lacks.len() < Tally::MOST_LACKS && !self.lacks.contains(&lack) {
            self.lacks.push(lack);
        }
    }

    /// That of all `connections`.
    pub(super) fn of(connections: &[ConnectionReport]) -> Tally {
        let mut tally = Tally::default();
        connections.iter().for_each(|one| tally.add(one));
        tally
    }
}

/// How far the verdicts on the connections of a capture can be trusted.
pub(super) fn of_capture(capture: &CaptureReport, tally: &Tally) -> CaptureQuality {
    let Tally { lost_bytes, stream_bytes, heavy, connections: all, .. } = *tally;
    let own = &capture.blind_spots;
    let is_poor = capture.error.is_some()
        || own.iter().any(|spot| weight(spot) == Weight::Heavy)
        || is_much(
            capture.dropped.unwrap_or(0).saturating_add(capture.unread_packets),
            capture.packets,
        )
        || is_much(lost_bytes, stream_bytes)
        || heavy > 0 && heavy.saturating_mul(2) >= all;
    let is_limited = own.iter().any(|spot| weight(spot) == Weight::Loss) || tally.is_limited;
    let grade = match (is_poor, is_limited) {
        (true, _) => Grade::Poor,
        (false, true) => Grade::Limited,
        (false, false) => Grade::Good,
    };
    CaptureQuality {
        grade,
        summary: summary(grade, all, tally.complete),
        reasons: reasons(capture, tally),
        stream_bytes,
        lost_bytes,
        complete_connections: tally.complete,
        one_sided_connections: tally.one_sided,
        recapture: recapture::recapture(capture, &tally.lacks),
    }
}

/// Whether a connection was captured from its first SYN to the last FIN or a RST, its handshake
/// included.
fn is_complete(one: &ConnectionReport) -> bool {
    one.tcp.client.has_start
        && one.tcp.server.has_start
        && one.handshake.status.is_some()
        && !one.handshake.request_packets.is_empty()
        && one.close.tcp_end.by != EndedBy::None
        && !one.blind_spots.iter().any(|spot| matches!(spot.kind.as_str(), "no-end" | "lost-end"))
}

fn summary(grade: Grade, all: u64, complete: u64) -> String {
    let whole = match (all, complete) {
        (0, _) => String::new(),
        (1, 1) if grade == Grade::Good => {
            "; the WebSocket was captured from its start to its end".to_owned()
        }
        (all, complete) => {
            format!("; both start and end were captured of {complete} of {all} WebSockets")
        }
    };
    let trust = match grade {
        Grade::Good => "nothing is known to be lost",
        Grade::Limited => {
            "something that was sent is missing: what rests on it is not said or said with less \
             confidence, the rest holds"
        }
        Grade::Poor => {
            "much of what was sent is missing: rely on what is proven, and take the rest for hints"
        }
    };
    format!("{trust}{whole}")
}

/// What the capture lacks, kind by kind, the heaviest first.
fn reasons(capture: &CaptureReport, tally: &Tally) -> Vec<String> {
    let mut reasons = Vec::new();
    for kind in BLIND_SPOTS {
        let own = capture.blind_spots.iter().filter(|spot| spot.kind == kind.id);
        if own.count() > 0 {
            reasons.push(format!("{} ({})", kind.summary, kind.id));
        }
        if let Some((number, bytes)) = tally.kinds.get(kind.id) {
            let missing = if *bytes > 0 { format!(", {bytes} bytes") } else { String::new() };
            let all = tally.connections;
            let (id, what) = (kind.id, kind.summary);
            reasons.push(format!("{what} ({id}): {number} of {all} WebSockets{missing}"));
        }
    }
    reasons
}
