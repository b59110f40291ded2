//! What the logs of the two endpoints may show.
//!
//! In: the facts of a connection, its findings and the verdict. Out: for each side a few texts that
//! libraries print for exactly this: the side that refused something prints its complaint, the other
//! prints what came of it. The libraries are those that the handshake or the reason of a Close gives
//! away, and else the most common ones that behave as this side did. Nothing here says that a text
//! was printed; and where the verdict is unknown, or nobody would log it, there is none.

use super::{Verdict, find_cause};
use crate::endpoint::Side;
use crate::http::Head;
use crate::knowledge::libraries::{Frames, GORILLA, LIBRARIES, Library, Sides, recognise};
use crate::knowledge::logs::{self, Phrase, Place, Role};
use crate::knowledge::{library, readable};
use crate::report::{Confidence, Outcome};
use crate::rules::{self, EndKind, Facts, Family, Fault, Finding, Initiator};

/// A text that a library may have printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The side that prints it.
    pub side: Side,
    /// The library.
    pub library: &'static Library,
    /// The text: `N` stands for a number and `…` for any text.
    pub phrase: String,
    /// Whether the connection gives the library away; else it is only a common one.
    pub recognised: bool,
}

/// The rule about what is large only when inflated, of which some have a text of its own.
const BOMB: &str = "deflate-bomb";
/// Most texts for one side.
const MOST: usize = 4;
/// Most texts of one library for one side.
const MOST_OF_ONE: usize = 2;

/// What the logs of both sides may show, the client's first.
pub fn in_your_logs(facts: &Facts, findings: &[Finding], verdict: &Verdict) -> Vec<Hint> {
    let is_known = verdict.confidence > Confidence::Unknown
        && !matches!(verdict.outcome, Outcome::Open | Outcome::Unknown)
        && !facts.midstream;
    if !is_known {
        return Vec::new();
    }
    let of_side = |side| {
        let event = Event::of(facts, findings, verdict, side)?;
        Some(hints(facts, side, &event))
    };
    Side::BOTH.into_iter().filter_map(of_side).flatten().collect()
}

/// What happened to one side, as its library sees it.
#[derive(Clone, Debug)]
enum Event {
    /// It refused something, or missed something.
    Judges(Judgement),
    /// It had sent a Close with this code, and no answer came.
    Unanswered(Option<u16>),
    /// A Close with this code came; 1005 stands for none.
    Hears(u16),
    /// TCP ended before a Close came.
    Loses,
    /// A RST ended TCP before a Close came.
    IsReset,
    /// It ended TCP itself, without a Close.
    Ends,
}

