//! Connections whose endpoints have the same addresses and ports.
//!
//! In: segments of one flow key, and the tags and tunnels they came through. Out: the connection
//! that each belongs to. Address spaces of two networks may overlap, so the same addresses under
//! another tag may be other hosts; and one connection may come through several tags: before and
//! behind a router, from a mirror, or with another tag in each direction. What decides are TCP's
//! own numbers, which are random: both of a segment's fit one connection and no other. Most keys
//! have one connection and one way, and then nothing is compared.

use std::mem;

use super::flow::Flow;
use crate::ip::{Segment, TcpFlags, Via};
use crate::tcp::{Connection, Seq};

/// The connections of one flow key: mostly one, and of most nothing is kept but that they are no
/// WebSocket, in as little room as that takes.
#[derive(Debug)]
pub(super) enum Slot {
    /// One connection that came one way and is no WebSocket.
    Ignored { way: Via, opener: Option<Opener> },
    /// One connection of which nothing is known but the SYN.
    Opening(Box<Opening>),
    /// One connection that came one way and may be, or is, a WebSocket.
    Followed { way: Via, flow: Box<Flow> },
    /// Several, or one that came several ways.
    Places(Box<Places>),
}

/// The connections of one flow key of which more is kept.
#[derive(Debug)]
pub(super) struct Places {
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
    /// It is something else, or over: only what tells its successor from itself is kept.
    Ignored { opener: Option<Opener> },
}

/// The SYN with which a connection began: which of its endpoints sent it, and its number. Where it
/// was not captured, the SYN-ACK tells both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opener {
    is_from_low: bool,
    seq: Seq,
}

/// A connection of which nothing is known but the SYN, in as little room as that takes: of a flood
/// of them nothing else ever comes.
#[derive(Debug)]
pub(super) struct Opening {
    birth: u64,
    /// Its number among the connections of its table.
    pub(super) number: u64,
    syn: Segment<'static>,
    options: Box<[u8]>,
}

impl Opening {
    /// The one that `segment`, the `birth`th of the capture, opens; `None` when there is more in it
    /// than a SYN.
    pub(super) fn of(birth: u64, number: u64, segment: &Segment<'_>) -> Option<Opening> {
        let answers = segment.flags.has(TcpFlags::ACK);
        let is_bare = Opener::of(segment).is_some() && !answers && segment.payload_len() == 0;
        let syn = segment.with_bytes(&[], &[]);
        is_bare.then(|| Opening { birth, number, syn, options: segment.options.into() })
    }

    /// The number of its segment, and that.
    pub(super) fn syn(&self) -> (u64, Segment<'_>) {
        (self.birth, self.syn.with_bytes(&self.options, &[]))
    }
}

impl Opener {
    /// The SYN that `segment` is, or answers.
    #[inline]
    pub(super) fn of(segment: &Segment<'_>) -> Option<Opener> {
        if !segment.flags.has(TcpFlags::SYN) {
            return None;
        }
        Some(match segment.acknowledgement() {
            Some(acked) => {
                Opener { is_from_low: segment.to <= segment.from, seq: acked + u32::MAX }
            }
            None => Opener { is_from_low: segment.from <= segment.to, seq: segment.seq },
        })
    }

    /// Whether `segment`, a SYN or SYN-ACK, is of the connection that this opened: it once more, or
    /// an answer to it.
    fn admits(&self, segment: &Segment<'_>) -> bool {
        if (segment.from <= segment.to) == self.is_from_low {
            return segment.seq == self.seq;
        }
        segment.acknowledgement().is_some_and(|acked| Connection::answers(self.seq, acked))
    }
}

impl Slot {
    /// Networks in which the same addresses are told apart.
    const MOST_PLACES: usize = 16;

    /// The slot of a connection that begins with a segment that came by `way`.
    pub(super) fn new(flow: Flow, way: Via) -> Slot {
        Slot::Followed { way, flow: Box::new(flow) }
    }

    /// Whether `segment` is one of the connection that is ignored here, if that is all there is.
    #[inline]
    pub(super) fn ignores(&self, segment: &Segment<'_>) -> bool {
        match self {
            Slot::Ignored { way, opener } => {
                *way == segment.via
                    && (!segment.flags.has(TcpFlags::SYN)
                        || opener.is_some_and(|opener| opener.admits(segment)))
            }
            _ => false,
        }
    }

    /// The connection that `segment` belongs to without a doubt: it came the way that the others
    /// came, and opens nothing new.
    #[inline]
    pub(super) fn flow(&mut self, segment: &Segment<'_>) -> Option<&mut Flow> {
        match self {
            Slot::Followed { way, flow } if *way == segment.via => {
                let reopens = Opener::of(segment).is_some() && flow.is_reopened_by(segment);
                (!reopens).then_some(flow)
            }
            _ => None,
        }
    }

    /// The connections here, to be looked at one by one; then [`Slot::shrink`].
    pub(super) fn places(&mut self) -> &mut Places {
        let nothing = Slot::Ignored { way: Via::default(), opener: None };
        let (latest, tracked) = match mem::replace(self, nothing) {
            Slot::Ignored { way, opener } => (way, Tracked::Ignored { opener }),
            // Whoever looks for more has followed it before.
            Slot::Opening(opening) => {
                let opener = Opener::of(&opening.syn);
                (opening.syn.via, Tracked::Ignored { opener })
            }
            Slot::Followed { way, flow } => (way, Tracked::Followed(flow)),
            Slot::Places(places) => return self.put(places),
        };
        let here = Place { tracked, latest, ways: Vec::new() };
        self.put(Box::new(Places { here, elsewhere: Vec::new() }))
    }

