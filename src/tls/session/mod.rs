//! A TLS session: both directions of a connection, read with the keys that somebody logged.
//!
//! In: the stream events of both directions, in any order between them, and the keys. Out: the
//! plaintext of each record of application data that authenticated, with the place of the record,
//! and holes for what could not be read; at the end, what is known of the session. A record counts
//! as read only when its tag is right, so whatever was lost before it, nothing wrong is handed out.
//!
//! Encrypted records wait, within a bound, for the hellos of both sides and for their keys. Behind a
//! hole the next boundary and the sequence number are found by trying which one authenticates; the
//! work for that is bounded by what was captured.

mod content;
mod direction;
mod hole;
mod keys;
mod outlet;
mod reading;
mod trial;

#[cfg(test)]
mod tests;

use crate::endpoint::{PerSide, Side};
use crate::http::Sources;
use crate::provenance::{PacketNumber, PacketRef, Timestamp};
use crate::tcp::{GapCause, Range64, StreamEvent};

use self::direction::{Direction, Waiting};
use self::hole::Unread;
use self::keys::Negotiation;
use self::outlet::Outlet;
use super::facts::TlsFacts;
use super::records::{Framed, Input, Search};
use super::{Keyring, Keys, RecordHeader, Shape};

/// What one session may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsLimits {
    /// Bytes of one message of a handshake; a longer one is passed over.
    pub handshake: usize,
    /// Bytes of ciphertext of one direction that wait for keys or for the hello of the other.
    pub held: usize,
}

impl Default for TlsLimits {
    fn default() -> TlsLimits {
        TlsLimits { handshake: 128 * 1_024, held: 64 * 1_024 }
    }
}

/// What a record, or several that were lost, held for the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The application data of one record, never empty.
    Data {
        /// Where the record stands in the stream that carries it, header included.
        record: Range64,
        /// Its plaintext. May be given back with [`Session::recycle`].
        bytes: Vec<u8>,
    },
    /// Ciphertext that could not be read: lost, cut off, over the limit, or not authentic. Several
    /// such records without data between them are one hole.
    Hole {
        /// From the first byte of the first record to behind the last.
        record: Range64,
        /// Bytes of plaintext that are missing, if that is certain; never 0.
        plain: Option<u64>,
        /// Why the first of them could not be read.
        cause: GapCause,
    },
}

/// A session, as far as it was read.
#[derive(Debug, Default)]
pub struct Session {
    limits: TlsLimits,
    sides: PerSide<Direction>,
    outlet: Outlet,
    /// The handshakes: the first, and renegotiations up to TLS 1.2.
    negotiations: Vec<Negotiation>,
    /// Whether the server asked for another ClientHello.
    has_retry: bool,
    early: Early,
    /// Early data of which it is not known yet whether it counts.
    early_data: Vec<(Range64, Vec<u8>)>,
    /// Whether some of it could not be read.
    has_unread_early_data: bool,
    facts: TlsFacts,
    shape: Shape,
    /// Bytes that may still be decrypted in vain.
    credit: u64,
    /// Records that were decrypted in vain.
    vain: u64,
    is_reversed: bool,
    /// Whether records that waited for keys were given up.
    has_given_up: bool,
    has_ended: bool,
    /// The revision of the keys with which everything was read that can be.
    revision: Option<u64>,
}

/// Whether the server took early data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Early {
    /// The server has not said yet.
    #[default]
    Open,
    Accepted,
    Rejected,
    /// What the server said was lost, or cannot be decrypted.
    Unknown,
}

/// Bytes that may be decrypted in vain before anything was captured, and at most at any time.
const CREDIT: u64 = 4 << 20;
const MOST_CREDIT: u64 = 16 << 20;
/// Bytes that may be decrypted in vain for each one captured.
const CREDIT_PER_BYTE: u64 = 8;
/// Alerts and other short records have costs, too.
const PER_TRIAL: u64 = 256;

impl Session {
    /// A session of which nothing was heard yet.
    pub fn new(limits: TlsLimits) -> Session {
        Session { limits, credit: CREDIT, ..Session::default() }
    }

