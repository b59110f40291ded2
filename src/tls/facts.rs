//! What is known of a TLS session when its connection, or the capture, has ended.
//!
//! Nothing here is worked out; the session fills it in. Offsets are those of the stream that
//! carries the records.

use super::Version;
use crate::endpoint::PerSide;
use crate::provenance::PacketRef;
use crate::tcp::Range64;

/// A session, as far as the capture tells.
#[derive(Clone, Debug, Default)]
pub struct TlsFacts {
    /// The negotiated version; `None` where no ServerHello was captured.
    pub version: Option<Version>,
    /// The negotiated cipher suite, by its IANA number.
    pub suite: Option<u16>,
    /// Whether what is encrypted is compressed (RFC 3749): then it is not read.
    pub is_compressed: bool,
    /// The host name that the client asked for (RFC 6066 §3).
    pub server_name: Option<String>,
    /// The protocols that the client offered (RFC 7301); `None` where it did not use ALPN, or its
    /// ClientHello was not captured (see [`TlsFacts::has_client_hello`]).
    pub offered: Option<Vec<String>>,
    /// The protocol that the server chose, where that is known: in TLS 1.3 it is encrypted.
    pub chosen: Option<String>,
    /// Whether the ClientHello was captured.
    pub has_client_hello: bool,
    /// Whether both sides finished the handshake, as far as that can be seen.
    pub established: bool,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// Whether the client sent early data (0-RTT), and the server took it, where that is known.
    pub early_data: Option<EarlyData>,
    /// Whether the plaintext could be read.
    pub keys: Keys,
    /// What each side sent.
    pub sides: PerSide<TlsSide>,
}

/// What became of early data (RFC 8446 §4.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyData {
    /// The server took it.
    Accepted,
    /// The server passed it over.
    Rejected,
    /// The client offered it, and the answer is not known.
    Offered,
}

/// Whether the plaintext could be read, and why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// Nobody has logged the keys of this session.
    #[default]
    Missing,
    /// The keys were there, and records authenticated under them.
    Found,
    /// Keys are logged for this session, and no record authenticated under them.
    Wrong,
    /// Keys are logged for this session, but not all that are needed.
    Incomplete,
    /// The keys may be there, but the cipher suite or the version is one that is not decrypted, or
    /// the plaintext is compressed.
    Unsupported,
    /// What is needed to use the keys was not captured: the ClientHello, or up to TLS 1.2 the
    /// ServerHello.
    HelloLost,
}

/// What one side sent.
#[derive(Clone, Debug, Default)]
pub struct TlsSide {
    /// Records whose header was read.
    pub records: u64,
    /// Those of them that are encrypted, as far as their headers tell: of application data, which in
    /// TLS 1.3 all pretend to be, and all behind a ChangeCipherSpec.
    pub sealed: u64,
    /// Records of application data that were decrypted.
    pub opened: u64,
    /// Records that were captured whole and did not authenticate.
    pub refused: u64,
    /// The first of them: its place, and the packet with its last byte.
    pub first_refused: Option<(Range64, PacketRef)>,
    /// Times that the keys were updated (RFC 8446 §4.6.3).
    pub key_updates: u64,
    /// The first alert that ends the connection or says that it will end: `close_notify`, or a
    /// fatal one.
    pub ending: Option<Box<AlertFact>>,
    /// All alerts: the first few.
    pub alerts: Vec<AlertFact>,
    /// The last records that could not be read, whether they were lost or not authentic. Where the
    /// stream ends with it, an alert may have been in it.
    pub last_unread: Option<Range64>,
    /// Where the boundaries of records were lost, and not found again.
    pub lost_at: Option<u64>,
    /// A record that is incomplete at the end of what was captured: where it begins.
    pub partial_at: Option<u64>,
    /// Bytes that are no TLS where a record was due: the first few, and where they stand.
    pub foreign: Option<Box<(u64, Vec<u8>)>>,
}

impl TlsSide {
    /// Alerts that are remembered.
    pub const MOST_ALERTS: usize = 8;
}

/// An alert (RFC 8446 §6, RFC 5246 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertFact {
    /// What it says; `None` where it is encrypted and could not be read.
    pub alert: Option<Alert>,
    /// Where its record stands.
    pub range: Range64,
    /// The packet with the last byte of its record.
    pub at: PacketRef,
    /// Offset in the plaintext of the same direction: behind so much application data it stands.
    pub plain_offset: u64,
}

/// The two bytes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// 1 is a warning, 2 is fatal; in TLS 1.3 without meaning.
    pub level: u8,
    /// What is the matter: see [`Alert::name`].
    pub description: u8,
}

impl Alert {
    /// The sender will send nothing more (RFC 8446 §6.1).
    pub const CLOSE_NOTIFY: u8 = 0;
    /// The user has cancelled the handshake; `close_notify` follows.
    pub const USER_CANCELED: u8 = 90;

    /// Whether the connection ends in order with it.
    pub fn is_close_notify(self) -> bool {
        self.description == Alert::CLOSE_NOTIFY
    }

    /// Whether it ends the connection as a failure: by its level up to TLS 1.2, and by what it says
    /// in TLS 1.3, where all but two are fatal (RFC 8446 §6).
    pub fn is_fatal(self) -> bool {
        self.level == 2 && self.description != Alert::CLOSE_NOTIFY
    }

    /// Its name in the IANA registry, `alert 200` where there is none.
    pub fn name(self) -> String {
        let known = NAMES.iter().find(|(code, _)| *code == self.description);
        known.map_or_else(|| format!("alert {}", self.description), |(_, name)| (*name).to_owned())
    }
}

/// The names of the IANA registry "TLS Alerts".
const NAMES: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_its_name_or_its_number() {
        let name = |description| Alert { level: 2, description }.name();
        assert_eq!((name(48), name(200)), ("unknown_ca".to_owned(), "alert 200".to_owned()));
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
