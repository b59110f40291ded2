//! The verdict in words.

use super::find_cause;
use super::ladder::Rung;
use crate::endpoint::{PerSide, Side};
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::{Close, Facts, Initiator};

/// What the sentences are made from.
pub(super) struct Story<'a> {
    pub facts: &'a Facts,
    pub rung: &'a Rung<'a>,
    pub surfaced: PerSide<Option<u16>>,
}

/// One sentence: who did what, and why.
pub(super) fn summary(story: &Story<'_>) -> String {
    let what = what_happened(story);
    let why = why(story);
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
    format!("{what}{why}{seen}.")
}

fn what_happened(story: &Story<'_>) -> String {
    let facts = story.facts;
    match story.rung.outcome {
        Outcome::Open => return "The connection was open when the capture ended".to_owned(),
        Outcome::Rejected => {
            let status = facts.handshake.response.as_ref().map_or(0, |response| response.status);
            return format!("The opening request was refused with HTTP {status}");
        }
        Outcome::HandshakeFailed => {
            return match facts.handshake.response {
                Some(_) => "The client did not accept the server's response and dropped the \
                    connection"
                    .to_owned(),
                None => "The opening request got no answer".to_owned(),
            };
        }
        _ => {}
    }
    match facts.close_initiator() {
        Initiator::One(side) => closed(facts, side),
        Initiator::Both => {
            let code =
                |side: Side| facts.frames[side].close.as_ref().map_or(String::new(), code_of);
            format!(
                "Both sides closed at the same time, the client with {}, the server with {}",
                code(Side::Client),
                code(Side::Server)
            )
        }
        Initiator::Unknown => match Side::BOTH
            .into_iter()
            .find_map(|side| Some((side, facts.frames[side].close.as_ref()?)))
        {
            Some((side, close)) => format!(
                "The {side} sent a Close with {}, but whether it closed first or answered cannot \
                 be told",
                code_of(close)
            ),
            None => "How the connection ended was not captured".to_owned(),
        },
        Initiator::None => dropped(facts),
    }
}

fn closed(facts: &Facts, side: Side) -> String {
    let Some(close) = &facts.frames[side].close else { return String::new() };
    let how = match close.frame.code() {
        Some(1002 | 1003 | 1007..=1011 | 1014) => "failed the connection",
        _ => "closed the connection",
    };
    let answer = match &facts.frames[!side].close {
        Some(answer) if answer.frame.code() == close.frame.code() => {
            ", and the peer answered alike"
        }
        Some(_) => ", and the peer answered with another code",
        None => "",
    };
    format!("The {side} {how} with {}{answer}", code_of(close))
}

fn dropped(facts: &Facts) -> String {
    let end = |side: Side| {
        let tcp = &facts.tcp[side];
        let fin = tcp.fin.map(|fin| (fin, "a FIN"));
        let rst = tcp.rst.map(|rst| (rst, "a RST"));
        fin.into_iter().chain(rst).min_by_key(|(ending, _)| ending.at.number)
    };
    let ends = Side::BOTH.into_iter().filter_map(|side| Some((side, end(side)?)));
    match ends.min_by_key(|(_, (ending, _))| ending.at.number) {
        Some((side, (_, how))) => format!("The {side} ended TCP with {how} and without a Close"),
        None => "The connection did not end in this capture".to_owned(),
    }
}

/// `1002`, or `an empty Close`.
fn code_of(close: &Close) -> String {
    match close.frame.code() {
        Some(code) => code.to_string(),
        None if close.frame.damaged => "a code that the capture lost".to_owned(),
        None => "no status code".to_owned(),
    }
}

fn why(story: &Story<'_>) -> String {
    let rung = story.rung;
    if let Some(finding) = rung.violation {
        let at = finding.at().map_or(0, |at| at.number.0);
        return format!(" because of a {} (packet {at})", finding.rule.summary);
    }
    if rung.confidence == Confidence::Unknown {
        return match rung.outcome {
            Outcome::Open => String::new(),
            _ => "; the capture does not show why".to_owned(),
        };
    }
    match rung.cause {
        Some("clean-close" | "empty-close" | "simultaneous-close" | "still-open") | None => {
            String::new()
        }
        Some(id) => match (find_cause(id), crate::rules::find(id)) {
            (Some(cause), _) => format!(": {}", cause.title),
            (None, Some(rule)) if rule.id == "tcp-closed-without-close" => String::new(),
            (None, Some(rule)) => format!(": {}", rule.summary),
            (None, None) => String::new(),
        },
    }
}

/// What would settle the verdict where it is not settled, and overturn it where it is.
pub(super) fn would_settle(story: &Story<'_>, lowered_by: &[String]) -> Vec<String> {
    let rung = story.rung;
    let mut wanted = Vec::new();
    if !lowered_by.is_empty() {
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
