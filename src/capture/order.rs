//! Numbers in the byte order of the host that wrote the capture.

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The low byte first.
    Little,
    /// The high byte first.
    Big,
}

impl ByteOrder {
    #[inline]
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            ByteOrder::Little => u64::from_le_bytes(bytes),
            ByteOrder::Big => u64::from_be_bytes(bytes),
        }
    }

    /// The 16-bit number at `offset`, if it is there.
    #[inline]
    pub(super) fn u16_at(self, bytes: &[u8], offset: usize) -> Option<u16> {
        Some(self.u16(*bytes.get(offset..)?.first_chunk()?))
    }

    /// The 32-bit number at `offset`, if it is there.
    #[inline]
    pub(super) fn u32_at(self, bytes: &[u8], offset: usize) -> Option<u32> {
        Some(self.u32(*bytes.get(offset..)?.first_chunk()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_its_order_where_all_of_it_is() {
        assert_eq!(ByteOrder::Big.u32_at(&[0, 0, 1, 2], 0), Some(258));
        assert_eq!(ByteOrder::Little.u32_at(&[2, 1, 0, 0], 0), Some(258));
        assert_eq!(ByteOrder::Big.u16_at(&[7, 1, 2], 1), Some(258));
        assert_eq!(ByteOrder::Big.u32_at(&[1, 2, 3], 0), None);
        assert_eq!(ByteOrder::Big.u32_at(&[1, 2, 3], 9), None);
    }
}
