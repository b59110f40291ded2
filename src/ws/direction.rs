//! One side's frames, as a state: which message is open, whether it has sent its Close, what has
//! been counted.

use super::deflate::Compressors;
use super::{
    ControlFrame, FrameHeader, LengthForm, MAX_HEADER_LEN, MaskKey, MessageEnd, Opcode, Short,
    Utf8, Utf8Fault,
};
use crate::endpoint::Side;
use crate::tcp::Range64;

/// What the opening handshake agreed on, as far as frames are concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Whether permessage-deflate (RFC 7692) is in use.
    pub deflate: Deflate,
    /// Whether an extension that we do not know was accepted: it may define any reserved bit or
    /// opcode (RFC 6455 §5.2), so those are then not judged.
    pub unknown_extension: bool,
}

/// Whether permessage-deflate was agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deflate {
    /// The capture does not have the response that would tell.
    #[default]
    Unknown,
    /// The server accepted it; so bound are the two compressors.
    Agreed(Compressors),
    /// The server did not.
    Absent,
}

impl Deflate {
    /// Whether it is certain that it is in use.
    pub fn is_agreed(&self) -> bool {
        matches!(self, Deflate::Agreed(_))
    }
}

impl Agreement {
    /// The reserved bits of `header` to which nothing that was agreed on gives a meaning (RFC 6455
    /// §5.2). While it is not known what was, RSV1 counts as meant.
    pub fn undefined_rsv(&self, header: &FrameHeader) -> u8 {
        let defined = match (self.deflate, header.opcode) {
            _ if self.unknown_extension => 0b111,
            (Deflate::Unknown, _) => FrameHeader::RSV1,
            (Deflate::Absent, _) => 0,
            // RFC 7692 §6: on the first frame of a data message, and nowhere else.
            (Deflate::Agreed(_), Opcode::TEXT | Opcode::BINARY) => FrameHeader::RSV1,
            (Deflate::Agreed(_), _) => 0,
        };
        header.rsv & !defined
    }

    /// Whether a message that begins with `header` is to be inflated: it was agreed that it may be
    /// compressed, or it was not and the outcome tells why the bit is set.
    pub fn inflates(&self, header: &FrameHeader) -> bool {
        let known = self.deflate != Deflate::Unknown && !self.unknown_extension;
        known && header.rsv == FrameHeader::RSV1
    }
}

/// Where the sender stands between two frames (RFC 6455 §5.4).
///
/// ```text
///            text or binary, FIN=0                  continuation, FIN=0 (stays)
///   Idle ───────────────────────────▶ Open(message) ◀──┐
///    ▲  ◀───────────────────────────       │ └─────────┘
///    │       continuation, FIN=1           │
///    └── text or binary, FIN=1 (stays)     └── control frames change nothing
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Assembly {
    /// No message is open.
    #[default]
    Idle,
    /// A message has begun and its last fragment has not ended.
    Open(Message),
}

/// A data message in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Text or binary.
    pub opcode: Opcode,
    /// Whether RSV1 was set on its first frame.
    pub compressed: bool,
    /// Payload bytes so far, as on the wire.
    pub len: u64,
    /// Frames so far.
    pub fragments: u64,
    /// Frames so far that were empty and not the last.
    pub empty_fragments: u64,
    /// Stream offset of its first header.
    pub start: u64,
    /// The check of its text.
    pub text: Text,
    /// Stream offset behind the byte that showed its text to be invalid.
    pub spoiled_at: Option<u64>,
}

/// Whether a message's text is being checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// It is text, and every byte so far was seen, inflated if it was compressed.
    Checked(Utf8),
    /// It is binary, has a hole, was compressed in a way that is not known, or was found invalid
    /// already.
    Unchecked,
}

/// The masking keys that a side has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masking {
    /// The key of the latest masked frame.
    pub last: Option<MaskKey>,
    /// How many frames in a row had that key.
    pub run: u64,
    /// Masked frames that carried payload.
    pub frames: u64,
    /// Those of them with a key of zero.
    pub zero: u64,
}

