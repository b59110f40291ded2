//! What a stream is, told from its first bytes.
//!
//! In: the first bytes of one direction. Out: [`Opening`]. Most flows of a capture are dropped on
//! what is said here, so it looks at a few bytes only and parses nothing.

/// What a direction begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// An HTTP/1 request line: this side is the client.
    Request,
    /// An HTTP/1 status line: this side is the server.
    Response,
    /// A TLS record: of a handshake, or of any kind where its start was not captured.
    Tls,
    /// Neither.
    Other,
    /// Too few bytes to tell.
    NeedMore,
}

/// The longest method that is taken for one; `VERSION-CONTROL` and `UPDATEREDIRECTREF` are the
/// longest registered ones.
const LONGEST_METHOD: usize = 17;

/// What `first_bytes` begin.
///
/// Any method is let pass that consists of letters and stands before a path, a `*` or an `http`
/// URI, so that a handshake with a wrong method is seen as one. The preface of HTTP/2 (RFC 9113
/// §3.4), which looks like a request, is not one.
pub fn classify(first_bytes: &[u8]) -> Opening {
    if let Some((first, rest)) = first_bytes.split_first()
        && *first == 0x16
    {
        // RFC 8446 §5.1: content type handshake, major version 3.
        return match rest.first() {
            None => Opening::NeedMore,
            Some(3) => Opening::Tls,
            Some(_) => Opening::Other,
        };
    }
    if let Some(opening) = tls_record(first_bytes) {
        return opening;
    }
    // RFC 9112 §2.2: a server ignores at least one empty line before a request.
    let line_ends = first_bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let bytes = first_bytes.get(line_ends..).unwrap_or_default();
    const STATUS_LINE: &[u8] = b"HTTP/1.";
    if bytes.starts_with(STATUS_LINE) {
        return Opening::Response;
    }
    if STATUS_LINE.starts_with(bytes) {
        return Opening::NeedMore;
    }
    request_line(bytes)
}

/// A record of a kind that does not begin a connection: alert, change of cipher or data. Versions
/// 3.0 to 3.4 and a length within the limit (RFC 5246 §6.2.3) tell it from other bytes.
fn tls_record(first_bytes: &[u8]) -> Option<Opening> {
    const MOST: u16 = (1 << 14) + 2048;
    match first_bytes {
        [0x14 | 0x15 | 0x17, 3, 0..=4, high, low, ..] => {
            let len = u16::from_be_bytes([*high, *low]);
            (1..=MOST).contains(&len).then_some(Opening::Tls)
        }
        [0x14 | 0x15 | 0x17] | [0x14 | 0x15 | 0x17, 3] => Some(Opening::NeedMore),
        [0x14 | 0x15 | 0x17, 3, 0..=4] | [0x14 | 0x15 | 0x17, 3, 0..=4, _] => {
            Some(Opening::NeedMore)
        }
        _ => None,
    }
}

fn request_line(bytes: &[u8]) -> Opening {
    let letters =
        bytes.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'-').count();
    let (method, rest) = bytes.split_at(letters);
    let (Some(separator), target) = (rest.first(), rest.get(1..).unwrap_or_default()) else {
        return if letters <= LONGEST_METHOD { Opening::NeedMore } else { Opening::Other };
    };
    if *separator != b' ' || letters == 0 || letters > LONGEST_METHOD {
        return Opening::Other;
    }
    if method == b"PRI" {
        return Opening::Other;
    }
    if method.eq_ignore_ascii_case(b"CONNECT") {
        return Opening::Request;
    }
    match target {
        [] => Opening::NeedMore,
        [b'/' | b'*', ..] => Opening::Request,
        _ => {
            let scheme = target.get(..4).unwrap_or(target);
            match b"http".get(..scheme.len()) {
                Some(prefix) if !scheme.eq_ignore_ascii_case(prefix) => Opening::Other,
                _ if scheme.len() < 4 => Opening::NeedMore,
                _ => Opening::Request,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_a_request() {
        assert_eq!(classify(b"GET /chat HTTP/1.1\r\n"), Opening::Request);
        assert_eq!(classify(b"\r\nPOST /"), Opening::Request);
        assert_eq!(classify(b"OPTIONS *"), Opening::Request);
        assert_eq!(classify(b"GET http://example"), Opening::Request);
        assert_eq!(classify(b"CONNECT server.example:443 HTTP/1.1"), Opening::Request);
    }

    #[test]
    fn a_status_line_is_a_response() {
        assert_eq!(classify(b"HTTP/1.1 101"), Opening::Response);
        assert_eq!(classify(b"HTTP/1."), Opening::Response);
    }

    #[test]
    fn other_protocols_are_not_http() {
        assert_eq!(classify(b"SSH-2.0-OpenSSH"), Opening::Other);
        assert_eq!(classify(b"PRI * HTTP/2.0\r\n"), Opening::Other);
        assert_eq!(classify(b"EHLO mail.example"), Opening::Other);
        assert_eq!(classify(b"HTTP/2"), Opening::Other);
        assert_eq!(classify(&[0x81, 0x05]), Opening::Other); // a frame
        assert_eq!(classify(&[0x16, 0x05]), Opening::Other);
    }

    #[test]
    fn a_tls_record_is_tls() {
        assert_eq!(classify(&[0x16, 3, 1, 2, 0]), Opening::Tls);
    }

    #[test]
    fn a_beginning_says_only_that_more_is_needed() {
        let whole: &[&[u8]] =
            &[b"GET /", b"HTTP/1.", b"\r\nDELETE http", b"CONNECT ", &[0x16, 3], b"HEAD *"];
        for bytes in whole {
            let beginning = bytes.split_last().map_or(*bytes, |(_, beginning)| beginning);
            assert_eq!(classify(beginning), Opening::NeedMore, "{bytes:?}");
            assert_ne!(classify(bytes), Opening::NeedMore, "{bytes:?}");
        }
    }
}
