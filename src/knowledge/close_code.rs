//! The status code of a Close frame (RFC 6455 §7.4).
//!
//! In: the two bytes of a Close body, or what a person typed. Out: [`CloseCode`], its class, who
//! may send it, and the programming error behind a number that is no code at all. Whether sending
//! it was a fault on a given connection is for the rules to say.

use std::fmt;
use std::ops::RangeInclusive;

use super::close_codes::{self, CLOSE_CODES, CodeEntry, vi};
use super::language::Language;

/// A Close status code as on the wire, two bytes in network byte order (RFC 6455 §5.5.1), or as an
/// API reports it. Any value can be found, so any value can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose of the connection is fulfilled (§7.4.1).
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// The endpoint leaves: a server stops, a browser turns to another page (§7.4.1).
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// The peer broke the protocol (§7.4.1).
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// The peer sent a type of data that is not accepted (§7.4.1).
    pub const UNSUPPORTED_DATA: CloseCode = CloseCode(1003);
    // 1004 is reserved without a meaning (§7.4.1), so no constant exists for it.
    /// Local only: the Close received held no code (§7.1.5).
    pub const NO_STATUS_RECEIVED: CloseCode = CloseCode(1005);
    /// Local only: no Close was received (§7.1.5).
    pub const ABNORMAL_CLOSURE: CloseCode = CloseCode(1006);
    /// A message's content does not fit its type, as non-UTF-8 in a text (§7.4.1, §8.1).
    pub const INVALID_PAYLOAD: CloseCode = CloseCode(1007);
    /// A message is against the endpoint's policy (§7.4.1).
    pub const POLICY_VIOLATION: CloseCode = CloseCode(1008);
    /// A message is too big to process (§7.4.1).
    pub const MESSAGE_TOO_BIG: CloseCode = CloseCode(1009);
    /// From a client: the server did not agree to a needed extension (§7.4.1).
    pub const MANDATORY_EXTENSION: CloseCode = CloseCode(1010);
    /// The endpoint met a condition that it did not expect (§7.4.1, erratum 3227).
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);
    /// The service restarts (IANA registry).
    pub const SERVICE_RESTART: CloseCode = CloseCode(1012);
    /// The service is overloaded (IANA registry).
    pub const TRY_AGAIN_LATER: CloseCode = CloseCode(1013);
    /// A gateway had an invalid answer from behind it (IANA registry).
    pub const BAD_GATEWAY: CloseCode = CloseCode(1014);
    /// Local only: the TLS handshake failed (§7.4.1).
    pub const TLS_HANDSHAKE: CloseCode = CloseCode(1015);
    /// Like HTTP 401 (IANA registry).
    pub const UNAUTHORIZED: CloseCode = CloseCode(3000);
    /// Like HTTP 403 (IANA registry).
    pub const FORBIDDEN: CloseCode = CloseCode(3003);
    /// Like HTTP 408 (IANA registry).
    pub const TIMEOUT: CloseCode = CloseCode(3008);

    /// The row of the table that covers this code.
    pub fn entry(self) -> &'static CodeEntry {
        close_codes::entry(self)
    }

    /// The code's name, or the name of the range it lies in.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The part of the code space it belongs to.
    pub fn class(self) -> CodeClass {
        match self.0 {
            0..=999 => CodeClass::Unused,
            1004 => CodeClass::Reserved1004,
            1005 | 1006 | 1015 => CodeClass::LocalOnly,
            1000..=1014 => CodeClass::Assigned,
            1016..=2999 => CodeClass::Unassigned,
            3000..=3999 => CodeClass::Registered,
            4000..=4999 => CodeClass::Private,
            5000.. => CodeClass::OutOfRange,
        }
    }

    /// Whether any endpoint may put it in a Close frame. [`CloseCode::who_may_send`] says which:
    /// 1010 is allowed, but from a client only.
    pub fn allowed_on_wire(self) -> bool {
        matches!(self.class(), CodeClass::Assigned | CodeClass::Registered | CodeClass::Private)
    }

    /// Which endpoint may put it in a Close frame.
    pub fn who_may_send(self) -> WhoMaySend {
        self.entry().who_may_send
    }

    /// The programming error that turned something else into this number; only for numbers outside
    /// 1000 ..= 4999, since any other may be meant.
    pub fn disguise(self) -> Option<Disguise> {
        match self.0 {
            0xfffd.. => Some(Disguise::NegativeNumber(self.0.cast_signed())),
            5000.. => self.swapped().or_else(|| self.digits()),
            // The classes of HTTP status in use (RFC 9110 §15): nobody counts to 400 by accident.
            200..=206 | 300..=308 | 400..=431 | 500..=511 => Some(Disguise::HttpStatus(self.0)),
            _ => None,
        }
    }

    fn swapped(self) -> Option<Disguise> {
        let meant = CloseCode(self.0.swap_bytes());
        // One number in sixteen becomes something in 1000 ..= 4999 by swapping. Only codes that
        // people do send are taken for meant.
        let plausible = match meant.class() {
            CodeClass::Assigned | CodeClass::LocalOnly | CodeClass::Private => true,
            CodeClass::Registered => meant.entry().covers_one(),
            _ => false,
        };
        plausible.then_some(Disguise::ByteSwapped(meant))
    }

    fn digits(self) -> Option<Disguise> {
        let digits = self.0.to_be_bytes();
        digits.iter().all(u8::is_ascii_digit).then_some(Disguise::AsciiDigits(digits))
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The parts of the code space (RFC 6455 §7.4.1, §7.4.2).
///
/// ```text
///      0 ..  999  Unused
///   1000 .. 1014  Assigned, but 1004 Reserved1004, 1005 and 1006 LocalOnly
///           1015  LocalOnly
///   1016 .. 2999  Unassigned
///   3000 .. 3999  Registered
///   4000 .. 4999  Private
///   5000 .. 65535 OutOfRange
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeClass {
    /// 0 ..= 999: not used (§7.4.2).
    Unused,
    /// 1000 ..= 1014 with a meaning, by the RFC or by IANA.
    Assigned,
    /// 1004: reserved, and no meaning was ever given to it (§7.4.1).
    Reserved1004,
    /// 1005, 1006, 1015: for an API to report; never in a Close frame (§7.4.1).
    LocalOnly,
    /// 1016 ..= 2999: kept for the protocol and its extensions (§7.4.2).
    Unassigned,
    /// 3000 ..= 3999: for libraries and frameworks, registered with IANA (§7.4.2).
    Registered,
    /// 4000 ..= 4999: private use by agreement (§7.4.2).
    Private,
    /// 5000 ..= 65535: outside the defined code space (§7.4.2 ends at 4999).
    OutOfRange,
}

/// Which endpoint may put a code in a Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhoMaySend {
    /// Client and server.
    Both,
    /// The client (1010, RFC 6455 §7.4.1: a server fails the handshake instead).
    ClientOnly,
    /// A server, or a gateway in its place (1014).
    GatewayOrServer,
    /// No endpoint.
    Nobody,
}

