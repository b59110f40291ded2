//! Which WebSocket is which: the same one captured behind an address translation, and a key that
//! was used for two.
//!
//! In: opening handshakes with their places in TCP's number space. Out: whether a key was used
//! before, and which connections are one. A host that translates addresses (a container's bridge,
//! a router) shows each connection under two pairs of addresses; numbers and bytes are the same.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Limits;
use super::carrier::Carrier;
use crate::endpoint::Side;
use crate::http::Handshake;
use crate::provenance::PacketRef;
use crate::report::ConnectionReport;
use crate::tcp::Seq;

/// What tells one opening handshake from every other: its key, which is random, and the sequence
/// numbers of both heads, which begin at random. Two connections share all of them only when they
/// are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    key: String,
    request: Seq,
    response: Option<Seq>,
}

impl Identity {
    /// That of a handshake on `carrier`; `None` where the request was not captured or has no key.
    pub(super) fn of(handshake: &Handshake, carrier: Carrier<'_>) -> Option<Identity> {
        let head = &handshake.request.as_ref()?.head;
        let response = handshake.response.as_ref().map(|response| response.head.range.start);
        Some(Identity {
            key: head.first("Sec-WebSocket-Key")?.value.clone(),
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

/// The reports alone. One on a connection that is there before refers to that, by its place in the
/// list, counted from 0.
pub(super) fn link_copies(judged: Vec<Judged>) -> Vec<ConnectionReport> {
    let mut first: HashMap<Identity, u64, RandomState> = HashMap::default();
    let mut reports = Vec::with_capacity(judged.len());
    for (place, Judged { mut report, identity }) in (0..).zip(judged) {
        if let Some(identity) = identity.filter(|identity| identity.response.is_some()) {
            let original = *first.entry(identity).or_insert(place);
            report.same_as = (original != place).then_some(original);
        }
        reports.push(report);
    }
    reports
}

/// The Sec-WebSocket-UsedKeys of the handshakes that succeeded, to notice one that is used again.
#[derive(Debug, Default)]
pub(super) struct UsedKeys {
    seen: HashMap<String, Use, RandomState>,
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
    /// The request that used the same key before, if it had been accepted by the time of this one;
    /// remembers this one if there is room.
    ///
    /// A capture that sees both sides of a proxy has every handshake twice, and the second one is
    /// sent before the first is answered: that is one use of the key. So is a connection that was
    /// captured on both sides of an address translation, and what another interface saw, by its
    /// own clock. A client that repeats a request which was refused has not used its key either.
    pub(super) fn used_before(
        &mut self,
        handshake: &Handshake,
        identity: Option<&Identity>,
        interface: u32,
        limits: &Limits,
    ) -> Option<PacketRef> {
        let head = &handshake.request.as_ref()?.head;
        let key = &head.first("Sec-WebSocket-Key")?.value;
        let request = *head.packets.first()?;
        let response = handshake.response.as_ref().filter(|response| response.status == 101);
        let last = response.and_then(|response| response.head.packets.last());
        let this = last.map(|response| Use {
            request,
            response: *response,
            identity: identity.cloned(),
            interface,
        });
        if let Some(before) = self.seen.get_mut(key) {
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
        if self.seen.len() < limits.keys
            && let Some(this) = this
        {
            self.seen.insert(key.clone(), this);
        }
        None
    }
}
