//! The MAC of a record that has no AEAD (RFC 5246 §6.2.3.1), and what it covers beside the bytes.

use hmac::{Hmac, KeyInit};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384};

use crate::tls::RecordHeader;
use crate::tls::suite::Mac;

/// Sequence number, type, version and length (RFC 5246 §6.2.3.3): the additional data of an AEAD up
/// to TLS 1.2, and what a MAC begins with. `len` is that of the content, or of the ciphertext where
/// the MAC covers that; a record's is below 2^16.
pub(super) fn additional_data(sequence: u64, header: RecordHeader, len: usize) -> [u8; 13] {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sequence.to_be_bytes();
    // A length that does not fit is that of no record, and authenticates none.
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    let [kind, v0, v1, l0, l1] = RecordHeader { len, ..header }.to_bytes();
    [s0, s1, s2, s3, s4, s5, s6, s7, kind, v0, v1, l0, l1]
}

/// A MAC with its key.
pub(super) enum RecordMac {
    Md5(Box<Hmac<Md5>>),
    Sha1(Box<Hmac<Sha1>>),
    Sha256(Box<Hmac<Sha256>>),
    Sha384(Box<Hmac<Sha384>>),
}

impl RecordMac {
    pub(super) fn new(mac: Mac, key: &[u8]) -> Option<RecordMac> {
        Some(match mac {
            Mac::Md5 => RecordMac::Md5(keyed(key)?),
            Mac::Sha1 => RecordMac::Sha1(keyed(key)?),
            Mac::Sha256 => RecordMac::Sha256(keyed(key)?),
            Mac::Sha384 => RecordMac::Sha384(keyed(key)?),
        })
    }

    /// Whether the MAC of `head` and `body` is `expected`.
    pub(super) fn matches(&self, head: &[u8], body: &[u8], expected: &[u8]) -> bool {
        match self {
            RecordMac::Md5(mac) => matches(&**mac, head, body, expected),
            RecordMac::Sha1(mac) => matches(&**mac, head, body, expected),
            RecordMac::Sha256(mac) => matches(&**mac, head, body, expected),
            RecordMac::Sha384(mac) => matches(&**mac, head, body, expected),
        }
    }

    #[cfg(test)]
    pub(super) fn of(&self, head: &[u8], body: &[u8]) -> Vec<u8> {
        fn of<M: Clone + hmac::Mac>(mac: &M, head: &[u8], body: &[u8]) -> Vec<u8> {
            mac.clone().chain_update(head).chain_update(body).finalize().into_bytes().to_vec()
        }
        match self {
            RecordMac::Md5(mac) => of(&**mac, head, body),
            RecordMac::Sha1(mac) => of(&**mac, head, body),
            RecordMac::Sha256(mac) => of(&**mac, head, body),
            RecordMac::Sha384(mac) => of(&**mac, head, body),
        }
    }
}

fn keyed<M: KeyInit>(key: &[u8]) -> Option<Box<M>> {
    M::new_from_slice(key).ok().map(Box::new)
}

fn matches<M: Clone + hmac::Mac>(mac: &M, head: &[u8], body: &[u8], expected: &[u8]) -> bool {
    mac.clone().chain_update(head).chain_update(body).verify_slice(expected).is_ok()
}
