//! Bytes that lie behind other bytes: what a file holds, and what is packed in it.
//!
//! In: any `Read`. Out: [`Bytes`], a look-ahead over a stack of [`Layer`]s (file, decompressor,
//! member of an archive), each of which knows how far the file at the bottom has been used. One
//! layer holds one block and never the content.

use std::fmt;
use std::io::{self, ErrorKind, Read};

use super::error::{CaptureError, displayable};
use super::source::Hashing;
use super::stop::{Stop, is_interrupted};

/// The most bytes that are read ahead of a layer.
const BLOCK: usize = 64 << 10;

/// A source of bytes in a stack of such.
pub(super) trait Layer: Read {
    /// The offset in the *file* of the byte that lies `behind` bytes before the next one that this
    /// layer would deliver. Exact above the file itself; above a decompressor the place that it
    /// has reached.
    fn place(&self, behind: u64) -> u64;

    /// Whether only its end tells that what it delivered before was right.
    fn is_checked_at_end(&self) -> bool;

    /// What lies behind the content and is none of it.
    fn trailing(&self) -> Option<Trailing>;

    /// Reads the file to its end, and gives its SHA-256 in lower-case hexadecimal where it was
    /// asked for and this is all of the file.
    fn finish(self: Box<Self>) -> Option<String>;
}

/// Bytes behind the end of compressed data that are neither more of them nor padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailing {
    /// The compression whose data had ended.
    pub what: &'static str,
    /// The offset in the file of the first of them.
    pub offset: u64,
}

/// What is wrong with something packed; travels inside an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// `gzip`, `tar`, …
    pub(super) what: &'static str,
    /// How far into the file.
    pub(super) offset: u64,
    pub(super) how: How,
}

/// In which way something packed is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It ends too early. What came before is sound.
    Cut,
    /// It contradicts itself or its checksum. What came before may be wrong as well.
    Damaged(String),
    /// It cannot be told where the next part of it begins. What came before is sound.
    Astray(String),
    /// It is sound, as far as known, but will not be unpacked.
    Refused(String),
    /// It is nested deeper than this many layers, and is not looked into.
    TooDeep(usize),
}

impl Broken {
    pub(super) fn into_error(self) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, self)
    }

    /// The one inside `error`, if it is of that kind.
    pub(super) fn of(error: &io::Error) -> Option<&Broken> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { what, offset, how } = self;
        match how {
            How::Cut => {
                write!(f, "the {what} data end too early, at byte {offset} of the file")?;
            }
            How::Damaged(reason) | How::Astray(reason) => {
                write!(f, "the {what} data are damaged at byte {offset} of the file: {reason}")?;
            }
            How::Refused(reason) => {
                let before = "data are not unpacked";
                return write!(f, "the {what} {before} at byte {offset} of the file: {reason}");
            }
            How::TooDeep(layers) => {
                return write!(f, "nested deeper than {layers} layers; unpack the outermost first");
            }
        }
        f.write_str("; fetch the file again")
    }
}

impl std::error::Error for Broken {}

/// The file at the bottom.
struct Bottom<R> {
    source: MaybeHashed<R>,
    read: u64,
}

enum MaybeHashed<R> {
    Plain(R),
    Hashed(Hashing<R>),
}

impl<R: Read> Read for Bottom<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.source {
            MaybeHashed::Plain(source) => source.read(room),
            MaybeHashed::Hashed(source) => source.read(room),
        };
        read.inspect(|len| self.read += wide(*len))
    }
}

impl<R: Read> Layer for Bottom<R> {
    fn place(&self, behind: u64) -> u64 {
        self.read.saturating_sub(behind)
    }

    fn is_checked_at_end(&self) -> bool {
        false
    }

    fn trailing(&self) -> Option<Trailing> {
        None
    }

    fn finish(self: Box<Self>) -> Option<String> {
        match self.source {
            MaybeHashed::Plain(_) => None,
            MaybeHashed::Hashed(source) => source.finish().ok(),
        }
    }
}

/// What is left of a source, with a look ahead.
pub struct Bytes<'a> {
    layer: Box<dyn Layer + 'a>,
    block: Vec<u8>,
    /// What has been read and not used: `start..end` of the block.
    start: usize,
    end: usize,
    stop: Stop,
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").field("place", &self.place(0)).finish_non_exhaustive()
    }
}

