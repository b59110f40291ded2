//! The reference: one side's bytes, all of them, read in one go.
//!
//! In: everything that a side sent. Out: its frames, messages and Close, and each way in which it
//! breaks the protocol ([`Read`]). Text is checked by `str::from_utf8`, messages are inflated whole,
//! and nothing is shared with what is tested: RFC 6455 §5 to §7 and RFC 7692 §6 to §7 once more, as
//! plainly as it goes.

use std::ops::Range;

use flate2::{Decompress, DecompressError, FlushDecompress, Status};
use wsblame::endpoint::Side;

use super::talk::Deflate;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub offset: u64,
    pub header_len: u64,
    pub fin: bool,
    pub rsv: u8,
    pub opcode: u8,
    pub mask: Option<[u8; 4]>,
    /// As declared.
    pub length: u64,
    /// Unmasked, as far as it was sent.
    pub payload: Vec<u8>,
    /// Whether all of it was sent.
    pub complete: bool,
    /// The message that it completes.
    pub message: Option<Message>,
}

impl Frame {
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.header_len + self.payload.len() as u64
    }

    fn is_control(&self) -> bool {
        self.opcode & 8 != 0
    }

    fn is_reserved(&self) -> bool {
        !matches!(self.opcode, 0..=2 | 8..=10)
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub opcode: u8,
    pub fragments: u64,
    /// Payload bytes on the wire.
    pub bytes: u64,
    pub compressed: bool,
    /// Its content; `None` where it cannot be known.
    pub content: Option<Vec<u8>>,
}

/// A Close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub range: Range<u64>,
    pub payload: Vec<u8>,
}

impl Close {
    pub(crate) fn code(&self) -> Option<u16> {
        Some(u16::from_be_bytes([*self.payload.first()?, *self.payload.get(1)?]))
    }

    pub(crate) fn reason(&self) -> String {
        String::from_utf8_lossy(self.payload.get(2..).unwrap_or_default()).into_owned()
    }

    /// Whether a receiver takes it for one (RFC 6455 §5.5.1, §7.4).
    pub(crate) fn is_valid(&self) -> bool {
        let code_fits = match self.code() {
            None => self.payload.is_empty(),
            Some(code) => matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999),
        };
        let reason = self.payload.get(2..).unwrap_or_default();
        code_fits && self.payload.len() <= 125 && std::str::from_utf8(reason).is_ok()
    }
}

/// What the bytes of one side come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Read {
    pub frames: Vec<Frame>,
    /// The first one.
    pub close: Option<Close>,
    /// Which rule is broken, and by which bytes. Of rules that differ only in what they guess of the
    /// cause (text that is not UTF-8, data that do not inflate) only the family is named.
    pub breaches: Vec<(&'static str, Range<u64>)>,
    /// Families that may or may not be named, because a receiver need not look any more.
    pub perhaps: Vec<&'static str>,
    /// Where the stream ends inside a frame: where that begins.
    pub torn: Option<u64>,
    /// From here on nobody can read: the length of a frame is impossible.
    pub spoiled: Option<u64>,
    /// Where the message begins that is open at the end, or at the Close.
    pub open: Option<u64>,
    pub open_at_close: bool,
}

/// The message that is open.
struct Open {
    start: u64,
    opcode: u8,
    fragments: u64,
    raw: Vec<u8>,
    /// Whether it is compressed, as was agreed.
    deflated: bool,
    marked: bool,
    /// Whether what the bits mean is known.
    readable: bool,
    told: bool,
}

