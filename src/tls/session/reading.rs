//! What becomes of each record of a direction: it is in the clear, or it is opened, or it waits, or
//! it is a hole.

use super::direction::{Blocked, Doubt, Epoch, PER_ITEM, Waiting};
use super::hole::Unread;
use super::keys::{Agreed, Ready};
use super::trial::NotOpened;
use super::{Early, Session, World};
use crate::endpoint::Side;
use crate::provenance::PacketRef;
use crate::tcp::{GapCause, Range64};
use crate::tls::facts::Keys;
use crate::tls::records::Framed;
use crate::tls::{ContentType, RecordHeader, Version};

/// How a record is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is not encrypted.
    Clear,
    /// It is a ChangeCipherSpec that changes the keys.
    Change,
    /// It means nothing.
    Skip,
    /// It is encrypted.
    Sealed,
    /// It is encrypted, if a ChangeCipherSpec was lost.
    Either,
}

/// A record that was captured whole.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) header: RecordHeader,
    pub(super) range: Range64,
    pub(super) body: &'a [u8],
    /// The packet with its last byte, if that was asked for.
    pub(super) at: Option<PacketRef>,
}

/// Records in a row that are not authentic before the numbers are doubted.
const MOST_REFUSED: u32 = 3;
/// Numbers that are tried then.
const DOUBTED: u64 = 64;

impl Session {
    /// Whether the bodies of encrypted records are worth waiting for.
    pub(super) fn keeps(&self, side: Side) -> bool {
        let direction = &self.sides[side];
        let is_hopeless = matches!(direction.blocked, Some((_, Blocked::Never)));
        !direction.has_overflowed && !is_hopeless
    }

    /// Takes in a piece of a direction, which is read at once or put at the end of the queue.
    pub(super) fn take(&mut self, side: Side, framed: Framed<'_>, world: World<'_>) {
        let unread = match framed {
            Framed::Record { header, range, body } => {
                self.note(side, header, range, world);
                let record = Record { header, range, body, at: None };
                if !self.sides[side].waiting.is_empty() || !self.record(side, record, world) {
                    self.keep(side, record, world);
                }
                return;
            }
            Framed::Lost { from, cause } => {
                self.sides[side].lost_from = Some((from, cause));
                self.facts.sides[side].lost_at = Some(from);
                self.shape.lose(side);
                self.lose_handshake(side);
                return;
            }
            Framed::Passed { header, range } => {
                self.note(side, header, range, world);
                let cause = match self.sides[side].has_overflowed {
                    true => GapCause::OverLimit,
                    false => GapCause::Undecrypted,
                };
                Unread::record(header, range, cause)
            }
            Framed::Broken { header, range, cause } => {
                self.note(side, header, range, world);
                Unread::record(header, range, cause)
            }
            // Whoever reads the direction decides about it.
            Framed::Candidate { .. } => return,
        };
        self.take_unread(side, unread);
    }

    /// Behind lost boundaries a record begins at `start`, as far as can be told without keys.
    pub(super) fn suppose_boundary(&mut self, side: Side, start: u64) {
        if let Some(unread) = self.end_of_search(side, start) {
            self.take_unread(side, unread);
        }
    }

    /// Whether a record behind lost boundaries authenticates; then it was read.
    pub(super) fn proves(
        &mut self,
        side: Side,
        header: RecordHeader,
        range: Range64,
        body: &[u8],
        world: World<'_>,
    ) -> bool {
        let Some((from, cause)) = self.sides[side].lost_from else { return false };
        let is_1_3 = self.agreed(world.keys) == Agreed::Version(Version::TLS_1_3);
        if is_1_3 && !header.is_protected() {
            return false;
        }
        let hole = Unread::bytes(Range64 { start: from, end: range.start }, cause);
        let before = self.sides[side].epoch;
        let mut out = self.outlet.buffer();
        let Ok(read) = self.open(side, header, body, Some(hole.count), &mut out, world) else {
            self.outlet.recycle_wiped(out);
            return false;
        };
        if before == Epoch::Early {
            self.give_up_early_data();
        }
        let direction = &mut self.sides[side];
        match direction.epoch {
            Epoch::Handshake | Epoch::Early if direction.epoch == before => {
                direction.messages.lose(None);
            }
            _ => direction.messages.reset(),
        }
        let _ = self.end_of_search(side, range.start);
        self.note(side, header, range, world);
        self.hole(side, hole.range, None, cause);
        if read.is_first {
            self.outlet.nothing_lost(side);
        }
        let record = Record { header, range, body, at: None };
        self.content(side, record, read.content_type, out, world);
        true
    }

