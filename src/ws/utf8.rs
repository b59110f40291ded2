//! Text checked as it streams (RFC 6455 §5.6, §8.1).
//!
//! In: the payload of one text message, in pieces of any size. Out: the first [`Utf8Fault`], with
//! its place. Between pieces at most three bytes of an unfinished code point are kept. What is said
//! of a message never depends on how it was cut into pieces.

use super::Short;

/// What makes a text message invalid, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utf8Fault {
    /// Offset of the first offending byte in the message's payload.
    pub offset: u64,
    /// The offending sequence: one to four bytes.
    pub bytes: Vec<u8>,
    /// What kind of mistake it is.
    pub kind: Utf8Kind,
    /// Offset in the message's payload behind the byte that showed the mistake: at most four
    /// behind `offset`.
    pub end: u64,
    /// The first bytes of the message (at most 8), by which binary formats are recognised.
    pub opening: Vec<u8>,
}

/// The ways in which bytes fail to be UTF-8 (RFC 3629 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf8Kind {
    /// The message ends inside a code point.
    Truncated,
    /// 0x80 to 0xBF where a code point should start.
    StrayContinuation,
    /// A lead byte that is not followed by enough continuation bytes: most single-byte encodings.
    MissingContinuation,
    /// A code point in more bytes than it needs.
    Overlong,
    /// U+D800 to U+DFFF, which belong to UTF-16.
    Surrogate,
    /// Beyond U+10FFFF, or a byte that occurs in no UTF-8 at all.
    OutOfRange,
}

impl Utf8Kind {
    /// In words that complete "the bytes are …".
    pub fn description(self) -> &'static str {
        match self {
            Utf8Kind::Truncated => "a code point cut off by the end of the message",
            Utf8Kind::StrayContinuation => "a continuation byte without a lead byte",
            Utf8Kind::MissingContinuation => "a lead byte without its continuation bytes",
            Utf8Kind::Overlong => "an overlong encoding",
            Utf8Kind::Surrogate => "an encoded UTF-16 surrogate",
            Utf8Kind::OutOfRange => "beyond U+10FFFF",
        }
    }
}

/// The state of one message's check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utf8 {
    /// Bytes found valid.
    checked: u64,
    /// An unfinished code point; the offending sequence once there is a fault.
    carry: Short<4>,
    /// The first bytes of the message.
    opening: Short<8>,
    /// A fault that waits until the opening is complete.
    fault: Option<Spoiled>,
}

/// A mistake, and the offset behind the byte that showed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spoiled {
    kind: Utf8Kind,
    end: u64,
}

impl Utf8 {
    /// Checks the next piece of the message. A fault comes back once the first eight bytes of the
    /// message are known, or from [`Utf8::finish`]; after it nothing more is to be pushed.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Utf8Fault> {
        self.opening.extend(piece);
        if self.fault.is_none() {
            self.fault = self.check(piece).err();
        }
        match self.fault {
            Some(spoiled) if self.opening.is_full() => Err(self.describe(spoiled)),
            _ => Ok(()),
        }
    }

    /// What is known to be wrong when no more of the message can be read.
    pub fn fault(&self) -> Option<Utf8Fault> {
        self.fault.map(|spoiled| self.describe(spoiled))
    }

    /// Offset in the message's payload behind the byte that showed a mistake, if one did.
    pub fn spoiled_at(&self) -> Option<u64> {
        self.fault.map(|spoiled| spoiled.end)
    }

    /// Ends the message.
    pub fn finish(&mut self) -> Result<(), Utf8Fault> {
        let end = self.checked + self.carry.len() as u64;
        let truncated = Spoiled { kind: Utf8Kind::Truncated, end };
        let truncated = (!self.carry.is_empty()).then_some(truncated);
        self.fault.or(truncated).map_or(Ok(()), |spoiled| Err(self.describe(spoiled)))
    }

    fn check(&mut self, mut piece: &[u8]) -> Result<(), Spoiled> {
        // A code point over the seam: at most three more bytes finish it or spoil it.
        while !self.carry.is_empty() {
            let Some((first, rest)) = piece.split_first() else { return Ok(()) };
            self.carry.extend(&[*first]);
            piece = rest;
            match std::str::from_utf8(&self.carry) {
                Ok(_) => {
                    self.checked += self.carry.len() as u64;
                    self.carry.truncate(0);
                }
                Err(error) => self.spoiled(error.error_len())?,
            }
        }
        let Err(error) = simdutf8::compat::from_utf8(piece) else {
            self.checked += piece.len() as u64;
            return Ok(());
        };
        let (valid, rest) = piece.split_at_checked(error.valid_up_to()).unwrap_or((piece, &[]));
        self.checked += valid.len() as u64;
        self.carry = Short::from(rest);
        self.spoiled(error.error_len())
    }

    /// Whether the carried bytes are wrong (`error_len` bytes of them) or only unfinished.
    fn spoiled(&mut self, error_len: Option<usize>) -> Result<(), Spoiled> {
        let Some(error_len) = error_len else { return Ok(()) };
        let shown_by = (1..self.carry.len()).find(|len| is_wrong(self.carry.get(..*len)));
        let end = self.checked + shown_by.unwrap_or(self.carry.len()) as u64;
        let kind = classify(&self.carry);
        self.carry.truncate(error_len.max(1));
        Err(Spoiled { kind, end })
    }

    fn describe(&self, Spoiled { kind, end }: Spoiled) -> Utf8Fault {
        let (bytes, opening) = (self.carry.to_vec(), self.opening.to_vec());
        Utf8Fault { offset: self.checked, bytes, kind, end, opening }
    }
}

