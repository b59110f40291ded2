//! Opening a record: under the keys and the number that it must have, or where a hole leaves that
//! open, under the few that it may have.
//!
//! Only a tag that is right decides. What is tried in vain is paid from a credit that grows with
//! what is captured, so that no stream of bytes can make the work more than a multiple of itself.

use super::direction::{Doubt, Epoch};
use super::{Early, PER_TRIAL, Session, World};
use crate::endpoint::Side;
use crate::tls::facts::{EarlyData, Keys};
use crate::tls::protection::Refused;
use crate::tls::{ContentType, RecordHeader, Version};

/// A record that authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) content_type: ContentType,
    /// Whether no record of application data can have come before it that was not read.
    pub(super) is_first: bool,
}

/// A record that was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// It is not authentic, under the keys and the number that it must have.
    Refused,
    /// It is not known which keys or which number it has.
    Unknown,
}

impl Session {
    /// Opens a record of `side` into `out`. `lost` are the records that may have been lost right
    /// before it, in addition to those of which the direction knows.
    pub(super) fn open(
        &mut self,
        side: Side,
        header: RecordHeader,
        body: &[u8],
        lost: Option<Doubt>,
        out: &mut Vec<u8>,
        world: World<'_>,
    ) -> Result<Read, NotOpened> {
        let direction = &mut self.sides[side];
        let doubt = match (direction.doubt, lost) {
            (Some(known), Some(lost)) => Some(known.and(lost)),
            (known, lost) => known.or(lost),
        };
        // The ordinary case.
        if doubt.is_none()
            && let Some(protection) = &mut direction.protection
        {
            let sequence = direction.sequence;
            match protection.open(sequence, header, body, out) {
                Ok(content_type) => {
                    direction.opened(sequence);
                    let is_first = self.is_first(side, sequence);
                    self.facts.keys = Keys::Found;
                    return Ok(Read { content_type, is_first });
                }
                Err(Refused::NoIv) => return Err(NotOpened::Unknown),
                // Early data may end without a word, and messages that were lost may have changed
                // the keys.
                Err(_) if direction.epoch == Epoch::Early || direction.messages.is_lost() => {}
                Err(_) => return Err(NotOpened::Refused),
            }
        }
        self.search(side, header, body, doubt, out, world)
    }

    /// Tries what a record may be protected with.
    fn search(
        &mut self,
        side: Side,
        header: RecordHeader,
        body: &[u8],
        doubt: Option<Doubt>,
        out: &mut Vec<u8>,
        world: World<'_>,
    ) -> Result<Read, NotOpened> {
        if self.sides[side].following.is_none() {
            let following = self.following(side, world.keys);
            self.sides[side].following = Some(following);
        }
        let direction = &mut self.sides[side];
        let reach = doubt.unwrap_or_default();
        let before = direction.epoch;
        let base = direction.sequence;
        let price = PER_TRIAL.saturating_add(u64::try_from(body.len()).unwrap_or(u64::MAX));
        let (credit, vain) = (&mut self.credit, &mut self.vain);
        let mut pay = || {
            let left = credit.checked_sub(price);
            *credit = left.unwrap_or(*credit);
            *vain += u64::from(left.is_some());
            left.is_some()
        };
        let mut current = direction.protection.as_mut().filter(|_| doubt.is_some());
        let mut next = direction.following.take().unwrap_or_default();
        // Before the application's keys few records are sent, so those are likely to come soon; an
        // update of them is not.
        let passes: &[(bool, bool)] = match before {
            Epoch::Application => &[(true, false), (false, true)],
            _ => &[(true, true)],
        };
        let mut found = None;
        'search: for (with_current, with_later) in passes {
            for skipped in 0..=reach.width() {
                let sequence = base.saturating_add(reach.least).saturating_add(skipped);
                if let Some(protection) = current.as_mut().filter(|_| *with_current) {
                    if reach.least.saturating_add(skipped) <= reach.most && !pay() {
                        break 'search;
                    }
                    if let Ok(content_type) = protection.open(sequence, header, body, out) {
                        found = Some((content_type, sequence, None));
                        break 'search;
                    }
                }
                // The numbers of later keys begin anew.
                for (at, later) in next.iter_mut().enumerate().filter(|_| *with_later) {
                    if skipped == 1 && later.is_fresh {
                        // TLS 1.0: the first IV of an epoch is that of its first record alone.
                        later.protection.forget();
                        later.is_fresh = false;
                    }
                    if !pay() {
                        break 'search;
                    }
                    if let Ok(content_type) = later.protection.open(skipped, header, body, out) {
                        found = Some((content_type, skipped, Some(at)));
                        break 'search;
                    }
                }
            }
        }
        let found = found.map(|(content_type, sequence, at)| {
            match at.filter(|at| *at < next.len()).map(|at| next.swap_remove(at)) {
                None => direction.opened(sequence),
                Some(later) => {
                    self.facts.sides[side].key_updates += later.updates;
                    if self.facts.suite.is_none() {
                        // It opens a record, so it is the suite.
                        self.facts.suite = Some(later.suite.id);
                        self.facts.version = Some(Version::TLS_1_3);
                    }
                    direction.proceed(later, sequence);
                }
            }
            (content_type, sequence)
        });
        let Some((content_type, sequence)) = found else {
            direction.following = Some(next);
            return Err(NotOpened::Unknown);
        };
        self.vain = self.vain.saturating_sub(1); // this one was not in vain
        self.facts.keys = Keys::Found;
        if before == Epoch::Early && self.sides[side].epoch != Epoch::Early {
            self.leave_early_data(doubt.is_some());
        }
        self.note_established();
        Ok(Read { content_type, is_first: self.is_first(side, sequence) })
    }

    /// Whether the record with this number is the first that may carry application data, or stands
    /// before it.
    fn is_first(&self, side: Side, sequence: u64) -> bool {
        let first = self.negotiations.first();
        let has_early_data = side == Side::Client
            && first
                .and_then(|first| first.client.as_ref())
                .is_none_or(|client| client.early_data && self.early != Early::Rejected);
        match self.sides[side].epoch {
            Epoch::Handshake => !has_early_data,
            Epoch::Application => {
                sequence == 0 && self.facts.sides[side].key_updates == 0 && !has_early_data
            }
            // The first record behind a ChangeCipherSpec is the Finished.
            Epoch::Changed(0) => sequence <= 1,
            _ => false,
        }
    }

    /// The first record behind early data was opened, and what ends the early data was not read.
    fn leave_early_data(&mut self, is_in_doubt: bool) {
        if self.early == Early::Unknown && !is_in_doubt && !self.has_unread_early_data {
            // RFC 8446 §4.5: where early data is accepted, EndOfEarlyData stands behind it, and it
            // would have been read.
            self.early = Early::Rejected;
            self.facts.early_data = Some(EarlyData::Rejected);
        }
        match self.early {
            Early::Rejected => self.early_data.clear(),
            _ => self.give_up_early_data(),
        }
    }
}
