//! lz4: its frame format, version 1.6, and the legacy frames of old tools and of kernels.
//!
//! The blocks are lz4_flex's. The frame is read here, because that crate takes a file that is cut
//! between two blocks for a whole one.

use std::hash::Hasher;

use lz4_flex::block::decompress_into_with_dict;
use twox_hash::XxHash32;

use super::{Decode, State, Step};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const LEGACY_MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// The most that a block of a legacy frame holds.
const LEGACY_BLOCK: usize = 8 << 20;

/// How far back a block may point into those before it.
const HISTORY: usize = 64 << 10;

pub(super) fn begins(start: &[u8]) -> bool {
    start.starts_with(&MAGIC) || start.starts_with(&LEGACY_MAGIC)
}

pub(super) fn decoder() -> Result<Box<dyn Decode>, String> {
    Ok(Box::new(Lz4::default()))
}

/// A frame: a header, blocks each with its length before it, an end mark, perhaps a checksum.
#[derive(Default)]
struct Lz4 {
    state: Waiting,
    frame: Frame,
    /// Bytes of what is waited for that have arrived.
    part: Vec<u8>,
    /// A block unpacked, how much of it was handed out, and the one before for later blocks.
    block: Vec<u8>,
    handed_out: usize,
    history: Vec<u8>,
    total: u64,
    checksum: Option<XxHash32>,
}

/// What is to come next.
#[derive(Clone, Copy, Default)]
enum Waiting {
    #[default]
    Magic,
    Flags,
    /// The rest of the header.
    Header(usize),
    BlockLength,
    Block {
        len: usize,
        packed: bool,
    },
    Checksum,
    End,
}

/// What the header says.
#[derive(Default)]
struct Frame {
    legacy: bool,
    linked: bool,
    block_checksums: bool,
    content_checksum: bool,
    content_len: Option<u64>,
    largest_block: usize,
}

impl Decode for Lz4 {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut used = 0;
        loop {
            let made = self.hand_out(output);
            if made > 0 {
                return Step { used, made, state: State::Going };
            }
            let wanted = match self.wanted() {
                Some(wanted) => wanted,
                None => return Step { used, made: 0, state: State::Ended },
            };
            let left = input.get(used..).unwrap_or_default();
            let missing = wanted.saturating_sub(self.part.len());
            let some = left.get(..missing.min(left.len())).unwrap_or_default();
            self.part.extend_from_slice(some);
            used += some.len();
            if self.part.len() < wanted {
                let between = self.frame.legacy && matches!(self.state, Waiting::BlockLength);
                // A legacy frame has no end mark: it ends with the file.
                let ended = between && input.is_empty() && self.part.is_empty();
                let state = if ended { State::Ended } else { State::Going };
                return Step { used, made: 0, state };
            }
            let part = std::mem::take(&mut self.part);
            let next = self.take(&part);
            self.part = part;
            self.part.clear();
            match next {
                Ok(next) => self.state = next,
                Err(state) => return Step { used, made: 0, state },
            }
        }
    }
}

impl Lz4 {
    /// Bytes of what comes next; `None` behind the end.
    fn wanted(&self) -> Option<usize> {
        Some(match self.state {
            Waiting::Magic | Waiting::BlockLength | Waiting::Checksum => 4,
            Waiting::Flags => 2,
            Waiting::Header(len) => len,
            Waiting::Block { len, .. } => len + if self.frame.block_checksums { 4 } else { 0 },
            Waiting::End => return None,
        })
    }

    fn hand_out(&mut self, output: &mut [u8]) -> usize {
        let left = self.block.get(self.handed_out..).unwrap_or_default();
        let len = left.len().min(output.len());
        if let (Some(into), Some(from)) = (output.get_mut(..len), left.get(..len)) {
            into.copy_from_slice(from);
        }
        self.handed_out += len;
        len
    }

    fn take(&mut self, part: &[u8]) -> Result<Waiting, State> {
        match self.state {
            Waiting::Magic => Ok(self.magic(part)),
            Waiting::Flags => self.flags(part),
            Waiting::Header(_) => self.header(part),
            Waiting::BlockLength => self.block_length(part),
            Waiting::Block { len, packed } => self.block(part, len, packed),
            Waiting::Checksum => self.check(part),
            Waiting::End => Ok(Waiting::End),
        }
    }

    fn magic(&mut self, part: &[u8]) -> Waiting {
        if part != LEGACY_MAGIC {
            self.frame = Frame::default();
            return Waiting::Flags;
        }
        self.frame = Frame { legacy: true, largest_block: LEGACY_BLOCK, ..Frame::default() };
        Waiting::BlockLength
    }

