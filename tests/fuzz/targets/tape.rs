//! The input of a target, read as decisions.
//!
//! In: any bytes. Out: numbers, choices and stretches of bytes; zeros where the bytes are used up,
//! so that every input decides everything.

/// What is left of the input.
#[derive(Clone, Copy)]
pub(crate) struct Tape<'a>(pub(crate) &'a [u8]);

impl<'a> Tape<'a> {
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    pub(crate) fn word(&mut self) -> u32 {
        u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// Less than `bound`, of which one byte decides.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// At most `most`, of which two bytes decide.
    pub(crate) fn up_to(&mut self, most: usize) -> usize {
        usize::from(self.short()) % (most + 1)
    }

    /// One time in `times`.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times
    }

    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// The next `len` bytes, or as many as there are.
    pub(crate) fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Some bytes, as many as one byte in front of them says.
    pub(crate) fn some(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte());
        self.take(len)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// `bytes` in pieces, the lengths of which follow from `salt`.
pub(crate) fn pieces(mut bytes: &[u8], mut salt: u32) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        salt = salt.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let most = [1, 3, 8, 64, 1_500][(salt >> 8) as usize % 5];
        let len = 1 + (salt >> 16) as usize % most;
        let (piece, rest) = bytes.split_at(len.min(bytes.len()));
        bytes = rest;
        Some(piece)
    })
}
