//! How a product is recognised.
//!
//! In: a pattern, and a text of the handshake or of a message. Out: whether it fits. In time linear
//! in the text for each star, whatever the text is.

/// One mark of a product, as a pattern: `*` stands for any characters or none, `#` for one decimal
/// digit, everything else for itself. The whole text has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// The agreed `Sec-WebSocket-Protocol`.
    Subprotocol(&'static str),
    /// The host of the request, without a port, in lower case.
    Host(&'static str),
    /// The path of the request with its query.
    Path(&'static str),
    /// The `Server` field of the response, in lower case.
    Server(&'static str),
    /// A whole text message. JSON is taken as programs write it, without blanks between its tokens.
    Message(&'static str),
    /// The reason text of a Close.
    Reason(&'static str),
}

impl Sign {
    /// The pattern.
    pub fn pattern(self) -> &'static str {
        match self {
            Sign::Subprotocol(pattern)
            | Sign::Host(pattern)
            | Sign::Path(pattern)
            | Sign::Server(pattern)
            | Sign::Message(pattern)
            | Sign::Reason(pattern) => pattern,
        }
    }

    /// Whether `text` fits; it is for the caller to hand over what the sign is about. Hosts and
    /// servers are compared without regard to case.
    pub fn fits(self, text: &str) -> bool {
        // Of a text, hundreds of signs are asked. Most are ruled out by its ends, and of the others
        // most by a piece that is not in it.
        if !ends_fit(self.pattern().as_bytes(), text.as_bytes()) {
            return false;
        }
        match self {
            Sign::Host(pattern) | Sign::Server(pattern) => {
                fits(pattern.as_bytes(), text.to_ascii_lowercase().as_bytes())
            }
            _ => {
                let pattern = self.pattern();
                has_pieces(pattern, text) && fits(pattern.as_bytes(), text.as_bytes())
            }
        }
    }
}

/// Whether the first and the last byte fit, but for their case.
#[inline]
fn ends_fit(pattern: &[u8], text: &[u8]) -> bool {
    let fits = |mark: Option<&u8>, byte: Option<&u8>| match (mark, byte) {
        (Some(b'*' | b'#'), _) => true,
        (Some(mark), Some(byte)) => mark.eq_ignore_ascii_case(byte),
        (mark, byte) => mark.is_none() == byte.is_none(),
    };
    fits(pattern.first(), text.first()) && fits(pattern.last(), text.last())
}

/// Whether what stands between the wildcards is somewhere in the text.
fn has_pieces(pattern: &str, text: &str) -> bool {
    pattern.split(['*', '#']).all(|piece| text.contains(piece))
}

/// A star takes as little as it can; when the rest does not fit, only the last star takes more.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut wanted, mut left) = (pattern, text);
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (wanted.split_first(), left.split_first()) {
            (Some((b'*', after)), _) => {
                retry = Some((after, left));
                wanted = after;
            }
            (Some((mark, after)), Some((byte, rest)))
                if mark == byte || (*mark == b'#' && byte.is_ascii_digit()) =>
            {
                (wanted, left) = (after, rest);
            }
            (None, None) => return true,
            _ => {
                let Some((after, taken)) = retry else { return false };
                let Some((_, rest)) = taken.split_first() else { return false };
                retry = Some((after, rest));
                (wanted, left) = (after, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_digits_stand_for_what_they_should() {
        let path = Sign::Path("/app/*?*protocol=#*");
        assert!(path.fits("/app/key?client=js&protocol=7&version=8"));
        assert!(!path.fits("/app/key?client=js&protocol=x"));
        assert!(!path.fits("/other/app/key?protocol=7"));
        assert!(Sign::Host("*.discord.media").fits("Rotterdam1.DISCORD.media"));
        assert!(!Sign::Host("*.discord.media").fits("discord.media.example"));
        assert!(Sign::Subprotocol("mqtt").fits("mqtt") && !Sign::Subprotocol("mqtt").fits("MQTT"));
        assert!(Sign::Message("*a*b").fits("xabab") && !Sign::Message("*a*b").fits("xaba"));
    }

    /// The same by trying everything.
    fn slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', after)), _) => {
                slowly(after, text) || text.split_first().is_some_and(|(_, t)| slowly(pattern, t))
            }
            (Some((p, after)), Some((t, rest))) => {
                (p == t || (*p == b'#' && t.is_ascii_digit())) && slowly(after, rest)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn taking_as_little_as_possible_loses_nothing(pattern in "[ab*#]{0,8}", text in "[ab1]{0,10}") {
            prop_assert_eq!(
                fits(pattern.as_bytes(), text.as_bytes()),
                slowly(pattern.as_bytes(), text.as_bytes())
            );
            let fits = slowly(pattern.as_bytes(), text.as_bytes());
            prop_assert!(!fits || ends_fit(pattern.as_bytes(), text.as_bytes()));
            prop_assert!(!fits || has_pieces(&pattern, &text));
        }
    }
}
