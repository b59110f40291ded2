//! Steps over the body of a message (RFC 9112 §6).
//!
//! In: how the head frames the body, and the bytes behind the head. Out: when the body is over.
//! Nothing of it is kept.

use super::head::Fields;
use super::inlet::{Found, Inlet};

/// What is left of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112 §7.1).
    Chunked(Chunk),
    /// Everything up to the end of the stream.
    UntilClose,
}

/// What comes next in a chunked body.
///
/// ```text
///   Size ──n > 0──▶ Data(n + 2) ──▶ Size
///     └───0──▶ Trailer ──an empty line──▶ over
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// The line with the size.
    Size,
    /// So many bytes, line end included.
    Data(u64),
    /// Trailer fields.
    Trailer,
}

/// How far the body was stepped over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To its end.
    Over,
    /// As far as the bytes reach.
    More,
    /// A hole, or what is no chunk, hides where it ends.
    Lost,
}

/// The longest line of a chunked body.
const LONGEST_LINE: usize = 4 * 1024;

impl Body {
    /// No body.
    pub(super) const NONE: Body = Body::Length(0);

    /// A request's body; `None` when its length cannot be told (RFC 9112 §6.3).
    pub(super) fn of_request(fields: &Fields<'_>) -> Option<Body> {
        if fields.has("Transfer-Encoding") {
            return fields.is_chunked().then_some(Body::Chunked(Chunk::Size));
        }
        if fields.has("Content-Length") {
            return fields.content_length().map(Body::Length);
        }
        Some(Body::NONE)
    }

    /// The body of a final response other than 101 to a request other than HEAD; `None` when its
    /// length cannot be told.
    pub(super) fn of_response(status: u16, fields: &Fields<'_>) -> Option<Body> {
        if status == 204 || status == 304 {
            return Some(Body::NONE);
        }
        if fields.has("Transfer-Encoding") {
            let chunked = Body::Chunked(Chunk::Size);
            return Some(if fields.is_chunked() { chunked } else { Body::UntilClose });
        }
        if fields.has("Content-Length") {
            return fields.content_length().map(Body::Length);
        }
        Some(Body::UntilClose)
    }

    /// Steps over as much as is there.
    pub(super) fn skip(&mut self, inlet: &mut Inlet) -> Step {
        loop {
            let step = match self {
                Body::Length(left) => return skip_bytes(left, inlet),
                Body::UntilClose => {
                    inlet.drain();
                    return Step::More;
                }
                Body::Chunked(Chunk::Data(left)) => match skip_bytes(left, inlet) {
                    Step::Over => Ok(Chunk::Size),
                    step => Err(step),
                },
                Body::Chunked(Chunk::Size) => {
                    line(inlet).and_then(|line| chunk_size(line).ok_or(Step::Lost))
                }
                Body::Chunked(Chunk::Trailer) => match line(inlet) {
                    Ok([]) => {
                        consume_line(inlet);
                        return Step::Over;
                    }
                    Ok(_) => Ok(Chunk::Trailer),
                    Err(step) => Err(step),
                },
            };
            match step {
                Ok(next) => {
                    if !matches!(self, Body::Chunked(Chunk::Data(_))) {
                        consume_line(inlet);
                    }
                    *self = Body::Chunked(next);
                }
                Err(step) => return step,
            }
        }
    }
}

fn skip_bytes(left: &mut u64, inlet: &mut Inlet) -> Step {
    while *left > 0 {
        if let Some((gap, cause)) = inlet.gap() {
            if gap.len() > *left || !cause.is_measured() {
                return Step::Lost;
            }
            *left -= gap.len();
            inlet.consume_gap();
            continue;
        }
        let there = inlet.unread().len();
        if there == 0 {
            return Step::More;
        }
        let count = usize::try_from(*left).unwrap_or(usize::MAX).min(there);
        *left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        inlet.consume(count);
    }
    Step::Over
}

/// The next line without its end.
fn line(inlet: &Inlet) -> Result<&[u8], Step> {
    match inlet.line(LONGEST_LINE) {
        Found::Within(len) => Ok(inlet.unread().get(..len).unwrap_or_default().trim_ascii_end()),
        Found::Later => Err(Step::More),
        Found::TooLong | Found::Cut => Err(Step::Lost),
    }
}

fn consume_line(inlet: &mut Inlet) {
    if let Found::Within(len) = inlet.line(LONGEST_LINE) {
        inlet.consume(len);
    }
}

/// What follows on the line with a chunk's size; extensions behind a `;` are passed over.
fn chunk_size(line: &[u8]) -> Option<Chunk> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    match u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()? {
        0 => Some(Chunk::Trailer),
        size => size.checked_add(2).map(Chunk::Data),
    }
}
