//! Rules of the closing handshake and the end of TCP (RFC 6455 §5.5.1, §7).

use super::Rule;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[];
