//! Rules of Ping and Pong (RFC 6455 §5.5.2, §5.5.3).

use super::Rule;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[];
