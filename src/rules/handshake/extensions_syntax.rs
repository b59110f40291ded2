//! A list in Sec-WebSocket-Extensions is malformed.

use super::evidence::{Asked, Switched};
use crate::http::{Extensions, Handshake};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES,
    SERVER_FIN, Step, request,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-extensions-syntax",
    family: Family::Handshake,
    section: "RFC 6455 §9.1",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "HTTP 400, or the client fails",
    closes_with: &[],
    summary: "malformed list in Sec-WebSocket-Extensions",
    explanation: "The field is a list of extensions, each a token with parameters behind \
        semicolons, and it is not sent at all when there is none. Whoever receives a list that \
        breaks this grammar has to fail the connection at once; many only ignore the extension, \
        and compression is then silently lost.",
    advice: "Write each extension as `name; parameter; parameter=value`, with commas between \
        extensions, and leave the field out when there is nothing to list.",
    breaks: &[ASKED, ACCEPT, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Handshake(check),
};

const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let of_request = || {
        let asked = Asked::of(handshake)?;
        let fault = Extensions::of(&asked.request.head).fault?;
        let field = asked.request.head.first("Sec-WebSocket-Extensions");
        let detail = format!("the client's list {}", fault.text());
        Some(asked.breach(field, detail).blaming(Fault::Client))
    };
    let of_response = || {
        let answered = Switched::of(handshake)?;
        let fault = Extensions::of(&answered.response.head).fault?;
        let field = answered.response.head.first("Sec-WebSocket-Extensions");
        let detail = format!("the server's list {}", fault.text());
        Some(answered.breach(field, detail).blaming(Fault::Server))
    };
    of_request().or_else(of_response)
}
