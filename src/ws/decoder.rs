//! From a stream to frames, without holding a payload.
//!
//! In: [`Input`]s in stream order, in pieces of any size. Out: [`Event`]s. Held are at most
//! [`LOOKAHEAD`] bytes at a header, 125 of a control payload, three of a code point, the window of
//! permessage-deflate once a message is compressed, and what is asked for by [`Keep`]. After a hole
//! in a payload of known length the decoder goes on; a hole that hits a header ends it.

use super::content::Content;
use super::deflate::{InflateLimits, Inflated};
use super::direction::Ended;
use super::{
    Agreement, Assembly, ControlFrame, Direction, Event, Excerpt, FrameHeader, FrameStart, Keep,
    LOOKAHEAD, MAX_CONTROL_LEN, MAX_HEADER_LEN, Message, MessageEnd, Opcode, Short, Text,
    Utf8Fault, unmask,
};
use crate::endpoint::Side;
use crate::tcp::StreamEvent;

/// What the decoder is given.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The next bytes, or a hole.
    Stream(StreamEvent<'a>),
    /// Nothing will follow: what waits for more is judged as it stands.
    End,
}

/// How many bytes are unmasked at a time.
const AT_A_TIME: usize = 16 * 1024;

/// As many are unmasked on the stack. No memory is kept for it: of a hundred thousand decoders each
/// would have some.
const FEW: usize = 256;

/// One side's decoder.
#[derive(Debug)]
pub struct Decoder {
    sender: Side,
    agreement: Agreement,
    direction: Direction,
    state: State,
    /// Bytes taken from the input but not read yet: a header that is not complete, or what was
    /// looked at behind one.
    held: Short<LOOKAHEAD>,
    /// Stream offset of the first byte not read yet: that of `held`, if it has any.
    offset: u64,
    pending: Option<Effect>,
    content: Content,
}

/// What comes next in the stream.
///
/// ```text
///   Header ──a header──▶ Payload ──its last byte──▶ Header
///     └──a hole, or a violation that costs the boundaries──▶ Lost
/// ```
#[derive(Debug)]
enum State {
    Header,
    Payload(Payload),
    Lost,
}

#[derive(Debug)]
struct Payload {
    header: FrameHeader,
    /// Stream offset of the header.
    start: u64,
    /// Payload bytes passed.
    done: u64,
    /// The payload so far, if this is a control frame.
    control: Vec<u8>,
    damaged: bool,
    /// The bytes of a [`Landing`], if it can have one.
    landed: Option<Short<MAX_HEADER_LEN>>,
}

/// What an event changes once the next one is asked for: less than the event itself, which is
/// handed out and not copied.
#[derive(Debug)]
enum Effect {
    /// A frame begins, at this offset.
    Begin(FrameHeader, u64),
    /// A message is complete.
    End(Ended),
    Close(Box<ControlFrame>),
    Abandon,
}

/// Where the frame would have ended, had its length been written in the other byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The length read in little-endian order; always less than the declared one.
    pub len: u64,
    /// The bytes found there: up to one header's worth.
    pub bytes: Short<MAX_HEADER_LEN>,
}

/// A frame that was not complete at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialFrame {
    /// Its header; `None` when not even that is complete.
    pub header: Option<FrameHeader>,
    /// Stream offset of its first byte.
    pub offset: u64,
    /// Bytes of it that were read or passed over, header included.
    pub received: u64,
    /// For an extended length: what stands where it would have ended in the other byte order.
    pub landing: Option<Landing>,
}

impl Decoder {
    /// A decoder for the frames that `sender` sends from stream offset `start` on.
    pub fn new(sender: Side, agreement: Agreement, start: u64) -> Decoder {
        Decoder {
            sender,
            agreement,
            direction: Direction::default(),
            state: State::Header,
            held: Short::default(),
            offset: start,
            pending: None,
            content: Content::new(sender),
        }
    }

    /// Inflates within these limits.
    #[must_use]
    pub fn with_limits(mut self, limits: InflateLimits) -> Decoder {
        self.content.limits = limits;
        self
    }

    /// Keeps excerpts of messages.
    #[must_use]
    pub fn keeping(mut self, keep: Keep) -> Decoder {
        self.content.keep = keep;
        self
    }

