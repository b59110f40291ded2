//! The stages of one connection, and what leads from one to the next.
//!
//! In: events of the stream, of TCP or of the plaintext in TLS. Out: each handed to the stage that
//! reads it, what waited handed on to the next.

use super::{Flow, carrier};
use crate::endpoint::{PerSide, Side};
use crate::http::{Exchange, Handshake, Note, Over, Progress, Tunnel, Why};
use crate::pipeline::carrier::Carrier;
use crate::pipeline::conversation::Conversation;
use crate::pipeline::findings::Findings;
use crate::pipeline::identity::{Identity, KeyUse};
use crate::pipeline::undecided::{Decision, Undecided};
use crate::tcp::{Range64, Released, StreamEvent};
use crate::ws::search::{Found, Look, Search};

/// How far a connection has come.
///
/// ```text
///   Undecided ──TLS──▶ Undecided, of the plaintext
///   Undecided ──HTTP──▶ Http ──101──▶ WebSocket ◀──frames──┐
///     │  │                │ └──a hole hides the heads──▶ Searching ──nothing──▶ Over
///     │  └──the start was not captured────────────────────┘                     ▲
///     └──anything else────┴──no upgrade─────────────────────────────────────────┘
///                         └──TLS behind a CONNECT──▶ Undecided, of the plaintext
/// ```
#[derive(Debug)]
pub(super) enum Stage {
    /// Too little is known to say what it is.
    Undecided(Undecided),
    /// TLS, which is still to be read: its first bytes.
    Tls(Vec<(Side, Released)>),
    /// HTTP, perhaps with an opening handshake to come.
    Http(Box<Exchange>),
    /// The heads of an opening handshake were not captured, if there were any: what was is searched
    /// for frames.
    Searching(Box<Search>),
    /// A WebSocket.
    WebSocket(Box<WebSocket>),
    /// There is no WebSocket, or no further one.
    Over,
}

/// A WebSocket, as far as it was read.
#[derive(Debug)]
pub(super) struct WebSocket {
    pub(super) tunnel: Tunnel,
    /// Whether the handshake was not captured.
    pub(super) midstream: bool,
    pub(super) conversation: Conversation,
    pub(super) findings: Findings,
}

impl Flow {
    /// Hands an event to the stage at which the connection is.
    pub(super) fn advance(&mut self, side: Side, event: StreamEvent<'_>) {
        match &mut self.stage {
            Stage::Undecided(undecided) => {
                undecided.hold(side, event);
                // One side lost its start, and the other says nothing: it will not be known.
                let at_last = undecided.held_bytes > self.limits.held;
                self.decide(at_last);
            }
            Stage::Http(exchange) => {
                exchange.push(side, event);
                let carrier = carrier(&self.tcp, self.secure.as_deref());
                let progress = exchange.advance(&carrier);
                self.follow(progress);
            }
            Stage::Searching(search) => {
                search.push(side, event);
                match search.look() {
                    Look::NotYet => {}
                    Look::Found(found) => self.begin_midstream(found),
                    Look::GivenUp => self.stage = Stage::Over,
                }
            }
            Stage::WebSocket(websocket) => {
                websocket.push(side, event, carrier(&self.tcp, self.secure.as_deref()))
            }
            Stage::Tls(held) => held.push((side, event.to_owned())),
            Stage::Over => {}
        }
    }

    /// Nothing more comes of HTTP.
    pub(super) fn end_exchange(&mut self) {
        let Stage::Http(exchange) = &mut self.stage else { return };
        let carrier = carrier(&self.tcp, self.secure.as_deref());
        let progress = exchange.finish(&carrier);
        let attempts = exchange.take_attempts();
        self.given_up = limit_reached(exchange);
        self.note_attempts(attempts);
        self.follow(progress);
    }

    /// Decides what the connection carries, if that is known by now.
    pub(super) fn decide(&mut self, at_last: bool) {
        let Stage::Undecided(undecided) = &mut self.stage else { return };
        let swapped = match undecided.decide(at_last) {
            Decision::NotYet => return,
            Decision::SomethingElse => {
                let lost = undecided.lost;
                let held = std::mem::take(&mut undecided.held);
                self.stage = Stage::Over;
                if self.may_have_begun_before(lost) {
                    self.search(held);
                }
                return;
            }
            Decision::Tls { swapped } => {
                let held = std::mem::take(&mut undecided.held);
                if swapped {
                    self.tcp.swap_sides();
                }
                let of = |side: Side| if swapped { !side } else { side };
                let held = held.into_iter().map(|(side, released)| (of(side), released));
                self.stage = Stage::Tls(held.collect());
                return;
            }
            Decision::Http => false,
            Decision::HttpSwapped => true,
        };
        if swapped {
            self.tcp.swap_sides();
        }
        let held = std::mem::take(&mut undecided.held);
        self.stage = Stage::Http(Box::new(Exchange::new(self.limits.http())));
        for (side, released) in held {
            self.advance(if swapped { !side } else { side }, released.as_event());
        }
    }

    /// Whether an opening handshake may stand before what was captured: of no side the first bytes
    /// are known not to be HTTP.
    fn may_have_begun_before(&self, lost: PerSide<bool>) -> bool {
        Side::BOTH.into_iter().all(|side| {
            let summary = self.carrier().summary(side);
            lost[side] || !summary.has_start || summary.end == 0
        })
    }