impl WhoMaySend {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::En => self.english(),
            Language::Vi => vi::labels::who_may_send(self),
        }
    }

    fn english(self) -> &'static str {
        match self {
            WhoMaySend::Both => "client or server",
            WhoMaySend::ClientOnly => "the client only",
            WhoMaySend::GatewayOrServer => "a server, or the gateway in front of it",
            WhoMaySend::Nobody => "nobody",
        }
    }
}

impl fmt::Display for WhoMaySend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

/// What a number outside the code space was before a bug made it a "close code".
///
/// Its text is a likely explanation; that the number is no legal code needs no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disguise {
    /// The bytes of this code in little-endian order; §5.5.1 wants network byte order.
    ByteSwapped(CloseCode),
    /// Two decimal digits: the code was written as text.
    AsciiDigits([u8; 2]),
    /// An HTTP status used as a close code.
    HttpStatus(u16),
    /// A small negative number, as libraries use it internally for "no code".
    NegativeNumber(i16),
}

impl Disguise {
    /// As words.
    pub fn text(self, language: Language) -> String {
        match language {
            Language::En => self.to_string(),
            Language::Vi => vi::labels::disguise(self),
        }
    }
}

impl fmt::Display for Disguise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disguise::ByteSwapped(meant) => write!(
                f,
                "{meant} ({}) with its two bytes swapped: the sender writes the code in \
                 little-endian order, RFC 6455 §5.5.1 wants network byte order",
                meant.name()
            ),
            Disguise::AsciiDigits([tens, ones]) => write!(
                f,
                "the characters \"{}{}\": the sender writes the code as text, RFC 6455 §5.5.1 \
                 wants a two-byte integer",
                char::from(*tens),
                char::from(*ones)
            ),
            Disguise::HttpStatus(status) => write!(
                f,
                "the HTTP status {status}: HTTP statuses are no close codes, the nearest legal \
                 code is a private one such as {}",
                4000 + u32::from(*status)
            ),
            Disguise::NegativeNumber(number) => write!(
                f,
                "{number} squeezed into 16 bits: a library's internal mark for \"no code\" was sent"
            ),
        }
    }
}

