//! Which of two codes to send: advice for the pairs that people confuse.

use std::ops::RangeInclusive;

use super::super::close_code::CloseCode;

/// Advice for a pair of codes that people confuse.
pub(in crate::knowledge) struct Confused {
    pub(in crate::knowledge) one: RangeInclusive<u16>,
    pub(in crate::knowledge) other: RangeInclusive<u16>,
    pub(in crate::knowledge) advice: &'static str,
}

impl Confused {
    pub(super) fn is_for(&self, one: CloseCode, other: CloseCode) -> bool {
        self.one.contains(&one.0) && self.other.contains(&other.0)
    }
}

pub(super) const fn confused(one: u16, other: u16, advice: &'static str) -> Confused {
    confused_ranges(one..=one, other..=other, advice)
}

pub(super) const fn confused_ranges(
    one: RangeInclusive<u16>,
    other: RangeInclusive<u16>,
    advice: &'static str,
) -> Confused {
    Confused { one, other, advice }
}

/// As many pairs in every language.
pub(super) const PAIRS: usize = 41;

/// The first that fits counts, so single codes stand before ranges.
pub(in crate::knowledge) static CONFUSED: [Confused; PAIRS] = [
    confused(
        1000,
        1001,
        "Send 1000 when the work is done and both sides knew the end was near. \
        Send 1001 when the end has another reason than the work: the process stops, the page is \
        left. A client need not return after 1000; after 1001 from a server it should (§7.4.1).",
    ),
    confused(
        1000,
        1005,
        "Both are a clean end; the difference is only that 1000 was written into \
        the Close and 1005 stands for a Close without a code (§7.1.5). Send 1000 if you want logs \
        to tell an intended end from a bare close().",
    ),
    confused(
        1000,
        1006,
        "1000 is the proof of a clean end, 1006 the absence of one. Send 1000 and \
        wait for the peer's Close before ending TCP (§5.5.1); a process that only drops the socket \
        leaves its peer with 1006, however normal the end was.",
    ),
    confused(
        1000,
        1002,
        "Send 1000 for an end that nobody has to look into. Send 1002 only for \
        frames that break RFC 6455, so that whoever sent them learns of it. An idle timer or a \
        failed login is no protocol error.",
    ),
    confused(
        1000,
        1011,
        "Send 1000 only after success. After an exception send 1011, or else the \
        client takes an unfinished job for a finished one.",
    ),
    confused(
        1001,
        1005,
        "A browser tab that is closed sends 1001; a script that calls close() \
        without arguments sends an empty Close, which shows as 1005. Neither is an error.",
    ),
    confused(
        1001,
        1006,
        "A server that stops should send 1001 on every connection before it ends \
        TCP; clients of one that does not see 1006 and cannot tell a deployment from a crash. In a \
        browser, leaving a page can show as either, depending on whether the Close got out.",
    ),
    confused(
        1001,
        1011,
        "Send 1001 when the process stops as planned, 1011 when it failed. A \
        client may return after both, but only 1011 asks for a look into the log.",
    ),
    confused(
        1001,
        1012,
        "Both fit a server that goes down. Send 1012 if it comes back at once and \
        clients should return soon, spread out; send 1001 if it does not come back here, or if \
        clients are too old to know 1012, which IANA registered after the RFC.",
    ),
    confused(
        1002,
        1003,
        "Send 1002 when the frame itself is wrong: bits, opcode, length, mask, \
        fragmentation. Send 1003 when the frame is fine and its type, text or binary, is not taken \
        here (§7.4.1).",
    ),
    confused(
        1002,
        1005,
        "1002 asks for a search: some frame was refused. 1005 does not: a Close \
        without a code is legal and mostly a plain close() (§5.5.1). An endpoint that detects a \
        violation should send 1002 and not an empty Close.",
    ),
    confused(
        1002,
        1006,
        "They are often the two ends of one event: the endpoint that refused a \
        frame put 1002 on the wire and reports 1006 itself, its peer reports 1002. Look for a Close \
        with 1002 in a capture before you call a 1006 a network problem. Only 1002 can be sent.",
    ),
    confused(
        1002,
        1007,
        "Send 1002 for wrong framing, 1007 for framing that is right around \
        content that is wrong, above all text that is not UTF-8 (§8.1). Stacks differ: Chromium \
        answers bad UTF-8 with 1002, and bad compressed data gets either.",
    ),
    confused(
        1003,
        1007,
        "Send 1003 if you would have refused any message of that type, 1007 if \
        the type is welcome and this content does not fit it, as text that is not UTF-8 (§7.4.1).",
    ),
    confused(
        1003,
        1009,
        "Send 1003 for the wrong type of message, 1009 for one that is too \
        large; splitting the content helps after 1009 only.",
    ),
    confused(
        1005,
        1006,
        "Neither can be sent; an API reports them. 1005: a Close came, without a \
        code, and all is well. 1006: no Close came at all, and something ended the connection \
        early (§7.1.5). Alert on 1006 if on either.",
    ),
    confused(
        1006,
        1011,
        "1011 is a failure that says so, 1006 one that does not. A server that \
        catches its exception should send 1011 before it ends TCP; a crash leaves the clients with \
        1006. Only 1011 can be sent.",
    ),
    confused(
        1006,
        1009,
        "Some stacks send 1009 for a message above their limit, others just end \
        TCP, which shows as 1006. If 1006 always follows a large message, compare its size with \
        the receiver's limit. Only 1009 can be sent.",
    ),
    confused(
        1006,
        1015,
        "Neither can be sent. 1015 is the narrower word for a failed TLS \
        handshake; browsers never use it and report 1006 for that too, so for 1006 without an HTTP \
        response look for a TLS alert (§7.4.1).",
    ),
    confused(
        1002,
        1008,
        "Send 1002 when RFC 6455 forbids what the peer sent, 1008 when only your \
        own rules do: login, origin, rate (§7.4.1). After 1002 a library needs a repair, after 1008 \
        a setting or a credential.",
    ),
    confused(
        1003,
        1008,
        "Send 1003 when the type of the message is the problem; 1008 is for rules \
        that no other code names (§7.4.1).",
    ),
    confused(
        1007,
        1008,
        "Send 1007 when content does not fit its message type, 1008 when it is \
        well formed and against your rules (§7.4.1).",
    ),
    confused(
        1008,
        1009,
        "Send 1009 for size, so that the peer knows what to change; 1008 is for \
        rules that no other code names (§7.4.1).",
    ),
    confused(
        1008,
        1011,
        "Send 1008 when you chose to refuse, 1011 when you wanted to serve and \
        could not. The client has to change something after 1008; after 1011 it may try again.",
    ),
    confused(
        1008,
        1013,
        "Send 1008 when this client is over its share or breaks a rule, 1013 when \
        the service as a whole is overloaded and a later attempt will do.",
    ),
    confused(
        1008,
        3000,
        "Both refuse. Send 3000 when the client can cure it by logging in; send \
        1008 when the reason is another one, is not to be told, or when old stacks must accept the \
        code.",
    ),
    confused(
        1008,
        3003,
        "Both refuse. Send 3003 when a known client lacks the right; send 1008 \
        for other rules, for a reason not to be told, or when old stacks must accept the code.",
    ),
    confused(
        1002,
        1009,
        "Send 1009 when a correct message is above your limit, 1002 when the \
        frame is malformed. A length with the top bit set is malformed (§5.2), though several \
        stacks answer it with 1009.",
    ),
    confused(
        1002,
        1011,
        "They point at opposite ends: 1002 says that the peer's frames are wrong, \
        1011 that the sender itself failed. Never send 1002 for an exception of your own.",
    ),
    confused(
        1002,
        1012,
        "They are unrelated, but a peer that does not know 1012 may answer it \
        with 1002. If 1012 came first, the restart is the cause and the 1002 only an echo gone \
        wrong.",
    ),
    confused(1011, 1012, "Send 1012 for a restart that was intended, 1011 for a failure."),
    confused(
        1011,
        1013,
        "Send 1013 when the load is the reason and waiting helps, 1011 for a \
        failure that has to be looked into.",
    ),
    confused(
        1011,
        1014,
        "Send 1011 for a failure in this process. Send 1014 as a gateway whose \
        server behind it failed, so that the search starts there; if clients reject 1014, which \
        some libraries do, fall back to 1011.",
    ),
    confused(
        1012,
        1013,
        "Send 1012 when the service is back in seconds, 1013 when it is alive and \
        overloaded. After 1012 clients return soon, spread out; after 1013 they stay away longer.",
    ),
    confused(
        3000,
        3003,
        "As with HTTP 401 and 403: send 3000 when you do not know who it is, 3003 \
        when you know and refuse. New credentials help after 3000 only.",
    ),
    confused(
        3000,
        4401,
        "They mean the same where both ends \
        agree. 3000 is registered and needs no agreement, 4401 is a private habit that some \
        products, such as graphql-ws, define; send what the client's library understands.",
    ),
    confused(
        3003,
        4403,
        "They mean the same where both ends \
        agree. 3003 is registered and needs no agreement, 4403 is a private habit that some \
        products, such as graphql-ws, define; send what the client's library understands.",
    ),
    confused_ranges(
        1008..=1008,
        4000..=4999,
        "Send a private code when both \
        applications are yours and the client should act on it, such as to log in again or to stay \
        away. Send 1008 when you do not know the client or do not want to say why (§7.4.1).",
    ),
    confused_ranges(
        1000..=1000,
        4000..=4999,
        "Send 1000 for the plain end, and a \
        private code when the client has to act on the reason. A client that does not know the \
        private code should treat it as a failure.",
    ),
    confused_ranges(
        1002..=1002,
        4000..=4999,
        "Send 1002 for frames that break RFC \
        6455 and nothing else; anything that your own application defines belongs into a private \
        code (§7.4.2).",
    ),
    confused_ranges(
        3000..=3999,
        4000..=4999,
        "Take a code from 3000 on only if it \
        is registered with IANA, as a library should do; take one from 4000 on for an agreement \
        between your own applications (§7.4.2).",
    ),
];
