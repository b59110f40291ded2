//! Libraries for Java, Kotlin and .NET.

use super::{Frames, Library, Mark, Pings, Reaction, Sides};

/// Apache Tomcat.
pub static TOMCAT: Library = Library {
    name: "Tomcat",
    platform: "Java",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(8_192),
    pings: None,
    remark: "Its limit is that of the buffers for whole messages.",
    source: "apache/tomcat java/org/apache/tomcat/websocket/LocalStrings.properties",
};

/// Eclipse Jetty.
pub static JETTY: Library = Library {
    name: "Jetty",
    platform: "Java",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("Jetty/", &[]), Mark::Server("Jetty(")],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(64 << 10),
    pings: None,
    remark: "A connection that was silent for 30 s it closes with 1001. An exception in a server's \
        handler sends 1011.",
    source: "jetty/jetty.project jetty-core/jetty-websocket/jetty-websocket-core-common",
};

/// Eclipse Tyrus, in GlassFish and WebLogic.
pub static TYRUS: Library = Library {
    name: "Tyrus",
    platform: "Java",
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
    source: "eclipse-ee4j/tyrus core/src/main/resources/org/glassfish/tyrus/core/l10n",
};

/// Java-WebSocket.
pub static JAVA: Library = Library {
    name: "Java-WebSocket",
    platform: "Java",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::Server("TooTallNate Java-WebSocket")],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: None,
    // It looks every 60 s for a Pong that is not older than one and a half of that.
    pings: Some(Pings { every: 60, within: 90 }),
    remark: "A Ping without a Pong ends TCP without a Close. Its codes -1, -2 and -3 are its own \
        and never travel.",
    source: "TooTallNate/Java-WebSocket src/main/java/org/java_websocket",
};

/// Netty, under Vert.x, Reactor Netty, Micronaut and Play.
pub static NETTY: Library = Library {
    name: "Netty",
    platform: "Java",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[],
    on_violation: Reaction::CloseSaying(1002),
    on_bad_text: Reaction::CloseSaying(1007),
    on_too_big: Reaction::CloseSaying(1009),
    reports: None,
    limit: Some(64 << 10),
    pings: None,
    remark: "",
    source: "netty/netty codec-http/src/main/java/io/netty/handler/codec/http/websocketx/\
        WebSocket08FrameDecoder.java",
};

/// Spring. The frames are those of the server below it.
pub static SPRING: Library = Library {
    name: "Spring",
    platform: "Java",
    sides: Sides::Server,
    frames: Frames::OfAnother,
    marks: &[],
    on_violation: Reaction::Unknown,
    on_bad_text: Reaction::Unknown,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "",
    source: "spring-projects/spring-framework spring-websocket/src/main/java/org/springframework/\
        web/socket/handler/ConcurrentWebSocketSessionDecorator.java",
};

/// OkHttp, on Android above all.
pub static OKHTTP: Library = Library {
    name: "OkHttp",
    platform: "Java, Kotlin, Android",
    sides: Sides::Client,
    frames: Frames::Own,
    marks: &[Mark::UserAgent("okhttp/", &[])],
    on_violation: Reaction::Drops,
    on_bad_text: Reaction::Accepts,
    on_too_big: Reaction::Accepts,
    reports: None,
    limit: None,
    pings: None,
    remark: "It calls onFailure and ends TCP. Where a read fails, it sends no Close.",
    source: "square/okhttp okhttp/src/main/kotlin/okhttp3/internal/ws/WebSocketReader.kt, \
        RealWebSocket.kt",
};

/// ClientWebSocket, Kestrel and SignalR.
pub static DOTNET: Library = Library {
    name: ".NET",
    platform: ".NET",
    sides: Sides::Both,
    frames: Frames::Own,
    marks: &[Mark::Server("Kestrel"), Mark::Server("Microsoft-IIS/")],
    on_violation: Reaction::Close(1002),
    on_bad_text: Reaction::Close(1007),
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "It sends a Pong of its own every 30 s, which nobody asked for, and waits 1 s for the \
        server's FIN when it closes.",
    source: "dotnet/runtime src/libraries/System.Net.WebSockets/src/Resources/Strings.resx",
};
