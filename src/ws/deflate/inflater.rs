//! Inflates the messages of one direction.

use flate2::{Decompress, FlushDecompress, Status};

use super::tokens::Tokens;
use super::{Compressor, TAIL};
use crate::ws::Utf8;

/// How much inflating may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InflateLimits {
    /// Bytes that one message may inflate to.
    pub message: u64,
    /// How many times its size a message may inflate to, once it is above 1 MiB.
    pub ratio: u64,
}

impl Default for InflateLimits {
    fn default() -> InflateLimits {
        InflateLimits { message: 64 << 20, ratio: 200 }
    }
}

/// Up to here a message may inflate at any ratio: DEFLATE itself ends at about 1,032.
const FREE: u64 = 1 << 20;

/// Compressed bytes of a message after which the limits are looked at: it can exceed them by as much
/// as these inflate to, 4 MiB.
const STAGE: u64 = 4 << 10;

/// Bytes that are inflated at a time.
const OUTPUT: usize = 16 << 10;

/// Compressed bytes of a message that are kept to look at again when it does not inflate. A distance
/// can be too far only in the first 32 KiB that come out, which are rarely more when compressed.
const KEPT: usize = 36 << 10;

/// As far as any distance reaches (RFC 1951 §3.2.5).
const WINDOW: usize = 32 << 10;

/// An empty stored block (RFC 1951 §3.2.4), as which any decoder reads it that stands between two
/// blocks.
const EMPTY_BLOCK: &[u8] = &[0x00, 0x00, 0x00, 0xFF, 0xFF];
/// The same behind a [`TAIL`], because each call of zlib has its price.
const TAIL_AND_EMPTY_BLOCK: &[u8] = &[0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0xFF, 0xFF];

/// What a compressed message came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inflated {
    /// Bytes that came out.
    pub len: u64,
    /// Bytes that had come out of earlier messages and that it may refer to.
    pub before: u64,
    /// Whether they are those that the sender compressed. Behind a hole of the capture references
    /// reach into bytes that are not known: the size is right, the content is not.
    pub certain: bool,
    /// Whether all of the message was inflated.
    pub complete: bool,
    /// What is wrong with it; never told of a message that is not certain.
    pub fault: Option<DeflateFault>,
    /// The first distance beyond the window that was agreed on; never told of a message that is
    /// not certain.
    pub far: Option<Far>,
    /// Whether the sender left [`TAIL`] where it was.
    pub has_tail: bool,
    /// Whether it was given up because it would have become too large.
    pub stopped: bool,
}

impl Inflated {
    /// Whether there is nothing about it to judge.
    pub fn is_ordinary(&self) -> bool {
        self.fault.is_none() && self.far.is_none() && !self.has_tail && self.len <= FREE
    }
}

/// Why a message does not inflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateFault {
    /// Bytes of the message that had come out before.
    pub at: u64,
    /// What was found there.
    pub reason: Reason,
}

/// What is wrong with compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A distance reaches back to before the first byte that its window can hold.
    TooFarBack,
    /// The same, and with the window of the messages before, which was not to be taken over, the
    /// message inflates.
    TakenOver,
    /// What follows cannot be DEFLATE; completes "there is".
    Malformed(&'static str),
    /// The message ends inside a block, so that [`TAIL`] does not complete it.
    Unfinished,
}

/// A distance beyond the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Far {
    /// Bytes that it reaches back.
    pub distance: u32,
    /// Bytes of the message that had come out before.
    pub at: u64,
}

/// The state of one direction. Costs about 60 KiB, up to 36 KiB for the beginning of a message, and
/// up to 144 KiB more where no context is to be taken over.
pub struct Inflater {
    zlib: Decompress,
    output: Vec<u8>,
    limits: InflateLimits,
    context_takeover: bool,
    /// Walks along where the window agreed on is smaller than the one that zlib has.
    tokens: Option<Tokens>,
    /// For a second try, where no context is to be taken over.
    history: Option<History>,
    /// Bytes that came out since the window was empty.
    given: u64,
    /// The beginning of the message at hand, compressed.
    kept: Vec<u8>,
    window: Window,
    message: Message,
}

/// What is known of the bytes that the next message may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    /// All of them are those that the sender has.
    Known,
    /// As far as it goes back; whether the sender's goes back further is not known, because a final
    /// block has ended its stream.
    Short,
    /// The capture, or a fault, has hidden some.
    Unknown,
}