    fn put(&mut self, places: Box<Places>) -> &mut Places {
        *self = Slot::Places(places);
        match self {
            Slot::Places(places) => places,
            _ => unreachable!("it has just been put there"),
        }
    }

    /// Gives back the room that is not needed any more.
    pub(super) fn shrink(&mut self) {
        let Slot::Places(places) = self else { return };
        if !places.elsewhere.is_empty() || !places.here.ways.is_empty() {
            return;
        }
        let way = places.here.latest;
        *self = match mem::replace(&mut places.here.tracked, Tracked::Ignored { opener: None }) {
            Tracked::Ignored { opener } => Slot::Ignored { way, opener },
            Tracked::Followed(flow) => Slot::Followed { way, flow },
        };
    }

    /// Connections of this key beyond the first.
    pub(super) fn elsewhere(&self) -> usize {
        match self {
            Slot::Ignored { .. } | Slot::Opening(_) | Slot::Followed { .. } => 0,
            Slot::Places(places) => places.elsewhere.len(),
        }
    }

    /// Drops what is no WebSocket; whether anything is left.
    pub(super) fn forget_ignored(&mut self) -> bool {
        let places = match self {
            Slot::Ignored { .. } => return false,
            Slot::Opening(_) => return true,
            Slot::Followed { .. } => return true,
            Slot::Places(places) => places,
        };
        let is_followed = |place: &Place| matches!(place.tracked, Tracked::Followed(_));
        places.elsewhere.retain(is_followed);
        if is_followed(&places.here) {
            return true;
        }
        let next = places.elsewhere.pop();
        let is_left = next.is_some();
        if let Some(next) = next {
            places.here = next;
        }
        is_left
    }

    /// Whether nothing but its opening is known of the one connection here.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Slot::Opening(_) => true,
            Slot::Followed { flow, .. } => flow.is_silent(),
            _ => false,
        }
    }

    /// The connections that are followed.
    pub(super) fn followed(&mut self) -> impl Iterator<Item = &mut Flow> {
        let (one, several) = match self {
            Slot::Ignored { .. } | Slot::Opening(_) => (None, None),
            Slot::Followed { flow, .. } => (Some(&mut **flow), None),
            Slot::Places(places) => (None, Some(places.all())),
        };
        let several = several.into_iter().flatten().filter_map(|tracked| match tracked {
            Tracked::Followed(flow) => Some(&mut **flow),
            Tracked::Ignored { .. } => None,
        });
        one.into_iter().chain(several)
    }

    /// Takes out the connections of which `is_over` is true, and keeps of each what tells its
    /// successor from it.
    #[allow(clippy::vec_box, reason = "they are in boxes where they come from and where they go")]
    pub(super) fn take(&mut self, is_over: impl Fn(&Flow) -> bool) -> Vec<Box<Flow>> {
        let mut taken = Vec::new();
        if !self.followed().any(|flow| is_over(flow)) {
            return taken;
        }
        for tracked in self.places().all() {
            if let Tracked::Followed(flow) = tracked
                && is_over(flow)
            {
                let opener = flow.opener();
                if let Tracked::Followed(flow) = mem::replace(tracked, Tracked::Ignored { opener })
                {
                    taken.push(flow);
                }
            }
        }
        self.shrink();
        taken
    }

    /// The connections that are followed.
    #[allow(clippy::vec_box, reason = "they are in boxes where they come from and where they go")]
    pub(super) fn into_flows(mut self) -> Vec<Box<Flow>> {
        self.take(|_| true)
    }
}

impl Places {
    /// The connection that `segment` belongs to; `None` when it is of a network of its own.
    #[inline]
    pub(super) fn of(&mut self, segment: &Segment<'_>) -> Option<&mut Place> {
        if self.here.latest == segment.via && self.elsewhere.is_empty() {
            return Some(&mut self.here);
        }
        self.search(segment)
    }

    fn search(&mut self, segment: &Segment<'_>) -> Option<&mut Place> {
        let opens = Opener::of(segment).is_some();
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

    /// Adds a connection of another network; whether there was room.
    pub(super) fn add(&mut self, flow: Flow, way: Via) -> bool {
        let has_room = self.elsewhere.len() + 1 < Slot::MOST_PLACES;
        if has_room {
            self.elsewhere.push(Place::new(flow, way));
        }
        has_room
    }

    /// All connections here.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Tracked> {
        std::iter::once(&mut self.here).chain(&mut self.elsewhere).map(|place| &mut place.tracked)
    }
}

impl Place {
    /// Ways of one connection that are remembered.
    const MOST_WAYS: usize = 16;

    fn new(flow: Flow, way: Via) -> Place {
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
    /// The connection, if it is followed.
    pub(super) fn flow(&mut self) -> Option<&mut Flow> {
        match self {
            Tracked::Followed(flow) => Some(flow),
            Tracked::Ignored { .. } => None,
        }
    }

    /// Whether a SYN, or a SYN-ACK, is of a new connection between the same endpoints.
    pub(super) fn is_reopened_by(&self, syn: &Segment<'_>) -> bool {
        match self {
            Tracked::Followed(flow) => flow.is_reopened_by(syn),
            Tracked::Ignored { opener } => opener.is_none_or(|opener| !opener.admits(syn)),
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
                Opener::of(segment).is_none() || !self.is_reopened_by(segment)
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
