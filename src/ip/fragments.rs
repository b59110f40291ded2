//! Fragments of IP datagrams, until they are whole.
//!
//! In: the parts of datagrams that may carry TCP, in any order, each perhaps several times. Out:
//! the payload of a datagram, once every byte of it was on the wire. What the snap length cut is
//! known to have been there; the payload is handed on up to the first such byte, and the rest is a
//! cut of known length. A hole is never handed on, nor a datagram of which two parts contradict
//! each other, nor one whose checksum says that its parts belong to different datagrams. All of
//! that is counted.
//!
//! Bounded in datagrams, in bytes, and in age: identifiers are used again.

mod collection;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;
use etherparse::ip_number::AUTH;
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use self::collection::{Collection, Insertion};
use super::Why;
use super::datagram::{Datagram, Part, TCP};
use super::v6;
use crate::link::{Via, tunnel};
use crate::provenance::PacketRef;

/// How many fragments may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentLimits {
    /// Datagrams of which a part has been seen.
    pub datagrams: usize,
    /// Bytes of them, with what it takes to keep them.
    pub bytes: usize,
}

impl Default for FragmentLimits {
    fn default() -> FragmentLimits {
        FragmentLimits { datagrams: 4_096, bytes: 8 << 20 }
    }
}

/// What became of the datagrams that came in fragments and may carry TCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FragmentCounts {
    /// Datagrams put together.
    pub whole: u64,
    /// Datagrams of which a part never came.
    pub incomplete: u64,
    /// Datagrams of which two parts contradict each other: other bytes in the same place (RFC
    /// 5722), or another end.
    pub conflicting: u64,
    /// Datagrams whose checksum is wrong: most likely parts of several, since an identifier is
    /// soon used again (RFC 4963).
    pub mixed: u64,
    /// Datagrams given up because too much was waiting.
    pub over_limit: u64,
}

/// What became of a fragment.
pub(super) enum Added {
    /// It waits for others, or was here before.
    Waits,
    /// It is no part of anything.
    Refused(Why),
    /// It was the last that was missing.
    Whole(Whole),
}

/// The payload of a datagram.
pub(super) struct Whole {
    pub(super) ttl: u8,
    pub(super) protocol: u8,
    /// What the capture has of it.
    pub(super) bytes: Vec<u8>,
    pub(super) wire_len: usize,
}

/// What all fragments of a datagram have in common (RFC 791 §3.2, RFC 8200 §4.5), and the way they
/// came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    /// 0 in IPv6, where only the first fragment knows.
    protocol: u8,
    via: Via,
}

#[derive(Debug)]
struct Slot {
    /// Tells this use of the key from others before and after it.
    serial: u64,
    first: PacketRef,
    state: State,
    /// The fragments of the last datagram under this key that became whole, as sorted hashes. The
    /// same fragment captured twice may come after that.
    earlier: Vec<u64>,
    /// Whether every fragment since then was one of these.
    only_copies: bool,
}

/// ```text
/// Collecting ──every byte──▶ Whole ──another fragment──▶ Collecting
///     │  └──ports of no tunnel──▶ Plain
///     └──two parts contradict each other──▶ Conflicting
/// ```
#[derive(Debug)]
enum State {
    Collecting(Collection),
    /// Nothing is kept; `earlier` knows what it was made from.
    Whole,
    /// UDP that carries no tunnel.
    Plain,
    Conflicting,
}

/// Fragments that wait for others.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    limits: FragmentLimits,
    slots: HashMap<Key, Slot, RandomState>,
    /// By age. Entries whose slot is gone, or of another serial, mean nothing any more.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    /// What all collections take.
    bytes: usize,
    counts: FragmentCounts,
    hasher: RandomState,
}

impl Fragments {
    pub(super) fn new(limits: FragmentLimits) -> Fragments {
        Fragments { limits, ..Fragments::default() }
    }

    /// What became of all until now; what waits is incomplete.
    pub(super) fn counts(&self) -> FragmentCounts {
        let waiting = self.slots.values().filter(|slot| slot.is_waiting()).count();
        let mut counts = self.counts;
        counts.incomplete += waiting as u64;
        counts
    }

