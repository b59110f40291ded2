//! Texts of libraries for Node.js.

use super::*;
use crate::knowledge::libraries::{
    DRIVER as DRIVER_ROW, PHOENIX as PHOENIX_ROW, SIGNALR as SIGNALR_ROW,
    SOCKET_IO as SOCKET_IO_ROW, UNDICI as UNDICI_ROW, WS as WS_ROW,
};
use crate::knowledge::library::{BAD_CODE, MASKED, UNMASKED};

const WS: Origin = Origin {
    libraries: &[&WS_ROW],
    side: None,
    place: Place::Exception,
    source: "websockets/ws lib/receiver.js",
};
const CLIENT: Origin = WS.at(Place::Exception, "websockets/ws lib/websocket.js").on(Side::Client);
const SERVER: Origin =
    WS.at(Place::Response, "websockets/ws lib/websocket-server.js").on(Side::Server);
const ZLIB: Origin = WS.at(Place::Exception, "madler/zlib inflate.c");
const EXTENSION: Origin = WS.at(Place::Exception, "websockets/ws lib/permessage-deflate.js");
const NODE: Origin = Origin {
    libraries: &[&WS_ROW, &UNDICI_ROW],
    side: None,
    place: Place::Exception,
    source: "nodejs/node lib/net.js, lib/_http_client.js",
};
const TLS_CLIENT: Origin = Origin {
    libraries: &[&WS_ROW],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "nodejs/node lib/_tls_wrap.js, and OpenSSL",
};
const TLS_SERVER: Origin = Origin {
    libraries: &[&WS_ROW],
    side: Some(Side::Server),
    place: Place::Exception,
    source: "nodejs/node lib/_tls_wrap.js (tlsClientError), and OpenSSL",
};
const UNDICI: Origin = Origin {
    libraries: &[&UNDICI_ROW],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "nodejs/undici lib/web/websocket/connection.js",
};
const DRIVER: Origin = Origin {
    libraries: &[&DRIVER_ROW],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "faye/websocket-driver-node lib/websocket/driver/client.js",
};
const CLIENT_OR_SERVER: Origin = WS.at(Place::Exception, "websockets/ws lib/websocket.js");
const SOCKET_IO: Origin = Origin {
    libraries: &[&SOCKET_IO_ROW],
    side: None,
    place: Place::Log,
    source: "socketio/socket.io packages/socket.io-client/lib/socket.ts, engine.io/lib/socket.ts",
};
const SIGNALR: Origin = Origin {
    libraries: &[&SIGNALR_ROW],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "dotnet/aspnetcore src/SignalR/clients",
};
const PHOENIX: Origin = Origin {
    libraries: &[&PHOENIX_ROW],
    side: Some(Side::Client),
    place: Place::Console,
    source: "phoenixframework/phoenix assets/js/phoenix/socket.js",
};

/// An opcode out of place is as invalid to ws as a reserved one.
const OPCODES: Ids = &[
    "reserved-opcode",
    "continuation-without-start",
    "new-message-before-fin",
    "injected-http-bytes",
];
/// The same check for a Ping of more than 125 bytes and a Close of one.
const LENGTHS: Ids = &["control-too-long", "close-body-one-byte"];
const UTF8: Ids =
    &["invalid-utf8-text", "utf8-truncated-at-end", "binary-in-text", "close-reason-not-utf8"];
