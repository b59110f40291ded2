//! Ranges without a single meaning, and the registered codes that lie among them.

use std::ops::RangeInclusive;

use super::super::close_code::WhoMaySend;
use super::{Card, CodeEntry, Retry, UsualFault, vi};

pub(super) const UNUSED: CodeEntry = CodeEntry {
    codes: 0..=999,
    name: "Unused",
    reference: "RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Sender,
    retry: Retry::AfterFix,
    shown_by_api: "A strict receiver answers 1002 and reports 1006; Chromium accepts the number \
        and reports it.",
    use_when: "codes begin at 1000",
    card: Card {
        description: "Numbers below 1000 are not used as close codes (RFC 6455 §7.4.2).",
        when_you_see_it: "The sender of the Close has a bug. Mostly it is an HTTP status such as \
            401 passed as a close code, or an unset variable sent as 0. A peer's 1002 in answer is \
            the consequence.",
        how_to_fix: &[
            "Correct the sender: use 1000 for a normal end, a private code such as 4401 for your \
                own meaning.",
            "For no code at all, send a Close without a body (§5.5.1), not the number 0.",
        ],
        reconnect: "As the sender meant it; ask its authors, since the number tells nothing.",
    },
    vi: vi::ranges::UNUSED,
};

pub(super) const RESERVED_1004: CodeEntry = CodeEntry {
    codes: 1004..=1004,
    name: "Reserved",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Sender,
    retry: Retry::AfterFix,
    shown_by_api: "A strict receiver answers 1002 and reports 1006; Chromium accepts the number \
        and reports it.",
    use_when: "it has no meaning, 1009 is the code for a message that is too big",
    card: Card {
        description: "Reserved; a meaning might be defined in the future and has not been \
            (RFC 6455 §7.4.1).",
        when_you_see_it: "The sender of the Close has a bug, or follows an early draft in which \
            1004 stood for a frame that is too large. A peer's 1002 in answer is the consequence.",
        how_to_fix: &[
            "If a size was meant, send 1009.",
            "Update the sender's library if it follows a draft from before RFC 6455.",
        ],
        reconnect: "As after 1009 if the sender follows a draft: not with the same message.",
    },
    vi: vi::ranges::RESERVED_1004,
};

pub(super) const UNASSIGNED: CodeEntry = CodeEntry {
    codes: 1016..=2999,
    name: "Unassigned",
    reference: "RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Sender,
    retry: Retry::AfterFix,
    shown_by_api: "A strict receiver answers 1002 and reports 1006; Chromium accepts the number \
        and reports it.",
    use_when: "the range is kept for the protocol, take a private code from 4000 on",
    card: Card {
        description: "Kept for the protocol, its revisions and its extensions; nobody has been \
            given a number here (RFC 6455 §7.4.2).",
        when_you_see_it: "Either an application picked its own code from the wrong range, or the \
            two bytes are no code: the start of some other data, because two writers mixed their \
            bytes or the stream lost its frame boundaries. Look at the frames before it. A peer's \
            1002 in answer is the consequence.",
        how_to_fix: &[
            "If it was chosen, move it to 4000 to 4999.",
            "If nobody chose it, look for two writers on one socket and for an earlier violation.",
        ],
        reconnect: "As the sender meant it; ask its authors, since the number tells nothing.",
    },
    vi: vi::ranges::UNASSIGNED,
};

pub(super) const UNAUTHORIZED: CodeEntry = CodeEntry {
    codes: 3000..=3000,
    name: "Unauthorized",
    reference: "IANA WebSocket close code registry; RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Application,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 3000; uWebSockets takes it for invalid and answers with an \
        empty Close.",
    use_when: "the client has not proved who it is",
    card: Card {
        description: "The endpoint wants credentials that were missing or not accepted, like HTTP \
            401. Registered with IANA; RFC 6455 leaves the meaning of such codes open (§7.4.2).",
        when_you_see_it: "The server's application refused the login. The frames are fine. A Close \
            within seconds of the handshake is the first check; a later one is mostly an expired \
            token.",
        how_to_fix: &[
            "Check the token: present, not expired, for this service.",
            "See that no proxy removes the header, the cookie or the query that carries it.",
            "Renew the token before it expires, and let the client do so before it reconnects.",
        ],
        reconnect: "Only with new credentials.",
    },
    vi: vi::ranges::UNAUTHORIZED,
};

pub(super) const FORBIDDEN: CodeEntry = CodeEntry {
    codes: 3003..=3003,
    name: "Forbidden",
    reference: "IANA WebSocket close code registry; RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Application,
    retry: Retry::AfterFix,
    shown_by_api: "The receiver reports 3003; uWebSockets takes it for invalid and answers with an \
        empty Close.",
    use_when: "the client is known and may not do this",
    card: Card {
        description: "The endpoint knows who asks and refuses, like HTTP 403. Registered with \
            IANA; RFC 6455 leaves the meaning of such codes open (§7.4.2).",
        when_you_see_it: "The server's application denied the right to connect or to do what the \
            last message asked for. The frames are fine.",
        how_to_fix: &[
            "Check the rights of this account for what the last message asked for.",
            "Check the list of allowed origins and addresses.",
        ],
        reconnect: "Not until the rights have changed; new credentials for the same account do not \
            help.",
    },
    vi: vi::ranges::FORBIDDEN,
};

