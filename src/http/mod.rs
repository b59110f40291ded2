//! HTTP/1.1, as far as the opening handshake needs it.
//!
//! In: the [`crate::tcp::StreamEvent`]s of one connection. Out: the opening handshakes on it, and
//! where the frames begin ([`Tunnel`]). What a head says is kept as it was sent; the rules judge it
//! and [`redact`] hides what may be secret.

mod body;
pub mod deflate;
mod exchange;
mod extension;
mod head;
mod inlet;
mod message;
mod negotiation;
mod opening;
pub mod redact;

pub use exchange::{Exchange, HttpLimits, Note, Over, Progress, Sources, Tunnel, Why};
pub use extension::{Extension, ExtensionFault, Extensions};
pub use message::{ExpectsTls, Field, Handshake, Head, Request, Response};
pub use negotiation::is_token;
pub use opening::{Opening, classify};
