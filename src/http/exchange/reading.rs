//! The steps of an exchange: a request, a response, a body.

use super::{
    Asked, Attempt, BodyStart, Exchange, MOST_PACKETS, Over, Sources, State, Tunnel, What, Why,
};
use crate::endpoint::{PerSide, Side};
use crate::http::body::{Body, Step};
use crate::http::head::{Fields, Parsed, Refusal, StartLine, read_request, read_response};
use crate::http::inlet::Found;
use crate::http::opening::{Opening, classify};
use crate::http::{ExpectsTls, Handshake, Head, Request, Response};
use crate::tcp::Range64;

/// What was read of the server's stream.
pub(super) enum Read {
    /// Nothing: more has to be pushed.
    Nothing,
    /// Something.
    Some,
    /// The response that switches to WebSocket.
    Switched(Box<Tunnel>),
}

/// What a head says of the messages behind it; the head itself where it matters.
struct Received {
    asked: What,
    body: Option<Body>,
}

/// A final response.
struct Answer {
    status: u16,
    /// Its body, unless the request's method was HEAD.
    body: Option<Body>,
    speaks_websocket: bool,
    /// How much of the client's stream was acknowledged by then.
    acked: Option<u64>,
    /// Where it begins.
    start: u64,
    /// Where it ends.
    end: u64,
    /// The whole of it, if it may answer an opening handshake.
    response: Option<Response>,
}

/// A request to switch to WebSocket: it says so, or it has the key that nothing else has. A proxy
/// that does not know WebSocket removes `Upgrade` but not the key.
fn asks_for_websocket(fields: &Fields<'_>) -> bool {
    fields.has_token("Upgrade", "websocket") || fields.has("Sec-WebSocket-Key")
}

impl Exchange {
    /// Takes a step in the client's stream. Whether there was one to take.
    pub(super) fn read_client(&mut self, sources: &dyn Sources) -> bool {
        match self.states.client {
            State::Head => self.read_request(sources),
            State::Body { then_wait, .. } => {
                let next = if then_wait { State::Waiting } else { State::Head };
                self.skip_body(Side::Client, next)
            }
            State::Waiting | State::Lost => false,
        }
    }

    /// Takes a step in the server's stream.
    pub(super) fn read_server(&mut self, sources: &dyn Sources) -> Read {
        match self.states.server {
            State::Head => self.read_response(sources),
            State::Body { .. } => {
                if self.skip_body(Side::Server, State::Head) {
                    Read::Some
                } else {
                    Read::Nothing
                }
            }
            State::Waiting | State::Lost => Read::Nothing,
        }
    }

    fn skip_body(&mut self, side: Side, next: State) -> bool {
        let State::Body { body, .. } = &mut self.states[side] else { return false };
        let (start, was_cut) = (self.inlets[side].offset(), self.inlets[side].is_cut());
        let refusal = self.refusal.as_mut().filter(|_| side == Side::Server);
        let looked_at = refusal.map(|refusal| {
            (
                refusal,
                self.inlets[side]
                    .unread()
                    .iter()
                    .copied()
                    .take(BodyStart::MOST)
                    .collect::<Vec<u8>>(),
            )
        });
        let step = body.skip(&mut self.inlets[side]);
        if let Some((refusal, bytes)) = looked_at {
            let passed = self.inlets[side].offset().saturating_sub(start);
            let passed = usize::try_from(passed).unwrap_or(usize::MAX).min(bytes.len());
            let is_cut = was_cut && passed < BodyStart::MOST;
            let found = refusal.push(bytes.get(..passed).unwrap_or_default());
            if let Some(attempt) = self.attempts.get_mut(refusal.attempt)
                && (found.is_some() || is_cut)
            {
                attempt.expects_tls = found.map(ExpectsTls::Says);
                attempt.lost_refusal = found.is_none();
            }
            if found.is_some() || is_cut || refusal.is_full() {
                self.refusal = None;
            }
        }
        match step {
            Step::Over => self.states[side] = next,
            Step::Lost => self.lose(side, Why::BodyWithoutEnd),
            Step::More => return false,
        }
        true
    }

    /// The length of the head that comes next in `side`'s stream, if it is all there. What cannot
    /// become a head ends the direction.
    fn next_head(&mut self, side: Side, due: Opening) -> Option<usize> {
        let inlet = &mut self.inlets[side];
        inlet.skip_line_ends();
        match classify(inlet.unread()) {
            opening if opening == due => {}
            Opening::NeedMore if inlet.is_cut() => {
                self.lose(side, Why::HoleInHead);
                return None;
            }
            Opening::NeedMore => return None,
            Opening::Tls if side == Side::Server && !self.is_fresh.client => {
                // It answers a request in the clear.
                let start = self.inlets.server.offset();
                self.tls_record = Some(Range64 { start, end: start.saturating_add(1) });
                self.lose(side, Why::NoHead);
                return None;
            }
            Opening::Tls if self.is_fresh[side] => {
                self.over = Some(Over::Tls);
                return None;
            }
            _ => {
                self.lose(side, Why::NoHead);
                return None;
            }
        }
        match self.inlets[side].head(self.limits.head) {
            Found::Within(len) => return Some(len),
            Found::Later => {}
            Found::TooLong => self.lose(side, Why::HeadTooLong),
            Found::Cut => self.lose(side, Why::HoleInHead),
        }
        None
    }

