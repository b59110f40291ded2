//! Browsers. What they find wrong stands in the console of the page, and nowhere else.

use super::{Frames, Library, Mark, Reaction, Sides};
use crate::knowledge::CloseCode;

/// Chrome, Edge, Opera, Electron and the web view of Android.
pub static CHROMIUM: Library = Library {
    name: "Chromium",
    platform: "browser",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Chrome/", &[]), Mark::UserAgent("Chromium/", &["Chrome/"])],
    on_violation: Reaction::CloseSaying(1002),
    // Not 1007, as RFC 6455 §8.1 and §7.4.1 together would suggest.
    on_bad_text: Reaction::CloseSaying(1002),
    on_too_big: Reaction::Unknown,
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: None,
    pings: None,
    remark: "It ends TCP right after the Close of a failed connection and does not wait for the \
        answer. Its closing handshake waits 2 s for the server's FIN. A page that goes away sends \
        1001.",
    source: "chromium/chromium net/websockets/websocket_channel.cc",
};

/// Firefox.
pub static FIREFOX: Library = Library {
    name: "Firefox",
    platform: "browser",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Firefox/", &["Seamonkey"])],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Close(1009),
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: None,
    pings: None,
    remark: "It accepts masked frames from a server, and takes a Close of one byte for one without \
        a code. It waits 10 s for the answer to its Close.",
    source: "mozilla/gecko-dev netwerk/protocol/websocket/WebSocketChannel.cpp",
};

/// Safari, and everything on Apple's systems that uses their URL loading system.
pub static SAFARI: Library = Library {
    name: "Safari",
    platform: "browser and URLSession",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[
        Mark::UserAgent("Safari/", &["Chrome/", "Chromium/", "Android"]),
        Mark::UserAgent("CFNetwork/", &[]),
    ],
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: Some(CloseCode::ABNORMAL_CLOSURE),
    limit: None,
    pings: None,
    remark: "Versions 15.0 to 15.3 compressed messages although permessage-deflate had not been \
        agreed on.",
    source: "WebKit/WebKit Source/WebCore/Modules/websockets/WebSocketChannel.cpp",
};