    /// What is kept of the message that is open, or of the one that [`Decoder::step`] ended last.
    pub fn excerpt(&self) -> &Excerpt {
        &self.content.excerpt
    }

    /// Hands out at most `most` bytes of [`Decoder::excerpt`], which may be empty afterwards.
    pub fn take_excerpt(&mut self, most: usize) -> Excerpt {
        self.content.excerpt.hand_over(most)
    }

    /// Keeps no more than `most` bytes of the message that is open, now and until its end.
    pub fn cut_excerpt(&mut self, most: usize) {
        self.content.cut(most);
    }

    /// Whether it holds the window of a compressed direction.
    pub fn has_window(&self) -> bool {
        self.content.has_window()
    }

    /// Inflates no more and gives the window back: nothing is known of what compressed messages
    /// hold from here on.
    pub fn stop_inflating(&mut self) {
        self.settle();
        if self.content.stop_inflating()
            && let Assembly::Open(message) = &mut self.direction.assembly
        {
            message.text = Text::Unchecked;
        }
    }

    /// The state before the event that [`Decoder::step`] gave last.
    pub fn direction(&self) -> &Direction {
        &self.direction
    }

    /// What the handshake agreed on.
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Stops reading: what follows is not to be taken for frames. What is wrong with the open message
    /// and was not told yet is returned.
    pub fn abandon(&mut self) -> Option<MessageEnd> {
        let told = match self.has_open_fault().then(|| self.report()) {
            Some(Progress::Said(Event::Message(end))) => Some(end),
            _ => None,
        };
        self.settle();
        self.state = State::Lost;
        self.held = Short::default();
        told
    }

    /// The frame in the midst of which the stream stands, if any.
    pub fn partial(&self) -> Option<PartialFrame> {
        match &self.state {
            State::Header if self.held.is_empty() => None,
            State::Header => Some(PartialFrame {
                header: None,
                offset: self.offset,
                received: self.held.len() as u64,
                landing: None,
            }),
            State::Payload(payload) => Some(PartialFrame {
                header: Some(payload.header),
                offset: payload.start,
                received: u64::from(payload.header.header_len).saturating_add(payload.done),
                landing: payload.landing(),
            }),
            State::Lost => None,
        }
    }

    /// Reads on until there is something to say, and takes what it has read off `input`; `None`
    /// when `input` is used up, which leaves `None` there too.
    pub fn step(&mut self, input: &mut Option<Input<'_>>) -> Option<Event> {
        loop {
            self.settle();
            let event = match &self.state {
                State::Lost => {
                    *input = None;
                    return None;
                }
                State::Header => self.read_header(input),
                State::Payload(payload) if payload.done == payload.header.payload_len => {
                    self.finish_payload()
                }
                State::Payload(_) => self.read_payload(input),
            };
            match event {
                Progress::Said(event) => {
                    self.pending = Effect::of(&event);
                    return Some(event);
                }
                Progress::Read => {}
                Progress::Starved => return None,
            }
        }
    }

    /// Lets the last event take effect.
    fn settle(&mut self) {
        match self.pending.take() {
            None => {}
            Some(Effect::Begin(header, offset)) => {
                self.direction.begin(&header, offset, &self.agreement);
                if matches!(header.opcode, Opcode::TEXT | Opcode::BINARY)
                    && let Assembly::Open(message) = &mut self.direction.assembly
                {
                    self.content.begin(&header, &self.agreement, message);
                }
            }
            Some(Effect::End(ended)) => self.direction.end(&ended),
            Some(Effect::Close(frame)) => {
                self.direction.close.get_or_insert(frame);
            }
            Some(Effect::Abandon) => {
                self.state = State::Lost;
                self.held = Short::default();
            }
        }
    }

    /// Whether something is wrong with the open message that was not told yet. Of a message that was
    /// not to be compressed nothing is: its marking is.
    fn has_open_fault(&self) -> bool {
        let text = self.direction.text_fault().is_some();
        match self.content.is_inflating() {
            true => self.agreement.deflate.is_agreed() && (text || self.content.has_fault()),
            false => text,
        }
    }

