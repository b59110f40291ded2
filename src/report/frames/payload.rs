//! Payload as it is shown.
//!
//! In: the bytes of a message that were kept. Out: [`Payload`], as text where it is text, else in
//! hex, cut at a limit, and how much that leaves out.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Content, FrameRow, What};

/// How payload is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadAs {
    /// As text if it is UTF-8, else in hex; of a Close the reason.
    Text,
    /// In hex.
    Hex,
}

/// Payload of a message or control frame: either `text` or `hex`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Payload {
    /// As text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// In hex, two digits a byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// Bytes that are not shown because of the limit.
    pub cut: u64,
    /// Whether these are the bytes that were sent: false where the capture lacks some, or where a
    /// compressed message could not be inflated.
    pub sound: bool,
}

impl FrameRow {
    /// Fills in `payload` from the content that was kept: at most `limit` bytes of it.
    pub fn show_payload(&mut self, how: PayloadAs, limit: usize) {
        let What::Frame(frame) = &mut self.what else { return };
        let Some(content) = &frame.content else { return };
        frame.payload = Some(match (how, content.bytes.get(2..)) {
            // The two bytes before the reason of a Close are its code, which is shown already.
            (PayloadAs::Text, Some(reason)) if frame.code.is_some() => {
                let (bytes, len) = (reason.to_vec(), content.len.saturating_sub(2));
                shown(&Content { bytes, len, sound: content.sound }, how, limit)
            }
            _ => shown(content, how, limit),
        });
    }
}

fn shown(content: &Content, how: PayloadAs, limit: usize) -> Payload {
    let bytes = content.bytes.get(..limit).unwrap_or(&content.bytes);
    let is_whole = bytes.len() as u64 == content.len;
    let text = match how {
        PayloadAs::Hex => None,
        PayloadAs::Text => text_of(bytes, is_whole),
    };
    let shown = text.as_ref().map_or(bytes.len(), String::len);
    let hex = text.is_none().then(|| hex_of(bytes));
    Payload { text, hex, cut: content.len.saturating_sub(shown as u64), sound: content.sound }
}

/// The bytes as text, if they are; a character that the limit has cut is left out.
fn text_of(bytes: &[u8], is_whole: bool) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(error) if error.error_len().is_none() && !is_whole => {
            let (whole, _) = bytes.split_at_checked(error.valid_up_to())?;
            Some(String::from_utf8_lossy(whole).into_owned())
        }
        Err(_) => None,
    }
}

/// Two digits a byte.
pub(super) fn hex_of(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(bytes: &[u8], how: PayloadAs, limit: usize) -> Payload {
        let content = Content { bytes: bytes.to_vec(), len: bytes.len() as u64, sound: true };
        shown(&content, how, limit)
    }

    #[test]
    fn text_is_shown_as_text_and_the_rest_in_hex() {
        let text = payload("grüße".as_bytes(), PayloadAs::Text, 100);
        assert_eq!((text.text.as_deref(), text.hex, text.cut), (Some("grüße"), None, 0));
        let binary = payload(b"\x00\xff", PayloadAs::Text, 100);
        assert_eq!((binary.text, binary.hex.as_deref()), (None, Some("00ff")));
        assert_eq!(payload(b"hi", PayloadAs::Hex, 100).hex.as_deref(), Some("6869"));
    }

    #[test]
    fn a_limit_cuts_between_characters_and_says_how_much() {
        let cut = payload("grüße".as_bytes(), PayloadAs::Text, 3);
        assert_eq!((cut.text.as_deref(), cut.cut), (Some("gr"), 5));
        let cut = payload(b"abcdef", PayloadAs::Hex, 2);
        assert_eq!((cut.hex.as_deref(), cut.cut), (Some("6162"), 4));
    }

    #[test]
    fn a_whole_message_that_ends_inside_a_character_is_no_text() {
        assert_eq!(payload(b"gr\xc3", PayloadAs::Text, 100).hex.as_deref(), Some("6772c3"));
    }
}