impl<'a> Bytes<'a> {
    /// All of `source`, which is a file or a pipe; with its digest, if that is `hashed`.
    pub fn of(source: impl Read + 'a, hashed: bool) -> Bytes<'a> {
        let source = match hashed {
            true => MaybeHashed::Hashed(Hashing::new(source)),
            false => MaybeHashed::Plain(source),
        };
        Bytes::over(Box::new(Bottom { source, read: 0 }))
    }

    /// Whether it turns out only at the end whether the bytes before were right.
    pub(crate) fn is_checked_at_end(&self) -> bool {
        self.layer.is_checked_at_end()
    }

    pub(super) fn over(layer: Box<dyn Layer + 'a>) -> Bytes<'a> {
        Bytes { layer, block: Vec::new(), start: 0, end: 0, stop: Stop::default() }
    }

    /// Says which stop its source ends at, for what is opened once more.
    #[must_use]
    pub fn until(self, stop: &Stop) -> Bytes<'a> {
        Bytes { stop: stop.clone(), ..self }
    }

    /// The stop that its source ends at.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// What lies behind the content and is none of it: known when all of it has been read.
    pub fn trailing(&self) -> Option<Trailing> {
        self.layer.trailing()
    }

    /// Reads on to the end where only that tells whether what came before was right: a checksum
    /// stands there.
    ///
    /// # Errors
    /// When it was not, or when the end cannot be reached.
    pub fn check(&mut self, name: &str) -> Result<(), CaptureError> {
        if !self.layer.is_checked_at_end() {
            return Ok(());
        }
        match self.skip(u64::MAX) {
            Ok(_) => Ok(()),
            // Nothing is known to be wrong, as with one that ends too early.
            Err(error) if is_interrupted(&error) => Ok(()),
            Err(error) => Err(CaptureError::of_read(&displayable(name), self.place(0), error)),
        }
    }

    /// Reads the file to its end and gives its SHA-256 in lower-case hexadecimal, if that was asked
    /// for and could be had. A member of an archive has none: the archive has.
    pub fn finish(self) -> Option<String> {
        self.layer.finish()
    }

    /// The offset in the file of the byte `behind` bytes before the next one.
    pub(super) fn place(&self, behind: u64) -> u64 {
        self.layer.place(behind.saturating_add(wide(self.end - self.start)))
    }

    /// The next `wanted` bytes (at most 64 KiB) without using them; fewer only at the end.
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        let wanted = wanted.min(BLOCK);
        while self.end - self.start < wanted {
            if self.block.len() - self.start < wanted {
                self.block.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
                self.block.resize(BLOCK, 0);
            }
            if self.read_once()? == 0 {
                break;
            }
        }
        Ok(self.ahead())
    }

    /// Some bytes without using them; none only at the end.
    pub(super) fn some(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.block.resize(BLOCK, 0);
            self.read_once()?;
        }
        Ok(self.ahead())
    }

    /// Uses up `len` bytes that have been looked at.
    pub(super) fn use_up(&mut self, len: usize) {
        self.start = self.start.saturating_add(len).min(self.end);
    }

    /// Passes over `len` bytes; how many there were.
    pub(super) fn skip(&mut self, len: u64) -> io::Result<u64> {
        let mut left = len;
        while left > 0 {
            let there = self.some()?.len();
            let step = there.min(usize::try_from(left).unwrap_or(usize::MAX));
            if step == 0 {
                break;
            }
            self.use_up(step);
            left -= wide(step);
        }
        Ok(len - left)
    }

    fn ahead(&self) -> &[u8] {
        self.block.get(self.start..self.end).unwrap_or_default()
    }

    fn read_once(&mut self) -> io::Result<usize> {
        let room = self.block.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.layer.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    let read = read.min(room.len());
                    self.end += read;
                    return Ok(read);
                }
            }
        }
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            return self.layer.read(room); // without a copy
        }
        let ahead = self.ahead();
        let len = ahead.len().min(room.len());
        if let (Some(into), Some(from)) = (room.get_mut(..len), ahead.get(..len)) {
            into.copy_from_slice(from);
        }
        self.use_up(len);
        Ok(len)
    }
}

pub(super) fn wide(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ahead_uses_nothing_up() {
        let mut bytes = Bytes::of(&b"abcdefgh"[..], false);
        assert_eq!(bytes.peek(3).expect("a slice never fails").get(..3), Some(&b"abc"[..]));
        assert_eq!(bytes.place(0), 0);
        bytes.use_up(2);
        assert_eq!(bytes.place(0), 2);
        assert_eq!(bytes.skip(3).expect("a slice never fails"), 3);
        let mut rest = Vec::new();
        bytes.read_to_end(&mut rest).expect("a slice never fails");
        assert_eq!((rest.as_slice(), bytes.place(0)), (&b"fgh"[..], 8));
        assert_eq!(bytes.skip(9).expect("a slice never fails"), 0);
    }

    #[test]
    fn the_digest_is_that_of_the_whole_file_however_far_it_was_read() {
        let mut bytes = Bytes::of(&b"abc"[..], true);
        bytes.peek(1).expect("a slice never fails");
        let digest = bytes.finish().expect("it was asked for");
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