    fn read_header(&mut self, input: &mut Option<Input<'_>>) -> Progress {
        if self.held.is_empty()
            && let Some(Input::Stream(StreamEvent::Data { offset, bytes })) = input
            && let Ok((rest, header)) = FrameHeader::parse(bytes)
            && self.direction.is_ordinary(&header, self.sender, &self.agreement)
        {
            let seen = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
            let start = FrameStart::new(header, *offset, true, seen);
            let taken = u64::from(header.header_len);
            advance(input, taken);
            return self.enter_payload(start);
        }
        // The header is cut, or there is something to look at: let more of it come.
        let nothing_follows = self.look_ahead(input);
        let header = FrameHeader::parse(&self.held).ok().map(|(_, header)| header);
        let ordinary =
            header.is_some_and(|h| self.direction.is_ordinary(&h, self.sender, &self.agreement));
        match header {
            Some(header) if ordinary || nothing_follows || self.held.is_full() => {
                // A new message ends the open one, of which nothing more will be known.
                if matches!(header.opcode, Opcode::TEXT | Opcode::BINARY) && self.has_open_fault() {
                    return self.report();
                }
                let seen = if ordinary { usize::from(header.header_len) } else { self.held.len() };
                let seen = self.held.get(..seen).unwrap_or_default();
                let start = FrameStart::new(header, self.offset, ordinary, seen);
                self.held.take_front(usize::from(header.header_len));
                self.enter_payload(start)
            }
            _ if nothing_follows => match (self.has_open_fault(), input.take()) {
                (true, follows) => {
                    *input = follows; // said first; the next call comes here again
                    self.report()
                }
                (false, Some(Input::Stream(_))) => {
                    Progress::Said(Event::SyncLost { at: self.offset })
                }
                (false, _) => Progress::Starved,
            },
            _ => Progress::Starved,
        }
    }

    /// Takes in what there is room for of the next bytes. Whether it is certain that none follow on
    /// them: a hole or the end does.
    fn look_ahead(&mut self, input: &mut Option<Input<'_>>) -> bool {
        loop {
            let Some(Input::Stream(StreamEvent::Data { bytes, .. })) = input else {
                return input.is_some();
            };
            if self.held.is_full() {
                return false;
            }
            let taken = bytes.len().min(LOOKAHEAD.saturating_sub(self.held.len()));
            self.held.extend(bytes);
            advance(input, taken as u64);
        }
    }

    fn enter_payload(&mut self, start: FrameStart) -> Progress {
        let header = start.header;
        self.offset = start.offset.saturating_add(u64::from(header.header_len));
        let swapped = header.swapped_len();
        let landed = (swapped < header.payload_len).then(Short::default);
        self.state = State::Payload(Payload {
            header,
            start: start.offset,
            done: 0,
            control: Vec::new(),
            damaged: false,
            landed,
        });
        Progress::Said(Event::Frame(start))
    }

    fn read_payload(&mut self, input: &mut Option<Input<'_>>) -> Progress {
        let State::Payload(payload) = &mut self.state else { return Progress::Starved };
        let left = payload.header.payload_len - payload.done;
        if !self.held.is_empty() {
            let held = self.held.take_front(usize::try_from(left).unwrap_or(usize::MAX));
            return self.pass(&held);
        }
        match input {
            Some(Input::Stream(StreamEvent::Data { bytes, .. })) => {
                let bytes = *bytes;
                let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let taken = taken.min(if self.reads_content() { AT_A_TIME } else { usize::MAX });
                advance(input, taken as u64);
                self.pass(bytes.get(..taken).unwrap_or_default())
            }
            Some(Input::Stream(StreamEvent::Gap { range, cause })) if cause.is_measured() => {
                let skipped = left.min(range.len());
                advance(input, skipped);
                self.skip(skipped)
            }
            // The rest of the frame may be in the hole or behind it, and so may the next header: the
            // frame ends here, and the hole is left for the header to meet.
            Some(Input::Stream(StreamEvent::Gap { range, .. })) => {
                let told = self.skip(left.min(range.len()));
                if let State::Payload(payload) = &mut self.state {
                    payload.done = payload.header.payload_len;
                }
                told
            }
            // Comes back here with nothing left to report.
            Some(Input::End) if self.has_open_fault() => self.report(),
            Some(Input::End) => {
                *input = None;
                Progress::Starved
            }
            None => Progress::Starved,
        }
    }