/// What the messages before inflated to, by which it is found out whether one takes over their
/// context.
#[derive(Debug, Default)]
struct History {
    /// The end of it.
    bytes: Vec<u8>,
    /// Whether some of it is not known.
    has_holes: bool,
}

/// The message at hand.
#[derive(Clone, Debug, Default)]
struct Message {
    /// Bytes that had come out before it, since the window was empty.
    began_at: u64,
    is_text: bool,
    compressed: u64,
    inflated: u64,
    /// The last four bytes of its payload.
    last: [u8; 4],
    certain: bool,
    /// Whether its last block ended the stream exactly at the end of what was read.
    at_end_of_stream: bool,
    /// Bytes of it that had come out when it was found not to go on.
    fault: Option<u64>,
    /// Whether that is because its end is not one.
    unfinished: bool,
    stopped: bool,
    /// Whether the capture lost a part of it.
    lost: bool,
    /// Whether its payload is complete.
    is_over: bool,
    /// Whether its sender left [`TAIL`] at the end of it.
    left_tail: bool,
}

impl Inflater {
    /// For the messages of a sender that is bound to `compressor`.
    pub fn new(compressor: Compressor, limits: InflateLimits) -> Inflater {
        let small = compressor.window_bits < Compressor::MAX_WINDOW_BITS;
        Inflater {
            zlib: Decompress::new(false),
            output: vec![0; OUTPUT],
            limits,
            context_takeover: compressor.context_takeover,
            tokens: small.then(|| Tokens::within(compressor.window())),
            history: (!compressor.context_takeover).then(History::default),
            given: 0,
            kept: Vec::new(),
            window: Window::Known,
            message: Message::default(),
        }
    }

    /// A compressed message begins; `is_text` says whether what comes out is to be UTF-8.
    pub fn begin(&mut self, is_text: bool) {
        if !self.context_takeover {
            self.zlib.reset(false);
            self.window = Window::Known;
            self.given = 0;
        }
        self.kept.clear();
        self.message = Message {
            certain: self.window != Window::Unknown,
            began_at: self.given,
            is_text,
            ..Message::default()
        };
        if let Some(tokens) = &mut self.tokens {
            tokens.begin();
        }
    }

    /// Whether what comes out of the message at hand is what its sender compressed.
    pub fn is_certain(&self) -> bool {
        self.message.certain
    }

    /// Takes the next piece of the message, unmasked, and hands `sink` what comes out.
    pub fn push(&mut self, mut bytes: &[u8], mut sink: impl FnMut(&[u8])) {
        // The limits are looked at in places that do not depend on the pieces.
        while !bytes.is_empty() {
            let to_stage = STAGE - self.message.compressed % STAGE;
            let to_stage = usize::try_from(to_stage).unwrap_or(usize::MAX);
            let (now, rest) = bytes.split_at_checked(to_stage).unwrap_or((bytes, &[]));
            self.push_some(now, &mut sink);
            if self.message.compressed.is_multiple_of(STAGE) {
                self.check_limits();
            }
            bytes = rest;
        }
    }

