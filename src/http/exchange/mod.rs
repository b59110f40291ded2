//! Requests and responses of one connection, up to the WebSocket.
//!
//! In: the events of both directions, each in stream order, in any order relative to each other.
//! Out: the opening handshakes that were attempted, and when one succeeds a [`Tunnel`]: where each
//! side's frames begin. The outcome depends neither on how the streams were cut into events nor on
//! which direction was heard first, as long as no limit is reached.
//!
//! Ordinary exchanges before it are stepped over: bodies, interim responses, pipelined requests, a
//! CONNECT to a proxy. What a hole hides is never guessed: the direction is then given up, and what
//! was known stays.

mod misdirected;
mod reading;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
mod tests;
mod tunnel;

use std::collections::VecDeque;

use misdirected::BodyStart;
pub use tunnel::Tunnel;

use super::body::Body;
use super::inlet::Inlet;
use super::{ExpectsTls, Handshake, Request};
use crate::endpoint::{PerSide, Side};
use crate::provenance::{PacketRef, Source};
use crate::tcp::{Connection, Range64, Released, StreamEvent};

/// Who carried which bytes. Offsets are those of the streams that the exchange is given.
pub trait Sources {
    /// The packets that carried `range` of `side`'s stream, at most `most`.
    fn packets(&self, side: Side, range: Range64, most: usize) -> Vec<PacketRef>;

    /// The packet that carried the byte at `offset` of `side`'s stream, and how much of the peer's
    /// stream it acknowledged, as a stream offset.
    fn locate(&self, side: Side, offset: u64) -> Option<Source>;
}

impl Sources for Connection {
    fn packets(&self, side: Side, range: Range64, most: usize) -> Vec<PacketRef> {
        self.sources(side).packets(range.into(), most)
    }

    fn locate(&self, side: Side, offset: u64) -> Option<Source> {
        Connection::locate(self, side, offset)
    }
}

/// What one connection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a head.
    pub head: usize,
    /// Field lines of a head.
    pub fields: usize,
    /// Bytes of one direction that are held while they wait for the other.
    pub held: usize,
    /// Requests that wait for their response.
    pub outstanding: usize,
    /// Refused and unanswered attempts that are remembered.
    pub attempts: usize,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits {
            head: 64 * 1024,
            fields: 256,
            held: 256 * 1024,
            outstanding: 1_024,
            attempts: 64,
        }
    }
}

/// How far it has come.
#[derive(Debug)]
pub enum Progress {
    /// More has to be pushed.
    Reading,
    /// The server switched to WebSocket. Given once; nothing is to be pushed afterwards.
    Switched(Box<Tunnel>),
    /// There will be no (further) WebSocket on this connection. Nothing is to be pushed any more.
    Over(Over),
}

/// Why there will be no (further) WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing more can be told from either direction, or the streams have ended.
    Ended,
    /// In neither direction is there HTTP/1, or not behind the heads of a CONNECT.
    NotHttp,
    /// TLS, behind the heads of a CONNECT or from the start.
    Tls,
    /// The server switched to another protocol, or had done so already.
    OtherProtocol,
    /// A tunnel was handed out before.
    Switched,
}

/// What kept the exchange from reading on in a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose stream.
    pub side: Side,
    /// Where in it.
    pub offset: u64,
    /// Why.
    pub why: Why,
}

/// Why a direction was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A head is longer than the limit.
    HeadTooLong,
    /// A head has more field lines than the limit.
    TooManyFields,
    /// A head that is no HTTP/1 head.
    MalformedHead,
    /// Bytes that begin no head where one was due.
    NoHead,
    /// A hole in a head, or between two messages.
    HoleInHead,
    /// A hole, or a fault in its framing, hides where a body ends.
    BodyWithoutEnd,
    /// More bytes waited for the other direction than the limit allows.
    HeldTooMuch,
    /// More requests waited for their response than the limit allows.
    TooManyOutstanding,
    /// More attempts to open a WebSocket failed than the limit allows.
    TooManyAttempts,
}

impl Why {
    /// Whether it was one of [`HttpLimits`] and not what was captured.
    pub fn is_a_limit(self) -> bool {
        match self {
            Why::HeadTooLong
            | Why::TooManyFields
            | Why::HeldTooMuch
            | Why::TooManyOutstanding
            | Why::TooManyAttempts => true,
            Why::MalformedHead | Why::NoHead | Why::HoleInHead | Why::BodyWithoutEnd => false,
        }
    }

