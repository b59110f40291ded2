//! The verdict on a connection whose TLS handshake failed before anything was said inside it.
//!
//! In: the facts of TCP and of the session, and what record sizes suggest. Out: a [`Verdict`] that
//! accuses nobody: an alert is the word of one side, a FIN not even that, and whether it was to
//! become a WebSocket is guessed from ALPN. Where the capture lost what may have been an alert,
//! there is none.

use super::super::{Told, Verdict, find_cause};
use super::{Fatal, cause_in_handshake};
use crate::endpoint::{PerSide, Side};
use crate::knowledge::tls_alert;
use crate::provenance::PacketRef;
use crate::report::{Blame, Confidence, Outcome};
use crate::rules::{EndKind, Facts};
use crate::tcp::Ending;
use crate::tls::{Inference, Keys, TlsFacts, Version};

/// The verdict on a handshake of TLS that failed; `None` where it did not, where that cannot be
/// told, and where no WebSocket can have been meant.
pub fn failed_handshake(facts: &Facts, found: &Inference) -> Option<Verdict> {
    let tls = facts.tls.as_ref()?;
    let purpose = Purpose::of(tls)?;
    let nothing_inside = Side::BOTH.iter().all(|side| tls.sides[*side].opened == 0);
    if tls.established || !tls.has_client_hello || !nothing_inside {
        return None;
    }
    let failure = by_alert(facts, tls)
        .or_else(|| by_other_bytes(facts, tls))
        .or_else(|| by_encrypted_alert(facts, tls, found))
        .or_else(|| by_hanging_up(facts, tls))?;
    Some(conclude(failure, &purpose))
}

/// Whether it may have been meant for a WebSocket.
struct Purpose {
    confidence: Confidence,
    because: &'static str,
}

impl Purpose {
    /// By ALPN: who offers HTTP/2 means no WebSocket that can be seen, and who offers neither that
    /// nor HTTP/1.1 means another protocol.
    fn of(tls: &TlsFacts) -> Option<Purpose> {
        const HTTP: &str = "http/1.1";
        if tls.chosen.as_ref().is_some_and(|chosen| chosen != HTTP) {
            return None;
        }
        match &tls.offered {
            Some(offered) => {
                let has = |name: &str| offered.iter().any(|one| one == name);
                (has(HTTP) && !has("h2")).then_some(Purpose {
                    confidence: Confidence::Likely,
                    because: "the client offered http/1.1 and not HTTP/2, as browsers do for wss://",
                })
            }
            None => Some(Purpose {
                confidence: Confidence::Possible,
                because: "the client did not use ALPN, as many libraries do not for wss://",
            }),
        }
    }
}

/// How a handshake failed.
struct Failure {
    cause: &'static str,
    confidence: Confidence,
    /// A clause.
    story: String,
    /// What to look at; of the cause where it is `None`.
    look: Option<&'static str>,
    alternatives: Vec<String>,
    /// Whether something is taken for an alert by its size.
    is_inferred: bool,
    /// The side whose log says why.
    by: Side,
}

impl Failure {
    fn new(cause: &'static str, by: Side, story: String) -> Failure {
        Failure {
            cause,
            confidence: Confidence::Possible,
            story,
            look: None,
            alternatives: Vec::new(),
            is_inferred: false,
            by,
        }
    }

    fn or(mut self, alternative: &str) -> Failure {
        self.alternatives.push(alternative.to_owned());
        self
    }
}

/// A fatal alert that was read.
fn by_alert(facts: &Facts, tls: &TlsFacts) -> Option<Failure> {
    let fatal = Fatal::of(facts, tls)?;
    // Behind a Finished of the client something may have been said that was not read.
    let has_holes = Side::BOTH.iter().any(|side| !facts.tcp[*side].gaps.is_empty());
    let may_be_past = match tls.keys {
        Keys::Found => has_holes && tls.sides.client.sealed > 1,
        _ => is_past_the_handshake(tls) || has_holes && tls.sides.client.sealed > 0,
    };
    if may_be_past {
        return None;
    }
    let whose = match (fatal.is_about_a_certificate(), fatal.by) {
        (true, Side::Client) => "the client refused the server's certificate with",
        (true, Side::Server) => "the server refused the client's certificate, or missed it, with",
        (false, Side::Client) => "the client ended it with",
        (false, Side::Server) => "the server ended it with",
    };
    let story = format!("{whose} {}", fatal.words());
    let look = tls_alert(fatal.alert.description).map(|known| known.look);
    let failure = Failure::new(cause_in_handshake(&fatal), fatal.by, story);
    Some(Failure { confidence: Confidence::Likely, look, ..failure })
}

