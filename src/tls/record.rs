//! The header of a record (RFC 8446 §5.1, RFC 5246 §6.2).

use std::fmt;

/// Bytes of a record's header.
pub const HEADER_LEN: usize = 5;

/// What a record carries. An open code space: constants name the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentType(pub u8);

impl ContentType {
    /// A change of cipher; in TLS 1.3 without meaning (RFC 8446 §5).
    pub const CHANGE_CIPHER_SPEC: ContentType = ContentType(20);
    /// An alert.
    pub const ALERT: ContentType = ContentType(21);
    /// Messages of a handshake, whole or in part.
    pub const HANDSHAKE: ContentType = ContentType(22);
    /// Application data; in TLS 1.3 every encrypted record.
    pub const APPLICATION_DATA: ContentType = ContentType(23);
    /// A heartbeat (RFC 6520).
    pub const HEARTBEAT: ContentType = ContentType(24);

    /// The known ones are all from this
    pub(super) const LOWEST: u8 = ContentType::CHANGE_CIPHER_SPEC.0;
    /// to this.
    pub(super) const HIGHEST: u8 = ContentType::HEARTBEAT.0;
}

/// A version as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// SSL 3.0 (RFC 6101).
    pub const SSL_3_0: Version = Version(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS_1_0: Version = Version(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS_1_1: Version = Version(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS_1_2: Version = Version(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS_1_3: Version = Version(0x0304);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Version::SSL_3_0 => f.write_str("SSL 3.0"),
            Version::TLS_1_0 => f.write_str("TLS 1.0"),
            Version::TLS_1_1 => f.write_str("TLS 1.1"),
            Version::TLS_1_2 => f.write_str("TLS 1.2"),
            Version::TLS_1_3 => f.write_str("TLS 1.3"),
            Version(other) => write!(f, "TLS version {other:#06x}"),
        }
    }
}

/// The header of a record as found on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What it carries.
    pub content_type: ContentType,
    /// The version it states: up to 1.2, that of the session; in TLS 1.3 without meaning.
    pub version: Version,
    /// Bytes behind the header.
    pub len: u16,
}

impl RecordHeader {
    /// The most bytes that a record has behind its header: 2^14 and 2,048 of expansion (RFC 5246
    /// §6.2.3).
    pub const LONGEST: u16 = (1 << 14) + 2_048;

    /// Reads a header. Any bytes are one: see [`RecordHeader::is_plausible`].
    #[inline]
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> RecordHeader {
        let [content_type, v0, v1, l0, l1] = *bytes;
        RecordHeader {
            content_type: ContentType(content_type),
            version: Version(u16::from_be_bytes([v0, v1])),
            len: u16::from_be_bytes([l0, l1]),
        }
    }

    /// As it stood on the wire: TLS 1.3 authenticates it (RFC 8446 §5.2).
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [v0, v1] = self.version.0.to_be_bytes();
        let [l0, l1] = self.len.to_be_bytes();
        [self.content_type.0, v0, v1, l0, l1]
    }

    /// Whether nothing but the keys tells what is in it: application data is never in the clear.
    /// Other records may be encrypted, too.
    pub fn is_protected(&self) -> bool {
        self.content_type == ContentType::APPLICATION_DATA
    }

    /// The first byte of all versions from SSL 3.0 to TLS 1.3.
    pub(super) const MAJOR: u8 = 3;

    /// Whether a record may begin with it: a known kind, a version from SSL 3.0 to TLS 1.3, and a
    /// length that no implementation refuses.
    #[inline]
    pub fn is_plausible(&self) -> bool {
        (ContentType::LOWEST..=ContentType::HIGHEST).contains(&self.content_type.0)
            && (Version::SSL_3_0..=Version::TLS_1_3).contains(&self.version)
            && (1..=RecordHeader::LONGEST).contains(&self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_written_back() {
        let bytes = [23, 3, 3, 0x40, 0x11];
        let header = RecordHeader::parse(&bytes);
        assert_eq!(header.content_type, ContentType::APPLICATION_DATA);
        assert_eq!((header.version, header.len), (Version::TLS_1_2, 0x4011));
        assert_eq!(header.to_bytes(), bytes);
    }

    #[test]
    fn what_no_implementation_sends_is_not_plausible() {
        for bytes in [[19, 3, 3, 0, 1], [23, 2, 3, 0, 1], [23, 3, 5, 0, 1], [23, 3, 3, 0x48, 1]] {
            assert!(!RecordHeader::parse(&bytes).is_plausible(), "{bytes:?}");
        }
        assert!(RecordHeader::parse(&[22, 3, 1, 2, 0]).is_plausible());
    }
}
