//! The protection of records (RFC 8446 §5.2, RFC 5246 §6.2.3): from ciphertext to content.
//!
//! In: the fragments of one direction between two changes of its keys, each with its header and its
//! sequence number. Out: the content and its type, or why there is none. What does not authenticate
//! is never handed out, and a record that is refused leaves everything as it was: it may be tried
//! again under another sequence number. Sequence numbers are counted elsewhere.
//!
//! We read passively what was sent long ago, so nothing here has to take constant time.
//!
//! The ciphers are RustCrypto's. `ring` and `aws-lc-rs` open long GCM records three to five times as
//! fast, but need a C compiler or assembler and three to six times the build time, and neither has
//! the CBC suites up to TLS 1.2 with a MAC of their own order, nor CCM in `ring`. One family of
//! crates in plain Rust has all modes, and at gigabytes a second it is not what a capture waits for.

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