/// Why a text is not a close code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseCodeError {
    /// A number above 65535.
    #[error("{0} does not fit the two bytes of a close code (RFC 6455 §5.5.1)")]
    TooLarge(String),
    /// Neither a number nor a known name.
    #[error("\"{0}\" is neither a number nor the name of a close code")]
    Unknown(String),
}

/// Names in use beside the table's own: from the RFC's text, browsers, Java, .NET, Go and Python.
const ALIASES: &[(&str, CloseCode)] = &[
    ("normal", CloseCode::NORMAL),
    ("close normal", CloseCode::NORMAL),
    ("endpoint unavailable", CloseCode::GOING_AWAY),
    ("cannot accept", CloseCode::UNSUPPORTED_DATA),
    ("invalid message type", CloseCode::UNSUPPORTED_DATA),
    ("no status", CloseCode::NO_STATUS_RECEIVED),
    ("no status rcvd", CloseCode::NO_STATUS_RECEIVED),
    ("no status code", CloseCode::NO_STATUS_RECEIVED),
    ("no close frame", CloseCode::ABNORMAL_CLOSURE),
    ("abnormal", CloseCode::ABNORMAL_CLOSURE),
    ("closed abnormally", CloseCode::ABNORMAL_CLOSURE),
    ("invalid payload", CloseCode::INVALID_PAYLOAD),
    ("invalid payload data", CloseCode::INVALID_PAYLOAD),
    ("not consistent", CloseCode::INVALID_PAYLOAD),
    ("violated policy", CloseCode::POLICY_VIOLATION),
    ("too big", CloseCode::MESSAGE_TOO_BIG),
    ("mandatory ext", CloseCode::MANDATORY_EXTENSION),
    ("no extension", CloseCode::MANDATORY_EXTENSION),
    ("internal server error", CloseCode::INTERNAL_ERROR),
    ("unexpected condition", CloseCode::INTERNAL_ERROR),
    ("tls handshake failure", CloseCode::TLS_HANDSHAKE),
    ("tls handshake fail", CloseCode::TLS_HANDSHAKE),
];

/// Reads a close code as a person writes it: `1006`, `abnormal closure`, `ABNORMAL_CLOSURE`,
/// `CloseAbnormal` (a leading "close" or "status" is not counted). Case, blanks, hyphens and
/// underscores make no difference.
pub fn parse_code(text: &str) -> Result<CloseCode, ParseCodeError> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(CloseCode).map_err(|_| ParseCodeError::TooLarge(text.to_owned()));
    }
    let wanted = plain(text);
    let bare = ["close", "status"].iter().find_map(|word| wanted.strip_prefix(word));
    let same = |name: &str| plain(name) == wanted || bare.is_some_and(|bare| plain(name) == bare);
    let named = CLOSE_CODES.iter().filter(|entry| entry.covers_one());
    named
        .map(|entry| (entry.name, entry.first()))
        .chain(ALIASES.iter().copied())
        .find(|(name, _)| same(name))
        .map(|(_, code)| code)
        .ok_or_else(|| ParseCodeError::Unknown(text.to_owned()))
}

