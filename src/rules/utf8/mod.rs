//! Rules of text payload (RFC 6455 §5.6, §8.1).
//!
//! They exclude each other: of one fault in a message the most specific rule speaks.

use super::Rule;

mod binary_in_text;
mod invalid_utf8_text;
mod kind;
mod utf8_truncated_at_end;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] =
    &[&invalid_utf8_text::RULE, &utf8_truncated_at_end::RULE, &binary_in_text::RULE];
