//! Rules of the opening handshake (RFC 6455 §4).

use super::Rule;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[];