/// Reads a range of close codes as a person writes it: `4000-4999`, `4000..4999`, `4000 – 4999`.
/// None if the text is no two numbers; both ends belong to it.
pub fn parse_range(text: &str) -> Option<Result<RangeInclusive<u16>, ParseRangeError>> {
    let (first, last) =
        ["..=", "..", "-", "\u{2013}"].iter().find_map(|between| text.split_once(between))?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (first, last) = (first.trim(), last.trim());
    if !is_number(first) || !is_number(last) {
        return None;
    }
    let number = |text: &str| {
        text.parse::<u16>().map_err(|_| ParseCodeError::TooLarge(text.to_owned()).into())
    };
    Some(number(first).and_then(|first| {
        let last = number(last)?;
        if first > last {
            return Err(ParseRangeError::Reversed(first, last));
        }
        Ok(first..=last)
    }))
}

/// Why two numbers are no range of close codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseRangeError {
    /// One of them is not a close code.
    #[error(transparent)]
    Code(#[from] ParseCodeError),
    /// The first is the larger.
    #[error("{0}-{1} has no codes; did you mean {1}-{0}?")]
    Reversed(u16, u16),
}

/// Letters and digits only, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assigned_registered_and_private_codes_travel() {
        for code in [1000, 1001, 1002, 1003, 1007, 1010, 1014, 3000, 3999, 4000, 4999] {
            assert!(CloseCode(code).allowed_on_wire(), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
            assert!(!CloseCode(code).allowed_on_wire(), "{code}");
        }
    }

    #[test]
    fn a_server_may_not_send_1010() {
        assert_eq!(CloseCode::MANDATORY_EXTENSION.who_may_send(), WhoMaySend::ClientOnly);
    }

    #[test]
    fn bugs_are_recognised_in_numbers_that_are_no_codes() {
        let disguise = |code| CloseCode(code).disguise();
        assert_eq!(disguise(0xe803), Some(Disguise::ByteSwapped(CloseCode::NORMAL)));
        assert_eq!(disguise(0xa00f), Some(Disguise::ByteSwapped(CloseCode(4000))));
        assert_eq!(disguise(0x3130), Some(Disguise::AsciiDigits(*b"10")));
        assert_eq!(disguise(401), Some(Disguise::HttpStatus(401)));
        assert_eq!(disguise(0xffff), Some(Disguise::NegativeNumber(-1)));
        assert_eq!(disguise(5000), None);
        assert_eq!(disguise(7), None);
    }

    #[test]
    fn a_code_that_may_be_meant_has_no_disguise() {
        assert!((1000..5000).all(|code| CloseCode(code).disguise().is_none()));
    }

    #[test]
    fn a_code_is_read_by_number_and_by_name() {
        for text in ["1006", " 1006 ", "abnormal closure", "ABNORMAL_CLOSURE", "CloseAbnormal"] {
            assert_eq!(parse_code(text), Ok(CloseCode::ABNORMAL_CLOSURE), "{text}");
        }
        assert_eq!(parse_code("4242"), Ok(CloseCode(4242)));
        assert_eq!(parse_code("65536"), Err(ParseCodeError::TooLarge("65536".into())));
        for text in ["", "close", "private", "-1", "1006x"] {
            assert_eq!(parse_code(text), Err(ParseCodeError::Unknown(text.into())));
        }
    }

    #[test]
    fn a_range_is_read_as_people_write_it() {
        for text in ["4000-4999", "4000..4999", "4000..=4999", "4000 - 4999", "4000\u{2013}4999"] {
            assert_eq!(parse_range(text), Some(Ok(4000..=4999)), "{text}");
        }
        assert_eq!(parse_range("7-7"), Some(Ok(7..=7)));
        assert_eq!(parse_range("9-7"), Some(Err(ParseRangeError::Reversed(9, 7))));
        let large = ParseRangeError::Code(ParseCodeError::TooLarge("65536".into()));
        assert_eq!(parse_range("5000-65536"), Some(Err(large)));
        for text in ["", "-", "4000", "-1", "4000-", "1-2-3", "client-frame-unmasked", "a..b"] {
            assert_eq!(parse_range(text), None, "{text}");
        }
    }

    #[test]
    fn an_alias_never_contradicts_a_name() {
        for (alias, code) in ALIASES {
            assert_eq!(parse_code(alias), Ok(*code), "{alias}");
        }
    }
}
