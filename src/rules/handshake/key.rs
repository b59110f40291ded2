//! Sec-WebSocket-Key and its answer (RFC 6455 §4.2.2).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{self, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Bytes of a key.
pub(super) const LEN: usize = 16;

const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Base64 with padding. The sample key of RFC 6455 §4.1 itself ends in bits that are not 0, so
/// those are let pass.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The bytes of a key; `None` when it is not base64.
pub(super) fn decoded(key: &str) -> Option<Vec<u8>> {
    BASE64.decode(key).ok()
}

/// The answer to a key.
pub(super) fn accept(key: &[u8]) -> String {
    encode(&sha1(&[key, GUID.as_bytes()]))
}

/// How a server came to answer `key` with `found`, if it is a mistake that is known.
pub(super) fn mistake(key: &str, found: &str) -> Option<&'static str> {
    let right = accept(key.as_bytes());
    let with = |key: String| accept(key.as_bytes());
    let guid_written = |guid: &str| encode(&sha1(&[key.as_bytes(), guid.as_bytes()]));
    let digest = sha1(&[key.as_bytes(), GUID.as_bytes()]);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let url_safe = right.replace('+', "-").replace('/', "_");
    let sha256 = encode(&Sha256::new().chain_update(key).chain_update(GUID).finalize());

    let same = |other: &str| found == other;
    let known: [(bool, &'static str); 18] = [
        (found.is_empty(), "it is empty"),
        (same(key), "it is the key itself"),
        (
            decoded(key).is_some_and(|bytes| same(&accept(&bytes))),
            "the key was decoded before it was hashed",
        ),
        (found.eq_ignore_ascii_case(&hex), "it is the digest in hex instead of base64"),
        (
            same(&encode(hex.as_bytes())) || same(&encode(hex.to_uppercase().as_bytes())),
            "the digest was turned into hex before base64",
        ),
        (same(&guid_written("")), "the GUID was forgotten"),
        (same(&guid_written(&GUID.to_ascii_lowercase())), "the GUID was written in lower case"),
        (
            same(&encode(&sha1(&[GUID.as_bytes(), key.as_bytes()]))),
            "the GUID was put before the key",
        ),
        (same(&with(format!("{key}\r\n"))), "a line end (CR LF) was hashed with the key"),
        (same(&with(format!("{key}\n"))), "a line end (LF) was hashed with the key"),
        (same(&with(format!("{key}\r"))), "a carriage return was hashed with the key"),
        (
            same(&with(format!("{key}\0"))) || same(&guid_written(&format!("{GUID}\0"))),
            "a NUL behind the string was hashed with it",
        ),
        (
            same(&with(format!(" {key}"))) || same(&with(format!("{key} "))),
            "the white space around the key was hashed with it",
        ),
        (same(&with(format!("\"{key}\""))), "the key was hashed in quotes"),
        (same(&with(key.to_ascii_lowercase())), "the key was turned into lower case first"),
        (same(&sha256), "SHA-256 was used instead of SHA-1"),
        (
            same(&url_safe)
                || same(right.trim_end_matches('='))
                || right.eq_ignore_ascii_case(found),
            "the digest is right and its base64 is not: alphabet, letter case or padding",
        ),
        (
            same("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "it answers the sample key of RFC 6455, so it is fixed or comes from a cache",
        ),
    ];
    known.into_iter().find_map(|(holds, name)| holds.then_some(name))
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

fn encode(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    #[test]
    fn the_sample_of_the_rfc_is_answered() {
        assert_eq!(accept(KEY.as_bytes()), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(decoded(KEY).as_deref(), Some(&b"the sample nonce"[..]));
    }

    #[test]
    fn a_key_whose_last_bits_are_not_zero_is_a_key() {
        assert_eq!(decoded("AQIDBAUGBwgJCgsMDQ4PEC==").map(|bytes| bytes.len()), Some(LEN));
        assert_eq!(decoded("AQIDBAUGBwgJCgsMDQ4PEA"), None); // no padding
        assert_eq!(decoded("AQIDBAUGBwgJCgsMDQ4P-_=="), None); // the alphabet of URIs
    }

    #[test]
    fn the_usual_mistakes_are_named() {
        let named = |found: &str| mistake(KEY, found).unwrap_or_default();
        assert!(named(KEY).contains("itself"));
        assert!(named(&accept(b"the sample nonce")).contains("decoded"));
        assert!(named("b37a4f2cc0624f1690f64606cf385945b2bec4ea").contains("hex"));
        assert!(named(&accept(format!("{KEY}\n").as_bytes())).contains("LF"));
        assert!(named(&accept(format!("{KEY}\0").as_bytes())).contains("NUL"));
        assert!(named(&encode(&sha1(&[KEY.as_bytes()]))).contains("forgotten"));
        assert!(named("s3pPLMBiTxaQ9kYGzzhZRbK-xOo=").contains("base64 is not"));
        assert!(
            mistake("x", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").unwrap_or_default().contains("sample")
        );
        assert_eq!(mistake(KEY, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), None);
    }
}
