//! One TCP connection on its way through the stages.
//!
//! In: its segments, and the keys. Out: what can be said of it at any time, and at its end its
//! reports. Which stage reads it and what comes behind that, `stages` knows; what is in TLS,
//! `secured` hands on; what a WebSocket came to, `judging` says.

use std::sync::Arc;

use super::Limits;
use super::carrier::Carrier;
use super::conversation::Conversation;
use super::findings::Findings;
use super::holdings::Holdings;
use super::identity::{Judged, KeyUse, Reused};
use super::network::Opener;
use super::secure::Secure;
use super::tap::StreamTap;
use super::undecided::Undecided;
use crate::endpoint::PerSide;
use crate::http::{Handshake, Why};
use crate::ip::{Layers, Segment, TcpFlags};
use crate::provenance::Timestamp;
use crate::tcp::Connection;
use crate::tls::Keyring;

mod holding;
mod judging;
mod secured;
mod stages;

use judging::Subject;
pub(super) use secured::Encrypted;
use stages::{Stage, WebSocket};

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
    tap: Option<Box<StreamTap>>,
    /// Keys of opening handshakes, to be compared with those of other connections.
    uses: Vec<KeyUse>,
    /// What it is counted to hold, together with its predecessor.
    counted: Holdings,
}

impl Flow {
    /// Kinds of tags and tunnels around one connection that are remembered.
    const MOST_LAYERS: usize = 4;

    /// A connection whose first captured segment is `segment`, which is still to be handed in.
    pub(super) fn new(
        birth: u64,
        segment: &Segment<'_>,
        limits: Arc<Limits>,
        tap: Option<Box<StreamTap>>,
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
            counted: Holdings::default(),
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
        before.counted = Holdings::default(); // from now on it is a part of what this one holds
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
        self.end_exchange();
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
}

/// What carries the stream that is read.
fn carrier<'a>(tcp: &'a Connection, secure: Option<&'a Secure>) -> Carrier<'a> {
    Carrier::new(tcp, secure.map(Secure::plaintext))
}
