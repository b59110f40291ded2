//! What a suite is made of, and how long its records get.

use crate::tls::Version;

/// A suite that is decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its number in the IANA registry.
    pub id: u16,
    /// Its name there.
    pub name: &'static str,
    /// What protects its records.
    pub cipher: Cipher,
    /// The hash of the key schedule: of HKDF in TLS 1.3, of the pseudorandom function in TLS 1.2.
    /// Before, that function has its own (RFC 4346 §5).
    pub hash: Hash,
    /// The first version that has the suite. Those up to 1.2 are not in 1.3, and the other way
    /// round.
    pub since: Version,
}

/// What protects records, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// AES-128-GCM (RFC 5288, RFC 8446).
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305 (RFC 7905, RFC 8446).
    ChaCha20Poly1305,
    /// AES-128-CCM (RFC 6655, RFC 8446).
    Aes128Ccm,
    /// AES-256-CCM.
    Aes256Ccm,
    /// AES-128-CCM with a tag of 8 bytes.
    Aes128Ccm8,
    /// AES-256-CCM with a tag of 8 bytes.
    Aes256Ccm8,
    /// AES-128-CBC and a MAC (RFC 5246 §6.2.3.2).
    Aes128Cbc(Mac),
    /// AES-256-CBC and a MAC.
    Aes256Cbc(Mac),
    /// A MAC, and no encryption (RFC 5246 §6.2.3.1).
    Null(Mac),
}

/// The HMAC of a record, by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mac {
    /// HMAC-MD5.
    Md5,
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
}

/// The hash of a key schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

/// What a CBC suite does first; the other suites do not care.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MacOrder {
    /// The MAC is encrypted with the content (RFC 5246 §6.2.3.2).
    #[default]
    MacThenEncrypt,
    /// The MAC is that of the ciphertext and stands behind it (RFC 7366): both sides have agreed on
    /// the extension `encrypt_then_mac`.
    EncryptThenMac,
}

/// Bytes of an AES block, and of the IV of its CBC mode.
pub(in crate::tls) const BLOCK: usize = 16;

/// Bytes of the nonce that stands in a record of GCM or CCM up to TLS 1.2 (RFC 5288 §3).
pub(in crate::tls) const EXPLICIT_NONCE: usize = 8;

impl Suite {
    /// Bytes behind the header of the record in which `plain` bytes of content are sealed, with no
    /// more padding than the mode needs.
    pub fn sealed_len(&self, version: Version, mac_order: MacOrder, plain: usize) -> usize {
        let sealed = |overhead: usize| plain.saturating_add(overhead);
        let Some(mac) = self.cipher.mac() else {
            // RFC 8446 §5.2: the inner content type, then the tag.
            let around = match self.cipher {
                _ if version >= Version::TLS_1_3 => 1,
                // RFC 7905 §2: its nonce is not sent.
                Cipher::ChaCha20Poly1305 => 0,
                _ => EXPLICIT_NONCE,
            };
            return sealed(around + self.cipher.tag_len());
        };
        if matches!(self.cipher, Cipher::Null(_)) {
            return sealed(mac.len());
        }
        // RFC 4346 §6.2.3.2: since TLS 1.1 the IV stands in the record.
        let iv = if version >= Version::TLS_1_1 { BLOCK } else { 0 };
        // At least one byte of padding: its length.
        let blocks = |content: usize| (content / BLOCK + 1).saturating_mul(BLOCK);
        match mac_order {
            MacOrder::MacThenEncrypt => blocks(sealed(mac.len())).saturating_add(iv),
            MacOrder::EncryptThenMac => blocks(plain).saturating_add(iv + mac.len()),
        }
    }
}

impl Cipher {
    /// Bytes of the encryption key.
    pub fn key_len(self) -> usize {
        match self {
            Cipher::Aes128Gcm | Cipher::Aes128Ccm | Cipher::Aes128Ccm8 | Cipher::Aes128Cbc(_) => 16,
            Cipher::Aes256Gcm
            | Cipher::ChaCha20Poly1305
            | Cipher::Aes256Ccm
            | Cipher::Aes256Ccm8
            | Cipher::Aes256Cbc(_) => 32,
            Cipher::Null(_) => 0,
        }
    }

    /// The MAC of a suite that is no AEAD.
    pub fn mac(self) -> Option<Mac> {
        match self {
            Cipher::Aes128Cbc(mac) | Cipher::Aes256Cbc(mac) | Cipher::Null(mac) => Some(mac),
            _ => None,
        }
    }

    /// Bytes of what authenticates a record: the tag of an AEAD, or the MAC.
    pub fn tag_len(self) -> usize {
        match self {
            Cipher::Aes128Ccm8 | Cipher::Aes256Ccm8 => 8,
            other => other.mac().map_or(16, Mac::len),
        }
    }
}

#[expect(clippy::len_without_is_empty, reason = "none is empty")]
impl Mac {
    /// Bytes of the MAC, and of its key.
    pub const fn len(self) -> usize {
        match self {
            Mac::Md5 => 16,
            Mac::Sha1 => 20,
            Mac::Sha256 => 32,
            Mac::Sha384 => 48,
        }
    }
}

#[expect(clippy::len_without_is_empty, reason = "none is empty")]
impl Hash {
    /// Bytes of the hash.
    pub const fn len(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::suite;

    const EMPTY_CLOSE: usize = 2;

    fn len(id: u16, version: Version, order: MacOrder, plain: usize) -> usize {
        suite::find(id).expect("it is in the table").sealed_len(version, order, plain)
    }

    #[test]
    fn an_empty_close_frame_has_its_length_under_each_mode() {
        use MacOrder::{EncryptThenMac, MacThenEncrypt};
        let (v1_0, v1_2, v1_3) = (Version::TLS_1_0, Version::TLS_1_2, Version::TLS_1_3);
        let close = |id, version, order| len(id, version, order, EMPTY_CLOSE);
        // TLS_AES_128_GCM_SHA256: 2, the content type, the tag.
        assert_eq!(close(0x1301, v1_3, MacThenEncrypt), 2 + 1 + 16);
        // TLS_AES_128_CCM_8_SHA256.
        assert_eq!(close(0x1305, v1_3, MacThenEncrypt), 2 + 1 + 8);
        // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: the nonce, 2, the tag.
        assert_eq!(close(0xC02F, v1_2, MacThenEncrypt), 8 + 2 + 16);
        // TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256.
        assert_eq!(close(0xCCA8, v1_2, MacThenEncrypt), 2 + 16);
        // TLS_RSA_WITH_AES_128_CBC_SHA: 2 and 20 of MAC fill two blocks with 10 of padding.
        assert_eq!(close(0x002F, v1_0, MacThenEncrypt), 32);
        assert_eq!(close(0x002F, v1_2, MacThenEncrypt), 16 + 32);
        assert_eq!(close(0x002F, v1_2, EncryptThenMac), 16 + 16 + 20);
        // TLS_RSA_WITH_NULL_SHA.
        assert_eq!(close(0x0002, v1_2, MacThenEncrypt), 2 + 20);
    }

    #[test]
    fn a_full_block_is_followed_by_a_block_of_padding() {
        let cbc = |plain| len(0x002F, Version::TLS_1_0, MacOrder::MacThenEncrypt, plain);
        assert_eq!((cbc(11), cbc(12)), (32, 48));
    }
}
