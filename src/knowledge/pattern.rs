//! The small language in which the tables write texts that hold numbers and names.
//!
//! In: a pattern, and a text. Out: whether the text is one that the pattern stands for, and the
//! pattern as a person reads it. `#` stands for one or more digits, `*` for any text or none, and
//! everything else for itself.

/// Whether `pattern` stands for the whole of `text`. Tries all splits at each wildcard: for short
/// texts, such as the reason of a Close, and patterns with few wildcards.
#[inline]
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    // Of a text, hundreds of patterns are asked; most begin with something else.
    match pattern.first() {
        Some(b'*' | b'#') => bytes_fit(pattern, text),
        first => first == text.first() && bytes_fit(pattern, text),
    }
}

fn bytes_fit(pattern: &[u8], text: &[u8]) -> bool {
    let rest_fits = |rest: &[u8], from| text.get(from..).is_some_and(|text| bytes_fit(rest, text));
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| rest_fits(rest, from)),
        Some((b'#', rest)) => {
            let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (1..=digits).any(|from| rest_fits(rest, from))
        }
        Some((byte, rest)) => text.first() == Some(byte) && rest_fits(rest, 1),
    }
}

/// The pattern for a person: `N`, or `number` where it is known, for digits, and `…` for any text.
pub fn readable(pattern: &str, number: Option<u64>) -> String {
    let number = number.map_or_else(|| "N".to_owned(), |number| number.to_string());
    pattern.replace('#', &number).replace('*', "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_digits_and_for_anything() {
        assert!(fits("bad opcode #", "bad opcode 13"));
        assert!(!fits("bad opcode #", "bad opcode ") && !fits("bad opcode #", "bad opcode x"));
        assert!(fits("received invalid close payload*", "received invalid close payload"));
        assert!(fits("a*c", "abbc") && !fits("a*c", "abb"));
        assert!(!fits("RSV1 set", "RSV1 set, bad MASK"));
    }

    #[test]
    fn a_person_reads_what_is_known_and_where_something_is_left_out() {
        assert_eq!(readable("close # (*)", None), "close N (…)");
        assert_eq!(readable("close # (*)", Some(1002)), "close 1002 (…)");
    }
}
