//! Bytes of another protocol stand where a frame should begin.
//!
//! The sender's side is blamed, and not the server or an intermediary as such: the capture shows
//! from which address the bytes came, and neither who wrote them behind it nor, on a client's side,
//! that no connection pool did.

use crate::endpoint::Side;
use crate::knowledge::first_bytes::{self, Strength};
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, SERVER_FIN, Step, text};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "injected-http-bytes",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "bytes of another protocol between frames",
    explanation: "Behind the last good frame there are no frames but HTTP, HTML, JSON, a chunk \
        size or a TLS record. Something on this side of the connection writes to the upgraded \
        socket as if it were not upgraded: a second handler in the application, or a gateway or \
        proxy that shares its address. One capture shows the address and not which of them it \
        was. Receivers take the first two bytes for a header and mostly answer 1002; one that \
        reads the payload before it looks at the reserved bits may hang instead.",
    advice: "Find what else writes to this socket: error pages, a second upgrade handler, \
        middleware that runs after the upgrade, a proxy that gives up on the backend. A second \
        capture on the other side of the nearest proxy tells whether the proxy wrote the bytes.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        Step::Bytes(Side::Server, b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n"),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let signature = first_bytes::matches(frame.bytes)?;
    if signature.strength != Strength::Strong || is_second_101(frame.bytes) {
        return None;
    }
    // Applications put JSON into frames all the time: behind a payload that begins with a frame it
    // is the rest of an interrupted write.
    let last = context.direction.last_frame;
    let inner = last.and_then(|last| last.inner_header(context.sender, context.agreement));
    if signature.name.starts_with("JSON") && inner.is_some() {
        return None;
    }
    let status = status(frame.bytes);
    let with_status = status.map(|status| format!(" with status {status}")).unwrap_or_default();
    let name = signature.name;
    let detail = format!("where a frame should begin, there is this: {name}{with_status}");
    // No more than is needed to recognise it: what follows may be anybody's data.
    let enough = if status.is_some() { STATUS_END } else { signature.enough };
    let shown = frame.bytes.get(..enough).unwrap_or(frame.bytes);
    let range = frame.offset..frame.offset.saturating_add(shown.len() as u64);
    Some(Breach::new(detail).at(context.sender, range).showing(shown).losing_sync())
}

/// Behind the three digits of `HTTP/1.1 502`.
const STATUS_END: usize = 12;

/// The digits of the status line that `bytes` begin with (RFC 9112 §4).
fn status(bytes: &[u8]) -> Option<&str> {
    let (name, digits) = bytes.get(..STATUS_END)?.split_first_chunk::<9>()?;
    let is_status =
        name.eq_ignore_ascii_case(b"HTTP/1.1 ") || name.eq_ignore_ascii_case(b"HTTP/1.0 ");
    let digits = str::from_utf8(digits).ok()?;
    (is_status && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

/// A second acceptance of the handshake is a fault of its own.
fn is_second_101(bytes: &[u8]) -> bool {
    status(bytes) == Some("101")
}
