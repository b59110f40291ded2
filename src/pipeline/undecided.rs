//! What a connection is, by its first bytes.
//!
//! In: the beginnings of both sides, which are held until it is known. Out: a [`Decision`].

use crate::endpoint::{PerSide, Side};
use crate::http::{Opening, classify};
use crate::tcp::{Released, StreamEvent};
use crate::tls::speaker;

/// The beginnings of both sides.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    pub(super) held: Vec<(Side, Released)>,
    pub(super) held_bytes: usize,
    pub(super) first_bytes: PerSide<Vec<u8>>,
    pub(super) lost: PerSide<bool>,
}

/// What the beginnings of both sides say.
pub(super) enum Decision {
    /// HTTP, and the client is the side that was taken for it.
    Http,
    /// HTTP, and the client is the other side.
    HttpSwapped,
    /// TLS; `swapped` is whether the client is the other side.
    Tls {
        swapped: bool,
    },
    SomethingElse,
    NotYet,
}

impl Undecided {
    /// Bytes that are looked at; no method is longer.
    const ENOUGH: usize = 64;

    pub(super) fn hold(&mut self, side: Side, event: StreamEvent<'_>) {
        self.held_bytes = self.held_bytes.saturating_add(size_of::<(Side, Released)>());
        let first = &mut self.first_bytes[side];
        match event {
            StreamEvent::Data { bytes, .. } => {
                if !self.lost[side] {
                    let wanted = Undecided::ENOUGH.saturating_sub(first.len());
                    first.extend(bytes.iter().take(wanted));
                }
                self.held_bytes = self.held_bytes.saturating_add(bytes.len());
            }
            StreamEvent::Gap { .. } => self.lost[side] = true,
        }
        self.held.push((side, event.to_owned()));
    }

    /// What it is. With `at_last`, nothing more will come.
    pub(super) fn decide(&self, at_last: bool) -> Decision {
        let opening = |side: Side| {
            let first = &self.first_bytes[side];
            match classify(first) {
                Opening::NeedMore if at_last => Opening::Other,
                Opening::NeedMore if self.lost[side] => Opening::Other,
                Opening::NeedMore if first.len() >= Undecided::ENOUGH => Opening::Other,
                opening => opening,
            }
        };
        use Opening::{NeedMore, Other, Request, Response, Tls};
        match (opening(Side::Client), opening(Side::Server)) {
            // A server that expected TLS answers a request in the clear with an alert.
            (Request, Tls) => Decision::Http,
            (Tls, Request) => Decision::HttpSwapped,
            (Tls, NeedMore) if self.is_alert(Side::Client) => Decision::NotYet,
            (NeedMore, Tls) if self.is_alert(Side::Server) => Decision::NotYet,
            (Tls, _) | (_, Tls) => self.decide_tls(at_last),
            (Request, _) | (_, Response) => Decision::Http,
            (Response, _) | (_, Request) => Decision::HttpSwapped,
            // A side that was lost at its start says nothing; one that said something else does.
            (Other, Other) => Decision::SomethingElse,
            (Other, NeedMore) if !self.lost.client => Decision::SomethingElse,
            (NeedMore, Other) if !self.lost.server => Decision::SomethingElse,
            (Other | NeedMore, NeedMore) | (NeedMore, Other) => Decision::NotYet,
        }
    }

    /// Whether a side begins with a TLS alert, which says nothing of what it answers.
    fn is_alert(&self, side: Side) -> bool {
        self.first_bytes[side].first() == Some(&0x15)
    }

    /// Which side is the client: the one that says ClientHello (RFC 8446 §4).
    fn decide_tls(&self, at_last: bool) -> Decision {
        /// A header of a record and the type of a message.
        const HELLO_SHOWS: usize = 6;
        let begins_handshake = |side: Side| self.first_bytes[side].first() == Some(&0x16);
        let too_few = |side: Side| self.first_bytes[side].len() < HELLO_SHOWS;
        if Side::BOTH.into_iter().any(|side| begins_handshake(side) && too_few(side)) && !at_last {
            return Decision::NotYet;
        }
        let says = |side: Side, hello_of: Side| speaker(&self.first_bytes[side]) == Some(hello_of);
        let is_as_taken = says(Side::Client, Side::Client);
        let is_swapped = says(Side::Server, Side::Client) || says(Side::Client, Side::Server);
        Decision::Tls { swapped: is_swapped && !is_as_taken }
    }
}
