//! Bytes that are no frame: what turns up in a frame stream when something else writes into it.
//!
//! In: the bytes at a frame boundary that the caller has proven to be one (nothing lost since the
//! last good frame). Out: the signature they match. Nothing that could be a legal frame header ever
//! matches [`matches()`]; a wrong accusation of a proxy is worse than none.
//!
//! A frame's first byte is FIN, RSV1 to RSV3 and the opcode (RFC 6455 §5.2). Printable characters
//! lie in 0x20 ..= 0x7e, so they clear FIN and set at least one of RSV1 and RSV2. Only "A" (0x41)
//! and "B" (0x42) can then begin a frame: a compressed fragment (RFC 7692 §6.1).

mod signatures;

pub use signatures::SIGNATURES;

/// What foreign bytes look like.
#[derive(Clone, Debug)]
pub struct Signature {
    /// A short name for a finding's text.
    pub name: &'static str,
    /// Every first byte with which it can begin.
    pub first: &'static [u8],
    /// The fewest bytes on which it matches; at most 14, the longest frame header, so that nobody
    /// has to hold more than a header to ask.
    pub enough: usize,
    /// How much a match proves.
    pub strength: Strength,
    /// Who mostly writes such bytes, and how it comes about.
    pub injected_by: &'static str,
    shape: Shape,
}

impl Signature {
    /// The frame headers that its first bytes would be, one for each of `first`.
    pub fn headers(&self) -> impl Iterator<Item = FirstByte> {
        self.first.iter().copied().map(FirstByte::of)
    }

    /// Whether `bytes` begin with this signature; `false` while fewer than `enough` are there.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        bytes.len() >= self.enough
            && bytes.first().is_some_and(|byte| self.first.contains(byte))
            && self.shape.fits(bytes, self.enough)
    }
}

/// How much a match proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// Too few bytes to be sure: it may support another proof and is none by itself.
    Weak,
    /// Safe to name as the cause, at a proven frame boundary.
    Strong,
}

/// A first byte read as the start of a frame header (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstByte {
    /// The FIN bit.
    pub fin: bool,
    /// RSV1, RSV2, RSV3 as the bits 4, 2, 1.
    pub rsv: u8,
    /// The opcode, 0 ..= 15.
    pub opcode: u8,
}

impl FirstByte {
    /// Takes the byte apart.
    pub const fn of(byte: u8) -> FirstByte {
        FirstByte { fin: byte & 0x80 != 0, rsv: byte >> 4 & 0x7, opcode: byte & 0xf }
    }

    /// Whether a frame may begin so on some connection: without extensions, or as the first frame
    /// of a message under permessage-deflate (RSV1, RFC 7692 §6.1).
    pub const fn may_be_legal(self) -> bool {
        match (self.rsv, self.opcode) {
            (0, 0x0..=0x2) | (4, 0x1..=0x2) => true,
            (0, 0x8..=0xa) => self.fin, // §5.5: control frames are not fragmented
            _ => false,
        }
    }
}

/// The signature with which `bytes` begin, the more specific first; never for a first byte with
/// which a frame may legally begin.
pub fn matches(bytes: &[u8]) -> Option<&'static Signature> {
    let first = FirstByte::of(*bytes.first()?);
    if first.may_be_legal() { None } else { matches_where_illegal(bytes) }
}

/// As [`matches()`], for a header that the caller has already proven to be illegal where it stands,
/// such as a continuation without a start. Only then may a first byte of a legal header count.
pub fn matches_where_illegal(bytes: &[u8]) -> Option<&'static Signature> {
    SIGNATURES.iter().find(|signature| signature.fits(bytes))
}

#[derive(Clone, Debug)]
enum Shape {
    /// One of these, letters in either case, then text up to `enough` bytes.
    Text(&'static [&'static [u8]]),
    /// Exactly these bytes.
    Bytes(&'static [u8]),
    /// What the function accepts.
    Check(fn(&[u8]) -> bool),
}