    /// Searches what was captured for frames.
    fn search(&mut self, held: Vec<(Side, Released)>) {
        let mut search = Box::new(Search::new(self.limits.search()));
        let unanswered = self.attempts.last().filter(|attempt| attempt.response.is_none());
        if let Some(request) = unanswered.and_then(|attempt| attempt.request.as_ref()) {
            search.expect(Side::Client, request.head.range.end);
        }
        self.stage = Stage::Searching(search);
        for (side, released) in held {
            self.advance(side, released.as_event());
        }
    }

    /// Reads on behind an opening handshake that was not captured.
    pub(super) fn begin_midstream(&mut self, found: Found) {
        let Stage::Searching(search) = &mut self.stage else { return };
        if found.swapped {
            self.tcp.swap_sides();
        }
        let conversation = Conversation::found(
            search,
            found,
            carrier(&self.tcp, self.secure.as_deref()),
            &self.limits,
            self.tap.take(),
        );
        // Of a request that got no answer the answer was lost, then.
        let asked = self.attempts.pop_if(|attempt| attempt.response.is_none());
        let handshake = Handshake { awaited_at: None, ..asked.unwrap_or_default() };
        self.stage = Stage::WebSocket(Box::new(WebSocket {
            tunnel: Tunnel::unanswered(handshake),
            midstream: true,
            conversation,
            findings: Findings::new(&self.limits),
        }));
    }

    /// Keeps attempts to open a WebSocket that came to nothing.
    fn note_attempts(&mut self, attempts: Vec<Handshake>) {
        attempts.iter().for_each(|attempt| self.note_use(attempt));
        self.attempts.extend(attempts);
    }

    /// Notes the key of an opening handshake, unless its bytes are in dispute.
    fn note_use(&mut self, handshake: &Handshake) {
        let carrier = carrier(&self.tcp, self.secure.as_deref());
        let disputed = |side| carrier.summary(side).disputed_from().is_some();
        if !Side::BOTH.into_iter().any(disputed) {
            let identity = Identity::of(handshake, carrier);
            self.uses.extend(KeyUse::of(handshake, identity, self.birth, self.interface));
        }
    }

    /// Goes where the exchange of requests and responses leads.
    pub(super) fn follow(&mut self, progress: Progress) {
        let Stage::Http(exchange) = &mut self.stage else { return };
        match progress {
            Progress::Reading => {}
            Progress::Over(over) => {
                let attempts = exchange.take_attempts();
                self.given_up = limit_reached(exchange);
                let hides_heads = |note: &Note| note.why.is_a_hole();
                let in_a_hole = exchange.notes().iter().any(hides_heads);
                let unread = exchange.take_unread();
                let one_sided =
                    !unread.client.is_empty() && self.tcp.summary(Side::Server).segments == 0;
                let hidden =
                    matches!(over, Over::Ended | Over::NotHttp) && (in_a_hole || one_sided);
                self.stage = Stage::Over;
                self.note_attempts(attempts);
                let PerSide { client, server } = unread;
                let client = client.into_iter().map(|released| (Side::Client, released));
                let server = server.into_iter().map(|released| (Side::Server, released));
                let unread = client.chain(server).collect();
                if over == Over::Tls {
                    self.stage = Stage::Tls(unread);
                } else if hidden {
                    self.search(unread);
                }
            }
            Progress::Switched(mut tunnel) => {
                let attempts = exchange.take_attempts();
                self.given_up = limit_reached(exchange);
                self.note_attempts(attempts);
                self.note_use(&tunnel.handshake);
                let agreement = tunnel.handshake.agreement();
                let conversation =
                    Conversation::new(&agreement, tunnel.start, &self.limits, self.tap.take());
                let held = std::mem::take(&mut tunnel.held);
                let findings = Findings::new(&self.limits);
                let mut websocket = Box::new(WebSocket {
                    tunnel: *tunnel,
                    midstream: false,
                    conversation,
                    findings,
                });
                for side in Side::BOTH {
                    for held in &held[side] {
                        websocket.read(
                            side,
                            held.as_event(),
                            carrier(&self.tcp, self.secure.as_deref()),
                        );
                    }
                }
                self.stage = Stage::WebSocket(websocket);
            }
        }
    }
}

impl WebSocket {
    /// Takes in what comes behind the handshake.
    fn push(&mut self, side: Side, event: StreamEvent<'_>, carrier: Carrier<'_>) {
        if side == Side::Client
            && !self.tunnel.is_settled()
            && let StreamEvent::Data { offset, bytes } = event
        {
            let range = Range64 { start: offset, end: offset + bytes.len() as u64 };
            self.tunnel.note_client(range, &carrier);
        }
        self.read(side, event, carrier);
    }

    fn read(&mut self, side: Side, event: StreamEvent<'_>, carrier: Carrier<'_>) {
        self.conversation.push(side, event, carrier, &mut self.findings);
    }
}

fn limit_reached(exchange: &Exchange) -> Option<Why> {
    exchange.notes().iter().map(|note| note.why).find(|why| why.is_a_limit())
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::*;
    use crate::pipeline::secure::Secure;
    use crate::ws::Decoder;

    /// There may be 110,000 of each at a time: eight bytes more are a megabyte.
    #[test]
    fn a_connection_takes_little_room() {
        assert!(size_of::<Flow>() <= 1_536, "{}", size_of::<Flow>());
        assert!(size_of::<WebSocket>() <= 1_792, "{}", size_of::<WebSocket>());
        assert!(size_of::<Decoder>() <= 512, "{}", size_of::<Decoder>());
        assert!(size_of::<Secure>() <= 2_048, "{}", size_of::<Secure>());
    }
}
