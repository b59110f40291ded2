//! The answer keeps a larger window for the server than the client can inflate.

use super::negotiation::{Negotiation, accepting, offering};
use crate::http::Handshake;
use crate::http::deflate::{Parameters, WindowBits};
use crate::rules::{Breach, Check, Family, Fault, Rule, Severity};
use crate::script::{CLIENT_CLOSES, CLIENT_FIN, HELLO, SERVER_CLOSES, SERVER_FIN};
use crate::ws::Compressor;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-server-bits-larger",
    family: Family::Deflate,
    section: "RFC 7692 §7.1.2.1",
    severity: Severity::Error,
    fault: Fault::Server,
    answer: "client fails: 1006, some send 1010",
    closes_with: &[1010],
    summary: "server window larger than the offer allows",
    explanation: "An offer with server_max_window_bits says how far back the client can look \
        while it inflates. A server accepts such an offer by answering with the same number or a \
        smaller one; a larger one, or none, which means 15, announces messages that the client \
        cannot inflate, so that it has to fail the connection.",
    advice: "Answer with the offered server_max_window_bits or less and compress \
        accordingly, or decline the offer.",
    breaks: &[
        offering!("permessage-deflate; server_max_window_bits=10"),
        accepting!("permessage-deflate; server_max_window_bits=12"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        offering!("permessage-deflate; server_max_window_bits=10"),
        accepting!("permessage-deflate; server_max_window_bits=9"),
        HELLO,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Handshake(check),
};

fn check(handshake: &Handshake) -> Option<Breach> {
    let negotiation = Negotiation::of(handshake)?;
    let bits =
        |parameters: &Parameters| parameters.max_window_bits.server.and_then(WindowBits::bits);
    let answered = bits(negotiation.answer.as_ref().ok()?);
    let offered = negotiation.offers.iter().map(bits).collect::<Option<Vec<u8>>>()?;
    let offered = offered.into_iter().max()?; // an offer that leaves it open allows anything
    let detail = match answered {
        Some(bits) if bits <= offered => return None,
        Some(bits) => {
            format!("server_max_window_bits={bits} in the answer, {offered} in the offer")
        }
        None if offered == Compressor::MAX_WINDOW_BITS => return None, // says the same
        None => format!("the offer has server_max_window_bits={offered}, the answer does not"),
    };
    Some(negotiation.breach(detail))
}
