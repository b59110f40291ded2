//! The forms in which applications say why they end a connection.
//!
//! In: a whole text message, and the recognised product. Out: the code and the reason that stand
//! in it, if it has a form that is known. Nothing else of a message is handed on, and of the reason
//! only what looks like one: a long text, or one with control characters, is none. Words that may be
//! secret are masked. Forms that other programs may use as well count only where their product is
//! recognised.

use serde_json::Value;

use crate::http::redact;

/// The most characters that a reason may have.
pub(super) const LONGEST: usize = 120;

/// What a message says of the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The id of the product with this form.
    pub product: &'static str,
    /// What the product calls it.
    pub kind: &'static str,
    pub code: Option<u16>,
    pub reason: Option<String>,
    pub reconnect: Option<bool>,
    /// Whether the connection ends with it.
    pub ends: bool,
}

/// A known form.
struct Form {
    product: &'static str,
    /// Whether no other program is known to write such a message.
    unmistakable: bool,
    read: fn(&str) -> Option<Said>,
}

/// What a form finds in a message.
struct Said {
    kind: &'static str,
    code: Option<u16>,
    reason: Option<String>,
    reconnect: Option<bool>,
    ends: bool,
}

/// A farewell of that name, without more.
fn farewell(kind: &'static str) -> Said {
    Said { kind, code: None, reason: None, reconnect: None, ends: true }
}

const FORMS: &[Form] = &[
    Form { product: "pusher", unmistakable: true, read: pusher },
    Form { product: "signalr", unmistakable: true, read: signalr },
    Form { product: "action-cable", unmistakable: true, read: action_cable },
    Form { product: "slack-socket-mode", unmistakable: false, read: slack },
    Form { product: "graphql-transport-ws", unmistakable: false, read: graphql },
    Form { product: "graphql-ws-legacy", unmistakable: false, read: graphql_legacy },
    Form { product: "socket-io", unmistakable: false, read: socket_io },
    Form { product: "sockjs", unmistakable: false, read: sockjs },
    Form { product: "stomp", unmistakable: false, read: stomp },
];

/// Products that stand in front of others: they say nothing of the messages.
const CARRIERS: &[&str] = &["aws-api-gateway", "cloudflare", "spring"];

/// What `text` says, on a connection on which `product` is recognised.
pub(super) fn read(text: &str, product: Option<&str>) -> Option<Envelope> {
    let product = product.filter(|product| !CARRIERS.contains(product));
    FORMS.iter().find_map(|form| {
        let fits = product.map_or(form.unmistakable, |product| product == form.product);
        let Said { kind, code, reason, reconnect, ends } = fits.then(|| (form.read)(text))??;
        Some(Envelope { product: form.product, kind, code, reason, reconnect, ends })
    })
}

/// `{"event":"pusher:error","data":{"code":4004,"message":"…"}}`; the data may be JSON in a string.
fn pusher(text: &str) -> Option<Said> {
    let message = object(text)?;
    if message.get("event").and_then(Value::as_str) != Some("pusher:error") {
        return None;
    }
    let data = match message.get("data")? {
        Value::String(inner) => object(inner)?,
        data => data.clone(),
    };
    let code = code(data.get("code"));
    // Of 4300 and above the connection goes on.
    let ends = code.is_some_and(|code| (4000..=4299).contains(&code));
    let reason = reason(data.get("message"));
    Some(Said { kind: "pusher:error", code, reason, reconnect: None, ends })
}

/// `{"type":7,"error":"…","allowReconnect":true}`, and 0x1E behind each message.
fn signalr(text: &str) -> Option<Said> {
    let record = text.strip_suffix('\u{1e}')?.rsplit('\u{1e}').next()?;
    let message = object(record)?;
    if message.get("type").and_then(Value::as_u64) != Some(7) {
        return None;
    }
    Some(Said {
        reason: reason(message.get("error")),
        reconnect: message.get("allowReconnect").and_then(Value::as_bool),
        ..farewell("close")
    })
}

