//! Rules of frame headers, masking and fragmentation (RFC 6455 §5).

use super::Rule;

mod client_frame_unmasked;

/// The family, in the order in which its rules are listed and tried. A rule that explains away a
/// whole header comes before those that judge its fields.
pub static RULES: &[&Rule] = &[&client_frame_unmasked::RULE];
