//! Two connections have the same Sec-WebSocket-Key.

use super::evidence::Asked;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request,
    response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-key-reused",
    family: Family::Handshake,
    section: "RFC 6455 §4.1",
    severity: Severity::Warning,
    fault: Fault::Client,
    answer: "-",
    closes_with: &[],
    summary: "the same Sec-WebSocket-Key on another connection",
    explanation: "The key is to be random for each connection, so that an answer that a cache \
        kept from another one does not match. A fixed key mostly comes from a request written by \
        hand or a broken random source, and lets such an answer pass unnoticed. A proxy that \
        repeats a request on a second connection does the same and is not the client.",
    advice: "Draw a fresh key for every connection from a proper random source.",
    breaks: &[
        ASK,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
        Step::NextConnection,
        ASK,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
        Step::NextConnection,
        ASK_AFRESH,
        ACCEPT_AFRESH,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Handshake(check),
};

const ASK_AFRESH: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n",
);
const ACCEPT_AFRESH: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
);

/// The key with which RFC 6455 §1.3 explains the handshake.
const SAMPLE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn check(handshake: &Handshake) -> Option<Breach> {
    let asked = Asked::of(handshake)?;
    handshake.key_used_before?;
    let field = asked.only_key()?;
    let sample = match field.value.as_str() {
        SAMPLE_KEY => "; it is the sample key of RFC 6455, so the request was copied from there",
        _ => "",
    };
    let detail = format!("an earlier connection was opened with the same key{sample}");
    let breach = asked.breach(Some(field), detail);
    Some(match asked.proxy_field() {
        // A proxy tries again on a new connection when the server behind it fails.
        Some(_) => asked.or_someone_between(breach),
        None => breach,
    })
}
