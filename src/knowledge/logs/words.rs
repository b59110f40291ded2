//! Lines and patterns as words.
//!
//! In: a line of a log, or a pattern. Out: its words in lower case. Numbers, signs and quotes are
//! left out, since they differ from log to log; so is everything behind a bound, since nobody looks
//! through a megabyte of line for a sentence.

use std::ops::Range;

/// A word of a pattern or of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case; never begins with a digit.
    pub text: String,
    /// Whether a `*` stands before it, in a pattern.
    pub after_gap: bool,
    /// Which bytes of the text it is.
    pub at: Range<usize>,
}

/// Longest word in characters; what is longer is cut.
const LONGEST: usize = 40;
/// Words of a line that are looked at.
const MOST: usize = 400;

/// The words of `text`, at most 400. `#` counts as a digit, and so as no word.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    let mut after_gap = false;
    let mut start = 0;
    let mut letters = text.char_indices().chain([(text.len(), ' ')]).peekable();
    while let Some((at, letter)) = letters.next() {
        let joins = matches!(letter, '\'' | '’')
            && !word.is_empty()
            && letters.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if joins {
            continue; // didn't is one word; 'Upgrade' is quoted
        }
        if letter.is_alphanumeric() || matches!(letter, '_' | '#') {
            if word.is_empty() {
                start = at;
            }
            if length < LONGEST {
                word.extend(letter.to_lowercase());
                length += 1;
            }
            continue;
        }
        if !word.is_empty() {
            let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '#');
            if !is_number {
                words.push(Word { text: std::mem::take(&mut word), after_gap, at: start..at });
                after_gap = false;
                if words.len() == MOST {
                    break;
                }
            }
            word.clear();
            length = 0;
        }
        after_gap |= letter == '*';
    }
    words
}

/// Whether two words are the same but for a slip: one letter more, less, another, or two swapped.
/// Short words and those with digits have to be equal.
pub(super) fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let may_slip = |word: &str| word.len() >= 6 && !word.bytes().any(|b| b.is_ascii_digit());
    may_slip(one) && may_slip(other) && is_one_slip(one.as_bytes(), other.as_bytes())
}

/// In one pass: what two words have in common at both ends leaves at most the slip.
fn is_one_slip(one: &[u8], other: &[u8]) -> bool {
    let common =
        |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
    let start = common(&mut one.iter().zip(other));
    let shorter = one.len().min(other.len());
    let end = common(&mut one.iter().rev().zip(other.iter().rev())).min(shorter - start);
    let rest = |word: &[u8]| word.get(start..word.len() - end).unwrap_or_default().to_vec();
    match (rest(one).as_slice(), rest(other).as_slice()) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn numbers_signs_and_quotes_are_no_words() {
        assert_eq!(
            texts("12:00:01.5 ERROR [ws] \"RSV1\" must be 'clear' (code=1006)"),
            ["error", "ws", "rsv1", "must", "be", "clear", "code"]
        );
        assert_eq!(texts("didn’t receive within 5000ms"), ["didnt", "receive", "within"]);
        assert_eq!(texts("didn't receive within #ms"), ["didnt", "receive", "within"]);
        assert_eq!(texts("'WS_ERR_INVALID_OPCODE',"), ["ws_err_invalid_opcode"]);
        assert!(texts(" 12 # '' ").is_empty());
    }

    #[test]
    fn a_gap_is_kept_with_the_word_behind_it() {
        let gaps: Vec<bool> = words("sent # (*)*; no close").iter().map(|w| w.after_gap).collect();
        assert_eq!(gaps, [false, true, false]);
    }

    #[test]
    fn a_line_is_looked_at_up_to_a_bound() {
        assert_eq!(words(&"word ".repeat(10_000)).len(), MOST);
        assert_eq!(words(&"x".repeat(1_000_000)).first().map(|w| w.text.len()), Some(LONGEST));
    }

    #[test]
    fn one_slip_of_the_finger_is_forgiven_in_a_long_word() {
        for (one, other) in [
            ("recieve", "receive"),
            ("websocket", "websockt"),
            ("websocket", "websockett"),
            ("reserved", "reserwed"),
        ] {
            assert!(alike(one, other) && alike(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("masked", "unmasked"),
            ("clean", "clear"),
            ("rsv1", "rsv2"),
            ("opcode13", "opcode14"),
            ("received", "reserved"),
        ] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
