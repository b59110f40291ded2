//! Frames of which nobody knows where they begin.
//!
//! In: stream events of a direction, or of both, from anywhere in a connection. Out: at which
//! offset frames begin, who is the client, and on how much evidence; or nothing. Nothing is judged
//! here, and whoever acts on it has to remember that it is a hypothesis.
//!
//! # Evidence
//!
//! Any two bytes are some header, so a boundary has to prove itself: by a [`Chain`] of headers each
//! of which stands where the one before it ends. Its weight is counted in bits: the binary
//! logarithm of how much rarer the same would be among other bytes. A conforming header is worth 5
//! (11 of 256 first bytes, one of two mask bits). A length that ends with its segment adds up to 7,
//! printable UTF-8 behind the mask up to 12 (up to 6 without a mask, because other protocols carry
//! text too), a registered Close code 10, and an equal Close or an equal Pong of the other side up
//! to 24. What contradicts a header ends the chain's claim: a wrong mask bit, a key that repeats or
//! consists of one byte, a longer length form than needed, a reserved bit or opcode, a continuation
//! without a message, text that is not UTF-8, anything behind a Close. Where all the bytes around
//! are one text in UTF-8, whose continuation bytes may pass for headers, there are no frames. So a
//! side that breaks the protocol is not found, and nothing is said of it.
//!
//! For a connection without its handshake, 46 bits are asked for, and one more for each doubling of
//! the bytes at which a frame was looked for, so that all connections have the same chance to be
//! mistaken: each byte is tried in two ways, so it is 2^-45, and among 2^20 connections of random
//! bytes 2^-25 false ones are to be expected. Structured protocols are not random. What they lack
//! is the mask: records of tag and length (BER writes 0x81 and 0x82 as tags, and a list of names in
//! a certificate reads like a chain of unmasked frames) leave no room for four bytes that change
//! from record to record and turn what follows into text. So of these bits at least 16 have to
//! come from the masked side where it was captured at all; and where only the other side was, 112 are
//! asked for, of twelve text and control frames at least that end with their segments.
//!
//! Where the request was captured and the answer was not, frames right behind it were to be expected:
//! that is worth 28 bits, and their boundary is then not in question.
//!
//! In a connection whose handshake is known, only the boundary is in question: 2^16 offsets at one
//! place. 32 bits are asked for, and a frame at the first byte behind the hole is worth 12 more,
//! because no other place was tried for it.
//!
//! # Measured
//!
//! `WSBLAME_FLOWS=1000000 cargo test --test it no_other_protocol -- --nocapture` makes up flows of
//! twenty kinds that are no WebSocket, among them random bytes, BER, MQTT, HTTP/2, TLS and text:
//! none is taken for one. (Behind a hole of a known WebSocket, records of tag and length that use
//! its very opcodes as tags are taken for what a server sends in one case of eleven.)
//!
//! `WSBLAME_CORPUS=FOLDER cargo test --test it mistaken -- --nocapture` lists what is found in
//! captures, whole and from seven later packets on. In 180 public ones with 2,250 connections
//! counted that way 19 were found, all of them WebSockets.
//!
//! Of the 113 samples with a handshake that succeeded, 69 are found when everything up to the 101 is
//! missing, and 58 when three more packets are: two small messages and two equal Closes are enough,
//! and one small message each way is not.
//!
//! # A stream inside a stream
//!
//! A message may itself carry a recorded WebSocket. Its frames prove themselves as well as true ones
//! do, and if a hole hides the outer header, the inner ones are found. Their masks tell them apart
//! in what a client sends, because its payload is masked once more; in what a server sends nothing
//! does. That is why no violation is ever found behind a searched boundary, and why a Close counts
//! only where the other side's own Close says the same and names no error (it is empty, or has 1000,
//! 1001 or 3000 to 4999).

mod evidence;
#[cfg(test)]
mod tests;
mod window;

pub use window::{Chain, Field, Window};

use crate::endpoint::{PerSide, Side};
use crate::tcp::{Released, StreamEvent};

/// Whether `header` is one that a conforming `sender` may send, whatever was agreed on.
pub use evidence::is_plausible;

/// How much a search may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchLimits {
    /// Bytes of one direction that are held and searched at a time.
    pub window: usize,
    /// Bytes that are searched in all before it is given up.
    pub total: usize,
}

