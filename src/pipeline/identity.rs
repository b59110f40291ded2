//! Which WebSocket is which: the same one captured behind an address translation, and a key that
//! was used for two.
//!
//! In: opening handshakes with their places in TCP's number space. Out: whether a key was used
//! before, and which connections are one. A host that translates addresses (a container's bridge,
//! a router) shows each connection under two pairs of addresses; numbers and bytes are the same.
//! This is all that connections have to do with each other, and it is asked in one place, in the
//! order of the capture, wherever they are followed.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use super::carrier::Carrier;
use crate::endpoint::Side;
use crate::http::Handshake;
use crate::provenance::{PacketNumber, PacketRef};
use crate::report::ConnectionReport;
use crate::tcp::Seq;

/// The SHA-256 digest of the value of a Sec-WebSocket-Key, which may be as long as a head.
type Key = [u8; 32];

fn key_of(handshake: &Handshake) -> Option<Key> {
    let key = handshake.request.as_ref()?.head.first("Sec-WebSocket-Key")?;
    Some(Sha256::digest(&key.value).into())
}

/// What tells one opening handshake from every other: its key, which is random, and the sequence
/// numbers of both heads, which begin at random. Two connections share all of them only when they
/// are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    key: Key,
    request: Seq,
    response: Option<Seq>,
}

impl Identity {
    /// That of a handshake on `carrier`; `None` where the request was not captured or has no key.
    pub(super) fn of(handshake: &Handshake, carrier: Carrier<'_>) -> Option<Identity> {
        let head = &handshake.request.as_ref()?.head;
        let response = handshake.response.as_ref().map(|response| response.head.range.start);
        Some(Identity {
            key: key_of(handshake)?,
            request: carrier.sequence(Side::Client, head.range.start)?,
            response: response.and_then(|start| carrier.sequence(Side::Server, start)),
        })
    }
}

/// The report on a connection, and what identifies it.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) report: ConnectionReport,
    pub(super) identity: Option<Identity>,
}

/// Which connections have been reported on, to know one that was captured twice.
#[derive(Debug)]
pub(super) struct Originals {
    first: HashMap<Identity, u64, RandomState>,
    most: usize,
}

impl Originals {
    /// None yet; `most` will be remembered.
    pub(super) fn new(most: usize) -> Originals {
        Originals { first: HashMap::default(), most }
    }

    /// The place in the list of reports of the one on the same connection, if there is one;
    /// remembers that this one has `place`.
    pub(super) fn same_as(&mut self, identity: Option<Identity>, place: u64) -> Option<u64> {
        let identity = identity.filter(|identity| identity.response.is_some())?;
        if let Some(original) = self.first.get(&identity) {
            return Some(*original);
        }
        if self.first.len() < self.most {
            self.first.insert(identity, place);
        }
        None
    }
}

/// One use of a Sec-WebSocket-Key: an opening handshake, whatever came of it.
#[derive(Clone, Debug)]
pub(super) struct KeyUse {
    birth: u64,
    key: Key,
    request: PacketRef,
    /// The last packet of the response, where that accepted it.
    response: Option<PacketRef>,
    identity: Option<Identity>,
    interface: u32,
}

impl KeyUse {
    /// The connection on which it was used.
    pub(super) fn birth(&self) -> u64 {
        self.birth
    }

    /// That of `handshake` on the connection of that birth; `None` where the request was not
    /// captured or has no key.
    pub(super) fn of(
        handshake: &Handshake,
        identity: Option<Identity>,
        birth: u64,
        interface: u32,
    ) -> Option<KeyUse> {
        let key = key_of(handshake)?;
        let request = *handshake.request.as_ref()?.head.packets.first()?;
        let response = handshake.response.as_ref().filter(|response| response.status == 101);
        let response = response.and_then(|response| response.head.packets.last()).copied();
        Some(KeyUse { birth, key, request, response, identity, interface })
    }
}

/// The keys of the handshakes that succeeded, to notice one that is used again.
#[derive(Debug)]
pub(super) struct UsedKeys {
    seen: HashMap<Key, Use, RandomState>,
    most: usize,
}

/// A successful opening handshake: its request and its response.
#[derive(Clone, Debug)]
struct Use {
    request: PacketRef,
    response: PacketRef,
    identity: Option<Identity>,
    interface: u32,
}

impl UsedKeys {
    /// None yet; `most` will be remembered.
    pub(super) fn new(most: usize) -> UsedKeys {
        UsedKeys { seen: HashMap::default(), most }
    }

    /// The request that used the same key before, if it had been accepted by the time of this one;
    /// remembers this one if there is room.
    ///
    /// A capture that sees both sides of a proxy has every handshake twice, and the second one is
    /// sent before the first is answered: that is one use of the key. So is a connection that was
    /// captured on both sides of an address translation, and what another interface saw, by its
    /// own clock. A client that repeats a request which was refused has not used its key either.
    fn used_before(&mut self, this: KeyUse) -> Option<PacketRef> {
        let KeyUse { key, request, response, identity, interface, .. } = this;
        let this = response.map(|response| Use {
            request,
            response,
            identity: identity.clone(),
            interface,
        });
        if let Some(before) = self.seen.get_mut(&key) {
            let is_the_same = identity.is_some_and(|this| {
                before.identity.as_ref().is_some_and(|before| before.request == this.request)
            });
            if is_the_same || before.interface != interface || before.response.time >= request.time
            {
                return None;
            }
            let found = before.request;
            if let Some(this) = this {
                *before = this;
            }
            return Some(found);
        }
        if self.seen.len() < self.most
            && let Some(this) = this
        {
            self.seen.insert(key, this);
        }
        None
    }
}

/// The handshakes whose key had been used before, by the connection that they are on.
#[derive(Clone, Debug, Default)]
pub(super) struct Reused(HashMap<u64, Vec<(PacketNumber, PacketRef)>, RandomState>);

impl Reused {
    /// Compares the key of one more handshake with those in `keys`.
    pub(super) fn add(&mut self, this: KeyUse, keys: &mut UsedKeys) {
        let (birth, request) = (this.birth, this.request.number);
        if let Some(before) = keys.used_before(this) {
            self.0.entry(birth).or_default().push((request, before));
        }
    }

    /// The handshake before that used the key of `handshake`, which is on the connection of that
    /// birth.
    pub(super) fn before(&self, birth: u64, handshake: &Handshake) -> Option<PacketRef> {
        let request = handshake.request.as_ref()?.head.packets.first()?;
        let on_it = self.0.get(&birth)?;
        on_it.iter().find(|(number, _)| *number == request.number).map(|(_, before)| *before)
    }

    /// Takes in what was found later.
    pub(super) fn extend(&mut self, later: Reused) {
        for (birth, found) in later.0 {
            self.0.entry(birth).or_default().extend(found);
        }
    }

    /// Forgets a connection that is over.
    pub(super) fn forget(&mut self, birth: u64) {
        self.0.remove(&birth);
    }
}