/// `{"type":"disconnect","reason":"unauthorized","reconnect":false}`.
fn action_cable(text: &str) -> Option<Said> {
    let message = typed(text, "disconnect")?;
    let reconnect = message.get("reconnect")?.as_bool()?;
    Some(Said {
        reason: reason(message.get("reason")),
        reconnect: Some(reconnect),
        ..farewell("disconnect")
    })
}

/// `{"type":"disconnect","reason":"…"}`, and `{"type":"error","error":{"code":1,"msg":"…"}}`.
fn slack(text: &str) -> Option<Said> {
    if let Some(message) = typed(text, "disconnect") {
        return Some(Said { reason: reason(message.get("reason")), ..farewell("disconnect") });
    }
    let message = typed(text, "error")?;
    let error = message.get("error")?;
    Some(Said {
        code: code(error.get("code")),
        reason: reason(error.get("msg")),
        ..farewell("error")
    })
}

/// `{"type":"error","id":"…","payload":[{"message":"…"}]}`: it ends an operation only.
fn graphql(text: &str) -> Option<Said> {
    let message = typed(text, "error")?;
    let reason = reason(message.get("payload")?.get(0)?.get("message"));
    Some(Said { reason, ends: false, ..farewell("error") })
}

/// `{"type":"connection_error","payload":{"message":"…"}}`, and an `error` of an operation.
fn graphql_legacy(text: &str) -> Option<Said> {
    if let Some(message) = typed(text, "connection_error") {
        let reason = reason(message.get("payload").and_then(|payload| payload.get("message")));
        return Some(Said { reason, ..farewell("connection_error") });
    }
    let message = typed(text, "error")?;
    let reason = reason(message.get("payload")?.get("message"));
    Some(Said { reason, ends: false, ..farewell("error") })
}

/// Engine.IO's packets: `1` closes; in a message `4`, Socket.IO's `1` disconnects and `4` refuses,
/// perhaps behind a namespace.
fn socket_io(text: &str) -> Option<Said> {
    if text == "1" {
        return Some(farewell("close"));
    }
    let (kind, rest) = text.strip_prefix('4')?.split_at_checked(1)?;
    let content = match rest.strip_prefix('/') {
        Some(namespaced) => namespaced.split_once(',').map_or("", |(_, content)| content),
        None => rest,
    };
    match kind {
        "1" if content.is_empty() => Some(farewell("disconnect")),
        "4" => {
            let error: Value = serde_json::from_str(content).ok()?;
            let reason = reason(match &error {
                Value::String(_) => Some(&error), // before version 3 of Socket.IO
                error => error.get("message"),
            });
            Some(Said { reason, ends: false, ..farewell("connect_error") })
        }
        _ => None,
    }
}

/// `c[3000,"Go away!"]`.
fn sockjs(text: &str) -> Option<Said> {
    let content: Value = serde_json::from_str(text.strip_prefix('c')?).ok()?;
    let (number, text) = (content.get(0)?, content.get(1));
    Some(Said { code: Some(code(Some(number))?), reason: reason(text), ..farewell("close frame") })
}

/// `ERROR`, and its header `message`; the body stays where it is.
fn stomp(text: &str) -> Option<Said> {
    let head = text.strip_prefix("ERROR\n").or_else(|| text.strip_prefix("ERROR\r\n"))?;
    let head = head.lines().take_while(|line| !line.is_empty());
    let message = head.filter_map(|line| line.strip_prefix("message:")).next();
    let reason = message.and_then(sentence);
    Some(Said { reason, ..farewell("ERROR") })
}

/// The message as an object. [`serde_json`] bounds its depth, and an excerpt its size.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// The same, if its `type` is this.
fn typed(text: &str, kind: &str) -> Option<Value> {
    object(text).filter(|message| message.get("type").and_then(Value::as_str) == Some(kind))
}

