//! Times and durations in words.
//!
//! In: seconds, or RFC 3339 times of the model. Out: what a person reads. Times stay in UTC.

/// A duration of so many seconds: `3.2 ms`, `12.3 s`, `2 h 05 min`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "unknown".to_owned(),
        s if s.abs() < 0.1 => format!("{:.1} ms", s * 1e3),
        s if s.abs() < 10.0 => format!("{s:.2} s"),
        s if s.abs() < 120.0 => format!("{s:.1} s"),
        s if s.abs() < 7_200.0 => {
            let minutes = (s / 60.0).trunc();
            format!("{minutes:.0} min {:02.0} s", (s - minutes * 60.0).abs().floor())
        }
        s => {
            let hours = (s / 3_600.0).trunc();
            format!("{hours:.0} h {:02.0} min", ((s - hours * 3_600.0) / 60.0).abs().floor())
        }
    }
}

/// The time of day of an RFC 3339 time, without digits that say nothing: `12:00:01.005`.
pub(super) fn time_of_day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(_, clock)| short_clock(clock))
}

/// Date and time of day of an RFC 3339 time in UTC: `2026-01-01 12:00:01.005 UTC`.
pub(super) fn moment(time: &str) -> String {
    match time.split_once('T') {
        Some((date, clock)) => format!("{date} {} UTC", short_clock(clock)),
        None => time.to_owned(),
    }
}

/// From one RFC 3339 time to another; the date is said once when it is the same.
pub(super) fn span(first: &str, last: &str) -> String {
    match (first.split_once('T'), last.split_once('T')) {
        (Some((day, from)), Some((same, to))) if day == same => {
            format!("{day} {} to {} UTC", short_clock(from), short_clock(to))
        }
        _ => format!("{} to {}", moment(first), moment(last)),
    }
}

/// Without the `Z`, in milliseconds if they are all there is, else in microseconds: a person
/// looks for the packet by its number, and a program reads JSON.
fn short_clock(clock: &str) -> &str {
    let clock = clock.strip_suffix('Z').unwrap_or(clock);
    let Some((seconds, fraction)) = clock.split_once('.') else { return clock };
    let digits = match fraction.get(3..) {
        Some(rest) if rest.bytes().all(|digit| digit == b'0') => 3,
        _ => 6,
    };
    clock.get(..seconds.len() + 1 + digits).unwrap_or(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lose_the_digits_that_say_nothing() {
        assert_eq!(time_of_day("2026-01-01T12:00:01.005000Z"), "12:00:01.005");
        assert_eq!(time_of_day("2026-01-01T12:00:01.005001Z"), "12:00:01.005001");
        assert_eq!(time_of_day("2026-01-01T12:00:01.000000Z"), "12:00:01.000");
        assert_eq!(time_of_day("2026-01-01T12:00:01.005001002Z"), "12:00:01.005001");
        assert_eq!(time_of_day("2026-01-01T12:00:01.5Z"), "12:00:01.5");
        assert_eq!(time_of_day("nonsense"), "nonsense");
        assert_eq!(moment("2026-01-01T12:00:01.500000Z"), "2026-01-01 12:00:01.500 UTC");
    }

    #[test]
    fn a_span_over_midnight_has_both_dates() {
        let (first, last) = ("2026-01-01T23:59:59.000000Z", "2026-01-02T00:00:01.000000Z");
        assert_eq!(span(first, first), "2026-01-01 23:59:59.000 to 23:59:59.000 UTC");
        assert_eq!(span(first, last), "2026-01-01 23:59:59.000 UTC to 2026-01-02 00:00:01.000 UTC");
    }

    #[test]
    fn durations_have_the_unit_that_people_would_use() {
        assert_eq!(duration(0.0032), "3.2 ms");
        assert_eq!(duration(9.5), "9.50 s");
        assert_eq!(duration(60.04), "60.0 s");
        assert_eq!(duration(3_599.9), "59 min 59 s");
        assert_eq!(duration(7_500.0), "2 h 05 min");
        assert_eq!(duration(f64::NAN), "unknown");
    }
}
