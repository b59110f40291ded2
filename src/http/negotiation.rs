//! What an opening handshake agreed on.
//!
//! In: a [`Handshake`]. Out: the extensions and the subprotocol in use, and the
//! [`Agreement`] by which frames are read. A response that was not captured agrees on nothing that
//! could be held against anyone.

use super::{Extensions, Handshake};
use crate::ws::{Agreement, Deflate};

/// The one extension that is read (RFC 7692 §7).
const DEFLATE: &str = "permessage-deflate";

impl Handshake {
    /// What frames may look like.
    pub fn agreement(&self) -> Agreement {
        if !self.is_open() {
            return Agreement::default();
        }
        let accepted = self.accepted_extensions();
        let is_unclear = accepted.fault.is_some();
        Agreement {
            deflate: match (accepted.has(DEFLATE), is_unclear) {
                (true, _) => Deflate::Agreed,
                (false, true) => Deflate::Unknown,
                (false, false) => Deflate::Absent,
            },
            unknown_extension: is_unclear || accepted.list.iter().any(|each| !each.is(DEFLATE)),
        }
    }

    /// The extensions that the server accepted, in order; empty when it refused or its response
    /// was not captured.
    pub fn accepted_extensions(&self) -> Extensions {
        match &self.response {
            Some(response) if response.status == 101 => Extensions::of(&response.head),
            _ => Extensions::default(),
        }
    }

    /// The subprotocol that the server chose; a long one may hold a secret.
    pub fn subprotocol(&self) -> Option<&str> {
        let response = self.response.as_ref().filter(|response| response.status == 101)?;
        let chosen = response.head.first("Sec-WebSocket-Protocol")?;
        Some(chosen.value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
pub fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Field, Head, Response};

    fn accepted(extensions: Option<&str>) -> Agreement {
        let field = extensions.map(|value| Field {
            name: "Sec-WebSocket-Extensions".to_owned(),
            value: value.to_owned(),
            range: (0..0).into(),
        });
        let head = Head { fields: field.into_iter().collect(), ..Head::default() };
        let response = Response { status: 101, reason: String::new(), head };
        Handshake { response: Some(response), ..Handshake::default() }.agreement()
    }

    #[test]
    fn what_the_server_accepts_is_agreed() {
        assert_eq!(
            accepted(None),
            Agreement { deflate: Deflate::Absent, unknown_extension: false }
        );
        assert_eq!(
            accepted(Some("permessage-deflate; server_no_context_takeover")),
            Agreement { deflate: Deflate::Agreed, unknown_extension: false }
        );
    }

    #[test]
    fn what_is_not_understood_is_not_held_against_anyone() {
        let unknown = |deflate| Agreement { deflate, unknown_extension: true };
        assert_eq!(accepted(Some("x-webkit-deflate-frame")), unknown(Deflate::Absent));
        assert_eq!(accepted(Some("permessage-deflate; =")), unknown(Deflate::Unknown));
        assert_eq!(Handshake::default().agreement(), Agreement::default());
    }
}