/// What a side refused.
#[derive(Clone, Debug, Default)]
struct Judgement {
    /// The rules that the same bytes break, or the cause. A library reports the first that it looks
    /// for.
    ids: Vec<&'static str>,
    /// The first byte of the frame header, where that is what was judged.
    first_byte: Option<u8>,
    /// A number that stands in the text, and the rule that it belongs to.
    number: Option<(&'static str, u64)>,
}

impl Judgement {
    fn of(id: &'static str) -> Judgement {
        Judgement { ids: vec![id], ..Judgement::default() }
    }
}

impl Event {
    fn of(facts: &Facts, findings: &[Finding], verdict: &Verdict, side: Side) -> Option<Event> {
        match verdict.outcome {
            Outcome::Rejected => rejected(facts, verdict, side),
            Outcome::HandshakeFailed => not_opened(facts, verdict, side),
            _ => closed(facts, findings, verdict, side),
        }
    }
}

/// The opening request was refused.
fn rejected(facts: &Facts, verdict: &Verdict, side: Side) -> Option<Event> {
    const REJECTED: &str = "handshake-rejected";
    if side == Side::Server {
        // A server logs why it refused when the request was wrong; other reasons are its own.
        let rule = rules::find(verdict.cause?)?;
        let is_request = rule.family == Family::Handshake && rule.fault == Fault::Client;
        return is_request.then(|| Event::Judges(Judgement::of(rule.id)));
    }
    let status = facts.handshake.response.as_ref()?.status;
    let mut judgement = Judgement::of(REJECTED);
    judgement.number = Some((REJECTED, u64::from(status)));
    Some(Event::Judges(judgement))
}

/// The opening handshake did not come to an end.
fn not_opened(facts: &Facts, verdict: &Verdict, side: Side) -> Option<Event> {
    let cause = verdict.cause?;
    if cause.starts_with("tls-") {
        return None; // what it heard is in the alert, and its words depend on that
    }
    if side == Side::Server {
        return (verdict.surfaced.server == Some(1006)).then(|| lost(facts, side)).flatten();
    }
    let id = rules::find(cause).map(|rule| rule.id).or_else(|| Some(find_cause(cause)?.id))?;
    Some(Event::Judges(Judgement::of(id)))
}

/// The connection was open, and ended.
fn closed(facts: &Facts, findings: &[Finding], verdict: &Verdict, side: Side) -> Option<Event> {
    let refused = findings.iter().find(|finding| finding.caused_the_end);
    if let Some(finding) = refused.filter(|finding| finding.place.side == !side) {
        return Some(Event::Judges(judgement(facts, finding)));
    }
    let close = facts.frames[side].close.as_ref();
    let own = close.map(|close| close.frame.code());
    let is_first = facts.close_initiator() == Initiator::One(side);
    match verdict.cause {
        Some("keepalive-timeout") if is_first => {
            let mut judgement = Judgement::of("keepalive-timeout");
            judgement.ids.push("ping-unanswered");
            return Some(Event::Judges(judgement));
        }
        Some(id @ ("message-too-big-limit" | "internal-error")) if is_first => {
            let mut judgement = Judgement::of(find_cause(id)?.id);
            let is_bomb = |found: &Finding| found.rule.id == BOMB && found.place.side == !side;
            if id == "message-too-big-limit" && findings.iter().any(is_bomb) {
                judgement.ids.insert(0, BOMB);
            }
            return Some(Event::Judges(judgement));
        }
        Some("close-not-answered") if is_first => return Some(Event::Unanswered(own?)),
        // Some ignore what comes late, and some complain.
        Some("data-after-close") => {
            let mut late = findings.iter().filter(|found| found.rule.id == "data-after-close");
            if let Some(finding) = late.find(|finding| finding.place.side == !side) {
                return Some(Event::Judges(Judgement::of(finding.rule.id)));
            }
        }
        _ => {}
    }
    match verdict.surfaced[side]? {
        // It reports 1006 because it gave up itself, and for a reason that is not known here.
        1006 if close.is_some() => None,
        1006 => lost(facts, side),
        // Nobody logs an ordinary end, nor the answer to what was said.
        1000 => None,
        _ if facts.close_initiator() == Initiator::Both => None,
        code if is_first && own.map(|own| own.unwrap_or(1005)) == Some(code) => None,
        code => Some(Event::Hears(code)),
    }
}

/// TCP ended before a Close came to `side`.
fn lost(facts: &Facts, side: Side) -> Option<Event> {
    let (first, _, how) = facts.first_end()?;
    match (facts.first_to_end()?, how) {
        (end, _) if end == side => Some(Event::Ends),
        (_, EndKind::Reset) if first != side => Some(Event::IsReset),
        _ => Some(Event::Loses),
    }
}

/// What the receiver of a violation finds wrong with it.
fn judgement(facts: &Facts, finding: &Finding) -> Judgement {
    let mut judgement = Judgement::of(finding.rule.id);
    let sender = finding.place.side;
    // Of these the bytes that are shown are a header, or are taken for one.
    let is_header = (finding.rule.family == Family::Framing
        || finding.rule.id == "deflate-rsv1-on-continuation")
        && !matches!(finding.rule.id, "interleaved-writers" | "torn-frame" | "length-implausible");
    if let (true, &[first, second, ..]) = (is_header, finding.shown.as_slice()) {
        let faults = header_faults(first, second, sender, facts.deflate.is_agreed());
        // Bytes of another protocol are no rule to a library: it sees a strange header.
        if finding.rule.id == "injected-http-bytes" && !faults.is_empty() {
            judgement.ids.clear();
        }
        judgement.ids.extend(faults);
        judgement.first_byte = Some(first);
        judgement.number = Some(("reserved-opcode", u64::from(first & 0x0f)));
    }
    if finding.rule.id.starts_with("close-code-") {
        let code = facts.frames[sender].close.as_ref().and_then(|close| close.frame.code());
        judgement.number = code.map(|code| (finding.rule.id, u64::from(code)));
    }
    judgement
}

/// The rules that a header breaks by its first two bytes (RFC 6455 §5.2).
fn header_faults(first: u8, second: u8, sender: Side, deflates: bool) -> Vec<&'static str> {
    let (opcode, length) = (first & 0x0f, second & 0x7f);
    let (is_final, is_masked) = (first & 0x80 != 0, second & 0x80 != 0);
    let is_control = opcode >= 8;
    let faults = [
        (first & 0x30 != 0, "rsv-bits-set"),
        (first & 0x40 != 0 && !deflates, "rsv1-without-deflate"),
        (first & 0x40 != 0 && deflates && is_control, "control-compressed"),
        (matches!(opcode, 3..=7 | 11..), "reserved-opcode"),
        (is_control && !is_final, "control-fragmented"),
        (is_control && length > 125, "control-too-long"),
        (sender == Side::Client && !is_masked, "client-frame-unmasked"),
        (sender == Side::Server && is_masked, "server-frame-masked"),
    ];
    faults.into_iter().filter(|(is_so, _)| *is_so).map(|(_, id)| id).collect()
}

