//! One direction of a session: how far it was read, and under which keys.

use std::collections::VecDeque;

use super::hole::Unread;
use crate::provenance::PacketRef;
use crate::tcp::{GapCause, Range64};
use crate::tls::RecordHeader;
use crate::tls::handshake::Messages;
use crate::tls::protection::Protection;
use crate::tls::records::Deframer;
use crate::tls::suite::Suite;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) deframer: Deframer,
    /// What came while it could not be read yet.
    pub(super) waiting: VecDeque<Waiting>,
    /// What that costs, in bytes.
    pub(super) waiting_size: usize,
    /// Whether more came than may wait: until the queue is empty, nothing more is kept.
    pub(super) has_overflowed: bool,
    pub(super) epoch: Epoch,
    /// The keys of the epoch, where they are known.
    pub(super) protection: Option<Box<Protection>>,
    /// The number of the next record in its epoch, unless there is a doubt.
    pub(super) sequence: u64,
    pub(super) doubt: Option<Doubt>,
    /// Keys under which a record may be protected where those of the epoch do not serve; made when
    /// they are needed.
    pub(super) following: Option<Vec<Following>>,
    pub(super) messages: Messages,
    /// What is to happen when the record that is being read has ended.
    pub(super) change: Option<Change>,
    /// Records in a row that did not authenticate.
    pub(super) refused: u32,
    /// Where the boundaries of records were lost.
    pub(super) lost_from: Option<(u64, GapCause)>,
    /// Whether its first hello was read, or cannot come any more.
    pub(super) is_past_hello: bool,
    /// Hellos that were read, without those that repeat one.
    pub(super) hellos: usize,
    /// Whether a ChangeCipherSpec was captured, read or not.
    pub(super) saw_change: bool,
    /// Whether its Finished was read.
    pub(super) has_finished: bool,
    /// What was found when keys were looked up last, and the revision of the keys then.
    pub(super) blocked: Option<(u64, Blocked)>,
}

/// Which keys protect the records.
///
/// ```text
///   TLS 1.3   Clear ──▶ (Early, the client alone) ──▶ Handshake ──▶ Application, updated at will
///   before    Clear ──▶ Changed(0) ──▶ Changed(1) …, with each ChangeCipherSpec
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Epoch {
    #[default]
    Clear,
    Early,
    Handshake,
    Application,
    /// Up to TLS 1.2: those of this handshake of the session, counted from 0.
    Changed(usize),
}

/// A change of keys that takes place at the end of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    To(Epoch),
    /// A KeyUpdate.
    Update,
}

/// How many records may have been lost since the sequence number was certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) least: u64,
    pub(super) most: u64,
}

/// Keys of a later epoch.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) epoch: Epoch,
    /// Updates of keys on the way there.
    pub(super) updates: u64,
    pub(super) protection: Protection,
    pub(super) suite: &'static Suite,
    /// Whether it stands where its epoch begins: no record was passed over under it.
    pub(super) is_fresh: bool,
}

/// Why records are not opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked {
    /// What is needed may still come.
    Wait,
    /// It cannot.
    Never,
}

/// Something that came while it could not be read yet.
#[derive(Debug)]
pub(super) enum Waiting {
    Record { header: RecordHeader, range: Range64, body: Vec<u8>, at: Option<PacketRef> },
    Unread(Unread),
}

/// What a waiting item costs besides its bytes.
pub(super) const PER_ITEM: usize = 96;

/// The longest record, and the shortest that is protected: a header and a tag of eight bytes.
const LONGEST: u64 = 5 + RecordHeader::LONGEST as u64;
const SHORTEST: u64 = 5 + 8;

impl Doubt {
    /// Sequence numbers that are tried for a record behind a hole.
    pub(super) const WIDEST: u64 = 1_024;

    /// Of the records in so many lost bytes.
    pub(super) fn of_bytes(lost: u64) -> Doubt {
        Doubt { least: lost.div_ceil(LONGEST), most: lost.div_ceil(SHORTEST) }
    }

    /// Both together.
    pub(super) fn and(self, other: Doubt) -> Doubt {
        Doubt {
            least: self.least.saturating_add(other.least),
            most: self.most.saturating_add(other.most),
        }
    }

