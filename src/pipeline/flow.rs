//! One TCP connection on its way through the stages.

use std::sync::Arc;

use super::Limits;
use super::carrier::Carrier;
use super::conversation::Conversation;
use super::findings::Findings;
use super::identity::{Identity, Judged, KeyUse, Reused};
use super::network::Opener;
use super::secure::Secure;
use super::tap::StreamTap;
use super::undecided::{Decision, Undecided};
use crate::endpoint::{PerSide, Side};
use crate::http::{Exchange, Handshake, Note, Over, Progress, Tunnel, Why};
use crate::ip::{Layers, Segment, TcpFlags};
use crate::provenance::Timestamp;
use crate::tcp::{Connection, Range64, Released, StreamEvent};
use crate::tls::Keyring;
use crate::ws::search::{Found, Look, Search};

mod judging;
mod secured;

use judging::Subject;
pub(super) use secured::Encrypted;

/// What a connection came to.
pub(super) struct Finished {
    /// The reports on the WebSockets on it, and on what was to become one.
    pub(super) reports: Vec<Judged>,
    /// The limit at which the reading of HTTP ended: what came behind it may have been missed.
    pub(super) given_up: Option<Why>,
    /// Its TLS, if it had that.
    pub(super) encrypted: Option<Encrypted>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Flow {
    /// Which segment of the capture was its first: see [`Flow::birth`].
    birth: u64,
    limits: Arc<Limits>,
    opener: Option<Opener>,
    /// The interface on which its first segment was captured.
    interface: u32,
    /// The tags and tunnels that its segments came through: the first few.
    layers: Vec<Layers>,
    tcp: Connection,
    /// TLS, if that is what TCP carries: then the stage reads its plaintext.
    secure: Option<Box<Secure>>,
    /// Whether the plaintext is TLS once more.
    is_nested: bool,
    stage: Stage,
    /// Attempts to open a WebSocket that came to nothing.
    attempts: Vec<Handshake>,
    /// The limit that ended the reading of HTTP.
    given_up: Option<Why>,
    /// The connection between the same endpoints before this one: its stragglers may still come.
    predecessor: Option<Box<Flow>>,
    /// Where the frames of a WebSocket on it are listed, if that is wanted.
    tap: Option<StreamTap>,
    /// Keys of opening handshakes, to be compared with those of other connections.
    uses: Vec<KeyUse>,
}

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
enum Stage {
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

#[derive(Debug)]
struct WebSocket {
    tunnel: Tunnel,
    /// Whether the handshake was not captured.
    midstream: bool,
    conversation: Conversation,
    findings: Findings,
}

impl Flow {
    /// Kinds of tags and tunnels around one connection that are remembered.
    const MOST_LAYERS: usize = 4;

    /// A connection whose first captured segment is `segment`, which is still to be handed in.
    pub(super) fn new(
        birth: u64,
        segment: &Segment<'_>,
        limits: Arc<Limits>,
        tap: Option<StreamTap>,
    ) -> Flow {
        Flow {
            birth,
            opener: Opener::of(segment),
            interface: segment.interface,
            layers: vec![segment.via.layers()],
            tcp: Connection::new(segment, limits.assembler()),
            secure: None,
            is_nested: false,
            stage: Stage::Undecided(Undecided::default()),
            attempts: Vec::new(),
            given_up: None,
            predecessor: None,
            tap,
            uses: Vec::new(),
            limits,
        }
    }

    /// Which segment of the capture was its first. No two connections have the same, and in this
    /// order Wireshark numbers them.
    pub(super) fn birth(&self) -> u64 {
        self.birth
    }

    /// The time of its latest segment.
    pub(super) fn latest(&self) -> Timestamp {
        self.tcp.last.time
    }

    /// Keys of opening handshakes that were seen since this was asked before.
    pub(super) fn take_uses(&mut self) -> Vec<KeyUse> {
        std::mem::take(&mut self.uses)
    }

    /// The SYN with which it began, if that was captured.
    pub(super) fn opener(&self) -> Option<Opener> {
        self.opener
    }

    /// The limit at which the reading of HTTP ended.
    pub(super) fn given_up(&self) -> Option<Why> {
        self.given_up
    }

