//! Shows what a handshake says without its secrets.
//!
//! In: request targets, subprotocols and field values as sent. Out: the same with whatever may be
//! a secret replaced, and never a control character. Errs on the side of hiding.

/// Stands where something was left out.
pub const REDACTED: &str = "<redacted>";

/// From this length on, a path segment or a subprotocol of no known name may be a token.
const LONG: usize = 17;
/// A word of a sentence with so many digits is a number of something or somebody.
const MANY_DIGITS: usize = 7;
/// Longer excerpts are cut.
const MOST_SHOWN: usize = 64;

/// Subprotocols that are longer than a secret might be and are known not to be one.
const KNOWN_SUBPROTOCOLS: &[&str] = &[
    "actioncable-unsupported",
    "actioncable-v1-json",
    "base64.binary.k8s.io",
    "base64.channel.k8s.io",
    "graphql-transport-ws",
    "v4.base64.channel.k8s.io",
    "v4.channel.k8s.io",
    "v5.channel.k8s.io",
    "wamp.2.json.batched",
    "wamp.2.msgpack.batched",
];

/// A request target: values in its query and in parameters of its path replaced, user information
/// removed, segments of its path that look like a token masked.
pub fn target(target: &str) -> String {
    let (before, query) = match target.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (target, None),
    };
    let before = before.split('#').next().unwrap_or_default();
    let (scheme, authority, path) = split_origin(before);
    let mut shown = format!("{scheme}{}", host(authority));
    shown.push_str(&path.split('/').map(segment).collect::<Vec<_>>().join("/"));
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&query.split('&').map(parameter).collect::<Vec<_>>().join("&"));
    }
    shown
}

/// A Host, without the user information that does not belong there (RFC 9110 §4.2.4).
pub fn host(host: &str) -> String {
    printable(host.rsplit_once('@').map_or(host, |(_, host)| host))
}

/// A subprotocol, masked when it is longer than names are and none that is known.
pub fn subprotocol(name: &str) -> String {
    if name.len() < LONG || KNOWN_SUBPROTOCOLS.contains(&name) {
        printable(name)
    } else {
        REDACTED.to_owned()
    }
}

/// A field value that holds no secret, for a sentence: in quotes, control characters escaped, cut
/// when long.
pub fn excerpt(value: &str) -> String {
    let mut shown: String = value.chars().take(MOST_SHOWN).flat_map(char::escape_default).collect();
    if value.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// A sentence that an application wrote: each word in it that may be a token, an id, an address of
/// mail or a value is masked.
pub fn sentence(text: &str) -> String {
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    if let Some((before, _)) = word.split_once('=') {
        return format!("{}={REDACTED}", self::word(before));
    }
    let is_around = |c: char| c.is_ascii_punctuation() && c != '%';
    let bare = word.trim_matches(is_around);
    let digits = bare.bytes().filter(u8::is_ascii_digit).count();
    let is_token = plain_segment(bare) == REDACTED || digits >= MANY_DIGITS || bare.contains('@');
    match bare.is_empty() || !is_token {
        true => printable(word),
        false => word.replace(bare, REDACTED),
    }
}

/// Splits a target into `scheme://` or `//`, the authority behind that, and the path; of a target
/// that is a path the first two are empty.
fn split_origin(target: &str) -> (&str, &str, &str) {
    // What is no scheme (RFC 3986 §3.1) is part of a path, and may be a secret.
    let is_scheme = |text: &str| {
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        text.len() < LONG
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(goes_on)
    };
    let authority = match target.split_once("://") {
        _ if target.starts_with("//") => 2,
        Some((scheme, _)) if is_scheme(scheme) => scheme.len() + 3,
        _ => return ("", "", target),
    };
    let (scheme, rest) = target.split_at_checked(authority).unwrap_or(("", target));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme, authority, path)
}

/// A segment of a path. What stands behind a `=` is a value, as it is in a query: of a parameter
/// (`;token=…`), or of a query whose `?` some client has encoded.
fn segment(segment: &str) -> String {
    let equals = ["=", "%3D", "%3d"].iter().filter_map(|sign| segment.find(sign)).min();
    match equals.and_then(|at| segment.get(..at)) {
        Some(before) => format!("{}={REDACTED}", plain_segment(before)),
        None => plain_segment(segment),
    }
}

