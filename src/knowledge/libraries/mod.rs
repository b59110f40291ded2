//! Libraries and programs that speak WebSocket, and how each behaves.
//!
//! In: the fields of an opening handshake. Out: the libraries that are known to write them, and of
//! each what it sends when its peer breaks the protocol, what its own API then reports, and its
//! limits and timers by default. Versions differ, and users change defaults: a row says what to
//! expect and proves nothing.

mod browsers;
mod javascript;
mod jvm;
mod native;
mod proxies;
mod python;

use std::fmt;

pub use browsers::{CHROMIUM, FIREFOX, SAFARI};
pub use javascript::{DRIVER, PHOENIX, SIGNALR, SOCKET_IO, UNDICI, WS};
pub use jvm::{DOTNET, JAVA, JETTY, NETTY, OKHTTP, SPRING, TOMCAT, TYRUS};
pub use native::{
    BANDIT, BEAST, CODER, COWBOY, FASTWEBSOCKETS, GOBWAS, GORILLA, LWS, TUNGSTENITE, UWS,
    WEBSOCKETPP,
};
pub use proxies::{CLOUDFLARE, NGINX};
pub use python::{AIOHTTP, AUTOBAHN, PYTHON, TORNADO, UVICORN, WEBSOCKET_CLIENT, WSPROTO};

use super::close_code::CloseCode;
use crate::endpoint::Side;
use crate::http::Head;

/// A library, or a program with one of its own.
pub struct Library {
    /// As people call it.
    pub name: &'static str,
    /// Where it runs: a language, or what it is.
    pub platform: &'static str,
    /// On which sides of a connection it is found.
    pub sides: Sides,
    /// Whose frames they are.
    pub frames: Frames,
    /// How its opening request or response shows it; empty when it does not.
    pub marks: &'static [Mark],
    /// What it does when the peer breaks the protocol.
    pub on_violation: Reaction,
    /// What it does when a text message is not UTF-8.
    pub on_bad_text: Reaction,
    /// What it does when a message is above its limit.
    pub on_too_big: Reaction,
    /// The code that its own API reports when it has failed the connection itself; `None` when
    /// that is an error without a code, or is not known.
    pub reports: Option<CloseCode>,
    /// Largest message in bytes that it accepts by default; `None` when there is no limit, or it is
    /// not known.
    pub limit: Option<u64>,
    /// Its pings by default.
    pub pings: Option<Pings>,
    /// What else to know of it, in sentences; may be empty.
    pub remark: &'static str,
    /// Where this is written: a repository and a file, or the name of a documentation.
    pub source: &'static str,
}

/// A library is known by its name.
impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Library({})", self.name)
    }
}

/// No two rows have the same name.
impl PartialEq for Library {
    fn eq(&self, other: &Library) -> bool {
        self.name == other.name
    }
}

impl Eq for Library {}

/// On which sides a library is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Only as a client.
    Client,
    /// Only as a server.
    Server,
    /// As either.
    Both,
    /// Between the two, where it answers as a server does.
    Proxy,
}

impl Sides {
    /// Whether it is found on `side`, as seen from the other.
    pub fn has(self, side: Side) -> bool {
        match self {
            Sides::Both => true,
            Sides::Client => side == Side::Client,
            Sides::Server | Sides::Proxy => side == Side::Server,
        }
    }
}

/// Who reads and writes the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// The library itself.
    Own,
    /// Another library below it, or the endpoint behind it.
    OfAnother,
}

/// A trait of an opening request or response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// `User-Agent` of the request holds this, and none of the rest.
    UserAgent(&'static str, &'static [&'static str]),
    /// `Server` of the response holds this.
    Server(&'static str),
    /// The response has a field of this name.
    ServerField(&'static str),
    /// The request has no `User-Agent`, and these fields first, in this order and this case.
    RequestBegins(&'static [&'static str]),
}

/// What a library does about a message or frame that it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Sends a Close with this code and no reason.
    Close(u16),
    /// Sends a Close with this code and a reason of its own.
    CloseSaying(u16),
    /// Ends TCP without a Close.
    Drops,
    /// Returns an error; what is sent is for its user to decide.
    Raises,
    /// Accepts it.
    Accepts,
    /// It is not known.
    Unknown,
}

impl Reaction {
    /// Whether a Close with this code and reason is what it sends; `None` stands for the end of
    /// TCP without a Close.
    pub fn agrees_with(self, close: Option<(u16, &str)>) -> bool {
        match (self, close) {
            (Reaction::Close(own), Some((code, reason))) => own == code && reason.is_empty(),
            (Reaction::CloseSaying(own), Some((code, reason))) => own == code && !reason.is_empty(),
            (Reaction::Drops | Reaction::Raises, None) | (Reaction::Unknown, _) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reaction::Close(code) => write!(f, "a Close with {code} and no reason"),
            Reaction::CloseSaying(code) => write!(f, "a Close with {code} and a reason"),
            Reaction::Drops => f.write_str("no Close: it ends TCP"),
            Reaction::Raises => {
                f.write_str("what its user decides; often TCP ends without a Close")
            }
            Reaction::Accepts => f.write_str("nothing: it accepts this"),
            Reaction::Unknown => f.write_str("not known"),
        }
    }
}

/// Pings by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pings {
    /// Seconds between two.
    pub every: u16,
    /// Seconds that it waits for the Pong; 0 when it does not wait.
    pub within: u16,
}