    /// Makes `before` the connection whose stragglers may still come, and returns the one before
    /// that, of which none are expected any more. A SYN to which nothing followed has none: an old
    /// copy of one must not come between a connection and its packets.
    pub(super) fn succeed(&mut self, mut before: Box<Flow>) -> Option<Box<Flow>> {
        let older = before.take_predecessor();
        before.end_search();
        if before.tcp.is_unanswered() && older.is_some() {
            self.predecessor = older;
            return None;
        }
        self.predecessor = Some(before);
        older
    }

    /// Connections between the same endpoints before this one that are kept.
    pub(super) fn predecessors(&self) -> usize {
        self.predecessor.as_ref().map_or(0, |before| 1 + before.predecessors())
    }

    /// The connection before this one, if it is still kept.
    pub(super) fn take_predecessor(&mut self) -> Option<Box<Flow>> {
        self.predecessor.take()
    }

    /// Whether a SYN opens a new connection between the same endpoints, and is no late copy of the
    /// one that opened this connection, or the one before it if that goes on.
    pub(super) fn is_reopened_by(&self, syn: &Segment<'_>) -> bool {
        // A SYN may have the number of one long ago; a SYN-ACK tells by two numbers whose it is.
        let opens = !syn.flags.has(TcpFlags::ACK);
        self.tcp.is_reopened_by(syn)
            && self.predecessor.as_ref().is_none_or(|before| {
                opens && before.tcp.is_over() || before.tcp.is_reopened_by(syn)
            })
    }

    /// Whether `segment`, which came another way than those before it, is one of this connection.
    pub(super) fn fits(&self, segment: &Segment<'_>) -> bool {
        if segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK) {
            return !self.is_reopened_by(segment);
        }
        let before = self.predecessor.as_ref();
        self.tcp.fits(segment) || before.is_some_and(|before| before.tcp.fits(segment))
    }

    /// Whether TCP has ended on it.
    pub(super) fn is_over(&self) -> bool {
        self.tcp.is_over()
    }

    /// Whether `segment` is the SYN with which it began: its numbers may fit its predecessor too.
    fn is_opened_by(&self, segment: &Segment<'_>) -> bool {
        self.opener.is_some() && self.opener == Opener::of(segment)
    }

    /// Whether it is certain that there is no WebSocket on it, nor an attempt at one.
    pub(super) fn is_something_else(&self) -> bool {
        matches!(self.stage, Stage::Over) && self.attempts.is_empty()
    }

    /// Whether a WebSocket was found on it, or asked for.
    pub(super) fn is_promising(&self) -> bool {
        !self.attempts.is_empty()
            || self.predecessor.as_ref().is_some_and(|before| before.is_promising())
            || match &self.stage {
                Stage::WebSocket(_) => true,
                Stage::Http(exchange) => exchange.awaits_upgrade(),
                Stage::Searching(_) | Stage::Undecided(_) | Stage::Tls(_) | Stage::Over => false,
            }
    }

    /// Whether neither side has said anything yet.
    pub(super) fn is_silent(&self) -> bool {
        matches!(&self.stage, Stage::Undecided(undecided) if undecided.held_bytes == 0)
            && self.predecessor.is_none()
            && self.secure.is_none()
            && self.tcp.carried_nothing()
    }

    /// Bytes that are held because they are searched for frames.
    pub(super) fn searching(&self) -> usize {
        match &self.stage {
            Stage::Searching(search) => search.size(),
            _ => 0,
        }
    }

    /// Directions whose window is held to inflate messages.
    pub(super) fn windows(&self) -> usize {
        match &self.stage {
            Stage::WebSocket(websocket) => websocket.conversation.windows(),
            _ => 0,
        }
    }

    /// Gives back the windows.
    pub(super) fn stop_inflating(&mut self) {
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.stop_inflating();
        }
    }

    /// Bytes of messages that are held for their rows, those of its predecessor too.
    pub(super) fn content(&self) -> usize {
        let before = self.predecessor.as_ref().map_or(0, |before| before.content());
        match &self.stage {
            Stage::WebSocket(websocket) => before + websocket.conversation.content(),
            _ => before,
        }
    }

