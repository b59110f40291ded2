//! The ladder: from the surest reading of the evidence down to `unknown`.

use super::causes::blame;
use super::confidence::weigh;
use super::tls;
use super::unseen::{has_close, hidden, is_hidden, midstream, supposed_close};
use super::wording::{self, Story};
use super::{Told, Verdict, find_cause, in_your_logs, surfaced};
use crate::endpoint::Side;
use crate::knowledge;
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::{Check, Facts, Fault, Finding, Initiator, Severity};

/// Judges a connection. Marks the finding that caused its end, and those that the peer tolerated.
pub fn judge(facts: &Facts, findings: &mut [Finding]) -> Verdict {
    let cause = find_violation(facts, findings);
    if let Some(finding) = cause.and_then(|index| findings.get_mut(index)) {
        finding.caused_the_end = true;
    }
    mark_tolerated(facts, findings);
    let violation = cause.and_then(|index| findings.get(index));
    let rung = climb(facts, findings, violation);
    conclude(facts, findings, rung)
}

/// What the ladder came to, before it is weighed and put into words.
pub(super) struct Rung<'a> {
    pub outcome: Outcome,
    pub at_fault: Blame,
    pub cause: Option<&'static str>,
    pub confidence: Confidence,
    pub violation: Option<&'a Finding>,
    pub alternatives: Vec<String>,
}

impl Rung<'_> {
    pub(super) fn new(
        outcome: Outcome,
        at_fault: Blame,
        cause: &'static str,
        sure: Confidence,
    ) -> Rung<'static> {
        Rung {
            outcome,
            at_fault,
            cause: Some(cause),
            confidence: sure,
            violation: None,
            alternatives: Vec::new(),
        }
    }

    pub(super) fn unknown(outcome: Outcome) -> Rung<'static> {
        Rung {
            outcome,
            at_fault: Blame::Unknown,
            cause: None,
            confidence: Confidence::Unknown,
            violation: None,
            alternatives: Vec::new(),
        }
    }

    pub(super) fn or(mut self, alternative: &str) -> Self {
        self.alternatives.push(alternative.to_owned());
        self
    }
}

fn climb<'a>(facts: &Facts, findings: &'a [Finding], violation: Option<&'a Finding>) -> Rung<'a> {
    if facts.midstream {
        return midstream(facts);
    }
    if !facts.handshake.is_open() {
        return without_opening(facts, findings);
    }
    if let Some(finding) = violation {
        return failed_for(facts, finding);
    }
    match facts.close_initiator() {
        Initiator::One(side) => closed_by(facts, findings, side),
        Initiator::Both => closed_by_both(facts, findings),
        Initiator::Unknown if facts.closes_are_supposed() => supposed_close(facts),
        Initiator::Unknown | Initiator::None if let Some(rung) = tls::failed_by_alert(facts) => {
            rung
        }
        Initiator::Unknown if has_close(facts) || is_hidden(facts) => hidden(facts),
        Initiator::Unknown | Initiator::None => without_close(facts, findings),
    }
}

/// The violation for which an endpoint ended the connection: the earliest that its receiver had
/// acknowledged when it sent a Close that says so, or when it dropped TCP. Where the reason of the
/// Close names a violation, that one comes before others.
fn find_violation(facts: &Facts, findings: &[Finding]) -> Option<usize> {
    let candidates = findings.iter().enumerate().filter(|(_, finding)| {
        finding.severity == Severity::Error
            && !facts.is_disputed(finding)
            && ended_because_of(facts, finding)
    });
    candidates
        .min_by_key(|(_, finding)| {
            let named = is_complained_of(facts, finding) == Some(true);
            (!named, finding.at().map(|at| (at.time, at.number)))
        })
        .map(|(index, _)| index)
}

/// Whether the Close of a violation's receiver gives it as its reason; `None` where the reason is
/// none that a library is known to give for a violation.
fn is_complained_of(facts: &Facts, finding: &Finding) -> Option<bool> {
    let close = facts.frames[!finding.place.side].close.as_ref()?;
    let reason = String::from_utf8_lossy(close.frame.reason());
    let complaints = knowledge::library::complaints(&reason);
    let mut about = complaints
        .iter()
        .filter(|complaint| complaint.subject == knowledge::library::Subject::Violation);
    let first = about.next()?;
    Some(std::iter::once(first).chain(about).any(|c| c.rules.contains(&finding.rule.id)))
}