    /// Whether something that was not captured may hide the heads of an opening handshake.
    pub fn is_a_hole(self) -> bool {
        matches!(self, Why::HoleInHead | Why::BodyWithoutEnd | Why::NoHead)
    }

    /// In words, for the list of blind spots.
    pub fn text(self) -> &'static str {
        match self {
            Why::HeadTooLong => "an HTTP head is longer than the limit",
            Why::TooManyFields => "an HTTP head has more fields than the limit",
            Why::MalformedHead => "an HTTP head could not be read",
            Why::NoHead => "no HTTP head stands where one was due",
            Why::HoleInHead => "bytes are missing where an HTTP head was due",
            Why::BodyWithoutEnd => "it cannot be told where an HTTP body ends",
            Why::HeldTooMuch => "too many bytes waited for those of the other direction",
            Why::TooManyOutstanding => "too many requests waited for a response",
            Why::TooManyAttempts => "too many attempts to open a WebSocket failed",
        }
    }
}

/// The requests and responses of one connection.
#[derive(Debug)]
pub struct Exchange {
    limits: HttpLimits,
    inlets: PerSide<Inlet>,
    states: PerSide<State>,
    /// Requests whose final response has not been read, the oldest first. Behind one on which the
    /// meaning of the client's next bytes depends, there is none.
    outstanding: VecDeque<Asked>,
    attempts: Vec<Handshake>,
    notes: Vec<Note>,
    /// Whether no head was read in a direction, or none since a tunnel through a proxy began.
    is_fresh: PerSide<bool>,
    /// What was pushed of a direction and not read when it was given up.
    unread: PerSide<Vec<Released>>,
    unread_size: PerSide<usize>,
    /// Whether a response came that answers no request that was captured.
    has_stray: bool,
    /// The body of the latest refusal, as far as it is looked at.
    refusal: Option<BodyStart>,
    /// The TLS record that stands where a response was due.
    tls_record: Option<Range64>,
    /// Whether nothing will be pushed any more.
    has_ended: bool,
    over: Option<Over>,
}

/// What comes next in a direction.
///
/// ```text
///           a head             its last byte
///   Head ───────────▶ Body ───────────────────▶ Head
///    │                 └──▶ Waiting ──refused, or CONNECT accepted──▶ Head
///    │                       (client: behind a request to switch) ──101──▶ frames
///    └──a hole, no head, a body without end──▶ Lost
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Body { body: Body, then_wait: bool },
    Waiting,
    Lost,
}

/// A request that waits for its final response.
#[derive(Debug)]
struct Asked {
    /// Its first byte in the client's stream.
    start: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    /// An attempt to open a WebSocket.
    WebSocket(Box<Attempt>),
    /// Another protocol in `Upgrade`.
    OtherProtocol,
    /// A tunnel through a proxy.
    Connect,
    /// Only the head of a response.
    Head,
    /// An ordinary request.
    Ordinary,
}

#[derive(Debug)]
struct Attempt {
    request: Request,
    /// Whether it announced a body.
    has_body: bool,
}

/// The most packets cited for a head.
const MOST_PACKETS: usize = 8;
const MOST_NOTES: usize = 8;
/// Bytes of a direction that are kept although they cannot be read.
const MOST_UNREAD: usize = 32 * 1024;
/// What each of their events costs besides.
const PER_EVENT: usize = 64;

impl Asked {
    /// How much of the server's stream the client had received when it sent an attempt; `None`
    /// where that is not known, and of other requests. Without a SYN the start of the server's
    /// stream, from which it counts, is found only when the first response is there to be read.
    fn received(&mut self, sources: &dyn Sources) -> Option<u64> {
        let What::WebSocket(attempt) = &mut self.what else { return None };
        let head = &mut attempt.request.head;
        let last = head.range.end.checked_sub(1)?;
        head.acked = head.acked.or_else(|| sources.locate(Side::Client, last)?.acked);
        head.acked
    }

    fn is_attempt(&self) -> bool {
        matches!(self.what, What::WebSocket(_))
    }
}

impl What {
    /// Whether the response decides what the client's next bytes mean.
    fn makes_wait(&self) -> bool {
        matches!(self, What::WebSocket(_) | What::OtherProtocol | What::Connect)
    }
}