    /// Takes in the next event of the stream of `side` that carries its records; its offsets may
    /// begin anywhere. `sources` tells the packets of what has to be cited. Returns false where
    /// nothing came of it: it is of a record whose header was enough.
    pub fn push(
        &mut self,
        side: Side,
        event: StreamEvent<'_>,
        keys: &Keyring,
        sources: &dyn Sources,
    ) -> bool {
        if let StreamEvent::Data { offset, bytes } = event
            && self.revision == Some(keys.revision())
            && self.sides[side].deframer.pass(offset, bytes.len())
        {
            self.earn(bytes.len());
            return false;
        }
        let world = World { keys, sources };
        self.go_on(world); // with keys that have come since
        let end = self.sides[side].deframer.end();
        match event {
            StreamEvent::Data { offset, bytes } => {
                self.sides[side].deframer.begin(offset);
                let end = end.unwrap_or(offset);
                if offset > end {
                    let gap = Range64 { start: end, end: offset };
                    self.read(side, Input::Gap(gap, GapCause::NeverSeen), world);
                }
                let known = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
                let bytes = bytes.get(known..).unwrap_or_default();
                self.earn(bytes.len());
                self.read(side, Input::Bytes(bytes), world);
            }
            StreamEvent::Gap { range, cause } => {
                self.sides[side].deframer.begin(range.start);
                let start = end.unwrap_or(range.start);
                self.read(side, Input::Gap(Range64 { start, ..range }, cause), world);
            }
        }
        self.go_on(world);
        self.revision = Some(keys.revision());
        true
    }

    /// What the records said, in the order of each direction; `None` when all that is known was
    /// fetched.
    #[expect(clippy::should_implement_trait, reason = "more may come after None")]
    pub fn next(&mut self) -> Option<(Side, Opened)> {
        self.outlet.next()
    }