fn ended_because_of(facts: &Facts, finding: &Finding) -> bool {
    if finding.rule.closes_with.is_empty() && !is_refusable_response(finding) {
        return false;
    }
    let receiver = !finding.place.side;
    let end = finding.place.range.end;
    if let Some(close) = &facts.frames[receiver].close {
        let code = close.frame.code();
        let says_so = code.is_some_and(|code| finding.rule.closes_with.contains(&code));
        let knew = knew_of(facts, finding);
        let lived_on = went_on(facts, finding) != Some(false)
            && is_complained_of(facts, finding) != Some(true);
        return says_so && knew && !lived_on && !repeats_the_code(facts, receiver);
    }
    // No Close: the receiver dropped TCP at once, and sent no frame that answers.
    let tcp = &facts.tcp[receiver];
    let ends = [tcp.fin, tcp.rst].into_iter().flatten();
    let Some(drop) = ends.min_by_key(|end| (end.at.time, end.at.number)) else { return false };
    let Some(at) = finding.packets.last() else { return false };
    // A RST that acknowledges nothing answers a segment (RFC 9293 §3.10.7.1): its sender had ended
    // before, or was none of the two.
    let is_drop = drop.stated.is_some();
    let knew = drop.acked.unwrap_or(facts.tcp[!receiver].acknowledged) >= end;
    let promptly = facts.seconds(*at, drop.at).is_some_and(|after| after < PROMPT_SECONDS);
    let first = facts.tcp[!receiver]
        .fin
        .is_none_or(|fin| drop.acked.is_some_and(|acked| acked <= fin.offset));
    let answered_since =
        facts.frames[receiver].last_frame.and_then(|last| last.acked).is_some_and(|a| a >= end);
    is_drop
        && knew
        && promptly
        && first
        && !answered_since
        && facts.is_known_until(receiver, drop.offset)
        && facts.frames[!receiver].close.is_none()
}

/// Whether `side`'s Close answers the peer's and says the same: then it says nothing of its own.
fn repeats_the_code(facts: &Facts, side: Side) -> bool {
    let code = |side: Side| facts.frames[side].close.as_ref().and_then(|c| c.frame.code());
    let peers = facts.frames[!side].close.as_ref();
    let answers = peers.and_then(|peers| facts.close_answers(side, peers.frame.range.end));
    answers == Some(true) && code(side) == code(!side)
}

/// Whether the receiver of a violation had it and still sent frames when it should long have failed
/// the connection; `None` where the capture's clock does not tell how long that was.
fn went_on(facts: &Facts, finding: &Finding) -> Option<bool> {
    let end = finding.place.range.end;
    let last = facts.frames[!finding.place.side].last_frame;
    let Some(last) = last.filter(|last| last.acked.is_some_and(|acked| acked >= end)) else {
        return Some(false);
    };
    let Some(delivered) = finding.packets.last() else { return Some(false) };
    facts.seconds(*delivered, last.at).map(|after| after > PROMPT_SECONDS)
}

/// Whether the receiver of a violation had it when it sent its Close.
fn knew_of(facts: &Facts, finding: &Finding) -> bool {
    let close = facts.frames[!finding.place.side].close.as_ref();
    let acked = close.and_then(|close| close.source.acked);
    acked.is_some_and(|acked| acked >= start_of(finding))
}

/// How soon an endpoint that fails the connection without a word does so.
const PROMPT_SECONDS: f64 = 2.0;

/// Endpoints may judge a frame as soon as its header is there.
fn start_of(finding: &Finding) -> u64 {
    finding.place.range.start + 1
}

/// A response that the client has to refuse: it does so by dropping TCP (RFC 6455 §4.1).
fn is_refusable_response(finding: &Finding) -> bool {
    matches!(finding.rule.check, Check::Handshake(_)) && finding.place.side == Side::Server
}

