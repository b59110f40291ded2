//! The report's values in words, the same in every format.
//!
//! In: values of the model. Out: words and numbers for people. Nothing here escapes: whoever
//! prints does.

use super::cite::Files;
use super::model::*;
use super::{CaptureQuality, CaptureReport, Grade, tls_lines};
use crate::knowledge::CloseCode;
use crate::rules::Rule;

impl Blame {
    /// `client`, `server`, `intermediary`, `nobody` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Blame::Client => "client",
            Blame::Server => "server",
            Blame::Intermediary => "intermediary",
            Blame::None => "nobody",
            Blame::Unknown => "unknown",
        }
    }
}

impl AtFault {
    /// `client`, `server`, `intermediary` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            AtFault::Client => "client",
            AtFault::Server => "server",
            AtFault::Intermediary => "intermediary",
            AtFault::Unknown => "unknown",
        }
    }
}

impl Confidence {
    /// `proven`, `likely`, `possible` or `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Unknown => "unknown",
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Proven => "proven",
        }
    }
}

impl Grade {
    /// `good`, `limited` or `poor`.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Limited => "limited",
            Grade::Poor => "poor",
        }
    }
}

impl Outcome {
    /// As in JSON: `closed`, `failed`, `aborted`, …
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Closed => "closed",
            Outcome::Failed => "failed",
            Outcome::Aborted => "aborted",
            Outcome::Rejected => "rejected",
            Outcome::HandshakeFailed => "handshake-failed",
            Outcome::Open => "open",
            Outcome::Unknown => "unknown",
        }
    }
}

impl SideName {
    /// `client` or `server`.
    pub fn name(self) -> &'static str {
        match self {
            SideName::Client => "client",
            SideName::Server => "server",
        }
    }
}

/// How packets of a series are cited in columns and in sentences.
pub(super) const SHORT_CITE: &str = "(2#17 stands for packet 17 of file 2)";

/// Who prints a text: `client, Chromium`, or `client, if ws (Node.js)` where that is a guess.
pub(super) fn printer(hint: &LogHint) -> String {
    let guess = if hint.recognised { "" } else { "if " };
    format!("{}, {guess}{}", hint.side.name(), hint.library)
}

/// `address:port`, an IPv6 address in brackets.
pub(super) fn endpoint(endpoint: &EndpointReport) -> String {
    match endpoint.address.contains(':') {
        true => format!("[{}]:{}", endpoint.address, endpoint.port),
        false => format!("{}:{}", endpoint.address, endpoint.port),
    }
}

/// The endpoint on a side.
pub(super) fn endpoint_of(connection: &ConnectionReport, side: SideName) -> String {
    match side {
        SideName::Client => endpoint(&connection.client),
        SideName::Server => endpoint(&connection.server),
    }
}

/// From the sender of `side`'s bytes to their receiver.
pub(super) fn direction(connection: &ConnectionReport, side: SideName) -> String {
    let (client, server) = (endpoint(&connection.client), endpoint(&connection.server));
    match side {
        SideName::Client => format!("{client} → {server}"),
        SideName::Server => format!("{server} → {client}"),
    }
}

/// `ws://host/path`, as far as the request was captured.
pub(super) fn url(connection: &ConnectionReport) -> String {
    let scheme = if connection.transport.contains("tls") { "wss" } else { "ws" };
    let HandshakeReport { host, path, .. } = &connection.handshake;
    match (host, path) {
        (None, None) if tls_lines::is_unread(connection) => {
            let name = connection.tls.as_ref().and_then(|tls| tls.server_name.clone());
            let name = name.unwrap_or_else(|| endpoint(&connection.server));
            let how = match tls_lines::has_failed(connection) {
                true => "TLS handshake failed",
                false => "inferred",
            };
            format!("{scheme}://{name} ({how})")
        }
        (None, None) => format!("{scheme}, request not captured"),
        // A proxy is asked for the whole URI (RFC 9112 §3.2.2).
        (_, Some(path)) if path.contains("://") && !path.starts_with('/') => path.clone(),
        (host, path) => {
            let host = host.clone().unwrap_or_else(|| endpoint(&connection.server));
            format!("{scheme}://{host}{}", path.as_deref().unwrap_or(""))
        }
    }
}

/// `1002 (Protocol Error)`.
pub(super) fn code(code: u16) -> String {
    format!("{code} ({})", CloseCode(code).name())
}

/// The code that an API reports, or `unknown`.
pub(super) fn surfaced(reported: Option<u16>, outcome: Outcome) -> String {
    match (reported, outcome) {
        (Some(reported), _) => code(reported),
        (None, Outcome::Open) => "nothing yet".to_owned(),
        (None, _) => "unknown".to_owned(),
    }
}

/// A Close frame's code and reason.
pub(super) fn close(close: &CloseFrameReport) -> String {
    let said = close.code.map_or_else(|| "Close without a code".to_owned(), code);
    match close.reason.as_str() {
        "" => said,
        reason => format!("{said} \"{reason}\""),
    }
}