/// Whether no further byte could make these the start of a code point.
fn is_wrong(bytes: Option<&[u8]>) -> bool {
    let error = bytes.and_then(|bytes| std::str::from_utf8(bytes).err());
    error.is_some_and(|error| error.error_len().is_some())
}

/// Why `bytes`, which do not begin a valid code point, do not.
fn classify(bytes: &[u8]) -> Utf8Kind {
    match bytes {
        [0x80..=0xBF, ..] => Utf8Kind::StrayContinuation,
        [0xC0 | 0xC1, ..] | [0xE0, 0x80..=0x9F, ..] | [0xF0, 0x80..=0x8F, ..] => Utf8Kind::Overlong,
        [0xED, 0xA0..=0xBF, ..] => Utf8Kind::Surrogate,
        [0xF4, 0x90..=0xBF, ..] | [0xF5..=0xFF, ..] => Utf8Kind::OutOfRange,
        _ => Utf8Kind::MissingContinuation,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn check(pieces: &[&[u8]]) -> Result<(), Utf8Fault> {
        let mut utf8 = Utf8::default();
        pieces.iter().try_for_each(|piece| utf8.push(piece))?;
        utf8.finish()
    }

    fn kind(bytes: &[u8]) -> Option<(u64, Utf8Kind)> {
        check(&[bytes]).err().map(|fault| (fault.offset, fault.kind))
    }

    #[test]
    fn a_code_point_may_be_split_anywhere() {
        let text = "Mô tả 🦀".as_bytes();
        for cut in 0..=text.len() {
            let (a, b) = text.split_at(cut);
            assert_eq!(check(&[a, b]), Ok(()), "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(check(&bytes), Ok(()));
    }

    #[test]
    fn each_mistake_has_its_name_and_place() {
        assert_eq!(kind(b"ab\x80"), Some((2, Utf8Kind::StrayContinuation)));
        assert_eq!(kind(b"caf\xe9 au lait"), Some((3, Utf8Kind::MissingContinuation)));
        assert_eq!(kind(b"\xc0\xaf"), Some((0, Utf8Kind::Overlong)));
        assert_eq!(kind(b"\xed\xa0\x80"), Some((0, Utf8Kind::Surrogate)));
        assert_eq!(kind(b"\xf4\x90\x80\x80"), Some((0, Utf8Kind::OutOfRange)));
        assert_eq!(kind(b"\xff"), Some((0, Utf8Kind::OutOfRange)));
        assert_eq!(kind(b"price: \xe2\x82"), Some((7, Utf8Kind::Truncated)));
    }

    proptest! {
        #[test]
        fn the_standard_library_agrees(
            bytes in vec(select(vec![b'a', 0x80, 0xBF, 0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xFF, 0x9F]), 0..24),
            size in 1_usize..9,
        ) {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let found = check(&pieces).err();
            prop_assert_eq!(&found, &check(&[&bytes]).err());
            let expected = std::str::from_utf8(&bytes).err();
            prop_assert_eq!(found.is_some(), expected.is_some());
            if let (Some(fault), Some(error)) = (found, expected) {
                prop_assert_eq!(fault.offset, error.valid_up_to() as u64);
                prop_assert_eq!(fault.kind == Utf8Kind::Truncated, error.error_len().is_none());
                let len = fault.bytes.len();
                prop_assert_eq!(len, error.error_len().unwrap_or(len));
                prop_assert!((fault.offset + 1..=fault.offset + 4).contains(&fault.end));
            }
        }
    }

    #[test]
    fn a_split_changes_nothing_that_is_said() {
        let samples: [&[u8]; 7] = [
            b"ab\x80cd",
            b"caf\xe9 au lait",
            b"\xed\xa0\x80x",
            b"x\xf4\x90",
            b"\xe2\x82",
            b"\xc0\xaf",
            b"\x89PNG\r\n\x1a\nIHDR",
        ];
        for sample in samples {
            let bytes: Vec<&[u8]> = sample.chunks(1).collect();
            assert_eq!(check(&bytes), check(&[sample]), "{sample:x?}");
        }
    }
}