    /// Takes back a buffer that was handed out.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.outlet.recycle(buffer);
    }

    /// Both streams have ended: what waits is given up, what is incomplete becomes a hole.
    pub fn finish(&mut self, keys: &Keyring, sources: &dyn Sources) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        let world = World { keys, sources };
        for side in Side::BOTH {
            self.sides[side].is_past_hello = true;
        }
        if self.early == Early::Open {
            self.early = Early::Unknown;
        }
        self.is_reversed = false;
        self.go_on(world);
        self.give_up_early_data();
        for side in Side::BOTH {
            while let Some(item) = self.sides[side].next_waiting() {
                let unread = match item {
                    Waiting::Record { header, range, .. } => {
                        Unread::record(header, range, GapCause::Undecrypted)
                    }
                    Waiting::Unread(unread) => unread,
                };
                self.unread(side, &unread);
            }
            self.finish_side(side);
        }
        // Of what matters nothing was opened, though the handshake was.
        let opened = self.facts.sides.client.opened + self.facts.sides.server.opened;
        let is_unread = Side::BOTH.iter().any(|side| self.facts.sides[*side].last_unread.is_some());
        if self.facts.keys == Keys::Found && opened == 0 && is_unread {
            self.facts.keys = Keys::Incomplete;
        }
    }

    /// Offset in the stream of `side` up to which everything was handed out or is known to hold
    /// nothing for the application.
    pub fn read_to(&self, side: Side) -> u64 {
        let direction = &self.sides[side];
        let waiting = direction.waiting.front().map(Waiting::start);
        let held_back = self.outlet.held_back(side);
        let captured = direction.deframer.end().unwrap_or_default();
        waiting.into_iter().chain(held_back).fold(captured, u64::min)
    }

    /// What is known of the session.
    pub fn facts(&self) -> &TlsFacts {
        &self.facts
    }

    /// Whether the bytes showed that the sides are the other way round: the ClientHello came from
    /// the one taken for the server. Nothing is read then before [`Session::swap_sides`]. Whoever
    /// asks [`speaker`](super::speaker) before the session begins is not told so later, except
    /// where hellos were lost.
    pub fn is_reversed(&self) -> bool {
        self.is_reversed
    }

    /// Exchanges the sides: what was pushed as the client's was the server's.
    pub fn swap_sides(&mut self) {
        self.sides.swap();
        self.facts.sides.swap();
        self.outlet.swap_sides();
        self.shape.forget();
        self.is_reversed = false;
    }

    /// Bytes of memory held.
    pub fn held(&self) -> usize {
        let early: usize = self.early_data.iter().map(|(_, bytes)| bytes.len()).sum();
        let sides: usize = self.sides.iter().map(|(_, direction)| direction.held()).sum();
        sides + early + self.outlet.held()
    }

    /// What the records look like that were not opened.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether records were given up that waited for keys: had these been there from the start, more
    /// could have been read.
    pub fn has_given_up(&self) -> bool {
        self.has_given_up
    }

    /// Whether records wait for keys, or for what else is needed to read them.
    pub fn awaits_keys(&self) -> bool {
        self.sides.iter().any(|(_, direction)| direction.waiting_size > 0)
    }

    /// Gives up what waits for keys, and what is not there as a whole: records and messages of the
    /// handshake. If keys come all the same, what follows can still be read.
    pub fn give_up_records(&mut self) {
        for side in Side::BOTH {
            let direction = &mut self.sides[side];
            direction.waiting_size = 0;
            for item in std::mem::take(&mut direction.waiting) {
                let unread = match item {
                    Waiting::Record { header, range, .. } => {
                        self.has_given_up = true;
                        direction.has_overflowed = true;
                        Unread::record(header, range, GapCause::OverLimit)
                    }
                    Waiting::Unread(unread) => unread,
                };
                direction.wait_unread(unread);
            }
            direction.deframer.give_up();
            if direction.messages.give_up() {
                self.lose_handshake(side);
            }
        }
        self.outlet.give_back();
    }

    /// So many bytes were captured: as many more may be decrypted in vain.
    fn earn(&mut self, captured: usize) {
        let earned = u64::try_from(captured).unwrap_or(u64::MAX).saturating_mul(CREDIT_PER_BYTE);
        self.credit = self.credit.saturating_add(earned).min(MOST_CREDIT);
    }

    /// Reads as much of one direction as there is.
    fn read(&mut self, side: Side, mut input: Input<'_>, world: World<'_>) {
        let mut deframer = std::mem::take(&mut self.sides[side].deframer);
        loop {
            let search = match deframer.is_searching() && self.can_prove(side, world) {
                true => Search::Proof,
                false => Search::Structure,
            };
            let keeps = self.keeps(side);
            let wants = |header: &RecordHeader| keeps || !header.is_protected();
            let Some(framed) = deframer.next(&mut input, search, wants) else { break };
            match framed {
                Framed::Candidate { range, .. } if search == Search::Structure => {
                    self.suppose_boundary(side, range.start);
                    deframer.resume();
                }
                Framed::Candidate { header, range, body } => {
                    match self.proves(side, header, range, body, world) {
                        true => deframer.accept(),
                        false => deframer.reject(),
                    }
                }
                other => self.take(side, other, world),
            }
        }
        if !self.keeps(side) {
            deframer.forget();
        }
        if self.facts.sides[side].foreign.as_deref() != deframer.foreign() {
            self.facts.sides[side].foreign = deframer.foreign().cloned().map(Box::new);
        }
        self.sides[side].deframer = deframer;
    }

    /// What was incomplete when a direction ended becomes a hole.
    fn finish_side(&mut self, side: Side) {
        let direction = &self.sides[side];
        let end = direction.deframer.end().unwrap_or_default();
        let partial = direction.deframer.partial_at();
        let lost = direction.lost_from;
        let open = partial.map(|start| (start, GapCause::NeverSeen)).or(lost);
        self.facts.sides[side].partial_at = partial;
        if let Some((start, cause)) = open
            && start < end
        {
            let unread = Unread::bytes(Range64 { start, end }, cause);
            self.unread(side, &unread);
        }
        self.outlet.flush(side);
    }

    /// The packet with the last byte of a record.
    fn cite(&self, side: Side, range: Range64, world: World<'_>) -> PacketRef {
        let last = range.end.saturating_sub(1);
        let source = world.sources.locate(side, last).map(|source| source.at);
        let near = || world.sources.packets(side, range, 2).pop();
        let nobody = PacketRef { number: PacketNumber::new(0), time: Timestamp(0) };
        source.or_else(near).unwrap_or(nobody)
    }
}

/// What surrounds a session while it is read.
#[derive(Clone, Copy)]
struct World<'w> {
    keys: &'w Keyring,
    sources: &'w dyn Sources,
}
