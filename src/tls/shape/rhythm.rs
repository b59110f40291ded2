//! Records that break a silence again and again: keep-alives, perhaps.
//!
//! In: the records, and how long it was quiet before each. Out: how often one of the same side and
//! size came after about the same time, and whether it was answered.

use super::recorder::Mark;
use crate::endpoint::Side;
use crate::provenance::Timestamp;

/// What breaks the silence.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rhythm {
    beat: Option<Beat>,
}

/// Records of one side and length that came after a silence, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    /// Who sends them.
    pub side: Side,
    /// Their length.
    pub len: u16,
    /// How many intervals there were.
    pub intervals: u32,
    /// The shortest interval, in milliseconds.
    pub shortest: u32,
    /// The longest.
    pub longest: u32,
    /// How many were followed by a record of the other side, all of the length `answer_len`.
    pub answers: u32,
    /// Length of the answers; `None` where they differ.
    pub answer_len: Option<u16>,
    /// When the latest came.
    last: Timestamp,
    /// Whether nothing has come since.
    is_fresh: bool,
}

/// What is shorter is no silence, in nanoseconds.
const SILENCE: i64 = 300_000_000;

impl Rhythm {
    /// Takes in a record; `quiet` is the time since the one before it, of either side, in
    /// nanoseconds.
    pub(super) fn note(&mut self, side: Side, mark: Mark, quiet: Option<i64>) {
        let breaks = quiet.is_some_and(|nanos| nanos >= SILENCE);
        let now = mark.at.time;
        match &mut self.beat {
            Some(beat) if breaks && (beat.side, beat.len) == (side, mark.len) => beat.go_on(now),
            Some(beat) if !breaks => beat.hear(side, mark.len),
            // One that went on for a while is remembered: the last silence is often another one.
            Some(beat) if beat.is_regular() => beat.is_fresh = false,
            _ if breaks => self.beat = Some(Beat::new(side, mark.len, now)),
            _ => {}
        }
    }

    /// Something was lost: an interval across it means nothing.
    pub(super) fn interrupt(&mut self) {
        if self.regular().is_none() {
            self.beat = None;
        }
    }

    /// What came at regular intervals.
    pub(super) fn regular(&self) -> Option<&Beat> {
        self.beat.as_ref().filter(|beat| beat.is_regular())
    }
}

impl Beat {
    /// Fewer intervals show nothing.
    const LEAST: u32 = 3;

    fn new(side: Side, len: u16, last: Timestamp) -> Beat {
        Beat {
            side,
            len,
            intervals: 0,
            shortest: u32::MAX,
            longest: 0,
            answers: 0,
            answer_len: None,
            last,
            is_fresh: true,
        }
    }

    fn go_on(&mut self, now: Timestamp) {
        let millis = u32::try_from(now.nanos_since(self.last) / 1_000_000).unwrap_or(u32::MAX);
        self.intervals = self.intervals.saturating_add(1);
        self.shortest = self.shortest.min(millis);
        self.longest = self.longest.max(millis);
        self.last = now;
        self.is_fresh = true;
    }

    /// A record that follows without a silence.
    fn hear(&mut self, side: Side, len: u16) {
        if self.is_fresh && side != self.side {
            let is_first = self.answers == 0;
            self.answers = self.answers.saturating_add(1);
            let same = is_first || self.answer_len == Some(len);
            self.answer_len = same.then_some(len);
        }
        self.is_fresh = false;
    }

    /// Whether the intervals are alike: none is longer than the shortest by half.
    fn is_regular(&self) -> bool {
        self.intervals >= Beat::LEAST && self.longest <= self.shortest.saturating_mul(3) / 2
    }
}
