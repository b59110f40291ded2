//! Masking (RFC 6455 §5.3).

use super::MaskKey;

/// Masks or unmasks `bytes` in place, of which the first stands at `position` in its payload.
///
/// Four bytes at a time as one word, in a loop that the compiler turns into vector instructions.
pub fn unmask(bytes: &mut [u8], key: MaskKey, position: u64) {
    let mut key = key.0;
    key.rotate_left((position % 4) as usize);
    let word = u32::from_ne_bytes(key);
    let mut words = bytes.chunks_exact_mut(4);
    for chunk in &mut words {
        if let Ok(four) = <[u8; 4]>::try_from(&*chunk) {
            chunk.copy_from_slice(&(u32::from_ne_bytes(four) ^ word).to_ne_bytes());
        }
    }
    words.into_remainder().iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masked_hello_of_rfc_6455_section_5_7() {
        let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        unmask(&mut payload, MaskKey([0x37, 0xfa, 0x21, 0x3d]), 0);
        assert_eq!(&payload, b"Hello");
    }

    #[test]
    fn any_split_unmasks_alike() {
        let key = MaskKey([1, 2, 3, 4]);
        let mut whole: Vec<u8> = (0..64).collect();
        unmask(&mut whole, key, 0);
        for cut in 0..64 {
            let mut parts: Vec<u8> = (0..64).collect();
            let (head, tail) = parts.split_at_mut(cut);
            unmask(head, key, 0);
            unmask(tail, key, cut as u64);
            assert_eq!(parts, whole);
        }
    }
}
