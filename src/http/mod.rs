//! The opening handshake.

mod message;

pub use message::{Field, Handshake, Head, Request, Response};
