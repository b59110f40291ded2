//! Texts of browsers' consoles.

use super::*;
use crate::knowledge::libraries::{
    CHROMIUM as CHROMIUM_ROW, FIREFOX as FIREFOX_ROW, SAFARI as SAFARI_ROW,
};
use crate::knowledge::library::{
    BAD_REASON, BAD_TEXT, MASKED, NO_FIN, NO_START, ONE_BYTE, OPCODE, RSV,
};

const CHROMIUM: Origin = Origin {
    libraries: &[&CHROMIUM_ROW],
    side: Some(Side::Client),
    place: Place::Console,
    source: "chromium/chromium net/websockets/websocket_channel.cc",
};
const PARSER: Origin =
    CHROMIUM.at(Place::Console, "chromium/chromium net/websockets/websocket_basic_stream.cc");
const CLOSE: Origin =
    CHROMIUM.at(Place::Console, "chromium/chromium net/websockets/websocket_frame_parser.cc");
const HANDSHAKE: Origin = CHROMIUM.at(
    Place::Console,
    "chromium/chromium net/websockets/websocket_basic_handshake_stream.cc, \
     websocket_handshake_stream_base.cc",
);
const DEFLATE: Origin = CHROMIUM.at(
    Place::Console,
    "chromium/chromium net/websockets/websocket_deflate_parameters.cc, \
     websocket_basic_handshake_stream.cc",
);
const BLINK: Origin =
    CHROMIUM.at(Place::Console, "chromium/chromium third_party/blink/renderer/modules/websockets");