/// Every library, those first that are most often met; a list of suggestions keeps this order.
pub static LIBRARIES: &[&Library] = &[
    &CHROMIUM,
    &WS,
    &PYTHON,
    &GORILLA,
    &OKHTTP,
    &DOTNET,
    &TOMCAT,
    &TUNGSTENITE,
    &FIREFOX,
    &SAFARI,
    &UNDICI,
    &AIOHTTP,
    &NETTY,
    &JETTY,
    &UWS,
    &JAVA,
    &CODER,
    &LWS,
    &WEBSOCKETPP,
    &BEAST,
    &WEBSOCKET_CLIENT,
    &TORNADO,
    &AUTOBAHN,
    &WSPROTO,
    &UVICORN,
    &DRIVER,
    &PHOENIX,
    &SOCKET_IO,
    &SIGNALR,
    &FASTWEBSOCKETS,
    &GOBWAS,
    &TYRUS,
    &SPRING,
    &BANDIT,
    &COWBOY,
    &NGINX,
    &CLOUDFLARE,
];

/// The libraries whose marks an opening request (of a client) or response (of a server) bears.
pub fn recognise(side: Side, head: &Head) -> Vec<&'static Library> {
    let bears = |mark: &Mark| side == mark.side() && mark.is_borne_by(head);
    LIBRARIES.iter().copied().filter(|library| library.marks.iter().any(bears)).collect()
}

impl Mark {
    /// Whose head it is looked for in.
    pub fn side(&self) -> Side {
        match self {
            Mark::UserAgent(..) | Mark::RequestBegins(_) => Side::Client,
            Mark::Server(_) | Mark::ServerField(_) => Side::Server,
        }
    }

    fn is_borne_by(&self, head: &Head) -> bool {
        let value = |name| head.first(name).map(|field| field.value.as_str());
        match *self {
            Mark::UserAgent(token, but) => value("User-Agent").is_some_and(|agent| {
                agent.contains(token) && !but.iter().any(|other| agent.contains(other))
            }),
            Mark::Server(token) => value("Server").is_some_and(|server| server.contains(token)),
            Mark::ServerField(name) => head.first(name).is_some(),
            Mark::RequestBegins(names) => {
                let begins = head.fields.iter().map(|field| field.name.as_str());
                head.first("User-Agent").is_none()
                    && begins.take(names.len()).eq(names.iter().copied())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Field;

    fn names(side: Side, fields: &[(&str, &str)]) -> Vec<&'static str> {
        let field = |(name, value): &(&str, &str)| Field {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            range: crate::tcp::Range64 { start: 0, end: 0 },
        };
        let head = Head { fields: fields.iter().map(field).collect(), ..Head::default() };
        recognise(side, &head).iter().map(|library| library.name).collect()
    }

    #[test]
    fn a_user_agent_names_the_client_and_a_server_field_the_server() {
        let agent = |value| names(Side::Client, &[("Host", "x"), ("user-agent", value)]);
        assert_eq!(
            agent(
                "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"
            ),
            ["Chromium"]
        );
        assert_eq!(
            agent("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15"),
            ["Safari"]
        );
        assert_eq!(agent("Python/3.11 websockets/17.4"), ["python websockets"]);
        // Any client in Go may say so; those that are known are named.
        assert_eq!(agent("Go-http-client/1.1"), ["gorilla/websocket", "coder/websocket"]);
        assert!(agent("curl/8.0").is_empty());
        let server = |value| names(Side::Server, &[("Server", value)]);
        assert_eq!(server("Python/3.11 aiohttp/3.14.5"), ["aiohttp"]);
        assert_eq!(server("nginx/1.22.1"), ["nginx"]);
        assert_eq!(names(Side::Server, &[("uWebSockets", "20")]), ["uWebSockets"]);
        // A server cannot be known by what a client says.
        assert!(names(Side::Server, &[("User-Agent", "Python/3.11 websockets/17.4")]).is_empty());
    }

    #[test]
    fn a_request_without_a_name_is_known_by_the_order_of_its_fields() {
        let ws = [
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "k"),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Host", "x"),
        ];
        assert_eq!(names(Side::Client, &ws), ["ws (Node.js)"]);
        let mut named = ws.to_vec();
        named.push(("User-Agent", "something else"));
        assert!(names(Side::Client, &named).is_empty());
        assert!(names(Side::Client, &ws[1..]).is_empty());
    }
}
