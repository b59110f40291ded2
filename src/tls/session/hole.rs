//! Records that were not read, and how much plaintext was in them.
//!
//! A length that is not certain is not given: whoever reads the plaintext would take the bytes
//! behind the hole for others than they are.

use crate::tcp::{GapCause, Range64};
use crate::tls::suite::{Cipher, MacOrder, Suite};
use crate::tls::{ContentType, RecordHeader, Version};

use super::direction::Doubt;

/// One or more records that were not read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unread {
    pub(super) range: Range64,
    pub(super) cause: GapCause,
    /// How many they are.
    pub(super) count: Doubt,
    /// The header of a single one.
    pub(super) header: Option<RecordHeader>,
    /// Those of application data, if every header was captured: how many, and what they have behind
    /// their headers.
    data: Option<(u64, u64)>,
    /// Whether one among several changes the keys.
    pub(super) has_change: bool,
}

impl Unread {
    /// One record, whose header was captured.
    pub(super) fn record(header: RecordHeader, range: Range64, cause: GapCause) -> Unread {
        let is_data = header.content_type == ContentType::APPLICATION_DATA;
        let data = if is_data { (1, u64::from(header.len)) } else { (0, 0) };
        Unread {
            range,
            cause,
            count: Doubt { least: 1, most: 1 },
            header: Some(header),
            data: Some(data),
            has_change: header.content_type == ContentType::CHANGE_CIPHER_SPEC,
        }
    }

    /// Bytes in which the boundaries of records are not known.
    pub(super) fn bytes(range: Range64, cause: GapCause) -> Unread {
        let count = Doubt::of_bytes(range.len());
        Unread { range, cause, count, header: None, data: None, has_change: true }
    }

    /// Adds what comes behind.
    pub(super) fn add(&mut self, behind: &Unread) {
        self.range.end = self.range.end.max(behind.range.end);
        self.count = self.count.and(behind.count);
        self.header = None;
        let sum = |(count, bytes): (u64, u64), (more, further): (u64, u64)| {
            (count.saturating_add(more), bytes.saturating_add(further))
        };
        self.data = self.data.zip(behind.data).map(|(here, there)| sum(here, there));
        self.has_change |= behind.has_change;
    }

    /// Whether none of them carries application data, by their headers.
    pub(super) fn has_no_data(&self) -> bool {
        matches!(self.data, Some((0, _)))
    }

    /// Bytes of application data in them, if that is certain: they all are under the keys of
    /// `suite`, which says what it adds to each record.
    pub(super) fn plain(&self, version: Version, suite: &Suite) -> Option<u64> {
        let (records, bytes) = self.data?;
        if records == 0 {
            return Some(0);
        }
        // In TLS 1.3 the type stands inside, with padding; CBC pads in any version.
        let is_exact = !matches!(suite.cipher, Cipher::Aes128Cbc(_) | Cipher::Aes256Cbc(_));
        if version >= Version::TLS_1_3 || !is_exact {
            return None;
        }
        let overhead = suite.sealed_len(version, MacOrder::MacThenEncrypt, 0);
        bytes.checked_sub(records.checked_mul(u64::try_from(overhead).ok()?)?)
    }
}