    /// Takes a fragment, which must be one.
    pub(super) fn add(&mut self, datagram: &Datagram<'_>, via: Via, at: PacketRef) -> Added {
        let Some(part) = datagram.part else { return Added::Waits };
        if let Err(why) = check(datagram, part) {
            return Added::Refused(why);
        }
        self.forget_old(at);
        let key = Key {
            source: datagram.source,
            destination: datagram.destination,
            id: part.id,
            protocol: if datagram.source.is_ipv6() { 0 } else { datagram.protocol },
            via,
        };
        let added = self.put(key, datagram, part, at);
        self.keep_limits();
        added
    }

    fn put(&mut self, key: Key, datagram: &Datagram<'_>, part: Part, at: PacketRef) -> Added {
        let captured = datagram.payload.captured;
        let wire_len = datagram.payload.wire_len;
        let hash = self.hasher.hash_one((part.offset, part.more, wire_len, captured));
        let serial = self.serial + 1;
        let slot = self.slots.entry(key).or_insert_with(|| Slot::new(serial, at));
        let before = slot.cost();
        if slot.begin_anew(datagram, part, serial, at) || slot.serial == serial {
            self.serial = serial;
            self.order.push_back((key, serial));
        }
        let outcome = slot.take(datagram, part, hash);
        self.bytes = self.bytes.saturating_sub(before).saturating_add(slot.cost());
        match outcome {
            Outcome::Waits => Added::Waits,
            Outcome::Plain => Added::Refused(Why::NotTcp(datagram.protocol)),
            Outcome::Conflict => {
                self.counts.conflicting += 1;
                Added::Waits
            }
            Outcome::Whole(whole) if is_mixed(&key, &whole) => {
                self.counts.mixed += 1;
                Added::Waits
            }
            Outcome::Whole(whole) => {
                self.counts.whole += 1;
                Added::Whole(whole)
            }
        }
    }

    /// Drops what is so old that its identifier may have been used again.
    fn forget_old(&mut self, now: PacketRef) {
        while let Some((key, serial)) = self.order.front() {
            match self.slots.get(key).filter(|slot| slot.serial == *serial) {
                Some(slot) if !slot.is_old(now) => return,
                Some(_) => {
                    if self.forget_first() {
                        self.counts.incomplete += 1;
                    }
                }
                None => {
                    self.order.pop_front();
                }
            }
        }
    }

    /// Drops the oldest until the rest is within bounds.
    fn keep_limits(&mut self) {
        while self.slots.len() > self.limits.datagrams || self.bytes > self.limits.bytes {
            if self.order.is_empty() {
                return;
            }
            if self.forget_first() {
                self.counts.over_limit += 1;
            }
        }
        if self.order.len() > 2 * self.slots.len() + 64 {
            let slots = &self.slots;
            let is_used =
                |key: &Key, serial| slots.get(key).is_some_and(|slot| slot.serial == serial);
            self.order.retain(|(key, serial)| is_used(key, *serial));
        }
    }

    /// Drops the oldest; whether something is lost with it.
    fn forget_first(&mut self) -> bool {
        let Some((key, serial)) = self.order.pop_front() else { return false };
        if self.slots.get(&key).is_none_or(|slot| slot.serial != serial) {
            return false;
        }
        let Some(slot) = self.slots.remove(&key) else { return false };
        self.bytes = self.bytes.saturating_sub(slot.cost());
        slot.is_waiting()
    }
}

/// What a fragment did to its slot.
enum Outcome {
    Waits,
    Plain,
    Conflict,
    Whole(Whole),
}

impl Slot {
    fn new(serial: u64, first: PacketRef) -> Slot {
        let state = State::Collecting(Collection::default());
        Slot { serial, first, state, earlier: Vec::new(), only_copies: false }
    }

    /// Begins to collect another datagram if the fragment can be no part of the last one; whether
    /// it did.
    fn begin_anew(
        &mut self,
        datagram: &Datagram<'_>,
        part: Part,
        serial: u64,
        at: PacketRef,
    ) -> bool {
        let only_copies = match self.state {
            State::Whole => true,
            State::Plain => {
                let captured = datagram.payload.captured;
                if part.offset != 0 || !tunnel_or_tcp(datagram.protocol, captured) {
                    return false;
                }
                false
            }
            State::Collecting(_) | State::Conflicting => return false,
        };
        let earlier = std::mem::take(&mut self.earlier);
        *self = Slot { earlier, only_copies, ..Slot::new(serial, at) };
        true
    }