/// Marks the violations that their receiver got and lived with.
fn mark_tolerated(facts: &Facts, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| !finding.caused_the_end) {
        let receiver = !finding.place.side;
        let end = finding.place.range.end;
        let went_on = went_on(facts, finding) == Some(true);
        let closed_in_order = facts.frames[receiver].close.as_ref().is_some_and(|close| {
            !closed_upon(facts, finding)
                && close.source.acked.is_some_and(|acked| acked >= end)
                && matches!(close.frame.code(), None | Some(1000 | 1001 | 3000..=4999))
                && !close.frame.damaged
        });
        finding.tolerated = finding.severity >= Severity::Warning
            && (went_on || closed_in_order)
            && !facts.is_disputed(finding)
            && is_refusable(facts, finding);
    }
}

/// Whether the receiver of a violation closed first, right behind it: then nobody knows whether it
/// would have lived on.
fn closed_upon(facts: &Facts, finding: &Finding) -> bool {
    let receiver = !finding.place.side;
    let close = facts.frames[receiver].close.as_ref();
    let first = facts.close_initiator() != Initiator::One(!receiver);
    first
        && went_on(facts, finding) != Some(true)
        && close.zip(finding.packets.last()).is_some_and(|(close, delivered)| {
            let after = facts.seconds(*delivered, close.source.at);
            after.is_none_or(|after| after <= PROMPT_SECONDS)
        })
}

/// Whether a finding is about bytes that the peer could have refused: not about how the end went,
/// and not about what came when the sender had closed already.
fn is_refusable(facts: &Facts, finding: &Finding) -> bool {
    let closed = facts.frames[finding.place.side].close.as_ref();
    !matches!(finding.rule.check, Check::End(_))
        && closed.is_none_or(|close| finding.place.range.start < close.frame.range.end)
}

fn failed_for<'a>(facts: &Facts, finding: &'a Finding) -> Rung<'a> {
    let receiver = !finding.place.side;
    let (outcome, sure) = match &facts.frames[receiver].close {
        Some(_) => (Outcome::Failed, Confidence::Proven),
        None if is_refusable_response(finding) => (Outcome::HandshakeFailed, Confidence::Likely),
        None => (Outcome::Aborted, Confidence::Likely),
    };
    let at_fault = match (finding.culprit(), finding.fault) {
        (Some(side), _) => blame(side),
        (None, Fault::Intermediary) => Blame::Intermediary,
        (None, _) => Blame::Unknown,
    };
    let sure = if at_fault == Blame::Intermediary { Confidence::Likely } else { sure };
    let mut rung = Rung::new(outcome, at_fault, finding.rule.id, sure);
    rung.violation = Some(finding);
    if let Some(other) = another_reason(facts, finding) {
        rung.confidence = Confidence::Likely;
        rung = rung.or(&other);
    }
    if facts.frames[receiver].close.is_none() {
        rung = rung.or(&format!("the {receiver} ended TCP for a reason of its own just then"));
    }
    rung
}

/// What speaks against a violation as the reason for its receiver's Close.
fn another_reason(facts: &Facts, finding: &Finding) -> Option<String> {
    let receiver = !finding.place.side;
    let close = facts.frames[receiver].close.as_ref()?;
    // Where the boundaries of frames are gone, receivers stumble over whatever comes next.
    let spoiled = facts.frames[finding.place.side].spoiled_at.is_some();
    if is_complained_of(facts, finding) == Some(false) && !spoiled {
        return Some(format!(
            "the {receiver} complains of something else, of which the capture shows no sign"
        ));
    }
    let Some(seconds) = facts.seconds(*finding.packets.last()?, close.source.at) else {
        let reason = "nobody knows how soon the Close followed, by the clock of the capture";
        return Some(reason.to_owned());
    };
    (seconds > PROMPT_SECONDS).then(|| {
        format!("the {receiver} closed {seconds:.1} s later, and perhaps for another reason")
    })
}

