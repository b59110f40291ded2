//! The bytes of a finding, with the guilty ones pointed at.
//!
//! In: the hex digits of a finding and its guilty bits. Out: the lines of a small drawing, for the
//! terminal and for a ticket alike.

use super::model::{FindingReport, GuiltyReport};

/// The drawing of a finding's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawing {
    /// The bytes: `81 05`; behind them what they say, if they are text: `47 45 54 20  "GET "`.
    pub(super) bytes: String,
    /// Blanks up to the guilty byte, and the carets under it; without guilty bits, carets under
    /// all bytes.
    pub(super) carets: (usize, String),
    /// The bits of the guilty byte: `0000 0101`, and the carets under the guilty ones.
    pub(super) bits: Option<(String, String)>,
}

impl Drawing {
    /// The drawing for a finding; `None` when it shows no bytes.
    pub(super) fn of(finding: &FindingReport) -> Option<Drawing> {
        let pairs = pairs(&finding.bytes);
        if pairs.is_empty() {
            return None;
        }
        let bytes = pairs.join(" ");
        let guilty = finding.guilty.and_then(|guilty| Some((guilty, pairs.get(guilty.byte)?)));
        let Some((GuiltyReport { byte, mask }, pair)) = guilty else {
            let carets = (0, "^".repeat(bytes.len()));
            let bytes = match as_text(&pairs) {
                Some(text) => format!("{bytes}  \"{text}\""),
                None => bytes,
            };
            return Some(Drawing { bytes, carets, bits: None });
        };
        let value = u8::from_str_radix(pair, 16).ok();
        let bits = value.filter(|_| mask != 0).map(|value| (binary(value), marked(mask)));
        Some(Drawing { bytes, carets: (byte * 3, "^^".to_owned()), bits })
    }

    /// The drawing as lines, bytes first.
    pub(super) fn lines(&self) -> Vec<String> {
        let (indent, carets) = &self.carets;
        let under = format!("{}{carets}", " ".repeat(*indent));
        match &self.bits {
            None => vec![self.bytes.clone(), under],
            Some((bits, marks)) => {
                let below = " ".repeat(under.len() + 1);
                vec![self.bytes.clone(), format!("{under} {bits}"), format!("{below}{marks}")]
            }
        }
    }
}

/// The digits two by two, whatever stands between them; lower case.
fn pairs(hex: &str) -> Vec<String> {
    let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| pair.iter().collect::<String>().to_ascii_lowercase()).collect()
}

/// The bytes as ASCII, if they are that and enough of it to be no accident.
fn as_text(pairs: &[String]) -> Option<String> {
    let bytes = pairs.iter().map(|pair| u8::from_str_radix(pair, 16).ok().map(char::from));
    let text: String = bytes.collect::<Option<_>>()?;
    let is_text = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    (is_text && text.len() >= 4).then_some(text)
}

/// `0000 0101`.
fn binary(value: u8) -> String {
    format!("{:04b} {:04b}", value >> 4, value & 0x0F)
}

/// A caret for each bit of the mask, under its place in [`binary`].
fn marked(mask: u8) -> String {
    let marks: String =
        binary(mask).chars().map(|bit| if bit == '1' { '^' } else { ' ' }).collect();
    marks.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(bytes: &str, guilty: Option<(usize, u8)>) -> Vec<String> {
        let guilty = guilty.map(|(byte, mask)| GuiltyReport { byte, mask });
        let finding =
            FindingReport { bytes: bytes.into(), guilty, ..super::super::fixture::finding() };
        Drawing::of(&finding).map(|drawing| drawing.lines()).unwrap_or_default()
    }

    #[test]
    fn the_mask_bit_is_the_first_of_the_second_byte() {
        assert_eq!(drawn("8105", Some((1, 0x80))), ["81 05", "   ^^ 0000 0101", "      ^"]);
    }

    #[test]
    fn several_bits_are_marked_each() {
        assert_eq!(
            drawn("f1 85 00", Some((0, 0x7F))),
            ["f1 85 00", "^^ 1111 0001", "    ^^^ ^^^^"]
        );
    }

    #[test]
    fn without_guilty_bits_all_bytes_are_in_question() {
        assert_eq!(drawn("88 02 03 ed", None), ["88 02 03 ed", "^^^^^^^^^^^"]);
        assert_eq!(drawn("8105", Some((7, 0x80))), ["81 05", "^^^^^"]);
        assert_eq!(drawn("8105", Some((1, 0))), ["81 05", "   ^^"]);
    }

    #[test]
    fn text_is_readable() {
        let drawn = drawn("47455420", None);
        assert_eq!(drawn, ["47 45 54 20  \"GET \"", "^^^^^^^^^^^"]);
    }

    #[test]
    fn no_bytes_no_drawing() {
        assert_eq!(drawn("", Some((0, 0x80))), Vec::<String>::new());
    }
}
