//! Records of TLS 1.3, sealed by an AEAD and opened by nothing else.
//!
//! In: a traffic secret, and the content of records. Out: what stands on the wire, and the content
//! again. The keys are derived as RFC 8446 §7.3 says, so that whoever has the secret can open them.
//! Tests and benches include this file.

use std::hint::black_box;

use aes_gcm::aead::array::Array;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadCore, AeadInOut, KeyInit};
use hkdf::Hkdf;
use sha2::digest::block_api::EagerHash;
use wsblame::tls::{ContentType, RecordHeader, Version};

/// A record on the wire, and what the bare cipher needs beside it.
pub(crate) struct Record {
    pub(crate) header: RecordHeader,
    pub(crate) fragment: Vec<u8>,
    pub(crate) nonce: [u8; 12],
    /// What is authenticated beside the content.
    pub(crate) additional: Vec<u8>,
}

/// One direction's cipher, its key and its nonces.
pub(crate) struct Sealer<C> {
    cipher: C,
    iv: [u8; 12],
}

/// RFC 8446 §7.1: HKDF-Expand-Label without a context.
fn expand<D: EagerHash>(secret: &[u8], label: &str, out: &mut [u8]) {
    let label = format!("tls13 {label}");
    let len = u16::try_from(out.len()).expect("short").to_be_bytes();
    let label_len = [u8::try_from(label.len()).expect("short")];
    let hkdf = Hkdf::<D>::from_prk(secret).expect("as long as the hash");
    hkdf.expand_multi_info(&[&len, &label_len, label.as_bytes(), &[0]], out).expect("short");
}

/// The header of a record whose content only the keys show.
pub(crate) fn header(len: usize) -> RecordHeader {
    RecordHeader {
        content_type: ContentType::APPLICATION_DATA,
        version: Version::TLS_1_2,
        len: u16::try_from(len).expect("the length of a record"),
    }
}

impl<C: AeadInOut + AeadCore<NonceSize = U12> + KeyInit> Sealer<C> {
    /// Keys from the secret of one direction, by the hash `D` of the suite.
    pub(crate) fn of_traffic_secret<D: EagerHash>(secret: &[u8]) -> Sealer<C> {
        let (mut key, mut iv) = (vec![0; C::key_size()], [0; 12]);
        expand::<D>(secret, "key", &mut key);
        expand::<D>(secret, "iv", &mut iv);
        Sealer { cipher: C::new_from_slice(&key).expect("the length of a key"), iv }
    }

    /// The record with this number, without padding.
    pub(crate) fn seal(&self, sequence: u64, kind: ContentType, content: &[u8]) -> Record {
        let mut nonce = self.iv;
        nonce.iter_mut().rev().zip(sequence.to_le_bytes()).for_each(|(to, from)| *to ^= from);
        let mut fragment = Vec::with_capacity(content.len() + 17);
        fragment.extend_from_slice(content);
        fragment.push(kind.0);
        let header = header(fragment.len() + 16);
        let additional = header.to_bytes().to_vec();
        let buffer = fragment.as_mut_slice().into();
        let tag = self.cipher.encrypt_inout_detached(&Array::from(nonce), &additional, buffer);
        fragment.extend_from_slice(&tag.expect("short"));
        Record { header, fragment, nonce, additional }
    }

    /// Opens a record by the cipher alone; says how many bytes of content it has.
    pub(crate) fn open(&self, record: &Record, out: &mut Vec<u8>) -> usize {
        let (sealed, tag) = record.fragment.split_last_chunk::<16>().expect("it has a tag");
        let tag = Array::try_from(tag.as_slice()).expect("a tag of 16 bytes");
        out.resize(sealed.len(), 0);
        let buffers = InOutBuf::new(sealed, out).expect("of one length");
        let (nonce, additional) = (Array::from(record.nonce), &record.additional);
        let result = self.cipher.decrypt_inout_detached(&nonce, additional, buffers, &tag);
        result.expect("it authenticates");
        black_box(&*out).len() - 1
    }
}