    /// Whether it can be found out which record authenticates behind a hole.
    pub(super) fn can_prove(&mut self, side: Side, world: World<'_>) -> bool {
        if self.is_reversed || !self.sides[side].waiting.is_empty() {
            return false;
        }
        let Agreed::Version(version) = self.agreed(world.keys) else { return false };
        let server = self.negotiations.first().and_then(|first| first.server.as_ref());
        if side == Side::Server && self.sides[side].epoch == Epoch::Clear && server.is_none() {
            return false; // it may follow, in the clear
        }
        self.enter_handshake(side, version);
        // Before TLS 1.1 a record needs the one before it.
        version > Version::TLS_1_0 && self.ready(side, world) == Ready::Yes
    }

    /// Reads on in what waits, as far as it can be read now.
    pub(super) fn go_on(&mut self, world: World<'_>) {
        let mut has_moved = true;
        while has_moved {
            has_moved = false;
            for side in Side::BOTH {
                while let Some(item) = self.sides[side].next_waiting() {
                    match &item {
                        Waiting::Unread(unread) => self.unread(side, unread),
                        Waiting::Record { header, range, body, at } => {
                            let (header, range, at) = (*header, *range, *at);
                            if !self.record(side, Record { header, range, body, at }, world) {
                                self.sides[side].wait_first(item);
                                break;
                            }
                        }
                    }
                    has_moved = true;
                }
            }
        }
    }

    /// Notes that records were not read, in the order of the direction.
    pub(super) fn unread(&mut self, side: Side, unread: &Unread) {
        let generation = match self.sides[side].epoch {
            Epoch::Changed(generation) => Some(generation),
            _ => None,
        };
        let suite = generation.and_then(|generation| self.suite(generation));
        let direction = &mut self.sides[side];
        let has_doubt = direction.doubt.is_some();
        let kind = unread.header.map(|header| header.content_type);
        let mut plain = unread.has_no_data().then_some(0);
        let mut next = None;
        match (direction.epoch, unread.header) {
            (Epoch::Clear, Some(header)) if !header.is_protected() => {
                if kind == Some(ContentType::HANDSHAKE) {
                    direction.messages.lose(Some(usize::from(header.len)));
                    direction.is_past_hello = true;
                } else if unread.has_change {
                    direction.lose(Doubt { least: 0, most: 0 });
                }
            }
            (Epoch::Changed(generation), header) => {
                if !has_doubt {
                    plain = suite.and_then(|(version, suite)| unread.plain(version, suite));
                }
                plain = if unread.has_no_data() { Some(0) } else { plain };
                let is_counted = header.is_some() || !unread.has_change;
                match is_counted && !has_doubt {
                    true => {
                        direction.sequence = direction.sequence.saturating_add(unread.count.least);
                        direction.forget_chain();
                    }
                    false => direction.lose(unread.count),
                }
                if kind == Some(ContentType::CHANGE_CIPHER_SPEC) {
                    next = Some(Epoch::Changed(generation.saturating_add(1)));
                } else if kind != Some(ContentType::APPLICATION_DATA) {
                    direction.lose_renegotiation();
                }
            }
            _ => {
                direction.lose(unread.count);
                direction.messages.lose(None);
                direction.is_past_hello = true;
                self.lose_handshake(side);
            }
        }
        if let Some(epoch) = next {
            self.sides[side].enter(epoch);
        }
        self.hole(side, unread.range, plain, unread.cause);
    }

    /// Adds a hole.
    fn hole(&mut self, side: Side, range: Range64, plain: Option<u64>, cause: GapCause) {
        if self.sides[side].epoch == Epoch::Early {
            self.has_unread_early_data = true;
            self.give_up_early_data();
        }
        self.facts.sides[side].last_unread = Some(range);
        self.outlet.hole(side, range, plain, cause);
    }

    /// Something was lost that may have been, or have held, what the other side waits for.
    pub(super) fn lose_handshake(&mut self, side: Side) {
        let direction = &mut self.sides[side];
        direction.is_past_hello = true;
        let is_in_handshake = matches!(direction.epoch, Epoch::Clear | Epoch::Handshake);
        if side == Side::Server && is_in_handshake && self.early == Early::Open {
            self.early = Early::Unknown;
        }
    }

