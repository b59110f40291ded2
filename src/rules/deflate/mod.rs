//! Rules of permessage-deflate (RFC 7692).
//!
//! Those on its parameters compare the answer with the offers; those on messages speak only of
//! what inflated behind no hole of the capture. RSV1 where nothing was agreed on is the business of
//! [`super::framing`].

use super::Rule;

mod bomb;
mod client_bits_unoffered;
mod context_desync;
mod inflate_failed;
mod negotiation;
mod param_unknown;
mod rsv1_on_continuation;
mod server_bits_larger;
mod tail_not_removed;
mod takeover_ignored;
mod takeover_unconfirmed;
mod window_exceeded;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[
    &param_unknown::RULE,
    &client_bits_unoffered::RULE,
    &server_bits_larger::RULE,
    &takeover_unconfirmed::RULE,
    &rsv1_on_continuation::RULE,
    &takeover_ignored::RULE,
    &context_desync::RULE,
    &window_exceeded::RULE,
    &inflate_failed::RULE,
    &tail_not_removed::RULE,
    &bomb::RULE,
];

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;