/// No 101: refused, unanswered, or not captured.
fn without_opening<'a>(facts: &Facts, findings: &'a [Finding]) -> Rung<'a> {
    if let Some(rung) = tls::alert_instead_of_answer(facts) {
        return rung;
    }
    let response = facts.handshake.response.as_ref();
    let worst = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter(|finding| finding.rule.family == crate::rules::Family::Handshake);
    // A request that breaks a rule explains its refusal; the refusal explains itself otherwise.
    // Without a response nothing was refused, as far as the capture tells.
    let unanswered = worst.clone().any(|finding| {
        matches!(finding.rule.id, "handshake-no-response" | "plain-http-to-tls-port")
    });
    let explains = worst.filter(|_| response.is_some() || unanswered).min_by_key(|finding| {
        let misdirected = finding.rule.id == "plain-http-to-tls-port";
        (!misdirected, finding.place.side == Side::Server)
    });
    let outcome = if response.is_some() { Outcome::Rejected } else { Outcome::HandshakeFailed };
    let Some(finding) = explains else {
        let over = Side::BOTH
            .iter()
            .any(|side| facts.tcp[*side].fin.is_some() || facts.tcp[*side].rst.is_some());
        let lost = Side::BOTH
            .iter()
            .any(|side| facts.tcp[*side].gap_bytes > 0 || !facts.tcp[*side].conflicts.is_empty());
        return match response {
            Some(_) => Rung::unknown(Outcome::Rejected),
            None if over && !lost => Rung::unknown(Outcome::HandshakeFailed),
            None => Rung::unknown(Outcome::Unknown),
        };
    };
    let at_fault = match (finding.culprit(), finding.fault) {
        (Some(side), _) => blame(side),
        (None, Fault::Intermediary) => Blame::Intermediary,
        (None, _) => Blame::Unknown,
    };
    let sure = match at_fault {
        Blame::Intermediary | Blame::Unknown => Confidence::Likely,
        _ => Confidence::Proven,
    };
    let mut rung = Rung::new(outcome, at_fault, finding.rule.id, sure);
    rung.violation = Some(finding);
    match tls::unanswered(facts) {
        Some((other, at_most)) => Rung { confidence: sure.min(at_most), ..rung }.or(other),
        None => rung,
    }
}

/// `side` sent the first Close, and no violation explains it.
fn closed_by(facts: &Facts, findings: &[Finding], side: Side) -> Rung<'static> {
    use Confidence::{Likely, Possible, Proven};
    let Some(close) = &facts.frames[side].close else { return Rung::unknown(Outcome::Unknown) };
    if close.frame.damaged {
        return Rung::unknown(Outcome::Unknown);
    }
    let reason = String::from_utf8_lossy(close.frame.reason()).into_owned();
    let complaint = knowledge::library::complaint(&reason);
    match close.frame.code() {
        None => ordinary(facts, findings, "empty-close"),
        Some(1000) => ordinary(facts, findings, "clean-close"),
        Some(1001) => Rung::new(Outcome::Closed, Blame::None, "going-away", Proven),
        Some(1012) => Rung::new(Outcome::Closed, Blame::None, "service-restart", Proven),
        Some(1013) => Rung::new(Outcome::Closed, blame(side), "try-again-later", Likely)
            .or("the peer asks for more than was agreed"),
        Some(1014) => Rung::new(Outcome::Failed, Blame::Unknown, "bad-gateway", Likely),
        Some(1003) => Rung::new(Outcome::Failed, Blame::Unknown, "unsupported-data", Likely),
        Some(1009) => Rung::new(Outcome::Failed, Blame::None, "message-too-big-limit", Likely)
            .or("the limit belongs to a proxy in front of the endpoint that closed"),
        Some(1010) if side == Side::Server => {
            Rung::new(Outcome::Failed, Blame::Server, "close-code-1010-by-server", Likely)
        }
        Some(1010) => Rung::new(Outcome::Failed, Blame::Unknown, "mandatory-extension", Likely),
        Some(1011) => internal_error(facts, side, complaint),
        Some(1002 | 1007) => unexplained(facts, findings, side, complaint),
        Some(1008 | 3000..=4999) => {
            Rung::new(Outcome::Closed, Blame::Unknown, "application-close", Likely)
        }
        // A code that must not be sent, and a peer that let it pass.
        Some(_) => match findings
            .iter()
            .find(|finding| finding.place.side == side && finding.severity == Severity::Error)
        {
            Some(finding) => Rung::new(Outcome::Closed, blame(side), finding.rule.id, Proven),
            None => Rung::new(Outcome::Closed, Blame::Unknown, "application-close", Possible),
        },
    }
}