    fn refuse(&mut self, side: Side, refusal: Refusal) {
        let why = match refusal {
            Refusal::TooManyFields => Why::TooManyFields,
            Refusal::Malformed => Why::MalformedHead,
        };
        self.lose(side, why);
    }

    fn read_request(&mut self, sources: &dyn Sources) -> bool {
        if self.inlets.client.is_empty() {
            return false;
        }
        let Some(len) = self.next_head(Side::Client, Opening::Request) else {
            return self.states.client == State::Lost;
        };
        let start = self.inlets.client.offset();
        let bytes = self.inlets.client.unread().get(..len).unwrap_or_default();
        let received =
            read_request(bytes, self.limits.fields).map(|parsed| received(&parsed, start, sources));
        self.inlets.client.consume(len);
        let received = match received {
            Ok(received) => received,
            Err(refusal) => {
                self.refuse(Side::Client, refusal);
                return true;
            }
        };
        self.is_fresh.client = false;
        let then_wait = received.asked.makes_wait();
        if self.states.server == State::Lost {
            self.remember_unanswered(received.asked, None);
            if then_wait {
                self.stop(Side::Client);
                return true;
            }
        } else {
            self.outstanding.push_back(Asked { start, what: received.asked });
        }
        match received.body {
            Some(body) => self.states.client = State::Body { body, then_wait },
            None => self.lose(Side::Client, Why::BodyWithoutEnd),
        }
        true
    }

    fn read_response(&mut self, sources: &dyn Sources) -> Read {
        // How a response is framed depends on the request, so it waits for that one, unless the
        // capture will never have it.
        let client_is_done = self.has_ended || self.states.client == State::Lost;
        if self.inlets.server.is_empty() || (self.outstanding.is_empty() && !client_is_done) {
            return Read::Nothing;
        }
        let Some(len) = self.next_head(Side::Server, Opening::Response) else {
            let is_done = self.over.is_some() || self.states.server == State::Lost;
            return if is_done { Read::Some } else { Read::Nothing };
        };
        let start = self.inlets.server.offset();
        let bytes = self.inlets.server.unread().get(..len).unwrap_or_default();
        let to_attempt = matches!(self.outstanding.front(), Some(asked) if asked.is_attempt());
        let answer = read_response(bytes, self.limits.fields)
            .map(|parsed| answer(&parsed, to_attempt, start, sources));
        self.inlets.server.consume(len);
        match answer {
            Ok(answer) => self.answer(answer, sources),
            Err(refusal) => {
                self.refuse(Side::Server, refusal);
                Read::Some
            }
        }
    }

    /// What a response does to the exchange.
    fn answer(&mut self, answer: Answer, sources: &dyn Sources) -> Read {
        self.is_fresh.server = false;
        // RFC 9110 §15.2: interim responses precede the final one; 101 is final for us.
        if (100..200).contains(&answer.status) && answer.status != 101 {
            return Read::Some;
        }
        // Whoever had not received a byte of the request cannot have answered it: this answers one
        // that was not captured, or none (a 408 that crossed the request). Nor was a request
        // answered before it was sent; a repeated response may acknowledge what it does not answer,
        // and of a repeated request it is not known when it was first sent.
        let is_stray = self.outstanding.front_mut().is_some_and(|asked| {
            let was_there = asked.received(sources).is_none_or(|received| received > answer.start);
            let was_there = was_there && asked.is_attempt();
            was_there || answer.acked.is_some_and(|acked| acked <= asked.start)
        });
        let asked = if is_stray && answer.status != 101 {
            self.has_stray = true;
            None
        } else {
            self.outstanding.pop_front().map(|asked| asked.what)
        };
        match (answer.status, asked) {
            (101, Some(What::WebSocket(attempt))) if !attempt.is_draft() => {
                self.switch(Some(*attempt), answer, sources)
            }
            (101, None) if answer.speaks_websocket => self.switch(None, answer, sources),
            (101, _) => {
                self.over = Some(Over::OtherProtocol);
                Read::Some
            }
            (200..300, Some(What::Connect)) => {
                // RFC 9110 §9.3.6: the tunnel begins right behind both heads.
                self.resume_client();
                self.is_fresh = PerSide { client: true, server: true };
                Read::Some
            }
            (_, asked) => {
                self.refused(asked, answer);
                Read::Some
            }
        }
    }

