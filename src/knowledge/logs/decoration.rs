//! What loggers write around a text.
//!
//! In: a line as [`super::literal::normal`] writes it, and a word of it. Out: whether a logger, an
//! exception or a browser's console wrote the word and not the one who wrote the text: a level, the
//! name of a module or class, an address, a field. So a line of nothing but a short text and such
//! words is that text, and a line with other words speaks of something else.

use std::ops::Range;

use super::literal::Literal;
use super::words::Word;

/// Words that loggers add.
#[rustfmt::skip]
const NOISE: &[&str] = &[
    "error", "errors", "err", "warning", "warn", "info", "debug", "trace", "notice", "critical",
    "fatal", "severe", "exception", "failed", "uncaught", "unhandled", "panic", "caused", "cause",
    "ws", "wss", "http", "https", "localhost", "com", "at", "in", "js", "py", "go", "code", "reason",
    "status", "closestatus", "closeevent", "msg", "message", "level", "time", "ts", "logger", "data",
    "disconnect", "disconnected", "onerror", "onclose", "socket", "promise", "protocol", "io",
    "negotiationerror", "utc", "gmt",
];

/// What browsers and exceptions put around a text.
const WRAPPERS: &[&str] = &[
    "WebSocket connection to '*' failed",
    "Error during WebSocket handshake",
    "WebSocket protocol error",
    "receive() gave WSMsgType.ERROR",
    "Failed to execute '*' on 'WebSocket'",
];

/// Whether `word` says nothing about how much of a line is known.
pub(super) fn is_noise(word: &str) -> bool {
    NOISE.contains(&word)
}

/// The bytes of the line that wrap a text.
pub(super) fn wrapped(line: &str) -> Vec<Range<usize>> {
    WRAPPERS.iter().filter_map(|wrapper| Literal::of(wrapper).find(line)).collect()
}

/// Whether a logger wrote `word` around a text.
pub(super) fn is_decoration(line: &str, word: &Word) -> bool {
    let text = word.text.as_str();
    let is_class =
        ["error", "exception", "connectionclosedok"].iter().any(|end| text.ends_with(end));
    text.chars().count() == 1
        || is_noise(text)
        || is_class
        || text.contains("websocket")
        || is_path(token(line, word))
}

/// The run without spaces that `word` stands in.
fn token<'a>(line: &'a str, word: &Word) -> &'a str {
    let before = line.get(..word.at.start).unwrap_or_default();
    let behind = line.get(word.at.end..).unwrap_or_default();
    let start = before.rfind(' ').map_or(0, |space| space + 1);
    let end = behind.find(' ').map_or(line.len(), |space| word.at.end + space);
    line.get(start..end).unwrap_or_default()
}

/// Whether it is a module, a class, an address, a file or a field.
fn is_path(token: &str) -> bool {
    let is_tag = token.starts_with('[') && token.trim_end_matches(':').ends_with(']');
    let inner = token.trim_matches(|c: char| !c.is_alphanumeric());
    is_tag || ["://", "::", ".", "/", "\\", "@", "="].iter().any(|sign| inner.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn levels_modules_classes_and_addresses_are_a_loggers() {
        let line = "error [ws] tokio_tungstenite::stream java.net.socketexception: id=x http://a/b y \
            rangeerror:";
        for word in words(line) {
            assert!(is_decoration(line, &word), "{word:?}");
        }
        let line = "kafka: npm dial tcp: expired mp3 session";
        for word in words(line) {
            assert!(!is_decoration(line, &word), "{word:?}");
        }
    }
}