/// A code, as a number; what has more than four digits is none.
fn code(value: Option<&Value>) -> Option<u16> {
    let code = value?.as_u64().filter(|code| *code <= 9_999)?;
    u16::try_from(code).ok()
}

fn reason(value: Option<&Value>) -> Option<String> {
    sentence(value?.as_str()?)
}

/// A text that looks like a reason, with what may be secret in it masked.
fn sentence(text: &str) -> Option<String> {
    let text = text.trim();
    let is_printable = |c: char| c == ' ' || !(c.is_control() || c.is_whitespace() || is_format(c));
    let is_short = text.chars().nth(LONGEST).is_none();
    (!text.is_empty() && is_short && text.chars().all(is_printable)).then(|| redact::sentence(text))
}

/// Whether a character hides or reorders others (Unicode Cf and what looks alike).
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, code, reason and whether to return, in one line.
    fn said(product: Option<&str>, text: &str) -> String {
        let Some(envelope) = read(text, product) else { return "nothing".to_owned() };
        let Envelope { product, kind, code, reason, reconnect, ends } = envelope;
        let code = code.map_or(String::new(), |code| format!(" {code}"));
        let reason = reason.map_or(String::new(), |reason| format!(" {reason:?}"));
        let back = reconnect.map_or("", |back| if back { ", return" } else { ", stay away" });
        let ends = if ends { "" } else { ", goes on" };
        format!("{product} {kind}{code}{reason}{back}{ends}")
    }

    #[test]
    fn every_form_gives_its_reason() {
        for (product, text, expected) in [
            (
                Some("pusher"),
                r#"{"event":"pusher:error","data":{"code":4004,"message":"Over quota"}}"#,
                "pusher pusher:error 4004 \"Over quota\"",
            ),
            (
                None,
                r#"{"event":"pusher:error","data":"{\"code\":4001,\"message\":\"No such app\"}"}"#,
                "pusher pusher:error 4001 \"No such app\"",
            ),
            (
                None,
                r#"{"event":"pusher:error","data":{"code":4301,"message":"Too fast"}}"#,
                "pusher pusher:error 4301 \"Too fast\", goes on",
            ),
            (
                None,
                r#"{"event":"pusher:error","data":{"code":null,"message":"Malformed"}}"#,
                "pusher pusher:error \"Malformed\", goes on",
            ),
            (
                None,
                "{\"type\":7,\"error\":\"Server is down\",\"allowReconnect\":true}\u{1e}",
                "signalr close \"Server is down\", return",
            ),
            (Some("signalr"), "{\"type\":6}\u{1e}{\"type\":7}\u{1e}", "signalr close"),
            (
                None,
                r#"{"type":"disconnect","reason":"unauthorized","reconnect":false}"#,
                "action-cable disconnect \"unauthorized\", stay away",
            ),
            (
                Some("slack-socket-mode"),
                r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"h"}}"#,
                "slack-socket-mode disconnect \"refresh_requested\"",
            ),
            (
                Some("slack-socket-mode"),
                r#"{"type":"error","error":{"code":1,"msg":"Socket URL has expired"}}"#,
                "slack-socket-mode error 1 \"Socket URL has expired\"",
            ),
            (
                Some("graphql-transport-ws"),
                r#"{"id":"1","type":"error","payload":[{"message":"Unknown field"}]}"#,
                "graphql-transport-ws error \"Unknown field\", goes on",
            ),
            (
                Some("graphql-ws-legacy"),
                r#"{"type":"connection_error","payload":{"message":"No token"}}"#,
                "graphql-ws-legacy connection_error \"No token\"",
            ),
            (Some("socket-io"), "1", "socket-io close"),
            (Some("socket-io"), "41", "socket-io disconnect"),
            (Some("socket-io"), "41/admin,", "socket-io disconnect"),
            (
                Some("socket-io"),
                r#"44{"message":"not authorized","data":{"user":"joe"}}"#,
                "socket-io connect_error \"not authorized\", goes on",
            ),
            (
                Some("socket-io"),
                r#"44/admin,{"message":"Invalid namespace"}"#,
                "socket-io connect_error \"Invalid namespace\", goes on",
            ),
            (Some("sockjs"), "c[3000,\"Go away!\"]", "sockjs close frame 3000 \"Go away!\""),
            (
                Some("stomp"),
                "ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\n\nmessage:secret\0",
                "stomp ERROR \"Bad CONNECT\"",
            ),
        ] {
            assert_eq!(said(product, text), expected, "{text}");
        }
    }

    #[test]
    fn what_another_program_may_have_written_needs_its_product() {
        for text in [
            "1",
            "41",
            r#"44{"message":"x"}"#,
            "c[3000,\"Go away!\"]",
            "ERROR\nmessage:x\n\n\0",
            r#"{"type":"error","error":{"code":1,"msg":"x"}}"#,
            r#"{"type":"error","payload":[{"message":"x"}]}"#,
            r#"{"type":"disconnect","reason":"warning"}"#,
        ] {
            assert_eq!(said(None, text), "nothing", "{text}");
            assert_eq!(said(Some("discord-gateway"), text), "nothing", "{text}");
        }
        let pusher = r#"{"event":"pusher:error","data":{"code":4100,"message":"Busy"}}"#;
        assert_eq!(said(Some("stomp"), pusher), "nothing");
        assert_eq!(said(Some("cloudflare"), pusher), "pusher pusher:error 4100 \"Busy\"");
    }

    #[test]
    fn what_is_no_envelope_says_nothing() {
        for text in [
            "",
            "4",
            "4é",
            "44",
            "44/admin",
            "{",
            "{}",
            "null",
            "7\u{1e}",
            "\u{1e}",
            "{\"type\":7}",
            "{\"type\":7.5}\u{1e}",
            "{\"type\":-7}\u{1e}",
            r#"{"event":"pusher:error"}"#,
            r#"{"event":"pusher:error","data":"{"}"#,
            r#"{"event":"pusher:error","data":{"code":1e999}}"#,
            r#"{"event":"pusher:error","data":{"code":4001}} x"#,
            r#"{"type":"disconnect","reason":"x","reconnect":"yes"}"#,
            "c[]",
            "c[99999]",
            "c[\"3000\"]",
        ] {
            for product in [None, Some("socket-io"), Some("signalr"), Some("sockjs")] {
                assert_eq!(said(product, text), "nothing", "{text} {product:?}");
            }
        }
        for deep in ["[".repeat(512), "{\"data\":".repeat(64), "44".to_owned() + &"[".repeat(500)] {
            assert_eq!(said(Some("socket-io"), &deep), "nothing");
            assert_eq!(said(Some("pusher"), &deep), "nothing");
        }
    }

    #[test]
    fn what_does_not_look_like_a_reason_is_not_quoted() {
        let reason = |text: &str| {
            let message = serde_json::json!({ "type": 7, "error": text }).to_string() + "\u{1e}";
            read(&message, None).expect("a form that is known").reason
        };
        assert_eq!(reason("Server is down").as_deref(), Some("Server is down"));
        assert_eq!(reason("máy chủ đang tắt").as_deref(), Some("máy chủ đang tắt"));
        for text in [
            "",
            "  ",
            "a\u{1b}[2Jb",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{e0041}b",
            "a\u{a0}b",
            &"x".repeat(LONGEST + 1),
        ] {
            assert_eq!(reason(text), None, "{text:?}");
        }
        assert_eq!(
            reason("no app with key 0a1b2c3d4e5f60718293, or user joe@host.example").as_deref(),
            Some("no app with key <redacted>, or user <redacted>")
        );
        let message = serde_json::json!({ "type": 7, "error": ["x"] }).to_string() + "\u{1e}";
        assert_eq!(read(&message, None).and_then(|envelope| envelope.reason), None);
    }
}
