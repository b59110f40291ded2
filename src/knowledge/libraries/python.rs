//! Libraries for Python.

use super::{Frames, Library, Mark, Pings, Reaction, Sides};
use crate::knowledge::CloseCode;

/// The package `websockets`.
pub static PYTHON: Library = Library {
    name: "python websockets",
    platform: "Python",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("websockets/", &[]), Mark::Server("websockets/")],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: Some(1 << 20),
    pings: Some(Pings { every: 20, within: 20 }),
    remark: "It looks at the reserved bits of a frame only when the payload has arrived. A Ping \
        without a Pong ends the connection with 1011: the side that sends it is the one that \
        waited.",
    source: "python-websockets/websockets src/websockets/frames.py, protocol.py, exceptions.py",
};

/// aiohttp.
pub static AIOHTTP: Library = Library {
    name: "aiohttp",
    platform: "Python",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("aiohttp/", &[]), Mark::Server("aiohttp/")],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    // Its client reports the code that it sent, its server 1006.
    reports: None,
    limit: Some(4 << 20),
    pings: None,
    remark: "It enforces masking in neither direction. A heartbeat without a Pong ends TCP without \
        a Close.",
    source: "aio-libs/aiohttp aiohttp/_websocket/reader_py.py",
};

/// tornado, and Jupyter with it.
pub static TORNADO: Library = Library {
    name: "tornado",
    platform: "Python",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::Server("TornadoServer/")],
    on_violation: Reaction::Drops,
    on_bad_text: Reaction::Drops,
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(10 << 20),
    pings: None,
    remark: "A Ping without a Pong ends the connection with 1000 and a reason, which is the code \
        that it takes when only a reason is given.",
    source: "tornadoweb/tornado tornado/websocket.py",
};

/// The package `websocket-client`.
pub static WEBSOCKET_CLIENT: Library = Library {
    name: "websocket-client (Python)",
    platform: "Python",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[Mark::RequestBegins(&["Upgrade", "Host", "Origin", "Sec-WebSocket-Key"])],
    on_violation: Reaction::Raises,
    on_bad_text: Reaction::Raises,
    on_too_big: Reaction::Accepts,
    reports: None,
    limit: None,
    pings: None,
    remark: "It has no permessage-deflate and refuses every compressed frame.",
    source: "websocket-client/websocket-client websocket/_abnf.py, _socket.py",
};

/// autobahn, and Daphne with it.
pub static AUTOBAHN: Library = Library {
    name: "autobahn",
    platform: "Python",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[
        Mark::UserAgent("AutobahnPython/", &[]),
        Mark::Server("AutobahnPython/"),
        Mark::Server("Daphne"),
    ],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: None,
    pings: None,
    remark: "Its closing handshake waits 1 s for the answer.",
    source: "crossbario/autobahn-python autobahn/websocket/protocol.py",
};

/// wsproto, under Hypercorn, Trio and others.
pub static WSPROTO: Library = Library {
    name: "wsproto",
    platform: "Python",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::Server("hypercorn")],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "It rejects 1014.",
    source: "python-hyper/wsproto src/wsproto/frame_protocol.py",
};

/// uvicorn, and FastAPI and Starlette with it.
pub static UVICORN: Library = Library {
    name: "uvicorn",
    platform: "Python",
    sides: Sides::Server,
    frames: Frames::OfAnother,
    marks: &[Mark::Server("uvicorn")],
    // It has python websockets or wsproto do the work.
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: Some(16 << 20),
    pings: Some(Pings { every: 20, within: 20 }),
    remark: "Stopping it sends 1012.",
    source: "encode/uvicorn uvicorn/protocols/websockets/websockets_impl.py",
};