    fn flags(&mut self, part: &[u8]) -> Result<Waiting, State> {
        let [flags, sizes] = *part else { return Err(damaged("no header")) };
        if flags >> 6 != 1 {
            return Err(State::Refused(format!("version {} of the frame format", flags >> 6)));
        }
        if flags & 1 != 0 {
            return Err(State::Refused("it needs a dictionary".to_owned()));
        }
        self.frame = Frame {
            legacy: false,
            linked: flags & 0x20 == 0,
            block_checksums: flags & 0x10 != 0,
            content_checksum: flags & 4 != 0,
            content_len: (flags & 8 != 0).then_some(0),
            largest_block: match sizes >> 4 & 7 {
                4 => 64 << 10,
                5 => 256 << 10,
                6 => 1 << 20,
                7 => 4 << 20,
                _ => return Err(damaged("an unknown block size")),
            },
        };
        self.checksum = self.frame.content_checksum.then(|| XxHash32::with_seed(0));
        self.history = vec![flags, sizes]; // for the header's own checksum
        Ok(Waiting::Header(if self.frame.content_len.is_some() { 9 } else { 1 }))
    }

    fn header(&mut self, part: &[u8]) -> Result<Waiting, State> {
        let (last, fields) = part.split_last().ok_or_else(|| damaged("no header"))?;
        let mut described = std::mem::take(&mut self.history);
        described.extend_from_slice(fields);
        if hash(&described).to_be_bytes().get(2) != Some(last) {
            return Err(damaged("the checksum of the header does not hold"));
        }
        if let Some(len) = fields.first_chunk() {
            self.frame.content_len = Some(u64::from_le_bytes(*len));
        }
        Ok(Waiting::BlockLength)
    }

    fn block_length(&mut self, part: &[u8]) -> Result<Waiting, State> {
        let word = match part.first_chunk() {
            Some(word) => u32::from_le_bytes(*word),
            None => return Err(damaged("no length of a block")),
        };
        if self.frame.legacy && begins(part) {
            return Ok(self.magic(part)); // another frame
        }
        if word == 0 && !self.frame.legacy {
            if self.frame.content_len.is_some_and(|len| len != self.total) {
                return Err(damaged("the content is not as long as its header says"));
            }
            return Ok(match self.checksum {
                Some(_) => Waiting::Checksum,
                None => Waiting::End,
            });
        }
        const STORED: u32 = 1 << 31;
        let packed = self.frame.legacy || word & STORED == 0;
        let word = if self.frame.legacy { word } else { word & !STORED };
        let most = self.frame.largest_block + self.frame.largest_block / 255 + 16;
        match usize::try_from(word) {
            Ok(len) if len <= most => Ok(Waiting::Block { len, packed }),
            _ => Err(damaged("a block that is longer than it can be")),
        }
    }

    fn block(&mut self, part: &[u8], len: usize, packed: bool) -> Result<Waiting, State> {
        let (data, checksum) = part.split_at_checked(len).unwrap_or((part, &[]));
        if let Some(checksum) = checksum.first_chunk()
            && u32::from_le_bytes(*checksum) != hash(data)
        {
            return Err(damaged("the checksum of a block does not hold"));
        }
        self.remember();
        if packed {
            self.block.resize(self.frame.largest_block, 0);
            let made = decompress_into_with_dict(data, &mut self.block, &self.history);
            match made {
                Ok(made) => self.block.truncate(made),
                Err(error) => {
                    self.block.clear();
                    self.handed_out = 0;
                    return Err(damaged(&error.to_string()));
                }
            }
        } else {
            self.block.clear();
            self.block.extend_from_slice(data);
        }
        self.handed_out = 0;
        self.total = self.total.saturating_add(super::super::layer::wide(self.block.len()));
        if let Some(checksum) = &mut self.checksum {
            checksum.write(&self.block);
        }
        Ok(Waiting::BlockLength)
    }

    /// Keeps the end of the last block for the next one to point into.
    fn remember(&mut self) {
        if !self.frame.linked {
            self.history.clear();
            return;
        }
        self.history.extend_from_slice(&self.block);
        let surplus = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..surplus);
    }

    fn check(&mut self, part: &[u8]) -> Result<Waiting, State> {
        let found = self.checksum.take().map(|checksum| checksum.finish_32());
        match part.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) == found {
            true => Ok(Waiting::End),
            false => Err(damaged("the checksum of the content does not hold")),
        }
    }
}

fn hash(bytes: &[u8]) -> u32 {
    XxHash32::oneshot(0, bytes)
}

fn damaged(reason: &str) -> State {
    State::Damaged(reason.to_owned())
}
