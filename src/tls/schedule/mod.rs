//! Key schedules: from the secrets of a key log to the keys of records.
//!
//! In: the secret of a session or of one direction, the suite, and up to TLS 1.2 both randoms. Out:
//! for a direction its key, its IV and the key of its MAC. What stands between is overwritten when
//! it is dropped. The key exchange itself is not done again: without a logged secret there are no
//! keys.

mod hkdf;
mod key_block;
mod prf;

use zeroize::Zeroizing;

pub(in crate::tls) use hkdf::{next_traffic_secret, traffic_keys};
pub(in crate::tls) use key_block::expand;
pub use key_block::master_secret_from_premaster;

/// What protects one direction.
pub(in crate::tls) struct Keys {
    /// The key of the MAC; empty for an AEAD.
    pub(in crate::tls) mac: Zeroizing<Vec<u8>>,
    /// The key of the cipher; empty where nothing is encrypted.
    pub(in crate::tls) key: Zeroizing<Vec<u8>>,
    /// What the nonce begins with, what the sequence number is added to, or the first IV of TLS
    /// 1.0: each mode knows which.
    pub(in crate::tls) iv: Zeroizing<Vec<u8>>,
}