/// Bits that a connection without a handshake needs, and one more for each doubling of its bytes.
const ENOUGH: u32 = 46;
/// Of them, those that the masked side has to bring.
const ENOUGH_MASKED: u32 = 16;
/// Bits from which on a side's boundary is believed, where the whole is.
const ENOUGH_OF_ONE: u32 = 8;
/// Bits that the masked side needs where the other one speaks and no frames are seen in it.
const ENOUGH_ALONE: u32 = 96;
/// Bits that the unmasked side needs where the other one was not captured.
const ENOUGH_UNMASKED: u32 = 112;
/// Frames that it needs then.
const ENOUGH_FRAMES: u64 = 12;
/// Bits for a boundary in a connection whose handshake is known.
const ENOUGH_BEHIND_A_HOLE: u32 = 32;
/// What the first byte behind a hole is worth, as the one place that was to be expected.
const EXPECTED_BITS: u32 = 12;
/// What the first byte behind a request for a WebSocket is worth: another request apart, nothing but
/// frames can stand there.
const ASKED_BITS: u32 = 28;
/// Bytes at which is looked first; then at twice as many, and so on.
const FIRST_LOOK: usize = 64;

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<T> {
    /// Nothing yet.
    NotYet,
    /// Frames.
    Found(T),
    /// Nothing, and no more is to be looked at.
    GivenUp,
}

/// Frames in a connection whose handshake is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether the client is the side that was taken for the server.
    pub swapped: bool,
    /// The chain of each side, named as it is after the swap; `None` where none was found yet.
    pub chains: PerSide<Option<Chain>>,
    /// Whether the client's chain begins where its request ended.
    pub follows_request: bool,
    /// Bits of evidence in all.
    pub bits: u32,
}

/// A search in both directions of a connection.
#[derive(Debug)]
pub struct Search {
    limits: SearchLimits,
    windows: PerSide<Window>,
    /// Where a request to switch to WebSocket ended in its sender's stream.
    request: Option<(Side, u64)>,
    pace: Pace,
}

/// A search in one direction of a WebSocket, behind a hole.
#[derive(Debug)]
pub struct Resumption {
    limits: SearchLimits,
    sender: Side,
    window: Window,
    /// Stream offset of the first byte behind the hole.
    first: Option<u64>,
    pace: Pace,
}

/// When to look: each time twice as much has come, so that all looks together cost about as much
/// as the last.
#[derive(Debug)]
struct Pace {
    pushed: usize,
    next: usize,
}

impl Pace {
    fn new() -> Pace {
        Pace { pushed: 0, next: FIRST_LOOK }
    }

    fn push(&mut self, event: &StreamEvent<'_>) {
        if let StreamEvent::Data { bytes, .. } = event {
            self.pushed = self.pushed.saturating_add(bytes.len());
        }
    }

    fn is_due(&mut self, limits: &SearchLimits) -> bool {
        if self.pushed < self.next {
            return false;
        }
        let step = self.pushed.clamp(1, (limits.window / 2).max(1));
        self.next = self.pushed.saturating_add(step);
        true
    }

    fn is_over(&self, limits: &SearchLimits) -> bool {
        self.pushed > limits.total
    }
}

impl Search {
    /// A search that has seen nothing yet.
    pub fn new(limits: SearchLimits) -> Search {
        Search { limits, windows: PerSide::default(), request: None, pace: Pace::new() }
    }

    /// Notes that `client` asked for a WebSocket, and that its frames, if the answer was yes, begin
    /// at stream offset `end`.
    pub fn expect(&mut self, client: Side, end: u64) {
        self.request = Some((client, end));
    }

    /// What is held, in bytes, with something added for each event.
    pub fn size(&self) -> usize {
        self.windows.client.size() + self.windows.server.size()
    }

    /// Takes in an event of `side`.
    pub fn push(&mut self, side: Side, event: StreamEvent<'_>) {
        self.pace.push(&event);
        self.windows[side].push(event);
    }

    /// Looks whether frames can be seen, if it is time to.
    pub fn look(&mut self) -> Look<Found> {
        if !self.pace.is_due(&self.limits) {
            return Look::NotYet;
        }
        if let Some(found) = self.look_now() {
            return Look::Found(found);
        }
        if self.pace.is_over(&self.limits) {
            return Look::GivenUp;
        }
        self.windows.client.shrink_to(self.limits.window);
        self.windows.server.shrink_to(self.limits.window);
        Look::NotYet
    }

    /// Looks whether frames can be seen.
    pub fn look_now(&self) -> Option<Found> {
        let fields = PerSide::from_fn(|side| self.windows[side].field());
        let as_it_is = self.hypothesis(Side::Client, &fields);
        let swapped = self.hypothesis(Side::Server, &fields);
        as_it_is.into_iter().chain(swapped).max_by_key(|found| found.bits)
    }

    /// What was pushed of `side` from stream offset `start` on; of no use for searching afterwards.
    pub fn take_from(&mut self, side: Side, start: u64) -> Vec<Released> {
        self.windows[side].take_from(start)
    }