const FRAGMENTS: Ids = &["too-many-fragments", "empty-fragments-flood"];

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    WS.judges("Invalid WebSocket frame: RSV2 and RSV3 must be clear", RSV23),
    WS.judges("WS_ERR_UNEXPECTED_RSV_2_3", RSV23),
    WS.judges("Invalid WebSocket frame: RSV1 must be clear", RSV1)
        .noting("Either the sender compresses although permessage-deflate was not agreed on, or these bytes are no \
            frame: an HTTP response that something writes into the upgraded connection begins with the letter H, \
            0x48, which has this bit."),
    WS.judges("WS_ERR_UNEXPECTED_RSV_1", RSV1),
    WS.judges("Invalid WebSocket frame: invalid opcode #", OPCODES)
        .noting("Opcode 0 is a continuation without a message to continue; 1 and 2 begin a message while another is \
            unfinished; 3 to 7 and 11 to 15 are reserved."),
    WS.judges("WS_ERR_INVALID_OPCODE", OPCODES),
    WS.judges("Invalid WebSocket frame: FIN must be set", &["control-fragmented", "injected-http-bytes"])
        .noting("Where permessage-deflate was agreed on, this is what the letter H of an HTTP response reads like: a \
            control frame without FIN."),
    WS.judges("WS_ERR_EXPECTED_FIN", &["control-fragmented", "injected-http-bytes"]),
    WS.judges("Invalid WebSocket frame: invalid payload length #", LENGTHS),
    WS.judges("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", LENGTHS),
    WS.on(Side::Server).judges("Invalid WebSocket frame: MASK must be set", UNMASKED),
    WS.on(Side::Server).judges("WS_ERR_EXPECTED_MASK", UNMASKED),
    WS.on(Side::Client).judges("Invalid WebSocket frame: MASK must be clear", MASKED),
    WS.on(Side::Client).judges("WS_ERR_UNEXPECTED_MASK", MASKED),
    WS.judges("Invalid WebSocket frame: invalid status code #", BAD_CODE),
    WS.judges("WS_ERR_INVALID_CLOSE_CODE", BAD_CODE),
    WS.judges("Invalid WebSocket frame: invalid UTF-8 sequence", UTF8).sending(1007),
    WS.judges("WS_ERR_INVALID_UTF8", UTF8).sending(1007),
    WS.judges("Max payload size exceeded", INFLATED_TOO_BIG),
    WS.judges("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", INFLATED_TOO_BIG),
    WS.judges("Unsupported WebSocket frame: payload length > 2^53 - 1", &["length-msb-set", "length-implausible", "message-too-big-limit"]).sending(1009),
    WS.judges("WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", &["length-msb-set", "length-implausible", "message-too-big-limit"]).sending(1009),
    WS.judges("Too many message fragments", FRAGMENTS).sending(1008),
    WS.judges("Too many buffered chunks", FRAGMENTS).sending(1008),
    WS.judges("WS_ERR_TOO_MANY_BUFFERED_PARTS", FRAGMENTS).sending(1008),

    // The words of zlib.
    ZLIB.judges("invalid distance too far back", &["deflate-context-desync", "deflate-takeover-ignored", "deflate-window-exceeded", "deflate-inflate-failed"])
        .sending(1007)
        .noting("Compressed data refer to something that this side does not have: a message before was lost or changed, \
            or the sender keeps its window although it had agreed not to."),
    ZLIB.judges("invalid stored block lengths", INFLATE).sending(1007),
    ZLIB.judges("invalid block type", INFLATE).sending(1007),
    ZLIB.judges("invalid code lengths set", INFLATE).sending(1007),
    ZLIB.judges("Z_DATA_ERROR", INFLATE).sending(1007),
    CLIENT.judges("Invalid Sec-WebSocket-Extensions header",
        &["handshake-extensions-syntax", "handshake-extension-not-offered", "deflate-param-unknown", "deflate-client-bits-unoffered", "deflate-server-bits-larger", "deflate-takeover-unconfirmed"]),
    EXTENSION.judges("Unexpected or invalid parameter \"client_max_window_bits\"", &["deflate-client-bits-unoffered", "deflate-param-unknown"]),
    EXTENSION.judges("Unexpected parameter \"client_no_context_takeover\"", &["deflate-param-unknown"]),
    EXTENSION.judges("Invalid value for parameter \"*\": *", &["deflate-param-unknown", "deflate-server-bits-larger"]),
    EXTENSION.judges("Unknown parameter \"*\"", &["deflate-param-unknown"]),

    CLIENT.judges("Unexpected server response: #", REJECTED),
    CLIENT.judges("Invalid Upgrade header", &["handshake-response-upgrade-missing"]),
    CLIENT.judges("Invalid Sec-WebSocket-Accept header", &["handshake-accept-mismatch", "handshake-accept-missing"]),
    CLIENT.judges("Server sent no subprotocol", NO_SUBPROTOCOL),
    CLIENT.judges("Server sent a subprotocol but none was requested", BAD_SUBPROTOCOL),
    CLIENT.judges("Server sent an invalid subprotocol", BAD_SUBPROTOCOL),
    CLIENT.judges("Server sent a Sec-WebSocket-Extensions header but no extension was requested", BAD_EXTENSION),
    CLIENT.judges("Server indicated an extension that was not requested", BAD_EXTENSION),
    CLIENT.judges("Opening handshake has timed out", NO_ANSWER),
    CLIENT.ends("WebSocket was closed before the connection was established", &["no-answer-to-request"])
        .noting("The client itself called close() or terminate() before the answer had come: look how long the server took."),
    SERVER.judges("Invalid HTTP method", METHOD),
    SERVER.judges("Invalid Upgrade header", &["handshake-upgrade-missing"]),
    SERVER.judges("Missing or invalid Sec-WebSocket-Key header", KEY),
    SERVER.judges("Missing or invalid Sec-WebSocket-Version header", VERSION),
    SERVER.judges("Invalid Sec-WebSocket-Protocol header", &["handshake-subprotocol-syntax"]),
    SERVER.judges("Invalid or unacceptable Sec-WebSocket-Extensions header", &["handshake-extensions-syntax"]),

    NODE.is_reset("read ECONNRESET"),
    NODE.on(Side::Client).judges("socket hang up", &["handshake-no-response", "no-answer-to-request", "plain-http-to-tls-port", "tls-certificate-rejected"])
        .noting("The other side ended TCP before it had answered: also what ws:// to a port of TLS comes to, and in TLS 1.3 a client without the certificate that the server requires."),
    TLS_CLIENT.judges("Client network socket disconnected before secure TLS connection was established", &["tls-handshake-failed", "tls-to-plain-port"])
        .noting("The server ended TCP in the middle of the TLS handshake and sent no alert. Servers on Python's asyncio never send one, and a server without TLS may hang up on it."),
    TLS_CLIENT.judges("unable to verify the first certificate", BAD_CERTIFICATE)
        .noting("The client ends TCP without an alert then, so that the server knows nothing of the reason: its log says socket hang up or ECONNRESET."),
    TLS_CLIENT.judges("UNABLE_TO_VERIFY_LEAF_SIGNATURE", BAD_CERTIFICATE),
    TLS_CLIENT.judges("tlsv13 alert certificate required", BAD_CERTIFICATE)
        .noting("The server wants a certificate of the client. In TLS 1.3 the opening request had gone out already."),
    TLS_CLIENT.judges("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", BAD_CERTIFICATE),
    TLS_CLIENT.judges("sslv3 alert handshake failure", &["tls-handshake-failed", "tls-certificate-rejected"]),
    TLS_SERVER.judges("ERR_SSL_HTTP_REQUEST", &["plain-http-to-tls-port"])
        .noting("Node.js ends TCP then without a word to the client."),
    TLS_SERVER.judges("ERR_SSL_UNSUPPORTED_PROTOCOL", NO_TLS),
    TLS_SERVER.judges("ERR_SSL_NO_SHARED_CIPHER", NO_TLS),
    TLS_SERVER.judges("ERR_SSL_NO_APPLICATION_PROTOCOL", NO_TLS),
    TLS_SERVER.judges("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", BAD_CERTIFICATE)
        .noting("The client did not know the authority that signed the server's certificate, and said so by an alert."),
    NODE.on(Side::Client).judges("connect ECONNREFUSED *", &["no-answer-to-request"])
        .noting("The port is closed: the SYN was answered with a RST, and no request was sent."),

    UNDICI.judges("Received network error or non-101 status code.", &["handshake-rejected", "handshake-200-instead-of-101", "handshake-no-response"]),
    UNDICI.judges("Server did not respond with sent protocols.", NO_SUBPROTOCOL),
    UNDICI.judges("Server did not set Upgrade header to \"websocket\".", NO_UPGRADE),
    UNDICI.judges("Server did not set Connection header to \"upgrade\".", NO_CONNECTION),
    UNDICI.judges("Incorrect hash received in Sec-WebSocket-Accept header.", &["handshake-accept-mismatch", "handshake-accept-missing"]),
    UNDICI.judges("Sec-WebSocket-Extensions header does not match.", BAD_EXTENSION),
    UNDICI.judges("Protocol was not set in the opening handshake.", BAD_SUBPROTOCOL),

    DRIVER.judges("Error during WebSocket handshake: Sec-WebSocket-Accept mismatch", BAD_ACCEPT),
    DRIVER.judges("Error during WebSocket handshake: Sec-WebSocket-Protocol mismatch", BAD_SUBPROTOCOL),

    CLIENT_OR_SERVER.catches("WebSocket is not open: readyState # (*)", LATE_DATA)
        .noting("The program called send() when the connection was not open; nothing of it was sent."),
    SOCKET_IO.judges("ping timeout", NO_PONG)
        .noting("Its own ping message, no Ping frame, did not come in time."),
    SOCKET_IO.loses("transport close"),
    SOCKET_IO.hears(None, "io server disconnect", &["application-close"])
        .noting("The server's program called disconnect(); the client does not reconnect by itself."),
    SIGNALR.ends("Server timeout elapsed without receiving a message from the server.", &["keepalive-timeout"])
        .noting("SignalR's client waits for the server's ping messages, no Ping frames, for 30 s by default."),
    SIGNALR.ends("Server timeout (*ms) elapsed without receiving a message from the server.", &["keepalive-timeout"])
        .noting("SignalR's client waits for the server's ping messages, no Ping frames, for 30 s by default."),

    PHOENIX.judges("heartbeat timeout. Attempting to re-establish connection", NO_PONG).sending(1000),
];
