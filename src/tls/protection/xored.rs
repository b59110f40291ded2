//! The nonce that is not sent: an IV to which the sequence number is added bit by bit.
//!
//! Of TLS 1.3 (RFC 8446 §5.2, §5.3), where the content type is inside, behind the content and before
//! the padding; and of ChaCha20-Poly1305 in TLS 1.2 (RFC 7905 §2), where nothing is inside but the
//! content.

use zeroize::Zeroizing;

use super::Refused;
use super::aead::{Aead, NONCE};
use super::mac::additional_data;
use crate::tls::schedule::Keys;
use crate::tls::suite::Cipher;
use crate::tls::{ContentType, RecordHeader};

/// An AEAD and the IV of its direction.
pub(super) struct Xored {
    aead: Aead,
    iv: Zeroizing<[u8; NONCE]>,
}

impl Xored {
    pub(super) fn new(cipher: Cipher, keys: &Keys) -> Option<Xored> {
        let iv = <[u8; NONCE]>::try_from(keys.iv.as_slice()).ok()?;
        Some(Xored { aead: Aead::new(cipher, &keys.key)?, iv: Zeroizing::new(iv) })
    }

    /// A record of TLS 1.3.
    pub(super) fn open_1_3(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        self.aead.open(&self.nonce(sequence), &header.to_bytes(), fragment, out)?;
        // RFC 8446 §5.4: zeros may follow the type, so the last byte that is none is the type.
        let content_type = out.iter().rposition(|byte| *byte != 0);
        let content_type = content_type.and_then(|at| out.drain(at..).next());
        content_type.map(ContentType).ok_or_else(|| {
            out.clear();
            Refused::NoContentType
        })
    }

    /// A record of TLS 1.2.
    pub(super) fn open_1_2(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let content_len = fragment.len().checked_sub(TAG).ok_or(Refused::TooShort)?;
        let additional = additional_data(sequence, header, content_len);
        self.aead.open(&self.nonce(sequence), &additional, fragment, out)?;
        Ok(header.content_type)
    }

    fn nonce(&self, sequence: u64) -> [u8; NONCE] {
        let mut nonce = *self.iv;
        let low = nonce.iter_mut().rev();
        low.zip(sequence.to_le_bytes()).for_each(|(to, from)| *to ^= from);
        nonce
    }

    #[cfg(test)]
    pub(super) fn seal(&self, sequence: u64, additional: &[u8], content: &[u8]) -> Vec<u8> {
        self.aead.seal(&self.nonce(sequence), additional, content)
    }
}

/// Bytes of the tag of ChaCha20-Poly1305.
const TAG: usize = 16;
