//! Records that have a MAC and are not encrypted (RFC 5246 §6.2.3.1).

use super::Refused;
use super::mac::{RecordMac, additional_data};
use crate::tls::schedule::Keys;
use crate::tls::suite::Mac;
use crate::tls::{ContentType, RecordHeader};

/// The MAC of a direction.
pub(super) struct Null {
    mac: RecordMac,
    mac_len: usize,
}

impl Null {
    pub(super) fn new(mac: Mac, keys: &Keys) -> Option<Null> {
        Some(Null { mac: RecordMac::new(mac, &keys.mac)?, mac_len: mac.len() })
    }

    pub(super) fn open(
        &self,
        sequence: u64,
        header: RecordHeader,
        fragment: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<ContentType, Refused> {
        let content_len = fragment.len().checked_sub(self.mac_len).ok_or(Refused::TooShort)?;
        let (content, mac) = fragment.split_at_checked(content_len).ok_or(Refused::TooShort)?;
        if !self.mac.matches(&additional_data(sequence, header, content_len), content, mac) {
            return Err(Refused::Tag);
        }
        out.clear();
        out.extend_from_slice(content);
        Ok(header.content_type)
    }

    #[cfg(test)]
    pub(super) fn seal(&self, additional: &[u8], content: &[u8]) -> Vec<u8> {
        [content, &self.mac.of(additional, content)].concat()
    }
}