/// The latest data frame: the bytes its payload began with, raw, by which an interrupted write is
/// recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastFrame {
    /// Its header.
    pub header: FrameHeader,
    /// Stream offset of the header.
    pub offset: u64,
    /// The first bytes of the payload as on the wire; fewer where the capture has a hole.
    pub opening: Short<MAX_HEADER_LEN>,
}

impl LastFrame {
    /// The header with which the payload begins as it is on the wire, if it is one that `sender`
    /// could have sent on its own and its frame fits into the payload.
    pub fn inner_header(&self, sender: Side, agreed: &Agreement) -> Option<FrameHeader> {
        let (_, inner) = FrameHeader::parse(&self.opening).ok()?;
        let ordinary = Direction::default().is_ordinary(&inner, sender, agreed);
        (ordinary && inner.total_len() <= self.header.payload_len).then_some(inner)
    }

    /// From the first byte of the header to behind the payload as declared.
    pub fn range(&self) -> Range64 {
        (self.offset..self.offset.saturating_add(self.header.total_len())).into()
    }
}

/// What came of complete messages that were marked as compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compressed {
    /// How many there were.
    pub messages: u64,
    /// Those of them whose content came out as the sender compressed it.
    pub known: u64,
    /// Those that do not inflate, by their sender's fault.
    pub faulty: u64,
    /// Those whose inflated size is known.
    pub sized: u64,
    /// Payload bytes of these as on the wire.
    pub payload: u64,
    /// Bytes that they inflated to.
    pub inflated: u64,
}

impl Compressed {
    fn count(&mut self, ended: &Ended) {
        self.messages += u64::from(ended.compressed);
        self.faulty += u64::from(ended.is_faulty);
        if let Some((len, certain)) = ended.inflated {
            self.known += u64::from(certain);
            self.sized += 1;
            self.payload = self.payload.saturating_add(ended.len);
            self.inflated = self.inflated.saturating_add(len);
        }
    }
}

/// What is counted of a complete message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Payload bytes as on the wire.
    len: u64,
    compressed: bool,
    /// Whether it does not inflate, by its sender's fault.
    is_faulty: bool,
    /// Bytes that it inflated to, if all of it did, and whether those are certain.
    inflated: Option<(u64, bool)>,
}

impl Ended {
    #[inline]
    pub(super) fn of(end: &MessageEnd) -> Ended {
        let whole = end.inflated.as_ref().filter(|inflated| inflated.complete);
        Ended {
            len: end.len,
            compressed: end.compressed,
            is_faulty: end.inflated.as_ref().is_some_and(|inflated| inflated.fault.is_some()),
            inflated: whole.map(|inflated| (inflated.len, inflated.certain)),
        }
    }
}

/// One side's stream of frames so far.
#[derive(Debug, Default)]
pub struct Direction {
    /// The message that is open.
    pub assembly: Assembly,
    /// The first Close frame.
    pub close: Option<Box<ControlFrame>>,
    /// Frames whose header was read.
    pub frames: u64,
    /// Data messages that are complete.
    pub messages: u64,
    /// Payload bytes as declared by the headers read, control frames included.
    pub payload_bytes: u64,
    /// Payload bytes of the largest complete data message.
    pub largest_message: u64,
    /// Complete messages that were marked as compressed.
    pub compressed: Compressed,
    /// Masking keys.
    pub masking: Masking,
    /// The latest data frame.
    pub last_frame: Option<LastFrame>,
}

