//! Codes that say that something was wrong: 1002, 1003 and 1007 to 1011.

use super::super::close_code::WhoMaySend;
use super::{Card, CodeEntry, Retry, UsualFault, vi};

pub(super) const PROTOCOL_ERROR: CodeEntry = CodeEntry {
    codes: 1002..=1002,
    name: "Protocol Error",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::PeerOfSender,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 1002; the sender, which failed the connection itself, \
        mostly reports 1006.",
    use_when: "the peer's frames break RFC 6455 and no code for content fits",
    card: Card {
        description: "The endpoint ends the connection because of a protocol error (RFC 6455 \
            §7.4.1).",
        when_you_see_it: "Look at what the other side sent: whoever sends 1002 has mostly received \
            a bad frame and is the victim, not the culprit. The culprit's API shows 1002, the \
            victim's own mostly 1006. Often the bad bytes are no frame at all but HTTP, HTML or \
            JSON that a proxy or a second handler wrote into the stream. Exceptions, where the \
            sender is the cause: Bandit closes idle connections with 1002, some applications use \
            it for a missing subprotocol or a failed login, and old stacks answer it to 1012, 1013 \
            and 1014. Chromium also uses it for invalid UTF-8 and for bad compressed data.",
        how_to_fix: &[
            "Find the first frame of the other side that breaks a rule, among those received \
                before the Close.",
            "Compare the reason text: many libraries name the rule there.",
            "If the bad bytes are readable text, look for a proxy or a second handler on the \
                upgraded socket.",
            "If RSV1 is set, compare Sec-WebSocket-Extensions on every leg; turn compression off \
                to confirm.",
            "If everything received is valid, compare captures on both sides and suspect the \
                sender of 1002.",
        ],
        reconnect: "Not before the cause is mended: it may work for a while, and then the same frame \
            fails again. Back off meanwhile (§7.2.3).",
    },
    vi: vi::failures::PROTOCOL_ERROR,
};

pub(super) const UNSUPPORTED_DATA: CodeEntry = CodeEntry {
    codes: 1003..=1003,
    name: "Unsupported Data",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Application,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 1003, and so does the sender once the echo arrives \
        (§7.1.5).",
    use_when: "a message has a type, text or binary, that this endpoint does not take",
    card: Card {
        description: "The endpoint received a type of data that it cannot accept, such as a binary \
            message where it takes only text (RFC 6455 §7.4.1).",
        when_you_see_it: "The peer's last message before the Close has the other opcode than those \
            that went well. The frames are legal; the two applications disagree. Some applications \
            use 1003 for any message they cannot parse, and websocket-driver (faye, Action Cable) \
            sends it when it was told to require masks and a frame had none.",
        how_to_fix: &[
            "Compare the opcode of the last data message with earlier ones: 0x1 is text, 0x2 is \
                binary.",
            "Send the type that the receiver documents; in JavaScript a string is text, a buffer \
                is binary.",
            "For content that cannot be parsed, have the receiver send a private code instead.",
        ],
        reconnect: "Not with the same message: it ends the same way.",
    },
    vi: vi::failures::UNSUPPORTED_DATA,
};

pub(super) const INVALID_PAYLOAD: CodeEntry = CodeEntry {
    codes: 1007..=1007,
    name: "Invalid Frame Payload Data",
    reference: "RFC 6455 §7.4.1, §8.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::PeerOfSender,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 1007; the sender, which failed the connection itself, \
        mostly reports 1006.",
    use_when: "a message's content does not fit its type, as non-UTF-8 in a text",
    card: Card {
        description: "A message's content does not fit the message's type, such as a text message \
            that is not UTF-8 (RFC 6455 §7.4.1; such a connection must be failed, §8.1).",
        when_you_see_it: "The other side sent the bad message; the sender of 1007 only refused it. \
            Either a text message is not UTF-8 (bytes in a legacy encoding, a character cut in \
            two, binary data with the text opcode), or compressed data did not inflate: ws, undici \
            and wsproto use 1007 for that too. Fragments may split a character, a whole message \
            may not.",
        how_to_fix: &[
            "Find the offset of the first bad byte; an offset at the very end means text cut by \
                bytes.",
            "Send bytes that are no text as binary messages.",
            "Encode text as UTF-8 at the source; never slice encoded text at a byte count.",
            "If the message is compressed, turn compression off: if 1007 goes away, it was the \
                inflate.",
        ],
        reconnect: "Not with the same message: it ends the same way.",
    },
    vi: vi::failures::INVALID_PAYLOAD,
};

