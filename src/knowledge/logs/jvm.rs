//! Texts of libraries for Java, Kotlin and .NET that are no reasons of Close frames.

use super::*;
use crate::knowledge::libraries;
use crate::knowledge::library::{
    BAD_CODE, FRAGMENTED, MASKED, NO_FIN, NO_START, ONE_BYTE, OPCODE, TOO_LONG,
};

const OKHTTP: Origin = Origin {
    libraries: &[&libraries::OKHTTP],
    side: Some(Side::Client),
    place: Place::Exception,
    source: "square/okhttp okhttp/src/main/kotlin/okhttp3/internal/ws/WebSocketReader.kt",
};
const OKHTTP_SOCKET: Origin = OKHTTP.at(
    Place::Exception,
    "square/okhttp okhttp/src/main/kotlin/okhttp3/internal/ws/RealWebSocket.kt",
);
const JAVA: Origin = Origin {
    libraries: &[&libraries::JAVA],
    side: None,
    place: Place::Exception,
    source: "TooTallNate/Java-WebSocket src/main/java/org/java_websocket/AbstractWebSocket.java",
};
const JVM: Origin = Origin {
    libraries: &[&libraries::OKHTTP, &libraries::TOMCAT],
    side: None,
    place: Place::Exception,
    source: "Java documentation, java.io and java.net",
};
const SOCKET: Origin = Origin {
    libraries: &[&libraries::OKHTTP, &libraries::TOMCAT, &libraries::NETTY, &libraries::JAVA],
    side: None,
    place: Place::Exception,
    source: "Java documentation, java.net.SocketException",
};
const TOMCAT: Origin = Origin {
    libraries: &[&libraries::TOMCAT],
    side: None,
    place: Place::Exception,
    source: "apache/tomcat java/org/apache/tomcat/websocket/LocalStrings.properties",
};
const DOTNET: Origin = Origin {
    libraries: &[&libraries::DOTNET],
    side: None,
    place: Place::Exception,
    source: "dotnet/runtime src/libraries/System.Net.WebSockets/src/Resources/Strings.resx",
};
const DOTNET_CLIENT: Origin = DOTNET
    .at(
        Place::Exception,
        "dotnet/runtime src/libraries/System.Net.WebSockets.Client/src/Resources/Strings.resx",
    )
    .on(Side::Client);

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    OKHTTP.judges("Control frames must be final.", FRAGMENTED),
    OKHTTP.judges("Unexpected rsv1 flag", RSV1),
    OKHTTP.judges("Unexpected rsv2 flag", RSV23),
    OKHTTP.judges("Unexpected rsv3 flag", RSV23),
    OKHTTP.judges("Server-sent frames must not be masked.", MASKED),
    OKHTTP.judges("Control frame must be less than 125B.", TOO_LONG),
    OKHTTP.judges("Frame length 0x* > 0x7FFFFFFFFFFFFFFF", &["length-msb-set"]),
    OKHTTP.judges("Malformed close payload length of 1.", ONE_BYTE),
    OKHTTP.judges("Code # is reserved and may not be used.", BAD_CODE),
    OKHTTP.judges("Code must be in range [1000,5000): #", BAD_CODE),
    OKHTTP.judges("Unknown control opcode: *", OPCODE),
    OKHTTP.judges("Unknown opcode: *", &["reserved-opcode", "continuation-without-start"]),
    OKHTTP.judges("Expected continuation opcode. Got: *", NO_FIN),
    OKHTTP_SOCKET.ends("sent ping but didn't receive pong within #ms (after # successful ping/pongs)", NO_PONG)
        .noting("OkHttp sends the next Ping only when the Pong of the last one is due, so the number is its ping interval."),
    OKHTTP_SOCKET.judges("Expected HTTP 101 response but was '# *'", REJECTED),
    OKHTTP_SOCKET.judges("Expected 'Connection' header value 'Upgrade' but was '*'", NO_CONNECTION),
    OKHTTP_SOCKET.judges("Expected 'Upgrade' header value 'websocket' but was '*'", NO_UPGRADE),
    OKHTTP_SOCKET.judges("Expected 'Sec-WebSocket-Accept' header value '*' but was '*'", &["handshake-accept-mismatch", "handshake-accept-missing"]),
    JVM.loses("java.io.EOFException")
        .noting("TCP ended where a frame was due. Everything in Java that reads to an end throws this: look where it was thrown."),
    SOCKET.is_reset("Connection reset"),

    JAVA.ends("The connection was closed because the other endpoint did not respond with a pong in time. *", NO_PONG)
        .noting("It reports 1006 to its own user, which is not sent."),

    TOMCAT.on(Side::Client).judges("The HTTP response from the server [#] did not permit the HTTP upgrade to WebSocket", REJECTED),
    TOMCAT.judges("Failed to decompress a compressed WebSocket frame", INFLATE),
    TOMCAT.catches("The remote endpoint was in state [*] which is an invalid state for called method", &["interleaved-writers"])
        .noting("Two threads of the program that prints this sent at once; Tomcat refuses the second, so that nothing wrong was sent."),

    DOTNET.judges("The WebSocket received a frame with one or more reserved bits set.", RSV23),
    DOTNET.judges("The WebSocket received compressed frame when compression is not enabled.", RSV1),
    DOTNET.judges("The WebSocket received a continuation frame with Per-Message Compressed flag set.", &["deflate-rsv1-on-continuation"]),
    DOTNET.on(Side::Client).judges("The WebSocket server sent a masked frame.", MASKED),
    DOTNET.judges("The WebSocket received a continuation frame from a previous final message.", NO_START),
    DOTNET.judges("The WebSocket expected a continuation frame after having received a previous non-final frame.", NO_FIN),
    DOTNET.judges("The WebSocket received an invalid control message.", &["control-fragmented", "control-too-long"]),
    DOTNET.judges("The WebSocket received a frame with an unknown opcode: '0x*'.", OPCODE),
    DOTNET.judges("The WebSocket received a frame with an invalid payload length.", &["length-msb-set"]),
    DOTNET.loses("The remote party closed the WebSocket connection without completing the close handshake."),
    DOTNET.judges("The WebSocket didn't recieve a Pong frame in response to a Ping frame within the configured KeepAliveTimeout.", NO_PONG)
        .noting("The spelling of \"receive\" is the library's."),
    DOTNET_CLIENT.judges("The server returned status code '#' when status code '101' was expected.", REJECTED),
    DOTNET_CLIENT.judges("Unable to connect to the remote server", &["no-answer-to-request", "handshake-rejected"])
        .noting("Older releases say this of a refused handshake too; newer ones when no TCP or TLS connection came about."),
];
