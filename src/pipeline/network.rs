//! Connections whose endpoints have the same addresses and ports.
//!
//! In: segments of one flow key, and the tags and tunnels they came through. Out: the connection
//! that each belongs to. Address spaces of two networks may overlap, so the same addresses under
//! another tag may be other hosts; and one connection may come through several tags: before and
//! behind a router, from a mirror, or with another tag in each direction. What decides are TCP's
//! own numbers, which are random: both of a segment's fit one connection and no other. Most keys
//! have one connection and one way, and then nothing is compared.

use super::flow::Flow;
use crate::endpoint::Endpoint;
use crate::ip::{Segment, TcpFlags, Via};
use crate::tcp::Seq;

/// The connections of one flow key.
#[derive(Debug)]
pub(super) struct Slot {
    here: Place,
    /// Those of other networks.
    elsewhere: Vec<Place>,
}

/// A connection, and the ways its segments came.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) tracked: Tracked,
    /// The way of the latest segment.
    latest: Via,
    /// The others.
    ways: Vec<Via>,
}

/// What is kept of a connection.
#[derive(Debug)]
pub(super) enum Tracked {
    /// It may be, or is, a WebSocket.
    Followed(Box<Flow>),
    /// It is something else: only what tells its successor from itself is kept.
    Ignored { opener: Option<(Endpoint, Seq)> },
}

impl Slot {
    /// Networks in which the same addresses are told apart.
    const MOST_PLACES: usize = 16;

    pub(super) fn new(here: Place) -> Slot {
        Slot { here, elsewhere: Vec::new() }
    }

    /// The connection that `segment` belongs to; `None` when it is of a network of its own.
    #[inline]
    pub(super) fn place(&mut self, segment: &Segment<'_>) -> Option<&mut Place> {
        if self.here.latest == segment.via && self.elsewhere.is_empty() {
            return Some(&mut self.here);
        }
        self.search(segment)
    }

    fn search(&mut self, segment: &Segment<'_>) -> Option<&mut Place> {
        let opens = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
        let places = || std::iter::once(&self.here).chain(&self.elsewhere);
        let found = places()
            .position(|place| place.knows(segment.via))
            .or_else(|| places().position(|place| place.tracked.is_certain_of(segment)))
            .or_else(|| places().position(|place| place.tracked.fits(segment)))
            // One that is over makes room for one that opens.
            .or_else(|| places().position(|place| opens && place.tracked.is_over()))?;
        let place = match found.checked_sub(1) {
            None => &mut self.here,
            Some(index) => self.elsewhere.get_mut(index)?,
        };
        place.comes_by(segment.via);
        Some(place)
    }

    pub(super) fn has_room(&self) -> bool {
        self.elsewhere.len() + 1 < Slot::MOST_PLACES
    }

    pub(super) fn add(&mut self, place: Place) {
        self.elsewhere.push(place);
    }

    /// Connections of this key beyond the first.
    pub(super) fn elsewhere(&self) -> usize {
        self.elsewhere.len()
    }

    /// Drops what is no WebSocket; whether anything is left.
    pub(super) fn forget_ignored(&mut self) -> bool {
        let is_followed = |place: &Place| matches!(place.tracked, Tracked::Followed(_));
        self.elsewhere.retain(is_followed);
        if is_followed(&self.here) {
            return true;
        }
        let next = self.elsewhere.pop();
        let is_left = next.is_some();
        if let Some(next) = next {
            self.here = next;
        }
        is_left
    }

    /// The connections that are followed.
    pub(super) fn into_flows(self) -> impl Iterator<Item = Box<Flow>> {
        std::iter::once(self.here).chain(self.elsewhere).filter_map(|place| match place.tracked {
            Tracked::Followed(flow) => Some(flow),
            Tracked::Ignored { .. } => None,
        })
    }
}

impl Place {
    /// Ways of one connection that are remembered.
    const MOST_WAYS: usize = 16;

    pub(super) fn new(flow: Flow, way: Via) -> Place {
        Place { tracked: Tracked::Followed(Box::new(flow)), latest: way, ways: Vec::new() }
    }

    fn knows(&self, way: Via) -> bool {
        self.latest == way || self.ways.contains(&way)
    }

    fn comes_by(&mut self, way: Via) {
        if self.latest == way {
            return;
        }
        self.ways.retain(|known| *known != way);
        if self.ways.len() >= Place::MOST_WAYS {
            self.ways.remove(0);
        }
        self.ways.push(std::mem::replace(&mut self.latest, way));
    }
}

impl Tracked {
    /// Whether a SYN opens a new connection between the same endpoints.
    pub(super) fn is_reopened_by(&self, syn: &Segment<'_>) -> bool {
        match self {
            Tracked::Followed(flow) => flow.is_reopened_by(syn),
            Tracked::Ignored { opener } => {
                opener.is_none_or(|(endpoint, seq)| endpoint != syn.from || seq != syn.seq)
            }
        }
    }

    /// Puts `fresh` in its place. Its stragglers may still come; the connection before it, of
    /// which none are expected any more, is returned.
    pub(super) fn reopen(&mut self, fresh: Flow) -> Option<Box<Flow>> {
        let mut fresh = Box::new(fresh);
        let before = std::mem::replace(self, Tracked::Ignored { opener: None });
        let older = match before {
            Tracked::Followed(before) => fresh.succeed(before),
            Tracked::Ignored { .. } => None,
        };
        *self = Tracked::Followed(fresh);
        older
    }

    /// Whether the numbers of `segment`, which came another way, fit a connection of which they
    /// are known.
    fn is_certain_of(&self, segment: &Segment<'_>) -> bool {
        matches!(self, Tracked::Followed(flow) if flow.fits(segment))
    }

    /// The same; where nothing but the SYN is known, that alone decides, and what is no SYN is
    /// taken for one of the connection's.
    fn fits(&self, segment: &Segment<'_>) -> bool {
        match self {
            Tracked::Followed(flow) => flow.fits(segment),
            Tracked::Ignored { .. } => {
                let opens = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
                !opens || !self.is_reopened_by(segment)
            }
        }
    }

    /// Whether TCP has ended on it, as far as that is known.
    fn is_over(&self) -> bool {
        match self {
            Tracked::Followed(flow) => flow.is_over(),
            Tracked::Ignored { .. } => false,
        }
    }
}
