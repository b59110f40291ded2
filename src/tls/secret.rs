//! Secrets, and what they belong to.
//!
//! A secret is overwritten when it is dropped, and has no way into a report: it cannot be printed,
//! compared or serialised.

use std::fmt;

use zeroize::Zeroizing;

/// The random of a ClientHello (RFC 8446 §4.1.2), by which a key log names a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientRandom(pub [u8; 32]);

/// Which secret of a session: the names are those of the NSS key log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `CLIENT_RANDOM`: the master secret of TLS 1.2 and before, 48 bytes.
    MasterSecret,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`: what protects 0-RTT data.
    ClientEarlyTraffic,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    ClientHandshakeTraffic,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    ServerHandshakeTraffic,
    /// `CLIENT_TRAFFIC_SECRET_0`.
    ClientTraffic,
    /// `SERVER_TRAFFIC_SECRET_0`.
    ServerTraffic,
}

/// The bytes of a secret: 48 for a master secret, and as many as the suite's hash has for a
/// traffic secret of TLS 1.3 (32 or 48).
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The longest secret there is: no hash of a suite has more bytes.
    pub const LONGEST: usize = 64;

    /// A secret of these bytes.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// The bytes, for the key schedule alone.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Without the bytes.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}