    /// Whether the payload at hand has to be unmasked and looked at.
    fn reads_content(&self) -> bool {
        match &self.direction.assembly {
            Assembly::Open(message) => self.content.reads(message),
            Assembly::Idle => false,
        }
    }

    /// Goes over the next bytes of a payload.
    fn pass(&mut self, bytes: &[u8]) -> Progress {
        let reads_content = self.reads_content();
        let State::Payload(payload) = &mut self.state else { return Progress::Starved };
        let position = payload.done;
        payload.done += bytes.len() as u64;
        self.offset += bytes.len() as u64;
        payload.note_landing(position, bytes);
        if payload.header.opcode.is_control() {
            let wanted = MAX_CONTROL_LEN.saturating_sub(payload.control.len() as u64);
            let wanted = usize::try_from(wanted).unwrap_or(0).min(bytes.len());
            payload.control.extend_from_slice(bytes.get(..wanted).unwrap_or_default());
            return Progress::Read;
        }
        if payload.header.opcode.is_reserved() {
            return Progress::Read; // no part of a message that we know
        }
        self.direction.note_opening(position, bytes);
        let Assembly::Open(message) = &mut self.direction.assembly else { return Progress::Read };
        let before = message.len;
        message.len += bytes.len() as u64;
        if !reads_content {
            return Progress::Read;
        }
        let (mut few, mut many) = ([0; FEW], Vec::new());
        let content = match payload.header.mask {
            None => bytes,
            Some(key) => {
                let copy = match few.get_mut(..bytes.len()) {
                    Some(copy) => {
                        copy.copy_from_slice(bytes);
                        copy
                    }
                    None => {
                        many.extend_from_slice(bytes);
                        &mut many[..]
                    }
                };
                unmask(copy, key, position);
                copy
            }
        };
        if self.content.inflate(content, message) {
            return Progress::Read;
        }
        self.content.keep(content, message);
        let Text::Checked(utf8) = &mut message.text else { return Progress::Read };
        let checked = utf8.push(content);
        if let (Some(end), None) = (utf8.spoiled_at(), message.spoiled_at) {
            let here = self.offset - bytes.len() as u64;
            message.spoiled_at = Some(here + end.saturating_sub(before));
        }
        match checked {
            Ok(()) => Progress::Read,
            Err(_) => self.report(),
        }
    }

    /// Goes over bytes of a payload that the capture does not have.
    fn skip(&mut self, len: u64) -> Progress {
        let State::Payload(payload) = &mut self.state else { return Progress::Starved };
        payload.done += len;
        payload.damaged = true;
        payload.landed = None;
        if payload.header.opcode.is_control() || payload.header.opcode.is_reserved() {
            self.offset += len;
            return Progress::Read;
        }
        // What is told of the message so far ends before the hole.
        let told = if self.has_open_fault() { self.report() } else { Progress::Read };
        self.offset += len;
        if let Assembly::Open(message) = &mut self.direction.assembly {
            message.len += len;
            message.text = Text::Unchecked;
        }
        self.content.lose();
        told
    }

    /// Says that the open message is invalid; it is said once.
    fn report(&mut self) -> Progress {
        let fault = self.direction.text_fault();
        let Assembly::Open(message) = &mut self.direction.assembly else { return Progress::Read };
        message.text = Text::Unchecked;
        let inflated = self.content.cut_short();
        let fault = fault.filter(|_| !has_fault(inflated.as_ref()));
        let end = message.spoiled_at.unwrap_or(self.offset);
        let len = match &fault {
            Some(fault) if inflated.is_none() => fault.end,
            _ => message.len,
        };
        Progress::Said(Event::Message(MessageEnd {
            len,
            inflated,
            ..message.seen(end, false, fault)
        }))
    }

