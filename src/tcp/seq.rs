//! Arithmetic on TCP sequence numbers, which wrap (RFC 9293 §3.4).

use std::ops::Add;

/// A TCP sequence or acknowledgement number as on the wire.
///
/// It has no order of its own: whether one number is before another depends on the half of the
/// circle between them, so there is no `<` but [`Seq::distance_from`] and [`Seq::is_before`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seq(pub u32);

impl Seq {
    /// Steps forward from `origin` to `self`, in −2³¹ ..= 2³¹ − 1; negative when `self` is behind.
    pub fn distance_from(self, origin: Seq) -> i32 {
        self.0.wrapping_sub(origin.0).cast_signed()
    }

    /// Whether `self` comes before `other` on the nearer half of the circle.
    pub fn is_before(self, other: Seq) -> bool {
        self.distance_from(other) < 0
    }
}

/// `bytes` further on the circle.
impl Add<u32> for Seq {
    type Output = Seq;

    fn add(self, bytes: u32) -> Seq {
        Seq(self.0.wrapping_add(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        assert!(Seq(0xffff_fff0).is_before(Seq(0x10)));
        assert!(!Seq(0x10).is_before(Seq(0xffff_fff0)));
        assert_eq!(Seq(0x10).distance_from(Seq(0xffff_fff0)), 0x20);
        assert_eq!(Seq(0xffff_fff0) + 0x20, Seq(0x10));
    }
}
