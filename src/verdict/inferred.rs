//! The verdict on a connection that could not be read.
//!
//! In: what the sizes and times of its encrypted records [suggest](Inference), and the facts of
//! TCP. Out: a [`Verdict`] that accuses nobody, knows no code, is *likely* at most, and says of
//! itself that it was inferred.

use super::{Told, Verdict};
use crate::endpoint::{PerSide, Side};
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::{EndKind, Facts};
use crate::tls::{Closing, Inference, InferredClose, Keys, Likeness, TlsFacts};

/// The verdict on a connection in TLS that could not be read.
pub fn infer(facts: &Facts, tls: &TlsFacts, found: &Inference) -> Verdict {
    let reading = Reading::of(facts, found);
    let mut lowered_by = vec![
        "all of it is inferred from the sizes and times of encrypted records; none was read"
            .to_owned(),
    ];
    let mut confidence = reading.confidence.min(found.websocket.confidence());
    for side in Side::BOTH {
        let bytes = facts.tcp[side].gap_bytes;
        if bytes > 0 {
            lowered_by.push(format!("{bytes} bytes of the {side}'s stream were not captured"));
            confidence = confidence.min(Confidence::Possible);
        }
    }
    let at_fault = match reading.outcome {
        Outcome::Open if confidence > Confidence::Unknown => Blame::None,
        _ => Blame::Unknown,
    };
    let what = match found.websocket {
        Likeness::Likely => "what looks like a WebSocket in TLS",
        Likeness::Possible | Likeness::No => "what may be a WebSocket in TLS",
    };
    Verdict {
        outcome: reading.outcome,
        at_fault,
        cause: reading.cause,
        confidence,
        unlowered: Confidence::Proven,
        lowered_by,
        summary: format!("Inferred from record sizes and times, of {what}: {}.", reading.story),
        fix: String::new(),
        alternatives: alternatives(found),
        would_settle: would_settle(tls),
        surfaced: PerSide::default(),
        in_your_logs: Vec::new(),
        told: Told::default(),
    }
}

/// How the end is read.
struct Reading {
    outcome: Outcome,
    cause: Option<&'static str>,
    confidence: Confidence,
    story: String,
}

impl Reading {
    fn of(facts: &Facts, found: &Inference) -> Reading {
        match found.closing {
            Closing::Handshake { first, answered_after, is_distinct } => {
                handshake(facts, found, first, answered_after, is_distinct)
            }
            Closing::Unanswered { by } => Reading {
                outcome: Outcome::Unknown,
                cause: Some("inferred-close"),
                confidence: Confidence::Possible,
                story: format!(
                    "the {by} sent a record {}, and no answer to it was captured{}",
                    sized(found.ends[by].close),
                    ended(facts)
                ),
            },
            Closing::WithoutClose => Reading {
                outcome: Outcome::Aborted,
                cause: Some("inferred-no-close"),
                confidence: Confidence::Possible,
                story: format!(
                    "neither side's last record has the size of a Close{}",
                    ended(facts)
                ),
            },
            Closing::Unknown => unknown(facts),
        }
    }
}

/// Two records like a Close and its answer.
fn handshake(
    facts: &Facts,
    found: &Inference,
    first: Side,
    answered_after: i64,
    is_distinct: bool,
) -> Reading {
    let peer = !first;
    let notified: Vec<Side> =
        Side::BOTH.into_iter().filter(|side| found.ends[*side].close_notify.is_some()).collect();
    let notified = match notified.as_slice() {
        [] => String::new(),
        [side] => format!(", then what is likely close_notify from the {side}"),
        _ => ", then what is likely close_notify from both".to_owned(),
    };
    let (begin, answer) = (found.ends[first].close, found.ends[peer].close);
    // Which packet was first may be a matter of the clock, or of the order in a file.
    let in_order = facts.tells_time() && answered_after > facts.clock_doubt;
    let orderly = if is_distinct { "a closing handshake" } else { "perhaps a closing handshake" };
    let story = if in_order {
        let after = answered_after as f64 / 1e6;
        format!(
            "the {first} sent a record {}, and the {peer} answered {after:.1} ms later with one \
             {}{notified}: {orderly}, begun by the {first}; the code is not visible",
            sized(begin),
            sized(answer),
        )
    } else {
        format!(
            "the {first} sent a record {}, and the {peer} one {}{notified}: {orderly}; who began \
             it and the code are not visible",
            sized(begin),
            sized(answer),
        )
    };
    let confidence = if is_distinct { Confidence::Likely } else { Confidence::Possible };
    // A code that is not visible may be that of an error.
    let is_empty = [begin, answer].iter().flatten().all(|close| close.most == 0);
    let outcome = if is_empty { Outcome::Closed } else { Outcome::Unknown };
    Reading { outcome, cause: Some("inferred-close"), confidence, story }
}

