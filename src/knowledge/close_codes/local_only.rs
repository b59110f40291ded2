//! Codes that an API reports and no Close frame may carry: 1005, 1006, 1015.

use super::super::close_code::WhoMaySend;
use super::{Card, CodeEntry, Retry, UsualFault, vi};

pub(super) const NO_STATUS_RECEIVED: CodeEntry = CodeEntry {
    codes: 1005..=1005,
    name: "No Status Received",
    reference: "RFC 6455 §7.1.5, §7.4.1",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Nobody,
    retry: Retry::IfNeeded,
    shown_by_api: "An API reports 1005 when the first Close that it received has no code (§7.1.5).",
    use_when: "send a Close without a body instead",
    card: Card {
        description: "A Close was received and it held no status code; the API needs a number to \
            say so. The number itself must not be sent (RFC 6455 §7.1.5, §7.4.1).",
        when_you_see_it: "Mostly the peer called close() without arguments, as browser code often \
            does. An empty Close is legal (§5.5.1), and the closing handshake was complete: this \
            is no error. In a capture you see a Close with a payload of 0 bytes. If a capture \
            shows a Close with the code 1005 in it, its sender broke the RFC, mostly by passing an \
            API's code back to close().",
        how_to_fix: &[
            "Do nothing, and do not alert on 1005.",
            "To know why peers close, have them pass a code and a reason, such as 1000.",
            "If 1005 is on the wire, stop copying the received code into your own close call.",
        ],
        reconnect: "As after 1000: only if there is more to do.",
    },
    vi: vi::local_only::NO_STATUS_RECEIVED,
};

pub(super) const ABNORMAL_CLOSURE: CodeEntry = CodeEntry {
    codes: 1006..=1006,
    name: "Abnormal Closure",
    reference: "RFC 6455 §7.1.5, §7.4.1",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Undecided,
    retry: Retry::WithBackoff,
    shown_by_api: "An API reports 1006 when it received no Close, and mostly also when its own \
        side failed the connection.",
    use_when: "the API reports it by itself when a connection ends without a Close",
    card: Card {
        description: "The connection ended and no Close was received. It is what an API says in \
            place of a code and must not be sent (RFC 6455 §7.1.5, §7.4.1).",
        when_you_see_it: "It never crosses the wire, so the API's log alone cannot explain it; the \
            capture can. TCP may have ended by FIN or RST without a Close (a crash, a proxy's \
            timer, a handler that returned), the path may have died, or the handshake failed: \
            browsers say 1006 for all of those. Often it hides a protocol error: an endpoint that \
            refuses a frame mostly reports 1006 itself, while the Close that it put on the wire \
            says 1002, 1007 or 1009.",
        how_to_fix: &[
            "Capture, and look for a Close in each direction: one with 1002, 1007 or 1009 is the \
                real cause.",
            "No Close at all: see who sent the first FIN or RST, and how long the line was silent \
                before.",
            "The same silence or the same age each time is a timer: ping more often, or raise the \
                proxy's limit.",
            "No 101 response: read the HTTP status; this is a failed handshake, not a broken \
                connection.",
            "If 1006 itself is in a Close frame, its sender copied an API's code into close().",
        ],
        reconnect: "Yes: first after a random delay of up to 5 seconds, then with growing delays \
            (§7.2.3).",
    },
    vi: vi::local_only::ABNORMAL_CLOSURE,
};

pub(super) const TLS_HANDSHAKE: CodeEntry = CodeEntry {
    codes: 1015..=1015,
    name: "TLS Handshake",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Operator,
    retry: Retry::AfterFix,
    shown_by_api: "Some libraries report 1015; browsers report 1006 for the same failure.",
    use_when: "the API may report it by itself when TLS fails",
    card: Card {
        description: "The TLS handshake failed, for instance because the certificate could not be \
            verified. It is for an API to report and must not be sent (RFC 6455 §7.4.1).",
        when_you_see_it: "No WebSocket ever existed. The capture shows a TLS alert or a reset \
            before any application data; the side that sent the alert rejected the other's offer. \
            Plain HTTP sent to a TLS port ends the same way. Browsers hide it behind 1006.",
        how_to_fix: &[
            "Read the TLS alert: expired, unknown issuer, wrong name, no common version.",
            "Check the certificate chain and the name against what the client asked for.",
            "Check that wss goes to a TLS port, and ws to a plain one.",
        ],
        reconnect: "Not until certificate or configuration is changed.",
    },
    vi: vi::local_only::TLS_HANDSHAKE,
};
