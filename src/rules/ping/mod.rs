//! Rules of Ping and Pong (RFC 6455 §5.5.2, §5.5.3).

use super::Rule;

mod ping_unanswered;
mod pong_after_close_received;
mod pong_payload_mismatch;
mod waiting;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] =
    &[&ping_unanswered::RULE, &pong_payload_mismatch::RULE, &pong_after_close_received::RULE];
