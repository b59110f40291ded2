//! From an interface's ticks to nanoseconds.

use crate::provenance::Timestamp;

const NANOS: u64 = 1_000_000_000;

/// The clock of one interface: resolution and offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    scale: Scale,
    /// Added to every time, in nanoseconds.
    offset: i128,
}

/// How nanoseconds come from ticks.
#[derive(Clone, Copy, Debug)]
enum Scale {
    /// A tick is that many nanoseconds.
    Times(u64),
    /// A nanosecond is that many ticks.
    Over(u64),
    /// A second is 2ⁿ ticks.
    Binary(u32),
}

impl Clock {
    /// Microseconds since 1970: what holds when the options say nothing.
    pub(super) const MICROSECONDS: Clock = Clock { scale: Scale::Times(1_000), offset: 0 };

    /// From `if_tsresol` (a negative power of ten, or of two when the top bit is set) and
    /// `if_tsoffset` (seconds).
    pub(super) fn new(resolution: u8, offset: i64) -> Clock {
        let power = u32::from(resolution & 0x7f);
        let scale = match (resolution & 0x80 != 0, power) {
            (true, _) => Scale::Binary(power),
            (false, 0..=9) => Scale::Times(10_u64.pow(9 - power)),
            // Beyond 10⁻²⁸ s a 64-bit number of ticks is less than a nanosecond.
            (false, _) => Scale::Over(10_u64.checked_pow(power - 9).unwrap_or(u64::MAX)),
        };
        Clock { scale, offset: i128::from(offset) * i128::from(NANOS) }
    }

    /// The time at `ticks`, rounded down; times beyond the range of [`Timestamp`] become its end.
    #[inline]
    pub(super) fn time(self, ticks: u64) -> Timestamp {
        let nanos = match self.scale {
            Scale::Times(factor) => u128::from(ticks) * u128::from(factor),
            Scale::Over(divisor) => u128::from(ticks / divisor),
            Scale::Binary(power) => (u128::from(ticks) * u128::from(NANOS)) >> power,
        };
        let nanos = i128::try_from(nanos).unwrap_or(i128::MAX).saturating_add(self.offset);
        let end = if nanos < 0 { i64::MIN } else { i64::MAX };
        Timestamp(i64::try_from(nanos).unwrap_or(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_powers_of_ten_or_of_two() {
        let time = |resolution, ticks| Clock::new(resolution, 0).time(ticks).0;
        assert_eq!(time(6, 1_500_000), 1_500_000_000);
        assert_eq!(time(9, 1_500_000), 1_500_000);
        assert_eq!(time(0, 3), 3_000_000_000);
        assert_eq!(time(3, 3), 3_000_000);
        assert_eq!(time(12, 1_999), 1);
        assert_eq!(time(127, u64::MAX), 1);
        assert_eq!(time(0x80, 3), 3_000_000_000);
        assert_eq!(time(0x80 | 20, 3 << 19), 1_500_000_000);
        assert_eq!(time(0x80 | 127, u64::MAX), 0);
        assert_eq!(Clock::MICROSECONDS.time(7), Clock::new(6, 0).time(7));
    }

    #[test]
    fn the_offset_is_in_seconds_and_may_be_negative() {
        assert_eq!(Clock::new(6, 10).time(1).0, 10_000_001_000);
        assert_eq!(Clock::new(6, -10).time(1).0, -9_999_999_000);
    }

    #[test]
    fn times_beyond_the_range_saturate() {
        assert_eq!(Clock::new(0, 0).time(u64::MAX).0, i64::MAX);
        assert_eq!(Clock::new(0, i64::MAX).time(u64::MAX).0, i64::MAX);
        assert_eq!(Clock::new(9, i64::MIN).time(0).0, i64::MIN);
    }
}
