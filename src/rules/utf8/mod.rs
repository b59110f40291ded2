//! Rules of text payload (RFC 6455 §5.6, §8.1).

use super::Rule;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[];
