//! The verdict in words.

use super::confidence::is_undecrypted;
use super::ladder::Rung;
use super::{Told, find_cause, tls};
use crate::endpoint::{PerSide, Side};
use crate::knowledge::Language;
use crate::provenance::PacketNumber;
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::{Close, EndKind, Facts, Finding, Initiator};

/// What the sentences are made from.
pub(super) struct Story<'a> {
    pub facts: &'a Facts,
    pub rung: &'a Rung<'a>,
    pub surfaced: PerSide<Option<u16>>,
    pub told: &'a Told,
}

/// One sentence: who did what, and why, and what the two APIs made of it.
pub(super) fn summary(story: &Story<'_>) -> String {
    let what = match story.rung.outcome {
        Outcome::Open => "The connection was open when the capture ended".to_owned(),
        Outcome::Rejected | Outcome::HandshakeFailed => not_opened(story),
        _ => ended(story),
    };
    let seen = match (story.surfaced.client, story.surfaced.server) {
        (Some(client), Some(server)) if client == server => {
            format!("; both APIs report {client}")
        }
        (Some(client), Some(server)) => {
            format!("; the client's API reports {client}, the server's {server}")
        }
        (Some(client), None) => format!("; the client's API reports {client}"),
        (None, Some(server)) => format!("; the server's API reports {server}"),
        (None, None) => String::new(),
    };
    format!("{what}{seen}.")
}

/// How the opening handshake failed.
fn not_opened(story: &Story<'_>) -> String {
    let response = story.facts.handshake.response.as_ref();
    let what = match response {
        Some(response) if response.status == 101 => {
            "The client did not accept the server's response and dropped the connection".to_owned()
        }
        Some(response) => format!("The opening request was refused with HTTP {}", response.status),
        None => "The opening request got no answer".to_owned(),
    };
    match story.rung.violation {
        // The refusal is its own explanation.
        Some(finding) if finding.place.side == Side::Server && !is_switching(story) => {
            format!("{what} (packet {})", packet(finding))
        }
        Some(finding) => format!("{what}: {} (packet {})", finding.rule.summary, packet(finding)),
        None => match story.rung.cause.and_then(|cause| tls::told(story.facts, cause)) {
            Some(alert) => format!("{what} but {alert}"),
            None => format!("{what}{}", unexplained(story)),
        },
    }
}

fn is_switching(story: &Story<'_>) -> bool {
    story.facts.handshake.is_open()
}

fn packet(finding: &Finding) -> PacketNumber {
    finding.at().map_or(PacketNumber::new(0), |at| at.number)
}

/// How the connection ended.
fn ended(story: &Story<'_>) -> String {
    let facts = story.facts;
    let first = if facts.closes_are_supposed() {
        facts.supposed_initiator()
    } else {
        facts.close_initiator()
    };
    match first {
        Initiator::One(side) => closed(story, side),
        Initiator::Both => {
            let code = |side: Side| facts.sent_close(side).map_or(String::new(), with);
            let (client, server) = (code(Side::Client), code(Side::Server));
            let why = because(story);
            format!(
                "Both sides closed at the same time, the client {client}, the server {server}{why}"
            )
        }
        Initiator::Unknown => {
            let sent = |side: Side| Some((side, facts.sent_close(side)?));
            match Side::BOTH.into_iter().find_map(sent) {
                Some((side, close)) => format!(
                    "The {side} sent a Close {}{}, and whether it was the first cannot be told",
                    with(close),
                    because(story)
                ),
                None => dropped(story),
            }
        }
        Initiator::None => dropped(story),
    }
}

/// `side` sent the first Close.
fn closed(story: &Story<'_>, side: Side) -> String {
    let facts = story.facts;
    let Some(close) = facts.sent_close(side) else { return String::new() };
    let how = if signals_error(close) { "failed the connection" } else { "closed the connection" };
    let mut opening = format!("The {side} {how} {}", with(close));
    if story.rung.cause == Some("data-after-close") {
        opening.push_str(" and sent data behind it");
    }
    let peer = !side;
    // A Close that is itself the violation: the answer is what needs the reason.
    let own_fault = story.rung.violation.is_some_and(|finding| finding.place.side == side);
    let (first_reason, last_reason) =
        if own_fault { (String::new(), because(story)) } else { (because(story), String::new()) };
    let answer = match facts.sent_close(peer) {
        Some(answer) if signals_error(answer) && own_fault => {
            format!(", and the {peer} failed it {}", with(answer))
        }
        Some(answer) if answer.frame.code() == close.frame.code() => {
            format!(", and the {peer} answered alike")
        }
        Some(answer) => format!(", and the {peer} answered {}", with(answer)),
        None if story.rung.cause == Some("close-not-answered") => {
            return format!("{opening}, and the {peer} did not answer");
        }
        None => String::new(),
    };
    format!("{opening}{first_reason}{answer}{last_reason}")
}

fn signals_error(close: &Close) -> bool {
    matches!(close.frame.code(), Some(1002 | 1003 | 1007 | 1009..=1011 | 1014))
}

