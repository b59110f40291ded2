//! A few bytes that are kept for a while.
//!
//! In: bytes, of which the first `N` are taken. Out: those, as a slice. Frames come by the
//! million, so what is kept of one lies in its state itself and never on the heap.

use std::fmt;
use std::ops::Deref;

/// At most `N` bytes; what does not fit is left out.
#[derive(Clone, Copy)]
pub struct Short<const N: usize> {
    bytes: [u8; N],
    /// At most `N`, which is a few.
    len: u8,
}

impl<const N: usize> Short<N> {
    /// Appends as many of `bytes` as there is room for.
    pub fn extend(&mut self, bytes: &[u8]) {
        let room = self.bytes.get_mut(usize::from(self.len)..).unwrap_or_default();
        let count = room.len().min(bytes.len());
        if let (Some(room), Some(bytes)) = (room.get_mut(..count), bytes.get(..count)) {
            room.copy_from_slice(bytes);
            self.len += u8::try_from(count).unwrap_or_default();
        }
    }

    /// Keeps the first `len` bytes at most.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(u8::try_from(len).unwrap_or(u8::MAX));
    }

    /// Takes the first `count` bytes away, or all there are.
    pub fn take_front(&mut self, count: usize) -> Short<N> {
        let (front, rest) = self.split_at_checked(count).unwrap_or((self, &[]));
        let (front, rest) = (Short::from(front), Short::from(rest));
        *self = rest;
        front
    }

    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        usize::from(self.len) == N
    }
}

impl<const N: usize> Default for Short<N> {
    fn default() -> Short<N> {
        const { assert!(N <= u8::MAX as usize) };
        Short { bytes: [0; N], len: 0 }
    }
}

impl<const N: usize> From<&[u8]> for Short<N> {
    fn from(bytes: &[u8]) -> Short<N> {
        let mut short = Short::default();
        short.extend(bytes);
        short
    }
}

impl<const N: usize> Deref for Short<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl<const N: usize> PartialEq for Short<N> {
    fn eq(&self, other: &Short<N>) -> bool {
        **self == **other
    }
}

impl<const N: usize> Eq for Short<N> {}

impl<const N: usize> fmt::Debug for Short<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut short = Short::<4>::from(&b"abc"[..]);
        short.extend(b"def");
        assert_eq!(&*short, b"abcd");
        assert!(short.is_full());
    }

    #[test]
    fn equal_bytes_are_equal_whatever_stood_behind_them() {
        let mut short = Short::<4>::from(&b"abcd"[..]);
        short.truncate(1);
        assert_eq!(short, Short::from(&b"a"[..]));
    }

    #[test]
    fn the_front_comes_off_and_the_rest_moves_up() {
        let mut short = Short::<4>::from(&b"abcd"[..]);
        assert_eq!(&*short.take_front(3), b"abc");
        assert_eq!(&*short, b"d");
        assert_eq!(&*short.take_front(9), b"d");
        assert!(short.is_empty());
    }
}
