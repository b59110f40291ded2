//! Causes that are no broken rule: a table.

use crate::report::Blame;

/// Why a connection ended, where no rule names it.
#[derive(Debug)]
pub struct Cause {
    /// Kebab-case.
    pub id: &'static str,
    /// What happened, in one line without a full stop.
    pub title: &'static str,
    /// What to do; empty when there is nothing to fix.
    pub advice: &'static str,
}

/// Every cause.
pub static CAUSES: &[Cause] = &[
    Cause { id: "clean-close", title: "an ordinary closing handshake", advice: "" },
    Cause {
        id: "empty-close",
        title: "a closing handshake without a status code, which APIs report as 1005",
        advice: "",
    },
    Cause {
        id: "going-away",
        title: "one side went away: a page was left, or a process is shutting down",
        advice: "",
    },
    Cause {
        id: "service-restart",
        title: "the service restarts",
        advice: "Reconnect after a random delay, so that not all clients come back at once.",
    },
    Cause {
        id: "try-again-later",
        title: "the service refuses work for now",
        advice: "Look at the load of the side that closed; clients should back off before they \
            reconnect.",
    },
    Cause {
        id: "bad-gateway",
        title: "a gateway got no valid answer from the server behind it",
        advice: "Look at the log of the gateway and of the server behind it at this time.",
    },
    Cause {
        id: "internal-error",
        title: "the side that closed met an error of its own",
        advice: "Look for an exception in the log of the side that closed, at this time.",
    },
    Cause {
        id: "keepalive-timeout",
        title: "a Ping was not answered in time",
        advice: "Find what kept the other side from reading: a blocked event loop, a paused \
            process, or a path that drops packets. Raise the time-out only after that.",
    },
    Cause {
        id: "message-too-big-limit",
        title: "a message was larger than its receiver allows",
        advice: "Raise the receiver's limit or send smaller messages; repeating the same message \
            will fail again.",
    },
    Cause {
        id: "mandatory-extension",
        title: "the client needs an extension that the server did not accept",
        advice: "Enable the extension on the server, or stop requiring it on the client.",
    },
    Cause {
        id: "unsupported-data",
        title: "a message was of a kind that its receiver does not accept",
        advice: "Agree on text or binary messages; look at the last message before the Close.",
    },
    Cause {
        id: "application-close",
        title: "the application decided to close",
        advice: "Look up the code and the reason in the documentation of the application that \
            closed; the last message before the Close often triggered it.",
    },
    Cause {
        id: "unexplained-protocol-error",
        title: "a protocol error was reported of which the capture shows no sign",
        advice: "Capture beside the other endpoint as well: something on the way may change the \
            bytes, or the side that closed may use 1002 for reasons of its own.",
    },
    Cause { id: "simultaneous-close", title: "both sides closed at the same time", advice: "" },
    Cause { id: "still-open", title: "the connection was open when the capture ended", advice: "" },
    Cause {
        id: "inferred-close",
        title: "inferred from record sizes: a closing handshake inside TLS, its code unknown",
        advice: "Give the keys of the session to see the code and the reason: wsblame explain \
            keylog says how to have them written.",
    },
    Cause {
        id: "inferred-no-close",
        title: "inferred from record sizes: no Close inside TLS before the connection ended",
        advice: "Give the keys of the session to be certain: wsblame explain keylog says how to \
            have them written. Then look at the side that ended TLS or TCP first.",
    },
    Cause {
        id: "tls-handshake-failed",
        title: "the TLS handshake failed, so that no WebSocket could be opened",
        advice: "Look at the log of the side that ended the handshake, at this time; where it sent \
            an alert, its name says what it did not accept.",
    },
    Cause {
        id: "tls-certificate-rejected",
        title: "a certificate was not accepted in the TLS handshake",
        advice: "Look at the log of the side that ended the handshake; then at the certificate: its \
            names, its dates, and whether the chain leads to an authority that the other side \
            trusts.",
    },
    Cause {
        id: "tls-to-plain-port",
        title: "TLS to a port that does not speak it: wss:// where ws:// was due",
        advice: "Use ws:// in the URL, or the port that speaks TLS; or let the server, or a proxy in \
            front of it, speak TLS on this one.",
    },
    Cause {
        id: "tls-alert",
        title: "TLS failed under the open WebSocket, by a fatal alert",
        advice: "The alert says what its sender did not accept. Capture beside both endpoints: if \
            the bytes differ, something on the way changed them; if not, one of the two TLS \
            libraries is wrong.",
    },
    Cause {
        id: "no-answer-to-request",
        title: "the opening request got no answer",
        advice: "Look at the log of the server, or of the proxy in front of it, at this time.",
    },
];

/// The cause called `id`.
pub fn find_cause(id: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.id == id)
}

/// Who has to fix it, for a side.
pub(super) fn blame(side: crate::endpoint::Side) -> Blame {
    match side {
        crate::endpoint::Side::Client => Blame::Client,
        crate::endpoint::Side::Server => Blame::Server,
    }
}
