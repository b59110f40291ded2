//! The server chooses a subprotocol that the client did not offer.

use super::evidence::{Asked, Switched};
use crate::http::{Handshake, redact};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-subprotocol-not-offered",
    family: Family::Handshake,
    section: "RFC 6455 §4.1, §4.2.2",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006",
    closes_with: &[],
    summary: "subprotocol chosen that was not offered",
    explanation: "The server may choose one of the subprotocols that the client offered, letter \
        by letter, or none; then it leaves the field out. A client that finds another one, \
        several, or an empty value fails the connection. Servers that echo the whole list, or \
        always name their favourite, break this.",
    advice: "Choose one element of the list in the request and send exactly that, or do not send \
        the field.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let asked = Asked::of(handshake)?;
    let mut fields = switched.response.head.all("Sec-WebSocket-Protocol");
    let field = fields.next()?;
    let chosen = field.value.as_str();
    let offered = || asked.request.head.list("Sec-WebSocket-Protocol");
    let detail = if fields.next().is_some() || chosen.contains(',') {
        "the server chose more than one subprotocol".to_owned()
    } else if chosen.is_empty() {
        "the field is empty".to_owned()
    } else if offered().any(|one| one == chosen) {
        return None;
    } else {
        let shown = redact::subprotocol(chosen);
        match (offered().any(|one| one.eq_ignore_ascii_case(chosen)), offered().count()) {
            (true, _) => format!("{shown} was offered in other letter case"),
            (false, 0) => format!("the server chose {shown}, and the client offered none"),
            (false, count) => {
                format!("the server chose {shown}, which is none of the {count} offered")
            }
        }
    };
    let breach = switched.breach(Some(field), detail);
    Some(if chosen.len() > 16 { breach.showing([]) } else { breach }) // may be a credential
}