impl Attempt {
    /// Whether it asks in the words of a draft whose frames are not those of RFC 6455.
    fn is_draft(&self) -> bool {
        self.request.head.first("Sec-WebSocket-Key1").is_some()
    }
}

impl Exchange {
    /// An exchange of which nothing was seen yet. The client is the side that sends requests: ask
    /// [`super::classify`] first.
    pub fn new(limits: HttpLimits) -> Exchange {
        Exchange {
            limits,
            inlets: PerSide::default(),
            states: PerSide { client: State::Head, server: State::Head },
            outstanding: VecDeque::new(),
            attempts: Vec::new(),
            notes: Vec::new(),
            is_fresh: PerSide { client: true, server: true },
            unread: PerSide::default(),
            unread_size: PerSide::default(),
            has_stray: false,
            refusal: None,
            tls_record: None,
            has_ended: false,
            over: None,
        }
    }

    /// Takes in an event of `side`. What need not be held is not copied. Call
    /// [`Exchange::advance`] before the packets of the event can be forgotten: at best, at once.
    pub fn push(&mut self, side: Side, event: StreamEvent<'_>) {
        if self.over.is_some() {
            return;
        }
        if self.states[side] == State::Lost {
            return self.set_aside(side, event);
        }
        let inlet = &mut self.inlets[side];
        let is_looked_at = side == Side::Server && self.refusal.is_some();
        let body = match &mut self.states[side] {
            State::Body { body, .. } if !is_looked_at => body,
            _ => return inlet.push(event),
        };
        match (body, event) {
            (Body::UntilClose, _) => {}
            (Body::Length(left), StreamEvent::Data { offset, bytes }) if inlet.is_empty() => {
                let passed = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let passed_long = u64::try_from(passed).unwrap_or(u64::MAX);
                *left = left.saturating_sub(passed_long);
                let next = offset.saturating_add(passed_long);
                inlet.pass(next);
                if let Some(rest) = bytes.get(passed..).filter(|rest| !rest.is_empty()) {
                    inlet.push(StreamEvent::Data { offset: next, bytes: rest });
                }
            }
            _ => inlet.push(event),
        }
    }

    /// Reads what was pushed.
    pub fn advance(&mut self, sources: &dyn Sources) -> Progress {
        loop {
            if let Some(over) = self.over {
                return Progress::Over(over);
            }
            while self.read_client(sources) {}
            match self.read_server(sources) {
                reading::Read::Some => continue,
                reading::Read::Switched(tunnel) => {
                    self.over = Some(Over::Switched);
                    return Progress::Switched(tunnel);
                }
                reading::Read::Nothing => {}
            }
            if !self.keep_within_limits() {
                break;
            }
        }
        self.conclude()
    }

    /// Nothing will be pushed any more: decides what can be decided without it.
    pub fn finish(&mut self, sources: &dyn Sources) -> Progress {
        self.has_ended = true;
        self.advance(sources)
    }

    /// Bytes that wait for others of their direction, or for those of the other.
    #[inline]
    pub fn held(&self) -> usize {
        self.inlets.client.size() + self.inlets.server.size()
    }

    /// Waits for nothing any more: gives up both directions if bytes of one are held.
    pub fn give_up(&mut self, sources: &dyn Sources) -> Progress {
        if self.held() > 0 {
            self.lose(Side::Client, Why::HeldTooMuch);
            self.lose(Side::Server, Why::HeldTooMuch);
        }
        self.advance(sources)
    }

    /// Whether a WebSocket was asked for, or a tunnel in which one may be, and no answer was read.
    pub fn awaits_upgrade(&self) -> bool {
        let may_open = |asked: &Asked| matches!(asked.what, What::WebSocket(_) | What::Connect);
        !self.attempts.is_empty() || self.outstanding.iter().any(may_open)
    }

    /// The attempts that came to nothing, in order: refused, or without a response. Complete when
    /// [`Exchange::advance`] or [`Exchange::finish`] has said `Switched` or `Over`. Each stands for
    /// a WebSocket of its own that never opened.
    pub fn take_attempts(&mut self) -> Vec<Handshake> {
        std::mem::take(&mut self.attempts)
    }

    /// What was pushed and not read of each direction, as far as it was kept: there may be frames
    /// in it, where a hole hides the heads. Complete when [`Progress::Over`] was said.
    pub fn take_unread(&mut self) -> PerSide<Vec<Released>> {
        for side in Side::BOTH {
            self.set_aside_inlet(side);
        }
        std::mem::take(&mut self.unread)
    }

