//! Libraries for Node.js and browsers' JavaScript.

use super::{Frames, Library, Mark, Reaction, Sides};
use crate::knowledge::CloseCode;

/// The package `ws`, on which most of Node.js stands: Socket.IO, webpack, Vite, Puppeteer.
pub static WS: Library = Library {
    name: "ws (Node.js)",
    platform: "Node.js",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::RequestBegins(&[
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Key",
        "Connection",
        "Upgrade",
    ])],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: Some(100 << 20),
    pings: None,
    remark: "terminate() ends TCP without a Close. Without a listener for the error event, an \
        error ends the process.",
    source: "websockets/ws lib/receiver.js, lib/websocket.js",
};

/// The WebSocket built into Node.js.
pub static UNDICI: Library = Library {
    name: "undici (Node.js)",
    platform: "Node.js",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("undici", &[]), Mark::UserAgent("node", &["/"])],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: None,
    pings: None,
    remark: "",
    source: "nodejs/undici lib/web/websocket/receiver.js",
};

/// websocket-driver: faye, webpack-dev-server's sockjs, Rails' Action Cable.
pub static DRIVER: Library = Library {
    name: "websocket-driver (faye, Action Cable)",
    platform: "Node.js and Ruby",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some((64 << 20) - 1),
    pings: None,
    remark: "Its texts are like those that old WebKit printed. An unmasked frame it refuses with \
        1003.",
    source: "faye/websocket-driver-node lib/websocket/driver/hybi.js",
};

/// The client of Phoenix channels, in a browser.
pub static PHOENIX: Library = Library {
    name: "Phoenix JavaScript client",
    platform: "browser",
    sides: Sides::Client,
    frames: Frames::OfAnother,
    marks: &[],
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "It sends a heartbeat message, no Ping, every 30 s. The frames are the browser's.",
    source: "phoenixframework/phoenix assets/js/phoenix/socket.js",
};

/// Socket.IO, above its own transport Engine.IO, on both sides.
pub static SOCKET_IO: Library = Library {
    name: "Socket.IO",
    platform: "browser, Node.js",
    sides: Sides::Both,
    frames: Frames::OfAnother,
    marks: &[],
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "Its server sends a ping message, no Ping, every 25 s. The frames are another library's.",
    source: "socketio/socket.io packages/engine.io/lib/server.ts",
};

/// The clients of ASP.NET Core SignalR.
pub static SIGNALR: Library = Library {
    name: "SignalR client",
    platform: "browser, .NET",
    sides: Sides::Client,
    frames: Frames::OfAnother,
    marks: &[],
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "Both sides send ping messages, no Ping, every 15 s. The frames are another library's.",
    source: "dotnet/aspnetcore src/SignalR/clients/ts/signalr/src/HubConnection.ts",
};