impl Direction {
    /// Whether no frame rule can have anything to say about `header`: the short cut of the hot
    /// path. Whatever this lets pass, all frame rules let pass.
    pub fn is_ordinary(&self, header: &FrameHeader, sender: Side, agreed: &Agreement) -> bool {
        let masked_right = match (sender, header.mask) {
            (Side::Server, mask) => mask.is_none(),
            (Side::Client, None) => false,
            (Side::Client, key) => key != self.masking.last && key != Some(MaskKey([0; 4])),
        };
        let form_is_minimal = match header.length_form {
            LengthForm::Seven => true,
            LengthForm::Sixteen => header.payload_len > 125,
            LengthForm::SixtyFour => header.payload_len > 0xFFFF && header.payload_len >> 63 == 0,
        };
        let is_open = matches!(self.assembly, Assembly::Open(_));
        let opcode_fits = match header.opcode {
            Opcode::TEXT | Opcode::BINARY => !is_open && agreed.undefined_rsv(header) == 0,
            Opcode::CONTINUATION => is_open && header.rsv == 0 && !self.fragments_pile_up(),
            Opcode::CLOSE | Opcode::PING | Opcode::PONG => {
                header.fin && header.payload_len <= 125 && header.rsv == 0
            }
            _ => false,
        };
        masked_right && form_is_minimal && opcode_fits && self.close.is_none()
    }

    /// Whether one more fragment makes so many that a rule may count them.
    fn fragments_pile_up(&self) -> bool {
        match &self.assembly {
            Assembly::Open(message) => message.fragments + 1 >= Direction::MANY_EMPTY_FRAGMENTS,
            Assembly::Idle => false,
        }
    }

    /// From this many empty fragments on, a message is called a flood; at least one server answers
    /// such a flood with 1008.
    pub const MANY_EMPTY_FRAGMENTS: u64 = 1_000;

    /// From this many fragments on, a well-known receiver refuses a message with 1008.
    pub const MANY_FRAGMENTS: u64 = 128 * 1024;
}

impl Direction {
    /// Takes in a header that stands at `offset`.
    pub(super) fn begin(&mut self, header: &FrameHeader, offset: u64, agreed: &Agreement) {
        self.frames += 1;
        self.payload_bytes = self.payload_bytes.saturating_add(header.payload_len);
        self.note_mask(header);
        if header.opcode.is_control() || header.opcode.is_reserved() {
            return;
        }
        let opening = Short::default();
        self.last_frame = Some(LastFrame { header: *header, offset, opening });
        let empty = u64::from(!header.fin && header.payload_len == 0);
        match (&mut self.assembly, header.opcode) {
            (Assembly::Open(message), Opcode::CONTINUATION) => {
                message.fragments += 1;
                message.empty_fragments += empty;
            }
            (Assembly::Idle, Opcode::CONTINUATION) => {}
            (_, opcode) => {
                let readable = header.rsv == 0 || agreed.inflates(header);
                // What an unknown extension does to payload is unknown too.
                let text = if opcode == Opcode::TEXT && readable && !agreed.unknown_extension {
                    Text::Checked(Utf8::default())
                } else {
                    Text::Unchecked
                };
                self.assembly = Assembly::Open(Message {
                    opcode,
                    compressed: header.rsv & FrameHeader::RSV1 != 0,
                    len: 0,
                    fragments: 1,
                    empty_fragments: empty,
                    start: offset,
                    text,
                    spoiled_at: None,
                });
            }
        }
    }

    /// Takes in the end of a message.
    pub(super) fn end(&mut self, ended: &Ended) {
        self.assembly = Assembly::Idle;
        self.messages += 1;
        self.largest_message = self.largest_message.max(ended.len);
        self.compressed.count(ended);
    }

    fn note_mask(&mut self, header: &FrameHeader) {
        let Some(key) = header.mask else { return };
        let masking = &mut self.masking;
        masking.run = if masking.last == Some(key) { masking.run + 1 } else { 1 };
        masking.last = Some(key);
        if header.payload_len > 0 {
            masking.frames += 1;
            masking.zero += u64::from(key.0 == [0; 4]);
        }
    }

    /// Keeps the first bytes of a data frame's payload as they are on the wire.
    pub(super) fn note_opening(&mut self, position: u64, bytes: &[u8]) {
        if let Some(last) = &mut self.last_frame
            && position == last.opening.len() as u64
        {
            last.opening.extend(bytes);
        }
    }

    /// What is wrong with the open message's text, if it is known already.
    pub(super) fn text_fault(&self) -> Option<Utf8Fault> {
        match &self.assembly {
            Assembly::Open(Message { text: Text::Checked(utf8), .. }) => utf8.fault(),
            _ => None,
        }
    }
}
