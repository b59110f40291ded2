//! Texts of libraries for Python.

use super::*;
use crate::knowledge::libraries;
use crate::knowledge::library::{
    BAD_CODE, BAD_REASON, BAD_TEXT, FRAGMENTED, LENGTH, MASKED, NO_FIN, NO_START, OPCODE, RSV,
    TOO_BIG, TOO_LONG, UNMASKED,
};

const PYTHON: Origin = Origin {
    libraries: &[&libraries::PYTHON],
    side: None,
    place: Place::Exception,
    source: "python-websockets/websockets src/websockets/exceptions.py",
};
const PYTHON_CLIENT: Origin = PYTHON
    .at(
        Place::Exception,
        "python-websockets/websockets src/websockets/client.py, asyncio/client.py",
    )
    .on(Side::Client);
const PYTHON_SERVER: Origin = PYTHON
    .at(Place::Log, "python-websockets/websockets src/websockets/asyncio/server.py, server.py")
    .on(Side::Server);
const AIOHTTP: Origin = Origin {
    libraries: &[&libraries::AIOHTTP],
    side: None,
    place: Place::Exception,
    source: "aio-libs/aiohttp aiohttp/_websocket/reader_py.py",
};
const AIOHTTP_CLIENT: Origin =
    AIOHTTP.at(Place::Exception, "aio-libs/aiohttp aiohttp/client.py").on(Side::Client);
const AIOHTTP_SERVER: Origin =
    AIOHTTP.at(Place::Response, "aio-libs/aiohttp aiohttp/web_ws.py").on(Side::Server);
const CLIENT: Origin = Origin {
    libraries: &[&libraries::WEBSOCKET_CLIENT],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "websocket-client/websocket-client websocket/_abnf.py, _socket.py, _handshake.py, _app.py",
};
const TORNADO: Origin = Origin {
    libraries: &[&libraries::TORNADO],
    side: Some(Side::Server),
    place: Place::Response,
    source: "tornadoweb/tornado tornado/websocket.py",
};
const AUTOBAHN: Origin = Origin {
    libraries: &[&libraries::AUTOBAHN],
    side: None,
    place: Place::Log,
    source: "crossbario/autobahn-python autobahn/websocket/protocol.py",
};
const WSPROTO: Origin = Origin {
    libraries: &[&libraries::WSPROTO],
    side: None,
    place: Place::Reason,
    source: "python-hyper/wsproto src/wsproto/frame_protocol.py",
};
const UVICORN: Origin = Origin {
    libraries: &[&libraries::UVICORN],
    side: Some(Side::Server),
    place: Place::Log,
    source: "encode/uvicorn uvicorn/protocols/http/h11_impl.py, httptools_impl.py",
};
/// The exceptions of sockets have these words; those of python websockets hide them behind their own.
const SOCKET: Origin = Origin {
    libraries: &[&libraries::AIOHTTP, &libraries::WEBSOCKET_CLIENT],
    side: None,
    place: Place::Exception,
    source: "Python documentation, built-in exceptions",
};