/// Reads everything that `side` sent.
pub(crate) fn read(stream: &[u8], side: Side, deflate: Deflate) -> Read {
    let mut read = Read::default();
    let mut open: Option<Open> = None;
    let mut inflater = Inflater { deflate, history: Vec::new(), known: 0, lost: false };
    let mut at = head_end(stream);
    while at < stream.len() {
        let Some(mut frame) = frame_at(stream, at) else {
            read.torn = Some(at as u64);
            break;
        };
        let range = frame.offset..frame.offset + frame.header_len;
        let mut breaches = broken_by_header(&frame, side, deflate);
        let is_none = has_two_impossibilities(&frame, deflate);
        if is_none || breaches.contains(&"length-msb-set") {
            // What is no header says nothing else.
            read.breaches.push((if is_none { "rsv-bits-set" } else { "length-msb-set" }, range));
            read.spoiled = Some(frame.offset);
            read.frames.push(frame);
            break;
        }
        let behind_close = read.close.is_some();
        match frame.opcode {
            0..=2 if behind_close => breaches.push("data-after-close"),
            0 if open.is_none() => breaches.push("continuation-without-start"),
            1 | 2 if open.is_some() => breaches.push("new-message-before-fin"),
            9 | 10 if behind_close => breaches.push("control-after-close"),
            _ => {}
        }
        read.breaches.extend(breaches.into_iter().map(|rule| (rule, range.clone())));
        if matches!(frame.opcode, 1 | 2) {
            if let Some(cut) = open.take()
                && cut.deflated
            {
                // What the receiver made of the piece that came nobody can say.
                inflater.lost = true;
                read.perhaps.extend(["utf8", "deflate"]);
            }
            let readable = frame.rsv == 0 || (deflate.is_agreed() && frame.rsv == 4);
            open = Some(Open {
                start: frame.offset,
                opcode: frame.opcode,
                fragments: 0,
                raw: Vec::new(),
                deflated: deflate.is_agreed() && frame.rsv == 4,
                marked: frame.rsv & 4 != 0,
                readable,
                told: false,
            });
        }
        if frame.opcode <= 2
            && let Some(message) = &mut open
        {
            message.fragments += 1;
            message.raw.extend(&frame.payload);
            let ends = frame.fin && frame.complete;
            let content = content(message, ends, &mut inflater);
            let place = message.start..frame.end();
            let mut tell = |family: &'static str| match behind_close {
                true => read.perhaps.push(family),
                false => read.breaches.push((family, place.clone())),
            };
            if message.opcode == 1
                && !message.told
                && message.readable
                && content.as_ref().is_ok_and(|content| is_no_text(content, ends))
            {
                message.told = true;
                tell("utf8");
            }
            if content == Err(Unreadable::Malformed) {
                tell("deflate");
                read.perhaps.push("utf8");
                if read.breaches.iter().filter(|(name, _)| *name == "deflate").count() > 1 {
                    // The later one may refer to what did not come out of the one before.
                    read.perhaps.push("deflate");
                }
            }
            if content == Err(Unreadable::Unknown) && message.readable && message.deflated {
                read.perhaps.extend(["utf8", "deflate"]);
            }
            if ends {
                frame.message = Some(Message {
                    opcode: message.opcode,
                    fragments: message.fragments,
                    bytes: message.raw.len() as u64,
                    compressed: message.marked && deflate.is_agreed(),
                    content: content.ok().filter(|_| message.readable),
                });
                open = None;
            }
        }
        if frame.opcode == 8 && frame.complete {
            let close = Close { range: frame.offset..frame.end(), payload: frame.payload.clone() };
            read.breaches.extend(broken_by_close(&close).map(|rule| (rule, close.range.clone())));
            if behind_close {
                read.breaches.push(("close-duplicate", close.range));
            } else {
                read.open_at_close = open.is_some();
                read.close = Some(close);
            }
        }
        at = frame.end() as usize;
        if !frame.complete {
            read.torn = Some(frame.offset);
        }
        read.frames.push(frame);
    }
    read.open = open.filter(|_| read.spoiled.is_none()).map(|open| open.start);
    read
}

/// Behind the head of the request or the response.
fn head_end(stream: &[u8]) -> usize {
    let empty_line = stream.windows(4).position(|four| four == b"\r\n\r\n");
    empty_line.map_or(stream.len(), |at| at + 4)
}

/// The frame whose header begins at `at`; `None` where not even that is complete.
fn frame_at(stream: &[u8], at: usize) -> Option<Frame> {
    let first = *stream.get(at)?;
    let second = *stream.get(at + 1)?;
    let mut behind = at + 2;
    let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    let length = match second & 0x7F {
        126 => {
            behind += 2;
            big_endian(stream.get(at + 2..behind)?)
        }
        127 => {
            behind += 8;
            big_endian(stream.get(at + 2..behind)?)
        }
        short => u64::from(short),
    };
    let mut mask = None;
    if second & 0x80 != 0 {
        let key = stream.get(behind..behind + 4)?;
        mask = Some([key[0], key[1], key[2], key[3]]);
        behind += 4;
    }
    let left = (stream.len() - behind) as u64;
    let end = behind + length.min(left) as usize;
    let key = mask.unwrap_or_default();
    let masked = stream[behind..end].iter().enumerate();
    Some(Frame {
        offset: at as u64,
        header_len: (behind - at) as u64,
        fin: first & 0x80 != 0,
        rsv: first >> 4 & 7,
        opcode: first & 15,
        mask,
        length,
        payload: masked.map(|(place, byte)| byte ^ key[place % 4]).collect(),
        complete: length <= left,
        message: None,
    })
}

/// RSV bits that nothing gives a meaning to on this frame.
fn undefined_bits(frame: &Frame, deflate: Deflate) -> u8 {
    let defined = if deflate.is_agreed() && matches!(frame.opcode, 1 | 2) { 4 } else { 0 };
    frame.rsv & !defined
}

/// Whether a frame with an undefined bit has another impossibility beside it: then it is none.
fn has_two_impossibilities(frame: &Frame, deflate: Deflate) -> bool {
    let marked = frame.rsv == 4;
    let explained = marked
        && if deflate.is_agreed() {
            !frame.is_reserved()
        } else {
            frame.opcode <= 2 && frame.opcode > 0
        };
    undefined_bits(frame, deflate) != 0
        && !explained
        && (frame.is_reserved() || (frame.is_control() && !frame.fin))
}

