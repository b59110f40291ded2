//! zip that streams by: member after member, by the local headers (APPNOTE.TXT §4.3.7).
//!
//! For pipes, for archives in something compressed, and for archives whose directory at the end was
//! lost. A member whose length is not in its header must be deflated, or its end cannot be told.

use std::io::{self, Read};

use flate2::{Crc, Decompress};

use super::{Go, Member, Taker};
use crate::capture::compression::inflate_step;
use crate::capture::layer::{Broken, Bytes, How, Layer, Trailing, wide};

const HEADER_LEN: usize = 30;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// What a local header says.
struct Header {
    name: String,
    encrypted: bool,
    /// Lengths and checksum follow the content.
    described_behind: bool,
    method: u16,
    crc: u32,
    packed_len: u64,
    zip64: bool,
}

impl Header {
    /// Whether the header says how long the content is.
    fn is_sized(&self) -> bool {
        !self.described_behind || self.packed_len > 0
    }
}

/// Hands out every file.
///
/// # Errors
/// When the archive ends too early or is damaged; what came before was handed out.
pub(in crate::capture) fn members(input: &mut Bytes<'_>, taker: &mut Taker<'_>) -> io::Result<()> {
    while let Some(header) = header(input)? {
        if header.name.ends_with('/') {
            pass(input, &header)?;
            continue;
        }
        let name = header.name.clone();
        let unread = match header.method {
            _ if header.encrypted => {
                Some("encrypted; unpack it with its password first".to_owned())
            }
            STORED if !header.is_sized() => {
                let why = "its length stands behind it; save the archive to a file first";
                Some(why.to_owned())
            }
            STORED | DEFLATED => None,
            other => {
                Some(format!("packed in a way that is not read (method {other}); unpack it first"))
            }
        };
        if let Some(why) = unread {
            if taker(Member { name, content: Err(why) }) == Go::Stop {
                return Ok(());
            }
            pass(input, &header)?;
            continue;
        }
        let mut state = State::new(&header);
        let content = Content { input: &mut *input, state: &mut state };
        let go = taker(Member { name, content: Ok(Bytes::over(Box::new(content))) });
        if go == Go::Stop {
            return Ok(());
        }
        state.pass(input)?;
    }
    Ok(())
}

/// The next local header; `None` where the directory begins.
fn header(input: &mut Bytes<'_>) -> io::Result<Option<Header>> {
    let fixed = match input.peek(HEADER_LEN)? {
        [b'P', b'K', 1 | 5 | 6, ..] => return Ok(None),
        [b'P', b'K', 3, 4, ..] => input.peek(HEADER_LEN)?.first_chunk::<HEADER_LEN>().copied(),
        start if start.len() < 4 => None,
        _ => {
            let how = How::Astray("no header where one should be".to_owned());
            return Err(broken(input, how));
        }
    };
    let Some(fixed) = fixed else { return Err(broken(input, How::Cut)) };
    input.use_up(HEADER_LEN);
    let n16 = |at: usize| match fixed.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    };
    let n32 = |at| u32::from(n16(at)) | u32::from(n16(at + 2)) << 16;
    let name = variable(input, n16(26))?;
    let extra = variable(input, n16(28))?;
    let long_lengths = zip64(&extra);
    let packed_len = match (n32(18), long_lengths) {
        (u32::MAX, Some(len)) => len,
        (len, _) => u64::from(len),
    };
    Ok(Some(Header {
        name: String::from_utf8_lossy(&name).into_owned(),
        encrypted: n16(6) & 1 != 0,
        described_behind: n16(6) & 8 != 0,
        method: n16(8),
        crc: n32(14),
        packed_len,
        zip64: long_lengths.is_some(),
    }))
}

fn variable(input: &mut Bytes<'_>, len: u16) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = (&mut *input).take(u64::from(len)).read_to_end(&mut bytes)?;
    match read == usize::from(len) {
        true => Ok(bytes),
        false => Err(broken(input, How::Cut)),
    }
}

/// The packed length in the extra field for lengths of 64 bits: behind the unpacked one.
fn zip64(mut extra: &[u8]) -> Option<u64> {
    loop {
        let (head, rest) = extra.split_first_chunk::<4>()?;
        let [i0, i1, l0, l1] = *head;
        let len = usize::from(u16::from_le_bytes([l0, l1]));
        let (field, behind) = rest.split_at_checked(len)?;
        if u16::from_le_bytes([i0, i1]) == 1 {
            return Some(
                field
                    .get(8..16)
                    .and_then(<[u8]>::first_chunk)
                    .map_or(0, |len| u64::from_le_bytes(*len)),
            );
        }
        extra = behind;
    }
}