    fn push_some(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        let message = &mut self.message;
        message.compressed += bytes.len() as u64;
        for byte in bytes.iter().skip(bytes.len().saturating_sub(4)) {
            message.last.rotate_left(1);
            message.last[3] = *byte;
        }
        if message.lost || message.stopped {
            return;
        }
        if message.began_at < WINDOW as u64 {
            let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
            self.kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        if message.fault.is_some() {
            return;
        }
        if let Some(tokens) = self.tokens.as_mut().filter(|_| message.certain) {
            tokens.push(bytes);
        }
        self.inflate(bytes, sink);
    }

    fn check_limits(&mut self) {
        let message = &mut self.message;
        let ratio = self.limits.ratio.saturating_mul(message.compressed).max(FREE);
        message.stopped |= message.inflated > self.limits.message.min(ratio);
    }

    /// The message is complete: says what came of it.
    pub fn finish(&mut self) -> Inflated {
        self.message.is_over = true;
        self.message.left_tail = self.has_tail() && !self.message.at_end_of_stream;
        let message = &self.message;
        // A payload of no bytes is what some compressors make of no bytes; so is a stream at its end.
        let nothing_to_add = message.compressed == 0 || message.at_end_of_stream || self.has_tail();
        let goes_on = !message.lost && !message.stopped && message.fault.is_none();
        if goes_on {
            let at = message.inflated;
            // All that the payload gives has come out, so that nothing more may. Between two blocks
            // an empty one changes nothing; inside one it shows, but for a table of codes, which
            // the next message then breaks.
            let end = if nothing_to_add { EMPTY_BLOCK } else { TAIL_AND_EMPTY_BLOCK };
            self.inflate(end, &mut |_: &[u8]| {});
            let message = &mut self.message;
            if message.fault.is_some() || message.inflated != at {
                message.fault = Some(at);
                message.unfinished = true;
                message.inflated = at;
            }
        }
        let mut inflated = self.so_far();
        inflated.complete = goes_on && self.message.fault.is_none();
        // Who takes over once does so always.
        let takes_over = |fault: DeflateFault| fault.reason == Reason::TakenOver;
        self.context_takeover |= inflated.fault.is_some_and(takes_over);
        self.settle();
        inflated
    }

    /// What is known of the message although it is not complete.
    pub fn so_far(&self) -> Inflated {
        let found = self.message.fault.filter(|_| self.message.certain);
        let fault = found.and_then(|at| self.diagnose(at));
        let message = &self.message;
        let certain = message.certain && fault.is_some() == found.is_some();
        // The walk may be ahead of where inflating stopped.
        let reached = |far: &Far| certain && far.at <= message.inflated;
        let far = self.tokens.as_ref().and_then(Tokens::far).filter(reached);
        Inflated {
            len: message.inflated,
            before: message.began_at,
            certain,
            complete: false,
            fault,
            far,
            has_tail: message.left_tail,
            stopped: message.stopped,
        }
    }

    /// Whether something is wrong with the message so far.
    pub fn has_fault(&self) -> bool {
        let far = self.tokens.as_ref().and_then(Tokens::far);
        let far = far.is_some_and(|far| far.at <= self.message.inflated);
        self.message.stopped || self.message.certain && (self.message.fault.is_some() || far)
    }

    /// The capture lost bytes of the message at hand.
    pub fn lose(&mut self) {
        self.message.lost = true;
        self.message.certain = false;
    }

    /// The message at hand ends here without being complete.
    pub fn abandon(&mut self) {
        self.message.lost = true;
        self.settle();
    }

    fn has_tail(&self) -> bool {
        self.message.compressed >= 4 && self.message.last == TAIL
    }

    /// What became of the window.
    fn settle(&mut self) {
        let message = &self.message;
        let is_hidden = message.lost || message.stopped || message.fault.is_some();
        if is_hidden {
            self.forget();
        }
        if self.context_takeover {
            self.history = None;
        }
        if let Some(history) = &mut self.history {
            history.has_holes |= is_hidden;
            let surplus = history.bytes.len().saturating_sub(WINDOW);
            history.bytes.drain(..surplus);
        }
    }

    /// From here on the window is not known. Zeros stand for its bytes: lengths and distances are
    /// in the messages themselves, so that sizes stay right.
    fn forget(&mut self) {
        self.zlib.reset(false);
        self.given = 0;
        if self.context_takeover {
            let zeros = [0; WINDOW];
            // Cannot fail on a raw stream that has just been reset; without it less is known.
            let _ = self.zlib.set_dictionary(&zeros);
            self.window = Window::Unknown;
        }
    }

    /// Inflates on, up to a fault.
    fn inflate(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        loop {
            let (taken, given) = (self.zlib.total_in(), self.zlib.total_out());
            let result = self.zlib.decompress(bytes, &mut self.output, FlushDecompress::Sync);
            let (taken, given) = (self.zlib.total_in() - taken, self.zlib.total_out() - given);
            let given = usize::try_from(given).unwrap_or(OUTPUT);
            let out = self.output.get(..given).unwrap_or_default();
            bytes = bytes.get(usize::try_from(taken).unwrap_or(usize::MAX)..).unwrap_or_default();
            if given > 0 {
                sink(out);
                if let Some(history) = &mut self.history {
                    history.note(out);
                }
                self.message.inflated += given as u64;
                self.given += given as u64;
            }
            let message = &mut self.message;
            match result {
                Ok(Status::StreamEnd) => {
                    // BFINAL: another stream may follow in the same message (RFC 7692 §7.2.3.4).
                    self.zlib.reset(false);
                    message.at_end_of_stream = bytes.is_empty();
                    if self.window == Window::Known {
                        self.window = Window::Short;
                    }
                }
                Ok(_) if given == 0 && taken == 0 => return,
                Ok(_) => message.at_end_of_stream = false,
                // What is wrong is not taken from the error: zlib-rs says so only in its slow path.
                Err(_) => {
                    message.at_end_of_stream = false;
                    message.fault = Some(message.inflated);
                    return;
                }
            }
            if bytes.is_empty() && given < OUTPUT {
                return;
            }
        }
    }

    /// Looks again at a message that inflated only up to `at`. `None` when it cannot be held against
    /// its sender.
    fn diagnose(&self, at: u64) -> Option<DeflateFault> {
        let because = |reason| Some(DeflateFault { at, reason });
        if self.message.unfinished {
            return because(Reason::Unfinished);
        }
        let mut tokens = Tokens::behind(self.message.began_at);
        tokens.push(&self.kept);
        if let Some(malformed) = tokens.malformed().filter(|malformed| malformed.at == at) {
            return because(Reason::Malformed(malformed.what));
        }
        if self.window == Window::Short {
            return None; // the sender may have kept what a final block made us forget
        }
        if tokens.far().is_none_or(|far| far.at != at) {
            return because(Reason::Malformed("data that is not compressed by DEFLATE"));
        }
        // Nearly anything inflates for a while behind 32 KiB: only the end of the message, or many
        // bytes of it, prove that it does.
        let is_whole = self.kept.len() as u64 == self.message.compressed && self.message.is_over;
        let proves = is_whole || self.kept.len() == KEPT;
        match &self.history {
            Some(history) if proves && history.precedes(&self.kept, &self.message, is_whole) => {
                because(Reason::TakenOver)
            }
            Some(history) if history.has_holes => None,
            _ => because(Reason::TooFarBack),
        }
    }
}

impl History {
    fn note(&mut self, out: &[u8]) {
        self.bytes.extend_from_slice(out);
        // A message whose reference is too far has given less than a window itself.
        if self.bytes.len() > 4 * WINDOW {
            self.bytes.drain(..self.bytes.len() - 2 * WINDOW);
        }
    }