    /// Gives back what is held of messages longer than `above`.
    pub(super) fn give_back(&mut self, above: usize) {
        if let Some(before) = &mut self.predecessor {
            before.give_back(above);
        }
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.give_back(above);
        }
    }

    /// Ends the search for frames with what is known by now.
    pub(super) fn end_search(&mut self) {
        let Stage::Searching(search) = &self.stage else { return };
        match search.look_now() {
            Some(found) => self.begin_midstream(found),
            None => self.stage = Stage::Over,
        }
    }

    /// Takes in a segment.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, keyring: &Keyring) {
        let opens = self.is_opened_by(segment);
        if let Some(before) = &mut self.predecessor
            && !opens
            && !self.tcp.accommodates(segment)
            && before.tcp.accommodates(segment)
        {
            return before.segment(segment, keyring);
        }
        let layers = segment.via.layers();
        if !self.layers.contains(&layers) && self.layers.len() < Flow::MOST_LAYERS {
            self.layers.push(layers);
        }
        if let Some((side, event)) = self.tcp.receive(segment) {
            self.take(side, event, keyring);
        }
        self.release(keyring);
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.list(carrier(&self.tcp, self.secure.as_deref()));
        }
    }

    /// Nothing more comes: reads what has waited for more.
    pub(super) fn conclude(&mut self, keyring: &Keyring) {
        self.tcp.finish();
        self.release(keyring);
        if let (Stage::Undecided(_), None) = (&self.stage, &self.secure) {
            self.decide(true);
            self.begin_tls(keyring);
        }
        if let Some(secure) = &mut self.secure {
            secure.finish(keyring, &self.tcp);
            self.read_plaintext();
            if let Some(secure) = &mut self.secure {
                secure.conclude();
            }
            self.decide(true);
        }
        if let Stage::Http(exchange) = &mut self.stage {
            let carrier = carrier(&self.tcp, self.secure.as_deref());
            let progress = exchange.finish(&carrier);
            let attempts = exchange.take_attempts();
            self.given_up = limit_reached(exchange);
            self.note_attempts(attempts);
            self.follow(progress);
        }
        self.end_search();
        let carrier = carrier(&self.tcp, self.secure.as_deref());
        if let Stage::WebSocket(websocket) = &mut self.stage {
            websocket.conversation.finish(carrier, &mut websocket.findings);
        }
    }

    /// What the connection came to, once it was concluded; its predecessor is to be taken before.
    /// Of its keys, those in `reused` had been used before.
    pub(super) fn finish(mut self, reused: &Reused) -> Finished {
        let mut reports = Vec::new();
        for attempt in std::mem::take(&mut self.attempts) {
            let subject = Subject {
                handshake: attempt,
                midstream: false,
                frames: PerSide::default(),
                milestones: Vec::new(),
                findings: Findings::new(&self.limits),
            };
            reports.push(self.judge(subject, reused));
        }
        if let Stage::WebSocket(websocket) = std::mem::replace(&mut self.stage, Stage::Over) {
            let WebSocket { tunnel, midstream, conversation, findings } = *websocket;
            let Conversation { frames, milestones, .. } = conversation;
            let handshake = tunnel.handshake;
            let subject = Subject { handshake, midstream, frames, milestones, findings };
            reports.push(self.judge(subject, reused));
        }
        if let Some(secure) = &self.secure
            && reports.is_empty()
        {
            reports.extend(self.infer(secure));
        }
        let is_reported = !reports.is_empty();
        let encrypted = self.encrypted().map(|encrypted| Encrypted { is_reported, ..encrypted });
        Finished { given_up: self.given_up, encrypted, reports }
    }

    fn carrier(&self) -> Carrier<'_> {
        carrier(&self.tcp, self.secure.as_deref())
    }

    fn release(&mut self, keyring: &Keyring) {
        while let Some((side, released)) = self.tcp.release() {
            self.take(side, released.as_event(), keyring);
        }
    }

    /// Hands an event to the stage at which the connection is.
    fn advance(&mut self, side: Side, event: StreamEvent<'_>) {
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

    fn decide(&mut self, at_last: bool) {
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
    fn begin_midstream(&mut self, found: Found) {
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
    fn follow(&mut self, progress: Progress) {
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

fn limit_reached(exchange: &Exchange) -> Option<Why> {
    exchange.notes().iter().map(|note| note.why).find(|why| why.is_a_limit())
}

/// What carries the stream that is read.
fn carrier<'a>(tcp: &'a Connection, secure: Option<&'a Secure>) -> Carrier<'a> {
    Carrier::new(tcp, secure.map(Secure::plaintext))
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
