//! A WebSocket behind its opening handshake: both decoders, and the rules asked at every event.
//!
//! In: stream events of both sides. Out, at the end: the [`Frames`] of each side and the
//! [`Finding`]s. Which side's events come first makes no difference: a rule that is asked while
//! frames are read sees one direction only.
//!
//! Where the boundaries of frames are lost, or were never known, they are searched for. Frames read
//! behind a boundary that was found are counted apart, and no rule is asked about them.

use std::sync::LazyLock;

use super::Limits;
use super::carrier::Carrier;
use super::findings::Findings;
use super::listing::Listing;
use super::pinging::Pinging;
use super::tap::StreamTap;
use crate::endpoint::{PerSide, Side};
use crate::provenance::PacketRef;
use crate::rules::{
    self, Breach, Check, Close, Context, FrameView, Frames, LastMessage, MessageView, OpenMessage,
    Ping, Rule,
};
use crate::tcp::{Range64, StreamEvent};
use crate::ws::search::{Resumption, SearchLimits};
use crate::ws::{
    Agreement, Assembly, ControlFrame, Decoder, Deflate, Event, FrameStart, InflateLimits, Input,
    Keep, MessageEnd, Opcode, PartialFrame,
};

mod resuming;

type FrameCheck = fn(&FrameView<'_>, &Context<'_>) -> Option<Breach>;
type MessageCheck = fn(&MessageView<'_>, &Context<'_>) -> Option<Breach>;

/// The rules by what they are asked about.
struct Catalogue {
    frame: Vec<(&'static Rule, FrameCheck)>,
    message: Vec<(&'static Rule, MessageCheck)>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut catalogue = Catalogue { frame: Vec::new(), message: Vec::new() };
    for rule in rules::all() {
        match rule.check {
            Check::Frame(check) => catalogue.frame.push((rule, check)),
            Check::Message(check) => catalogue.message.push((rule, check)),
            Check::Handshake(_) | Check::Close(_) | Check::End(_) => {}
        }
    }
    catalogue
});

/// One WebSocket.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Boxed, because each is taken out while its events are looked at.
    decoders: PerSide<Option<Box<Decoder>>>,
    /// Which of them hold the window of a compressed direction.
    has_window: PerSide<bool>,
    /// Where the boundaries of frames are not known.
    searches: PerSide<Option<Box<Resumption>>>,
    /// How often a side's boundaries were searched for.
    searched: PerSide<u32>,
    agreement: Agreement,
    limits: SearchLimits,
    inflate_limits: InflateLimits,
    keep: Keep,
    /// Bytes that are kept of a message for [`crate::rules::facts::Texts`].
    excerpt: usize,
    pub(super) frames: PerSide<Frames>,
    pub(super) milestones: Vec<Milestone>,
    /// As soon as there are any.
    pings: PerSide<Option<Box<Pinging>>>,
    /// Those behind boundaries that were searched for.
    supposed_pings: PerSide<Option<Box<Pinging>>>,
    /// Where its frames are listed, if that is wanted.
    listing: Option<Box<Listing>>,
}

/// Something worth a row in the timeline.
#[derive(Clone, Debug)]
pub(super) struct Milestone {
    pub at: PacketRef,
    pub side: Side,
    /// Behind what it speaks of, in the side's stream; 0 where it speaks of no bytes.
    pub end: u64,
    pub event: String,
    /// Rows of lower rank go first when there are too many.
    pub rank: u8,
}

/// Control frames noted for the timeline; the first Close of each side comes on top.
const MAX_MILESTONES: usize = 64;

/// How often the boundaries of one side's frames are searched for.
const MAX_SEARCHES: u32 = 64;

impl Conversation {
    /// A WebSocket whose frames start at `starts`; where that is not known, it is searched for.
    pub(super) fn new(
        agreement: &Agreement,
        starts: PerSide<Option<u64>>,
        limits: &Limits,
        tap: Option<Box<StreamTap>>,
    ) -> Conversation {
        let lost = PerSide::from_fn(|side| starts[side].is_none());
        let listing = tap.map(|tap| Box::new(Listing::new(*tap, lost)));
        let keep = match &listing {
            Some(listing) => Keep::All(listing.keep().max(limits.excerpt)),
            None => Keep::Text(limits.excerpt),
        };
        let excerpt = limits.excerpt;
        let (limits, inflate_limits) = (limits.search(), limits.inflate());
        Conversation {
            decoders: PerSide::from_fn(|side| {
                let decoder = Decoder::new(side, *agreement, starts[side]?);
                Some(Box::new(decoder.with_limits(inflate_limits).keeping(keep)))
            }),
            has_window: PerSide::default(),
            searches: PerSide::from_fn(|side| match starts[side] {
                None => Some(Box::new(Resumption::new(side, limits))),
                Some(_) => None,
            }),
            searched: PerSide::default(),
            agreement: *agreement,
            limits,
            inflate_limits,
            keep,
            excerpt,
            frames: PerSide::from_fn(|side| Frames { start: starts[side], ..Frames::default() }),
            milestones: Vec::new(),
            pings: PerSide::default(),
            supposed_pings: PerSide::default(),
            listing,
        }
    }

