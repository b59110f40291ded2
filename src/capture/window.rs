//! The read block: a window that slides over a source.
//!
//! In: a source that delivers bytes as it likes, one at a time if need be. Out: the bytes from
//! the current record on, in one slice. It never allocates because of a length it was told: the
//! block doubles only when it is full of bytes that have arrived. Others may keep a [`Block`] of
//! which they need more than one packet; then reading goes on in another.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroize;

/// The size of a block, until one record needs more.
const BLOCK: usize = 256 << 10;

/// The size of the first block: most captures are small.
const FIRST: usize = 1 << 16;

/// The most that one record may occupy. Callers ask for no more.
pub(super) const LARGEST_RECORD: usize = (16 << 20) + 4096;

/// Bytes of a capture, several packets of it. Whoever holds one sees what was in it when it was
/// handed out.
#[derive(Clone)]
pub(crate) struct Block(Arc<Held>);

struct Held {
    bytes: Vec<u8>,
    /// Whether there was a secret in it that could not be overwritten at once.
    is_secret: AtomicBool,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.forget();
    }
}

pub(super) struct Window<R> {
    source: R,
    block: Block,
    /// Blocks that somebody held when reading went on in another, and may have let go since.
    lent: Vec<Block>,
    /// What has been read and not taken: `start..end` of the block.
    start: usize,
    end: usize,
    /// The offset in the source of the byte at `start`.
    offset: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Window<R> {
        let (block, lent) = (Block::of(FIRST), Vec::new());
        Window { source, block, lent, start: 0, end: 0, offset: 0, ended: false }
    }

    /// The block in which the bytes taken last are.
    pub(super) fn block(&self) -> &Block {
        &self.block
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
        self.block.bytes().get(self.start..self.end).unwrap_or_default()
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
        self.block.bytes().get(range).unwrap_or_default()
    }