    /// What speaks for `client` as the side that masks.
    fn hypothesis(&self, client: Side, fields: &PerSide<Field>) -> Option<Found> {
        let masked = fields[client].strongest(Side::Client);
        let unmasked = fields[!client].strongest(Side::Server);
        let follows_request =
            masked.as_ref().is_some_and(|chain| self.request == Some((client, chain.start)));
        let expected = if follows_request { ASKED_BITS } else { 0 };
        let least = if follows_request { 2 } else { 3 };
        let spoke = |side: Side| self.windows[side].has_bytes();
        let of = |chain: &Option<Chain>| chain.as_ref().map_or(0, |chain| chain.bits);
        let together = expected
            + of(&masked)
                .saturating_add(of(&unmasked))
                .saturating_add(exchanged(&masked, &unmasked));
        let enough = ENOUGH + self.size().checked_ilog2().unwrap_or(0);
        let both = of(&masked) >= ENOUGH_MASKED && of(&unmasked) >= ENOUGH_OF_ONE;
        let holds = match (spoke(client), spoke(!client)) {
            (true, true) => (both && together >= enough) || of(&masked) >= ENOUGH_ALONE,
            (true, false) => together >= enough && masked.as_ref()?.frames >= least,
            (false, true) => unmasked.as_ref().is_some_and(is_convincing_unmasked),
            (false, false) => false,
        };
        let credible = |chain: Option<Chain>| chain.filter(|chain| chain.bits >= ENOUGH_OF_ONE);
        holds.then(|| Found {
            swapped: client == Side::Server,
            chains: PerSide { client: credible(masked), server: credible(unmasked) },
            follows_request,
            bits: together,
        })
    }
}

/// Whether a server's frames can be told from another protocol's records by themselves.
fn is_convincing_unmasked(chain: &Chain) -> bool {
    let probes = (chain.pings.len() + chain.pongs.len()) as u64;
    let known = chain.texts + probes + u64::from(chain.close.is_some());
    chain.bits >= ENOUGH_UNMASKED
        && chain.frames >= ENOUGH_FRAMES
        && known == chain.frames
        && chain.aligned.saturating_add(1) >= chain.frames
}

/// What the two sides say to each other: an equal Close, a Pong that equals a Ping.
fn exchanged(one: &Option<Chain>, other: &Option<Chain>) -> u32 {
    let (Some(one), Some(other)) = (one, other) else { return 0 };
    let mirrored = match (&one.close, &other.close) {
        (Some(one), Some(other)) if one.get(..2) == other.get(..2) => {
            if one.len() < 2 {
                4
            } else {
                16
            }
        }
        _ => 0,
    };
    let answered = |pings: &[Vec<u8>], pongs: &[Vec<u8>]| {
        let equal = pings.iter().filter(|ping| pongs.contains(ping));
        equal.map(|ping| u32::try_from(ping.len()).unwrap_or(3).min(3) * 8).max().unwrap_or(0)
    };
    mirrored + answered(&one.pings, &other.pongs) + answered(&other.pings, &one.pongs)
}

impl Resumption {
    /// A search in what `sender` sends behind a hole.
    pub fn new(sender: Side, limits: SearchLimits) -> Resumption {
        Resumption { limits, sender, window: Window::default(), first: None, pace: Pace::new() }
    }

    /// Takes in an event.
    pub fn push(&mut self, event: StreamEvent<'_>) {
        if let StreamEvent::Data { offset, .. } = event {
            self.first.get_or_insert(offset);
        }
        self.pace.push(&event);
        self.window.push(event);
    }

    /// Looks whether frames can be seen, if it is time to.
    pub fn look(&mut self) -> Look<Chain> {
        if !self.pace.is_due(&self.limits) {
            return Look::NotYet;
        }
        if let Some(found) = self.look_now() {
            return Look::Found(found);
        }
        if self.pace.is_over(&self.limits) {
            return Look::GivenUp;
        }
        self.window.shrink_to(self.limits.window);
        Look::NotYet
    }

    /// Looks whether frames can be seen.
    pub fn look_now(&self) -> Option<Chain> {
        let chain = self.window.field().strongest(self.sender)?;
        let expected = if Some(chain.start) == self.first { EXPECTED_BITS } else { 0 };
        (chain.bits.saturating_add(expected) >= ENOUGH_BEHIND_A_HOLE).then_some(chain)
    }

    /// What was pushed from stream offset `start` on.
    pub fn take_from(&mut self, start: u64) -> Vec<Released> {
        self.window.take_from(start)
    }
}
