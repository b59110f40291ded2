//! The table of close codes in Vietnamese, and nothing else: for each row of the English files the
//! one of the same name here. Terms that Vietnamese engineers use in English stay in English
//! (Close frame, handshake, proxy); names from the RFC and from registries do too.
//!
//! Characters are precomposed (NFC), and every number of the English text is in its translation;
//! tests see to both.

pub(super) mod failures;
pub(in crate::knowledge) mod labels;
pub(super) mod lifecycle;
pub(super) mod local_only;
pub(super) mod ranges;
