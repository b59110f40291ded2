//! Whether a request came in the clear to a port that expects TLS.
//!
//! In: the first bytes of the body of a refusal. Out: the words in which a known server says so.

/// The first bytes of the body of a response that refuses an attempt.
#[derive(Debug)]
pub(super) struct BodyStart {
    /// Which attempt.
    pub(super) attempt: usize,
    bytes: Vec<u8>,
}

/// What servers answer: nginx, Apache httpd, Go's net/http, and Jetty's and Undertow's kin.
const PHRASES: &[&str] = &[
    "The plain HTTP request was sent to HTTPS port",
    "speaking plain HTTP to an SSL-enabled server port",
    "Client sent an HTTP request to an HTTPS server",
];

impl BodyStart {
    /// Bytes that are looked at.
    pub(super) const MOST: usize = 1_024;

    pub(super) fn new(attempt: usize) -> BodyStart {
        BodyStart { attempt, bytes: Vec::new() }
    }

    /// Whether nothing more of the body is looked at.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BodyStart::MOST
    }

    /// Takes in the next bytes of the body; the phrase, once it is there.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Option<&'static str> {
        let room = BodyStart::MOST.saturating_sub(self.bytes.len());
        if room == 0 || bytes.is_empty() {
            return None;
        }
        self.bytes.extend(bytes.iter().take(room));
        let says = |phrase: &&str| {
            self.bytes.windows(phrase.len()).any(|window| window == phrase.as_bytes())
        };
        PHRASES.iter().copied().find(|phrase| says(phrase))
    }
}