    /// A final response that switches nothing: its body comes next, and the client goes on.
    fn refused(&mut self, asked: Option<What>, answer: Answer) {
        let body = match asked {
            Some(What::Head) => Some(Body::NONE),
            _ => answer.body,
        };
        match body {
            Some(body) => self.states.server = State::Body { body, then_wait: false },
            None => self.lose(Side::Server, Why::BodyWithoutEnd),
        }
        if asked.as_ref().is_some_and(What::makes_wait) {
            self.resume_client();
        }
        self.refusal = None;
        if let Some(What::WebSocket(attempt)) = asked {
            self.refusal = (answer.status == 400).then(|| BodyStart::new(self.attempts.len()));
            self.remember(Handshake {
                request: Some(attempt.request),
                response: answer.response,
                ..Handshake::default()
            });
        }
    }

    /// The client's stream goes on with requests behind one to switch.
    fn resume_client(&mut self) {
        self.states.client = match self.states.client {
            State::Waiting => State::Head,
            State::Body { body, .. } => State::Body { body, then_wait: false },
            state => state,
        };
    }

    /// The server switches to WebSocket.
    fn switch(&mut self, attempt: Option<Attempt>, answer: Answer, sources: &dyn Sources) -> Read {
        let response_end = answer.end;
        let start = attempt.as_ref().and_then(|attempt| {
            // RFC 9110 §7.8: the client sends its whole request before anything in the new
            // protocol. An announced body that was not sent before the response may never be: then
            // what follows is frames, and nothing tells.
            let is_behind_request = self.states.client == State::Waiting;
            let start = self.inlets.client.offset();
            let body_came = !attempt.has_body
                || acked(Side::Client, start, sources).is_some_and(|acked| acked < response_end);
            (is_behind_request && body_came).then_some(start)
        });
        if let Some(before) = self.attempts.last_mut() {
            before.retried = true;
        }
        let mut held = PerSide::from_fn(|side| self.inlets[side].drain());
        if start.is_none() {
            held.client.clear();
        }
        let mut tunnel = Tunnel {
            handshake: Handshake {
                request: attempt.map(|attempt| attempt.request),
                response: answer.response,
                ..Handshake::default()
            },
            held,
            start: PerSide { client: start, server: Some(response_end) },
            response_end,
            is_early: true,
        };
        tunnel.note_held(sources);
        Read::Switched(Box::new(tunnel))
    }
}

fn received(parsed: &Parsed<'_>, start: u64, sources: &dyn Sources) -> Received {
    let fields = &parsed.fields;
    let body = Body::of_request(fields);
    let StartLine::Request { method, target } = parsed.start else {
        return Received { asked: What::Ordinary, body };
    };
    let asked = if asks_for_websocket(fields) {
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            head: cited(parsed.to_head(start), Side::Client, sources),
        };
        What::WebSocket(Box::new(Attempt { request, has_body: body != Some(Body::NONE) }))
    } else if method.eq_ignore_ascii_case("CONNECT") {
        What::Connect
    } else if fields.has("Upgrade") && fields.has_token("Connection", "upgrade") {
        What::OtherProtocol
    } else if method.eq_ignore_ascii_case("HEAD") {
        What::Head
    } else {
        What::Ordinary
    };
    Received { asked, body }
}

fn answer(parsed: &Parsed<'_>, to_attempt: bool, start: u64, sources: &dyn Sources) -> Answer {
    let fields = &parsed.fields;
    let (status, reason) = match parsed.start {
        StartLine::Status { code, reason } => (code, reason),
        StartLine::Request { .. } => (0, ""),
    };
    let end = parsed.end(start);
    let whole = || Response {
        status,
        reason: reason.to_owned(),
        head: cited(parsed.to_head(start), Side::Server, sources),
    };
    Answer {
        status,
        body: Body::of_response(status, fields),
        speaks_websocket: fields.has_token("Upgrade", "websocket")
            || fields.has("Sec-WebSocket-Accept"),
        acked: acked(Side::Server, end, sources),
        start,
        end,
        response: (to_attempt || status == 101).then(whole),
    }
}

/// How much of the peer's stream was acknowledged by the packet with the last byte before `end`.
fn acked(side: Side, end: u64, sources: &dyn Sources) -> Option<u64> {
    sources.locate(side, end.checked_sub(1)?)?.acked
}

/// The head with the packets that carried it.
fn cited(mut head: Head, side: Side, sources: &dyn Sources) -> Head {
    head.packets = sources.packets(side, head.range, MOST_PACKETS);
    head.acked = acked(side, head.range.end, sources);
    head
}
