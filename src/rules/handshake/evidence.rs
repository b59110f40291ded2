//! What a rule of the handshake looks at, and who may have had a hand in it.

use crate::endpoint::Side;
use crate::http::{Field, Handshake, Request, Response};
use crate::rules::{Breach, Fault, Severity};
use crate::tcp::Range64;

/// Fields that only something between the two adds. Names only: their values are private.
const PROXY_FIELDS: &[&str] =
    &["Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "CF-Ray"];

/// Marks of the browsers in a User-Agent; they all begin like the first.
const BROWSERS: &[&str] = &["Firefox/", "Chrome/", "Safari/", "Edg/", "OPR/"];

/// Bytes of a field value that are shown.
const MOST_SHOWN: usize = 16;

/// A request, as a rule looks at it.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Asked<'h> {
    pub(in crate::rules) request: &'h Request,
    was_refused: bool,
}

impl<'h> Asked<'h> {
    /// The request; `None` when it was not captured.
    pub(in crate::rules) fn of(handshake: &'h Handshake) -> Option<Asked<'h>> {
        let request = handshake.request.as_ref()?;
        let was_refused = handshake.response.is_some() && !handshake.is_open();
        Some(Asked { request, was_refused })
    }

    /// The key, if there is exactly one.
    pub(in crate::rules) fn only_key(&self) -> Option<&'h Field> {
        let mut keys = self.request.head.all("Sec-WebSocket-Key");
        let key = keys.next()?;
        keys.next().is_none().then_some(key)
    }

    /// Whether the request has the two keys of hixie-76, a draft with other frames.
    pub(in crate::rules) fn is_draft(&self) -> bool {
        self.request.head.first("Sec-WebSocket-Key1").is_some()
    }

    /// Whether the client calls itself a browser.
    pub(in crate::rules) fn is_browser(&self) -> bool {
        self.request.head.first("User-Agent").is_some_and(|field| {
            field.value.starts_with("Mozilla/5.0")
                && BROWSERS.iter().any(|mark| field.value.contains(mark))
        })
    }

    /// The first field that shows that the request passed a proxy.
    pub(in crate::rules) fn proxy_field(&self) -> Option<&'static str> {
        PROXY_FIELDS.iter().copied().find(|name| self.request.head.first(name).is_some())
    }

    /// A breach by the request, in `field` or in the head as a whole. It is a warning where the
    /// server let it pass, and where nothing tells that it did not.
    pub(in crate::rules) fn breach(
        &self,
        field: Option<&Field>,
        detail: impl Into<String>,
    ) -> Breach {
        let (range, shown) = place(field, self.request.head.range);
        let breach = Breach::new(detail).at(Side::Client, range).showing(shown);
        if self.was_refused { breach } else { breach.weighing(Severity::Warning) }
    }

    /// The breach, laid at the door of something between the two if there are signs of it.
    pub(in crate::rules) fn or_someone_between(&self, mut breach: Breach) -> Breach {
        let head = &self.request.head;
        let sign = if let Some(field) = self.proxy_field() {
            format!("; {field} shows that the request passed a proxy")
        } else if self.is_browser() {
            "; the User-Agent is that of a browser, and no browser sends such a request".to_owned()
        } else if head.has_token("Connection", "close") && !head.has_token("Upgrade", "websocket") {
            // What nginx sends upstream unless it is told otherwise; no client asks for it.
            "; `Connection: close` without Upgrade is what a reverse proxy writes".to_owned()
        } else {
            return breach;
        };
        breach.detail.push_str(&sign);
        breach.blaming(Fault::Intermediary)
    }
}

/// A response that switched to WebSocket, as a rule looks at it.
#[derive(Clone, Copy)]
pub(in crate::rules) struct Switched<'h> {
    pub(in crate::rules) response: &'h Response,
}

impl<'h> Switched<'h> {
    /// The response; `None` when it refuses or was not captured.
    pub(in crate::rules) fn of(handshake: &'h Handshake) -> Option<Switched<'h>> {
        let response = handshake.response.as_ref().filter(|response| response.status == 101)?;
        Some(Switched { response })
    }

    /// A breach by the response, in `field` or in the head as a whole.
    pub(in crate::rules) fn breach(
        &self,
        field: Option<&Field>,
        detail: impl Into<String>,
    ) -> Breach {
        let (range, shown) = place(field, self.response.head.range);
        Breach::new(detail).at(Side::Server, range).showing(shown)
    }
}

/// Where to point, and what to show there: the value's first bytes, never anything of a head as a
/// whole.
fn place(field: Option<&Field>, head: Range64) -> (Range64, Vec<u8>) {
    match field {
        Some(field) => (field.range, field.value.bytes().take(MOST_SHOWN).collect()),
        None => (head, Vec::new()),
    }
}