    /// The search for a boundary has ended at `start`: what lies before.
    fn end_of_search(&mut self, side: Side, start: u64) -> Option<Unread> {
        let (from, cause) = self.sides[side].lost_from.take()?;
        self.facts.sides[side].lost_at = None;
        (from < start).then(|| Unread::bytes(Range64 { start: from, end: start }, cause))
    }

    /// Notes a header.
    fn note(&mut self, side: Side, header: RecordHeader, range: Range64, world: World<'_>) {
        self.facts.sides[side].records += 1;
        let is_change = header.content_type == ContentType::CHANGE_CIPHER_SPEC;
        let direction = &mut self.sides[side];
        if header.is_protected() || (direction.saw_change && !is_change) {
            self.facts.sides[side].sealed += 1;
            self.note_shape(side, header, range, world);
        }
        self.sides[side].saw_change |= is_change;
    }

    /// While no application data could be read, the shape of the session takes in what protected
    /// records look like.
    fn note_shape(&mut self, side: Side, header: RecordHeader, range: Range64, world: World<'_>) {
        if self.facts.sides.client.opened + self.facts.sides.server.opened == 0 {
            let at = world.sources.locate(side, range.end.saturating_sub(1));
            self.shape.note(side, header, range, at.map(|source| source.at));
        }
    }

    /// Puts a record at the end of the queue, if there is room.
    fn keep(&mut self, side: Side, record: Record<'_>, world: World<'_>) {
        let Record { header, range, body, .. } = record;
        let held = self.sides[side].waiting_size + body.len() + PER_ITEM;
        if self.sides[side].has_overflowed || held > self.limits.held {
            self.sides[side].has_overflowed = true;
            self.has_given_up = true;
            self.take_unread(side, Unread::record(header, range, GapCause::OverLimit));
            return;
        }
        // While the packet is recent.
        let at = Some(self.cite(side, range, world));
        self.sides[side].wait(Waiting::Record { header, range, body: body.to_vec(), at });
    }

    /// What was not read, behind what waits.
    fn take_unread(&mut self, side: Side, unread: Unread) {
        match self.sides[side].waiting.is_empty() {
            true => self.unread(side, &unread),
            false => self.sides[side].wait_unread(unread),
        }
    }

    /// Reads a record; false if it has to wait, and then nothing has happened.
    fn record(&mut self, side: Side, record: Record<'_>, world: World<'_>) -> bool {
        if self.is_reversed || self.reverses(side, &record) {
            self.is_reversed = true;
            return false;
        }
        let Some(stage) = self.stage(side, &record.header, world) else { return false };
        match stage {
            Stage::Skip => {}
            Stage::Change => self.sides[side].enter(Epoch::Changed(0)),
            Stage::Clear => self.clear(side, record, world),
            Stage::Sealed | Stage::Either => {
                if let Agreed::Version(version) = self.agreed(world.keys) {
                    self.enter_handshake(side, version);
                }
                match self.ready(side, world) {
                    Ready::Yes => self.sealed(side, record, stage, world),
                    Ready::No(_) if stage == Stage::Either => self.clear(side, record, world),
                    Ready::No(Blocked::Wait) if !self.has_ended => return false,
                    Ready::No(_) => self.sealed_for_ever(side, record, world),
                }
            }
        }
        true
    }

    /// How a record is to be read; `None` if that is not known yet.
    fn stage(&self, side: Side, header: &RecordHeader, world: World<'_>) -> Option<Stage> {
        let direction = &self.sides[side];
        let is_alert_in_clear = header.content_type == ContentType::ALERT && header.len == 2;
        match direction.epoch {
            Epoch::Changed(_) => return Some(Stage::Sealed),
            Epoch::Clear => {}
            // RFC 8446 §5: a ChangeCipherSpec is dropped; alerts may be in the clear until the
            // handshake has come far enough.
            epoch => {
                return Some(match header.content_type {
                    ContentType::CHANGE_CIPHER_SPEC => Stage::Skip,
                    ContentType::ALERT if is_alert_in_clear => Stage::Clear,
                    // The second ClientHello, behind early data that was rejected.
                    ContentType::HANDSHAKE if epoch == Epoch::Early => Stage::Clear,
                    _ => Stage::Sealed,
                });
            }
        }
        let agreed = self.agreed(world.keys);
        let is_before_1_3 =
            matches!(agreed, Agreed::Version(version) if version < Version::TLS_1_3);
        Some(match header.content_type {
            ContentType::HEARTBEAT => Stage::Skip,
            ContentType::CHANGE_CIPHER_SPEC => match agreed {
                Agreed::Later => return None,
                Agreed::Version(_) if !is_before_1_3 => Stage::Skip,
                Agreed::Version(_) if header.len > 1 => Stage::Sealed,
                _ => Stage::Change,
            },
            ContentType::APPLICATION_DATA if agreed == Agreed::Later => return None,
            ContentType::APPLICATION_DATA => Stage::Sealed,
            ContentType::ALERT if is_alert_in_clear => Stage::Clear,
            ContentType::ALERT => Stage::Sealed,
            _ if direction.doubt.is_some() && is_before_1_3 => Stage::Either,
            _ => Stage::Clear,
        })
    }

