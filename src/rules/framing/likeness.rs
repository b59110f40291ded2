//! What bytes look like that are no good header.
//!
//! In: the bytes at a header that a rule has found wrong. Out: an addition to that rule's detail.
//! It proves nothing by itself; what does, is `injected-http-bytes`.

use crate::knowledge::first_bytes;

/// `; the bytes look like a chunk size`, or nothing.
pub(super) fn likeness(bytes: &[u8]) -> String {
    match first_bytes::matches_where_illegal(bytes) {
        Some(signature) => format!("; the bytes look like this: {}", signature.name),
        None => String::new(),
    }
}