/// Passes over a member that is not unpacked.
fn pass(input: &mut Bytes<'_>, header: &Header) -> io::Result<()> {
    if header.method == DEFLATED && !header.encrypted {
        return State::new(header).pass(input);
    }
    if !header.is_sized() {
        let why = "the next member cannot be found; save the archive to a file first".to_owned();
        return Err(broken(input, How::Refused(why)));
    }
    State::new(header).pass(input)
}

fn broken(input: &Bytes<'_>, how: How) -> io::Error {
    Broken { what: "zip", offset: input.place(0), how }.into_error()
}

/// How far a member has been read.
struct State {
    /// `None` when it is stored as it is.
    inflate: Option<Box<Decompress>>,
    /// Packed bytes that are left; `None` when only their own end tells.
    left: Option<u64>,
    described_behind: bool,
    zip64: bool,
    crc: Crc,
    told: u32,
    ended: bool,
    /// What was found wrong when the last bytes were handed out.
    broken: Option<Broken>,
}

impl State {
    fn new(header: &Header) -> State {
        State {
            inflate: (header.method == DEFLATED).then(|| Box::new(Decompress::new(false))),
            left: header.is_sized().then_some(header.packed_len),
            described_behind: header.described_behind,
            zip64: header.zip64,
            crc: Crc::new(),
            told: header.crc,
            ended: false,
            broken: None,
        }
    }

    fn read(&mut self, input: &mut Bytes<'_>, room: &mut [u8]) -> io::Result<usize> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone().into_error());
        }
        if room.is_empty() {
            return Ok(0);
        }
        while !self.ended {
            let ahead = input.some()?;
            let most = self.left.map_or(u64::MAX, |left| left);
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let ahead = ahead.get(..ahead.len().min(most)).unwrap_or_default();
            let (used, made, ended) = match &mut self.inflate {
                Some(inflate) => inflate_step(inflate, ahead, room),
                None => store_step(ahead, room, self.left),
            };
            let starved = ahead.is_empty();
            input.use_up(used);
            self.left = self.left.map(|left| left.saturating_sub(wide(used)));
            self.crc.update(room.get(..made).unwrap_or_default());
            let how = match ended {
                Ok(true) => self.end(input)?,
                Ok(false) if starved && made == 0 => Some(How::Cut),
                Ok(false) => None,
                Err(reason) => Some(How::Damaged(reason)),
            };
            self.broken = how.map(|how| Broken { what: "zip", offset: input.place(0), how });
            match &self.broken {
                _ if made > 0 => return Ok(made),
                Some(broken) => return Err(broken.clone().into_error()),
                None => {}
            }
        }
        Ok(0)
    }

    /// The content has ended: behind it may stand what its header did not say.
    fn end(&mut self, input: &mut Bytes<'_>) -> io::Result<Option<How>> {
        self.ended = true;
        if let Some(left) = self.left.take() {
            input.skip(left)?;
        }
        if self.described_behind {
            let ahead = input.peek(8)?;
            let signed = ahead.starts_with(b"PK\x07\x08");
            let crc = ahead.get(if signed { 4..8 } else { 0..4 });
            let Some(crc) = crc.and_then(<[u8]>::first_chunk) else { return Ok(Some(How::Cut)) };
            self.told = u32::from_le_bytes(*crc);
            let lengths = if self.zip64 { 16 } else { 8 };
            input.skip(lengths + if signed { 8 } else { 4 })?;
        }
        let damaged = || How::Damaged("the checksum of a member does not hold".to_owned());
        Ok((self.told != self.crc.sum()).then(damaged))
    }

    /// Passes over what is left of the member, to where the next one begins.
    fn pass(&mut self, input: &mut Bytes<'_>) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        if let Some(left) = self.left {
            if input.skip(left)? < left {
                return Err(broken(input, How::Cut));
            }
            self.left = Some(0);
            self.end(input)?;
            return Ok(());
        }
        let mut room = vec![0; 64 << 10];
        while !self.ended {
            self.read(input, &mut room)?;
        }
        Ok(())
    }
}

/// One step of what is stored as it is; the same shape as [`inflate_step`].
fn store_step(
    ahead: &[u8],
    room: &mut [u8],
    left: Option<u64>,
) -> (usize, usize, Result<bool, String>) {
    let len = ahead.len().min(room.len());
    if let (Some(into), Some(from)) = (room.get_mut(..len), ahead.get(..len)) {
        into.copy_from_slice(from);
    }
    (len, len, Ok(left == Some(wide(len))))
}

struct Content<'m, 'a> {
    input: &'m mut Bytes<'a>,
    state: &'m mut State,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.state.read(self.input, room)
    }
}

impl Layer for Content<'_, '_> {
    fn place(&self, _: u64) -> u64 {
        self.input.place(0)
    }

    fn is_checked_at_end(&self) -> bool {
        true
    }

    fn trailing(&self) -> Option<Trailing> {
        None
    }

    fn finish(self: Box<Self>) -> Option<String> {
        None
    }
}
