//! Where the boundaries of frames are not known.
//!
//! In: a stream whose handshake was not captured, or in which a header was lost. Out: frames read
//! behind a boundary that was searched for and found. They are a hypothesis: counted apart, as
//! [`Resumed`], and judged by no rule.

use super::{Conversation, MAX_SEARCHES};
use crate::endpoint::{PerSide, Side};
use crate::pipeline::Limits;
use crate::pipeline::carrier::Carrier;
use crate::pipeline::findings::Findings;
use crate::pipeline::tap::StreamTap;
use crate::rules::{Close, Ping, Resumed};
use crate::tcp::Released;
use crate::ws::search::{Chain, Found, Look, Resumption, Search, is_plausible};
use crate::ws::{Agreement, Decoder, Event, Input, Opcode};

impl Conversation {
    /// A WebSocket whose handshake is not known, and whose frames `search` has found.
    pub(in crate::pipeline) fn found(
        search: &mut Search,
        found: Found,
        carrier: Carrier<'_>,
        limits: &Limits,
        tap: Option<Box<StreamTap>>,
    ) -> Conversation {
        let nothing_agreed = Agreement::default();
        let mut conversation = Conversation::new(&nothing_agreed, PerSide::default(), limits, tap);
        let mut findings = Findings::new(limits);
        let follows_request = found.follows_request;
        let PerSide { client, server } = found.chains;
        for (side, chain) in [(Side::Client, client), (Side::Server, server)] {
            let side_then = if found.swapped { !side } else { side };
            let start = chain.as_ref().map_or(0, |chain| chain.start);
            let pieces = search.take_from(side_then, start);
            match chain {
                Some(chain) => {
                    conversation.frames[side].resumed = (follows_request && side == Side::Client)
                        .then(|| Resumed { follows_request, ..found_at(&chain, side, carrier) })
                        .map(Box::new);
                    conversation.resume(side, &chain, pieces, carrier, &mut findings);
                }
                None => {
                    for piece in pieces {
                        conversation.push(side, piece.as_event(), carrier, &mut findings);
                    }
                }
            }
        }
        conversation
    }

    /// A header was lost: what was read stands, and the next boundary is searched for.
    pub(super) fn lose(
        &mut self,
        side: Side,
        at: u64,
        mut decoder: Box<Decoder>,
        carrier: Carrier<'_>,
    ) {
        decoder.abandon();
        match &mut self.frames[side].resumed {
            Some(resumed) => {
                resumed.lost_at = Some(at);
                resumed.follows_request = false;
                resumed.close = None;
            }
            None => self.frames[side].lost_at = Some(at),
        }
        self.sum_up(side, &decoder, carrier);
        if self.searched[side] < MAX_SEARCHES {
            self.searched[side] += 1;
            self.searches[side] = Some(Box::new(Resumption::new(side, self.limits)));
        }
    }

    /// Searches on for a boundary.
    pub(super) fn search(
        &mut self,
        side: Side,
        mut search: Box<Resumption>,
        input: Input<'_>,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        let look = match input {
            Input::Stream(event) => {
                search.push(event);
                search.look()
            }
            Input::End => search.look_now().map_or(Look::GivenUp, Look::Found),
        };
        match look {
            Look::NotYet => self.searches[side] = Some(search),
            Look::GivenUp => {}
            Look::Found(chain) => {
                let pieces = search.take_from(chain.start);
                self.resume(side, &chain, pieces, carrier, findings);
                if let Input::End = input {
                    self.feed(side, Input::End, carrier, findings);
                }
            }
        }
    }

    /// Reads on from where a search has found frames. What an extension does to them is not taken
    /// into account: nothing of them is judged.
    pub(super) fn resume(
        &mut self,
        side: Side,
        chain: &Chain,
        pieces: Vec<Released>,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        self.searches[side] = None;
        self.listing.iter_mut().for_each(|listing| listing.resume(side, chain.start));
        let agreement = Agreement { unknown_extension: true, ..self.agreement };
        let decoder = Decoder::new(side, agreement, chain.start);
        let decoder = decoder.with_limits(self.inflate_limits).keeping(self.keep);
        self.decoders[side] = Some(Box::new(decoder)); // it has inflated nothing yet
        self.has_window[side] = false;
        let resumed = self.frames[side]
            .resumed
            .get_or_insert_with(|| Box::new(found_at(chain, side, carrier)));
        resumed.lost_at = None;
        for piece in pieces {
            self.feed(side, Input::Stream(piece.as_event()), carrier, findings);
        }
    }

    /// Takes in an event behind a boundary that was searched for. What no conforming endpoint sends
    /// speaks against the boundary, and not against the endpoint.
    pub(super) fn suppose(
        &mut self,
        side: Side,
        event: &Event,
        decoder: &mut Decoder,
        carrier: Carrier<'_>,
    ) {
        let undefined = |header| self.agreement.undefined_rsv(header) != 0;
        let Some(resumed) = &mut self.frames[side].resumed else { return };
        match event {
            Event::Frame(start) => {
                let fits = is_plausible(&start.header, side)
                    && !undefined(&start.header)
                    && resumed.close.is_none();
                if !fits {
                    resumed.refuted = true;
                    resumed.close = None;
                    decoder.abandon();
                    self.listing.iter_mut().for_each(|listing| listing.abandon(side));
                }
            }
            Event::Control(frame) if frame.opcode == Opcode::CLOSE && !resumed.refuted => {
                let Some(source) = carrier.carried_by(side, frame.range.start) else { return };
                resumed.close.get_or_insert(Close { frame: frame.clone(), source });
            }
            Event::Control(frame) if matches!(frame.opcode, Opcode::PING | Opcode::PONG) => {
                let Some(source) = carrier.carried_by(side, frame.range.start) else { return };
                let fact = Ping { range: frame.range, source, len: frame.payload_len };
                match frame.opcode {
                    Opcode::PING => {
                        self.supposed_pings[side].get_or_insert_default().ping(frame, fact);
                    }
                    _ => self.supposed_pings[!side].get_or_insert_default().pong(frame, fact),
                }
            }
            Event::Control(_) | Event::Message(_) | Event::SyncLost { .. } => {}
        }
    }
}

/// What is known of a chain before it is read.
fn found_at(chain: &Chain, side: Side, carrier: Carrier<'_>) -> Resumed {
    Resumed {
        at: chain.start,
        packet: carrier.carried_by(side, chain.start).map(|source| source.at),
        bits: chain.bits,
        ..Resumed::default()
    }
}
