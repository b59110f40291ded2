//! What the capture cannot tell, in words.
//!
//! In: the facts of a capture or of a connection, and the verdict on it. Out: a [`BlindSpot`] for
//! each lack: what it hides, the packets around it, the rules that are silent for it and what it
//! took from the verdict. What there is to say of a kind as such is in
//! [`BLIND_SPOTS`](crate::report::BLIND_SPOTS).

mod connection;

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::assemble::side_name;
use crate::capture::{CaptureFacts, Ending};
use crate::endpoint::Side;
use crate::ip::{FragmentCounts, Why};
use crate::provenance::PacketRef;
use crate::report::{BlindSpot, PacketCite};
use crate::tls::KeyLogFacts;

pub(super) use connection::{of_connection, of_failed_tls, of_unread};

/// Packets that a blind spot cites at most.
const MOST_CITED: usize = 8;

pub(super) fn spot(
    kind: &str,
    side: Option<Side>,
    hides: impl Into<String>,
    lowered: &str,
) -> BlindSpot {
    BlindSpot {
        kind: kind.to_owned(),
        side: side.map(side_name),
        packets: Vec::new(),
        bytes: 0,
        hides: hides.into(),
        lowered: lowered.to_owned(),
    }
}

/// The first few packets, by time.
fn cite(packets: impl IntoIterator<Item = PacketRef>) -> Vec<PacketCite> {
    let mut packets: Vec<PacketRef> = packets.into_iter().collect();
    packets.sort_by_key(|at| (at.time, at.number));
    packets.dedup_by_key(|at| at.number);
    packets.into_iter().take(MOST_CITED).map(PacketCite::from).collect()
}

/// What an end that was asked for takes from verdicts.
pub(super) const INTERRUPTED: &str =
    "what was read counts as all that was captured; of what came behind it nothing is said";

/// `1 packet`, `2 packets`.
fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// The blind spots of one file: of a capture as a whole, or of each file of a series.
pub(super) fn of_capture(facts: &CaptureFacts) -> Vec<BlindSpot> {
    let last: Vec<PacketCite> = facts.last_packet.into_iter().map(PacketCite::from).collect();
    let mut spots = Vec::new();
    match &facts.ending {
        Ending::CutMidRecord { offset, needed, available } => spots.push(BlindSpot {
            packets: last,
            bytes: needed.saturating_sub(*available),
            ..spot(
                "file-cut",
                None,
                format!(
                    "everything behind byte {offset} of the file: the record there takes {needed} \
                     bytes, and {available} are there"
                ),
                "every whole packet before it was read; of what came behind it nothing is said",
            )
        }),
        Ending::Damaged { offset, reason } => spots.push(BlindSpot {
            packets: last,
            ..spot(
                "file-damaged",
                None,
                format!("everything behind byte {offset} of the file: {reason}"),
                "every packet before it was read; of what came behind it nothing is said",
            )
        }),
        Ending::Interrupted { offset } => spots.push(BlindSpot {
            packets: last,
            ..spot(
                "interrupted",
                None,
                format!(
                    "everything behind byte {offset} of the file, before which {} were read",
                    count(facts.packets, "packet")
                ),
                INTERRUPTED,
            )
        }),
        Ending::NotReached | Ending::Complete => {}
    }
    if let Some(first) = facts.holes.first() {
        let places = match facts.hole_count {
            1 => "at one place".to_owned(),
            count => format!("at {count} places, first"),
        };
        let (bytes, offset, reason) = (facts.hole_bytes, first.offset, &first.reason);
        spots.push(BlindSpot {
            packets: first.before.into_iter().map(PacketCite::from).collect(),
            bytes,
            ..spot(
                "file-damaged",
                None,
                format!(
                    "what stood in {bytes} bytes of the file, {places} at byte {offset}: {reason}"
                ),
                "reading went on behind; Wireshark stops there or numbers the packets behind \
                 differently",
            )
        });
    }
    if let Some(drops) = facts.drops().filter(|drops| *drops > 0) {
        spots.push(spot(
            "dropped-by-host",
            None,
            format!("{} that the capturing host says it dropped", count(drops, "packet")),
            "a missing packet is more likely lost by the capture than never sent",
        ));
    }
    if facts.cut_packets > 0 {
        spots.push(BlindSpot {
            packets: facts.first_cut.iter().copied().map(PacketCite::from).collect(),
            ..spot(
                "snap-length",
                None,
                format!(
                    "the ends of {}, cut by the snap length",
                    count(facts.cut_packets, "packet")
                ),
                "payload in them is not checked",
            )
        });
    }
    if facts.time_went_back > 0 {
        let packets = count(facts.time_went_back, "packet");
        spots.push(BlindSpot {
            packets: facts.first_back.iter().copied().map(PacketCite::from).collect(),
            ..spot(
                "clock-went-back",
                None,
                format!("the true times: {packets} earlier than the one before"),
                "durations are not certain; the order of events rests on acknowledgements",
            )
        });
    }
    if let Some((offset, reason)) = &facts.secrets.first_unread {
        let what = count(facts.secrets.unread, "block");
        spots.push(spot(
            "key-log",
            None,
            format!(
                "what the keys open in {what} of secrets that cannot be read whole, first at byte \
                 {offset}: {reason}"
            ),
            "the other keys serve",
        ));
    }
    if facts.skipped > 0 {
        let reason = facts.problems.first().map_or("", |problem| problem.reason.as_str());
        let problems = facts.problems.iter().take(MOST_CITED);
        spots.push(BlindSpot {
            packets: problems.map(|problem| problem.number.into()).collect(),
            ..spot(
                "unusable-records",
                None,
                format!(
                    "{} whose records could not be used: {reason}",
                    count(facts.skipped, "packet")
                ),
                "they are numbered and passed over, and may be missing from a connection",
            )
        });
    }
    spots
}

