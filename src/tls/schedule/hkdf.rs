//! The keys of TLS 1.3 (RFC 8446 §7.1 to §7.3).
//!
//! In: a traffic secret. Out: the key and the IV of its direction, and the secret that follows it.

use ::hkdf::Hkdf;
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use super::Keys;
use crate::tls::suite::{Hash, Suite};
use crate::tls::{Secret, Version};

/// Bytes of a nonce (RFC 8446 §5.3).
const NONCE: usize = 12;

/// The keys of the direction that a traffic secret protects; `None` if the secret is not as long as
/// the suite's hash, or the suite is not one of TLS 1.3.
pub(in crate::tls) fn traffic_keys(suite: &Suite, secret: &Secret) -> Option<Keys> {
    if suite.since != Version::TLS_1_3 {
        return None;
    }
    let mut key = Zeroizing::new(vec![0; suite.cipher.key_len()]);
    let mut iv = Zeroizing::new(vec![0; NONCE]);
    expand_label(suite.hash, secret, b"key", &mut key)?;
    expand_label(suite.hash, secret, b"iv", &mut iv)?;
    Some(Keys { mac: Zeroizing::default(), key, iv })
}

/// The secret that follows a KeyUpdate (RFC 8446 §7.2); `None` as with [`traffic_keys`].
pub(in crate::tls) fn next_traffic_secret(suite: &Suite, secret: &Secret) -> Option<Secret> {
    let mut next = Zeroizing::new(vec![0; suite.hash.len()]);
    expand_label(suite.hash, secret, b"traffic upd", &mut next)?;
    Some(Secret::new(std::mem::take(&mut *next)))
}

/// `HKDF-Expand-Label` (RFC 8446 §7.1) with an empty context.
fn expand_label(hash: Hash, secret: &Secret, label: &[u8], out: &mut [u8]) -> Option<()> {
    const PREFIX: &[u8] = b"tls13 ";
    if secret.len() != hash.len() {
        return None;
    }
    let out_len = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_len = [u8::try_from(PREFIX.len() + label.len()).ok()?];
    let info = [out_len.as_slice(), &label_len, PREFIX, label, &[0]];
    match hash {
        Hash::Sha256 => {
            Hkdf::<Sha256>::from_prk(secret.bytes()).ok()?.expand_multi_info(&info, out).ok()
        }
        Hash::Sha384 => {
            Hkdf::<Sha384>::from_prk(secret.bytes()).ok()?.expand_multi_info(&info, out).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{hex, suite};

    /// RFC 8448 §3, "Simple 1-RTT Handshake": the server's handshake traffic secret, and its keys.
    #[test]
    fn the_handshake_keys_are_those_of_rfc_8448() {
        let suite = suite::find(0x1301).expect("TLS_AES_128_GCM_SHA256");
        let secret = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";
        let keys = traffic_keys(suite, &Secret::new(hex(secret))).expect("it fits the suite");
        assert_eq!(*keys.key, hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(*keys.iv, hex("5d313eb2671276ee13000b30"));
    }

    #[test]
    fn a_secret_of_another_length_gives_no_keys() {
        let suite = suite::find(0x1302).expect("TLS_AES_256_GCM_SHA384");
        for (len, fits) in [(0, false), (32, false), (47, false), (48, true), (49, false)] {
            let secret = Secret::new(vec![1; len]);
            assert_eq!(traffic_keys(suite, &secret).is_some(), fits, "{len}");
            assert_eq!(next_traffic_secret(suite, &secret).is_some(), fits, "{len}");
        }
    }

    #[test]
    fn a_suite_of_an_older_version_has_no_traffic_keys() {
        let suite = suite::find(0xC02F).expect("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert!(traffic_keys(suite, &Secret::new(vec![1; 32])).is_none());
    }
}