/// Whether the client has sent more than a Finished or an alert: in TLS 1.3 all encrypted records
/// look alike.
fn is_past_the_handshake(tls: &TlsFacts) -> bool {
    tls.version >= Some(Version::TLS_1_3) && tls.sides.client.sealed > 0
}

/// A server that answered the ClientHello with something else.
fn by_other_bytes(facts: &Facts, tls: &TlsFacts) -> Option<Failure> {
    let server = &facts.tcp.server;
    let (_, bytes) = tls.sides.server.foreign.as_deref()?;
    let is_first = tls.sides.server.records == 0 && server.has_start;
    if !is_first || !server.gaps.is_empty() || !server.conflicts.is_empty() {
        return None;
    }
    let start: Vec<u8> = bytes.iter().take(24).copied().collect();
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let is_http = line.starts_with(b"HTTP/");
    if !is_http {
        let shown = bytes.iter().take(8).map(|byte| format!("{byte:02x}"));
        let shown = shown.collect::<Vec<_>>().join(" ");
        let story =
            format!("the server answered the ClientHello with bytes that are no TLS: {shown}");
        return Some(
            Failure::new("tls-to-plain-port", Side::Server, story)
                .or("the port belongs to another protocol, and no WebSocket was meant"),
        );
    }
    let line = line.escape_ascii();
    let story = format!("the server answered the ClientHello in the clear with \"{line}…\"");
    let failure = Failure::new("tls-to-plain-port", Side::Server, story);
    Some(Failure { confidence: Confidence::Likely, ..failure })
}

/// A record that is an alert by its size, or by its kind, and could not be read.
fn by_encrypted_alert(facts: &Facts, tls: &TlsFacts, found: &Inference) -> Option<Failure> {
    if tls.keys == Keys::Found || !is_all_there(facts) {
        return None;
    }
    let (by, at) = found.refused?;
    facts.first_end()?;
    let PacketRef { number, .. } = at;
    let failure = Failure::new(
        "tls-handshake-failed",
        by,
        format!(
            "the {by} answered the server's part of the handshake with a single record of the \
             size of an alert (packet {number}), inferred as it is encrypted"
        ),
    )
    .or("the certificate was refused: Chromium says so by an encrypted alert certificate_unknown")
    .or("the client closed the connection as soon as it was open, or had no use for it");
    Some(Failure { is_inferred: true, ..failure })
}

