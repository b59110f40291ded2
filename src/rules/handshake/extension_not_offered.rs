//! The server accepts an extension that the client did not offer.

use super::evidence::{Asked, Switched};
use crate::http::{ExtensionFault, Extensions, Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN,
    Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-extension-not-offered",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §9.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006, some send 1010",
    closes_with: &[1010],
    summary: "extension accepted that was not offered",
    explanation: "The server may only accept what the client offered. A client that finds \
        another extension fails the connection, because the frames that follow may mean \
        something it does not know. A proxy that removed the offer from the request, or answered \
        on its own, has the same effect.",
    advice: "Accept only extensions that stand in the request. If the client did offer it, look \
        for what removes Sec-WebSocket-Extensions on the way.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
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

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let asked = Asked::of(handshake)?;
    let offered = Extensions::of(&asked.request.head);
    if offered.fault.is_some_and(|fault| fault != ExtensionFault::Empty) {
        return None; // what a malformed offer offers is anyone's guess
    }
    let accepted = handshake.accepted_extensions();
    let foreign = accepted.list.iter().find(|extension| !offered.has(&extension.name))?;
    let field = switched.response.head.first("Sec-WebSocket-Extensions");
    let name = redact::excerpt(&foreign.name);
    Some(switched.breach(field, format!("the server accepted {name}, which was not offered")))
}