    fn take(&mut self, datagram: &Datagram<'_>, part: Part, hash: u64) -> Outcome {
        if self.only_copies && self.earlier.binary_search(&hash).is_err() {
            // The number is used again: what came as a copy is no part of this datagram.
            (self.only_copies, self.state) = (false, State::Collecting(Collection::default()));
        }
        let collection = match &mut self.state {
            State::Collecting(collection) => collection,
            State::Plain => return Outcome::Plain,
            State::Whole | State::Conflicting => return Outcome::Waits,
        };
        if part.offset == 0 && !tunnel_or_tcp(datagram.protocol, datagram.payload.captured) {
            self.state = State::Plain;
            return Outcome::Plain;
        }
        match collection.insert(part, datagram, hash) {
            Insertion::Waits => Outcome::Waits,
            Insertion::Conflict => {
                self.state = State::Conflicting;
                Outcome::Conflict
            }
            Insertion::Whole => {
                let (whole, mut hashes) = std::mem::take(collection).into_whole();
                hashes.sort_unstable();
                (self.earlier, self.state) = (hashes, State::Whole);
                Outcome::Whole(whole)
            }
        }
    }

    /// Bytes that it takes, about, but for itself.
    fn cost(&self) -> usize {
        let collection = match &self.state {
            State::Collecting(collection) => collection.cost(),
            State::Whole | State::Plain | State::Conflicting => 0,
        };
        collection + size_of_val(self.earlier.as_slice())
    }

    /// Whether something of it is still to come: not if it is a whole datagram captured twice, of
    /// which the second copies of some fragments came too late.
    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Collecting(_)) && !self.only_copies
    }

    /// RFC 8200 §4.5 gives a datagram 60 seconds, and a sender that numbers 65_536 of them begins
    /// anew. Time may go back, and numbers begin anew with a file; then nothing is old.
    fn is_old(&self, now: PacketRef) -> bool {
        const LIFE_NANOS: i64 = 60_000_000_000;
        const LIFE_PACKETS: u64 = 65_536;
        let packets = now.number.number().saturating_sub(self.first.number.number());
        now.time.nanos_since(self.first.time) > LIFE_NANOS
            || (now.number.file() == self.first.number.file() && packets > LIFE_PACKETS)
    }
}

/// Whether a fragment can be part of a datagram that may carry TCP.
fn check(datagram: &Datagram<'_>, part: Part) -> Result<(), Why> {
    const LONGEST: usize = 65_535;
    let len = datagram.payload.wire_len;
    let end = usize::try_from(part.offset).unwrap_or(LONGEST).saturating_add(len);
    if len == 0 || (part.more && !len.is_multiple_of(8)) {
        return Err(Why::Malformed("a fragment whose length is no multiple of 8"));
    }
    if end > LONGEST {
        return Err(Why::Malformed("a fragment that ends beyond the longest datagram"));
    }
    let protocol = datagram.protocol;
    // In IPv6 only the first fragment must know the protocol, but all senders repeat it.
    if tunnel_or_tcp(protocol, &[]) || protocol == AUTH.0 || v6::is_extension(protocol) {
        Ok(())
    } else {
        Err(Why::NotTcp(protocol))
    }
}

/// Whether a datagram of this protocol that begins like this may carry TCP.
fn tunnel_or_tcp(protocol: u8, beginning: &[u8]) -> bool {
    protocol == TCP
        || protocol == AUTH.0
        || v6::is_extension(protocol)
        || tunnel::may_carry_ip(protocol, beginning)
}

/// Whether the checksum says that not all parts are of the same datagram.
///
/// A sender, or a router on the way, cuts a datagram up after its checksum was made; so it is true
/// here, other than in whole packets, for which a network card may have to fill it in.
fn is_mixed(key: &Key, whole: &Whole) -> bool {
    const CHECKSUM_IN_UDP: std::ops::Range<usize> = 6..8;
    let Ok(len) = u16::try_from(whole.wire_len) else { return false };
    let without_checksum = || whole.bytes.get(CHECKSUM_IN_UDP) == Some(&[0, 0]);
    let is_checked = whole.protocol == TCP || whole.protocol == tunnel::UDP && !without_checksum();
    if whole.bytes.len() != whole.wire_len || !is_checked {
        return false;
    }
    let addresses = match (key.source, key.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            Sum16BitWords::new().add_4bytes(source.octets()).add_4bytes(destination.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            Sum16BitWords::new().add_16bytes(source.octets()).add_16bytes(destination.octets())
        }
        _ => return false,
    };
    let sum = addresses.add_2bytes([0, whole.protocol]).add_2bytes(len.to_be_bytes());
    sum.add_slice(&whole.bytes).ones_complement() != 0
}