/// A FIN or a RST in the middle of the handshake.
fn by_hanging_up(facts: &Facts, tls: &TlsFacts) -> Option<Failure> {
    let unread = Side::BOTH.iter().any(|side| {
        let side = &tls.sides[*side];
        side.alerts.iter().any(|fact| fact.alert.is_none()) || side.lost_at.is_some()
    });
    if unread || is_past_the_handshake(tls) || !is_all_there(facts) {
        return None;
    }
    let (by, ending, kind) = facts.first_end()?;
    let is_certain = facts.first_to_end() == Some(by) && facts.tcp[by].end == ending.offset;
    let how = match kind {
        EndKind::Fin => "a FIN",
        EndKind::Reset => "a RST",
        EndKind::CloseNotify => "close_notify",
        EndKind::Alert => return None,
    };
    if !is_certain {
        return None;
    }
    let number = ending.at.number;
    let hung_up = format!("ended it with {how} (packet {number}) and no alert");
    Some(match by {
        Side::Client if judged_a_certificate(facts, tls, &ending) => Failure::new(
            "tls-certificate-rejected",
            by,
            format!("right behind the server's certificate the client {hung_up}"),
        )
        .or("the client gave up for a reason of its own, such as a page that was left"),
        Side::Client => Failure::new(
            "tls-handshake-failed",
            by,
            format!("in the middle of the handshake the client {hung_up}"),
        )
        .or("the client would not wait any longer, or what asked for the connection was gone"),
        Side::Server if facts.tcp.server.end == 0 => Failure::new(
            "tls-handshake-failed",
            by,
            format!("the server {hung_up}, without a byte of answer to the ClientHello"),
        )
        .or("the port does not speak TLS, and the URL should say ws:// instead of wss://")
        .or("nothing that both sides accept was found, such as a version: servers on Python's \
             asyncio send no alert")
        .or("something on the way does not let this server name pass, or a proxy has no server \
             behind it"),
        Side::Server => Failure::new(
            "tls-handshake-failed",
            by,
            format!("in the middle of the handshake the server {hung_up}"),
        )
        .or(
            "the server requires a certificate of the client: servers on Python's asyncio hang up \
             when none comes",
        ),
    })
}

/// Whether the client ended TCP just when it had the server's certificate, and before anything else.
fn judged_a_certificate(facts: &Facts, tls: &TlsFacts, ending: &Ending) -> bool {
    /// A program that has made up its mind does not wait.
    const AT_ONCE: f64 = 3.0;
    let server = &tls.sides.server;
    let came = match tls.version {
        Some(version) if version >= Version::TLS_1_3 => server.sealed > 0,
        Some(_) => server.records > 0 && server.sealed == 0,
        None => false,
    };
    let delivered = ending.acked.is_some_and(|acked| acked >= facts.tcp.server.end);
    let latest = facts.tcp.server.latest.map(|latest| latest.at);
    let after = latest.and_then(|latest| facts.seconds(latest, ending.at));
    came && delivered
        && !tls.resumed
        && server.partial_at.is_none()
        && tls.sides.client.records == 1
        && after.is_some_and(|after| after < AT_ONCE)
}

/// Whether nothing of either side is missing up to what the capture has of it, so that there was no
/// alert that nobody saw.
fn is_all_there(facts: &Facts) -> bool {
    Side::BOTH.into_iter().all(|side| {
        let tcp = &facts.tcp[side];
        let fin = u64::from(tcp.fin.is_some()); // it takes a number of its own
        tcp.segments > 0
            && tcp.has_start
            && tcp.gaps.is_empty()
            && tcp.conflicts.is_empty()
            && tcp.acknowledged.max(tcp.reached) <= tcp.end.saturating_add(fin)
    })
}

fn conclude(failure: Failure, purpose: &Purpose) -> Verdict {
    let Failure { cause, story, look, alternatives, is_inferred, by, .. } = failure;
    let advice = find_cause(cause).map(|cause| cause.advice).unwrap_or_default();
    let mut lowered_by = vec![format!(
        "nothing was said inside TLS, so it is not certain that a WebSocket was meant: {}",
        purpose.because
    )];
    let mut would_settle = vec![format!("the log of the {by} at this time")];
    if is_inferred {
        lowered_by.push("what is called an alert was not read".to_owned());
        would_settle.push(
            "the keys of this session, which open the alert: wsblame explain keylog says how to \
             have them written"
                .to_owned(),
        );
    }
    Verdict {
        outcome: Outcome::HandshakeFailed,
        at_fault: Blame::Unknown,
        cause: Some(cause),
        confidence: failure.confidence.min(purpose.confidence),
        unlowered: failure.confidence,
        lowered_by,
        summary: format!(
            "The TLS handshake failed: {story}. If it was for a WebSocket, that was never opened, \
             and a browser's API reports 1006."
        ),
        fix: look.filter(|look| !look.is_empty()).unwrap_or(advice).to_owned(),
        alternatives,
        would_settle,
        surfaced: PerSide::default(),
        in_your_logs: Vec::new(),
        told: Told::default(),
    }
}
