//! What an opening handshake agreed on.
//!
//! In: a [`Handshake`]. Out: the extensions and the subprotocol in use, and the
//! [`Agreement`] by which frames are read. A response that was not captured agrees on nothing that
//! could be held against anyone.

use super::deflate::{DEFLATE, Parameters, Written};
use super::{Extensions, Handshake};
use crate::ws::{Agreement, Deflate};

impl Handshake {
    /// What frames may look like.
    pub fn agreement(&self) -> Agreement {
        if !self.is_open() {
            return Agreement::default();
        }
        let accepted = self.accepted_extensions();
        let mut answers = accepted.list.iter().filter(|each| each.is(DEFLATE));
        let compressors = match (answers.next(), answers.next()) {
            (Some(answer), None) => Some(Parameters::of(answer, Written::InAnswer)),
            (Some(_), Some(_)) => None, // what two answers agree on, nobody can say
            (None, _) => {
                let deflate = match accepted.fault {
                    Some(_) => Deflate::Unknown,
                    None => Deflate::Absent,
                };
                let unknown_extension = accepted.fault.is_some() || !accepted.list.is_empty();
                return Agreement { deflate, unknown_extension };
            }
        };
        let is_foreign = accepted.list.iter().any(|each| !each.is(DEFLATE));
        let compressors = compressors.and_then(Result::ok).map(|answer| answer.compressors());
        Agreement {
            unknown_extension: accepted.fault.is_some() || is_foreign || compressors.is_none(),
            deflate: Deflate::Agreed(compressors.unwrap_or_default()),
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
    use crate::ws::Compressors;

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
        let mut compressors = Compressors::default();
        compressors.server.context_takeover = false;
        assert_eq!(
            accepted(Some("permessage-deflate; server_no_context_takeover")),
            Agreement { deflate: Deflate::Agreed(compressors), unknown_extension: false }
        );
    }

    #[test]
    fn what_is_not_understood_is_not_held_against_anyone() {
        let unknown = |deflate| Agreement { deflate, unknown_extension: true };
        assert_eq!(accepted(Some("x-webkit-deflate-frame")), unknown(Deflate::Absent));
        assert_eq!(accepted(Some("permessage-deflate; =")), unknown(Deflate::Unknown));
        let agreed = unknown(Deflate::Agreed(Compressors::default()));
        assert_eq!(accepted(Some("permessage-deflate; mux")), agreed);
        assert_eq!(accepted(Some("permessage-deflate, permessage-deflate")), agreed);
        assert_eq!(Handshake::default().agreement(), Agreement::default());
    }
}
