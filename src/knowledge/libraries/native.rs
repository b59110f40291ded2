//! Libraries for Go, Rust, C, C++ and Erlang.

use super::{Frames, Library, Mark, Reaction, Sides};
use crate::knowledge::CloseCode;

/// gorilla/websocket.
pub static GORILLA: Library = Library {
    name: "gorilla/websocket",
    platform: "Go",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Go-http-client/", &[])],
    on_violation: Reaction::CloseSaying(1002),
    // Only the reason of a Close is checked.
    on_bad_text: Reaction::Accepts,
    on_too_big: Reaction::Close(1009),
    reports: None,
    limit: None,
    pings: None,
    remark: "Close() of a connection ends TCP and sends no Close. What is wrong with one header \
        stands in one reason, joined by commas.",
    source: "gorilla/websocket conn.go",
};

/// coder/websocket, formerly nhooyr.io/websocket.
pub static CODER: Library = Library {
    name: "coder/websocket",
    platform: "Go",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Go-http-client/", &[])],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::Accepts,
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(32_768),
    pings: None,
    remark: "A server drops TCP for an unmasked frame; a client accepts masked ones.",
    source: "coder/websocket read.go",
};

/// gobwas/ws.
pub static GOBWAS: Library = Library {
    name: "gobwas/ws",
    platform: "Go",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::Raises,
    on_bad_text: Reaction::Raises,
    on_too_big: Reaction::Raises,
    reports: None,
    limit: None,
    pings: None,
    remark: "",
    source: "gobwas/ws check.go",
};

/// tungstenite, tokio-tungstenite, axum and warp.
pub static TUNGSTENITE: Library = Library {
    name: "tungstenite",
    platform: "Rust",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::Raises,
    on_bad_text: Reaction::Raises,
    on_too_big: Reaction::Raises,
    reports: None,
    limit: Some(64 << 20),
    pings: None,
    remark: "It returns an error and sends no Close; most programs then drop the socket.",
    source: "snapview/tungstenite-rs src/error.rs",
};

/// fastwebsockets, in Deno among others.
pub static FASTWEBSOCKETS: Library = Library {
    name: "fastwebsockets",
    platform: "Rust",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Deno/", &[])],
    on_violation: Reaction::Raises,
    on_bad_text: Reaction::Raises,
    on_too_big: Reaction::Raises,
    reports: None,
    limit: Some(64 << 20),
    pings: None,
    remark: "",
    source: "denoland/fastwebsockets src/error.rs",
};

/// uWebSockets, its JavaScript edition and Bun's server.
pub static UWS: Library = Library {
    name: "uWebSockets",
    platform: "C++, Node.js, Bun",
    sides: Sides::Server,
    frames: Frames::Own,
    marks: &[Mark::ServerField("uWebSockets")],
    on_violation: Reaction::Drops,
    on_bad_text: Reaction::Drops,
    on_too_big: Reaction::Drops,
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: Some(16 << 10),
    pings: None,
    remark: "It ends a connection that was silent for 120 s, without a Close. Codes from 1012 to \
        1014 and from 3000 to 3999 it answers with an empty Close.",
    source: "uNetworking/uWebSockets src/WebSocketProtocol.h",
};

/// libwebsockets.
pub static LWS: Library = Library {
    name: "libwebsockets",
    platform: "C",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: None,
    pings: None,
    remark: "",
    source: "warmcat/libwebsockets lib/roles/ws/server-ws.c, client-parser-ws.c",
};

/// websocketpp.
pub static WEBSOCKETPP: Library = Library {
    name: "websocketpp",
    platform: "C++",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("WebSocket++/", &[]), Mark::Server("WebSocket++/")],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(32_000_000),
    pings: None,
    remark: "Its texts begin with a capital in releases and without one on its development branch.",
    source: "zaphoyd/websocketpp websocketpp/processors/base.hpp",
};

/// Boost.Beast.
pub static BEAST: Library = Library {
    name: "Boost.Beast",
    platform: "C++",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Boost.Beast/", &[]), Mark::Server("Boost.Beast/")],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    reports: None,
    limit: Some(16 << 20),
    pings: None,
    remark: "",
    source: "boostorg/beast include/boost/beast/websocket/impl/error.ipp",
};

/// Bandit, under Phoenix.
pub static BANDIT: Library = Library {
    name: "Bandit",
    platform: "Elixir",
    sides: Sides::Server,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    reports: None,
    limit: Some(8_000_000),
    pings: None,
    remark: "A connection that was silent for 60 s it closes with 1002, which is no complaint \
        about anybody's frames.",
    source: "mtrudel/bandit lib/bandit/websocket/connection.ex",
};

/// Cowboy, under RabbitMQ and older Phoenix.
pub static COWBOY: Library = Library {
    name: "Cowboy",
    platform: "Erlang",
    sides: Sides::Server,
    frames: Frames::Own,
    marks: &[Mark::Server("Cowboy")],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    reports: None,
    limit: None,
    pings: None,
    remark: "A connection that was silent for 60 s it closes with 1000; a handler that crashes \
        with 1011.",
    source: "ninenines/cowboy src/cowboy_websocket.erl",
};