const FIREFOX: Origin = Origin {
    libraries: &[&FIREFOX_ROW],
    side: Some(Side::Client),
    place: Place::Console,
    source: "mozilla/gecko-dev dom/locales/en-US/chrome/appstrings.properties",
};
const WEBKIT: Origin = Origin {
    libraries: &[&SAFARI_ROW],
    side: Some(Side::Client),
    place: Place::Console,
    source: "WebKit/WebKit Source/WebCore/Modules/websockets/WebSocketChannel.cpp, \
             WebSocketDeflateFramer.cpp",
};
const URL_SESSION: Origin =
    WEBKIT.at(Place::Exception, "Foundation documentation, URLError and POSIXError");

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    // The parser of headers comes before everything else.
    PARSER.judges("Invalid frame header",
        &["injected-http-bytes", "control-fragmented", "control-too-long", "length-not-minimal", "length-msb-set", "deflate-inflate-failed", "deflate-context-desync", "deflate-tail-not-removed"])
        .sending(1002)
        .noting("Chromium says this of a header that cannot be one: a control frame without FIN or with more than \
            125 bytes, or a length written longer than need be. The letters HT of an HTTP response read as such a \
            control frame, so most often something on the server's side wrote HTTP into the upgraded connection. \
            Data that do not inflate end in the same words."),
    CHROMIUM.judges("A server must not mask any frames that it sends to the client.", MASKED),
    CHROMIUM.judges("One or more reserved bits are on: reserved1 = #, reserved2 = #, reserved3 = #", RSV),
    CHROMIUM.judges("Unrecognized frame opcode: #", OPCODE),
    CHROMIUM.judges("Received unexpected continuation frame.", NO_START),
    CHROMIUM.judges("Received start of new message but previous message is unfinished.", NO_FIN),
    CHROMIUM.judges("Could not decode a text frame as UTF-8.", BAD_TEXT),
    CLOSE.judges("Received a broken close frame with an invalid size of 1 byte.", ONE_BYTE),
    CLOSE.judges("Received a broken close frame containing an invalid size body.", ONE_BYTE),
    CLOSE.judges("Received a broken close frame containing a reserved status code.", &["close-code-forbidden"]),
    CLOSE.judges("Received a broken close frame containing invalid UTF-8.", BAD_REASON),
    CHROMIUM.judges("Data frame received after close", LATE_DATA),
    CHROMIUM.judges("Ping received after close", &["control-after-close"]),
    CHROMIUM.judges("Pong received after close", &["control-after-close"]),
    CHROMIUM.judges("Close received after close", &["close-duplicate"]),
    CHROMIUM.judges("Message size is too large.", &["message-too-big-limit"]),

    HANDSHAKE.judges("Error during WebSocket handshake: Unexpected response code: #", REJECTED),
    HANDSHAKE.judges("Error during WebSocket handshake: Invalid status line", &["handshake-no-response", "injected-http-bytes"])
        .noting("What came in place of a response is no HTTP/1.x at all: another protocol listens on this port."),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Upgrade' header is missing", NO_UPGRADE),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Upgrade' header value is not 'WebSocket': *", NO_UPGRADE),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Sec-WebSocket-Accept' header is missing", NO_ACCEPT),
    HANDSHAKE.judges("Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value", BAD_ACCEPT),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Connection' header is missing", NO_CONNECTION),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Connection' header value must contain 'Upgrade'", NO_CONNECTION),
    HANDSHAKE.judges("Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received", NO_SUBPROTOCOL)
        .noting("A warning by RFC 6455, which lets a server choose none; browsers refuse such a connection."),
    HANDSHAKE.judges("Error during WebSocket handshake: Response must not include 'Sec-WebSocket-Protocol' header if not present in request: *", BAD_SUBPROTOCOL),
    HANDSHAKE.judges("Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value '*' in response does not match any of sent values", BAD_SUBPROTOCOL),
    HANDSHAKE.judges("Error during WebSocket handshake: Found an unsupported extension '*' in 'Sec-WebSocket-Extensions' header", BAD_EXTENSION),
    DEFLATE.judges("Error during WebSocket handshake: Error in permessage-deflate: Received an unexpected permessage-deflate extension parameter", &["deflate-param-unknown"]),
    DEFLATE.judges("Error during WebSocket handshake: Error in permessage-deflate: Received duplicate permessage-deflate extension parameter *", &["deflate-param-unknown"]),
    DEFLATE.judges("Error during WebSocket handshake: Error in permessage-deflate: Received invalid * parameter", &["deflate-param-unknown", "deflate-server-bits-larger"]),
    DEFLATE.judges("Error during WebSocket handshake: Error in permessage-deflate: client_max_window_bits must have value", &["deflate-param-unknown"]),
    HANDSHAKE.judges("Error during WebSocket handshake: net::*", NO_ANSWER),
    HANDSHAKE.judges("Connection closed before receiving a handshake response", NO_ANSWER),
    BLINK.judges("WebSocket opening handshake timed out", NO_ANSWER),
    BLINK.judges("Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID", BAD_CERTIFICATE)
        .noting("On the wire Chromium says certificate_unknown, whatever is wrong with the certificate; in TLS 1.3 that alert is encrypted."),
    BLINK.judges("Error in connection establishment: net::*", &["no-answer-to-request"])
        .noting("TCP or TLS did not come about, so that no request was sent: look for RST in answer to SYN, or for a TLS alert."),
    BLINK.ends("WebSocket is closed before the connection is established.", &["no-answer-to-request"])
        .noting("The page itself called close(), or was left, before the answer had come: look how long the server took."),

    BLINK.catches("WebSocket is already in CLOSING or CLOSED state.", LATE_DATA)
        .noting("The page called send() after the connection had begun to end; nothing of it was sent."),
    BLINK.catches("Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.", NO_ANSWER)
        .noting("The page called send() before the open event; nothing of it was sent."),
    BLINK.catches("The close code must be either 1000, or between 3000 and 4999. # is neither.", &["close-code-out-of-range"])
        .noting("The page called close() with a code that the API of browsers does not let it send; nothing of it was sent."),

    FIREFOX.judges("Firefox can’t establish a connection to the server at *.", &["handshake-rejected", "handshake-no-response", "no-answer-to-request", "handshake-accept-mismatch"])
        .noting("Firefox says this of every opening handshake that fails, and not why: the HTTP status in the capture does."),
    FIREFOX.loses("The connection to * was interrupted while the page was loading.")
        .noting("Firefox says this whenever an open connection ends and it did not close it in order: because the page was left, because TCP ended, or because it refused a frame; its Close in the capture tells."),

    WEBKIT.judges("Compressed bit must be 0 if no negotiated deflate-frame extension", &["rsv1-without-deflate", "injected-http-bytes", "rsv-bits-set"]),
    WEBKIT.judges("WebSocket connection to '*' failed: There was a bad response from the server.", REJECTED),
    URL_SESSION.judges("There was a bad response from the server.", REJECTED),
    URL_SESSION.judges("The operation couldn’t be completed. Protocol error", &["injected-http-bytes", "rsv-bits-set", "server-frame-masked", "reserved-opcode"])
        .noting("Apple's systems say this of every violation and not which: the capture does."),
    URL_SESSION.judges("kNWErrorDomainPOSIX error 100 - Protocol error", &["injected-http-bytes", "rsv-bits-set", "server-frame-masked", "reserved-opcode"])
        .noting("Apple's systems say this of every violation and not which: the capture does."),
    URL_SESSION.loses("The operation couldn’t be completed. Socket is not connected")
        .noting("Also what a call on a connection gets that had ended before."),
    URL_SESSION.loses("The network connection was lost."),
];
