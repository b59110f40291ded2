//! What one side sent, counted.
//!
//! In: frames and messages as they were read, and Pings with their Pongs. Out: numbers, which take
//! the same room however many there were. Nothing here is judged.

use crate::ws::{MessageEnd, Opcode};

/// The frames and messages of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    frames: [u64; Tally::KINDS],
    /// Complete text messages.
    pub text: u64,
    /// Complete binary messages.
    pub binary: u64,
    /// Complete messages of more than one frame.
    pub fragmented: u64,
    /// Complete messages that were marked as compressed.
    pub compressed: u64,
    /// Payload bytes of all complete messages together, as on the wire.
    pub bytes: u64,
    /// Payload bytes of the smallest and of the largest complete message.
    pub sizes: Option<(u64, u64)>,
    /// The sizes of complete messages when inflated: by these a receiver refuses.
    pub content: ContentSizes,
}

/// Sizes of complete messages: of compressed ones what they inflate to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentSizes {
    /// Of the largest.
    pub largest: Option<u64>,
    /// Of the largest but the last message.
    pub largest_before_last: Option<u64>,
    /// Of the last message.
    pub last: u64,
    /// Compressed messages of which it is not known.
    pub unknown: u64,
}

impl Tally {
    /// Those of RFC 6455, and behind them all that it leaves for later as one.
    const KINDS: usize = 7;

    /// Takes in a header.
    pub fn frame(&mut self, opcode: Opcode) {
        if let Some(count) = self.frames.get_mut(Tally::kind(opcode)) {
            *count += 1;
        }
    }

    fn kind(opcode: Opcode) -> usize {
        match opcode {
            Opcode::CONTINUATION => 0,
            Opcode::TEXT => 1,
            Opcode::BINARY => 2,
            Opcode::CLOSE => 3,
            Opcode::PING => 4,
            Opcode::PONG => 5,
            _ => 6,
        }
    }

    /// Takes in a message, if it is complete.
    pub fn message(&mut self, end: &MessageEnd) {
        if !end.complete {
            return; // its fault was told; its end is still to come
        }
        match end.opcode {
            Opcode::TEXT => self.text += 1,
            _ => self.binary += 1,
        }
        self.fragmented += u64::from(end.fragments > 1);
        self.compressed += u64::from(end.compressed);
        self.bytes = self.bytes.saturating_add(end.len);
        self.content.note(end);
        let (smallest, largest) = self.sizes.unwrap_or((end.len, end.len));
        self.sizes = Some((smallest.min(end.len), largest.max(end.len)));
    }

    /// Frames with this opcode; of those that RFC 6455 leaves for later, with any of them.
    pub fn frames_of(&self, opcode: Opcode) -> u64 {
        self.frames.get(Tally::kind(opcode)).copied().unwrap_or_default()
    }

    /// Frames with an opcode that RFC 6455 leaves for later.
    pub fn reserved_frames(&self) -> u64 {
        self.frames_of(Opcode(0xF))
    }

    /// Complete messages.
    pub fn messages(&self) -> u64 {
        self.text + self.binary
    }
}

impl ContentSizes {
    fn note(&mut self, end: &MessageEnd) {
        let inflated = end.inflated.as_ref().filter(|inflated| inflated.complete);
        let size = match (end.compressed, inflated) {
            (false, _) => end.len,
            (true, Some(inflated)) => inflated.len,
            (true, None) => {
                self.unknown += 1;
                return;
            }
        };
        self.largest_before_last = self.largest;
        self.largest = self.largest.max(Some(size));
        self.last = size;
    }
}

/// How long Pongs took, in nanoseconds between the two packets as the capture has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many were measured.
    pub count: u64,
    /// The shortest.
    pub min: i64,
    /// The longest.
    pub max: i64,
    /// All together.
    pub sum: i64,
    /// The latest.
    pub last: i64,
}

impl RoundTrips {
    /// Takes in one. A negative one is none: the clock went back, or what looks like the Pong was
    /// sent before the Ping.
    pub fn note(&mut self, nanos: i64) {
        if nanos < 0 {
            return;
        }
        self.min = if self.count == 0 { nanos } else { self.min.min(nanos) };
        self.max = self.max.max(nanos);
        self.sum = self.sum.saturating_add(nanos);
        self.last = nanos;
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(opcode: Opcode, len: u64, fragments: u64) -> MessageEnd {
        MessageEnd {
            opcode,
            compressed: false,
            inflated: None,
            len,
            fragments,
            empty_fragments: 0,
            range: (0..len).into(),
            complete: true,
            fault: None,
        }
    }

    #[test]
    fn messages_are_counted_by_type_and_size() {
        let mut tally = Tally::default();
        tally.message(&message(Opcode::TEXT, 5, 1));
        tally.message(&message(Opcode::BINARY, 70_000, 3));
        tally.message(&message(Opcode::TEXT, 0, 1));
        assert_eq!((tally.text, tally.binary, tally.fragmented), (2, 1, 1));
        assert_eq!((tally.sizes, tally.bytes), (Some((0, 70_000)), 70_005));
        assert_eq!(tally.content.largest_before_last, Some(70_000));
    }

    #[test]
    fn the_largest_but_the_last_is_not_the_last() {
        let mut tally = Tally::default();
        tally.message(&message(Opcode::TEXT, 5, 1));
        assert_eq!(tally.content.largest_before_last, None);
        tally.message(&message(Opcode::TEXT, 9, 1));
        assert_eq!(tally.content.largest_before_last, Some(5));
    }

    #[test]
    fn a_message_that_goes_on_is_not_counted_yet() {
        let mut tally = Tally::default();
        tally.message(&MessageEnd { complete: false, ..message(Opcode::TEXT, 5, 1) });
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn every_opcode_has_its_count() {
        let mut tally = Tally::default();
        (0..16).for_each(|opcode| tally.frame(Opcode(opcode)));
        assert_eq!(tally.frames_of(Opcode::PONG), 1);
        assert_eq!(tally.reserved_frames(), 10);
    }

    #[test]
    fn a_round_trip_that_ends_before_it_began_is_none() {
        let mut trips = RoundTrips::default();
        trips.note(-1);
        assert_eq!(trips, RoundTrips::default());
        [30, 10, 20].into_iter().for_each(|nanos| trips.note(nanos));
        assert_eq!(trips, RoundTrips { count: 3, min: 10, max: 30, sum: 60, last: 20 });
    }
}