/// The Closes crossed. Where one of them says that something was wrong, that is why it ended.
fn closed_by_both(facts: &Facts, findings: &[Finding]) -> Rung<'static> {
    let complains = |side: &Side| {
        let code = facts.frames[*side].close.as_ref().and_then(|close| close.frame.code());
        !matches!(code, None | Some(1000 | 1001 | 1012))
    };
    let mut complaining = Side::BOTH.into_iter().filter(complains);
    match (complaining.next(), complaining.next()) {
        (None, _) => {
            Rung::new(Outcome::Closed, Blame::None, "simultaneous-close", Confidence::Proven)
        }
        (Some(side), None) => {
            let mut rung = closed_by(facts, findings, side);
            rung.confidence = rung.confidence.min(Confidence::Likely);
            rung.or(&format!("the {} closed at the same time, without having heard of it", !side))
        }
        (Some(_), Some(_)) => {
            Rung::new(Outcome::Failed, Blame::Unknown, "simultaneous-close", Confidence::Possible)
                .or("each side had reasons of its own to close: its code and its reason name them")
        }
    }
}

/// 1000 or an empty Close. If it was not answered, that is what there is to fix.
fn ordinary(facts: &Facts, findings: &[Finding], cause: &'static str) -> Rung<'static> {
    let late = findings.iter().find(|finding| finding.rule.id == "data-after-close");
    if let Some((finding, culprit)) = late.and_then(|finding| Some((finding, finding.culprit()?))) {
        return Rung::new(Outcome::Closed, blame(culprit), finding.rule.id, Confidence::Likely)
            .or("the peer ignored the data, and the closing handshake was in order");
    }
    let both = Side::BOTH.iter().all(|side| facts.frames[*side].close.is_some());
    if both {
        let rung = Rung::new(Outcome::Closed, Blame::None, cause, Confidence::Proven);
        // aiohttp answers data that do not inflate with 1000.
        let suspect = findings.iter().find(|finding| {
            finding.severity == Severity::Error
                && matches!(finding.rule.check, Check::Frame(_) | Check::Message(_))
                && is_refusable(facts, finding)
                && knew_of(facts, finding)
                && closed_upon(facts, finding)
        });
        let Some(finding) = suspect else { return rung };
        return Rung { confidence: Confidence::Likely, ..rung }.or(&format!(
            "the {} closed because of the {}, and its Close does not say so",
            !finding.place.side, finding.rule.summary
        ));
    }
    let unanswered = findings.iter().find(|finding| finding.rule.id == "close-not-answered");
    match unanswered.and_then(Finding::culprit) {
        Some(culprit) => {
            Rung::new(Outcome::Aborted, blame(culprit), "close-not-answered", Confidence::Likely)
        }
        // The answer may still come behind the end of the capture.
        None if Side::BOTH
            .iter()
            .all(|side| facts.end_of(*side).is_none() || facts.frames[*side].close.is_some()) =>
        {
            Rung::new(Outcome::Unknown, Blame::None, cause, Confidence::Possible)
                .or("the peer did not answer, behind the end of what was captured")
        }
        None => Rung::new(Outcome::Closed, Blame::None, cause, Confidence::Likely),
    }
}

fn internal_error(
    facts: &Facts,
    side: Side,
    complaint: Option<&knowledge::library::Complaint>,
) -> Rung<'static> {
    let keepalive = complaint.is_some_and(|c| c.subject == knowledge::library::Subject::Keepalive);
    if !keepalive {
        return Rung::new(Outcome::Failed, blame(side), "internal-error", Confidence::Likely);
    }
    let ping = facts.frames[side].pings.as_ref().and_then(|pings| pings.unanswered.as_ref());
    match ping.map(|ping| facts.arrived(side, ping.range.end)) {
        Some(Some(true)) if facts.frames_are_known(!side) => Rung::new(
            Outcome::Failed,
            blame(!side),
            "keepalive-timeout",
            Confidence::Likely,
        )
        .or("the Ping reached the peer's TCP, but a proxy on the way kept it from the endpoint")
        .or("the path dropped the Pong before it came to the capture point"),
        _ => Rung::new(Outcome::Failed, Blame::Unknown, "keepalive-timeout", Confidence::Possible)
            .or("the path dropped the Ping or the Pong"),
    }
}

