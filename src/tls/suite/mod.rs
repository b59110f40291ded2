//! Cipher suites: what a number in a ServerHello means for the records that follow.
//!
//! In: the number of a suite. Out: its row, with the cipher and the hash; or at least its name.
//! Nothing is encrypted or decrypted here. A further suite is a row in `table.rs`.

mod model;
mod names;
mod table;

use std::borrow::Cow;

pub(in crate::tls) use model::{BLOCK, EXPLICIT_NONCE};
pub use model::{Cipher, Hash, Mac, MacOrder, Suite};
pub use table::SUITES;

/// The row of a suite that is decrypted; `None` where this one is not.
pub fn find(id: u16) -> Option<&'static Suite> {
    SUITES.binary_search_by_key(&id, |suite| suite.id).ok().and_then(|at| SUITES.get(at))
}

/// The name of a suite in the IANA registry, decrypted or not; `suite 0x1234` where it is unknown.
pub fn name(id: u16) -> Cow<'static, str> {
    if let Some(suite) = find(id) {
        return Cow::Borrowed(suite.name);
    }
    let known = names::NAMES.binary_search_by_key(&id, |(id, _)| *id).ok();
    match known.and_then(|at| names::NAMES.get(at)) {
        Some((_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(format!("suite {id:#06x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Version;

    #[test]
    fn numbers_are_unique_and_ascend() {
        assert!(SUITES.is_sorted_by(|one, next| one.id < next.id));
        assert!(names::NAMES.is_sorted_by(|one, next| one.0 < next.0));
        assert!(names::NAMES.iter().all(|(id, _)| find(*id).is_none()));
    }

    #[test]
    fn names_are_unique_and_well_formed() {
        let rows = SUITES.iter().map(|suite| suite.name);
        let mut all: Vec<&str> = rows.chain(names::NAMES.iter().map(|(_, name)| *name)).collect();
        for name in &all {
            let ours = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            assert!(name.bytes().all(ours) && !name.contains("__"), "{name}");
        }
        assert!(SUITES.iter().all(|suite| suite.name.starts_with("TLS_")));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    /// What the name says is read from its end: `…_AES_128_CBC_SHA256`.
    #[test]
    fn a_row_agrees_with_its_name() {
        for suite in SUITES {
            let name = suite.name.split_once("_WITH_").map_or(suite.name, |(_, rest)| rest);
            let name = name.strip_prefix("TLS_").unwrap_or(name);
            let mac = match name.rsplit('_').next() {
                Some("MD5") => Mac::Md5,
                Some("SHA") => Mac::Sha1,
                Some("SHA384") => Mac::Sha384,
                _ => Mac::Sha256,
            };
            let starts = |with: &str| name.starts_with(with);
            let (cipher, aead) = if starts("CHACHA20_POLY1305") {
                (Cipher::ChaCha20Poly1305, true)
            } else if starts("AES_128_GCM") {
                (Cipher::Aes128Gcm, true)
            } else if starts("AES_256_GCM") {
                (Cipher::Aes256Gcm, true)
            } else if starts("AES_128_CCM_8") {
                (Cipher::Aes128Ccm8, true)
            } else if starts("AES_256_CCM_8") {
                (Cipher::Aes256Ccm8, true)
            } else if starts("AES_128_CCM") {
                (Cipher::Aes128Ccm, true)
            } else if starts("AES_256_CCM") {
                (Cipher::Aes256Ccm, true)
            } else if starts("AES_128_CBC") {
                (Cipher::Aes128Cbc(mac), false)
            } else if starts("AES_256_CBC") {
                (Cipher::Aes256Cbc(mac), false)
            } else {
                assert!(starts("NULL_"), "{}", suite.name);
                (Cipher::Null(mac), false)
            };
            assert_eq!(suite.cipher, cipher, "{}", suite.name);
            // RFC 5246 §5: SHA-256 wherever the suite does not ask for a stronger hash.
            let hash = if mac == Mac::Sha384 { Hash::Sha384 } else { Hash::Sha256 };
            assert_eq!(suite.hash, hash, "{}", suite.name);
            let is_1_3 = !suite.name.contains("_WITH_");
            assert_eq!(suite.since == Version::TLS_1_3, is_1_3, "{}", suite.name);
            assert!(!aead || suite.since >= Version::TLS_1_2, "{}", suite.name);
        }
    }

    #[test]
    fn every_suite_that_most_servers_choose_is_decrypted() {
        for id in (0x1301..=0x1305).chain([0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0x002F])
        {
            assert_eq!(find(id).map(|suite| suite.id), Some(id), "{id:#06x}");
        }
    }

    #[test]
    fn a_suite_that_is_not_decrypted_has_a_name_or_its_number() {
        assert!(find(0x000A).is_none() && find(0xC011).is_none());
        assert_eq!(name(0x000A), "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
        assert_eq!(name(0xC011), "TLS_ECDHE_RSA_WITH_RC4_128_SHA");
        assert_eq!(name(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(name(0x1A2B), "suite 0x1a2b");
    }
}
