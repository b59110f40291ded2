//! The promise: no endpoint is accused of what the capture lost.

use wsblame::report::{Blame, ConnectionReport, Initiator, Report};

use crate::support::{Raw, all_samples, analyse, capture_of, key_of, packets};

/// What the report on a part of a capture says and the report on the whole does not.
fn unsupported(part: &Report, whole: &Report) -> Vec<String> {
    let mut claims = Vec::new();
    for connection in &part.connections {
        let same: Vec<&ConnectionReport> =
            whole.connections.iter().filter(|c| key_of(c) == key_of(connection)).collect();
        let per_attempt: Vec<Vec<String>> =
            same.iter().map(|whole| claims_beyond(connection, whole)).collect();
        match per_attempt.into_iter().min_by_key(Vec::len) {
            Some(least) => claims.extend(least),
            None => claims.push(format!("a connection of its own: {}", key_of(connection))),
        }
    }
    claims
}

fn claims_beyond(part: &ConnectionReport, whole: &ConnectionReport) -> Vec<String> {
    let mut claims = Vec::new();
    for finding in &part.findings {
        let supported = whole
            .findings
            .iter()
            .any(|other| other.rule == finding.rule && other.at_fault == finding.at_fault);
        if !supported {
            claims.push(format!("finding {} ({:?})", finding.rule, finding.at_fault));
        }
    }
    let blame = part.verdict.at_fault;
    if !matches!(blame, Blame::None | Blame::Unknown) && blame != whole.verdict.at_fault {
        claims.push(format!("{blame:?} is at fault, by {:?}", part.verdict.cause));
    }
    let (close, all) = (&part.close, &whole.close);
    for (name, part, whole) in [
        ("client", &close.client_sent, &all.client_sent),
        ("server", &close.server_sent, &all.server_sent),
    ] {
        let Some(part) = part else { continue };
        let supported = whole
            .as_ref()
            .is_some_and(|whole| part.code.is_none_or(|code| Some(code) == whole.code));
        if !supported {
            claims.push(format!("the {name} sent {:?}", part.code));
        }
    }
    for (name, part, whole) in [
        ("client", close.surfaced.client, all.surfaced.client),
        ("server", close.surfaced.server, all.surfaced.server),
    ] {
        if part.is_some() && part != whole {
            claims.push(format!("the {name}'s API reports {part:?}, not {whole:?}"));
        }
    }
    let cut_short = matches!(part.verdict.outcome, wsblame::report::Outcome::Open);
    if close.initiator.is_some()
        && close.initiator != all.initiator
        && !(cut_short && close.initiator == Some(Initiator::None))
    {
        claims.push(format!("{:?} closed first, not {:?}", close.initiator, all.initiator));
    }
    if part.handshake.status.is_some() && part.handshake.status != whole.handshake.status {
        claims.push(format!("status {:?}", part.handshake.status));
    }
    claims
}

#[test]
fn no_packet_is_missed_without_the_report_taking_it_into_account() {
    let mut wrong = Vec::new();
    for (name, sample) in all_samples() {
        let whole = analyse(&sample);
        let packets = packets(&sample);
        for lost in 0..packets.len() {
            let rest: Vec<Raw> = packets
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != lost)
                .map(|(_, packet)| packet.clone())
                .collect();
            for claim in unsupported(&analyse(&capture_of(&rest)), &whole) {
                wrong.push(format!("{name} without packet {}: {claim}", lost + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} claims\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_capture_that_starts_late_or_ends_early_claims_no_more() {
    let mut wrong = Vec::new();
    for (name, sample) in all_samples() {
        let whole = analyse(&sample);
        let packets = packets(&sample);
        for cut in 1..packets.len() {
            let (head, tail) = packets.split_at(cut);
            for claim in unsupported(&analyse(&capture_of(head)), &whole) {
                wrong.push(format!("{name} cut after packet {cut}: {claim}"));
            }
            for claim in unsupported(&analyse(&capture_of(tail)), &whole) {
                wrong.push(format!("{name} from packet {} on: {claim}", cut + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} claims\n{}", wrong.len(), wrong.join("\n"));
}
