//! A second 101 follows where frames are due.

use crate::endpoint::Side;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, HELLO, SERVER_FIN};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-double-101",
    family: Family::Handshake,
    section: "RFC 6455 §4.2.2, §5.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "1002, or 1006",
    closes_with: &[1002],
    summary: "a second 101 where a frame was due",
    explanation: "The response that opens the WebSocket is followed by frames and nothing else. \
        A second one shows that two parts of the server both answered the request: a framework \
        and the library inside it, or two listeners on one server. The client reads its letters \
        as a frame header with a reserved bit and fails the connection with 1002.",
    advice: "Let only one of them answer: hand the socket to one WebSocket library, once, and \
        attach one listener for upgrades.",
    breaks: &[ASK, ACCEPT, HELLO, ACCEPT, CLIENT_FAILS, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    if context.sender == Side::Client || !is_switching(frame.bytes) {
        return None;
    }
    // "H" is FIN 0, RSV1 1, opcode 8: a fragmented Close, which no frame may be.
    Some(Breach::new("another HTTP response with status 101 stands here").losing_sync())
}

/// Whether a response with status 101 begins here.
fn is_switching(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(b"HTTP/1.").and_then(<[u8]>::split_first);
    rest.is_some_and(|(digit, rest)| digit.is_ascii_digit() && rest.starts_with(b" 101"))
}