    /// How many numbers behind the least are worth trying.
    pub(super) fn width(self) -> u64 {
        self.most.min(Doubt::WIDEST)
    }
}

impl Direction {
    /// Handshakes of one session that are followed.
    pub(super) const MOST_HELLOS: usize = 64;

    /// Records of which it is not certain how many they are were lost.
    pub(super) fn lose(&mut self, lost: Doubt) {
        self.doubt = Some(self.doubt.unwrap_or_default().and(lost));
        self.forget_chain();
    }

    /// A record of which at least a part was lost.
    pub(super) fn forget_chain(&mut self) {
        if let Some(protection) = &mut self.protection {
            protection.forget();
        }
        for next in self.following.iter_mut().flatten().filter(|next| !next.is_fresh) {
            next.protection.forget();
        }
    }

    /// Messages of a handshake inside the session may have been lost: which hello of one side
    /// answers which of the other is not known from here on, so no renegotiation is followed.
    pub(super) fn lose_renegotiation(&mut self) {
        self.messages.lose(None);
        self.hellos = Direction::MOST_HELLOS;
    }

    /// A record that is there, and was not opened.
    pub(super) fn pass(&mut self, body: &[u8]) {
        if let Some(protection) = &mut self.protection {
            protection.pass(body);
        }
        for next in self.following.iter_mut().flatten() {
            next.protection.pass(body);
            next.is_fresh = false;
        }
    }

    /// Other keys from the next record on, whatever was in doubt.
    pub(super) fn enter(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.protection = None;
        self.following = None;
        self.sequence = 0;
        self.doubt = None;
        self.blocked = None;
        self.refused = 0;
        self.messages.reset();
    }

    /// The keys of a later epoch opened the record with this number.
    pub(super) fn proceed(&mut self, to: Following, sequence: u64) {
        self.enter(to.epoch);
        self.has_finished |= matches!(to.epoch, Epoch::Application | Epoch::Changed(_));
        self.protection = Some(Box::new(to.protection));
        self.sequence = sequence.saturating_add(1);
        if self.epoch == Epoch::Handshake && sequence > 0 {
            self.messages.lose(None); // the record need not begin with one
        }
    }

    /// The record with this number was opened under the keys of the epoch.
    pub(super) fn opened(&mut self, sequence: u64) {
        self.sequence = sequence.saturating_add(1);
        self.refused = 0;
        if self.doubt.take().is_some() {
            self.following = None;
            // A message of the handshake may have lost its beginning; behind it, messages are
            // short and stand alone.
            if matches!(self.epoch, Epoch::Application | Epoch::Changed(_)) {
                self.messages.reset();
            }
        }
    }

    /// Puts something at the end of the queue.
    pub(super) fn wait(&mut self, item: Waiting) {
        self.waiting_size += item.size();
        self.waiting.push_back(item);
    }

    /// Puts what was not read at the end of the queue, together with the same before it.
    pub(super) fn wait_unread(&mut self, unread: Unread) {
        match self.waiting.back_mut() {
            Some(Waiting::Unread(before)) => before.add(&unread),
            _ => self.wait(Waiting::Unread(unread)),
        }
    }

    /// Puts back what was taken from the queue.
    pub(super) fn wait_first(&mut self, item: Waiting) {
        self.waiting_size += item.size();
        self.waiting.push_front(item);
    }

    /// Takes the first of the queue.
    pub(super) fn next_waiting(&mut self) -> Option<Waiting> {
        let item = self.waiting.pop_front()?;
        self.waiting_size = self.waiting_size.saturating_sub(item.size());
        if self.waiting.is_empty() {
            self.has_overflowed = false;
        }
        Some(item)
    }

    /// Bytes of memory held.
    pub(super) fn held(&self) -> usize {
        self.deframer.held() + self.waiting_size + self.messages.held()
    }
}

impl Waiting {
    /// Where it begins.
    pub(super) fn start(&self) -> u64 {
        match self {
            Waiting::Record { range, .. } => range.start,
            Waiting::Unread(unread) => unread.range.start,
        }
    }

    fn size(&self) -> usize {
        match self {
            Waiting::Record { body, .. } => body.len() + PER_ITEM,
            Waiting::Unread(_) => PER_ITEM,
        }
    }
}
