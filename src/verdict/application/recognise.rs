//! Which product is spoken on a connection.
//!
//! In: the opening handshake, and the first and the last text message of each side. Out: one
//! product, or none where nothing fits or several do. A subprotocol comes before a host, and a host
//! before a path; messages are asked only when the handshake tells nothing. Without the whole
//! opening handshake nobody knows what it would tell, and only the subprotocol counts.

use super::{Application, Ground};
use crate::endpoint::Side;
use crate::http::{Handshake, Request};
use crate::knowledge::{PRODUCTS, Product, Sign};
use crate::rules::Facts;
use crate::ws::Excerpt;

pub(super) fn recognise(facts: &Facts) -> Option<Application> {
    let handshake = &facts.handshake;
    let request = handshake.request.as_ref();
    if !handshake.is_open() {
        return None;
    }
    let by = |by: Ground| move |product| Application { product, by };
    let named = handshake.subprotocol().and_then(by_subprotocol);
    let named = named.or_else(|| by_request(request?));
    let named = named.map(by(Ground::Handshake));
    named.or_else(|| request.and_then(|_| by_messages(facts)).map(by(Ground::Messages))).or_else(
        || {
            // What is weaker than a message counts where no message can have escaped.
            request.filter(|_| Side::BOTH.into_iter().all(|side| facts.is_whole(side)))?;
            let by_reason = by_reason(facts).map(by(Ground::Reason));
            by_reason.or_else(|| by_server(handshake).map(by(Ground::Handshake)))
        },
    )
}

/// The most specific product with such a sign: the first in the table.
fn product_with(fits: impl Fn(&Sign) -> bool) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.recognise.iter().any(&fits))
}

fn by_subprotocol(agreed: &str) -> Option<&'static Product> {
    product_with(|sign| matches!(sign, Sign::Subprotocol(_)) && sign.fits(agreed))
}

fn by_request(request: &Request) -> Option<&'static Product> {
    let host = request.head.first("Host").map(|field| bare_host(&field.value));
    let by_host =
        host.and_then(|host| product_with(|sign| matches!(sign, Sign::Host(_)) && sign.fits(host)));
    let path = path(&request.target);
    by_host.or_else(|| product_with(|sign| matches!(sign, Sign::Path(_)) && sign.fits(path)))
}

fn by_server(handshake: &Handshake) -> Option<&'static Product> {
    let server = handshake.response.as_ref()?.head.first("Server")?;
    product_with(|sign| matches!(sign, Sign::Server(_)) && sign.fits(&server.value))
}

/// A Host without port and user information.
fn bare_host(host: &str) -> &str {
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Path and query, also of a target in absolute form (RFC 9112 §3.2.2).
fn path(target: &str) -> &str {
    if target.starts_with('/') {
        return target;
    }
    let authority = target.find("://").and_then(|at| target.get(at + 3..));
    let path = authority.and_then(|rest| rest.get(rest.find('/')?..));
    path.unwrap_or(target)
}

/// The one product whose messages these are; `None` also where they point at several.
fn by_messages(facts: &Facts) -> Option<&'static Product> {
    let texts = Side::BOTH.into_iter().flat_map(|side| known_texts(facts, side));
    let mut found: Option<&'static Product> = None;
    for product in texts.flat_map(products_of) {
        if found.is_some_and(|other| other.id != product.id) {
            return None;
        }
        found = Some(product);
    }
    found
}

/// A side's first text where it certainly is the first, and its last where it certainly is.
fn known_texts(facts: &Facts, side: Side) -> impl Iterator<Item = &Excerpt> {
    let (frames, tcp) = (&facts.frames[side], &facts.tcp[side]);
    let has_start = frames.start.is_some() && tcp.gaps.is_empty() && tcp.conflicts.is_empty();
    let first = frames.texts.first.as_ref().filter(|_| has_start);
    let last = frames.texts.last.as_ref().filter(|_| facts.is_whole(side));
    first.into_iter().chain(last)
}

/// The products of which a message like this is known.
fn products_of(excerpt: &Excerpt) -> impl Iterator<Item = &'static Product> {
    let held = beginning(excerpt).unwrap_or_default();
    let is_whole = excerpt.is_whole();
    let fits = move |sign: &Sign| {
        // Behind what is held there may be anything: only a star stands for that.
        let is_told = is_whole || sign.pattern().ends_with('*');
        matches!(sign, Sign::Message(_)) && is_told && sign.fits(held)
    };
    PRODUCTS.iter().filter(move |product| product.recognise.iter().any(&fits))
}

