//! Which of the family's rules names a fault: the most specific one, and only that.
//!
//! In: a fault in a text message. Out: its [`Diagnosis`], which exactly one rule reports.

use crate::rules::{Breach, Context, MessageView};
use crate::ws::{Utf8Fault, Utf8Kind};

/// What is wrong with a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Diagnosis {
    /// It is no text; the format is named.
    Binary(&'static str),
    /// It ends inside a character.
    Truncated,
    /// Anything else.
    Invalid,
}

/// Formats by how they begin. Those that begin with text alone do no harm here: a message that is
/// valid UTF-8 is never asked about.
const FORMATS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1A\n", "a PNG image"),
    (b"\xFF\xD8\xFF", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x1F\x8B\x08", "gzip data"),
    (b"\x78\x9C", "zlib data"),
    (b"\x78\xDA", "zlib data"),
    (b"\x28\xB5\x2F\xFD", "Zstandard data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF-", "a PDF file"),
    (b"\x7FELF", "an ELF executable"),
    (b"\0asm", "WebAssembly"),
    (b"\x1A\x45\xDF\xA3", "a Matroska or WebM stream"),
    (b"OggS", "an Ogg stream"),
];

/// Tells the three apart.
pub(super) fn diagnose(fault: &Utf8Fault) -> Diagnosis {
    let opening = fault.opening.as_slice();
    if let Some((_, name)) = FORMATS.iter().find(|(magic, _)| opening.starts_with(magic)) {
        return Diagnosis::Binary(name);
    }
    // A single byte at the end may as well be a letter in an encoding that has no others.
    if fault.kind == Utf8Kind::Truncated && fault.bytes.len() > 1 {
        return Diagnosis::Truncated;
    }
    if has_control_characters(opening) {
        return Diagnosis::Binary("binary data: control characters");
    }
    Diagnosis::Invalid
}

/// Whether two or more of the first bytes are control characters that text does not have. What
/// terminals send (BEL, BS, ESC and the white space) counts as text, and so do the zeros of UTF-16.
fn has_control_characters(opening: &[u8]) -> bool {
    let is_odd = |byte: u8| matches!(byte, 0x00..=0x06 | 0x0E..=0x1A | 0x1C..=0x1F);
    let zeros = |parity: usize| opening.iter().skip(parity).step_by(2).all(|byte| *byte == 0);
    let has_mark = opening.starts_with(b"\xFF\xFE") || opening.starts_with(b"\xFE\xFF");
    let is_utf16 = has_mark || opening.len() > 1 && (zeros(0) || zeros(1));
    opening.iter().filter(|byte| is_odd(**byte)).count() >= 2 && !is_utf16
}

/// A breach that points at the offending bytes and shows nothing else of the message.
pub(super) fn breach(
    detail: String,
    message: &MessageView<'_>,
    fault: &Utf8Fault,
    context: &Context<'_>,
) -> Breach {
    if message.compressed {
        // Which bytes on the wire gave the offending ones, nobody can point at.
        let detail = format!("{detail}, inflated");
        let breach = Breach::new(detail).at(context.sender, message.range);
        return breach.showing(fault.bytes.as_slice());
    }
    let end = message.range.end;
    let len = message.len.saturating_sub(fault.offset).max(1);
    let start = end.saturating_sub(len).max(message.range.start);
    Breach::new(detail).at(context.sender, start..end).showing(fault.bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::Utf8;

    fn of(bytes: &[u8]) -> Diagnosis {
        let mut utf8 = Utf8::default();
        diagnose(&utf8.push(bytes).and_then(|()| utf8.finish()).expect_err("invalid text"))
    }

    #[test]
    fn the_most_specific_name_counts() {
        assert_eq!(of(b"\x89PNG\r\n\x1A\nIHDR"), Diagnosis::Binary("a PNG image"));
        assert_eq!(of(b"GIF89a\x01\0\x01\0\x80"), Diagnosis::Binary("a GIF image"));
        assert_eq!(of(b"\xFF\xD8\xFF"), Diagnosis::Binary("a JPEG image"));
        assert_eq!(
            of(b"\x08\x01\x12\x05\xFF\xFFab"),
            Diagnosis::Binary("binary data: control characters")
        );
        assert_eq!(of(b"price: \xE2\x82"), Diagnosis::Truncated);
        assert_eq!(of(b"caf\xE9 au lait"), Diagnosis::Invalid);
        assert_eq!(of(b"caf\xE9"), Diagnosis::Invalid);
    }

    #[test]
    fn text_of_terminals_and_utf_16_is_not_called_binary() {
        assert_eq!(of(b"\x1B[1m\x07\x08\xFF"), Diagnosis::Invalid);
        assert_eq!(of(b"h\0i\0\xE9\0"), Diagnosis::Invalid);
        assert_eq!(of(b"\xFF\xFEX\0\x03\x1E\x01\x01"), Diagnosis::Invalid);
        assert_eq!(of(b"\x01only one \xFF"), Diagnosis::Invalid);
    }
}
