//! The protection of records (RFC 8446 §5.2, RFC 5246 §6.2.3): from ciphertext to content.
//!
//! In: the fragments of one direction between two changes of its keys, each with its header and its
//! sequence number. Out: the content and its type, or why there is none. What does not authenticate
//! is never handed out, and a record that is refused leaves everything as it was: it may be tried
//! again under another sequence number. Sequence numbers are counted elsewhere.
//!
//! We read passively what was sent long ago, so nothing here has to take constant time.
//!
//! The ciphers are RustCrypto's. One family of crates in plain Rust has every mode of the table, CBC
//! and CCM among them, which `ring` does not have; and there is no C and no assembler to build, where
//! `aws-lc-rs` takes five times the processor time to compile. What that costs: with GCM both others
//! open records about four times as fast (8 GB/s against 2 on long ones), with ChaCha20-Poly1305
//! about twice. A gigabyte of it still takes one thread half a second to a second.

mod aead;
mod cbc;
mod explicit;
mod mac;
mod null;
mod refused;
mod state;
mod xored;

#[cfg(test)]
pub(crate) mod seal;
#[cfg(test)]
mod tests;

pub use refused::Refused;
pub use state::Protection;