    /// Whether `kept` of `message` inflates behind the messages before it, to a text if it is one,
    /// and up to its end if it `is_whole`.
    fn precedes(&self, kept: &[u8], message: &Message, is_whole: bool) -> bool {
        let own = message.fault.and_then(|own| usize::try_from(own).ok()).unwrap_or(usize::MAX);
        let history = self.bytes.get(..self.bytes.len().saturating_sub(own)).unwrap_or_default();
        let history = history.get(history.len().saturating_sub(WINDOW)..).unwrap_or_default();
        let mut zlib = Decompress::new(false);
        if history.is_empty() || zlib.set_dictionary(history).is_err() {
            return false;
        }
        let mut text = Utf8::default();
        let Some(_) = inflate_all(&mut zlib, kept, |out| {
            let _ = text.push(out); // asked at the end
        }) else {
            return false;
        };
        let ends_well = !is_whole
            || inflate_all(&mut zlib, TAIL_AND_EMPTY_BLOCK, |_| ()) == Some(0)
                && (!message.is_text || text.finish().is_ok());
        ends_well && (!message.is_text || text.fault().is_none())
    }
}

/// Inflates all of `bytes`, up to a bound; how many came out, or `None` where that does not go.
fn inflate_all(
    zlib: &mut Decompress,
    mut bytes: &[u8],
    mut sink: impl FnMut(&[u8]),
) -> Option<u64> {
    let mut output = vec![0; OUTPUT];
    let mut total = 0;
    loop {
        let (taken, given) = (zlib.total_in(), zlib.total_out());
        let status = zlib.decompress(bytes, &mut output, FlushDecompress::Sync).ok()?;
        let (taken, given) = (zlib.total_in() - taken, zlib.total_out() - given);
        bytes = bytes.get(usize::try_from(taken).unwrap_or(usize::MAX)..).unwrap_or_default();
        sink(output.get(..usize::try_from(given).unwrap_or(OUTPUT)).unwrap_or_default());
        total += given;
        if status == Status::StreamEnd && !bytes.is_empty() || total > FREE {
            return None; // whoever takes over does not end the stream, nor send a bomb
        }
        if taken == 0 && given == 0 {
            return Some(total);
        }
    }
}

impl Reason {
    /// In words that complete "there is" or stand alone.
    pub fn text(self) -> &'static str {
        match self {
            Reason::TooFarBack => "a reference to before the first byte of the window",
            Reason::TakenOver => "a reference into an earlier message",
            Reason::Malformed(what) => what,
            Reason::Unfinished => "the end of the message inside a block",
        }
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Inflater { window, message, .. } = self;
        f.debug_struct("Inflater").field("window", window).field("message", message).finish()
    }
}
