//! A Close with a single byte of payload.

use crate::rules::{Breach, Check, Context, Family, Fault, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, SERVER_FAILS, SERVER_FIN, close, text};
use crate::ws::ControlFrame;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "close-body-one-byte",
    family: Family::Close,
    section: "RFC 6455 §5.5.1",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "Close with a payload of one byte",
    explanation: "The payload of a Close is either empty or begins with a status code of two bytes. A single byte is \
        half a code. Some receivers fail the connection, others pass over it and report 1005, so that \
        the two sides disagree about how the connection ended.",
    advice: "Send no payload at all, or two bytes of status code in network byte order and then the reason.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"\x03").from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        text("hello").from_client(),
        text("hello yourself").from_server(),
        close(b"").from_client(),
        close(b"").from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Close(check),
};

fn check(close: &ControlFrame, _: &Context<'_>) -> Option<Breach> {
    (close.payload_len == 1).then(|| Breach::new("one byte, where a status code has two"))
}