/// The blind spots that packets leave of which no segment could be made, although there may have
/// been one in them; and how many packets those are.
pub(super) fn of_packets<S>(others: &HashMap<Why, u64, S>) -> (Vec<BlindSpot>, u64) {
    let number = |wanted: fn(&Why) -> bool| -> u64 {
        others.iter().filter(|(why, _)| wanted(why)).map(|(_, packets)| *packets).sum()
    };
    let lowered = "if there was a segment in them, it is missing from its connection";
    let rows: [(&str, u64, &str); 4] = [
        ("cut-headers", number(|why| *why == Why::CutHeader), "cut inside their headers"),
        (
            "unread-layer",
            number(|why| matches!(why, Why::Unread(_))),
            "encrypted, compressed or nested below IP",
        ),
        (
            "unread-link-type",
            number(|why| matches!(why, Why::UnsupportedLink(_))),
            "whose link type is not read",
        ),
        (
            "malformed",
            number(|why| matches!(why, Why::Malformed(_))),
            "whose headers contradict themselves",
        ),
    ];
    let unread = rows.iter().map(|(_, packets, _)| packets).sum();
    let there = rows.into_iter().filter(|(_, packets, _)| *packets > 0);
    let spots = there
        .map(|(kind, packets, what)| {
            spot(kind, None, format!("{} {what}", count(packets, "packet")), lowered)
        })
        .collect();
    (spots, unread)
}

/// What is wrong with the keys in a capture.
pub(super) fn of_key_log(facts: &KeyLogFacts) -> Option<BlindSpot> {
    let complaints = facts.complaints();
    (!complaints.is_empty()).then(|| {
        let hides = format!("what some of the keys in the capture open: {}", complaints.join("; "));
        spot("key-log", None, hides, "the other keys serve")
    })
}

/// What so many connections of TLS held before their keys came.
pub(super) fn of_late_keys(connections: u64) -> Option<BlindSpot> {
    (connections > 0).then(|| {
        let what = count(connections, "connection");
        let hides = format!(
            "what was sent first in {what} whose keys stand too far behind in a capture that was \
             read only once"
        );
        spot(
            "key-log",
            None,
            hides,
            "give the keys with --keylog, or a single file that is no pipe",
        )
    })
}

/// What cannot be told for TLS inside TLS, as it is spoken through a proxy that is itself reached
/// by TLS.
pub(super) fn of_nested_tls(streams: u64) -> Option<BlindSpot> {
    if streams == 0 {
        return None;
    }
    let hides = format!("what is in {} encrypted by TLS twice", count(streams, "connection"));
    Some(spot("encrypted", None, hides, "only the outer TLS is opened"))
}

/// What cannot be told for TLS: so many connections, some of them with these servers.
pub(super) fn of_tls(streams: u64, servers: &[&str]) -> Option<BlindSpot> {
    if streams == 0 {
        return None;
    }
    let with = match servers {
        [] => String::new(),
        named => format!(", such as with {}", named.join(", ")),
    };
    let hides = format!("what is in {} encrypted by TLS{with}", count(streams, "connection"));
    Some(spot(
        "encrypted",
        None,
        hides,
        "whether any of them is a WebSocket is not said; with their keys: wsblame explain keylog",
    ))
}

/// What cannot be told for TLS that could not be read for another reason than missing keys: so many
/// connections with each.
pub(super) fn of_unread_tls(reasons: &BTreeMap<String, u64>) -> Vec<BlindSpot> {
    let spots = reasons.iter().map(|(reason, streams)| {
        let hides = format!("what is in {} with {reason}", count(*streams, "connection"));
        spot("encrypted", None, hides, "whether any of them is a WebSocket is not said")
    });
    spots.collect()
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
    let hides =
        format!("{} that came in fragments: {}", count(lost, "IP datagram"), list.join(", "));
    Some(spot("fragments", None, hides, "segments in them count as not captured"))
}
