//! Reason texts of Close frames that give away the library, and what it complains about.
//!
//! In: the reason of a Close found on the wire. Out: which library writes that text, with which
//! code, and which rules of the catalogue it may mean. Only texts that libraries send are listed,
//! not what they log. A complaint says what the sender believed; whether its peer did so is for the
//! rules to find. An application can write any of these texts too.

use super::close_code::CloseCode;
use super::libraries::{self, Library};
use super::pattern::fits;

/// The longest reason: a control payload of 125 bytes less the code (RFC 6455 §5.5, §5.5.1).
const LONGEST_REASON: usize = 123;

/// gorilla/websocket reports everything wrong with one header, joined by this.
const JOINT: &str = ", ";

/// A reason text that some library sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The text; `#` stands for one or more digits, `*` for any text or none.
    pub pattern: &'static str,
    /// The library or libraries that send it.
    pub libraries: &'static [&'static Library],
    /// What it is about.
    pub subject: Subject,
    /// The rules of the catalogue that it may mean; never empty.
    pub rules: &'static [&'static str],
    /// The code that comes with it.
    pub wire_code: CloseCode,
}

impl Complaint {
    /// Whether `reason` is this text.
    pub fn fits(&self, reason: &str) -> bool {
        reason.len() <= LONGEST_REASON && fits(self.pattern, reason)
    }

    /// The names of the libraries that send it: `Netty or autobahn`.
    pub fn library(&self) -> String {
        let names: Vec<&str> = self.libraries.iter().map(|library| library.name).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

/// What a complaint is about, which decides where to look for the one at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The peer broke the protocol, as the sender sees it.
    Violation,
    /// The peer's message is above the sender's limit.
    Size,
    /// The sender waited for a pong or heartbeat: look at the peer and the path.
    Keepalive,
    /// The connection was silent for longer than the sender allows.
    Idle,
    /// The connection is older than the sender allows.
    Lifetime,
    /// The sender stops or restarts.
    Restart,
    /// The peer did not read fast enough.
    SlowReader,
}

/// What the reason of a Close complains about: the first of [`complaints`].
pub fn complaint(reason: &str) -> Option<&'static Complaint> {
    complaints(reason).into_iter().next()
}

/// Everything that the reason of a Close complains about, in its order; several only when a library
/// joins them, and then only when every part is known.
pub fn complaints(reason: &str) -> Vec<&'static Complaint> {
    if reason.is_empty() {
        return Vec::new(); // as most are; this spares them the table
    }
    if let Some(whole) = COMPLAINTS.iter().find(|complaint| complaint.fits(reason)) {
        return vec![whole];
    }
    if !reason.contains(JOINT) {
        return Vec::new(); // its only part is the whole
    }
    let part = |text| COMPLAINTS.iter().find(|c| c.libraries == GORILLA && c.fits(text));
    reason.split(JOINT).map(part).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Of several, each sends the text by itself.
type Libraries = &'static [&'static Library];

const AUTOBAHN: Libraries = &[&libraries::AUTOBAHN];
const CHROMIUM: Libraries = &[&libraries::CHROMIUM];
const CODER: Libraries = &[&libraries::CODER];
const DRIVER: Libraries = &[&libraries::DRIVER];
const GORILLA: Libraries = &[&libraries::GORILLA];
const JAVA: Libraries = &[&libraries::JAVA];
const JETTY: Libraries = &[&libraries::JETTY];
const LWS: Libraries = &[&libraries::LWS];
const NETTY: Libraries = &[&libraries::NETTY];
// Netty's decoder is a port of autobahn's and kept its words.
const NETTY_OR_AUTOBAHN: Libraries = &[&libraries::NETTY, &libraries::AUTOBAHN];
const PYTHON: Libraries = &[&libraries::PYTHON];
const TOMCAT: Libraries = &[&libraries::TOMCAT];
const TORNADO: Libraries = &[&libraries::TORNADO];
const TYRUS: Libraries = &[&libraries::TYRUS];
const UNDICI: Libraries = &[&libraries::UNDICI];
const WEBSOCKETPP: Libraries = &[&libraries::WEBSOCKETPP];

