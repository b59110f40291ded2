//! The opening request was sent in the clear to a port that expects TLS.

use crate::endpoint::Side;
use crate::http::{ExpectsTls, Handshake};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{ASK, CLIENT_FIN, CONFORMING, SERVER_FIN, Step};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "plain-http-to-tls-port",
    family: Family::Handshake,
    section: "RFC 6455 §3, RFC 8446 §6.2",
    severity: Severity::Error,
    fault: Fault::Client,
    answer: "client: 1006",
    closes_with: &[],
    summary: "opening request in the clear to a port that expects TLS",
    explanation: "The client asked with ws:// where the server speaks wss://: it sent its request \
        in the clear, and got a TLS alert or an HTTP 400 that says so. The server could read \
        nothing of it. Mostly a URL or a proxy's upstream names the right host and port and the \
        wrong scheme.",
    advice: "Use wss:// in the URL, or let the proxy in front speak TLS to this upstream; or give \
        the port that speaks ws://.",
    breaks: &[ASK, ALERT, SERVER_FIN, CLIENT_FIN],
    keeps: CONFORMING,
    check: Check::Handshake(check),
};

/// A fatal `unexpected_message` in a record of TLS 1.2.
const ALERT: Step = Step::Bytes(Side::Server, &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0A]);

fn check(handshake: &Handshake) -> Option<Breach> {
    let request = handshake.request.as_ref()?;
    Some(match handshake.expects_tls.as_ref()? {
        ExpectsTls::Record(range) => {
            let detail = "the server answered the request with a TLS record";
            Breach::new(detail).at(Side::Server, *range).showing([]).blaming(Fault::Client)
        }
        ExpectsTls::Says(phrase) => {
            let detail = format!("the server's refusal says: {phrase}");
            Breach::new(detail).at(Side::Client, request.head.range).showing([])
        }
    })
}
