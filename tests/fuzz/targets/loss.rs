//! The promise: nobody is accused of what the capture lost.
//!
//! A conversation is captured whole, and once more by a capture that misses packets, cuts them
//! short, repeats them or writes them in another order. Whom the report on the second accuses, the
//! report on the first accuses of the same; of those who keep every rule neither accuses anybody.

use wsblame::report::{AtFault, Blame, Report};
use wsblame::rules::Severity;

use super::conversation::{Manners, conversation, report};
use super::findings;
use super::talk::Packet;
use super::tape::Tape;

/// What becomes of the packets in a bad capture.
fn damaged(packets: &[Packet], tape: &mut Tape<'_>) -> Vec<Packet> {
    let mut left: Vec<Packet> = packets.to_vec();
    let snap = tape.byte();
    for _ in 0..1 + tape.below(6) {
        if left.is_empty() {
            break;
        }
        let place = tape.up_to(left.len() - 1);
        match tape.below(5) {
            0 | 1 => drop(left.remove(place)),
            2 => left[place].cut = tape.up_to(1_500).min(left[place].data.len() - 40),
            3 => {
                // Written late, with its own time.
                let packet = left.remove(place);
                let to = (place + tape.below(6)).min(left.len());
                left.insert(to, packet);
            }
            _ => {
                let to = (place + 1 + tape.below(6)).min(left.len());
                left.insert(to, left[place].clone());
            }
        }
    }
    if snap >= 0xF0 {
        // Every packet is cut: to what may be less than a header of HTTP.
        let most = 60 + usize::from(snap & 0xF) * 20;
        left.iter_mut().for_each(|packet| packet.cut = packet.data.len().saturating_sub(most));
    }
    left
}

fn accusations(report: &Report) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for connection in &report.connections {
        let disputed = connection.blind_spots.iter().any(|spot| spot.kind == "conflicting-copies");
        for finding in &connection.findings {
            let is_serious = finding.severity == Severity::Error && !disputed;
            if finding.at_fault != AtFault::Unknown || is_serious {
                all.push((finding.rule.clone(), format!("{:?}", finding.side)));
            }
        }
        if !matches!(connection.verdict.at_fault, Blame::None | Blame::Unknown) {
            all.push(("the verdict".to_owned(), format!("{:?}", connection.verdict.at_fault)));
        }
    }
    all
}

pub(crate) fn target(data: &[u8]) {
    let mut tape = Tape(data);
    let damage = tape.take(24);
    let packets = conversation(&mut tape, Manners::Good);
    let whole = report(&packets);
    let accused = accusations(&whole);
    let serious = whole.connections.iter().flat_map(|connection| &connection.findings);
    let serious: Vec<_> = serious.filter(|finding| finding.severity == Severity::Error).collect();
    assert!(serious.is_empty(), "of the whole: {serious:?}");
    assert!(!accused.iter().any(|(rule, _)| rule == "the verdict"), "of the whole: {accused:?}");
    let left = damaged(&packets, &mut Tape(damage));
    let part = report(&left);
    findings::check(&part, left.len() as u64);
    for claim in accusations(&part) {
        assert!(accused.contains(&claim), "{claim:?} of what was lost");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let talk: Vec<u8> = (0..40_u8).flat_map(|n| [n.wrapping_mul(29), n, 1]).collect();
    let damages: [&[u8]; 6] = [
        &[0, 0, 3, 0, 0],
        &[0, 5, 1, 0, 0, 4, 0, 1, 8, 0, 0, 9, 0, 1],
        &[0, 2, 4, 0, 2, 60, 0, 6, 0, 2, 9, 0],
        &[0, 3, 5, 0, 3, 2, 7, 0, 3, 4, 9, 0, 3, 1],
        &[0, 3, 5, 0, 4, 2, 7, 0, 4, 4, 9, 0, 4, 1],
        &[0xF3, 0, 0, 0, 4, 0],
    ];
    let seed = |damage: &[u8], deflate: u8| {
        let mut seed = damage.to_vec();
        seed.resize(24, 0);
        [&seed[..], &[deflate], &talk].concat()
    };
    damages.iter().flat_map(|damage| [seed(damage, 0), seed(damage, 7)]).collect()
}