    /// Directions whose window is held. It is asked for at every segment, so no decoder is asked.
    #[inline]
    pub(super) fn windows(&self) -> usize {
        usize::from(self.has_window.client) + usize::from(self.has_window.server)
    }

    /// Gives back its windows: compressed messages are not looked into any more.
    pub(super) fn stop_inflating(&mut self) {
        for side in Side::BOTH {
            if let Some(decoder) = &mut self.decoders[side] {
                decoder.stop_inflating();
            }
        }
        self.has_window = PerSide::default();
    }

    /// Bytes of messages that are held for their rows, beyond the excerpts that always are.
    #[inline]
    pub(super) fn content(&self) -> usize {
        // Without rows, nothing but the excerpts is kept.
        if self.listing.is_none() { 0 } else { self.listed_content() }
    }

    fn listed_content(&self) -> usize {
        let decoders = self.decoders.iter().filter_map(|(_, decoder)| decoder.as_ref());
        let open: usize = decoders
            .map(|decoder| decoder.excerpt().bytes.len().saturating_sub(self.excerpt))
            .sum();
        open + self.listing.as_ref().map_or(0, |listing| listing.held())
    }

    /// Gives back what is held of a message longer than `above`, and hands rows out that wait with
    /// more than that.
    pub(super) fn give_back(&mut self, above: usize) {
        for side in Side::BOTH {
            if let Some(decoder) = &mut self.decoders[side]
                && decoder.excerpt().bytes.len() > above
            {
                decoder.cut_excerpt(self.excerpt);
            }
        }
        if let Some(listing) = &mut self.listing
            && listing.held() > above
        {
            listing.give_back();
        }
    }

    /// Reads on in `side`'s stream.
    pub(super) fn push(
        &mut self,
        side: Side,
        event: StreamEvent<'_>,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        self.feed(side, Input::Stream(event), carrier, findings);
    }

    /// Hands out the rows of the frames that are complete.
    pub(super) fn list(&mut self, carrier: Carrier<'_>) {
        let Some(listing) = &mut self.listing else { return };
        // A header out of the ordinary waits until what follows it can be looked at.
        listing.flush(PerSide::from_fn(|side| {
            let partial = self.decoders[side].as_ref()?.partial();
            let unread = partial.filter(|partial| partial.header.is_none())?;
            Some(carrier.carried_by(side, unread.offset)?.at)
        }));
    }

    /// Nothing more will come from either side.
    pub(super) fn finish(&mut self, carrier: Carrier<'_>, findings: &mut Findings) {
        for side in Side::BOTH {
            self.feed(side, Input::End, carrier, findings);
            let decoder = self.decoders[side].take();
            self.has_window[side] = false;
            if let Some(decoder) = &decoder {
                self.sum_up(side, decoder, carrier);
            }
            if let Some(listing) = &mut self.listing {
                let partial = decoder.and_then(|decoder| decoder.partial());
                listing.finish(side, partial, carrier.summary(side).end);
            }
        }
        self.list(carrier);
        for side in Side::BOTH {
            let pings = self.pings[side].take();
            self.frames[side].pings = pings.map(|pings| Box::new(pings.finish()));
            if let Some(resumed) = &mut self.frames[side].resumed {
                resumed.pings = self.supposed_pings[side].take().unwrap_or_default().finish();
            }
        }
        // Only now is it certain where the peer's stream started.
        for side in Side::BOTH {
            let frames = &mut self.frames[side];
            let resumed = frames.resumed.as_mut().and_then(|resumed| resumed.close.as_mut());
            let closes = frames.close.as_deref_mut().into_iter().chain(resumed);
            let close = closes.map(|close| &mut close.source);
            let last_pong = frames.last_pong.iter_mut().map(|pong| &mut pong.source);
            for source in close.chain(last_pong).chain(&mut frames.last_frame) {
                *source = carrier.in_offsets(side, *source);
            }
            let Some(pings) = &mut frames.pings else { continue };
            for ping in [&mut pings.unanswered, &mut pings.unanswered_since].into_iter().flatten() {
                ping.source = carrier.in_offsets(side, ping.source);
            }
            for pong in &mut pings.unmatched_pongs {
                pong.source = carrier.in_offsets(!side, pong.source);
            }
        }
    }

