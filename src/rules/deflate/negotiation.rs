//! What a rule on the parameters looks at: the offers, the answer, and a server to play with.

use crate::http::deflate::{DEFLATE, ParameterFault, Parameters, Written};
use crate::http::{Extension, Extensions, Field, Handshake};
use crate::rules::Breach;
use crate::rules::handshake::evidence::{Asked, Switched};
use crate::script::{Step, response};

/// An answer that accepts permessage-deflate, and the offers that it answers.
pub(super) struct Negotiation<'h> {
    /// The offers, in order; never empty.
    pub(super) offers: Vec<Parameters>,
    /// The answer.
    pub(super) answer: Result<Parameters, ParameterFault>,
    switched: Switched<'h>,
    field: Option<&'h Field>,
}

impl<'h> Negotiation<'h> {
    /// `None` where there is none, and where what was offered or accepted cannot be said for sure.
    pub(super) fn of(handshake: &'h Handshake) -> Option<Negotiation<'h>> {
        let switched = Switched::of(handshake)?;
        let offered = Extensions::of(&Asked::of(handshake)?.request.head);
        let accepted = handshake.accepted_extensions();
        if offered.fault.is_some() || accepted.fault.is_some() {
            return None;
        }
        let is_deflate = |extension: &&Extension| extension.is(DEFLATE);
        let mut answers = accepted.list.iter().filter(is_deflate);
        let (Some(answer), None) = (answers.next(), answers.next()) else { return None };
        let offers = offered.list.iter().filter(is_deflate);
        let offers = offers.map(|offer| Parameters::of(offer, Written::InOffer));
        // An offer that has to be declined may have been meant in any way.
        let offers = offers.collect::<Result<Vec<_>, _>>().ok()?;
        if offers.is_empty() {
            return None;
        }
        let answer = Parameters::of(answer, Written::InAnswer);
        let field = switched.response.head.first("Sec-WebSocket-Extensions");
        Some(Negotiation { offers, answer, switched, field })
    }

    /// A breach by the answer.
    pub(super) fn breach(&self, detail: impl Into<String>) -> Breach {
        self.switched.breach(self.field, detail)
    }
}

/// An answer to [`crate::script::ASK_DEFLATE`], with a line `Sec-WebSocket-Extensions`.
macro_rules! accepting {
    ($extension:literal) => {
        crate::rules::deflate::negotiation::answer(concat!(
            "HTTP/1.1 101 Switching Protocols\r\n",
            "Upgrade: websocket\r\n",
            "Connection: Upgrade\r\n",
            "Sec-WebSocket-Accept: dzAUyYvPt/j8Bwj1tYYTuaMlzac=\r\n",
            "Sec-WebSocket-Extensions: ",
            $extension,
            "\r\n\r\n"
        ))
    };
}

/// A request with a line `Sec-WebSocket-Extensions`.
macro_rules! offering {
    ($extension:literal) => {
        crate::script::request(concat!(
            "GET /chat HTTP/1.1\r\n",
            "Host: server.example\r\n",
            "Upgrade: websocket\r\n",
            "Connection: Upgrade\r\n",
            "Sec-WebSocket-Key: d3NibGFtZSBzYW1wbGUhIQ==\r\n",
            "Sec-WebSocket-Version: 13\r\n",
            "Sec-WebSocket-Extensions: ",
            $extension,
            "\r\n\r\n"
        ))
    };
}

pub(super) use {accepting, offering};

pub(super) const fn answer(head: &'static str) -> Step {
    response(head)
}
