//! The client sends before it has the response.

use super::evidence::Asked;
use crate::endpoint::Side;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, SERVER_CLOSES, SERVER_FIN, Step, text,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-early-client-data",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "HTTP 400, or dropped",
    closes_with: &[],
    summary: "client data before the response to the opening request",
    explanation: "Until the response has arrived the client does not know whether it talks to a \
        WebSocket server, and must send nothing more. What it sends earlier is lost with many \
        servers and proxies, which read their buffer only up to the end of the head, or is taken \
        for a body. That it was early shows by what its packet acknowledges, not by the order of \
        capture.",
    advice: "Send the first message when the library reports that the connection is open, and \
        not before.",
    breaks: &[
        Step::Together(&[ASK, text("early").from_client()]),
        ACCEPT,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    let early = handshake.early_data?;
    // A repeated request may have been answered before the capture began.
    asked.request.head.acked?;
    if asked.is_draft() {
        return None; // hixie-76 sends eight bytes behind the head
    }
    let detail = format!("{} bytes were sent before the response had arrived", early.len());
    Some(asked.breach(None, detail).at(Side::Client, early))
}
