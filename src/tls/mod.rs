//! TLS (RFC 8446, RFC 5246, RFC 4346, RFC 2246): from ciphertext to the plaintext stream inside.
//!
//! In: the stream events of both directions of a connection, and the keys that somebody logged.
//! Out: the stream events of the plaintext, which lead back to the packets of their records, and
//! what can be said of the session itself. Without keys, what the lengths, directions and times of
//! its records suggest. Nothing is guessed into the plaintext: a record that does not authenticate
//! is a hole in it.

mod facts;
mod handshake;
#[cfg(test)]
mod hex;
mod keylog;
mod keyring;
mod map;
pub mod protection;
mod record;
mod records;
pub mod schedule;
mod secret;
mod session;
mod shape;
pub mod suite;

#[cfg(test)]
pub(crate) use hex::hex;

pub use facts::{Alert, AlertFact, EarlyData, Keys, TlsFacts, TlsSide};
pub use handshake::speaker;
pub use keylog::{Foreign, KeyLog, KeyLogFacts, LineFault, MalformedLine, read_key_log};
pub use keyring::{Added, EncryptedPrefix, Keyring};
pub use map::RecordMap;
pub use record::{ContentType, HEADER_LEN, RecordHeader, Version};
pub use secret::{ClientRandom, Label, Secret};
pub use session::{Opened, Session, TlsLimits};
pub use shape::{Closing, Inference, InferredClose, InferredEnd, KeepAlive, Likeness, Shape};