impl Shape {
    fn fits(&self, bytes: &[u8], enough: usize) -> bool {
        match self {
            Shape::Text(beginnings) => {
                let begins = |text: &&[u8]| {
                    bytes.get(..text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text))
                };
                beginnings.iter().any(begins) && bytes.iter().take(enough).copied().all(is_text)
            }
            Shape::Bytes(exactly) => bytes.starts_with(exactly),
            Shape::Check(check) => check(bytes),
        }
    }
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: &[u8]) -> Option<&'static str> {
        matches(bytes).map(|signature| signature.name)
    }

    #[test]
    fn foreign_bytes_are_named() {
        let cases: &[(&[u8], &str)] = &[
            (b"HTTP/1.1 400 Bad Request\r\n", "HTTP status line"),
            (b"GET /chat HTTP/1.1\r\n", "HTTP request"),
            (b"Content-Length: 0\r\n", "HTTP header line"),
            (b"<!doctype html>", "HTML page"),
            (b"<?xml version", "XML document"),
            (b"{\"error\":1}", "JSON object"),
            (b"[\"a\",\"b\"]", "JSON array"),
            (b"[{\"op\":1}]", "JSON array"),
            (b"data: {}\n\n", "server-sent event"),
            (b"SSH-2.0-OpenSSH_9.6", "SSH banner"),
            (b"PROXY TCP4 10.0.0.1 ", "PROXY protocol v1 header"),
            (b"\r\n\r\n\0\r\nQUIT\n\x21", "PROXY protocol v2 header"),
            (b"PRI * HTTP/2.0\r\n", "HTTP/2 preface"),
            (b"0\r\n\r\n", "last chunk"),
            (b"4\r\n\x81\x02hi\r\n", "chunk"),
            (b"1a\r\n\x81\x18", "chunk size"),
            (&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], "TLS handshake record"),
            (&[0x15, 3, 3, 0, 2, 2, 40], "TLS alert record"),
            (&[0x17, 3, 3, 0, 64, 9, 9], "TLS application data record"),
            (&[0x1f, 0x8b, 8, 0, 0, 0], "gzip data"),
            (&[0x78, 0x9c, 0x4b], "zlib data"),
            (b"\r\n\x81\x02hi", "line end"),
            (&[0xff, 0x00], "hixie-76 closing handshake"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(name(bytes), Some(*expected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_legal_first_byte_ever_matches() {
        for first in (0..=255).filter(|byte| FirstByte::of(*byte).may_be_legal()) {
            for signature in SIGNATURES {
                let mut bytes = vec![first];
                bytes.extend(b"TTP/1.1 200 OK\r\n\r\n<html>");
                assert_eq!(name(&bytes), None, "{first:#04x}");
                // The worst case: the rest of a signature after a legal first byte.
                if let Shape::Bytes(exactly) = signature.shape {
                    bytes.splice(1.., exactly.iter().skip(1).copied());
                    assert_eq!(name(&bytes), None, "{first:#04x}");
                }
            }
        }
    }

    #[test]
    fn ordinary_frame_headers_match_nothing_with_any_length() {
        for first in [0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xc2, 0x41] {
            for length in 0..=255 {
                assert_eq!(name(&[first, length, b'\r', b'\n', b'{', b'"', 0xff, 0]), None);
            }
        }
    }

    #[test]
    fn a_strong_signature_never_begins_like_a_legal_header() {
        for signature in SIGNATURES {
            let legal = signature.headers().any(FirstByte::may_be_legal);
            assert!(!(legal && signature.strength == Strength::Strong), "{}", signature.name);
        }
    }

    #[test]
    fn a_strong_textual_signature_fixes_or_checks_at_least_five_bytes() {
        for signature in SIGNATURES.iter().filter(|s| s.strength == Strength::Strong) {
            let least = if matches!(signature.shape, Shape::Text(_)) { 8 } else { 5 };
            assert!((least..=14).contains(&signature.enough), "{}", signature.name);
        }
    }

    #[test]
    fn fewer_bytes_than_enough_match_nothing() {
        for text in [&b"HTTP/1."[..], b"GET /", b"{\"a\":1", b"PRI * HTTP/2", b"0\r\n\r", b""] {
            assert!(matches(text).is_none_or(|s| s.strength == Strength::Weak), "{text:?}");
        }
    }

    #[test]
    fn a_text_signature_begins_with_one_of_its_first_bytes() {
        for signature in SIGNATURES {
            let Shape::Text(beginnings) = &signature.shape else { continue };
            for text in beginnings.iter() {
                let begins = text.first().is_some_and(|byte| signature.first.contains(byte));
                assert!(begins, "{}", signature.name);
            }
        }
    }

    #[test]
    fn binary_after_a_brace_is_no_json() {
        assert_eq!(name(b"{\"\x00\x01\x02\x03\x04\x05"), None);
    }

    #[test]
    fn a_hixie_frame_counts_only_where_a_continuation_is_illegal() {
        let bytes = b"\x00hello\xff\x00";
        assert_eq!(name(bytes), None);
        let found = matches_where_illegal(bytes).map(|signature| signature.name);
        assert_eq!(found, Some("hixie-76 text frame"));
    }

    #[test]
    fn a_tls_record_needs_a_possible_version_and_length() {
        assert_eq!(name(&[0x16, 3, 9, 0, 50, 1, 0, 0, 46]), None);
        assert_eq!(name(&[0x16, 3, 3, 0xff, 0xff, 1, 0, 0, 46]), None);
        assert_eq!(name(&[0x15, 3, 3, 0, 3, 2, 40]), None);
    }
}