/// Whether there is anything to say about Close frames: none are expected of a handshake that
/// failed.
pub(super) fn may_have_closed(connection: &ConnectionReport) -> bool {
    let close = &connection.close;
    if tls_lines::is_inferred(connection) {
        return false; // said by what was inferred
    }
    let refused =
        matches!(connection.verdict.outcome, Outcome::Rejected | Outcome::HandshakeFailed);
    !refused || close.client_sent.is_some() || close.server_sent.is_some()
}

/// What the receiver should answer to a breach of `rule`, to be appended to its section; nothing
/// where it need not answer.
pub(super) fn answer(rule: &Rule) -> String {
    match rule.answer {
        "" | "-" => String::new(),
        "1006 at the other side" => "; the other side's API reports 1006".to_owned(),
        answer => match answer.split_once(": ") {
            Some(("client", code)) => format!("; the client's API reports {code}"),
            Some((does, code)) => format!("; expected: the {does}, its API reports {code}"),
            None => format!("; expected answer: {answer}"),
        },
    }
}

/// Whether a Close arrived.
pub(super) fn delivered(delivered: Option<bool>) -> &'static str {
    match delivered {
        Some(true) => "delivered",
        Some(false) => "never delivered",
        None => "delivery unknown",
    }
}

/// Who sent the first Close.
pub(super) fn initiator(initiator: Option<Initiator>) -> &'static str {
    match initiator {
        Some(Initiator::Client) => "the client",
        Some(Initiator::Server) => "the server",
        Some(Initiator::Both) => "both sides at once",
        Some(Initiator::None) => "nobody: no Close frame was sent",
        None => "unknown",
    }
}

/// What to say of a side of which no Close was captured: where something is missing, it may have
/// sent one.
pub(super) fn no_close(connection: &ConnectionReport) -> &'static str {
    match connection.quality.grade {
        Grade::Good => "no Close",
        Grade::Limited | Grade::Poor => "no Close that was captured for certain",
    }
}

/// How TCP ended.
pub(super) fn tcp_end(files: &Files<'_>, end: &TcpEnd) -> String {
    let by = match end.by {
        EndedBy::Client => "the client",
        EndedBy::Server => "the server",
        EndedBy::None => return "nobody, as far as the capture goes".to_owned(),
        EndedBy::Unknown => "one of the two",
    };
    let how = tcp_how(end.how);
    let packet = end.packet.map(|packet| format!(", {}", files.packet(packet)));
    let packet = packet.unwrap_or_default();
    format!("{by}, {how}{packet}")
}

/// `FIN`, `RST` or `nothing`.
pub(super) fn tcp_how(how: EndedHow) -> &'static str {
    match how {
        EndedHow::Fin => "FIN",
        EndedHow::Rst => "RST",
        EndedHow::None => "nothing",
    }
}

/// `1 frame`, `2 frames`, `12_000 frames`.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = match number {
        1 => "",
        _ if what.ends_with('h') => "es",
        _ => "s",
    };
    format!("{} {what}{plural}", grouped(number))
}

/// `12 bytes`.
pub(super) fn bytes(number: u64) -> String {
    count(number, "byte")
}

/// Decimal digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// What a capture held: `12 packets, 3 TCP connections (2 TLS), 1 WebSocket`.
pub(super) fn held(capture: &CaptureReport) -> String {
    let tls = match (capture.tls_streams, capture.tls_unread) {
        (0, _) => String::new(),
        (tls, 0) => format!(" ({} TLS, decrypted)", grouped(tls)),
        (tls, unread) if tls == unread => {
            format!(" ({} TLS: what is in them cannot be told)", grouped(tls))
        }
        (tls, unread) => {
            format!(" ({} TLS: {} decrypted)", grouped(tls), grouped(tls.saturating_sub(unread)))
        }
    };
    format!(
        "{}, {}{tls}, {}",
        count(capture.packets, "packet"),
        count(capture.tcp_streams, "TCP connection"),
        count(capture.websockets, "WebSocket")
    )
}

/// The packets of which nothing was made: `5 packets UDP, 1 packet ARP`.
pub(super) fn not_analysed(capture: &CaptureReport) -> String {
    let rows = capture.not_analysed.iter();
    let list: Vec<String> =
        rows.map(|row| format!("{} {}", count(row.packets, "packet"), row.what)).collect();
    list.join(", ")
}