/// Nobody sent a Close, as far as is known.
fn dropped(story: &Story<'_>) -> String {
    match story.facts.first_end() {
        Some((side, _, how)) => {
            let with = match how {
                EndKind::Fin => "a FIN",
                EndKind::CloseNotify => "a close_notify",
                EndKind::Alert => "a fatal alert",
                EndKind::Reset => "a RST",
            };
            if story.facts.first_to_end().is_none() {
                let peer = !side;
                return format!(
                    "The {side} ended TCP with {with}, unless the {peer} had done so before, which \
                     the capture lost{}",
                    because(story)
                );
            }
            let known = story.facts.frames_are_known(side);
            let without = if known { "and without a Close" } else { "and perhaps without a Close" };
            let truncated = tls::without_close_notify(story.facts, side);
            let what =
                if matches!(how, EndKind::CloseNotify | EndKind::Alert) { "TLS" } else { "TCP" };
            format!("The {side} ended {what} with {with}{truncated} {without}{}", because(story))
        }
        None => "How the connection ended was not captured".to_owned(),
    }
}

/// `with 1002`, or what stands in its place.
fn with(close: &Close) -> String {
    match close.frame.code() {
        Some(code) => format!("with {code}"),
        None if close.frame.damaged => "with a code that the capture lost".to_owned(),
        None => "without a status code".to_owned(),
    }
}

/// Why it ended.
fn because(story: &Story<'_>) -> String {
    let rung = story.rung;
    if let Some(finding) = rung.violation {
        let number = packet(finding);
        return format!(" because of packet {number} ({})", finding.rule.summary);
    }
    if rung.confidence == Confidence::Unknown {
        return unexplained(story);
    }
    if let Some(alert) = rung.cause.and_then(|cause| tls::told(story.facts, cause)) {
        return format!(": {alert}");
    }
    let told = explanation(story).filter(|_| rung.cause == Some("application-close"));
    if let Some(told) = told {
        return format!(" ({told})");
    }
    match rung.cause {
        None
        | Some("clean-close" | "empty-close" | "simultaneous-close" | "tcp-closed-without-close") => {
            String::new()
        }
        Some(id) => {
            let title = find_cause(id).map(|cause| cause.title);
            let title = title.or_else(|| crate::rules::find(id).map(|rule| rule.summary));
            title.map_or(String::new(), |title| format!(" ({title})"))
        }
    }
}

/// What the application tells of the first Close.
fn explanation(story: &Story<'_>) -> Option<String> {
    match story.facts.close_initiator() {
        Initiator::One(side) => story.told.explanation(story.facts, side),
        _ => None,
    }
}

/// The advice, with what the product of the application says of returning.
pub(super) fn fix(story: &Story<'_>, advice: &str) -> String {
    let first = match story.facts.close_initiator() {
        Initiator::One(side) if story.rung.cause == Some("application-close") => side,
        _ => return advice.to_owned(),
    };
    let meaning = story.told.meanings[first].as_ref();
    let Some(meaning) = meaning.filter(|meaning| meaning.is_of(first) && meaning.row.checked)
    else {
        return advice.to_owned();
    };
    let reconnect = meaning.row.reconnect.text(Language::En);
    let name = meaning.product.name;
    format!("{advice} Whether a client should reconnect after it, by {name}: {reconnect}.")
}

/// The other readings; a code of the RFC may be one that the product uses for reasons of its own.
pub(super) fn alternatives(story: &Story<'_>) -> Vec<String> {
    const SIGNALS_AN_ERROR: [u16; 4] = [1002, 1003, 1007, 1011];
    let mut alternatives = story.rung.alternatives.clone();
    if let Initiator::One(side) = story.facts.close_initiator()
        && story.rung.violation.is_none()
        && let Some(meaning) = story.told.meanings[side].as_ref()
        && SIGNALS_AN_ERROR.contains(&meaning.code)
        && meaning.is_of(side)
    {
        let doubt = if meaning.row.checked { "" } else { " (unconfirmed)" };
        alternatives.insert(0, format!("{} in the sense of {meaning}{doubt}", meaning.code));
    }
    alternatives
}

fn unexplained(story: &Story<'_>) -> String {
    match story.rung.confidence {
        Confidence::Unknown => ", and the capture does not show why".to_owned(),
        _ => String::new(),
    }
}

/// What would settle the verdict where it is not settled, and overturn it where it is.
pub(super) fn would_settle(story: &Story<'_>, lowered_by: &[String]) -> Vec<String> {
    let rung = story.rung;
    let mut wanted = Vec::new();
    let lacks = |side: &Side| story.facts.tcp[*side].gap_bytes > 0;
    let undecrypted = |side: &Side| is_undecrypted(story.facts, *side);
    if Side::BOTH.iter().any(undecrypted) {
        wanted.push(
            "all keys of this session, of both sides: wsblame explain keylog says how to have them \
             written"
                .to_owned(),
        );
    }
    let only_keys = Side::BOTH.iter().any(lacks)
        && Side::BOTH.iter().filter(|side| lacks(side)).all(undecrypted);
    if !lowered_by.is_empty() && !only_keys {
        wanted.push(
            "a capture without loss: tcpdump -s 0 -B 65536 on the host of one endpoint, from \
             before the connection opens until after it ends"
                .to_owned(),
        );
    }
    if rung.at_fault == Blame::Intermediary || rung.outcome == Outcome::Aborted {
        wanted.push(
            "a second capture beside the other endpoint: if the end, or the bytes in question, \
             do not leave that host, something between the two put them there"
                .to_owned(),
        );
    } else if rung.confidence < Confidence::Proven {
        wanted.push("the log of the endpoint that closed, at this time".to_owned());
    } else if rung.violation.is_some() {
        wanted.push(
            "overturned only by a capture on the sender's own host that shows other bytes"
                .to_owned(),
        );
    }
    wanted
}
