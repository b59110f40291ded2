//! Records out of one direction of a stream.
//!
//! In: the bytes and the holes of the direction, in order. Out: its records, however they were cut
//! into segments; and behind a hole that hides a header, the places where one may begin again. No
//! more than a record is held. Nothing is decrypted here, so whether a place that looks like a
//! record is one, somebody else has to say.

use super::{ContentType, HEADER_LEN, RecordHeader, Version};
use crate::tcp::{GapCause, Range64};

/// What comes next in a direction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// Bytes that the capture does not have.
    Gap(Range64, GapCause),
}

/// A piece of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framed<'a> {
    /// A record. Its range includes the header.
    Record { header: RecordHeader, range: Range64, body: &'a [u8] },
    /// A record whose body was stepped over, because nobody wanted it.
    Passed { header: RecordHeader, range: Range64 },
    /// A record whose header was captured, and not all of its body.
    Broken { header: RecordHeader, range: Range64, cause: GapCause },
    /// From here on it is not known where records begin.
    Lost { from: u64, cause: GapCause },
    /// Behind lost boundaries a record may stand here: it has to be accepted or rejected.
    Candidate { header: RecordHeader, range: Range64, body: &'a [u8] },
}

/// What makes a place behind a lost boundary worth to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// A header, with a body that is all there: somebody will try whether it authenticates.
    Proof,
    /// A header whose body ends where another header stands: all that can be asked for where
    /// nothing can be decrypted.
    Structure,
}

/// Finds the records of one direction.
#[derive(Debug, Default)]
pub(super) struct Deframer {
    /// Bytes that are not handed out yet, behind `read` that were.
    buffer: Vec<u8>,
    read: usize,
    /// Offset of the first byte that is not handed out.
    at: u64,
    has_begun: bool,
    place: Place,
    /// What every header of the direction states, where that is known.
    version: Option<Version>,
    /// The first bytes that are no record where one was due.
    foreign: Option<Box<(u64, Vec<u8>)>>,
}

/// Where the reading stands.
///
/// ```text
///              header, body not wanted, or a hole in it
///   Boundary ──────────────────────────────────────────▶ Within
///    │   ▲  ▲                                              │
///    │   │  └──────────── the end of the record ───────────┘
///    │   └──accepted── Searching
///    └──a hole over a header, or no header──▶ Searching
/// ```
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Boundary,
    Within {
        header: RecordHeader,
        range: Range64,
        broken: Option<GapCause>,
    },
    Searching,
}

/// Bytes of what is no record that are kept.
const MOST_FOREIGN: usize = 16;
/// Room that is kept for the next record.
const KEPT: usize = 4_096;
/// Bytes already handed out that are kept at most in front of others.
const SLACK: usize = 32 * 1_024;

impl Deframer {
    /// Offset behind everything that was pushed; `None` before anything was.
    pub(super) fn end(&self) -> Option<u64> {
        self.has_begun.then(|| self.at.saturating_add(to_u64(self.unread().len())))
    }

    /// Tells it where the stream begins.
    pub(super) fn begin(&mut self, at: u64) {
        if !self.has_begun {
            self.at = at;
            self.has_begun = true;
        }
    }

