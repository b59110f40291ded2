//! What a message holds: its payload unmasked, and inflated if it was compressed.
//!
//! In: the payload of data messages, unmasked, in pieces. Out: the check of a text moved on, an
//! [`Excerpt`], and what inflating came to. Frames are none of its business.

use super::deflate::{Compressor, InflateLimits, Inflated, Inflater};
use super::{Agreement, Deflate, Excerpt, FrameHeader, Keep, Message, Opcode, Text};
use crate::endpoint::Side;

/// The content of one side's messages.
#[derive(Debug)]
pub(super) struct Content {
    sender: Side,
    pub(super) limits: InflateLimits,
    pub(super) keep: Keep,
    pub(super) excerpt: Excerpt,
    /// Whether the excerpt of the open message was cut, and grows no more.
    was_cut: bool,
    /// From the first compressed message on.
    inflater: Option<Box<Inflater>>,
    /// Whether the open message is being inflated.
    inflating: bool,
    /// Whether messages are inflated no more.
    gave_up: bool,
}

impl Content {
    pub(super) fn new(sender: Side) -> Content {
        Content {
            sender,
            limits: InflateLimits::default(),
            keep: Keep::Nothing,
            excerpt: Excerpt::default(),
            was_cut: false,
            inflater: None,
            inflating: false,
            gave_up: false,
        }
    }

    /// `message` begins, with `header`; one that was open ends without being complete.
    pub(super) fn begin(
        &mut self,
        header: &FrameHeader,
        agreed: &Agreement,
        message: &mut Message,
    ) {
        self.excerpt.clear();
        self.was_cut = false;
        if let Some(inflater) = self.current() {
            inflater.abandon();
        }
        self.inflating = agreed.inflates(header) && !self.gave_up;
        if !self.inflating {
            // Asked for everything, what an unknown extension made of it is everything.
            let is_plain = !agreed.unknown_extension || matches!(self.keep, Keep::All(_));
            self.excerpt.damaged = header.rsv != 0 || !is_plain;
            if header.rsv != 0 {
                message.text = Text::Unchecked;
            }
            return;
        }
        let compressor = match &agreed.deflate {
            Deflate::Agreed(compressors) => compressors[self.sender],
            Deflate::Absent | Deflate::Unknown => Compressor::default(),
        };
        let limits = self.limits;
        let inflater =
            self.inflater.get_or_insert_with(|| Box::new(Inflater::new(compressor, limits)));
        inflater.begin(message.opcode == Opcode::TEXT);
        if !inflater.is_certain() {
            self.excerpt.damaged = true;
            message.text = Text::Unchecked;
        }
    }

    /// Whether the payload of `message` has to be unmasked and looked at.
    pub(super) fn reads(&self, message: &Message) -> bool {
        self.inflating
            || matches!(message.text, Text::Checked(_))
            || self.keep.most(message.opcode) > 0
    }

    /// Takes in the next piece of `message`, if it is compressed. What is wrong with it is told at
    /// its end: where it shows on the wire depends on how much zlib looks ahead.
    pub(super) fn inflate(&mut self, piece: &[u8], message: &mut Message) -> bool {
        let most = self.most(message);
        let Some(inflater) = self.inflater.as_mut().filter(|_| self.inflating) else {
            return false;
        };
        let excerpt = &mut self.excerpt;
        inflater.push(piece, |content| {
            excerpt.extend(content, most);
            if let Text::Checked(utf8) = &mut message.text {
                // A fault stays with the check until it is asked for.
                let _ = utf8.push(content);
            }
        });
        true
    }

    /// Keeps of the next piece of `message`, which is not compressed.
    pub(super) fn keep(&mut self, piece: &[u8], message: &Message) {
        self.excerpt.extend(piece, self.most(message));
    }

    /// How much is to be kept of `message`.
    fn most(&self, message: &Message) -> usize {
        if self.was_cut { 0 } else { self.keep.most(message.opcode) }
    }

    /// Keeps no more than `most` bytes of the message at hand.
    pub(super) fn cut(&mut self, most: usize) {
        if self.excerpt.bytes.len() > most {
            self.excerpt.cut(most);
            self.was_cut = true;
        }
    }

    /// The capture lost bytes of the open message.
    pub(super) fn lose(&mut self) {
        self.excerpt.damaged = true;
        if let Some(inflater) = self.current() {
            inflater.lose();
        }
    }

    /// Whether the open message is being inflated.
    pub(super) fn is_inflating(&self) -> bool {
        self.inflating
    }

    /// Whether the open message does not inflate as it should.
    pub(super) fn has_fault(&self) -> bool {
        let inflater = self.inflater.as_ref().filter(|_| self.inflating);
        inflater.is_some_and(|inflater| inflater.has_fault())
    }

    /// What the open message came to so far, of which nothing more is to be read.
    pub(super) fn cut_short(&mut self) -> Option<Inflated> {
        self.excerpt.damaged = true;
        let inflated = self.current().map(|inflater| {
            let inflated = inflater.so_far();
            inflater.abandon();
            inflated
        });
        self.inflating = false;
        inflated
    }

    /// What the open message came to, now that its payload is complete.
    pub(super) fn finish(&mut self) -> Option<Inflated> {
        let inflated = self.current().map(Inflater::finish);
        self.inflating = false;
        let is_whole = |inflated: &Inflated| inflated.complete && inflated.certain;
        self.excerpt.damaged |= inflated.as_ref().is_some_and(|inflated| !is_whole(inflated));
        inflated
    }

    /// Whether a window is held.
    pub(super) fn has_window(&self) -> bool {
        self.inflater.is_some()
    }

    /// Inflates no more, and gives the window back. Whether that leaves the open message unread.
    pub(super) fn stop_inflating(&mut self) -> bool {
        self.gave_up = true;
        self.inflater = None;
        let stopped = std::mem::take(&mut self.inflating);
        self.excerpt.damaged |= stopped;
        stopped
    }

    fn current(&mut self) -> Option<&mut Inflater> {
        self.inflater.as_deref_mut().filter(|_| self.inflating)
    }
}