/// What cannot be inferred.
fn unknown(facts: &Facts) -> Reading {
    let may_have_ended =
        |side: &Side| facts.tcp[*side].segments == 0 || facts.has_lost_its_end(*side);
    if facts.first_end().is_some() || Side::BOTH.iter().any(may_have_ended) {
        return Reading {
            outcome: Outcome::Unknown,
            cause: None,
            confidence: Confidence::Unknown,
            story: format!(
                "the last records do not tell whether there was a Close{}",
                ended(facts)
            ),
        };
    }
    Reading {
        outcome: Outcome::Open,
        cause: Some("still-open"),
        // The last records may be a closing handshake all the same.
        confidence: Confidence::Possible,
        story: "TCP was open when the capture ended, and the records do not tell more".to_owned(),
    }
}

/// `of the size of a Close with a code and no reason (packet 12)`.
fn sized(close: Option<InferredClose>) -> String {
    let Some(InferredClose { at, least, most }) = close else {
        return "of the size of a Close".to_owned();
    };
    let what = match (least, most) {
        (0, 0) => "an empty Close".to_owned(),
        (2, 2) => "a Close with a code and no reason".to_owned(),
        (least, most) if least == most => {
            format!("a Close with a code and a reason of {} bytes", most.saturating_sub(2))
        }
        (least, most) => format!("a Close with {least} to {most} bytes of payload"),
    };
    format!("of the size of {what} (packet {})", at.number)
}

/// `; the server ended TCP with a FIN`.
fn ended(facts: &Facts) -> String {
    match (facts.first_end(), facts.first_to_end()) {
        (Some((_, _, how)), Some(side)) => {
            let how = match how {
                EndKind::Fin => "a FIN",
                EndKind::CloseNotify => "a close_notify",
                EndKind::Alert => "a fatal TLS alert",
                EndKind::Reset => "a RST",
            };
            format!("; the {side} was the first to end TCP, with {how}")
        }
        (Some(_), None) => "; who ended TCP first is not certain".to_owned(),
        (None, _) => String::new(),
    }
}

/// Other readings.
fn alternatives(found: &Inference) -> Vec<String> {
    let mut others = Vec::new();
    match found.closing {
        Closing::Handshake { .. } | Closing::Unanswered { .. } => others.extend([
            "the code signals an error, and the connection failed for what was sent before"
                .to_owned(),
            "the last records are messages of the sizes of a Close, such as an echo, and there was \
             no closing handshake"
                .to_owned(),
        ]),
        Closing::WithoutClose => others.push(
            "a Close shared a record with the message before it, and has no size of its own"
                .to_owned(),
        ),
        Closing::Unknown => {}
    }
    others.push(
        "no WebSocket, but another protocol in TLS that begins with an exchange of such sizes"
            .to_owned(),
    );
    others
}

/// What would make it certain.
fn would_settle(tls: &TlsFacts) -> Vec<String> {
    let keys = match tls.keys {
        Keys::Unsupported => {
            "a session without compression, of a version and a cipher suite that are decrypted, and \
             its keys: wsblame explain keylog says how to have them written"
        }
        Keys::HelloLost => {
            "a capture that begins before the connection opens, and the keys of its session: \
             wsblame explain keylog says how to have them written"
        }
        Keys::Wrong => {
            "the keys of this very session, as those given are others': wsblame explain keylog \
             says how to have them written"
        }
        Keys::Missing | Keys::Found | Keys::Incomplete => {
            "the keys of this session, given with --keylog FILE or put into the capture by \
             editcap --inject-secrets tls,FILE: wsblame explain keylog says how to have a browser, \
             a client or a server write them"
        }
    };
    vec![keys.to_owned(), "a capture where TLS has ended, behind the proxy".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_named_by_the_sizes_it_fits() {
        let at = crate::provenance::PacketRef {
            number: crate::provenance::PacketNumber::new(7),
            time: crate::provenance::Timestamp(0),
        };
        let named = |least, most| sized(Some(InferredClose { at, least, most }));
        assert_eq!(named(0, 0), "of the size of an empty Close (packet 7)");
        assert!(named(2, 2).contains("a code and no reason"));
        assert!(named(9, 9).contains("a reason of 7 bytes"));
        assert!(named(0, 15).contains("0 to 15 bytes of payload"));
    }

    #[test]
    fn every_cause_that_is_inferred_is_one_of_the_table() {
        for id in ["inferred-close", "inferred-no-close", "still-open"] {
            assert!(super::super::find_cause(id).is_some(), "{id}");
        }
    }
}
