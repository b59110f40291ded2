//! Texts of libraries for Go, Rust, C++ and Erlang.

use super::*;
use crate::knowledge::libraries;
use crate::knowledge::library::{
    BAD_CODE, BAD_REASON, BAD_TEXT, FRAGMENTED, LENGTH, MASK, MASKED, NO_FIN, NO_START, ONE_BYTE,
    OPCODE, RSV, TOO_BIG, TOO_LONG, UNMASKED,
};

const GORILLA: Origin = Origin {
    libraries: &[&libraries::GORILLA],
    side: None,
    place: Place::Exception,
    source: "gorilla/websocket conn.go",
};
const GORILLA_CLIENT: Origin =
    GORILLA.at(Place::Exception, "gorilla/websocket client.go").on(Side::Client);
const GORILLA_SERVER: Origin =
    GORILLA.at(Place::Exception, "gorilla/websocket server.go").on(Side::Server);
const GO: Origin = Origin {
    libraries: &[&libraries::GORILLA, &libraries::CODER],
    side: None,
    place: Place::Exception,
    source: "golang/go src/net, src/syscall",
};
const CODER: Origin = Origin {
    libraries: &[&libraries::CODER],
    side: None,
    place: Place::Exception,
    source: "coder/websocket read.go, frame.go",
};
const CODER_CLIENT: Origin = CODER.at(Place::Exception, "coder/websocket dial.go").on(Side::Client);
const GOBWAS: Origin = Origin {
    libraries: &[&libraries::GOBWAS],
    side: None,
    place: Place::Exception,
    source: "gobwas/ws check.go",
};
const TUNGSTENITE: Origin = Origin {
    libraries: &[&libraries::TUNGSTENITE],
    side: None,
    place: Place::Exception,
    source: "snapview/tungstenite-rs src/error.rs",
};
const RUST: Origin = Origin {
    libraries: &[&libraries::TUNGSTENITE, &libraries::FASTWEBSOCKETS],
    side: None,
    place: Place::Exception,
    source: "rust-lang/rust library/std/src/io/error.rs",
};
const FAST: Origin = Origin {
    libraries: &[&libraries::FASTWEBSOCKETS],
    side: None,
    place: Place::Exception,
    source: "denoland/fastwebsockets src/error.rs",
};
/// Given to the handler of the close event, with 1006, and never sent.
const UWS: Origin = Origin {
    libraries: &[&libraries::UWS],
    side: Some(Side::Server),
    place: Place::Exception,
    source: "uNetworking/uWebSockets src/WebSocketProtocol.h",
};
const BEAST: Origin = Origin {
    libraries: &[&libraries::BEAST],
    side: None,
    place: Place::Exception,
    source: "boostorg/beast include/boost/beast/websocket/impl/error.ipp",
};
const BANDIT: Origin = Origin {
    libraries: &[&libraries::BANDIT],
    side: Some(Side::Server),
    place: Place::Log,
    source: "mtrudel/bandit lib/bandit/websocket/connection.ex",
};

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    // What it says of frames stands among the reasons of Close frames; in a log "websocket: " is
    // before it.
    GORILLA.loses("websocket: close 1006 (abnormal closure): unexpected EOF")
        .noting("TCP ended and no Close had come. The code 1006 was made up by the side that prints this and never travelled."),
    GORILLA.hears(Some(CloseCode::NO_STATUS_RECEIVED), "websocket: close 1005 (no status)", EMPTY)
        .noting("The peer called close() without a code. This is no error."),
    GORILLA.hears(None, "websocket: close # (*)*", ANY_CLOSE),
    GORILLA.judges("websocket: read limit exceeded", TOO_BIG),
    GORILLA.catches("concurrent write to websocket connection", &["interleaved-writers"])
        .noting("A panic of the program that prints it: two goroutines wrote at once. What reached the wire before may be frames in frames."),
    GORILLA.catches("websocket: close sent", LATE_DATA)
        .noting("The program wrote after it had sent its own Close; the library kept that off the wire."),
    GORILLA.catches("repeated read on failed websocket connection", &["tcp-closed-without-close"])
        .noting("A panic of the program that prints it, which goes on reading after an error: the error that came first is the one to look for."),
    // Releases before 1.5.
    GORILLA.judges("websocket: unexpected reserved bits 0x#", RSV).sending(1002),
    GORILLA.judges("websocket: unknown opcode #", OPCODE).sending(1002),
    GORILLA.judges("websocket: control frame length > 125", TOO_LONG).sending(1002),
    GORILLA.judges("websocket: control frame not final", FRAGMENTED).sending(1002),
    GORILLA.judges("websocket: message start before final message frame", NO_FIN).sending(1002),
    GORILLA.judges("websocket: continuation after final message frame", NO_START).sending(1002),
    GORILLA.judges("websocket: incorrect mask flag", MASK).sending(1002),
    GORILLA_CLIENT.judges("websocket: bad handshake", &["handshake-rejected", "handshake-200-instead-of-101", "handshake-accept-mismatch", "handshake-response-upgrade-missing", "handshake-response-connection-missing"])
        .noting("It says this of every response that it does not accept: the HTTP status in the capture says more."),
    GORILLA_SERVER.judges("websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header", &["handshake-connection-missing", "handshake-http-version"])
        .noting("Mostly a reverse proxy dropped the field on its way, or speaks HTTP/1.0 to this server."),
    GORILLA_SERVER.judges("websocket: the client is not using the websocket protocol: 'websocket' token not found in 'Upgrade' header", &["handshake-upgrade-missing", "handshake-http-version"]),
    GORILLA_SERVER.judges("websocket: the client is not using the websocket protocol: request method is not GET", METHOD),
    GORILLA_SERVER.judges("websocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header", VERSION),
    GORILLA_SERVER.judges("websocket: not a websocket handshake: 'Sec-WebSocket-Key' header must be Base64 encoded value of 16-byte in length", KEY),
    GORILLA_SERVER.judges("websocket: request origin not allowed by Upgrader.CheckOrigin", &["handshake-rejected"])
        .noting("The server answered 403 because the Origin of the request is not its own: set CheckOrigin."),
    GORILLA_SERVER.judges("websocket: client sent data before handshake is complete", &["handshake-early-client-data"]),
    GO.judges("flate: corrupt input before offset #", INFLATE),
    GO.is_reset("read: connection reset by peer"),
    GO.is_reset("write tcp *: write: broken pipe")
        .noting("The other side had ended TCP, and this side wrote on."),
    GO.ends("use of closed network connection", &["tcp-closed-without-close"])
        .noting("Another goroutine of the program that prints this had closed the connection."),
    GO.ends("read tcp *: i/o timeout", &["ping-unanswered", "keepalive-timeout", "tcp-closed-without-close"])
        .noting("A deadline that the program itself had set ran out, mostly one that each Pong prolongs."),

    CODER.loses("failed to read frame header: EOF"),
    CODER.on(Side::Server).judges("received unmasked frame from client", UNMASKED),
    CODER.hears(None, "received close frame: status = * and reason = *", ANY_CLOSE),
    CODER_CLIENT.judges("failed to WebSocket dial: expected handshake response status code 101 but got #", REJECTED),

    GOBWAS.judges("use of reserved op code", OPCODE),
    GOBWAS.judges("control frame payload limit exceeded", TOO_LONG),
    GOBWAS.judges("control frame is not final", FRAGMENTED),
    GOBWAS.judges("non-zero rsv bits with no extension negotiated", RSV),
    GOBWAS.on(Side::Server).judges("frames from client to server must be masked", UNMASKED),
    GOBWAS.on(Side::Client).judges("frames from server to client must be not masked", MASKED),
    GOBWAS.judges("unexpected non-continuation data frame", NO_FIN),
    GOBWAS.judges("unexpected continuation data frame", NO_START),
    GOBWAS.judges("status code is not in use", BAD_CODE),
    GOBWAS.judges("status code is only application level", BAD_CODE),
    GOBWAS.judges("invalid utf8 sequence in close reason", BAD_REASON),

    TUNGSTENITE.judges("WebSocket protocol error: Reserved bits are non-zero", RSV),
    TUNGSTENITE.judges("WebSocket protocol error: Encountered invalid opcode: #", OPCODE),
    TUNGSTENITE.judges("WebSocket protocol error: Unknown control frame type: #", OPCODE),
    TUNGSTENITE.judges("WebSocket protocol error: Unknown data frame type: #", OPCODE),
    TUNGSTENITE.on(Side::Server).judges("WebSocket protocol error: Received an unmasked frame from client", UNMASKED),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: Received a masked frame from server", MASKED),
    TUNGSTENITE.judges("WebSocket protocol error: Fragmented control frame", FRAGMENTED),
    TUNGSTENITE.judges("WebSocket protocol error: Control frame too big (payload must be 125 bytes or less)", TOO_LONG),
    TUNGSTENITE.judges("WebSocket protocol error: Continue frame but nothing to continue", NO_START),
    TUNGSTENITE.judges("WebSocket protocol error: While waiting for more fragments received: *", NO_FIN),
    TUNGSTENITE.judges("WebSocket protocol error: Invalid close sequence", ONE_BYTE),
    TUNGSTENITE.judges("WebSocket protocol error: Remote sent after having closed", LATE_DATA),
    TUNGSTENITE.catches("WebSocket protocol error: Sending after closing is not allowed", LATE_DATA)
        .noting("The program that prints this wrote after its own Close; the library kept that off the wire."),
    TUNGSTENITE.loses("WebSocket protocol error: Connection reset without closing handshake"),
    TUNGSTENITE.loses("Protocol(ResetWithoutClosingHandshake)"),
    TUNGSTENITE.judges("UTF-8 encoding error: *", BAD_TEXT),
    TUNGSTENITE.judges("Space limit exceeded: Message too long: # > #", TOO_BIG),
    TUNGSTENITE.on(Side::Client).judges("HTTP error: # *", REJECTED),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: Key mismatch in \"Sec-WebSocket-Accept\" header", BAD_ACCEPT),
    TUNGSTENITE.judges("WebSocket protocol error: No \"Connection: upgrade\" header", &["handshake-response-connection-missing", "handshake-connection-missing", "handshake-http-version"]),
    TUNGSTENITE.judges("WebSocket protocol error: No \"Upgrade: websocket\" header", &["handshake-response-upgrade-missing", "handshake-upgrade-missing"]),
    TUNGSTENITE.on(Side::Server).judges("WebSocket protocol error: No \"Sec-WebSocket-Version: 13\" header", VERSION),
    TUNGSTENITE.on(Side::Server).judges("WebSocket protocol error: No \"Sec-WebSocket-Key\" header", KEY),
    TUNGSTENITE.on(Side::Server).judges("WebSocket protocol error: HTTP version must be 1.1 or higher", &["handshake-http-version"]),
    TUNGSTENITE.on(Side::Server).judges("WebSocket protocol error: Junk after client request", &["handshake-early-client-data", "handshake-expect-or-body"]),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: SubProtocol error: Server sent no subprotocol", NO_SUBPROTOCOL),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: SubProtocol error: Server sent a subprotocol but none was requested", BAD_SUBPROTOCOL),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: SubProtocol error: Server sent an invalid subprotocol", BAD_SUBPROTOCOL),
    TUNGSTENITE.on(Side::Client).judges("WebSocket protocol error: Handshake not finished", NO_ANSWER),
    RUST.is_reset("Connection reset by peer (os error 104)"),

    FAST.judges("Reserved bits are not zero", RSV),
    FAST.judges("Control frame must not be fragmented", FRAGMENTED),
    FAST.judges("Ping frame too large", TOO_LONG),
    FAST.judges("Invalid continuation frame", NO_START),
    FAST.judges("Invalid fragment", NO_FIN),
    FAST.judges("Invalid close frame", ONE_BYTE),
    FAST.judges("Invalid close code", BAD_CODE),
    FAST.judges("Frame too large", TOO_BIG),
    FAST.loses("Unexpected EOF"),

    UWS.judges("Received invalid WebSocket frame", &["rsv-bits-set", "reserved-opcode", "client-frame-unmasked", "control-fragmented", "control-too-long", "continuation-without-start", "new-message-before-fin", "injected-http-bytes"])
        .noting("It says this of every violation and not which, and the client sees no Close: the capture shows which."),
    UWS.judges("Received invalid UTF-8", BAD_TEXT),
    UWS.judges("Received too big message", TOO_BIG),
    UWS.judges("Received too big message, or other inflation error", &["message-too-big-limit", "deflate-bomb", "deflate-inflate-failed", "deflate-context-desync"]),
    UWS.judges("Received invalid close payload", BAD_CODE),
    UWS.ends("WebSocket timed out from inactivity", &["tcp-closed-without-close"])
        .noting("Its own idle timer, 120 s by default: have the client send something more often, or raise idleTimeout."),
    UWS.loses("Received TCP FIN before WebSocket close frame"),

    BEAST.judges("The WebSocket frame contained an illegal opcode", OPCODE),
    BEAST.judges("The WebSocket data frame was unexpected", NO_FIN),
    BEAST.judges("The WebSocket continuation frame was unexpected", NO_START),
    BEAST.judges("The WebSocket frame contained illegal reserved bits", RSV),
    BEAST.judges("The WebSocket control frame was fragmented", FRAGMENTED),
    BEAST.judges("The WebSocket control frame size was invalid", TOO_LONG),
    BEAST.on(Side::Server).judges("The WebSocket frame was unmasked", UNMASKED),
    BEAST.on(Side::Client).judges("The WebSocket frame was masked", MASKED),
    BEAST.judges("The WebSocket frame size was not canonical", LENGTH),
    BEAST.judges("The WebSocket frame payload was not valid utf8", BAD_TEXT),
    BEAST.judges("The WebSocket close frame reason code was invalid", BAD_CODE),
    BEAST.judges("The WebSocket close frame payload size was invalid", ONE_BYTE),
    BEAST.judges("The WebSocket close frame payload was not valid utf8", BAD_REASON),
    BEAST.judges("The WebSocket message exceeded the locally configured limit", TOO_BIG),
    BEAST.on(Side::Client).judges("The WebSocket handshake was declined by the remote peer", REJECTED),
    BEAST.on(Side::Client).judges("The WebSocket handshake Sec-WebSocket-Accept field is missing", NO_ACCEPT),
    BEAST.on(Side::Client).judges("The WebSocket handshake Sec-WebSocket-Accept field is invalid", BAD_ACCEPT),
    BEAST.on(Side::Server).judges("The WebSocket handshake Sec-WebSocket-Key field is missing", KEY),
    BEAST.on(Side::Server).judges("The WebSocket handshake Sec-WebSocket-Version field is missing", VERSION),
    BEAST.on(Side::Server).judges("The WebSocket handshake Sec-WebSocket-Version field is invalid", VERSION),

    BANDIT.judges("Received unexpected continuation frame (RFC6455§5.4)", NO_START),
    BANDIT.judges("Received unexpected text frame (RFC6455§5.4)", NO_FIN),
    BANDIT.judges("Received unexpected binary frame (RFC6455§5.4)", NO_FIN),
    BANDIT.judges("Received non UTF-8 text frame (RFC6455§8.1)", BAD_TEXT),
    BANDIT.judges("Received oversize fragmented message", TOO_BIG),
    BANDIT.judges("Received zero byte non-fin continuation frame", &["empty-fragments-flood"]).sending(1008),
    BANDIT.judges("Received unexpected compressed frame (RFC6455§5.2)", RSV1),
    BANDIT.judges("Inflation error", INFLATE).sending(1007),
];