pub(super) const POLICY_VIOLATION: CodeEntry = CodeEntry {
    codes: 1008..=1008,
    name: "Policy Violation",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Application,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 1008, and so does the sender once the echo arrives \
        (§7.1.5).",
    use_when: "a message is against this endpoint's rules and no other code fits, or the rule is \
        not to be told",
    card: Card {
        description: "A message is against the endpoint's policy. The RFC offers it as the code \
            for whatever no other code fits, or for hiding the details (RFC 6455 §7.4.1).",
        when_you_see_it: "Application or platform policy: a missing or expired login, an origin \
            that is not allowed, a rate limit. The frames are mostly fine. Within two seconds of \
            the handshake it is mostly authentication; later, look at the last message before the \
            Close. Some libraries use it on their own account: ws for a message in too many \
            fragments, Jetty for an exception in a client's handler.",
        how_to_fix: &[
            "Read the reason text and the last message before the Close.",
            "Right after the handshake: check token, cookie and Origin.",
            "After a burst: slow down or batch.",
            "If you own the server, send a private code that tells the client what to do.",
        ],
        reconnect: "Not without a change, such as a fresh token; with backoff when it was a rate \
            limit.",
    },
    vi: vi::failures::POLICY_VIOLATION,
};

pub(super) const MESSAGE_TOO_BIG: CodeEntry = CodeEntry {
    codes: 1009..=1009,
    name: "Message Too Big",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Limit,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 1009; the sender, which failed the connection itself, \
        mostly reports 1006.",
    use_when: "a message is larger than this endpoint can process",
    card: Card {
        description: "A message is too big for the endpoint that received it (RFC 6455 §7.4.1).",
        when_you_see_it: "The sender of 1009 has a limit and the other side's message is above it; \
            neither breaks the RFC. The limit can belong to a proxy in between. The largest \
            message that went well and the one refused enclose it; with compression it may count \
            the inflated size. Some stacks (uWebSockets, tungstenite) end TCP instead, which shows \
            as 1006. A length field that makes no sense can also be answered with 1009.",
        how_to_fix: &[
            "Compare the refused message with the receiver's limit; defaults start at 8 KiB \
                (Tomcat) and 16 KiB (uWebSockets).",
            "Raise the limit in the receiver, and in every proxy and framework on the way.",
            "Or split the content into several messages; fragments of one message do not help.",
            "Never send the same message again without a change.",
        ],
        reconnect: "Not with the same message: it ends the same way, and a client that repeats it \
            makes a reconnect storm.",
    },
    vi: vi::failures::MESSAGE_TOO_BIG,
};

pub(super) const MANDATORY_EXTENSION: CodeEntry = CodeEntry {
    codes: 1010..=1010,
    name: "Mandatory Extension",
    reference: "RFC 6455 §7.4.1",
    // The RFC writes "an endpoint (client)" and gives the reason why no server needs the code.
    who_may_send: WhoMaySend::ClientOnly,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Operator,
    retry: Retry::AfterFix,
    shown_by_api: "The server reports 1010, and so does the client once the echo arrives (§7.1.5).",
    use_when: "this client cannot work without an extension that the server left out of its \
        handshake",
    card: Card {
        description: "A client needs an extension that the server did not agree to in the \
            handshake. The needed extensions belong in the reason text. A server does not use the \
            code, since it can refuse the handshake instead (RFC 6455 §7.4.1).",
        when_you_see_it: "From a client: compare Sec-WebSocket-Extensions in the request and in \
            the 101 response; server policy or a proxy removed what the client insists on. From a \
            server: the server breaks the RFC, whatever its complaint.",
        how_to_fix: &[
            "Read in the reason text which extension is missing.",
            "Enable it on the server, and see that no proxy removes the header in either \
                direction.",
            "Or let the client work without it.",
        ],
        reconnect: "Not until server, proxy or client is changed: the handshake ends the same way.",
    },
    vi: vi::failures::MANDATORY_EXTENSION,
};

pub(super) const INTERNAL_ERROR: CodeEntry = CodeEntry {
    codes: 1011..=1011,
    name: "Internal Error",
    reference: "RFC 6455 §7.4.1, erratum 3227",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Sender,
    retry: Retry::WithBackoff,
    shown_by_api: "The receiver reports 1011, and so does the sender once the echo arrives \
        (§7.1.5).",
    use_when: "this endpoint failed in a way it did not foresee",
    card: Card {
        description: "The endpoint met a condition that it did not expect and cannot go on. The \
            RFC speaks of servers; erratum 3227 extends it to any endpoint (RFC 6455 §7.4.1).",
        when_you_see_it: "Mostly an unhandled exception in the sender's application, set off by \
            the last message it received. One exception: the reason \"keepalive ping timeout\" \
            comes from Python's websockets, and there the sender is the one that waited. If TCP \
            acknowledged its ping, the peer's program was blocked; if not, the path was dead.",
        how_to_fix: &[
            "Look into the sender's log at that time, and at the last message it received.",
            "For a keepalive reason: move blocking work off the peer's event loop, or allow more \
                time for the pong.",
            "Have the application catch the error and close with a code that says more.",
        ],
        reconnect: "Yes, after a random delay and with growing delays (§7.2.3).",
    },
    vi: vi::failures::INTERNAL_ERROR,
};
