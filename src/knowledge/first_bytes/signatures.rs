//! The table of signatures, and the checks that a fixed text cannot express.
//!
//! A row's `first` lists every byte with which it can begin. Which frame header that byte would be
//! is computed from it ([`super::FirstByte`]), and a row that could begin a legal frame is weak.

use super::{Shape, Signature, Strength};

/// The more specific first: the first that fits counts.
///
/// Zero bytes (padding, or an HTTP/2 frame whose length is small) are deliberately absent: 0x00 0x00
/// is a legal empty continuation frame and proves nothing.
pub static SIGNATURES: &[Signature] = &[
    Signature {
        name: "HTTP status line",
        first: b"Hh",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A second HTTP answer on the upgraded connection: two upgrade handlers for one \
            path, an error handler that still holds the socket, or a proxy that gives up.",
        shape: Shape::Text(&[b"HTTP/1.0", b"HTTP/1.1"]),
    },
    Signature {
        name: "HTTP/2 preface",
        first: b"P",
        enough: 14,
        strength: Strength::Strong,
        injected_by: "A client or proxy that speaks HTTP/2 on a connection it believes to be new.",
        shape: Shape::Bytes(b"PRI * HTTP/2.0"), // RFC 9113 §3.4
    },
    Signature {
        name: "PROXY protocol v1 header",
        first: b"Pp",
        enough: 10,
        strength: Strength::Strong,
        injected_by: "A load balancer that announces the client's address to a server which does \
            not expect it.",
        shape: Shape::Text(&[b"PROXY TCP4", b"PROXY TCP6", b"PROXY UNKNOWN"]),
    },
    Signature {
        name: "PROXY protocol v2 header",
        first: b"\r",
        enough: 12,
        strength: Strength::Strong,
        injected_by: "A load balancer that announces the client's address to a server which does \
            not expect it.",
        shape: Shape::Bytes(b"\r\n\r\n\0\r\nQUIT\n"),
    },
    Signature {
        name: "HTTP request",
        first: b"GPHDOCTgphdoct",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A proxy or an HTTP client with a connection pool that uses the upgraded \
            connection for its next request.",
        shape: Shape::Text(&[
            b"GET /",
            b"POST /",
            b"PUT /",
            b"PATCH /",
            b"HEAD /",
            b"DELETE /",
            b"OPTIONS /",
            b"OPTIONS *",
            b"CONNECT ",
            b"TRACE /",
        ]),
    },
    Signature {
        name: "HTTP header line",
        first: b"CTSDctsd",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A server framework or proxy that writes headers after the handshake's head \
            has ended.",
        shape: Shape::Text(&[
            b"Content-Type:",
            b"Content-Length:",
            b"Connection:",
            b"Transfer-Encoding:",
            b"Set-Cookie:",
            b"Server: ",
            b"Date: ",
        ]),
    },
    Signature {
        name: "HTML page",
        first: b"<",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "An error page: from a proxy, a gateway, a content filter, or the framework \
            that lost the socket to the upgrade.",
        shape: Shape::Text(&[b"<!DOCTYPE", b"<html"]),
    },
    Signature {
        name: "XML document",
        first: b"<",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A server or gateway that writes XML to the socket without a frame around it.",
        shape: Shape::Text(&[b"<?xml "]),
    },
    Signature {
        name: "JSON object",
        first: b"{",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "Application code that writes JSON to the raw socket instead of sending it \
            through the WebSocket.",
        shape: Shape::Text(&[b"{\""]),
    },
    Signature {
        name: "JSON array",
        first: b"[",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "Application code that writes JSON to the raw socket instead of sending it \
            through the WebSocket.",
        shape: Shape::Text(&[b"[{", b"[\""]),
    },
    Signature {
        name: "server-sent event",
        first: b"deDE",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A server that streams events on a socket which was meanwhile upgraded.",
        shape: Shape::Text(&[b"data: ", b"event: "]),
    },
    Signature {
        name: "SSH banner",
        first: b"S",
        enough: 8,
        strength: Strength::Strong,
        injected_by: "A tunnel that connects the raw socket to an SSH server, without frames.",
        shape: Shape::Bytes(b"SSH-2.0-"), // RFC 4253 §4.2
    },
    Signature {
        name: "last chunk",
        first: b"0",
        enough: 5,
        strength: Strength::Strong,
        injected_by: "A server or proxy that treats the 101 as an answer with a chunked body and \
            ends that body.",
        shape: Shape::Bytes(b"0\r\n\r\n"), // RFC 9112 §7.1
    },
    Signature {
        name: "chunk",
        // Deliberately without "A" and "B": they can begin a compressed fragment.
        first: b"123456789abcdefCDEF",
        enough: 6,
        strength: Strength::Strong,
        injected_by: "A server or proxy that treats the 101 as an answer with a chunked body and \
            puts its chunk sizes around the frames.",
        shape: Shape::Check(|bytes| chunk_size(bytes).is_some_and(|size| size.ends_in(bytes))),
    },
    Signature {
        name: "chunk size",
        first: b"0123456789abcdefCDEF",
        enough: 3,
        strength: Strength::Weak,
        injected_by: "A server or proxy that treats the 101 as an answer with a chunked body and \
            puts its chunk sizes around the frames.",
        shape: Shape::Check(|bytes| chunk_size(bytes).is_some()),
    },
    Signature {
        name: "TLS handshake record",
        first: &[0x16],
        enough: 9,
        strength: Strength::Strong,
        injected_by: "TLS on a plaintext connection: a client that sends wss to a ws port, or a \
            proxy that starts TLS inside the tunnel.",
        shape: Shape::Check(is_tls_handshake),
    },
    Signature {
        name: "TLS alert record",
        first: &[0x15],
        enough: 7,
        strength: Strength::Strong,
        injected_by: "A TLS endpoint that was reached by plaintext, or a proxy that ends TLS in \
            the wrong place.",
        shape: Shape::Check(is_tls_alert),
    },
    Signature {
        name: "TLS application data record",
        first: &[0x17],
        enough: 5,
        // Behind the five bytes everything is random, so nothing more can be checked.
        strength: Strength::Weak,
        injected_by: "A proxy that passes encrypted records on where it should decrypt them.",
        shape: Shape::Check(|bytes| tls_length(bytes).is_some_and(|length| length > 0)),
    },
    Signature {
        name: "gzip data",
        first: &[0x1f],
        enough: 4,
        strength: Strength::Weak,
        injected_by: "A server or proxy that applies Content-Encoding: gzip to the upgraded stream.",
        // RFC 1952 §2.3: method 8, and the three upper flag bits are zero.
        shape: Shape::Check(|bytes| matches!(bytes, [0x1f, 0x8b, 0x08, 0x00..=0x1f, ..])),
    },
    Signature {
        name: "zlib data",
        first: &[0x78],
        enough: 2,
        strength: Strength::Weak,
        injected_by: "A server or proxy that applies Content-Encoding: deflate to the upgraded \
            stream, or an application that compresses and writes to the raw socket.",
        // RFC 1950 §2.2: the header for the default window, at the four levels.
        shape: Shape::Check(|bytes| matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])),
    },
    Signature {
        name: "line end",
        first: b"\r",
        enough: 2,
        strength: Strength::Weak,
        injected_by: "The end of a chunk, or a blank line too many after the handshake's head.",
        shape: Shape::Bytes(b"\r\n"),
    },
    Signature {
        name: "hixie-76 closing handshake",
        first: &[0xff],
        enough: 2,
        strength: Strength::Weak,
        injected_by: "An endpoint of the protocol draft from 2010, which had no frame headers.",
        shape: Shape::Bytes(&[0xff, 0x00]),
    },
    Signature {
        name: "hixie-76 text frame",
        // A legal header of a continuation: `matches` never gets here.
        first: &[0x00],
        enough: 6,
        strength: Strength::Weak,
        injected_by: "An endpoint of the protocol draft from 2010, which put text between 0x00 and \
            0xff.",
        shape: Shape::Check(is_hixie_text),
    },
];