    /// Overwrites bytes taken since the last [`fill`](Window::fill): they were secret.
    /// Where somebody holds them, that is done when nobody does any more.
    pub(super) fn wipe(&mut self, range: Range<usize>) {
        match Arc::get_mut(&mut self.block.0).and_then(|held| held.bytes.get_mut(range)) {
            Some(bytes) => bytes.zeroize(),
            None => {
                self.block.0.is_secret.store(true, Ordering::Relaxed);
                self.move_on();
            }
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

    /// Leaves room behind `end` for at least a part of the `wanted` bytes, in a block that nobody
    /// else holds.
    fn make_room(&mut self, wanted: usize) {
        let (start, end) = (self.start, self.end);
        let Some(held) = Arc::get_mut(&mut self.block.0) else { return self.move_on() };
        let block = &mut held.bytes;
        if block.len() - start >= wanted {
            return;
        }
        let was_full = end == block.len();
        block.copy_within(start..end, 0); // less than one record
        (self.start, self.end) = (0, end - start);
        if was_full && block.len() < BLOCK || self.end == block.len() {
            block.resize((block.len() * 2).min(LARGEST_RECORD), 0);
        }
    }

    /// Goes on in a block that nobody holds, taking along what has not been taken.
    #[cold]
    fn move_on(&mut self) {
        let waiting = self.available();
        let free = self.lent.iter_mut().position(|block| Arc::get_mut(&mut block.0).is_some());
        let mut fresh = match free {
            Some(place) => self.lent.swap_remove(place),
            None => Block::of((self.block.bytes().len() * 2).min(BLOCK)),
        };
        if let Some(held) = Arc::get_mut(&mut fresh.0) {
            held.forget();
            let block = &mut held.bytes;
            if block.len() <= waiting {
                block.resize((waiting * 2).min(LARGEST_RECORD), 0);
            }
            if let Some(room) = block.get_mut(..waiting) {
                room.copy_from_slice(self.bytes());
            }
        }
        (self.start, self.end) = (0, waiting);
        self.lent.push(std::mem::replace(&mut self.block, fresh));
    }

    fn read_once(&mut self) -> io::Result<()> {
        let end = self.end;
        let held = Arc::get_mut(&mut self.block.0);
        let room = held.and_then(|held| held.bytes.get_mut(end..)).unwrap_or_default();
        match self.source.read(room) {
            Ok(0) => self.ended = true,
            Ok(read) => self.end += read.min(room.len()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Block {
    fn of(len: usize) -> Block {
        Block(Arc::new(Held { bytes: vec![0; len], is_secret: AtomicBool::new(false) }))
    }

    /// Whether this is the same block as `other`, and not one with the same bytes.
    pub(crate) fn is(&self, other: &Block) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Where in the block `bytes` are; `None` when they are somewhere else.
    pub(crate) fn position(&self, bytes: &[u8]) -> Option<Range<usize>> {
        let start = bytes.as_ptr().addr().checked_sub(self.bytes().as_ptr().addr())?;
        let end = start.checked_add(bytes.len())?;
        (end <= self.bytes().len()).then_some(start..end)
    }
}

impl Held {
    /// Overwrites everything, if there was a secret in it.
    fn forget(&mut self) {
        if std::mem::take(self.is_secret.get_mut()) {
            self.bytes.zeroize();
            self.bytes.resize(self.bytes.capacity(), 0); // to be read into again
        }
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
        assert!(window.block.bytes().len() <= 2 * FIRST);
    }

    #[test]
    fn who_holds_a_block_sees_what_was_in_it_however_far_reading_goes_on() {
        let bytes: Vec<u8> = (0..5 << 20).map(|n: u32| n.to_le_bytes()[1]).collect();
        let mut window = Window::new(bytes.as_slice());
        let mut held = Vec::new();
        let mut offset = 0;
        while window.fill(100_000).expect("a slice never fails") > 0 {
            let taken = window.take(100_000);
            let bytes = window.taken(taken.clone());
            assert_eq!(window.block().position(bytes), Some(taken.clone()));
            held.push((window.block().clone(), taken.clone(), offset));
            offset += taken.len();
        }
        assert_eq!(offset, bytes.len());
        for (block, taken, offset) in held {
            let len = taken.len();
            assert!(block.bytes().get(taken) == bytes.get(offset..offset + len));
        }
    }

    #[test]
    fn a_block_that_nobody_holds_any_more_is_read_into_again() {
        let mut window = Window::new(io::repeat(7).take(64 << 20));
        while window.fill(1 << 16).expect("a slice never fails") > 0 {
            let _held = window.block().clone();
            window.take(1 << 16);
            window.fill(1 << 16).expect("a slice never fails");
        }
        assert!(window.lent.len() <= 1, "{}", window.lent.len());
    }

    #[test]
    fn a_secret_in_a_block_that_is_held_is_overwritten_as_soon_as_nobody_does() {
        let mut window = Window::new(&b"secret, and then the rest"[..]);
        window.fill(6).expect("a slice never fails");
        let held = window.block().clone();
        let taken = window.take(6);
        window.wipe(taken);
        assert_eq!(window.bytes(), b", and then the rest");
        assert!(held.bytes().starts_with(b"secret"));
        drop(held);
        window.move_on();
        assert!(!window.block().bytes().starts_with(b"secret"));
    }

    #[test]
    fn a_record_larger_than_the_block_is_held_whole() {
        let mut window = Window::new(io::repeat(7).take(5 << 20));
        window.fill(10).expect("a slice never fails");
        window.take(10);
        assert!(window.fill(3 << 20).is_ok_and(|there| there >= 3 << 20));
        let taken = window.take(3 << 20);
        assert_eq!(window.taken(taken).len(), 3 << 20);
        assert!(window.block.bytes().len() <= 4 << 20);
    }

    #[test]
    fn skipping_stops_at_the_end_of_the_source() {
        let mut window = Window::new(io::repeat(7).take(5 << 20));
        assert_eq!(window.skip(4 << 20).ok(), Some(4 << 20));
        assert_eq!(window.skip(u64::MAX).ok(), Some(1 << 20));
        assert_eq!(window.offset(), 5 << 20);
    }
}
