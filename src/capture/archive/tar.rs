//! tar: POSIX ustar and pax, GNU, and what was before them.
//!
//! The fields of a header are read by the `tar` crate. The walk from member to member is here,
//! because that crate holds whatever length a long name claims to have.

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::{Go, Member, Taker};
use crate::capture::layer::{Broken, Bytes, How, Layer, Trailing, wide};

/// The size of a header and the unit of everything.
const BLOCK: usize = 512;

/// The longest name that is taken over; longer ones are cut.
const LONGEST_NAME: u64 = 4096;

/// The most of a pax header that is looked at.
const LARGEST_PAX: u64 = 64 << 10;

/// Whether a header stands there: its checksum holds.
pub(super) fn begins(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(is_header)
}

fn is_header(block: &[u8; BLOCK]) -> bool {
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let sum = |(place, byte): (usize, &u8)| match CHECKSUM.contains(&place) {
        true => u32::from(b' '),
        false => u32::from(*byte),
    };
    let sum: u32 = block.iter().enumerate().map(sum).sum();
    // 256 is the sum over nothing at all.
    sum != 256 && Header::from_byte_slice(block).cksum().is_ok_and(|told| told == sum)
}

/// What extension headers say about the next member.
#[derive(Default)]
struct Ahead {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Hands out every file.
///
/// # Errors
/// When the archive ends too early or is damaged between members; what came before was handed out.
pub(in crate::capture) fn members(input: &mut Bytes<'_>, taker: &mut Taker<'_>) -> io::Result<()> {
    let mut ahead = Ahead::default();
    let mut damage: Option<Broken> = None;
    loop {
        let place = input.place(0);
        let Some(block) = block(input)? else { break };
        if block.iter().all(|byte| *byte == 0) {
            break; // two of these end an archive, but one is as good
        }
        if !is_header(&block) {
            // Look for the next header, block by block.
            let reason = "a header whose checksum does not hold".to_owned();
            let broken = || Broken { what: "tar", offset: place, how: How::Astray(reason) };
            damage.get_or_insert_with(broken);
            ahead = Ahead::default();
            continue;
        }
        let header = Header::from_byte_slice(&block);
        let size = match header.entry_size() {
            Ok(size) => ahead.size.unwrap_or(size),
            Err(_) => continue, // as above: what follows is not known to be its content
        };
        let kind = header.entry_type();
        match kind {
            EntryType::GNULongName => {
                ahead.name = Some(text(input, size, LONGEST_NAME)?);
            }
            EntryType::XHeader => {
                let pax = text(input, size, LARGEST_PAX)?;
                ahead.read_pax(&pax);
            }
            _ if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() => {
                let before = std::mem::take(&mut ahead);
                let name = before.name.unwrap_or_else(|| header.path_bytes().into_owned());
                let name = String::from_utf8_lossy(&name).into_owned();
                let sparse = before.sparse || kind.is_gnu_sparse();
                if kind.is_gnu_sparse() && !skip_sparse_map(&block, input)? {
                    break;
                }
                if file(input, name, size, sparse, taker)? == Go::Stop {
                    return Ok(());
                }
            }
            _ => {
                pass(input, size)?;
                // What a global header or a long link target says is of no use here.
                if !matches!(kind, EntryType::XGlobalHeader | EntryType::GNULongLink) {
                    ahead = Ahead::default();
                }
            }
        }
    }
    damage.map_or(Ok(()), |broken| Err(broken.into_error()))
}

/// Hands out one file and passes over what was not read of it.
fn file(
    input: &mut Bytes<'_>,
    name: String,
    size: u64,
    sparse: bool,
    taker: &mut Taker<'_>,
) -> io::Result<Go> {
    if sparse {
        let why = "stored with holes (sparse); pack it without --sparse".to_owned();
        let go = taker(Member { name, content: Err(why) });
        pass(input, size)?;
        return Ok(go);
    }
    let mut left = size;
    let content = Content { input: &mut *input, left: &mut left };
    let go = taker(Member { name, content: Ok(Bytes::over(Box::new(content))) });
    if go == Go::On {
        skip_all(input, left.saturating_add(padding(size)))?;
    }
    Ok(go)
}

/// The content of a member, as it streams by.
struct Content<'m, 'a> {
    input: &'m mut Bytes<'a>,
    left: &'m mut u64,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let len = room.len().min(usize::try_from(*self.left).unwrap_or(usize::MAX));
        let room = room.get_mut(..len).unwrap_or_default();
        if room.is_empty() {
            return Ok(0);
        }
        let read = self.input.read(room)?;
        if read == 0 {
            return Err(cut(self.input));
        }
        *self.left = self.left.saturating_sub(wide(read));
        Ok(read)
    }
}

impl Layer for Content<'_, '_> {
    fn place(&self, behind: u64) -> u64 {
        self.input.place(behind)
    }

    fn is_checked_at_end(&self) -> bool {
        false // what packs the archive is checked at the archive's end
    }

    fn trailing(&self) -> Option<Trailing> {
        None
    }

    fn finish(self: Box<Self>) -> Option<String> {
        None
    }
}

impl Ahead {
    /// Records of the form `LEN KEY=VALUE\n` (POSIX.1-2001, pax).
    fn read_pax(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let (len, _) = records.split_at(space);
            let len = std::str::from_utf8(len).ok().and_then(|len| len.parse::<usize>().ok());
            let Some(record) = len.and_then(|len| records.get(space + 1..len)) else { return };
            records = records.get(space + 1 + record.len()..).unwrap_or_default();
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) = record.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => {
                    self.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok());
                }
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

/// The next block; `None` at the end.
fn block(input: &mut Bytes<'_>) -> io::Result<Option<[u8; BLOCK]>> {
    let ahead = input.peek(BLOCK)?;
    if ahead.is_empty() {
        return Ok(None);
    }
    match ahead.first_chunk().copied() {
        Some(block) => {
            input.use_up(BLOCK);
            Ok(Some(block))
        }
        None => Err(cut(input)),
    }
}

/// The content of an extension header, at most `most` bytes of it, up to the first zero.
fn text(input: &mut Bytes<'_>, size: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let wanted = size.min(most);
    (&mut *input).take(wanted).read_to_end(&mut text)?;
    skip_all(input, size - wanted + padding(size))?;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    text.truncate(end);
    Ok(text)
}

/// Behind the header of a sparse file of GNU's old form its map may go on in further blocks.
fn skip_sparse_map(header: &[u8; BLOCK], input: &mut Bytes<'_>) -> io::Result<bool> {
    const EXTENDED_IN_HEADER: usize = 482;
    const EXTENDED_IN_MAP: usize = 504;
    let mut extended = header.get(EXTENDED_IN_HEADER).is_some_and(|byte| *byte != 0);
    while extended {
        let Some(map) = block(input)? else { return Ok(false) };
        extended = map.get(EXTENDED_IN_MAP).is_some_and(|byte| *byte != 0);
    }
    Ok(true)
}

fn pass(input: &mut Bytes<'_>, size: u64) -> io::Result<()> {
    skip_all(input, size.saturating_add(padding(size)))
}

fn padding(size: u64) -> u64 {
    let block = wide(BLOCK);
    (block - size % block) % block
}

fn skip_all(input: &mut Bytes<'_>, len: u64) -> io::Result<()> {
    match input.skip(len)? == len {
        true => Ok(()),
        false => Err(cut(input)),
    }
}

fn cut(input: &Bytes<'_>) -> io::Error {
    Broken { what: "tar", offset: input.place(0), how: How::Cut }.into_error()
}