/// A chunk-size line (RFC 9112 §7.1): the length of the line and of the chunk.
struct ChunkSize {
    line: usize,
    chunk: usize,
}

impl ChunkSize {
    /// Whether a chunk of this size, in sight as a whole, ends in CRLF as it should.
    fn ends_in(&self, bytes: &[u8]) -> bool {
        self.line
            .checked_add(self.chunk)
            .and_then(|end| bytes.get(end..))
            .is_some_and(|rest| rest.starts_with(b"\r\n"))
    }
}

fn chunk_size(bytes: &[u8]) -> Option<ChunkSize> {
    let digits = bytes.iter().take(9).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, rest) = bytes.split_at_checked(digits)?;
    // Eight digits hold four gigabytes; servers write no more, and random bytes seldom so many.
    if !(1..=8).contains(&digits) || !rest.starts_with(b"\r\n") {
        return None;
    }
    let chunk = usize::from_str_radix(str::from_utf8(size).ok()?, 16).ok()?;
    Some(ChunkSize { line: digits + 2, chunk })
}

/// The length of a record's content, if version and length are possible (RFC 8446 §5.1, §5.2).
fn tls_length(bytes: &[u8]) -> Option<u16> {
    let (header, _) = bytes.split_first_chunk::<5>()?;
    let [_, major, minor, high, low] = *header;
    let length = u16::from_be_bytes([high, low]);
    // TLS 1.2 lets a record grow by 2048 bytes (RFC 5246 §6.2.3).
    (major == 3 && minor <= 4 && length <= (1 << 14) + 2048).then_some(length)
}

fn is_tls_handshake(bytes: &[u8]) -> bool {
    let Some(length) = tls_length(bytes) else { return false };
    let message = bytes.get(5..).and_then(<[u8]>::split_first_chunk::<4>);
    let Some(([kind, high, middle, low], _)) = message else { return false };
    let size = u32::from_be_bytes([0, *high, *middle, *low]);
    // RFC 8446 §4: the two hellos, with which a connection starts, lie whole in their record.
    matches!(kind, 1 | 2) && size + 4 <= u32::from(length) && size > 0
}

fn is_tls_alert(bytes: &[u8]) -> bool {
    // RFC 8446 §6: two bytes, level 1 or 2, then the description.
    tls_length(bytes) == Some(2) && matches!(bytes.get(5), Some(1 | 2))
}

fn is_hixie_text(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|byte| *byte == 0xff) else { return false };
    let text = bytes.get(1..end).unwrap_or_default();
    // After one frame comes the next, or nothing yet.
    let next = bytes.get(end + 1);
    text.len() >= 4
        && str::from_utf8(text).is_ok_and(|text| !text.contains(char::is_control))
        && matches!(next, None | Some(0x00 | 0xff))
}