/// What it hides, the packets around it, and what became of it.
pub(super) fn blind_spot(files: &Files<'_>, spot: &BlindSpot) -> String {
    let near = match spot.packets.as_slice() {
        [] => String::new(),
        near => format!(" (see {})", files.packets(near)),
    };
    let hides = format!("{}{near}", spot.hides);
    let parts = [hides, spot.lowered.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The grade of a capture, and what that means.
pub(super) fn quality(quality: &CaptureQuality) -> String {
    let because = match (quality.grade, quality.reasons.as_slice()) {
        (Grade::Good, _) | (_, []) => String::new(),
        (_, reasons) => format!("; because of: {}", reasons.join("; ")),
    };
    format!("{}; {}{because}", quality.grade.name(), quality.summary)
}

/// What one side sent by TCP.
pub(super) fn tcp_side(tcp: &TcpSide) -> String {
    let mut parts = vec![count(tcp.segments, "segment"), bytes(tcp.bytes)];
    if !tcp.has_start {
        parts.push("SYN not captured".to_owned());
    }
    let rare = [
        (tcp.lost_bytes, "byte", " not captured"),
        (tcp.repeated_bytes, "byte", " captured more than once"),
        (tcp.zero_windows, "zero window", ""),
        (tcp.keep_alives, "keep-alive probe", ""),
        (tcp.ignored_resets, "reset", " that no receiver accepts"),
    ];
    let there = rare.into_iter().filter(|(number, ..)| *number > 0);
    parts.extend(there.map(|(number, what, how)| format!("{}{how}", count(number, what))));
    parts.join(", ")
}

/// The interfaces and comments of a capture; empty when it names none.
pub(super) fn interfaces(capture: &CaptureReport) -> String {
    let named = capture.interfaces.iter().filter(|one| one.name.is_some() || one.dropped.is_some());
    let mut parts: Vec<String> = named
        .map(|one| {
            let name = one.name.as_deref().unwrap_or("without a name");
            let drops = one.dropped.map(|drops| format!(", {} dropped", grouped(drops)));
            format!("{name} ({}{})", one.link_type, drops.unwrap_or_default())
        })
        .collect();
    if capture.comments > 0 {
        parts.push(count(capture.comments, "comment"));
    }
    parts.join(", ")
}

/// What to call the time of the first packet: nothing was opened by a handshake that failed.
pub(super) fn opened(connection: &ConnectionReport) -> &'static str {
    match connection.verdict.outcome {
        Outcome::Rejected | Outcome::HandshakeFailed => "attempted",
        _ => "opened",
    }
}

/// The connections that count: those captured behind an address translation as well count once.
pub(super) fn counted(report: &Report) -> impl Iterator<Item = &ConnectionReport> {
    report.connections.iter().filter(|connection| connection.same_as.is_none())
}

/// Which connection this one is, if it is another one's second capture; its id behind `mark`.
pub(super) fn same_as(connection: &ConnectionReport, mark: &str) -> Option<String> {
    let original = connection.same_as?;
    Some(format!(
        "the same connection as {mark}{original}, captured behind an address translation: it counts once"
    ))
}

/// Who is at fault in which connections: `client`, `#1, #4`; each id is written behind `mark`.
pub(super) fn blamed(report: &Report, mark: &str) -> Vec<(&'static str, String)> {
    const NAMED: usize = 8;
    let parties = [Blame::Client, Blame::Server, Blame::Intermediary, Blame::Unknown];
    let blamed = parties.into_iter().map(|party| {
        let guilty = counted(report).filter(|one| one.verdict.at_fault == party);
        let mut ids: Vec<String> = guilty.map(|one| format!("{mark}{}", one.id)).collect();
        if ids.len() > NAMED {
            let more = ids.len() - NAMED;
            ids.truncate(NAMED);
            ids.push(format!("and {more} more"));
        }
        (party.name(), ids.join(", "))
    });
    blamed.filter(|(_, ids)| !ids.is_empty()).collect()
}

/// What a filter left out.
pub(super) fn hidden(report: &Report) -> Option<String> {
    let Filtered { connections_hidden, findings_hidden } = report.filtered?;
    let connections = count(connections_hidden, "connection");
    let findings = count(findings_hidden, "finding");
    Some(match (connections_hidden, findings_hidden) {
        (0, _) => format!("not shown: {findings} (see --min-severity, --at-fault)"),
        (_, 0) => format!("not shown: {connections}, as asked"),
        _ => format!("not shown: {connections}, and {findings} of those shown, as asked"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_a_proxy_has_its_address_once() {
        let mut connection = super::super::fixture::connection();
        assert_eq!(url(&connection), "ws://server.example/chat");
        connection.handshake.path = Some("http://server.example/chat".into());
        assert_eq!(url(&connection), "http://server.example/chat");
    }

    #[test]
    fn a_rule_that_asks_for_no_answer_names_none() {
        let rule = |id| crate::rules::find(id).expect("a rule of the catalogue");
        assert_eq!(answer(rule("client-frame-unmasked")), "; expected answer: 1002");
        assert_eq!(answer(rule("mask-key-reused")), "");
        let reports = "; the client's API reports 1006";
        assert_eq!(answer(rule("handshake-no-response")), reports);
        let fails = "; expected: the client fails, its API reports 1006";
        assert_eq!(answer(rule("handshake-accept-mismatch")), fails);
    }

    #[test]
    fn numbers_have_groups_and_nouns_a_plural() {
        assert_eq!(count(1, "frame"), "1 frame");
        assert_eq!(count(0, "frame"), "0 frames");
        assert_eq!(bytes(1_234_567), "1_234_567 bytes");
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        let v6 = EndpointReport { address: "2001:db8::1".into(), port: 443 };
        assert_eq!(endpoint(&v6), "[2001:db8::1]:443");
    }
}
