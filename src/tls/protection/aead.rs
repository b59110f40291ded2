//! The ciphers that authenticate: one call for all of them.
//!
//! In: a key, then a nonce, additional data and what was sealed. Out: the content. Which nonce and
//! which additional data is for the modes to know.

use aes::{Aes128, Aes256};
use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::{U8, U12, U16};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadCore, AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;

use super::Refused;
use crate::tls::suite::Cipher;

/// Bytes of a nonce.
pub(super) const NONCE: usize = 12;

/// A cipher with its key; the round keys are worked out once. In boxes, as some are large.
pub(super) enum Aead {
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
    ChaCha20Poly1305(Box<ChaCha20Poly1305>),
    Aes128Ccm(Box<Ccm<Aes128, U16, U12>>),
    Aes256Ccm(Box<Ccm<Aes256, U16, U12>>),
    Aes128Ccm8(Box<Ccm<Aes128, U8, U12>>),
    Aes256Ccm8(Box<Ccm<Aes256, U8, U12>>),
}

impl Aead {
    /// The cipher under this key; `None` if it is no AEAD, or the key has another length.
    pub(super) fn new(cipher: Cipher, key: &[u8]) -> Option<Aead> {
        Some(match cipher {
            Cipher::Aes128Gcm => Aead::Aes128Gcm(keyed(key)?),
            Cipher::Aes256Gcm => Aead::Aes256Gcm(keyed(key)?),
            Cipher::ChaCha20Poly1305 => Aead::ChaCha20Poly1305(keyed(key)?),
            Cipher::Aes128Ccm => Aead::Aes128Ccm(keyed(key)?),
            Cipher::Aes256Ccm => Aead::Aes256Ccm(keyed(key)?),
            Cipher::Aes128Ccm8 => Aead::Aes128Ccm8(keyed(key)?),
            Cipher::Aes256Ccm8 => Aead::Aes256Ccm8(keyed(key)?),
            Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_) | Cipher::Null(_) => return None,
        })
    }

    /// Puts into `out` what is sealed: ciphertext and tag. Where it is refused, `out` is empty.
    pub(super) fn open(
        &self,
        nonce: &[u8; NONCE],
        additional: &[u8],
        sealed: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let opened = match self {
            Aead::Aes128Gcm(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::Aes256Gcm(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::ChaCha20Poly1305(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::Aes128Ccm(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::Aes256Ccm(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::Aes128Ccm8(cipher) => open(&**cipher, nonce, additional, sealed, out),
            Aead::Aes256Ccm8(cipher) => open(&**cipher, nonce, additional, sealed, out),
        };
        if opened.is_err() {
            out.clear();
        }
        opened
    }

    /// The counterpart of [`Aead::open`]: ciphertext and tag.
    #[cfg(test)]
    pub(super) fn seal(&self, nonce: &[u8; NONCE], additional: &[u8], content: &[u8]) -> Vec<u8> {
        match self {
            Aead::Aes128Gcm(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::Aes256Gcm(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::ChaCha20Poly1305(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::Aes128Ccm(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::Aes256Ccm(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::Aes128Ccm8(cipher) => seal(&**cipher, nonce, additional, content),
            Aead::Aes256Ccm8(cipher) => seal(&**cipher, nonce, additional, content),
        }
    }
}

fn keyed<C: KeyInit>(key: &[u8]) -> Option<Box<C>> {
    C::new_from_slice(key).ok().map(Box::new)
}

/// From buffer to buffer: the ciphertext is not copied first.
fn open<C: AeadInOut + AeadCore<NonceSize = U12>>(
    cipher: &C,
    nonce: &[u8; NONCE],
    additional: &[u8],
    sealed: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let tag_len = size_of::<Array<u8, C::TagSize>>();
    let content_len = sealed.len().checked_sub(tag_len).ok_or(Refused::TooShort)?;
    let (ciphertext, tag) = sealed.split_at_checked(content_len).ok_or(Refused::TooShort)?;
    let tag = Array::try_from(tag).map_err(|_| Refused::TooShort)?;
    // What the buffer holds from before is overwritten, so nothing has to be cleared.
    out.resize(content_len, 0);
    let buffers = InOutBuf::new(ciphertext, out).map_err(|_| Refused::TooShort)?;
    let nonce = Array::from(*nonce);
    cipher.decrypt_inout_detached(&nonce, additional, buffers, &tag).map_err(|_| Refused::Tag)
}

#[cfg(test)]
fn seal<C: AeadInOut + AeadCore<NonceSize = U12>>(
    cipher: &C,
    nonce: &[u8; NONCE],
    additional: &[u8],
    content: &[u8],
) -> Vec<u8> {
    let mut sealed = content.to_vec();
    let buffer = sealed.as_mut_slice().into();
    let tag = cipher.encrypt_inout_detached(&Array::from(*nonce), additional, buffer);
    sealed.extend_from_slice(&tag.expect("it is short enough"));
    sealed
}
