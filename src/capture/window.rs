//! The read block: a window that slides over a source.
//!
//! In: a source that delivers bytes as it likes, one at a time if need be. Out: the bytes from
//! the current record on, in one slice. It never allocates because of a length it was told: the
//! block doubles only when it is full of bytes that have arrived.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use zeroize::Zeroize;

/// The size of the block, until one record needs more.
const BLOCK: usize = 1 << 20;

/// The most that one record may occupy. Callers ask for no more.
pub(super) const LARGEST_RECORD: usize = (16 << 20) + 4096;

pub(super) struct Window<R> {
    source: R,
    block: Vec<u8>,
    /// What has been read and not taken: `start..end` of the block.
    start: usize,
    end: usize,
    /// The offset in the source of the byte at `start`.
    offset: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Window<R> {
        Window { source, block: vec![0; BLOCK], start: 0, end: 0, offset: 0, ended: false }
    }

    /// The offset in the source of the first byte not taken.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The offset in the source of the first byte not read.
    pub(super) fn read_to(&self) -> u64 {
        self.offset.saturating_add(u64::try_from(self.available()).unwrap_or(u64::MAX))
    }

    /// How many bytes are read and not taken.
    #[inline]
    pub(super) fn available(&self) -> usize {
        self.end - self.start
    }

    /// The bytes that are read and not taken.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.block.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads until `wanted` bytes are there or the source ends; how many are there then.
    pub(super) fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        let wanted = wanted.min(LARGEST_RECORD);
        while self.available() < wanted && !self.ended {
            self.make_room(wanted);
            self.read_once()?;
        }
        Ok(self.available())
    }

    /// Moves on by `len` bytes, which are there, and says where in the block they are.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Range<usize> {
        let len = len.min(self.available());
        let taken = self.start..self.start + len;
        self.start += len;
        self.offset += u64::try_from(len).unwrap_or(u64::MAX);
        taken
    }

    /// Bytes taken since the last [`fill`](Window::fill).
    #[inline]
    pub(super) fn taken(&self, range: Range<usize>) -> &[u8] {
        self.block.get(range).unwrap_or_default()
    }

    /// Overwrites bytes taken since the last [`fill`](Window::fill): they were secret.
    pub(super) fn wipe(&mut self, range: Range<usize>) {
        if let Some(bytes) = self.block.get_mut(range) {
            bytes.zeroize();
        }
    }

    /// Moves on by `len` bytes without keeping them; how many there were.
    pub(super) fn skip(&mut self, len: u64) -> io::Result<u64> {
        let mut skipped = 0;
        while skipped < len && self.fill(1)? > 0 {
            let left = usize::try_from(len - skipped).unwrap_or(usize::MAX);
            let range = self.take(left);
            skipped += u64::try_from(range.len()).unwrap_or(u64::MAX);
        }
        Ok(skipped)
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }

    /// Leaves room behind `end` for at least a part of the `wanted` bytes.
    fn make_room(&mut self, wanted: usize) {
        if self.block.len() - self.start >= wanted {
            return;
        }
        self.block.copy_within(self.start..self.end, 0); // less than one record
        self.end -= self.start;
        self.start = 0;
        if self.end == self.block.len() {
            self.block.resize((self.end * 2).min(LARGEST_RECORD), 0);
        }
    }

    fn read_once(&mut self) -> io::Result<()> {
        let room = self.block.get_mut(self.end..).unwrap_or_default();
        match self.source.read(room) {
            Ok(0) => self.ended = true,
            Ok(read) => self.end += read.min(room.len()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers one byte at a time, every second attempt being interrupted.
    struct Drip(Vec<u8>, bool);

    impl Read for Drip {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let (Some(room), false) = (room.first_mut(), self.0.is_empty()) else { return Ok(0) };
            *room = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn a_source_that_drips_and_is_interrupted_is_read_to_its_end() {
        let mut window = Window::new(Drip(b"abcdef".to_vec(), false));
        assert_eq!(window.fill(4).ok(), Some(4));
        let taken = window.take(3);
        assert_eq!(window.taken(taken), b"abc");
        assert_eq!(window.fill(9).ok(), Some(3));
        assert_eq!((window.bytes(), window.offset(), window.read_to()), (&b"def"[..], 3, 6));
    }

    #[test]
    fn the_block_grows_with_what_arrives_not_with_what_is_announced() {
        let mut window = Window::new(&[7_u8; 100][..]);
        assert_eq!(window.fill(LARGEST_RECORD).ok(), Some(100));
        assert_eq!(window.block.len(), BLOCK);
    }

    #[test]
    fn a_record_larger_than_the_block_is_held_whole() {
        let mut window = Window::new(io::repeat(7).take(5 << 20));
        window.fill(10).expect("a slice never fails");
        window.take(10);
        assert!(window.fill(3 << 20).is_ok_and(|there| there >= 3 << 20));
        let taken = window.take(3 << 20);
        assert_eq!(window.taken(taken).len(), 3 << 20);
        assert!(window.block.len() <= 4 << 20);
    }

    #[test]
    fn skipping_stops_at_the_end_of_the_source() {
        let mut window = Window::new(io::repeat(7).take(5 << 20));
        assert_eq!(window.skip(4 << 20).ok(), Some(4 << 20));
        assert_eq!(window.skip(u64::MAX).ok(), Some(1 << 20));
        assert_eq!(window.offset(), 5 << 20);
    }
}
