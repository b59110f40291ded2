//! What there is to say of TLS, in lines for the layouts.
//!
//! In: the report of a connection. Out: labels and texts; what was inferred has a label that says
//! so. Nothing is computed here.

use super::cite::Files;
use super::words::{self, count};
use super::{
    ConnectionReport, InferredCloseReport, InferredReport, Outcome, TlsAlert, TlsEarlyData,
    TlsKeys, TlsReport, TlsSideReport,
};

/// The label of everything that was inferred.
const INFERRED: &str = "INFERRED";

/// Seconds of silence before the end that are worth a line.
const WORTH_A_LINE: f64 = 1.0;

/// Label and text of each line.
pub(super) fn lines(connection: &ConnectionReport, files: &Files<'_>) -> Vec<(String, String)> {
    let Some(tls) = &connection.tls else { return Vec::new() };
    let mut lines = vec![("TLS", session(tls))];
    // A handshake that failed is told by what is in the clear.
    if !(has_failed(connection) && tls.keys == TlsKeys::Missing) {
        lines.push(("TLS keys", keys(tls.keys).to_owned()));
    }
    for (label, side) in [("client's TLS", &tls.client), ("server's TLS", &tls.server)] {
        lines.push((label, sent(side, files)));
    }
    if let Some(inferred) = &tls.inferred {
        lines.extend(inference(inferred, files).into_iter().map(|text| (INFERRED, text)));
    }
    lines.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}

/// Whether the connection is one that was not read, and was taken for a WebSocket by its sizes.
pub(super) fn is_inferred(connection: &ConnectionReport) -> bool {
    connection.tls.as_ref().is_some_and(|tls| tls.inferred.is_some())
}

/// Whether its TLS handshake failed, so that nothing could be said inside.
pub(super) fn has_failed(connection: &ConnectionReport) -> bool {
    let shake = &connection.handshake;
    let is_failed = connection.verdict.outcome == Outcome::HandshakeFailed;
    let nothing_asked = shake.request_packets.is_empty() && shake.response_packets.is_empty();
    is_failed && nothing_asked && connection.tls.as_ref().is_some_and(|tls| !tls.established)
}

/// Whether nothing inside TLS was read.
pub(super) fn is_unread(connection: &ConnectionReport) -> bool {
    is_inferred(connection) || has_failed(connection)
}

fn session(tls: &TlsReport) -> String {
    let mut parts = match (&tls.version, &tls.suite) {
        (None, None) => vec!["version and suite not captured".to_owned()],
        (version, suite) => version.iter().chain(suite).cloned().collect(),
    };
    if let Some(name) = &tls.server_name {
        parts.push(format!("server name {name}"));
    }
    if let Some(offered) = &tls.alpn_offered {
        parts.push(format!("ALPN offered: {}", offered.join(", ")));
    }
    if let Some(chosen) = &tls.alpn_chosen {
        parts.push(format!("ALPN chosen: {chosen}"));
    }
    if tls.resumed {
        parts.push("resumed".to_owned());
    }
    match tls.early_data {
        Some(TlsEarlyData::Accepted) => parts.push("early data accepted".to_owned()),
        Some(TlsEarlyData::Rejected) => parts.push("early data rejected".to_owned()),
        Some(TlsEarlyData::Offered) => parts.push("early data offered".to_owned()),
        None => {}
    }
    // Without keys a handshake of TLS 1.3 cannot be seen to finish, though it has.
    if !tls.established && tls.inferred.is_none() {
        parts.push("the handshake was not seen to finish".to_owned());
    }
    parts.join("; ")
}

fn keys(keys: TlsKeys) -> &'static str {
    match keys {
        TlsKeys::Found => "found",
        TlsKeys::Missing => "missing: nothing inside could be read (wsblame explain keylog)",
        TlsKeys::Wrong => "wrong: no record authenticates under those given",
        TlsKeys::Incomplete => "incomplete: not all that are needed were given",
        TlsKeys::Unsupported => {
            "of no use: this version, cipher suite or compression is not decrypted"
        }
        TlsKeys::HelloLost => "not to be found: the hello that names the session was not captured",
    }
}

fn sent(side: &TlsSideReport, files: &Files<'_>) -> String {
    let mut parts = vec![count(side.records, "record")];
    if side.refused > 0 {
        parts.push(format!("{} that did not authenticate", count(side.refused, "record")));
    }
    if side.key_updates > 0 {
        parts.push(count(side.key_updates, "key update"));
    }
    if let Some(close) = &side.close_notify {
        parts.push(format!("close_notify in {}", files.packet(close.packet)));
    }
    parts.extend(side.alerts.iter().map(|alert| alert_line(alert, files)));
    parts.join(", ")
}

fn alert_line(alert: &TlsAlert, files: &Files<'_>) -> String {
    let packet = files.packet(alert.packet);
    match (&alert.level, &alert.name) {
        (Some(level), Some(name)) => format!("{level} alert {name} in {packet}"),
        (None, Some(name)) => format!("alert {name} in {packet}"),
        (_, None) => format!("an encrypted alert in {packet}"),
    }
}

fn inference(inferred: &InferredReport, files: &Files<'_>) -> Vec<String> {
    let sure = inferred.confidence.name();
    let mut lines = vec![format!("a WebSocket ({sure}): {}", inferred.because.join("; "))];
    for (side, end) in [("client", &inferred.client), ("server", &inferred.server)] {
        if let Some(close) = &end.close {
            lines.push(close_line(side, close, files));
        }
        if let Some(packet) = end.close_notify {
            let packet = files.packet(packet);
            lines.push(format!("the {side}'s close_notify: {packet}, by its size or kind"));
        }
    }
    if let Some(beat) = &inferred.keep_alive {
        let [shortest, longest] = beat.interval.map(|millis| millis as f64 / 1e3);
        lines.push(format!(
            "records of the {} of the size of a Ping ({} of payload), {} times, every {shortest:.1} \
             to {longest:.1} s; {} answered by one of the size of the Pong",
            beat.side.name(),
            payload(beat.payload),
            words::grouped(beat.number),
            words::grouped(beat.answered),
        ));
    }
    if let Some(idle) = inferred.idle.filter(|idle| *idle >= WORTH_A_LINE) {
        lines.push(format!("no record of either side for {idle:.3} s before TCP ended"));
    }
    lines
}

fn close_line(side: &str, close: &InferredCloseReport, files: &Files<'_>) -> String {
    let packet = files.packet(close.packet);
    format!("the {side}'s Close: {packet}, by its size ({} of payload)", payload(close.payload))
}

/// `2 bytes`, or `0 to 9 bytes`.
fn payload([least, most]: [u16; 2]) -> String {
    match least == most {
        true => words::bytes(u64::from(most)),
        false => format!("{least} to {}", words::bytes(u64::from(most))),
    }
}