// Foreign bytes have almost always a reserved bit or a reserved opcode, so a complaint about one
// may mean them.
pub(super) const RSV: &[&str] = &[
    "rsv-bits-set",
    "rsv1-without-deflate",
    "control-compressed",
    "deflate-rsv1-on-continuation",
    "injected-http-bytes",
];
pub(super) const OPCODE: &[&str] = &["reserved-opcode", "injected-http-bytes"];
pub(super) const MASK: &[&str] = &["client-frame-unmasked", "server-frame-masked"];
pub(super) const UNMASKED: &[&str] = &["client-frame-unmasked"];
pub(super) const MASKED: &[&str] = &["server-frame-masked"];
pub(super) const FRAGMENTED: &[&str] = &["control-fragmented"];
pub(super) const TOO_LONG: &[&str] = &["control-too-long"];
pub(super) const NO_START: &[&str] = &["continuation-without-start"];
pub(super) const NO_FIN: &[&str] = &["new-message-before-fin"];
pub(super) const LENGTH: &[&str] = &["length-not-minimal"];
pub(super) const ONE_BYTE: &[&str] = &["close-body-one-byte"];
pub(super) const BAD_CODE: &[&str] =
    &["close-code-forbidden", "close-code-unassigned", "close-code-out-of-range"];
pub(super) const BAD_REASON: &[&str] = &["close-reason-not-utf8"];
pub(super) const BAD_TEXT: &[&str] =
    &["invalid-utf8-text", "utf8-truncated-at-end", "binary-in-text"];
pub(super) const TOO_BIG: &[&str] = &["message-too-big-limit"];
pub(super) const NO_PONG: &[&str] = &["ping-unanswered"];
pub(super) const IDLE: &[&str] = &["idle-timeout"];

const fn row(
    libraries: Libraries,
    code: u16,
    subject: Subject,
    pattern: &'static str,
    rules: &'static [&'static str],
) -> Complaint {
    Complaint { pattern, libraries, subject, rules, wire_code: CloseCode(code) }
}

/// 1002: the peer broke the protocol.
const fn broke(
    libraries: Libraries,
    pattern: &'static str,
    rules: &'static [&'static str],
) -> Complaint {
    row(libraries, 1002, Subject::Violation, pattern, rules)
}

/// 1007: the content does not fit the type.
const fn content(libraries: Libraries, pattern: &'static str) -> Complaint {
    row(libraries, 1007, Subject::Violation, pattern, BAD_TEXT)
}

/// 1009: above a limit.
const fn size(libraries: Libraries, pattern: &'static str) -> Complaint {
    row(libraries, 1009, Subject::Size, pattern, TOO_BIG)
}

