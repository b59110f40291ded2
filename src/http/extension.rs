//! The list in `Sec-WebSocket-Extensions` (RFC 6455 §9.1).
//!
//! In: the values of its lines. Out: the extensions, and where the list first departs from its
//! grammar. Elements in order are read although others are not.

use super::Head;
use super::negotiation::is_token;

/// One element of the list: an offer, or what was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// Its parameters in order, with their value if they have one; quotes and escapes undone.
    pub parameters: Vec<(String, Option<String>)>,
}

impl Extension {
    /// Whether it is called `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// As it would be written in the field.
impl std::fmt::Display for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.parameters.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, "; {name}={value}"),
            None => write!(f, "; {name}"),
        })
    }
}

/// The extensions that a head lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Those that follow the grammar.
    pub list: Vec<Extension>,
    /// The first departure from it.
    pub fault: Option<ExtensionFault>,
}

/// How a list departs from its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionFault {
    /// The field is there and names no extension.
    Empty,
    /// What should be an extension's name is no token.
    Name,
    /// What should be a parameter's name is no token.
    Parameter,
    /// A parameter's value is neither a token nor a token in quotes.
    Value,
    /// Quotes are not closed.
    OpenQuote,
}

impl ExtensionFault {
    /// In words that continue "the list".
    pub fn text(self) -> &'static str {
        match self {
            ExtensionFault::Empty => "names no extension",
            ExtensionFault::Name => "has an element whose name is not a token",
            ExtensionFault::Parameter => "has a parameter whose name is not a token",
            ExtensionFault::Value => "has a parameter whose value is not a token",
            ExtensionFault::OpenQuote => "has quotes that are not closed",
        }
    }
}

impl Extensions {
    const FIELD: &'static str = "Sec-WebSocket-Extensions";

    /// What `head` lists; empty and without fault when it has no such field.
    pub fn of(head: &Head) -> Extensions {
        let mut found = Extensions::default();
        let mut has_field = false;
        for field in head.all(Extensions::FIELD) {
            has_field = true;
            for element in split(&field.value, b',') {
                match element.map(str::trim) {
                    Ok("") => {} // the list syntax lets empty elements pass (RFC 9110 §5.6.1.2)
                    Ok(element) => match read(element) {
                        Ok(extension) => found.list.push(extension),
                        Err(fault) => found.note(fault),
                    },
                    Err(fault) => found.note(fault),
                }
            }
        }
        if has_field && found.list.is_empty() {
            found.note(ExtensionFault::Empty);
        }
        found
    }

    /// Whether it has an extension called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|extension| extension.is(name))
    }

    fn note(&mut self, fault: ExtensionFault) {
        self.fault.get_or_insert(fault);
    }
}

/// `name *( ";" parameter [ "=" value ] )`
fn read(element: &str) -> Result<Extension, ExtensionFault> {
    let mut parts = split(element, b';');
    let name = parts.next().unwrap_or(Ok(""))?.trim();
    if !is_token(name) {
        return Err(ExtensionFault::Name);
    }
    let mut parameters = Vec::new();
    for part in parts {
        let part = part?;
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim())?)),
            None => (part.trim(), None),
        };
        if !is_token(name) {
            return Err(ExtensionFault::Parameter);
        }
        parameters.push((name.to_owned(), value));
    }
    Ok(Extension { name: name.to_owned(), parameters })
}

/// A parameter's value: a token, or one in quotes (RFC 6455 §9.1).
fn unquoted(value: &str) -> Result<String, ExtensionFault> {
    let inner = match value.strip_prefix('"') {
        Some(quoted) => {
            let quoted = quoted.strip_suffix('"').ok_or(ExtensionFault::Value)?;
            let mut escaped = false;
            let kept = quoted.chars().filter(|c| {
                escaped = *c == '\\' && !escaped;
                !escaped
            });
            kept.collect()
        }
        None => value.to_owned(),
    };
    if is_token(&inner) { Ok(inner) } else { Err(ExtensionFault::Value) }
}

/// The parts of `text` between separators that do not stand in quotes.
fn split(text: &str, separator: u8) -> impl Iterator<Item = Result<&str, ExtensionFault>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let (mut quoted, mut escaped) = (false, false);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if byte == separator && !quoted => {
                    rest = text.get(at + 1..);
                    return text.get(..at).map(Ok);
                }
                _ => {}
            }
        }
        Some(if quoted { Err(ExtensionFault::OpenQuote) } else { Ok(text) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Field;

    fn head(values: &[&str]) -> Head {
        let field = |value: &&str| Field {
            name: "sec-websocket-extensions".to_owned(),
            value: (*value).to_owned(),
            range: (0..0).into(),
        };
        Head { fields: values.iter().map(field).collect(), ..Head::default() }
    }

    #[test]
    fn lines_and_commas_make_one_list() {
        let one = Extensions::of(&head(&["foo", "bar; baz=2"]));
        let other = Extensions::of(&head(&["foo, bar;baz=\"2\""]));
        assert_eq!(one, other);
        assert_eq!(one.fault, None);
        let names: Vec<String> = one.list.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["foo", "bar; baz=2"]);
    }

    #[test]
    fn a_comma_in_quotes_separates_nothing() {
        let found = Extensions::of(&head(&["foo; a=\"x,y\", bar"]));
        assert_eq!(found.fault, Some(ExtensionFault::Value)); // "," is in no token
        assert_eq!(found.list.len(), 1);
        assert!(found.has("bar"));
    }

    #[test]
    fn what_breaks_the_grammar_is_named() {
        let fault = |value| Extensions::of(&head(&[value])).fault;
        assert_eq!(fault(""), Some(ExtensionFault::Empty));
        assert_eq!(fault(" , "), Some(ExtensionFault::Empty));
        assert_eq!(fault("foo bar"), Some(ExtensionFault::Name));
        assert_eq!(fault("foo;"), Some(ExtensionFault::Parameter));
        assert_eq!(fault("foo; a="), Some(ExtensionFault::Value));
        assert_eq!(fault("foo; a=\"1"), Some(ExtensionFault::OpenQuote));
        assert_eq!(fault("foo,, bar"), None);
        assert_eq!(Extensions::of(&Head::default()).fault, None);
    }
}