/// The texts for one side.
fn hints(facts: &Facts, side: Side, event: &Event) -> Vec<Hint> {
    let texts = texts(facts, side, event);
    let recognised = recognised(facts, side);
    let hint = |library, phrase: &Phrase, recognised| Hint {
        side,
        library,
        phrase: own_words(facts, side, phrase)
            .unwrap_or_else(|| readable(phrase.pattern, number(event, phrase))),
        recognised,
    };
    let of = |library: &'static Library| {
        texts.iter().filter(move |phrase| phrase.libraries.contains(&library))
    };
    // Of several texts for an end that it made itself, one cannot tell which it was.
    let most = if matches!(event, Event::Ends) { MOST_OF_ONE } else { 1 };
    let known = recognised
        .iter()
        .flat_map(|library| of(library).take(most).map(|phrase| hint(*library, phrase, true)));
    let known: Vec<Hint> = known.take(MOST).collect();
    // What an endpoint ends by itself it may have ended for any reason.
    let is_told = recognised.iter().any(|library| library.frames == Frames::Own);
    if !known.is_empty() || is_told || matches!(event, Event::Ends) {
        return known;
    }
    let common = LIBRARIES.iter().copied().filter(|library| may_be(facts, side, library));
    let likely = common.filter_map(|library| {
        let mut texts = of(library);
        let phrase = texts.find(|phrase| is_likely(facts, side, event, phrase, library))?;
        Some(hint(library, phrase, false))
    });
    likely.take(MOST).collect()
}

/// The reason of the side's own Close, where the text is one that stands there: then it is known to
/// the letter.
fn own_words(facts: &Facts, side: Side, phrase: &Phrase) -> Option<String> {
    let close = facts.frames[side].close.as_ref().filter(|_| facts.close_is_no_echo(side))?;
    let reason = std::str::from_utf8(close.frame.reason()).ok()?;
    let complaint = library::complaint(reason).filter(|_| phrase.place == Place::Reason)?;
    (complaint.libraries == phrase.libraries).then(|| reason.to_owned())
}

/// The libraries that the connection gives away on `side`: by the reason of its Close, where that is
/// its own, and else by its head.
fn recognised(facts: &Facts, side: Side) -> Vec<&'static Library> {
    let by_head = head(facts, side).map(|head| recognise(side, head)).unwrap_or_default();
    let close = facts.frames[side].close.as_ref().filter(|_| facts.close_is_no_echo(side));
    let reason = close.map(|close| String::from_utf8_lossy(close.frame.reason()));
    let complaint = reason.and_then(|reason| library::complaint(&reason));
    let Some(complaint) = complaint else { return by_head };
    let found_there = complaint.libraries.iter().copied().filter(|library| library.sides.has(side));
    let (both, only): (Vec<_>, Vec<_>) = found_there.partition(|library| by_head.contains(library));
    if both.is_empty() { only } else { both }
}

fn head(facts: &Facts, side: Side) -> Option<&Head> {
    match side {
        Side::Client => facts.handshake.request.as_ref().map(|request| &request.head),
        Side::Server => facts.handshake.response.as_ref().map(|response| &response.head),
    }
}

/// Whether a library that the connection does not give away may be on `side` all the same.
fn may_be(facts: &Facts, side: Side, library: &Library) -> bool {
    if !library.sides.has(side) || library.sides == Sides::Proxy || library.frames != Frames::Own {
        return false;
    }
    let Some(head) = head(facts, side) else { return true };
    // A proxy writes its own name over the server's.
    let is_named_otherwise = side == Side::Server && head.first("Server").is_some();
    is_named_otherwise || library.marks.iter().all(|mark| mark.side() != side)
}

/// Whether a library behaves as this side did, when it prints this.
fn is_likely(facts: &Facts, side: Side, event: &Event, phrase: &Phrase, library: &Library) -> bool {
    if let Event::Hears(_) = event {
        // Its default answer to a Close is the code without a reason.
        let close = facts.frames[side].close.as_ref();
        let says_why = close.is_some_and(|close| !close.frame.reason().is_empty());
        return *library != GORILLA || !says_why;
    }
    let Event::Judges(_) = event else { return true };
    let Some(reaction) = phrase.reaction(library) else { return true };
    match facts.frames[side].close.as_ref() {
        None => reaction.agrees_with(None),
        Some(close) => {
            let reason = String::from_utf8_lossy(close.frame.reason());
            close.frame.code().is_none_or(|code| reaction.agrees_with(Some((code, &reason))))
        }
    }
}