fn broken_by_header(frame: &Frame, side: Side, deflate: Deflate) -> Vec<&'static str> {
    let mut broken = Vec::new();
    match (side, frame.mask) {
        (Side::Client, None) => broken.push("client-frame-unmasked"),
        (Side::Server, Some(_)) => broken.push("server-frame-masked"),
        _ => {}
    }
    if frame.is_reserved() {
        broken.push("reserved-opcode");
    }
    if undefined_bits(frame, deflate) != 0 {
        broken.push(match (frame.rsv, frame.opcode) {
            (4, 8..=10) if deflate.is_agreed() => "control-compressed",
            (4, 0) if deflate.is_agreed() => "deflate-rsv1-on-continuation",
            (4, 1 | 2) if !deflate.is_agreed() => "rsv1-without-deflate",
            _ => "rsv-bits-set",
        });
    }
    if frame.is_control() && !frame.is_reserved() {
        if !frame.fin {
            broken.push("control-fragmented");
        }
        if frame.length > 125 {
            broken.push("control-too-long");
        }
    }
    let length_bytes = frame.header_len - 2 - if frame.mask.is_some() { 4 } else { 0 };
    if frame.length >> 63 != 0 {
        broken.push("length-msb-set");
    } else if (length_bytes > 0 && frame.length <= 125)
        || (length_bytes > 2 && frame.length <= 0xFFFF)
    {
        broken.push("length-not-minimal");
    }
    broken
}

fn broken_by_close(close: &Close) -> impl Iterator<Item = &'static str> + use<> {
    let code = close.code().and_then(|code| match code {
        1004..=1006 | 1015 => Some("close-code-forbidden"),
        1000..=1003 | 1007..=1014 | 3000..=4999 => None,
        0..=999 | 1016..=2999 => Some("close-code-unassigned"),
        5000.. => Some("close-code-out-of-range"),
    });
    let half = (close.payload.len() == 1).then_some("close-body-one-byte");
    let reason = close.payload.get(2..).unwrap_or_default();
    let is_text = close.payload.len() > 125 || std::str::from_utf8(reason).is_ok();
    let reason = (!is_text).then_some("close-reason-not-utf8");
    [code, half, reason].into_iter().flatten()
}

/// Whether what came of a text is no UTF-8; a character may still go on where more is to come.
fn is_no_text(content: &[u8], ends: bool) -> bool {
    match std::str::from_utf8(content) {
        Ok(_) => false,
        Err(error) => ends || error.error_len().is_some(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unreadable {
    /// It does not inflate.
    Malformed,
    /// It is not complete, or what it refers to is not known.
    Unknown,
}

/// What is in a message so far. One that is compressed is looked at when it is complete.
fn content(message: &Open, ends: bool, inflater: &mut Inflater) -> Result<Vec<u8>, Unreadable> {
    match (message.deflated, ends) {
        (false, _) => Ok(message.raw.clone()),
        (true, false) => Err(Unreadable::Unknown),
        (true, true) => inflater.inflate(&message.raw),
    }
}

/// Inflates from the first message on, each time anew.
struct Inflater {
    deflate: Deflate,
    /// All messages so far, with their tails, and how long their content is.
    history: Vec<u8>,
    known: usize,
    /// Whether what later messages may refer to is not known.
    lost: bool,
}

impl Inflater {
    /// RFC 7692 §7.2.2.
    fn inflate(&mut self, raw: &[u8]) -> Result<Vec<u8>, Unreadable> {
        if self.deflate == Deflate::WithoutTakeover {
            (self.history, self.known, self.lost) = (Vec::new(), 0, false);
        }
        if self.lost {
            return Err(Unreadable::Unknown);
        }
        if raw.is_empty() {
            self.lost = true; // an empty message has a byte (§7.2.3.6); most receivers take none
            return Err(Unreadable::Unknown);
        }
        self.history.extend(raw);
        self.history.extend([0, 0, 0xFF, 0xFF]);
        // A block of four bytes as they are, which only comes out as it is, and with nothing else,
        // where a block may begin.
        let probe = [&self.history[..], b"\x00\x04\x00\xFB\xFFnext"].concat();
        let (_, _, without) = inflate(&self.history);
        let (status, all, mut content) = inflate(&probe);
        let comes_out = content.strip_suffix(b"next").is_some_and(|before| *before == *without);
        if matches!(status, Ok(Status::Ok)) && all && comes_out {
            content.truncate(content.len() - 4);
            let known = std::mem::replace(&mut self.known, content.len());
            return Ok(content.split_off(known));
        }
        self.lost = true;
        // A final block is legal (§7.2.3.4) and no sender here writes one on purpose.
        let perhaps_legal = matches!(status, Ok(Status::StreamEnd));
        Err(if perhaps_legal { Unreadable::Unknown } else { Unreadable::Malformed })
    }
}

/// What zlib makes of all of `compressed`, and whether it took all of it.
fn inflate(compressed: &[u8]) -> (Result<Status, DecompressError>, bool, Vec<u8>) {
    let mut content = Vec::with_capacity(2 << 20);
    let mut context = Decompress::new(false);
    let status = context.decompress_vec(compressed, &mut content, FlushDecompress::Sync);
    (status, context.total_in() == compressed.len() as u64, content)
}
