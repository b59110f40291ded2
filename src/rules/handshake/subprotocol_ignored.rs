//! The client offers subprotocols and the server chooses none.

use super::evidence::{Asked, Switched};
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN, Step, request, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-subprotocol-ignored",
    family: Family::Handshake,
    section: "RFC 6455 §1.9, §4.2.2",
    severity: Severity::Warning,
    fault: Fault::Server,
    answer: "client may fail: 1006",
    closes_with: &[],
    summary: "subprotocols offered and none chosen",
    explanation: "RFC 6455 lets a server choose none, but many clients take it as a refusal: \
        browsers, ws and undici in Node and tungstenite fail the connection when they offered a \
        subprotocol and the response names none. Others carry on and then speak a subprotocol \
        that the server never agreed to.",
    advice: "Let the server choose one of those offered, or let the client offer none. Where the \
        list only carries a credential, the server has to choose another element of it.",
    breaks: &[ASKED, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: &[ASKED, CHOSEN, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\r\n",
);
const ASKED: Step = request(
    "GET /chat HTTP/1.1\r\n\
    Host: server.example\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\r\n",
);
const CHOSEN: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let asked = Asked::of(handshake)?;
    let offered = asked.request.head.list("Sec-WebSocket-Protocol").count();
    if offered == 0 || switched.response.head.first("Sec-WebSocket-Protocol").is_some() {
        return None;
    }
    let noun = if offered == 1 { "subprotocol" } else { "subprotocols" };
    let detail = format!("the client offered {offered} {noun}, and the response names none");
    Some(switched.breach(None, detail))
}