/// What is printed on `side` for `event`, by each library in the order in which it looks for it.
fn texts(facts: &Facts, side: Side, event: &Event) -> Vec<Phrase> {
    let pinged = facts.frames[side].pings.as_ref().is_some_and(|pings| pings.unanswered.is_some());
    let is_printed = |phrase: &Phrase| phrase.side.is_none_or(|on| on == side);
    let fault = deflate_fault(facts);
    let mut exact: Vec<Phrase> = logs::all()
        .filter(|phrase| is_printed(phrase) && is_about(phrase, event, pinged))
        .filter(|phrase| fits_handshake(facts, phrase, fault))
        .collect();
    if matches!(event, Event::Judges(judgement) if judgement.ids.first() == Some(&BOMB)) {
        exact.sort_by_key(|phrase| !phrase.about.contains(&BOMB));
    }
    // A library without a text about a RST has one about the end of TCP.
    let is_reset = matches!(event, Event::IsReset);
    let general =
        logs::all().filter(|phrase| is_reset && is_printed(phrase) && phrase.role == Role::Loses);
    exact.into_iter().chain(general).collect()
}

/// Whether what a text says of the request and the response is so; `fault` is what Chromium says of
/// the parameters of permessage-deflate.
fn fits_handshake(facts: &Facts, phrase: &Phrase, fault: Option<&str>) -> bool {
    let offers = |name| head(facts, Side::Client).is_some_and(|head| head.first(name).is_some());
    let pattern = phrase.pattern;
    if pattern.contains("none was requested") {
        return !offers("Sec-WebSocket-Protocol");
    }
    if pattern.contains("no extension was requested") {
        return !offers("Sec-WebSocket-Extensions");
    }
    !pattern.contains("Error in permessage-deflate") || fault.is_some_and(|f| pattern.contains(f))
}

/// What Chromium says first of the parameters in the response: the words that tell its texts apart.
fn deflate_fault(facts: &Facts) -> Option<&'static str> {
    const KNOWN: &[&str] = &[
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits",
    ];
    let field = head(facts, Side::Server)?.first("Sec-WebSocket-Extensions")?;
    let mut seen: Vec<&str> = Vec::new();
    for parameter in field.value.split(';').skip(1).map(str::trim) {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value)),
            None => (parameter, None),
        };
        if !KNOWN.contains(&name) {
            return Some("Received an unexpected");
        }
        if seen.contains(&name) {
            return Some("Received duplicate");
        }
        if name == "client_max_window_bits" && value.is_none() {
            return Some("must have value");
        }
        seen.push(name);
    }
    Some("Received invalid")
}

/// Whether a text is about `event`; `pinged` says whether the side waits for a Pong.
fn is_about(phrase: &Phrase, event: &Event, pinged: bool) -> bool {
    match (event, phrase.role) {
        (Event::Judges(judgement), Role::Judges) => {
            phrase.about.iter().any(|id| judgement.ids.contains(id))
                && judgement.first_byte.is_none_or(|first| names_a_set_bit(phrase.pattern, first))
        }
        (Event::Unanswered(_), Role::Closes) => phrase.about.contains(&"close-not-answered"),
        (Event::Hears(code), Role::Hears(only)) => only.is_none_or(|only| only.0 == *code),
        (Event::Loses, Role::Loses) | (Event::IsReset, Role::IsReset) => true,
        (Event::Ends, Role::Ends) => match phrase.about.first() {
            Some(&"ping-unanswered") => pinged,
            id => id == Some(&"tcp-closed-without-close"),
        },
        _ => false,
    }
}

/// Whether one of the reserved bits that a text names is set in the first byte of a header; also
/// when it names none.
fn names_a_set_bit(pattern: &str, first: u8) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let bits = [("rsv1", 0x40), ("rsv2", 0x20), ("rsv3", 0x10)];
    let mut named = bits.iter().filter(|(name, _)| pattern.contains(name)).peekable();
    named.peek().is_none() || named.any(|(_, bit)| first & bit != 0)
}

/// The number that stands in a text, where it is known.
fn number(event: &Event, phrase: &Phrase) -> Option<u64> {
    match event {
        Event::Hears(code) => Some(u64::from(*code)),
        Event::Unanswered(code) => code.map(u64::from),
        Event::Judges(judgement) => {
            let (rule, number) = judgement.number?;
            let is_one = phrase.pattern.matches('#').count() == 1;
            (is_one && phrase.about.contains(&rule)).then_some(number)
        }
        Event::Loses | Event::IsReset | Event::Ends => None,
    }
}