pub(super) const TIMEOUT: CodeEntry = CodeEntry {
    codes: 3008..=3008,
    name: "Timeout",
    reference: "IANA WebSocket close code registry; RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Undecided,
    retry: Retry::WithBackoff,
    shown_by_api: "The receiver reports 3008; uWebSockets takes it for invalid and answers with an \
        empty Close.",
    use_when: "the peer did not do in time what it had to do",
    card: Card {
        description: "The peer took too long, like HTTP 408. Registered with IANA; RFC 6455 leaves \
            the meaning of such codes open (§7.4.2).",
        when_you_see_it: "A timer of the sender's application ran out: for a login, an answer, or \
            the session as a whole (AssemblyAI says 3008 for an expired session). Compare the time \
            since the handshake and since the peer's last message; the one that is round is the \
            timer.",
        how_to_fix: &[
            "Find which time is constant over several connections: age, or silence.",
            "Do in time what the service waits for, or raise its limit.",
            "For a limit on the session, reconnect before it is reached.",
        ],
        reconnect: "Yes, after a random delay and with growing delays (§7.2.3).",
    },
    vi: vi::ranges::TIMEOUT,
};

// The registered codes cut their range in three; the row is the same for each part.
pub(super) const REGISTERED_3001: CodeEntry = registered(3001..=3002);
pub(super) const REGISTERED_3004: CodeEntry = registered(3004..=3007);
pub(super) const REGISTERED_3009: CodeEntry = registered(3009..=3999);

const fn registered(codes: RangeInclusive<u16>) -> CodeEntry {
    CodeEntry {
        codes,
        name: "Library or Framework",
        reference: "RFC 6455 §7.4.2; IANA, first come first served",
        who_may_send: WhoMaySend::Both,
        allowed_on_wire: true,
        usually_at_fault: UsualFault::Application,
        retry: Retry::AsAgreed,
        shown_by_api: "The receiver reports the code; uWebSockets takes it for invalid and answers \
            with an empty Close.",
        use_when: "a library or framework has registered it with this meaning",
        card: Card {
            description: "For libraries, frameworks and applications, to be registered with IANA; \
                the protocol gives it no meaning (RFC 6455 §7.4.2).",
            when_you_see_it: "A library or a service closed on purpose. Its documentation and the \
                reason text say why; the frames are mostly fine. Many such codes are in use \
                without being registered.",
            how_to_fix: &[
                "Look the code up in the documentation of the library or service that sent it.",
                "Read the reason text and the last message before the Close.",
                "For codes of your own, take 4000 to 4999, which need no registration.",
            ],
            reconnect: "As that library or service says; with backoff if it says nothing (§7.2.3).",
        },
        vi: vi::ranges::REGISTERED,
    }
}

pub(super) const PRIVATE: CodeEntry = CodeEntry {
    codes: 4000..=4999,
    name: "Private Use",
    reference: "RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Application,
    retry: Retry::AsAgreed,
    shown_by_api: "The receiver reports the code, and so does the sender if it is echoed (§5.5.1, \
        §7.1.5).",
    use_when: "both applications have agreed on its meaning",
    card: Card {
        description: "For private use by agreement between applications; it cannot be registered \
            (RFC 6455 §7.4.2).",
        when_you_see_it: "The application at the sender's end closed on purpose. The same number \
            means different things in different products, so recognise the product first: by \
            subprotocol, host or path. Many follow HTTP: 4401 for a login, 4403 for a right, 4429 \
            for a rate.",
        how_to_fix: &[
            "Identify the product by Sec-WebSocket-Protocol, host or path, and look the code up \
                there.",
            "Read the reason text and the last message before the Close.",
            "Right after the handshake it is mostly authentication.",
        ],
        reconnect: "As the product says: many of these codes mean \"do not come back\".",
    },
    vi: vi::ranges::PRIVATE,
};

pub(super) const OUT_OF_RANGE: CodeEntry = CodeEntry {
    codes: 5000..=65535,
    name: "Out Of Range",
    reference: "RFC 6455 §7.4.2",
    who_may_send: WhoMaySend::Nobody,
    allowed_on_wire: false,
    usually_at_fault: UsualFault::Sender,
    retry: Retry::AfterFix,
    shown_by_api: "A strict receiver answers 1002 and reports 1006; Chromium and aiohttp accept \
        the number.",
    use_when: "codes end at 4999",
    card: Card {
        description: "Above the last range that the protocol defines, which ends at 4999 \
            (RFC 6455 §7.4.2).",
        when_you_see_it: "The sender of the Close has a bug. Mostly the two bytes are in the wrong \
            order (59395 is 1000 swapped), or the code was written as text (12592 is \"10\"), or a \
            reason was sent without a code before it. A peer's 1002 in answer is the consequence.",
        how_to_fix: &[
            "Write the code as two bytes in network byte order before the reason (§5.5.1).",
            "Update or report the sender's library: a correct one does not let such a code \
                through.",
        ],
        reconnect: "As the sender meant it; undo the bug to learn the code.",
    },
    vi: vi::ranges::OUT_OF_RANGE,
};