/// Every known reason text.
///
/// Deliberately absent are libraries that send no reason of their own: ws, Firefox, Cowboy, Bandit,
/// Boost.Beast, .NET; and those that end TCP without a Close: tungstenite on most violations,
/// uWebSockets, OkHttp.
#[rustfmt::skip] // one row a line, as a table
pub static COMPLAINTS: &[Complaint] = &[
    broke(CHROMIUM, "Masked frame from server", MASKED),
    broke(CHROMIUM, "Invalid reserved bit", RSV),
    broke(CHROMIUM, "Unknown opcode", OPCODE),
    broke(CHROMIUM, "Unexpected continuation", NO_START),
    broke(CHROMIUM, "Previous data frame unfinished", NO_FIN),
    // Not 1007, as §8.1 and §7.4.1 together would suggest.
    broke(CHROMIUM, "Invalid UTF-8 in text frame", BAD_TEXT),
    broke(CHROMIUM, "Invalid UTF-8 in Close frame", BAD_REASON),
    // Chromium's word for a header that it cannot parse, and for data that do not inflate.
    broke(CHROMIUM, "WebSocket Protocol Error",
        &["control-fragmented", "control-too-long", "length-not-minimal", "length-msb-set", "injected-http-bytes",
          "deflate-inflate-failed", "deflate-context-desync", "deflate-tail-not-removed"]),

    broke(UNDICI, "Invalid opcode received", OPCODE),
    broke(UNDICI, "Frame cannot be masked", MASKED),
    broke(UNDICI, "Expected RSV1 to be clear.", RSV),
    broke(UNDICI, "RSV1, RSV2, RSV3 must be clear", RSV),
    broke(UNDICI, "Invalid frame type was fragmented.", FRAGMENTED),
    broke(UNDICI, "Control frame either too large or fragmented", &["control-too-long", "control-fragmented"]),
    broke(UNDICI, "Expected continuation frame", NO_FIN),
    broke(UNDICI, "Unexpected continuation frame", NO_START),
    broke(UNDICI, "Received close frame with a 1-byte body.", ONE_BYTE),
    broke(UNDICI, "Invalid status code", BAD_CODE),
    content(UNDICI, "Received invalid UTF-8 in text frame."),
    row(UNDICI, 1008, Subject::Size, "Too many message fragments", &["too-many-fragments"]),
    size(UNDICI, "Payload size exceeds maximum allowed size"),
    row(UNDICI, 1009, Subject::Size, "Received payload length > 2^31 bytes.", &["length-msb-set", "message-too-big-limit"]),

    broke(&[&libraries::PYTHON, &libraries::WEBSOCKETPP], "invalid opcode", OPCODE),
    broke(PYTHON, "incorrect masking", MASK),
    broke(PYTHON, "reserved bits must be 0", RSV),
    broke(PYTHON, "control frame too long", TOO_LONG),
    broke(&[&libraries::PYTHON, &libraries::NETTY, &libraries::AUTOBAHN], "fragmented control frame", FRAGMENTED),
    broke(PYTHON, "expected a continuation frame", NO_FIN),
    broke(PYTHON, "unexpected continuation frame", NO_START),
    // §5.4 lets control frames stand between fragments, so this Close was legal.
    broke(PYTHON, "incomplete fragmented message", &["closed-mid-message"]),
    broke(PYTHON, "close frame too short", ONE_BYTE),
    broke(PYTHON, "invalid status code", BAD_CODE),
    broke(PYTHON, "RSV1 bit set in continuation frame", &["deflate-rsv1-on-continuation"]),
    broke(PYTHON, "decompression failed", &["deflate-inflate-failed", "deflate-context-desync", "deflate-takeover-ignored"]),
    // The words of Python's UTF-8 decoder.
    content(PYTHON, "invalid start byte at position #"),
    content(PYTHON, "invalid continuation byte at position #"),
    content(PYTHON, "unexpected end of data at position #"),
    size(PYTHON, "over size limit (* bytes)"),
    size(PYTHON, "frame *exceeds limit of # bytes"),
    row(PYTHON, 1011, Subject::Keepalive, "keepalive ping timeout", NO_PONG),

    broke(GORILLA, "RSV1 set", RSV),
    broke(GORILLA, "RSV2 set", RSV),
    broke(GORILLA, "RSV3 set", RSV),
    broke(GORILLA, "bad opcode #", OPCODE),
    broke(GORILLA, "bad MASK", MASK),
    broke(GORILLA, "len > 125 for control", TOO_LONG),
    broke(GORILLA, "FIN not set on control", FRAGMENTED),
    broke(GORILLA, "data before FIN", NO_FIN),
    broke(GORILLA, "continuation after FIN", NO_START),
    broke(GORILLA, "bad close code #", BAD_CODE),
    broke(GORILLA, "invalid utf8 payload in close frame", BAD_REASON),

    broke(CODER, "received header with unexpected rsv bits set: *", RSV),
    broke(CODER, "received unknown opcode #", OPCODE),
    broke(CODER, "received fragmented control frame", FRAGMENTED),
    broke(CODER, "received control frame payload with invalid length: #", TOO_LONG),
    broke(CODER, "received continuation frame without text or binary frame", NO_START),
    broke(CODER, "received new data message without finishing the previous message", NO_FIN),
    broke(CODER, "received invalid close payload*",
        &["close-code-forbidden", "close-code-unassigned", "close-code-out-of-range", "close-body-one-byte"]),
    size(CODER, "read limited at # bytes"),

    broke(LWS, "rsv bits", RSV),
    broke(LWS, "bad opc", OPCODE),
    broke(LWS, "bad cont", &["continuation-without-start", "new-message-before-fin"]),
    broke(LWS, "bad fin", NO_FIN),
    broke(LWS, "frag ctl", FRAGMENTED),
    broke(LWS, "client unmasked", UNMASKED),
    broke(LWS, "srv mask", MASKED),
    content(LWS, "bad utf8"),
    content(LWS, "partial utf8"),

    broke(NETTY, "RSV != 0 and no extension negotiated, RSV:#", RSV),
    broke(NETTY, "received a frame that is not masked as expected", MASK),
    broke(NETTY_OR_AUTOBAHN, "control frame with payload length > 125 octets", TOO_LONG),
    broke(NETTY_OR_AUTOBAHN, "control frame using reserved opcode #", OPCODE),
    broke(NETTY_OR_AUTOBAHN, "data frame using reserved opcode #", OPCODE),
    broke(NETTY_OR_AUTOBAHN, "received close control frame with payload len 1", ONE_BYTE),
    broke(NETTY_OR_AUTOBAHN, "received continuation data frame outside fragmented message", NO_START),
    broke(NETTY_OR_AUTOBAHN, "received non-continuation data frame while inside fragmented message", NO_FIN),
    broke(NETTY_OR_AUTOBAHN, "invalid data frame length (not using minimal length encoding)", LENGTH),
    size(NETTY, "Max frame length of # has been exceeded."),
    broke(AUTOBAHN, "RSV = # and no extension negotiated", RSV),
    broke(AUTOBAHN, "unmasked client-to-server frame", UNMASKED),
    broke(AUTOBAHN, "masked server-to-client frame", MASKED),
    content(AUTOBAHN, "encountered invalid UTF-8 while processing text message*"),

    broke(TYRUS, "RSV bit(s) incorrectly set.", RSV),
    broke(TYRUS, "Fragmented control frame", FRAGMENTED),
    broke(TYRUS, "Control frame payloads must be no greater than 125 bytes.", TOO_LONG),
    broke(TYRUS, "Fragment sent but opcode was not 0.", NO_FIN),
    broke(TYRUS, "End fragment sent, but wasn't processing any previous fragments", NO_START),
    broke(TYRUS, "Illegal close code*", BAD_CODE),
    content(TYRUS, "Illegal UTF-8 Sequence."),

    broke(TOMCAT, "The client frame was not masked but all client frames must be masked", UNMASKED),
    broke(TOMCAT, "The client frame set the reserved bits to [#] for a message with opCode [#] which was not supported by this endpoint", RSV),
    broke(TOMCAT, "A new message was started when a continuation frame was expected", NO_FIN),
    broke(TOMCAT, "New frame received after a close control frame", &["data-after-close", "control-after-close", "close-duplicate"]),
    broke(TOMCAT, "A WebSocket frame was sent with an unrecognised opCode of [#]", OPCODE),
    broke(TOMCAT, "A fragmented control frame was received but control frames may not be fragmented", FRAGMENTED),
    broke(TOMCAT, "A control frame was sent that did not have the fin bit set. Control frames are not permitted to use continuation frames.", FRAGMENTED),
    broke(TOMCAT, "A control frame was sent with a payload of size [#] which is larger than the maximum permitted of 125 bytes", TOO_LONG),
    broke(TOMCAT, "The client sent a close frame with a single byte payload which is not valid", ONE_BYTE),
    broke(TOMCAT, "A WebSocket close frame was received with a close reason that contained invalid UTF-8 byte sequences", BAD_REASON),
    broke(TOMCAT, "An invalid WebSocket frame was received - the most significant bit of a 64-bit payload was illegally set", &["length-msb-set"]),
    content(TOMCAT, "A WebSocket text frame was received that could not be decoded to UTF-8 because it contained invalid byte sequences"),
    size(TOMCAT, "The decoded text message was too big for the output buffer and the endpoint does not support partial messages"),
    size(TOMCAT, "The message was [#] bytes long but the MessageHandler has a limit of [#] bytes"),
    size(TOMCAT, "No async message support and buffer too small. Buffer size: [*], Message size: [*]"),
    row(TOMCAT, 1001, Subject::Idle, "The WebSocket session [*] *timeout expired", IDLE),
    row(TOMCAT, 1001, Subject::Restart, "The web application is stopping", &["mass-disconnect"]),

    broke(JETTY, "Client MUST mask all frames (RFC-6455: Section 5.1)", UNMASKED),
    broke(JETTY, "Server MUST NOT mask any frames (RFC-6455: Section 5.1)", MASKED),
    broke(JETTY, "RSV1 not allowed to be set", RSV),
    broke(JETTY, "RSV2 not allowed to be set", RSV),
    broke(JETTY, "RSV3 not allowed to be set", RSV),
    broke(JETTY, "Unknown opcode: #", OPCODE),
    broke(JETTY, "Fragmented Control Frame [*]", FRAGMENTED),
    broke(JETTY, "Invalid control frame payload length*", TOO_LONG),
    size(JETTY, "Cannot handle payload lengths larger than #"),
    size(JETTY, "Text message too large*"),
    row(JETTY, 1001, Subject::Idle, "Connection Idle Timeout", IDLE),
    row(JETTY, 1001, Subject::Idle, "Idle Timeout", IDLE),
    row(JETTY, 1001, Subject::Idle, "Timeout on Read", IDLE),

    broke(JAVA, "bad rsv RSV1: * RSV2: * RSV3: *", RSV),
    broke(JAVA, "more than 125 octets", TOO_LONG),
    broke(JAVA, "Unknown opcode #", OPCODE),
    broke(JAVA, "Continuous frame sequence was not started.", NO_START),
    broke(JAVA, "Continuous frame sequence not completed.", NO_FIN),
    broke(JAVA, "Previous continuous frame sequence not completed.", NO_FIN),
    broke(JAVA, "closecode must not be sent over the wire: #", BAD_CODE),
    size(JAVA, "Payload limit reached."),

    // Like the console texts of old WebKit, but here they travel.
    broke(DRIVER, "One or more reserved bits are on: reserved1 = #, reserved2 = #, reserved3 = #", RSV),
    broke(DRIVER, "Unrecognized frame opcode: #", OPCODE),
    broke(DRIVER, "Received fragmented control frame: opcode = #", FRAGMENTED),
    broke(DRIVER, "Received control frame having too long payload: #", TOO_LONG),
    broke(DRIVER, "Received unexpected continuation frame", NO_START),
    broke(DRIVER, "Received new data frame but previous continuous frame is unfinished", NO_FIN),
    row(DRIVER, 1003, Subject::Violation, "Received unmasked frame but masking is required", UNMASKED),
    content(DRIVER, "Could not decode a text frame as UTF-8"),
    size(DRIVER, "WebSocket frame length too large"),

    broke(WEBSOCKETPP, "Invalid use of reserved bits", RSV),
    broke(WEBSOCKETPP, "Control messages are limited to fewer than 125 characters", TOO_LONG),
    broke(WEBSOCKETPP, "Control messages cannot be fragmented", FRAGMENTED),
    broke(WEBSOCKETPP, "Invalid message continuation", &["continuation-without-start", "new-message-before-fin"]),
    broke(WEBSOCKETPP, "Clients may not send unmasked frames", UNMASKED),
    broke(WEBSOCKETPP, "Servers may not send masked frames", MASKED),
    broke(WEBSOCKETPP, "Payload length was not minimally encoded", LENGTH),
    broke(WEBSOCKETPP, "Reserved close code used", BAD_CODE),
    broke(WEBSOCKETPP, "Invalid close code used", BAD_CODE),
    content(WEBSOCKETPP, "Invalid UTF8 encoding"),
    size(WEBSOCKETPP, "A message was too large"),

    size(TORNADO, "message too big"),
    size(TORNADO, "message too big after decompression"),
    // The code is tornado's default when only a reason is given.
    row(TORNADO, 1000, Subject::Keepalive, "ping timed out", NO_PONG),
    row(&[&libraries::PHOENIX], 1000, Subject::Keepalive, "heartbeat timeout", NO_PONG),

    broke(&[&libraries::TUNGSTENITE], "Protocol violation", BAD_CODE),
    row(&[&libraries::UWS], 1000, Subject::Lifetime, "please reconnect", &["max-lifetime"]),
    row(&[&libraries::CLOUDFLARE], 1001, Subject::Restart, "CloudFlare WebSocket proxy restarting", &["mass-disconnect"]),
    row(&[&libraries::SPRING], 4500, Subject::SlowReader, "Failed to send message within the configured send limit", &["zero-window"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn libraries(reason: &str) -> Option<&'static [&'static Library]> {
        complaint(reason).map(|complaint| complaint.libraries)
    }

    #[test]
    fn a_known_reason_names_library_rules_and_code() {
        let found = complaint("invalid start byte at position 17").expect("is listed");
        assert_eq!((found.libraries, found.wire_code), (PYTHON, CloseCode::INVALID_PAYLOAD));
        assert!(found.rules.contains(&"invalid-utf8-text"));
        assert_eq!(libraries("Max frame length of 65536 has been exceeded."), Some(NETTY));
        assert_eq!(libraries("bad rsv RSV1: true RSV2: false RSV3: false"), Some(JAVA));
        let idle = complaint("The WebSocket session [2a] idle timeout expired");
        assert_eq!(idle.map(|found| found.subject), Some(Subject::Idle));
    }

    #[test]
    fn every_complaint_of_a_joined_reason_is_found() {
        let patterns: Vec<_> =
            complaints("RSV1 set, bad opcode 7, bad MASK").iter().map(|c| c.pattern).collect();
        assert_eq!(patterns, ["RSV1 set", "bad opcode #", "bad MASK"]);
        // This one has the joint inside and is one complaint.
        assert_eq!(complaints("RSV1, RSV2, RSV3 must be clear").len(), 1);
    }

    #[test]
    fn words_of_an_application_are_no_complaint() {
        let long = format!("received invalid close payload{}", "x".repeat(200));
        for reason in ["", "bye", "RSV1 set, see you", "bad opcode x", "bad opcode ", "#", &long] {
            assert_eq!(complaint(reason), None, "{reason}");
        }
    }

    #[test]
    fn a_ping_timeout_is_not_a_violation_of_the_protocol() {
        for reason in ["keepalive ping timeout", "ping timed out", "heartbeat timeout"] {
            assert_eq!(complaint(reason).map(|c| c.subject), Some(Subject::Keepalive));
        }
    }

    #[test]
    fn each_pattern_is_found_by_its_own_text_and_hides_no_other() {
        for row in COMPLAINTS {
            let text = row.pattern.replace('#', "7").replace('*', "true");
            assert_eq!(complaint(&text), Some(row), "{text}");
        }
    }
}
