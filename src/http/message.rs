//! HTTP/1.1 heads as values (RFC 9112 §2.1).

use crate::provenance::PacketRef;
use crate::tcp::Range64;

/// One field line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as sent.
    pub name: String,
    /// The value without surrounding white space; bytes that are not UTF-8 replaced.
    pub value: String,
    /// The line, without its line end, in the sender's stream.
    pub range: Range64,
}

/// What a request and a response have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// From the first byte of the start line to behind the empty line, in the sender's stream.
    pub range: Range64,
    /// The packets that carried it; of many the first few and the last. Empty only when they had
    /// been forgotten before the head could be read.
    pub packets: Vec<PacketRef>,
    /// How much of the peer's stream the packet with the head's last byte acknowledged.
    pub acked: Option<u64>,
    /// Minor version: 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The field lines in order.
    pub fields: Vec<Field>,
}

impl Head {
    /// The field lines called `name`, in any case (RFC 9110 §5.1).
    pub fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h Field> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The first field line called `name`.
    pub fn first(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The elements of the comma-separated list that all lines called `name` make up (RFC 9110
    /// §5.6.1), trimmed, empty ones left out.
    pub fn list<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.all(name)
            .flat_map(|field| field.value.split(','))
            .map(str::trim)
            .filter(|element| !element.is_empty())
    }

    /// Whether that list has `token`, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(token))
    }
}

/// A request head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method as sent.
    pub method: String,
    /// Request target as sent; may hold secrets in its query.
    pub target: String,
    /// Everything else.
    pub head: Head,
}

/// A response head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason phrase as sent.
    pub reason: String,
    /// Everything else.
    pub head: Head,
}

/// An opening handshake (RFC 6455 §4), as far as it was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The request; `None` when the capture does not have it.
    pub request: Option<Request>,
    /// The final response: 101 or a refusal; `None` when there was none or it was not captured.
    pub response: Option<Response>,
    /// The client's bytes behind the request that were sent before the response had reached it:
    /// the packet that carried the first of them had not acknowledged the response's last byte.
    /// Only set when a response was captured.
    pub early_data: Option<Range64>,
    /// The request of an earlier connection of the capture that used the same Sec-WebSocket-Key
    /// and had been accepted before this one was sent.
    pub key_used_before: Option<PacketRef>,
    /// Whether another attempt followed on the same TCP connection.
    pub retried: bool,
    /// Where in the server's stream the response was waited for, when it was read up to there and
    /// then nothing came: known only of an attempt without a response.
    pub awaited_at: Option<u64>,
    /// What shows that the request came in the clear to a port that expects TLS.
    pub expects_tls: Option<ExpectsTls>,
    /// Whether the beginning of the refusal's body, which might show that, was lost.
    pub lost_refusal: bool,
}

/// What shows that a request came in the clear to a port that expects TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectsTls {
    /// The server answered with a TLS record, whose first bytes stand here in its stream.
    Record(Range64),
    /// The refusal says so, in these words.
    Says(&'static str),
}

impl Handshake {
    /// Whether the server switched protocols: from here on there are frames.
    pub fn is_open(&self) -> bool {
        self.response.as_ref().is_some_and(|response| response.status == 101)
    }
}
