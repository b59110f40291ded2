//! Patterns as they are written, signs and numbers and all.
//!
//! In: a pattern and a line, both as [`normal`] writes them. Out: where the line has the pattern to
//! the letter. Case, the kind of apostrophe and the width of a space do not count. It takes as many
//! steps as the line has bytes for each piece of a pattern, and never tries two ways.

use std::ops::Range;

/// `text` in lower case, with one kind of apostrophe and single spaces.
pub(super) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '’' => normal.push('\''),
            letter if letter.is_whitespace() => {
                if !normal.ends_with(' ') {
                    normal.push(' ');
                }
            }
            letter => normal.extend(letter.to_lowercase()),
        }
    }
    normal
}

/// A pattern, cut at its gaps.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pieces: Vec<String>,
    begins_open: bool,
    /// Whether it ends in a gap, so that the rest of the line belongs to it.
    pub ends_open: bool,
}

impl Literal {
    pub(super) fn of(pattern: &str) -> Literal {
        let pattern = normal(pattern);
        let pattern = pattern.trim().trim_end_matches('.');
        let pieces = pattern.split('*').map(str::trim).filter(|piece| !piece.is_empty());
        Literal {
            pieces: pieces.map(str::to_owned).collect(),
            begins_open: pattern.starts_with('*'),
            ends_open: pattern.ends_with('*'),
        }
    }

    /// Which bytes of `line` are this pattern, the first time; what an open end covers is left out.
    pub(super) fn find(&self, line: &str) -> Option<Range<usize>> {
        let line = line.as_bytes();
        let mut range: Option<Range<usize>> = None;
        for (index, piece) in self.pieces.iter().enumerate() {
            let from = range.as_ref().map_or(0, |range| range.end);
            let is_last = index + 1 == self.pieces.len();
            let at = find(
                piece.as_bytes(),
                line,
                from,
                index == 0 && !self.begins_open,
                is_last && !self.ends_open,
            )?;
            range = Some(range.map_or(at.start, |range| range.start)..at.end);
        }
        range
    }
}

/// Where `piece` is in `line` from `from` on, cut off from other words where it is told to be.
fn find(
    piece: &[u8],
    line: &[u8],
    from: usize,
    begins_word: bool,
    ends_word: bool,
) -> Option<Range<usize>> {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    (from..line.len()).find_map(|start| {
        let end = fit(piece, line, start)?;
        let before = start.checked_sub(1).and_then(|before| line.get(before));
        let joins_before = begins_word && is_part(line.get(start)) && is_part(before);
        let last = end.checked_sub(1).and_then(|last| line.get(last));
        let joins_after = ends_word && is_part(last) && is_part(line.get(end));
        (!joins_before && !joins_after).then_some(start..end)
    })
}

/// Where `piece` ends in `line` if it begins at `start`. A hint writes `N` for a number.
fn fit(piece: &[u8], line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    for byte in piece {
        match (byte, line.get(at)?) {
            (b'#', digit) if digit.is_ascii_digit() => {
                let rest = line.get(at..).unwrap_or_default();
                at += rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            }
            (b'#', b'n') => at += 1,
            (byte, said) if byte == said => at += 1,
            _ => return None,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, line: &str) -> Option<String> {
        let line = normal(line);
        let range = Literal::of(pattern).find(&line)?;
        line.get(range).map(str::to_owned)
    }

    #[test]
    fn signs_count_and_case_and_spaces_do_not() {
        assert_eq!(found("RSV1 set", "x: rsv1  SET, y").as_deref(), Some("rsv1 set"));
        assert_eq!(found("bad opcode #", "bad opcode 13.").as_deref(), Some("bad opcode 13"));
        assert_eq!(found("i/o timeout", "i o timeout"), None);
        assert_eq!(found("didn't", "It didn’t.").as_deref(), Some("didn't"));
        assert_eq!(found("too large.", "too large").as_deref(), Some("too large"));
    }

    #[test]
    fn a_word_within_a_word_is_another() {
        assert_eq!(found("masked frame", "an unmasked frame"), None);
        assert_eq!(found("invalid frame", "invalid frames"), None);
    }

    #[test]
    fn a_gap_takes_anything_and_an_open_end_nothing() {
        let line = "received 1008 (policy violation) no; then sent 1008 (policy violation) no";
        assert_eq!(
            found("received # (*)*; then sent # (*)*", line).as_deref(),
            line.strip_suffix(" no")
        );
        assert_eq!(found("a *: b", "a b"), None);
    }
}