    /// An encrypted record comes in a session of TLS 1.3: the keys of the handshake begin.
    fn enter_handshake(&mut self, side: Side, version: Version) {
        let direction = &mut self.sides[side];
        if direction.epoch != Epoch::Clear || version < Version::TLS_1_3 {
            return;
        }
        let client = self.negotiations.first().and_then(|first| first.client.as_ref());
        let is_early = side == Side::Client && client.is_some_and(|client| client.early_data);
        let (doubt, lost) = (direction.doubt, direction.messages.is_lost());
        direction.enter(if is_early { Epoch::Early } else { Epoch::Handshake });
        direction.doubt = doubt.map(|doubt| Doubt { least: 0, ..doubt });
        if lost {
            direction.messages.lose(None);
        }
    }

    /// A record that can be opened, if it is what it should be.
    fn sealed(&mut self, side: Side, record: Record<'_>, stage: Stage, world: World<'_>) {
        let Record { header, range, body, at } = record;
        let mut out = self.outlet.buffer();
        let why = match self.open(side, header, body, None, &mut out, world) {
            Ok(read) => {
                if read.is_first {
                    self.outlet.nothing_lost(side);
                }
                self.content(side, record, read.content_type, out, world);
                return;
            }
            Err(why) => why,
        };
        self.outlet.recycle(out);
        if why == NotOpened::Unknown && stage == Stage::Either {
            self.clear(side, record, world);
            return;
        }
        self.sides[side].pass(body);
        if why == NotOpened::Refused {
            let at = at.unwrap_or_else(|| self.cite(side, range, world));
            let facts = &mut self.facts.sides[side];
            facts.refused += 1;
            facts.first_refused.get_or_insert((range, at));
            if self.facts.keys != Keys::Found {
                self.facts.keys = Keys::Wrong;
            }
        }
        let direction = &mut self.sides[side];
        let one = Doubt { least: 1, most: 1 };
        match (direction.epoch, why) {
            // What waits behind early data has a number of its own.
            (Epoch::Early, _) => {}
            (_, NotOpened::Refused) => {
                direction.sequence = direction.sequence.saturating_add(1);
                direction.refused += 1;
                if direction.refused >= MOST_REFUSED {
                    direction.doubt = Some(Doubt { least: 0, most: DOUBTED });
                    direction.refused = 0;
                }
            }
            (Epoch::Changed(_), _) if direction.doubt.is_none() => {
                direction.sequence = direction.sequence.saturating_add(1);
            }
            _ if direction.protection.is_some() && direction.doubt.is_none() => {
                direction.doubt = Some(Doubt { least: 0, most: 1 });
            }
            _ => direction.doubt = direction.doubt.map(|doubt| doubt.and(one)),
        }
        let is_before_1_3 = matches!(direction.epoch, Epoch::Changed(_));
        match (direction.epoch, header.content_type) {
            (Epoch::Changed(_), ContentType::ALERT) => self.note_alert(side, None, record, world),
            (Epoch::Changed(_), ContentType::HANDSHAKE) => direction.lose_renegotiation(),
            // Its type alone says what it does.
            (Epoch::Changed(generation), ContentType::CHANGE_CIPHER_SPEC) => {
                direction.enter(Epoch::Changed(generation.saturating_add(1)));
            }
            _ => {}
        }
        let plain = (is_before_1_3 && !header.is_protected()).then_some(0);
        self.hole(side, range, plain, GapCause::Undecrypted);
    }

    /// A record that nobody can open.
    fn sealed_for_ever(&mut self, side: Side, record: Record<'_>, world: World<'_>) {
        let Record { header, range, .. } = record;
        if header.content_type == ContentType::ALERT {
            self.note_alert(side, None, record, world);
        }
        self.unread(side, &Unread::record(header, range, GapCause::Undecrypted));
        self.note_established();
    }
}