    /// Ends the frame whose payload is complete.
    fn finish_payload(&mut self) -> Progress {
        let State::Payload(payload) = &mut self.state else { return Progress::Starved };
        let header = payload.header;
        if header.opcode.is_control() {
            let frame = payload.take_control_frame(self.offset);
            self.state = State::Header;
            return Progress::Said(Event::Control(frame));
        }
        self.state = State::Header;
        let Assembly::Open(message) = &mut self.direction.assembly else { return Progress::Read };
        if !header.fin || header.opcode.is_reserved() {
            return Progress::Read;
        }
        let inflated = self.content.finish();
        let fault = match &mut message.text {
            // What came out of something else than compressed text is not what was sent.
            Text::Checked(_) if has_fault(inflated.as_ref()) => None,
            // The end of text that did not come out is not its end.
            Text::Checked(_) if inflated.as_ref().is_some_and(|inflated| !inflated.complete) => {
                self.direction.text_fault()
            }
            Text::Checked(utf8) => utf8.finish().err(),
            Text::Unchecked => None,
        };
        let Assembly::Open(message) = &self.direction.assembly else { return Progress::Read };
        let mut end = MessageEnd { inflated, ..message.seen(self.offset, true, fault) };
        if let Some(inflated) = &mut end.inflated
            && !self.agreement.deflate.is_agreed()
        {
            // On trial: text that comes out is text, or it was not compressed after all.
            inflated.complete &= end.fault.take().is_none();
        }
        Progress::Said(Event::Message(end))
    }
}

/// Whether a message does not inflate.
fn has_fault(inflated: Option<&Inflated>) -> bool {
    inflated.is_some_and(|inflated| inflated.fault.is_some())
}

impl Effect {
    #[inline]
    fn of(event: &Event) -> Option<Effect> {
        match event {
            Event::Frame(frame) => Some(Effect::Begin(frame.header, frame.offset)),
            Event::Message(end) => end.complete.then(|| Effect::End(Ended::of(end))),
            Event::Control(frame) if frame.opcode == Opcode::CLOSE => {
                Some(Effect::Close(Box::new(frame.clone())))
            }
            Event::Control(_) => None,
            Event::SyncLost { .. } => Some(Effect::Abandon),
        }
    }
}

/// What a step of the decoder came to.
enum Progress {
    Said(Event),
    Read,
    Starved,
}

/// Takes the first `len` bytes off the input, and the input away when it is used up.
fn advance(input: &mut Option<Input<'_>>, len: u64) {
    let used_up = match input {
        Some(Input::Stream(StreamEvent::Data { offset, bytes })) => {
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            *offset += len as u64;
            *bytes = bytes.get(len..).unwrap_or_default();
            bytes.is_empty()
        }
        Some(Input::Stream(StreamEvent::Gap { range, .. })) => {
            range.start += len;
            range.is_empty()
        }
        Some(Input::End) | None => false,
    };
    if used_up {
        *input = None;
    }
}

impl Payload {
    fn take_control_frame(&mut self, end: u64) -> ControlFrame {
        if let Some(key) = self.header.mask {
            unmask(&mut self.control, key, 0);
        }
        ControlFrame {
            opcode: self.header.opcode,
            payload: std::mem::take(&mut self.control),
            payload_len: self.header.payload_len,
            range: (self.start..end).into(),
            damaged: self.damaged,
        }
    }

    fn landing(&self) -> Option<Landing> {
        self.landed.map(|bytes| Landing { len: self.header.swapped_len(), bytes })
    }

    /// Keeps what stands at the landing, out of a piece of payload that starts at `position`.
    #[inline]
    fn note_landing(&mut self, position: u64, bytes: &[u8]) {
        let Some(landed) = &mut self.landed else { return };
        let wanted = self.header.swapped_len().saturating_add(landed.len() as u64);
        let Some(from) = wanted.checked_sub(position) else { return };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        landed.extend(bytes.get(from..).unwrap_or_default());
    }
}

impl Message {
    /// The message as it stands with its last byte before `end`.
    #[inline]
    fn seen(&self, end: u64, complete: bool, fault: Option<Utf8Fault>) -> MessageEnd {
        MessageEnd {
            opcode: self.opcode,
            compressed: self.compressed,
            len: self.len,
            inflated: None,
            fragments: self.fragments,
            empty_fragments: self.empty_fragments,
            range: (self.start..end).into(),
            complete,
            fault: fault.map(Box::new),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