    /// Keeps what cannot be read in a direction that was given up.
    fn set_aside(&mut self, side: Side, event: StreamEvent<'_>) {
        let len = match event {
            StreamEvent::Data { bytes, .. } => bytes.len(),
            StreamEvent::Gap { .. } => 0,
        };
        if self.unread_size[side] > MOST_UNREAD {
            return;
        }
        self.unread_size[side] += len + PER_EVENT;
        self.unread[side].push(event.to_owned());
    }

    fn set_aside_inlet(&mut self, side: Side) {
        let drained = self.inlets[side].drain();
        drained.iter().for_each(|released| self.set_aside(side, released.as_event()));
    }

    /// Where reading was given up, and why: the client's stream first.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Whether both directions have said all they can.
    fn conclude(&mut self) -> Progress {
        if let Some(over) = self.over {
            return Progress::Over(over);
        }
        let lost = |side: Side| self.states[side] == State::Lost;
        let both_lost = lost(Side::Client) && lost(Side::Server);
        if !both_lost && !self.has_ended {
            return Progress::Reading;
        }
        let server_waits =
            self.states.server == State::Head && self.inlets.server.is_empty() && !self.has_stray;
        let awaited_at = server_waits.then(|| self.inlets.server.offset());
        for (place, asked) in std::mem::take(&mut self.outstanding).into_iter().enumerate() {
            let awaited_at = awaited_at.filter(|_| place == 0);
            self.remember_unanswered(asked.what, awaited_at);
        }
        let nothing_read = self.is_fresh.client && self.is_fresh.server;
        let over = if nothing_read { Over::NotHttp } else { Over::Ended };
        Progress::Over(*self.over.insert(over))
    }

    /// Gives up what waits for too long. Whether there was something.
    fn keep_within_limits(&mut self) -> bool {
        if self.attempts.len() > self.limits.attempts {
            self.attempts.truncate(self.limits.attempts);
            self.lose(Side::Client, Why::TooManyAttempts);
            self.lose(Side::Server, Why::TooManyAttempts);
            return true;
        }
        if self.outstanding.len() > self.limits.outstanding {
            self.lose(Side::Server, Why::TooManyOutstanding);
            return true;
        }
        if self.inlets.client.size() > self.limits.held && self.states.client == State::Waiting {
            self.note(Side::Client, Why::HeldTooMuch);
            self.stop(Side::Server);
            return true;
        }
        let waits_for_client = self.outstanding.is_empty() && self.states.client != State::Lost;
        if self.inlets.server.size() > self.limits.held && waits_for_client {
            self.note(Side::Server, Why::HeldTooMuch);
            self.stop(Side::Client);
            return true;
        }
        false
    }

    /// Gives up a direction for a reason.
    fn lose(&mut self, side: Side, why: Why) {
        if self.states[side] != State::Lost {
            self.note(side, why);
            self.stop(side);
        }
    }

    fn note(&mut self, side: Side, why: Why) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(Note { side, offset: self.inlets[side].offset(), why });
            self.notes.sort_by_key(|note| (note.side, note.offset)); // whichever was heard first
        }
    }

    /// Reads no further in a direction. Without the server's, what the client's next bytes mean
    /// behind a request to switch will not be known either.
    fn stop(&mut self, side: Side) {
        self.states[side] = State::Lost;
        self.set_aside_inlet(side);
        if side == Side::Server {
            for asked in std::mem::take(&mut self.outstanding) {
                self.remember_unanswered(asked.what, None);
            }
            if self.states.client == State::Waiting {
                self.states.client = State::Lost;
                self.set_aside_inlet(Side::Client);
            } else if let State::Body { then_wait: true, .. } = self.states.client {
                self.states.client = State::Lost;
                self.set_aside_inlet(Side::Client);
            }
        }
    }

    fn remember_unanswered(&mut self, what: What, awaited_at: Option<u64>) {
        if let What::WebSocket(attempt) = what {
            self.remember(Handshake {
                request: Some(attempt.request),
                awaited_at,
                expects_tls: self.tls_record.map(ExpectsTls::Record),
                ..Handshake::default()
            });
        }
    }

    fn remember(&mut self, handshake: Handshake) {
        if let Some(before) = self.attempts.last_mut() {
            before.retried = true;
        }
        self.attempts.push(handshake);
    }
}
