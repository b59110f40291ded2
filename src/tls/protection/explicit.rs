//! The nonce of which a part is sent: GCM (RFC 5288) and CCM (RFC 6655) in TLS 1.2.
//!
//! Four bytes of it come from the key block and eight stand before the ciphertext.

use zeroize::Zeroizing;

use super::Refused;
use super::aead::{Aead, NONCE};
use super::mac::additional_data;
use crate::tls::schedule::Keys;
use crate::tls::suite::{Cipher, EXPLICIT_NONCE};
use crate::tls::{ContentType, RecordHeader};

/// Bytes of the nonce that come from the key block.
const SALT: usize = NONCE - EXPLICIT_NONCE;

/// An AEAD and the salt of its direction.
pub(super) struct Explicit {
    aead: Aead,
    salt: Zeroizing<[u8; SALT]>,
    tag_len: usize,
}

impl Explicit {
    pub(super) fn new(cipher: Cipher, keys: &Keys) -> Option<Explicit> {
        let salt = Zeroizing::new(<[u8; SALT]>::try_from(keys.iv.as_slice()).ok()?);
        Some(Explicit { aead: Aead::new(cipher, &keys.key)?, salt, tag_len: cipher.tag_len() })
    }

    pub(super) fn open(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let (explicit, sealed) =
            fragment.split_first_chunk::<EXPLICIT_NONCE>().ok_or(Refused::TooShort)?;
        let content_len = sealed.len().checked_sub(self.tag_len).ok_or(Refused::TooShort)?;
        let additional = additional_data(sequence, header, content_len);
        self.aead.open(&self.nonce(explicit), &additional, sealed, out)?;
        Ok(header.content_type)
    }

    fn nonce(&self, explicit: &[u8; EXPLICIT_NONCE]) -> [u8; NONCE] {
        let mut nonce = [0; NONCE];
        let parts = self.salt.iter().chain(explicit);
        nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        nonce
    }

    #[cfg(test)]
    pub(super) fn seal(
        &self,
        explicit: [u8; EXPLICIT_NONCE],
        additional: &[u8],
        content: &[u8],
    ) -> Vec<u8> {
        let sealed = self.aead.seal(&self.nonce(&explicit), additional, content);
        [explicit.as_slice(), &sealed].concat()
    }
}
