//! The response 101 announces a body.

use super::evidence::Switched;
use crate::http::Handshake;
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{
    ASK, CLIENT_CLOSES, CLIENT_FIN, CONFORMING, HELLO, SERVER_CLOSES, SERVER_FIN, Step, response,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "handshake-101-with-body-headers",
    family: Family::Handshake,
    section: "RFC 6455 §4.2.2; RFC 9110 §8.6, RFC 9112 §6.1",
    severity: Severity::Warning,
    fault: Fault::Server,
    answer: "-",
    closes_with: &[],
    summary: "101 with Transfer-Encoding or Content-Length",
    explanation: "A 101 has no body; the frames begin right behind its head. A Transfer-Encoding \
        or a Content-Length in it mostly comes from a framework or a proxy that goes on to treat \
        the connection as HTTP. The next thing such a one does is to write chunk sizes between \
        the frames, or to cut the stream off.",
    advice: "Send the 101 without either field, and keep middleware such as compression and \
        buffering away from it.",
    breaks: &[ASK, ANSWERED, HELLO, CLIENT_CLOSES, SERVER_CLOSES, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

const ANSWERED: Step = response(
    "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Transfer-Encoding: chunked\r\n\
    Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n\r\n",
);

fn check(handshake: &Handshake) -> Option<Breach> {
    let switched = Switched::of(handshake)?;
    let head = &switched.response.head;
    let length = head.all("Content-Length").find(|field| field.value != "0");
    let field = head.first("Transfer-Encoding").or(length)?;
    let name = if length == Some(field) { "Content-Length, not 0" } else { "Transfer-Encoding" };
    Some(switched.breach(Some(field), format!("the 101 has {name}")).showing([]))
}
