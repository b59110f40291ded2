//! Published vectors as bytes, for tests alone.

/// The bytes of hex digits; what stands between digits is passed over.
#[allow(clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| u8::try_from(digit).expect("below 16"))
        .collect();
    assert!(digits.len().is_multiple_of(2), "half a byte");
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
