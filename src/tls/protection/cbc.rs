//! AES-CBC with a MAC (RFC 5246 §6.2.3.2, RFC 4346 §6.2.3.2, RFC 2246 §6.2.3.2).
//!
//! The MAC is that of the content and encrypted with it, or that of the ciphertext and behind it
//! (RFC 7366). Since TLS 1.1 each record begins with its IV; before, its IV is the last block of the
//! record before it.

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128Dec, Aes256Dec};

use super::Refused;
use super::mac::{RecordMac, additional_data};
use crate::tls::schedule::Keys;
use crate::tls::suite::{BLOCK, Cipher, Mac, MacOrder};
use crate::tls::{ContentType, RecordHeader, Version};

type Block = [u8; BLOCK];

/// The cipher, the MAC and the IV of a direction.
pub(super) struct Cbc {
    cipher: Aes,
    mac: RecordMac,
    mac_len: usize,
    order: MacOrder,
    iv: Iv,
}

/// In boxes, as the round keys are large.
enum Aes {
    Aes128(Box<Aes128Dec>),
    Aes256(Box<Aes256Dec>),
}

/// Where a record's IV comes from.
enum Iv {
    /// It stands in the record.
    Sent,
    /// The last block before the record, if that is known.
    Chained(Option<Block>),
}

impl Cbc {
    pub(super) fn new(
        version: Version,
        cipher: Cipher,
        keys: &Keys,
        order: MacOrder,
    ) -> Option<Cbc> {
        let (cipher, mac): (Aes, Mac) = match cipher {
            Cipher::Aes128Cbc(mac) => {
                (Aes::Aes128(Box::new(Aes128Dec::new_from_slice(&keys.key).ok()?)), mac)
            }
            Cipher::Aes256Cbc(mac) => {
                (Aes::Aes256(Box::new(Aes256Dec::new_from_slice(&keys.key).ok()?)), mac)
            }
            _ => return None,
        };
        let iv = if version <= Version::TLS_1_0 {
            Iv::Chained(Some(Block::try_from(keys.iv.as_slice()).ok()?))
        } else {
            Iv::Sent
        };
        let mac_len = mac.len();
        Some(Cbc { cipher, mac: RecordMac::new(mac, &keys.mac)?, mac_len, order, iv })
    }

    pub(super) fn open(
        &mut self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let opened = match self.order {
            MacOrder::MacThenEncrypt => self.open_mac_inside(sequence, header, fragment, out),
            MacOrder::EncryptThenMac => self.open_mac_behind(sequence, header, fragment, out),
        };
        opened?;
        self.chain(fragment);
        Ok(header.content_type)
    }

    /// Passes over a record that was not opened. Where the MAC is that of the ciphertext, it does
    /// not cover the IV before TLS 1.1: what is not known to be authentic must not become one, or
    /// the next record would be opened with a first block that nobody sent.
    pub(super) fn pass(&mut self, fragment: &[u8]) {
        match self.order {
            MacOrder::MacThenEncrypt => self.chain(fragment),
            MacOrder::EncryptThenMac => self.forget(),
        }
    }

    /// Before TLS 1.1, the last block of a record is the IV of the next.
    fn chain(&mut self, fragment: &[u8]) {
        if let Iv::Chained(iv) = &mut self.iv {
            let behind = match self.order {
                MacOrder::MacThenEncrypt => 0,
                MacOrder::EncryptThenMac => self.mac_len,
            };
            let len = fragment.len().saturating_sub(behind);
            *iv = fragment.get(..len).and_then(|blocks| blocks.last_chunk().copied());
        }
    }

    /// Records were lost, and with them the IV of the next.
    pub(super) fn forget(&mut self) {
        if let Iv::Chained(iv) = &mut self.iv {
            *iv = None;
        }
    }

    fn open_mac_inside(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let (iv, blocks) = self.blocks(fragment)?;
        // A MAC and the length of the padding, at least.
        if blocks.len() <= self.mac_len {
            return Err(Refused::TooShort);
        }
        self.decrypt(&iv?, blocks, out)?;
        let behind = out.len() - padding_len(out, self.mac_len)?;
        let content_len = behind.checked_sub(self.mac_len).ok_or(Refused::Padding)?;
        let (content, rest) = out.split_at_checked(content_len).ok_or(Refused::Padding)?;
        let mac = rest.get(..self.mac_len).ok_or(Refused::Padding)?;
        if !self.mac.matches(&additional_data(sequence, header, content_len), content, mac) {
            return Err(Refused::Tag);
        }
        out.truncate(content_len);
        Ok(())
    }

    fn open_mac_behind(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refused> {
        let len = fragment.len().checked_sub(self.mac_len).ok_or(Refused::TooShort)?;
        let (encrypted, mac) = fragment.split_at_checked(len).ok_or(Refused::TooShort)?;
        let (iv, blocks) = self.blocks(encrypted)?;
        if !self.mac.matches(&additional_data(sequence, header, len), encrypted, mac) {
            return Err(Refused::Tag);
        }
        self.decrypt(&iv?, blocks, out)?;
        let content_len = out.len() - padding_len(out, 0)?;
        out.truncate(content_len);
        Ok(())
    }

    /// The IV and the blocks behind it; the blocks also where the IV is not known, so that what is
    /// wrong with them is said first.
    fn blocks<'f>(
        &self,
        encrypted: &'f [u8],
    ) -> Result<(Result<Block, Refused>, &'f [u8]), Refused> {
        let (iv, blocks) = match &self.iv {
            Iv::Sent => {
                let (iv, blocks) = encrypted.split_first_chunk().ok_or(Refused::TooShort)?;
                (Ok(*iv), blocks)
            }
            Iv::Chained(iv) => (iv.ok_or(Refused::NoIv), encrypted),
        };
        match blocks.len() {
            0 => Err(Refused::TooShort),
            len if !len.is_multiple_of(BLOCK) => Err(Refused::Blocks),
            _ => Ok((iv, blocks)),
        }
    }

    fn decrypt(&self, iv: &Block, blocks: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
        out.resize(blocks.len(), 0);
        let (blocks, _) = Array::slice_as_chunks(blocks);
        let (to, _) = Array::slice_as_chunks_mut(out);
        let iv = iv.into();
        let decrypted = match &self.cipher {
            Aes::Aes128(cipher) => {
                ::cbc::Decryptor::inner_iv_init(&**cipher, iv).decrypt_blocks_b2b(blocks, to)
            }
            Aes::Aes256(cipher) => {
                ::cbc::Decryptor::inner_iv_init(&**cipher, iv).decrypt_blocks_b2b(blocks, to)
            }
        };
        decrypted.map_err(|_| Refused::Blocks)
    }
}

/// Bytes of the padding, its length byte included. Each of them is the length (RFC 5246 §6.2.3.2),
/// and `before` bytes have to fit before it.
fn padding_len(decrypted: &[u8], before: usize) -> Result<usize, Refused> {
    let value = decrypted.last().ok_or(Refused::Padding)?;
    let len = usize::from(*value) + 1;
    let rest = decrypted.len().checked_sub(len).ok_or(Refused::Padding)?;
    let padding = decrypted.get(rest..).ok_or(Refused::Padding)?;
    if rest < before || padding.iter().any(|byte| byte != value) {
        return Err(Refused::Padding);
    }
    Ok(len)
}
