//! The response 101 does not say Upgrade: websocket.

use super::evidence::Switched;
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-response-upgrade-missing",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006",
    closes_with: &[],
    summary: "101 without Upgrade: websocket",
    explanation: "The response has to name the protocol to which it switches, and for a \
        WebSocket that is the single value websocket, in any case. A client that does not find \
        it fails the connection although the server considers it open; the server then sees the \
        connection end for no reason.",
    advice: "Send `Upgrade: websocket` with the 101. If the server does, something between \
        removed it: let the proxy pass it on.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let mut fields = switched.response.head.all("Upgrade");
    let field = fields.next();
    let detail = match field {
        // §4.1: the value itself has to match, not an element of it.
        Some(found) if found.value.eq_ignore_ascii_case("websocket") => return None,
        Some(found) => format!("Upgrade is {}", redact::excerpt(&found.value)),
        None => "there is no Upgrade field".to_owned(),
    };
    Some(switched.breach(field, detail))
}
