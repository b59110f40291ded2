//! A response that refuses the opening handshake, and who is behind it.

use super::GROUNDS_FOR_REFUSAL;
use crate::endpoint::Side;
use crate::http::{Handshake, Response};
use crate::rules::{Breach, Check, Fault};

/// Software that names itself in `Server` and answers in place of the server behind it.
const PROXIES: &[&str] = &["nginx", "openresty", "cloudflare", "awselb", "envoy", "istio-envoy"];

/// A refusal, as a rule looks at it.
#[derive(Clone, Copy)]
pub(super) struct Refusal<'h> {
    pub(super) response: &'h Response,
    handshake: &'h Handshake,
}

impl<'h> Refusal<'h> {
    /// The response; `None` when it switches, or there is none.
    pub(super) fn of(handshake: &'h Handshake) -> Option<Refusal<'h>> {
        let response = handshake.response.as_ref().filter(|response| response.status != 101)?;
        handshake.request.as_ref()?;
        Some(Refusal { response, handshake })
    }

    /// The breach, laid at the door of whoever gave the ground for it.
    pub(super) fn breach(&self, mut detail: String) -> Breach {
        let mut fault = self.is_by_proxy().then_some(Fault::Intermediary);
        if self.handshake.lost_refusal {
            // What was lost of it may say that the client should have spoken TLS.
            fault = fault.or(Some(Fault::Unknown));
        }
        if matches!(self.response.status, 400 | 405 | 426 | 501 | 505)
            && let Some((id, culprit)) = self.ground()
        {
            detail.push_str("; the request gives ground for it: ");
            detail.push_str(id);
            fault = Some(culprit);
        }
        let breach = Breach::new(detail).at(Side::Server, self.response.head.range).showing([]);
        match fault {
            Some(fault) => breach.blaming(fault),
            None => breach,
        }
    }

    /// The first rule that the request breaks, and who broke it.
    fn ground(&self) -> Option<(&'static str, Fault)> {
        GROUNDS_FOR_REFUSAL.iter().find_map(|rule| {
            let Check::Handshake(check) = rule.check else { return None };
            let breach = check(self.handshake)?;
            Some((rule.id, breach.fault.unwrap_or(rule.fault)))
        })
    }

    /// Whether the status is one that a proxy gives on its own account.
    fn is_by_proxy(&self) -> bool {
        let server = self.response.head.first("Server").map(|field| field.value.as_str());
        let names_proxy = |server: &str| {
            PROXIES.iter().any(|name| {
                server.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
            })
        };
        match self.response.status {
            407 | 502 | 504 | 511 | 520..=527 | 530 => true,
            503 => server.is_some_and(names_proxy) || self.is_in_the_words_of_haproxy(),
            // RFC 9110 §10.2.4 lets a proxy leave `Server` alone, and most do; a load balancer of
            // AWS writes its own only into responses it makes itself.
            _ => server.is_some_and(|server| server.starts_with("awselb")),
        }
    }

    /// Whether it has just the fields with which HAProxy says that no server is there: those of an
    /// HTML page that is not to be stored, without a name and without a date.
    fn is_in_the_words_of_haproxy(&self) -> bool {
        let head = &self.response.head;
        let has = |name| head.first(name).is_some();
        head.has_token("Cache-Control", "no-cache")
            && head.has_token("Content-Type", "text/html")
            && !has("Server")
            && !has("Date")
    }
}