fn plain_segment(segment: &str) -> String {
    let is_jwt = segment.starts_with("eyJ");
    let is_random = segment.len() >= LONG
        && segment.bytes().any(|byte| byte.is_ascii_digit())
        && segment.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_long = segment.len() > 40;
    if is_jwt || is_random || is_long { REDACTED.to_owned() } else { printable(segment) }
}

fn parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        None if parameter.is_empty() => String::new(),
        Some((name, "")) if name.len() < LONG => format!("{}=", printable(name)),
        Some((name, _)) if name.len() < LONG * 2 => format!("{}={REDACTED}", printable(name)),
        _ => REDACTED.to_owned(), // without a name, it is the value; a long name may be one too
    }
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_loses_its_user_information() {
        assert_eq!(host("joe:secret@h.example:80"), "h.example:80");
        assert_eq!(host("[::1]:80"), "[::1]:80");
    }

    #[test]
    fn the_query_keeps_its_names_and_loses_its_values() {
        assert_eq!(target("/ws?token=abc&v=&x"), "/ws?token=<redacted>&v=&<redacted>");
        assert_eq!(target("/chat"), "/chat");
        assert_eq!(target("/ws?a=b?c=d#e"), "/ws?a=<redacted>");
    }

    #[test]
    fn an_absolute_uri_loses_its_user() {
        assert_eq!(target("http://joe:secret@host.example/a"), "http://host.example/a");
        assert_eq!(target("http://joe:secret@host.example"), "http://host.example");
        assert_eq!(target("//joe:secret@host.example/a"), "//host.example/a");
    }

    #[test]
    fn an_address_within_a_path_is_no_origin() {
        assert_eq!(target("a=b@c/http://v=d/e"), "a=<redacted>/http://v=<redacted>/e");
        assert_eq!(target("/to/http://joe=d@host/e"), "/to/http://joe=<redacted>/e");
    }

    #[test]
    fn a_value_in_the_path_is_masked_as_one_in_the_query() {
        assert_eq!(target("/ws;token=abc/feed"), "/ws;token=<redacted>/feed");
        assert_eq!(target("/ws%3Ftoken=abc"), "/ws%3Ftoken=<redacted>");
        assert_eq!(target("/ws%3Ftoken%3Dabc"), "/ws%3Ftoken=<redacted>");
    }

    #[test]
    fn a_token_in_the_path_is_masked() {
        assert_eq!(target("/ws/eyJhbGciOi.eyJz.c2ln/feed"), "/ws/<redacted>/feed");
        assert_eq!(target("/b/0123456789abcdef0123456789abcdef"), "/b/<redacted>");
        assert_eq!(target("/notifications-of-today/live"), "/notifications-of-today/live");
    }

    #[test]
    fn a_long_subprotocol_is_masked_unless_it_is_known() {
        assert_eq!(subprotocol("mqtt"), "mqtt");
        assert_eq!(subprotocol("graphql-transport-ws"), "graphql-transport-ws");
        assert_eq!(subprotocol("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi"), REDACTED);
    }

    #[test]
    fn a_sentence_keeps_its_words_and_loses_what_they_tell_of_someone() {
        for (text, shown) in [
            ("Application is over connection quota", "Application is over connection quota"),
            ("key (0a1b2c3d4e5f60718293) is wrong", "key (<redacted>) is wrong"),
            ("token eyJhbGci.x.y expired.", "token <redacted> expired."),
            ("user=joe, mail <joe@host.example>", "user=<redacted> mail <<redacted>>"),
            ("call 0049123456 or 4.5", "call <redacted> or 4.5"),
            ("", ""),
            ("= == -", "=<redacted> =<redacted> -"),
        ] {
            assert_eq!(sentence(text), shown);
        }
    }

    #[test]
    fn an_excerpt_shows_what_a_terminal_would_obey() {
        assert_eq!(excerpt("a\u{1b}[2J"), "\"a\\u{1b}[2J\"");
        assert_eq!(excerpt(&"x".repeat(80)).chars().count(), 67);
    }
}
