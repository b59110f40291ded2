//! Compressed data: recognised by content, unpacked as they stream.
//!
//! In: [`Bytes`] that begin with one of [`COMPRESSIONS`]. Out: a [`Layer`] over them that delivers
//! what they hold. A decoder is sans-IO and knows one member (gzip), frame (zstd, lz4) or stream
//! (xz, bzip2); that several may follow each other, what lies between and behind them, and where
//! they break is here, once for all. Nothing is unpacked to disk; what a decoder may hold is
//! bounded by [`MOST_MEMORY`].

mod bzip2;
mod gzip;
mod lz4;
mod xz;
mod zstd;

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use super::layer::{Broken, Bytes, How, Layer, Trailing};

pub(super) use self::gzip::inflate_step;

/// The most memory that a decoder may take for its dictionary: 128 MiB, as much as `zstd` itself
/// grants without `--long=31` or `--memory`, and twice what `xz -9` needs.
pub(super) const MOST_MEMORY: u64 = 1 << MOST_MEMORY_LOG;
const MOST_MEMORY_LOG: u32 = 27;

/// A way to compress.
pub(super) struct Compression {
    pub(super) name: &'static str,
    /// Whether a member begins so.
    begins: fn(&[u8]) -> bool,
    /// Whether frames that hold nothing (zstd calls them skippable) may stand between members.
    skippable: bool,
    decoder: fn() -> Result<Box<dyn Decode>, String>,
}

/// Every compression that is read.
#[rustfmt::skip]
pub(super) static COMPRESSIONS: &[Compression] = &[
    Compression { name: "gzip", begins: gzip::begins, skippable: false, decoder: gzip::decoder },
    Compression { name: "zstd", begins: zstd::begins, skippable: true, decoder: zstd::decoder },
    Compression { name: "lz4", begins: lz4::begins, skippable: true, decoder: lz4::decoder },
    Compression { name: "xz", begins: xz::begins, skippable: false, decoder: xz::decoder },
    Compression { name: "bzip2", begins: bzip2::begins, skippable: false, decoder: bzip2::decoder },
];

/// Bytes that tell a compression.
pub(super) const LOOKED_AT: usize = 10;

/// The compression of what begins with `start`.
pub(super) fn by_content(start: &[u8]) -> Option<&'static Compression> {
    let begins = |row: &&Compression| (row.begins)(start);
    // A skippable frame in front is what parallel compressors write, and those are of zstd.
    let skippable = |row: &&Compression| row.name == "zstd" && is_skippable(start);
    COMPRESSIONS.iter().find(begins).or_else(|| COMPRESSIONS.iter().find(skippable))
}

/// Unpacks one member.
trait Decode {
    /// Takes some of `input` and puts what it makes of it into `output`. No `input` means that
    /// there is none any more.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step;
}

/// What became of one call.
struct Step {
    used: usize,
    made: usize,
    state: State,
}

enum State {
    Going,
    /// The member has ended, and its checksum holds, if it has one.
    Ended,
    Damaged(String),
    Refused(String),
}

/// The unpacked content of all members, one after the other.
pub(super) struct Members<'a> {
    input: Bytes<'a>,
    compression: &'static Compression,
    at: At,
    trailing: Option<Trailing>,
}

enum At {
    /// The next member, or the end.
    Boundary,
    Inside(Box<dyn Decode>),
    End,
    Broken(Broken),
}

impl<'a> Members<'a> {
    pub(super) fn new(input: Bytes<'a>, compression: &'static Compression) -> Members<'a> {
        Members { input, compression, at: At::Boundary, trailing: None }
    }

    /// Finds out what comes at the boundary of two members.
    fn next_member(&mut self) -> io::Result<At> {
        let start = self.input.peek(LOOKED_AT)?;
        if start.is_empty() {
            return Ok(At::End);
        }
        if (self.compression.begins)(start) {
            return Ok(match (self.compression.decoder)() {
                Ok(decoder) => At::Inside(decoder),
                Err(reason) => self.broken(How::Refused(reason)),
            });
        }
        if self.compression.skippable && is_skippable(start) {
            let len = match start {
                [_, _, _, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
                _ => return Ok(self.broken(How::Cut)),
            };
            let len = u64::from(len) + 8;
            return Ok(match self.input.skip(len)? == len {
                true => At::Boundary,
                false => self.broken(How::Cut),
            });
        }
        self.pad()
    }

    /// Passes over padding with zeros, as tapes and block devices have it; notes anything else.
    fn pad(&mut self) -> io::Result<At> {
        loop {
            let some = self.input.some()?;
            let (len, zeros) = (some.len(), some.iter().take_while(|byte| **byte == 0).count());
            self.input.use_up(zeros);
            if len == 0 {
                return Ok(At::End);
            }
            if zeros < len {
                let offset = self.input.place(0);
                self.trailing = Some(Trailing { what: self.compression.name, offset });
                return Ok(At::End);
            }
        }
    }

    fn broken(&self, how: How) -> At {
        let offset = self.input.place(0);
        At::Broken(Broken { what: self.compression.name, offset, how })
    }
}

impl Read for Members<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.at {
                At::End => return Ok(0),
                At::Broken(broken) => return Err(broken.clone().into_error()),
                At::Boundary => self.at = self.next_member()?,
                At::Inside(decoder) => {
                    let input = self.input.some()?;
                    let ended = input.is_empty();
                    let Step { used, made, state } = decoder.decode(input, room);
                    self.input.use_up(used);
                    match state {
                        State::Going if used == 0 && made == 0 => {
                            let reason = "the decoder cannot go on".to_owned();
                            let how = if ended { How::Cut } else { How::Damaged(reason) };
                            self.at = self.broken(how);
                        }
                        State::Going => {}
                        State::Ended => self.at = At::Boundary,
                        State::Damaged(reason) => self.at = self.broken(How::Damaged(reason)),
                        State::Refused(reason) => self.at = self.broken(How::Refused(reason)),
                    }
                    if made > 0 {
                        return Ok(made);
                    }
                }
            }
        }
    }
}

impl Layer for Members<'_> {
    fn place(&self, _: u64) -> u64 {
        self.input.place(0)
    }

    fn is_checked_at_end(&self) -> bool {
        true
    }

    fn trailing(&self) -> Option<Trailing> {
        self.trailing.clone().or_else(|| self.input.trailing())
    }

    fn finish(self: Box<Self>) -> Option<String> {
        self.input.finish()
    }
}

/// 0x184D2A50 to 0x184D2A5F, little-endian (RFC 8878 §3.1.2; the lz4 frame format has the same).
fn is_skippable(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// How much a counter has advanced.
fn advance(before: u64, after: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}