    /// Tells it the version that all further headers state.
    pub(super) fn expect_version(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// Whether it looks for a record behind a lost boundary.
    pub(super) fn is_searching(&self) -> bool {
        matches!(self.place, Place::Searching)
    }

    /// A record that has begun and has not ended: where it begins.
    pub(super) fn partial_at(&self) -> Option<u64> {
        match self.place {
            Place::Boundary if self.unread().is_empty() => None,
            Place::Boundary => Some(self.at),
            Place::Within { range, .. } => Some(range.start),
            Place::Searching => None,
        }
    }

    /// The first bytes that were no record where one was due, and their offset.
    pub(super) fn foreign(&self) -> Option<&(u64, Vec<u8>)> {
        self.foreign.as_deref()
    }

    /// Bytes of memory held.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// The next piece of what was pushed, of which it takes in as much as it needs for that; `None`
    /// when all of `input` is taken in. Where a body is not all there, `wants` says whether it is
    /// to be waited for.
    pub(super) fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut Input<'i>,
        search: Search,
        wants: impl Fn(&RecordHeader) -> bool,
    ) -> Option<Framed<'a>> {
        self.compact();
        match self.place {
            Place::Within { header, range, broken } => self.step_over(input, header, range, broken),
            Place::Searching => self.search(input, search),
            Place::Boundary => self.record(input, wants),
        }
    }

    /// Takes the candidate for a record that was read.
    pub(super) fn accept(&mut self) {
        if let Some(header) = self.header() {
            self.consume(whole(&header));
        }
        self.place = Place::Boundary;
    }

    /// Takes it for a record that is still to be read.
    pub(super) fn resume(&mut self) {
        self.place = Place::Boundary;
    }

    /// Does not take it: the search goes on behind its first byte.
    pub(super) fn reject(&mut self) {
        self.consume(1);
    }

    /// Steps over `len` bytes at offset `at`, if they are in the middle of a record that nobody
    /// wanted, and not its last; whether they are.
    #[inline]
    pub(super) fn pass(&mut self, at: u64, len: usize) -> bool {
        let Place::Within { range, .. } = self.place else { return false };
        let end = self.at.saturating_add(to_u64(len));
        let is_within = at == self.at && end < range.end;
        if is_within {
            self.at = end;
        }
        is_within
    }

    /// At a boundary.
    fn record<'a, 'i: 'a>(
        &'a mut self,
        input: &mut Input<'i>,
        wants: impl Fn(&RecordHeader) -> bool,
    ) -> Option<Framed<'a>> {
        let mut nothing: &[u8] = &[];
        let (bytes, gap) = match input {
            Input::Bytes(bytes) => (bytes, None),
            Input::Gap(range, cause) => (&mut nothing, Some((*range, *cause))),
        };
        // The ordinary case, without a copy.
        if self.unread().is_empty()
            && let Some((header, _)) = bytes.split_first_chunk()
        {
            let header = RecordHeader::parse(header);
            if header.is_plausible()
                && let Some((record, rest)) = bytes.split_at_checked(whole(&header))
            {
                *bytes = rest;
                let range = self.range(&header);
                self.at = range.end;
                let body = record.get(HEADER_LEN..).unwrap_or_default();
                return Some(Framed::Record { header, range, body });
            }
        }
        self.fill(HEADER_LEN, bytes);
        let Some(header) = self.header() else {
            return gap.and_then(|(range, cause)| self.cut(input, range, cause));
        };
        if !header.is_plausible() {
            let from = self.at;
            self.note_foreign();
            self.place = Place::Searching;
            return Some(Framed::Lost { from, cause: GapCause::Undecrypted });
        }
        let range = self.range(&header);
        let whole = whole(&header);
        if gap.is_none() && self.unread().len() + bytes.len() < whole && !wants(&header) {
            self.consume(self.unread().len());
            self.place = Place::Within { header, range, broken: None };
            return self.step_over(input, header, range, None);
        }
        self.fill(whole, bytes);
        if self.unread().len() < whole {
            return gap.and_then(|(range, cause)| self.cut(input, range, cause));
        }
        let start = self.read;
        self.consume(whole);
        let body = self.buffer.get(start + HEADER_LEN..start + whole).unwrap_or_default();
        Some(Framed::Record { header, range, body })
    }

    /// At a boundary, or in the record that begins there, a hole comes.
    fn cut<'a>(
        &mut self,
        input: &mut Input<'_>,
        gap: Range64,
        cause: GapCause,
    ) -> Option<Framed<'a>> {
        if let Some(header) = self.header() {
            let range = self.range(&header);
            self.consume(self.unread().len());
            self.place = Place::Within { header, range, broken: Some(cause) };
            return self.step_over(input, header, range, Some(cause));
        }
        if gap.is_empty() {
            return None;
        }
        let from = self.at;
        self.consume(self.unread().len());
        self.at = gap.end;
        *input = Input::Bytes(&[]);
        self.place = Place::Searching;
        Some(Framed::Lost { from, cause })
    }

    /// In the body of a record that is not handed out.
    fn step_over<'a>(
        &mut self,
        input: &mut Input<'_>,
        header: RecordHeader,
        range: Range64,
        mut broken: Option<GapCause>,
    ) -> Option<Framed<'a>> {
        let left = range.end.saturating_sub(self.at);
        match input {
            Input::Bytes(bytes) => {
                let step = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                *bytes = bytes.get(step..).unwrap_or_default();
                self.at = self.at.saturating_add(to_u64(step));
            }
            Input::Gap(gap, cause) => {
                if !gap.is_empty() && left > 0 {
                    broken = broken.or(Some(*cause));
                }
                self.at = gap.end.min(range.end).max(self.at);
                gap.start = self.at.min(gap.end);
            }
        }
        if self.at < range.end {
            self.place = Place::Within { header, range, broken };
            return None;
        }
        self.place = Place::Boundary;
        Some(match broken {
            Some(cause) => Framed::Broken { header, range, cause },
            None => Framed::Passed { header, range },
        })
    }

    /// Looks for the next place at which a record may begin. Each byte is looked at about once.
    fn search<'a>(&'a mut self, input: &mut Input<'_>, search: Search) -> Option<Framed<'a>> {
        let gap = match input {
            Input::Bytes(bytes) => {
                self.continue_foreign(bytes);
                self.buffer.extend_from_slice(bytes);
                *bytes = &[];
                None
            }
            Input::Gap(gap, _) => Some(*gap),
        };
        loop {
            let unread = self.unread();
            let mut headers = unread.windows(HEADER_LEN);
            let Some(skip) = headers.position(|bytes| self.may_begin(bytes)) else {
                let skip = unread.len().saturating_sub(HEADER_LEN - 1);
                self.consume(skip);
                break;
            };
            self.consume(skip);
            let header = self.header()?;
            match self.prospect(&header, search) {
                Prospect::Candidate => break,
                Prospect::Later if gap.is_none() => return None,
                Prospect::Later | Prospect::None => self.consume(1),
            }
        }
        if let Some(header) = self.header().filter(|_| self.unread().len() >= HEADER_LEN)
            && self.unread().get(..HEADER_LEN).is_some_and(|bytes| self.may_begin(bytes))
        {
            let range = self.range(&header);
            let body = self.unread().get(HEADER_LEN..whole(&header)).unwrap_or_default();
            return Some(Framed::Candidate { header, range, body });
        }
        if let Some(gap) = gap {
            self.consume(self.unread().len());
            self.at = gap.end.max(self.at);
            *input = Input::Bytes(&[]);
        }
        None
    }

    /// Whether a header that is sought may begin with these five bytes.
    #[inline]
    fn may_begin(&self, bytes: &[u8]) -> bool {
        // Asked of every byte behind a lost boundary, and answered by two of them most often.
        let [ContentType::LOWEST..=ContentType::HIGHEST, RecordHeader::MAJOR, ..] = bytes else {
            return false;
        };
        let header = bytes.first_chunk().map(RecordHeader::parse);
        header.is_some_and(|header| {
            header.is_plausible() && self.version.is_none_or(|version| version == header.version)
        })
    }

    /// What the bytes behind a header say about it.
    fn prospect(&self, header: &RecordHeader, search: Search) -> Prospect {
        let Some(behind) = self.unread().get(whole(header)..) else { return Prospect::Later };
        match (behind.first_chunk::<HEADER_LEN>(), search) {
            (Some(next), _) if self.may_begin(next) => Prospect::Candidate,
            (Some(_), _) => Prospect::None,
            (None, Search::Proof) => Prospect::Candidate,
            (None, Search::Structure) => Prospect::Later,
        }
    }

    /// Remembers the first bytes that are no record.
    fn note_foreign(&mut self) {
        if self.foreign.is_none() {
            let bytes = self.unread().iter().take(MOST_FOREIGN).copied().collect();
            self.foreign = Some(Box::new((self.at, bytes)));
        }
    }

    /// Adds to them what has come behind.
    fn continue_foreign(&mut self, bytes: &[u8]) {
        let end = self.end();
        let Some((start, kept)) = self.foreign.as_deref_mut() else { return };
        if kept.len() < MOST_FOREIGN && Some(*start + to_u64(kept.len())) == end {
            let more = MOST_FOREIGN - kept.len();
            kept.extend(bytes.iter().take(more));
        }
    }

    /// Bytes that are not handed out.
    fn unread(&self) -> &[u8] {
        self.buffer.get(self.read..).unwrap_or_default()
    }

    /// The header with which they begin.
    fn header(&self) -> Option<RecordHeader> {
        self.unread().first_chunk().map(RecordHeader::parse)
    }

    /// The record that begins with `header` here.
    fn range(&self, header: &RecordHeader) -> Range64 {
        Range64 { start: self.at, end: self.at.saturating_add(to_u64(whole(header))) }
    }

    /// Takes as many of `bytes` as are needed to have `len` that are not handed out.
    fn fill(&mut self, len: usize, bytes: &mut &[u8]) {
        let lacks = len.saturating_sub(self.unread().len()).min(bytes.len());
        if let Some((taken, rest)) = bytes.split_at_checked(lacks) {
            self.buffer.extend_from_slice(taken);
            *bytes = rest;
        }
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.unread().len());
        self.read += count;
        self.at = self.at.saturating_add(to_u64(count));
    }

    /// Gives back the memory of records that were handed out, where nobody wants those behind them.
    pub(super) fn forget(&mut self) {
        const A_HEADER: usize = 64;
        if self.buffer.capacity() > A_HEADER && self.unread().is_empty() {
            self.buffer = Vec::new();
            self.read = 0;
        }
    }

    /// Gives up what is held of a record that is not there as a whole: the rest of it will be stepped
    /// over.
    pub(super) fn give_up(&mut self) {
        match (self.place, self.header()) {
            (Place::Boundary, Some(header)) if header.is_plausible() => {
                let range = self.range(&header);
                self.consume(self.unread().len());
                self.place = Place::Within { header, range, broken: Some(GapCause::OverLimit) };
            }
            // Where a boundary is sought, all but what may be the start of a header.
            (Place::Searching, Some(_)) => {
                self.consume(self.unread().len() - (HEADER_LEN - 1));
            }
            _ => {}
        }
        self.buffer.drain(..self.read);
        self.buffer.shrink_to_fit();
        self.read = 0;
    }

    /// Gives back the space of what was handed out.
    fn compact(&mut self) {
        if self.read == self.buffer.len() {
            match self.buffer.capacity() <= KEPT {
                true => self.buffer.clear(),
                false => self.buffer = Vec::new(),
            }
            self.read = 0;
        } else if self.read > SLACK && self.read > self.buffer.len() / 2 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
    }
}

/// What is to be thought of a place that looks like a header.
enum Prospect {
    Candidate,
    None,
    /// What stands behind has to be known first.
    Later,
}

/// Bytes of a record, header included.
fn whole(header: &RecordHeader) -> usize {
    HEADER_LEN + usize::from(header.len)
}

fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