/// The text that an excerpt holds, without a character that it cuts in two.
fn beginning(excerpt: &Excerpt) -> Option<&str> {
    if excerpt.damaged {
        return None;
    }
    match simdutf8::compat::from_utf8(&excerpt.bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && !excerpt.is_whole() => {
            std::str::from_utf8(excerpt.bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

/// Reasons that a server, or what stands in front of it, gives.
fn by_reason(facts: &Facts) -> Option<&'static Product> {
    let close = facts.frames[Side::Server].close.as_ref().filter(|close| !close.frame.damaged)?;
    let reason = std::str::from_utf8(close.frame.reason()).ok()?;
    product_with(|sign| matches!(sign, Sign::Reason(_)) && sign.fits(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Field, Head};

    fn request(host: &str, target: &str) -> Request {
        let field = Field { name: "Host".to_owned(), value: host.to_owned(), range: (0..0).into() };
        let head = Head { fields: vec![field], ..Head::default() };
        Request { method: "GET".to_owned(), target: target.to_owned(), head }
    }

    fn asked(host: &str, target: &str) -> Option<&'static str> {
        by_request(&request(host, target)).map(|product| product.id)
    }

    fn said(text: &str) -> Vec<&'static str> {
        let excerpt = Excerpt { bytes: text.into(), len: text.len() as u64, damaged: false };
        products_of(&excerpt).map(|product| product.id).collect()
    }

    #[test]
    fn a_request_tells_by_its_host_and_else_by_its_path() {
        for (host, target, product) in [
            ("gateway.discord.gg", "/?v=10&encoding=json", Some("discord-gateway")),
            ("Gateway-US-East1-b.discord.gg:443", "/", Some("discord-gateway")),
            ("x.supabase.co", "/realtime/v1/websocket?vsn=1.0.0", Some("supabase-realtime")),
            ("app.example", "/socket/websocket?token=x&vsn=2.0.0", Some("phoenix")),
            ("app.example:8080", "/socket.io/?EIO=4&transport=websocket", Some("socket-io")),
            ("app.example", "http://app.example/app/key?protocol=7", Some("pusher")),
            ("app.example", "/cable", None),
            ("discord.gg.example", "/", None),
            ("", "", None),
            ("@:", "://", None),
            ("[::1]:80", "*", None),
        ] {
            assert_eq!(asked(host, target), product, "{host} {target}");
        }
    }

    #[test]
    fn a_message_tells_by_its_form() {
        for (text, products) in [
            ("0{\"sid\":\"x1\",\"upgrades\":[],\"pingInterval\":25000}", &["socket-io"][..]),
            ("{\"protocol\":\"json\",\"version\":1}\u{1e}", &["signalr"]),
            ("{\"type\":\"welcome\"}", &["action-cable"]),
            ("[\"1\",\"1\",\"room:lobby\",\"phx_join\",{}]", &["phoenix"]),
            (
                "{\"t\":null,\"s\":null,\"op\":10,\"d\":{\"heartbeat_interval\":41250}}",
                &["discord-gateway"],
            ),
            ("CONNECTED\nversion:1.2\n\n\0", &["stomp"]),
            ("{\"event\":\"pusher:connection_established\",\"data\":\"{}\"}", &["pusher"]),
            // Two products begin like this.
            ("{\"type\":\"connection_init\"}", &[]),
            ("0{\"sid\":1}", &[]),
            ("hello", &[]),
            ("", &[]),
        ] {
            assert_eq!(said(text), products, "{text:?}");
        }
    }

    #[test]
    fn of_a_message_that_is_cut_only_its_beginning_counts() {
        let welcome = b"{\"type\":\"welcome\"}".to_vec();
        let cut = Excerpt { bytes: welcome.clone(), len: 900, damaged: false };
        assert_eq!(products_of(&cut).count(), 0, "it may go on");
        let open = b"0{\"sid\":\"x\",\"pingInterval\":25000,\"motto\":\"\xC3".to_vec();
        let cut = Excerpt { bytes: open.clone(), len: 900, damaged: false };
        assert_eq!(products_of(&cut).map(|product| product.id).collect::<Vec<_>>(), ["socket-io"]);
        let not_text = Excerpt { len: open.len() as u64, bytes: open.clone(), damaged: false };
        assert_eq!(products_of(&not_text).count(), 0, "a character without its end");
        let damaged = Excerpt { bytes: welcome, len: 18, damaged: true };
        assert_eq!(products_of(&damaged).count(), 0);
    }

    #[test]
    fn what_no_program_writes_is_nobodys() {
        for text in ["\u{202e}{\"type\":\"welcome\"}", "{\"type\":\"welcome\"}\0", "[\"phx_join"] {
            assert_eq!(said(text), [""; 0], "{text:?}");
        }
        assert_eq!(said(&"[".repeat(512)), [""; 0]);
        assert_eq!(said(&"{\"op\":10,".repeat(56)), [""; 0]);
    }
}