/// 1002 or 1007, and nothing in the capture that deserves it.
fn unexplained(
    facts: &Facts,
    findings: &[Finding],
    side: Side,
    complaint: Option<&knowledge::library::Complaint>,
) -> Rung<'static> {
    let known = facts.frames[side]
        .close
        .as_ref()
        .and_then(|close| close.source.acked)
        .is_some_and(|acked| facts.is_known_until(!side, acked));
    if !known || facts.tcp[!side].gap_bytes > 0 {
        return Rung::unknown(Outcome::Failed)
            .or("the capture lost the bytes that the Close complains of");
    }
    let named = findings.iter().find(|finding| finding.rule.id == "close-1002-but-no-violation");
    let cause = named.map_or("unexplained-protocol-error", |finding| finding.rule.id);
    let rung = Rung::new(Outcome::Failed, Blame::Unknown, cause, Confidence::Possible);
    let rung = match complaint {
        Some(complaint) => rung.or(&format!(
            "the {side} met {}, in the words of {}, and bytes other than the captured ones",
            complaint.rules.join(" or "),
            complaint.library()
        )),
        None => rung,
    };
    rung.or("something between the capture point and the endpoint that closed changed the bytes")
        .or("the endpoint that closed is wrong, or uses this code for reasons of its own")
}

/// Neither side sent a Close.
fn without_close(facts: &Facts, findings: &[Finding]) -> Rung<'static> {
    let ended = Side::BOTH
        .iter()
        .any(|side| facts.tcp[*side].fin.is_some() || facts.tcp[*side].rst.is_some());
    if !ended {
        let silent = Side::BOTH.iter().any(|side| facts.tcp[*side].segments == 0);
        return if silent {
            Rung::unknown(Outcome::Unknown)
        } else {
            Rung::new(Outcome::Open, Blame::None, "still-open", Confidence::Proven)
        };
    }
    let aborted = findings.iter().find(|finding| {
        matches!(finding.rule.id, "tcp-closed-without-close" | "torn-frame" | "length-implausible")
    });
    match aborted.and_then(|finding| Some((finding, finding.culprit()?))) {
        Some((finding, culprit)) => {
            let rung =
                Rung::new(Outcome::Aborted, blame(culprit), finding.rule.id, Confidence::Likely)
                    .or(
                        "a proxy or firewall that holds this address ended TCP, such as by an idle \
                     time-out",
                    );
            match tls::other_ends(facts, culprit) {
                Some(other) => rung.or(other),
                None => rung,
            }
        }
        None => Rung::unknown(Outcome::Aborted),
    }
}

/// Weighs a rung and puts it into words.
fn conclude(facts: &Facts, findings: &[Finding], rung: Rung<'_>) -> Verdict {
    let (confidence, lowered_by) = weigh(facts, rung.confidence);
    let at_fault = if confidence == Confidence::Unknown { Blame::Unknown } else { rung.at_fault };
    let surfaced = surfaced(facts, findings);
    let advice = rung.violation.map(|finding| finding.rule.advice).or_else(|| {
        let id = rung.cause?;
        let rule = crate::rules::find(id).map(|rule| rule.advice);
        rule.or_else(|| find_cause(id).map(|cause| cause.advice))
    });
    let told = Told::of(facts, findings);
    let story = Story { facts, rung: &rung, surfaced, told: &told };
    let mut verdict = Verdict {
        outcome: rung.outcome,
        at_fault,
        cause: rung.cause,
        confidence,
        unlowered: rung.confidence,
        summary: wording::summary(&story),
        would_settle: wording::would_settle(&story, &lowered_by),
        lowered_by,
        fix: wording::fix(&story, advice.unwrap_or_default()),
        alternatives: wording::alternatives(&story),
        surfaced,
        in_your_logs: Vec::new(),
        told,
    };
    verdict.in_your_logs = in_your_logs(facts, findings, &verdict);
    verdict
}
