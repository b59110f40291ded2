//! Rules of frame headers, masking and fragmentation (RFC 6455 §5).
//!
//! Two faults of this family cannot be seen from one capture point and have no rule: that the
//! server's first frame, sent in one segment with its response, was lost on the way to the
//! application; and that an intermediary changed the fragmentation of messages in the presence of
//! extensions that it does not know (§5.4). Both need captures of the two legs.

use super::Rule;

mod client_frame_unmasked;
mod continuation_without_start;
mod control_compressed;
mod control_fragmented;
mod control_too_long;
mod empty_fragments_flood;
mod injected_http_bytes;
mod interleaved_writers;
mod length_implausible;
mod length_msb_set;
mod length_not_minimal;
mod likeness;
mod mask_key_reused;
mod mask_key_zero;
mod new_message_before_fin;
mod reserved_opcode;
mod rsv1_without_deflate;
mod rsv_bits_set;
mod server_frame_masked;
mod too_many_fragments;
mod torn_frame;

/// To be told more of once the message has ended: see [`say_that_it_inflates`].
pub static RSV1_WITHOUT_DEFLATE: &Rule = &rsv1_without_deflate::RULE;
pub use rsv1_without_deflate::say_that_it_inflates;

/// The family, in the order in which its rules are listed and tried. A rule that explains away a
/// whole header comes before those that judge its fields.
pub static RULES: &[&Rule] = &[
    &injected_http_bytes::RULE,
    &interleaved_writers::RULE,
    &client_frame_unmasked::RULE,
    &server_frame_masked::RULE,
    &mask_key_zero::RULE,
    &mask_key_reused::RULE,
    &rsv_bits_set::RULE,
    &rsv1_without_deflate::RULE,
    &control_compressed::RULE,
    &reserved_opcode::RULE,
    &length_not_minimal::RULE,
    &length_msb_set::RULE,
    &length_implausible::RULE,
    &control_fragmented::RULE,
    &control_too_long::RULE,
    &continuation_without_start::RULE,
    &new_message_before_fin::RULE,
    &empty_fragments_flood::RULE,
    &too_many_fragments::RULE,
    &torn_frame::RULE,
];

#[cfg(test)]
mod tests;
