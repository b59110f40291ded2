//! What was pushed of one direction and has not been read yet.
//!
//! In: [`StreamEvent`]s in stream order. Out: the unread bytes up to the next hole, without regard
//! to how they were cut into events; and what is left over, as owned events.

use std::collections::VecDeque;

use crate::tcp::{GapCause, Range64, Released, StreamEvent};

/// The unread part of one direction.
#[derive(Debug, Default)]
pub(super) struct Inlet {
    pieces: VecDeque<Released>,
    /// Bytes of the first piece that were read.
    read: usize,
    /// Unread bytes in which no end of a head begins.
    scanned: usize,
    /// What is held, in bytes, with something added for each piece.
    size: usize,
    /// Offset behind everything that was pushed.
    end: u64,
}

/// Whether the end of a head or of a line is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// So many unread bytes, the end included.
    Within(usize),
    /// Not yet.
    Later,
    /// Not in so many bytes as are allowed.
    TooLong,
    /// A hole comes first.
    Cut,
}

/// What a piece costs besides its bytes.
const PER_PIECE: usize = 64;
/// Bytes already read that are kept at most in front of unread ones.
const SLACK: usize = 16 * 1024;

impl Inlet {
    /// Takes in an event.
    pub(super) fn push(&mut self, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Data { offset, bytes } => {
                self.size += bytes.len();
                match self.pieces.back_mut() {
                    Some(Released::Data { bytes: before, .. }) if self.end == offset => {
                        before.extend_from_slice(bytes);
                    }
                    _ => {
                        self.size += PER_PIECE;
                        self.pieces.push_back(Released::Data { offset, bytes: bytes.to_vec() });
                    }
                }
                self.end = offset.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            }
            StreamEvent::Gap { range, cause } => {
                self.size += PER_PIECE;
                self.pieces.push_back(Released::Gap { range, cause });
                self.end = range.end;
            }
        }
    }

    /// Notes that bytes before `end` were pushed and read without being held. Nothing is held.
    pub(super) fn pass(&mut self, end: u64) {
        self.end = end;
    }

    /// What it holds, in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether nothing can follow on the unread bytes: a hole stands behind them.
    pub(super) fn is_cut(&self) -> bool {
        self.pieces.len() > 1 || matches!(self.pieces.front(), Some(Released::Gap { .. }))
    }

    /// Offset of the next unread byte.
    pub(super) fn offset(&self) -> u64 {
        match self.pieces.front() {
            Some(Released::Data { offset, .. }) => {
                offset.saturating_add(u64::try_from(self.read).unwrap_or(u64::MAX))
            }
            Some(Released::Gap { range, .. }) => range.start,
            None => self.end,
        }
    }

    /// The unread bytes up to the next hole.
    pub(super) fn unread(&self) -> &[u8] {
        match self.pieces.front() {
            Some(Released::Data { bytes, .. }) => bytes.get(self.read..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Marks so many of the unread bytes as read.
    pub(super) fn consume(&mut self, count: usize) {
        let Some(Released::Data { offset, bytes }) = self.pieces.front_mut() else { return };
        let count = count.min(bytes.len() - self.read);
        self.read += count;
        self.size -= count;
        self.scanned = 0;
        if self.read == bytes.len() {
            self.read = 0;
            self.size -= PER_PIECE;
            self.pieces.pop_front();
        } else if self.read > SLACK && self.read > bytes.len() / 2 {
            bytes.drain(..self.read);
            *offset = offset.saturating_add(u64::try_from(self.read).unwrap_or(u64::MAX));
            self.read = 0;
        }
    }

    /// The hole that comes next, and why it is there.
    pub(super) fn gap(&self) -> Option<(Range64, GapCause)> {
        match self.pieces.front() {
            Some(Released::Gap { range, cause }) => Some((*range, *cause)),
            _ => None,
        }
    }

    /// Steps over the hole that comes next.
    pub(super) fn consume_gap(&mut self) {
        if self.gap().is_some() {
            self.pieces.pop_front();
            self.size -= PER_PIECE;
        }
    }

    /// Steps over empty lines.
    pub(super) fn skip_line_ends(&mut self) {
        let ends = self.unread().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if ends > 0 {
            self.consume(ends);
        }
    }

    /// Where a head of at most `limit` bytes ends: behind its empty line, whose line end, like any
    /// other, may lack the CR (RFC 9112 §2.2). However the head is cut, each byte is looked at
    /// about once.
    pub(super) fn head(&mut self, limit: usize) -> Found {
        let unread = self.unread();
        let from = self.scanned;
        let mut ends = unread.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n');
        let end = ends.find_map(|(at, _)| match unread.get(at + 1..) {
            Some([b'\n', ..]) => Some(at + 2),
            Some([b'\r', b'\n', ..]) => Some(at + 3),
            _ => None,
        });
        let len = unread.len();
        match end {
            Some(end) if end <= limit => Found::Within(end),
            Some(_) => Found::TooLong,
            None if len >= limit => Found::TooLong,
            None if self.is_cut() => Found::Cut,
            None => {
                self.scanned = len.saturating_sub(2); // the last two bytes may begin the end
                Found::Later
            }
        }
    }

    /// Where a line of at most `limit` bytes ends.
    pub(super) fn line(&self, limit: usize) -> Found {
        let unread = self.unread();
        match unread.iter().take(limit).position(|byte| *byte == b'\n') {
            Some(at) => Found::Within(at + 1),
            None if unread.len() >= limit => Found::TooLong,
            None if self.is_cut() => Found::Cut,
            None => Found::Later,
        }
    }

    /// Everything unread, as events.
    pub(super) fn drain(&mut self) -> Vec<Released> {
        if self.read > 0
            && let Some(Released::Data { offset, bytes }) = self.pieces.front_mut()
        {
            bytes.drain(..self.read);
            *offset = offset.saturating_add(u64::try_from(self.read).unwrap_or(u64::MAX));
        }
        let held = self.pieces.drain(..).collect();
        (self.read, self.scanned, self.size) = (0, 0, 0);
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(offset: u64, bytes: &[u8]) -> StreamEvent<'_> {
        StreamEvent::Data { offset, bytes }
    }

    #[test]
    fn the_end_of_a_head_is_found_however_it_is_cut() {
        for head in [&b"a: b\r\n\r\n"[..], b"a: b\n\n", b"a\n\r\n", b"a\r\n\n"] {
            let mut inlet = Inlet::default();
            for (at, byte) in head.iter().enumerate() {
                assert_eq!(inlet.head(100), Found::Later, "{head:?} {at}");
                inlet.push(data(at as u64, &[*byte]));
            }
            inlet.push(data(head.len() as u64, b"behind"));
            assert_eq!(inlet.head(100), Found::Within(head.len()), "{head:?}");
        }
    }

    #[test]
    fn a_hole_cuts_and_a_limit_ends_a_head() {
        let mut inlet = Inlet::default();
        inlet.push(data(0, b"GET / HTTP/1.1\r\n"));
        assert_eq!(inlet.head(16), Found::TooLong);
        inlet.push(StreamEvent::Gap { range: (16..20).into(), cause: GapCause::NeverSeen });
        inlet.push(data(20, b"\r\n\r\n"));
        assert_eq!(inlet.head(100), Found::Cut);
    }

    #[test]
    fn what_is_left_keeps_its_offset() {
        let mut inlet = Inlet::default();
        inlet.push(data(10, b"abc"));
        inlet.push(data(13, b"def"));
        inlet.consume(4);
        assert_eq!((inlet.offset(), inlet.unread()), (14, &b"ef"[..]));
        assert_eq!(inlet.drain(), [Released::Data { offset: 14, bytes: b"ef".to_vec() }]);
        assert_eq!((inlet.size(), inlet.offset()), (0, 16));
    }
}