    fn feed(
        &mut self,
        side: Side,
        input: Input<'_>,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        if let Some(search) = self.searches[side].take() {
            return self.search(side, search, input, carrier, findings);
        }
        let Some(mut decoder) = self.decoders[side].take() else { return };
        self.has_window[side] = false; // until the decoder is put back
        if let (Some(listing), Input::Stream(StreamEvent::Gap { range, cause })) =
            (&mut self.listing, input)
        {
            listing.hole(side, range, cause);
        }
        let mut input = Some(input);
        while let Some(event) = decoder.step(&mut input) {
            let searched = self.frames[side].resumed.is_some();
            if let Event::Message(end) = &event
                && !searched
                && end.complete
                && end.opcode == Opcode::TEXT
            {
                self.frames[side].texts.note(decoder.excerpt(), end.range, self.excerpt);
            }
            if let Some(listing) = &mut self.listing {
                listing.note(side, &event, &mut decoder, searched, carrier); // it takes the excerpt
            }
            if let Event::SyncLost { at } = event {
                return self.lose(side, at, decoder, carrier);
            }
            self.count(side, &event);
            if self.frames[side].resumed.is_some() {
                self.suppose(side, &event, &mut decoder, carrier);
                continue;
            }
            match &event {
                Event::Frame(start) => self.frame(side, start, &mut decoder, carrier, findings),
                Event::Message(end) => self.message(side, end, &decoder, carrier, findings),
                Event::Control(frame) => self.control(side, frame, &decoder, carrier, findings),
                Event::SyncLost { .. } => {}
            }
        }
        self.has_window[side] = decoder.has_window();
        self.decoders[side] = Some(decoder);
    }

    /// Counts what was read.
    fn count(&mut self, side: Side, event: &Event) {
        let frames = &mut self.frames[side];
        let tally = match &mut frames.resumed {
            Some(resumed) => &mut resumed.tally,
            None => &mut frames.tally,
        };
        match event {
            Event::Frame(start) => tally.frame(start.header.opcode),
            Event::Message(end) => tally.message(end),
            Event::Control(_) | Event::SyncLost { .. } => {}
        }
    }

    fn frame(
        &mut self,
        side: Side,
        start: &FrameStart,
        decoder: &mut Decoder,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        let frames = &mut self.frames[side];
        if start.header.opcode != Opcode::CLOSE {
            frames.last_frame = carrier.carried_by(side, start.offset);
        }
        let header_end = start.offset + u64::from(start.header.header_len);
        if !(start.header.opcode.is_control() || start.header.opcode.is_reserved())
            && let Some(at) = frames.last_frame.map(|source| source.at)
        {
            let declared = start.header.payload_len;
            let range = Range64 { start: start.offset, end: header_end };
            let continues = start.header.opcode == Opcode::CONTINUATION;
            match &mut frames.last_message {
                Some(last) if continues => last.declared = declared,
                last => {
                    let opcode = start.header.opcode;
                    *last = Some(LastMessage { at, range, opcode, len: 0, declared });
                }
            }
        }
        if start.ordinary {
            return;
        }
        let view = FrameView { header: &start.header, offset: start.offset, bytes: start.bytes() };
        let context = Context {
            sender: side,
            agreement: decoder.agreement(),
            direction: decoder.direction(),
        };
        let mut breaches: Vec<(&'static Rule, Breach)> = CATALOGUE
            .frame
            .iter()
            .filter_map(|(rule, check)| Some((*rule, check(&view, &context)?)))
            .collect();
        // What costs the boundaries of frames is reported alone: the rest would be consequences.
        let mut spoiled = None;
        if let Some(index) = breaches.iter().position(|(_, breach)| breach.loses_sync) {
            breaches = vec![breaches.swap_remove(index)];
            frames.spoiled_at = Some(start.offset);
            spoiled = decoder.abandon();
            self.listing.iter_mut().for_each(|listing| listing.abandon(side));
        }
        let header = start.bytes().get(..usize::from(start.header.header_len)).unwrap_or_default();
        let range = Range64 { start: start.offset, end: header_end };
        for (rule, breach) in breaches {
            let shown = if breach.loses_sync { start.bytes() } else { header };
            findings.add(rule, side, breach, range, shown, carrier);
        }
        if let Some(end) = spoiled {
            self.message(side, &end, decoder, carrier, findings);
        }
    }

    fn message(
        &mut self,
        side: Side,
        end: &MessageEnd,
        decoder: &Decoder,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        if let Some(last) = &mut self.frames[side].last_message {
            last.len = end.len;
            last.range = end.range;
            if let Some(source) = carrier.carried_by(side, end.range.end.saturating_sub(1)) {
                last.at = source.at;
            }
        }
        if let Some(inflated) = end.inflated.as_ref().filter(|inflated| inflated.complete)
            && decoder.agreement().deflate == Deflate::Absent
        {
            let rule = rules::framing::RSV1_WITHOUT_DEFLATE;
            findings.explain(rule, side, end.range.start, |detail| {
                rules::framing::say_that_it_inflates(detail, inflated.len);
            });
        }
        if end.is_ordinary() {
            return;
        }
        let view = MessageView::of(end, decoder.agreement());
        let context = Context {
            sender: side,
            agreement: decoder.agreement(),
            direction: decoder.direction(),
        };
        for (rule, check) in &CATALOGUE.message {
            if let Some(breach) = check(&view, &context) {
                let shown = end.fault.as_ref().map_or(&[][..], |fault| &fault.bytes);
                findings.add(rule, side, breach, end.range, shown, carrier);
            }
        }
    }

    fn control(
        &mut self,
        side: Side,
        frame: &ControlFrame,
        decoder: &Decoder,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        let Some(source) = carrier.carried_by(side, frame.range.start) else { return };
        let fact = Ping { range: frame.range, source, len: frame.payload_len };
        match frame.opcode {
            Opcode::PING => self.pings[side].get_or_insert_default().ping(frame, fact),
            Opcode::PONG => {
                self.frames[side].last_pong = Some(Box::new(fact.clone()));
                self.pings[!side].get_or_insert_default().pong(frame, fact);
            }
            Opcode::CLOSE => self.close(side, frame, source, decoder, carrier, findings),
            _ => {}
        }
        if frame.opcode != Opcode::CLOSE && self.milestones.len() < MAX_MILESTONES {
            let event = format!("{}, {} bytes", frame.opcode, frame.payload_len);
            let end = frame.range.end;
            self.milestones.push(Milestone { at: source.at, side, end, event, rank: 1 });
        }
    }

    fn close(
        &mut self,
        side: Side,
        frame: &ControlFrame,
        source: crate::provenance::Source,
        decoder: &Decoder,
        carrier: Carrier<'_>,
        findings: &mut Findings,
    ) {
        let context = Context {
            sender: side,
            agreement: decoder.agreement(),
            direction: decoder.direction(),
        };
        let shown = frame.payload.get(..2).unwrap_or(&frame.payload);
        for rule in rules::all() {
            if let Check::Close(check) = rule.check
                && let Some(breach) = check(frame, &context)
            {
                findings.add(rule, side, breach, frame.range, shown, carrier);
            }
        }
        let what = match frame.code() {
            Some(code) => format!("Close {code}"),
            None if frame.damaged => "Close, payload not captured".to_owned(),
            None => "Close without a code".to_owned(),
        };
        let end = frame.range.end;
        if self.frames[side].close.is_none() || self.milestones.len() < MAX_MILESTONES {
            self.milestones.push(Milestone { at: source.at, side, end, event: what, rank: 5 });
        }
        let close = || Box::new(Close { frame: frame.clone(), source });
        self.frames[side].close.get_or_insert_with(close);
    }

    /// Takes over what the decoder counted.
    fn sum_up(&mut self, side: Side, decoder: &Decoder, carrier: Carrier<'_>) {
        let direction = decoder.direction();
        let frames = &mut self.frames[side];
        if let Some(resumed) = &mut frames.resumed {
            resumed.frames += direction.frames;
            resumed.messages += direction.messages;
            resumed.payload_bytes = resumed.payload_bytes.saturating_add(direction.payload_bytes);
            return;
        }
        frames.frames = direction.frames;
        frames.messages = direction.messages;
        frames.payload_bytes = direction.payload_bytes;
        frames.compressed = direction.compressed;
        frames.masking = direction.masking;
        let partial = decoder.partial();
        frames.partial = partial.map(Box::new);
        if let Assembly::Open(message) = &direction.assembly
            && frames.lost_at.is_none()
        {
            let missing = |partial: PartialFrame| {
                let header = partial.header.filter(|header| !header.opcode.is_control())?;
                Some(header.total_len().saturating_sub(partial.received))
            };
            let missing = partial.and_then(missing).unwrap_or_default();
            frames.open_message = Some(Box::new(OpenMessage {
                opcode: message.opcode,
                fragments: message.fragments,
                len: message.len,
                declared: message.len.saturating_add(missing),
                compressed: message.compressed,
                start: message.start,
            }));
        }
        if let Some(last) = &mut frames.last_message
            && let Some(source) = carrier.carried_by(side, last.range.end.saturating_sub(1))
        {
            last.at = source.at;
        }
    }
}