/// What the module ssl raises under a client.
const SSL: Origin = Origin {
    libraries: &[&libraries::PYTHON, &libraries::AIOHTTP, &libraries::WEBSOCKET_CLIENT],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "Python documentation, ssl, and OpenSSL",
};

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    PYTHON.loses("no close frame received or sent")
        .noting("TCP ended and neither side had sent a Close. Who ended it is for the capture to say: look for the first FIN or RST, and for how long the line was silent before."),
    PYTHON.closes("sent 1011 (internal error) keepalive ping timeout; no close frame received", &["keepalive-timeout", "ping-unanswered"])
        .sending(1011)
        .noting("The side that prints this waited for a Pong in vain. Where the capture shows that its Ping was acknowledged by TCP, the other side's program was busy; where not, the path was dead."),
    PYTHON.closes("sent 1002 (protocol error) *; no close frame received", &["rsv-bits-set", "reserved-opcode", "client-frame-unmasked", "server-frame-masked", "injected-http-bytes"])
        .sending(1002)
        .noting("The words in the middle say which rule the peer broke."),
    PYTHON.closes("sent 1007 (invalid frame payload data) *; no close frame received", BAD_TEXT).sending(1007),
    PYTHON.closes("sent 1009 (message too big) *; no close frame received", TOO_BIG).sending(1009),
    PYTHON.closes("sent # (*)*; no close frame received", &["close-not-answered"]),
    PYTHON.hears(Some(CloseCode::NO_STATUS_RECEIVED), "received 1005 (no status received [internal]); then sent 1005 (no status received [internal])", EMPTY)
        .noting("The peer called close() without a code. This is no error."),
    PYTHON.hears(None, "received # (*)*; then sent # (*)*", ANY_CLOSE),
    PYTHON.hears(None, "received # (*)*; no close frame sent", ANY_CLOSE),
    PYTHON.closes("sent # (*)*; then received # (*)*", ANY_CLOSE),
    PYTHON_CLIENT.judges("server rejected WebSocket connection: HTTP #", REJECTED),
    PYTHON_CLIENT.judges("did not receive a valid HTTP response", NO_ANSWER),
    PYTHON_CLIENT.judges("timed out during opening handshake", NO_ANSWER),
    PYTHON_CLIENT.judges("invalid Sec-WebSocket-Accept header: *", BAD_ACCEPT),
    PYTHON_CLIENT.judges("missing Sec-WebSocket-Accept header", NO_ACCEPT),
    PYTHON_CLIENT.judges("unsupported subprotocol: *", BAD_SUBPROTOCOL),
    PYTHON_CLIENT.judges("Unsupported extension: name = *, params = *", &["handshake-extension-not-offered", "deflate-param-unknown", "deflate-client-bits-unoffered", "deflate-server-bits-larger", "deflate-takeover-unconfirmed"]),
    PYTHON_CLIENT.judges("unexpected client_max_window_bits", &["deflate-client-bits-unoffered"]),
    PYTHON_CLIENT.judges("unsupported server_max_window_bits", &["deflate-server-bits-larger"]),
    PYTHON_CLIENT.judges("expected server_no_context_takeover", &["deflate-takeover-unconfirmed"]),
    PYTHON_SERVER.judges("connection handler failed", &["internal-error"])
        .sending(1011)
        .noting("An exception left the handler of the connection: its traceback follows this line."),
    PYTHON_SERVER.judges("opening handshake failed", &["handshake-upgrade-missing", "handshake-connection-missing", "handshake-http-version", "handshake-key-missing", "handshake-version-unsupported"])
        .noting("The exception that follows this line says why; a health check or a scanner that sends no opening request ends in it as well."),
    PYTHON_SERVER.judges("missing Connection header", &["handshake-connection-missing", "handshake-http-version"]),
    PYTHON_SERVER.judges("missing Upgrade header", &["handshake-upgrade-missing"]),
    PYTHON_SERVER.judges("missing Sec-WebSocket-Key header", KEY),

    AIOHTTP.judges("Received frame with non-zero reserved bits", RSV),
    AIOHTTP.judges("Unexpected opcode=#", OPCODE),
    AIOHTTP.judges("Received fragmented control frame", FRAGMENTED),
    AIOHTTP.judges("Control frame payload cannot be larger than 125 bytes", TOO_LONG),
    AIOHTTP.judges("Continuation frame for non started message", NO_START),
    AIOHTTP.judges("The opcode in non-fin frame is expected to be zero, got #", NO_FIN),
    AIOHTTP.judges("Invalid close code: #", BAD_CODE),
    AIOHTTP.judges("Invalid close frame: *", &["close-body-one-byte"]),
    AIOHTTP.judges("Invalid UTF-8 text message", BAD_TEXT),
    AIOHTTP.judges("Message size # exceeds limit #", TOO_BIG),
    AIOHTTP.judges("Decompressed message exceeds size limit #", INFLATED_TOO_BIG),
    AIOHTTP.ends("No PONG received after * seconds", NO_PONG),
    AIOHTTP.judges("Error -3 while decompressing data: *", INFLATE)
        .noting("The words of Python's zlib: everything in Python that inflates prints them. aiohttp hands them to its user, and may send a Close with 1000."),
    AIOHTTP_CLIENT.judges("#, message='Invalid response status', url=*", REJECTED),
    AIOHTTP_CLIENT.judges("message='Extension for deflate not supported*'", &["deflate-param-unknown"]),
    AIOHTTP_CLIENT.judges("message='Invalid upgrade header'", NO_UPGRADE),
    AIOHTTP_CLIENT.judges("message='Invalid connection header'", NO_CONNECTION),
    AIOHTTP_CLIENT.judges("message='Invalid challenge response'", &["handshake-accept-mismatch", "handshake-accept-missing"]),
    AIOHTTP_SERVER.judges("No WebSocket UPGRADE hdr: *", &["handshake-upgrade-missing"]),
    AIOHTTP_SERVER.judges("No CONNECTION upgrade hdr: *", &["handshake-connection-missing", "handshake-http-version"]),
    AIOHTTP_SERVER.judges("Unsupported version: *", VERSION),
    AIOHTTP_SERVER.judges("Handshake error: *", KEY),

    CLIENT.judges("rsv is not implemented, yet", RSV)
        .noting("This library knows no permessage-deflate, so it refuses every compressed message."),
    CLIENT.judges("Invalid opcode #", OPCODE),
    CLIENT.judges("Illegal frame", &["continuation-without-start", "new-message-before-fin"]),
    CLIENT.judges("Invalid ping frame.", FRAGMENTED),
    CLIENT.judges("Invalid close frame.", &["close-body-one-byte", "close-reason-not-utf8"]),
    CLIENT.judges("Invalid close opcode #", BAD_CODE),
    CLIENT.judges("cannot decode: *", BAD_TEXT),
    CLIENT.loses("Connection to remote host was lost."),
    CLIENT.judges("ping/pong timed out", NO_PONG),
    CLIENT.judges("Handshake status # *", REJECTED),
    CLIENT.judges("Invalid WebSocket Header", &["handshake-response-upgrade-missing", "handshake-response-connection-missing", "handshake-accept-mismatch", "handshake-accept-missing"]),

    TORNADO.judges("Can \"Upgrade\" only to \"WebSocket\".", &["handshake-upgrade-missing"]),
    TORNADO.judges("\"Connection\" must be \"Upgrade\".", &["handshake-connection-missing", "handshake-http-version"]),
    TORNADO.judges("Cross origin websockets not allowed", &["handshake-rejected"])
        .noting("The server answered 403 because the Origin of the request is not its own: set check_origin."),

    AUTOBAHN.loses("peer dropped the TCP connection without previous WebSocket closing handshake"),
    AUTOBAHN.judges("WebSocket closing handshake timeout (peer did not finish the closing handshake in time)", &["close-not-answered"]),
    AUTOBAHN.judges("WebSocket closing handshake timeout (server did not drop TCP connection in time)", &["server-did-not-close-tcp"]),
    AUTOBAHN.judges("WebSocket opening handshake timeout (peer did not finish the opening handshake in time)", NO_ANSWER),
    AUTOBAHN.judges("received WebSocket message size # exceeds payload limit of # octets", TOO_BIG).sending(1009),
    AUTOBAHN.judges("received WebSocket message exceeds payload limit of # octets after decompression", INFLATED_TOO_BIG).sending(1009),
    AUTOBAHN.judges("received WebSocket message cannot be decompressed: *", INFLATE).sending(1007),
    AUTOBAHN.judges("UTF-8 text message payload ended within Unicode code point at payload octet index #", &["utf8-truncated-at-end"]).sending(1007),
    AUTOBAHN.judges("invalid data frame length (>2^63)", &["length-msb-set"]).sending(1002),
    AUTOBAHN.judges("invalid close reason (non-UTF8 payload)", BAD_REASON).sending(1007),

    WSPROTO.judges("Invalid opcode 0x*", OPCODE).sending(1002),
    WSPROTO.judges("Invalid attempt to fragment control frame", FRAGMENTED).sending(1002),
    WSPROTO.on(Side::Client).judges("client received unexpected masked frame", MASKED).sending(1002),
    WSPROTO.on(Side::Server).judges("server received unexpected unmasked frame", UNMASKED).sending(1002),
    WSPROTO.judges("Control frame with payload len > 125", TOO_LONG).sending(1002),
    WSPROTO.judges("Payload length used # bytes when # would have sufficed", LENGTH).sending(1002),
    WSPROTO.judges("8-byte payload length with non-zero MSB", &["length-msb-set"]).sending(1002),
    WSPROTO.judges("Reserved bit set unexpectedly", RSV).sending(1002),
    WSPROTO.judges("expected CONTINUATION, got *", NO_FIN).sending(1002),
    WSPROTO.judges("CLOSE with unknown reserved code", BAD_CODE).sending(1002),

    UVICORN.judges("Unsupported upgrade request.", &["handshake-rejected"])
        .noting("No library for WebSockets is installed beside uvicorn: it answers as if there had been no Upgrade. Install uvicorn[standard], or websockets."),
    UVICORN.judges("No supported WebSocket library detected.", &["handshake-rejected"]),

    SOCKET.is_reset("[Errno 104] Connection reset by peer"),
    SSL.judges("unable to get local issuer certificate", BAD_CERTIFICATE)
        .noting("On asyncio the client ends TCP without an alert then; an ordinary socket sends unknown_ca in the clear."),
    SSL.judges("certificate verify failed: certificate has expired", BAD_CERTIFICATE)
        .noting("On asyncio the client ends TCP without an alert then; an ordinary socket sends certificate_expired in the clear."),
    SSL.judges("[SSL: WRONG_VERSION_NUMBER] wrong version number", &["tls-to-plain-port"])
        .noting("The server answered the ClientHello with something that is no TLS, mostly an HTTP response in the clear: the URL says wss:// and the port speaks ws://."),
    SSL.judges("WRONG_VERSION_NUMBER", &["tls-to-plain-port"]),
];
