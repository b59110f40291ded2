//! Codes for an end that is planned or outside the connection: 1000, 1001, 1012, 1013, 1014.

use super::super::close_code::WhoMaySend;
use super::{Card, CodeEntry, Retry, UsualFault, vi};

pub(super) const NORMAL: CodeEntry = CodeEntry {
    codes: 1000..=1000,
    name: "Normal Closure",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Nobody,
    retry: Retry::IfNeeded,
    shown_by_api: "The receiver reports 1000, and so does the sender once the echo arrives \
        (§7.1.5).",
    use_when: "the work of this connection is done",
    card: Card {
        description: "The connection has served its purpose and is over (RFC 6455 §7.4.1).",
        when_you_see_it: "Mostly nothing is wrong: one application called close and the other side \
            answered, typically with the same code (§5.5.1). But some stacks also say 1000 when \
            they give up: Phoenix's JavaScript client and tornado after a missed heartbeat, Cowboy \
            when idle or stopping, Bandit at shutdown, uWebSockets at the maximum age it allows. \
            Read the reason text and look at the silence before the Close before you call it \
            healthy.",
        how_to_fix: &[
            "If the end was expected, do nothing, and keep 1000 out of your error rate.",
            "If not, find which side sent its Close first and look at that application's calls to \
                close.",
            "A reason that names a heartbeat or a ping means that the peer or the path was silent.",
            "The same age or the same silence on several connections means a timer, not a user.",
        ],
        reconnect: "Reconnect only if there is more to do; after a heartbeat reason treat it as \
            1006.",
    },
    vi: vi::lifecycle::NORMAL,
};

pub(super) const GOING_AWAY: CodeEntry = CodeEntry {
    codes: 1001..=1001,
    name: "Going Away",
    reference: "RFC 6455 §7.4.1",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Nobody,
    retry: Retry::WithBackoff,
    shown_by_api: "The receiver reports 1001; a page that has gone has no API left to report \
        anything.",
    use_when: "this endpoint is leaving: the process stops or the page is left",
    card: Card {
        description: "The endpoint leaves: a server goes down, or a browser turns to another page \
            (RFC 6455 §7.4.1).",
        when_you_see_it: "From a browser it is a closed, reloaded or left tab, and nobody's fault; \
            Chromium then ends TCP at once and resets what still arrives, which is normal. From \
            the server's address it is a shutdown, a deployment, a platform's limit, or an idle \
            timer (Jetty). OkHttp sends it when its own queue of unsent data is over its limit. \
            Many connections at one moment mean a restart of the server or of the proxy in front.",
        how_to_fix: &[
            "From a browser client: count it as a normal end.",
            "From a server: compare the time with deployments, restarts and scaling events.",
            "When the silence before it is always the same, ping more often than that or raise the \
                idle limit.",
            "For restarts, drain connections over a while and spread the clients' return.",
        ],
        reconnect: "If this client still lives, yes: first after a random delay of up to 5 \
            seconds, then with growing delays (§7.2.3).",
    },
    vi: vi::lifecycle::GOING_AWAY,
};

pub(super) const SERVICE_RESTART: CodeEntry = CodeEntry {
    codes: 1012..=1012,
    name: "Service Restart",
    reference: "IANA WebSocket close code registry",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Operator,
    retry: Retry::WithBackoff,
    shown_by_api: "The receiver reports 1012; an old stack answers 1002 or an empty Close instead \
        of an echo.",
    use_when: "the service restarts and clients should come back soon, spread out",
    card: Card {
        description: "The service is restarting. Registered with IANA after RFC 6455, which leaves \
            1000 to 2999 to later specifications (§7.4.2).",
        when_you_see_it: "The server or the gateway in front of it restarts on purpose, as Bandit \
            and uvicorn do. Other connections to the same address end in the same second. A peer \
            that answers 1002 to it, or closes without a code, is an old stack which does not know \
            the code; that answer is a consequence and not the cause.",
        how_to_fix: &[
            "Compare the time with restarts and deployments of the server or gateway.",
            "Spread the restart: drain a share of the connections at a time.",
            "If clients reject 1012, update them or send 1001.",
        ],
        reconnect: "Yes, after a random delay of 5 to 30 seconds, as the registration advises.",
    },
    vi: vi::lifecycle::SERVICE_RESTART,
};

pub(super) const TRY_AGAIN_LATER: CodeEntry = CodeEntry {
    codes: 1013..=1013,
    name: "Try Again Later",
    reference: "IANA WebSocket close code registry",
    who_may_send: WhoMaySend::Both,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Operator,
    retry: Retry::Later,
    shown_by_api: "The receiver reports 1013; an old stack answers 1002 or an empty Close instead \
        of an echo.",
    use_when: "this server is overloaded and clients should stay away for a while",
    card: Card {
        description: "The service is overloaded. Registered with IANA after RFC 6455, which leaves \
            1000 to 2999 to later specifications (§7.4.2).",
        when_you_see_it: "The server sheds load, or gives up on one slow reader. Look at the \
            receiver's TCP window before the Close: a window at or near zero means that this \
            client did not read fast enough, else it is capacity on the server's side.",
        how_to_fix: &[
            "Zero window before the Close: make the client read faster, or send it less.",
            "No zero window: add capacity, or find what uses it up.",
            "See that clients back off; immediate return makes an overload permanent.",
        ],
        reconnect: "Later than usual, to another address if the service has several, or when the \
            user asks.",
    },
    vi: vi::lifecycle::TRY_AGAIN_LATER,
};

pub(super) const BAD_GATEWAY: CodeEntry = CodeEntry {
    codes: 1014..=1014,
    name: "Bad Gateway",
    reference: "IANA WebSocket close code registry",
    who_may_send: WhoMaySend::GatewayOrServer,
    allowed_on_wire: true,
    usually_at_fault: UsualFault::Operator,
    retry: Retry::WithBackoff,
    shown_by_api: "The receiver reports 1014, or rejects it: gorilla and wsproto do not accept the \
        code.",
    use_when: "this gateway got an invalid answer from the server behind it",
    card: Card {
        description: "A server that acts as a gateway or proxy got an invalid answer from the \
            server behind it, much like HTTP 502. Registered with IANA after RFC 6455 (§7.4.2).",
        when_you_see_it: "The connection to the client is sound; the fault lies between the \
            gateway and the server behind it. A capture on the client's side cannot show it. A \
            peer that answers 1002 does not know the code; that answer is a consequence.",
        how_to_fix: &[
            "Look into the gateway's log at that time for the server it spoke to.",
            "Capture between gateway and server: that leg holds the cause.",
            "If clients reject 1014, send 1011 to them instead.",
        ],
        reconnect: "Yes, after a random delay and with growing delays (§7.2.3).",
    },
    vi: vi::lifecycle::BAD_GATEWAY,
};
