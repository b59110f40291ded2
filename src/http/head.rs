//! Reads one HTTP/1.1 head (RFC 9112 §2 to §5).
//!
//! In: the bytes of a whole head, empty line included. Out: what it says, borrowed; and, only for
//! the heads that matter, as owned values with stream offsets. Lenient where HTTP implementations
//! are: what one of them would read is read here, and judged elsewhere.

use httparse::{EMPTY_HEADER, Header, ParserConfig};

use super::message::{Field, Head};
use crate::tcp::Range64;

/// Why a head was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has more field lines than the limit allows.
    TooManyFields,
    /// It is no HTTP/1 head.
    Malformed,
}

impl From<httparse::Error> for Refusal {
    fn from(error: httparse::Error) -> Refusal {
        match error {
            httparse::Error::TooManyHeaders => Refusal::TooManyFields,
            _ => Refusal::Malformed,
        }
    }
}

/// A head, borrowed from the bytes it was read from.
#[derive(Debug)]
pub(super) struct Parsed<'b> {
    pub(super) start: StartLine<'b>,
    pub(super) minor_version: u8,
    pub(super) fields: Fields<'b>,
    bytes: &'b [u8],
}

/// The first line.
#[derive(Clone, Copy, Debug)]
pub(super) enum StartLine<'b> {
    Request { method: &'b str, target: &'b str },
    Status { code: u16, reason: &'b str },
}

/// Field lines.
#[derive(Debug)]
pub(super) struct Fields<'b>(Vec<Header<'b>>);

/// Reads a request head.
pub(super) fn read_request(bytes: &[u8], most_fields: usize) -> Result<Parsed<'_>, Refusal> {
    let mut headers = vec![EMPTY_HEADER; most_fields];
    let mut request = httparse::Request::new(&mut headers);
    let mut config = ParserConfig::default();
    config
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .ignore_invalid_headers_in_requests(true);
    if config.parse_request(&mut request, bytes)?.is_partial() {
        return Err(Refusal::Malformed);
    }
    let start = match (request.method, request.path) {
        (Some(method), Some(target)) => StartLine::Request { method, target },
        _ => return Err(Refusal::Malformed),
    };
    let minor_version = request.version.ok_or(Refusal::Malformed)?;
    let count = request.headers.len();
    headers.truncate(count);
    let fields = Fields(headers);
    Ok(Parsed { start, minor_version, fields, bytes })
}

/// Reads a response head.
pub(super) fn read_response(bytes: &[u8], most_fields: usize) -> Result<Parsed<'_>, Refusal> {
    let mut headers = vec![EMPTY_HEADER; most_fields];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    if config.parse_response(&mut response, bytes)?.is_partial() {
        return Err(Refusal::Malformed);
    }
    let code = response.code.ok_or(Refusal::Malformed)?;
    let start = StartLine::Status { code, reason: response.reason.unwrap_or_default() };
    let minor_version = response.version.ok_or(Refusal::Malformed)?;
    let count = response.headers.len();
    headers.truncate(count);
    let fields = Fields(headers);
    Ok(Parsed { start, minor_version, fields, bytes })
}

impl Parsed<'_> {
    /// Where a head ends whose first byte stands at `offset`.
    pub(super) fn end(&self, offset: u64) -> u64 {
        offset.saturating_add(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }

    /// Everything but the first line as owned values. The first byte of the head stands at
    /// `offset` of its sender's stream; who carried it is for the caller to add.
    pub(super) fn to_head(&self, offset: u64) -> Head {
        let place = |start: usize, end: usize| Range64 {
            start: offset.saturating_add(u64::try_from(start).unwrap_or(u64::MAX)),
            end: offset.saturating_add(u64::try_from(end).unwrap_or(u64::MAX)),
        };
        let fields = self.fields.0.iter().map(|header| {
            let start = position(self.bytes, header.name.as_bytes());
            Field {
                name: header.name.to_owned(),
                value: String::from_utf8_lossy(header.value.trim_ascii()).into_owned(),
                range: place(start, line_end(self.bytes, start)),
            }
        });
        Head {
            range: place(0, self.bytes.len()),
            packets: Vec::new(),
            acked: None,
            minor_version: self.minor_version,
            fields: fields.collect(),
        }
    }
}

/// Where `part`, a non-empty piece of `whole`, stands in it. The parser gives no offsets; that of
/// a piece is the distance of the addresses.
fn position(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr()).min(whole.len())
}

/// Where the field line that begins at `start` ends, its line end left out; a line that begins
/// with white space continues the one before (RFC 9112 §5.2).
fn line_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(newline) = rest.iter().position(|byte| *byte == b'\n') else {
            return bytes.len();
        };
        at += newline + 1;
        if !matches!(bytes.get(at), Some(b' ' | b'\t')) {
            let line = bytes.get(..at - 1).unwrap_or_default();
            return line.strip_suffix(b"\r").unwrap_or(line).len();
        }
    }
}

impl Fields<'_> {
    fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s [u8]> {
        self.0
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    }

    /// Whether there is a field called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// Whether the list in `name` has `token`, in any case.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|element| element.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Whether the last transfer coding is `chunked` (RFC 9112 §6.1).
    pub(super) fn is_chunked(&self) -> bool {
        self.values("Transfer-Encoding")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .filter(|coding| !coding.trim_ascii().is_empty())
            .last()
            .is_some_and(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
    }

    /// The length, if all that is said of it agrees (RFC 9112 §6.3).
    pub(super) fn content_length(&self) -> Option<u64> {
        let mut said =
            self.values("Content-Length").flat_map(|value| value.split(|byte| *byte == b','));
        let number = |digits: &[u8]| {
            let digits = digits.trim_ascii();
            let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
            all.then(|| std::str::from_utf8(digits).ok()?.parse::<u64>().ok()).flatten()
        };
        let first = number(said.next()?)?;
        said.all(|other| number(other) == Some(first)).then_some(first)
    }
}
