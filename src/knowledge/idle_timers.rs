//! Timers that end WebSockets: whose they are, how long they run by default, and how their end
//! looks on the wire.
//!
//! In: a silence, or the age of a connection, in seconds. Out: the timers that run that long. That a
//! timer fits does not show that it ran: defaults are changed, and chance fits too. Three
//! connections that ended after the same silence show more than one does.

use std::fmt;
use std::ops::RangeInclusive;

/// A timer of a library, a server, a proxy or a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Whose it is.
    pub component: &'static str,
    /// The setting that changes it, or what it is about where nothing does.
    pub setting: &'static str,
    /// How long it runs by default, in seconds: mostly one number, for some a range.
    pub seconds: RangeInclusive<u32>,
    /// What it counts.
    pub counts: Counts,
    /// How a connection ends by it.
    pub ends_with: Signature,
    /// Where this is written: a documentation, a repository and a file, or an issue in which it was
    /// measured.
    pub source: &'static str,
}

/// What a timer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    /// Seconds since the last byte.
    Silence,
    /// Seconds since the connection was opened, whatever was sent.
    Age,
    /// Seconds since a Ping, or a message of the application in its place, and the interval
    /// between two of them.
    MissingPong,
    /// Seconds that the closing handshake may take.
    Closing,
    /// Seconds in which the opening handshake, or what the application asks for after it, has to
    /// be done.
    Opening,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Counts::Silence => "silence",
            Counts::Age => "age",
            Counts::MissingPong => "a missing Pong",
            Counts::Closing => "the closing handshake",
            Counts::Opening => "the opening",
        })
    }
}

/// How a connection ends on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// By FIN without a Close.
    Fin,
    /// By RST without a Close.
    Reset,
    /// By FIN or RST without a Close.
    Drop,
    /// By a Close with this code.
    Close(u16),
    /// Not at all: whoever sends next meets a RST, or nobody.
    Silent,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Signature::Fin => f.write_str("FIN without a Close"),
            Signature::Reset => f.write_str("RST without a Close"),
            Signature::Drop => f.write_str("FIN or RST without a Close"),
            Signature::Close(code) => write!(f, "Close {code}"),
            Signature::Silent => f.write_str("nothing"),
        }
    }
}

/// The timers that count this and run `seconds`, give or take half a second, in the order of the
/// table.
pub fn timers(counts: Counts, seconds: f64) -> impl Iterator<Item = &'static Timer> {
    const GIVE_OR_TAKE: f64 = 0.5;
    TIMERS.iter().filter(move |timer| {
        let from = f64::from(*timer.seconds.start()) - GIVE_OR_TAKE;
        let to = f64::from(*timer.seconds.end()) + GIVE_OR_TAKE;
        timer.counts == counts && from <= seconds && seconds <= to
    })
}

const fn row(
    component: &'static str,
    setting: &'static str,
    seconds: u32,
    counts: Counts,
    ends_with: Signature,
    source: &'static str,
) -> Timer {
    Timer { component, setting, seconds: seconds..=seconds, counts, ends_with, source }
}

/// Every known timer.
#[rustfmt::skip] // one row a line, as a table
pub static TIMERS: &[Timer] = {
    use Counts::{Age, Closing, MissingPong, Opening, Silence};
    use Signature::{Close, Drop, Fin, Reset, Silent};
    &[
        row("nginx", "proxy_read_timeout, proxy_send_timeout", 60, Silence, Fin, "nginx documentation, WebSocket proxying"),
        row("nginx (gRPC, uwsgi, FastCGI)", "grpc_read_timeout, uwsgi_read_timeout, fastcgi_read_timeout", 60, Silence, Fin, "nginx documentation, ngx_http_grpc_module"),
        // Counts from a reload, which ends old workers after this time.
        row("ingress-nginx", "worker-shutdown-timeout", 240, Age, Fin, "kubernetes/ingress-nginx#8977"),
        row("Apache mod_proxy_wstunnel", "ProxyTimeout", 60, Silence, Fin, "Apache HTTP Server documentation, mod_proxy"),
        Timer { component: "HAProxy", setting: "timeout tunnel, else timeout client and timeout server", seconds: 30..=3_600, counts: Silence, ends_with: Fin, source: "HAProxy documentation, timeout tunnel" },
        row("Traefik", "respondingTimeouts.idleTimeout", 180, Silence, Fin, "traefik/traefik#8668"),
        row("Traefik 2.11.1", "lingeringTimeout", 2, Silence, Fin, "traefik/traefik#10598"),
        row("Envoy", "stream_idle_timeout", 300, Silence, Drop, "envoyproxy/envoy#10955"),
        row("Envoy", "route timeout", 15, Age, Fin, "envoyproxy/envoy#20062"),
        row("Istio", "idleTimeout", 3_600, Silence, Fin, "istio/istio#43066"),
        row("px", "idle", 30, Silence, Fin, "genotrance/px#121"),
        row("AWS Application Load Balancer", "idle_timeout.timeout_seconds", 60, Silence, Fin, "AWS documentation, Application Load Balancers"),
        row("AWS Classic Load Balancer", "IdleTimeout", 60, Silence, Fin, "AWS documentation, Classic Load Balancers"),
        row("AWS Network Load Balancer (TCP)", "tcp.idle_timeout.seconds", 350, Silence, Silent, "AWS documentation, Network Load Balancers"),
        row("AWS Network Load Balancer (TLS)", "fixed", 350, Silence, Reset, "AWS documentation, Network Load Balancers"),
        row("AWS API Gateway", "idle connection timeout", 600, Silence, Close(1001), "AWS documentation, API Gateway quotas"),
        row("AWS API Gateway", "connection duration", 7_200, Age, Close(1001), "AWS documentation, API Gateway quotas"),
        row("AWS CloudFront", "fixed", 600, Silence, Fin, "AWS documentation, CloudFront: WebSockets"),
        row("Google Cloud load balancer", "backend service timeout", 30, Age, Fin, "kubernetes/ingress-gce#399"),
        row("Azure Application Gateway v2", "request timeout", 20, Silence, Fin, "MicrosoftDocs/azure-docs#49622"),
        row("Azure Load Balancer", "idle timeout", 240, Silence, Silent, "Azure documentation, Load Balancer TCP reset"),
        row("Azure App Service", "fixed", 230, Silence, Fin, "Azure documentation, App Service"),
        row("Cloudflare", "proxy read timeout", 100, Silence, Fin, "Cloudflare documentation, connection limits"),
        row("Cloudflare Gateway", "TCP idle timeout", 270, Silence, Fin, "cloudflare/cloudflare-docs#3405"),
        row("Heroku router", "H15, rolling window", 55, Silence, Fin, "Heroku documentation, HTTP routing"),
        row("Kubernetes kubelet", "streamingConnectionIdleTimeout", 14_400, Silence, Fin, "Kubernetes documentation, kubelet configuration"),
        Timer { component: "NAT of a mobile carrier", setting: "none that is yours", seconds: 300..=1_800, counts: Silence, ends_with: Silent, source: "a range, no constant" },

        row("Jetty", "idleTimeout", 30, Silence, Close(1001), "jetty/jetty.project WebSocketConstants"),
        row("Cowboy", "idle_timeout", 60, Silence, Close(1000), "ninenines/cowboy src/cowboy_websocket.erl"),
        // A protocol error in name only.
        row("Bandit", "timeout", 60, Silence, Close(1002), "mtrudel/bandit lib/bandit/websocket/connection.ex"),
        row("uWebSockets", "idleTimeout", 120, Silence, Drop, "uNetworking/uWebSockets src/App.h"),
        row("Node.js HTTP server", "keepAliveTimeout", 5, Opening, Fin, "Node.js documentation, http"),
        row("Twitch EventSub", "first subscription", 10, Opening, Close(4003), "Twitch documentation, EventSub WebSockets"),

        row("python websockets", "ping_interval and ping_timeout", 40, MissingPong, Close(1011), "python-websockets/websockets src/websockets/asyncio/connection.py"),
        row("Java-WebSocket", "connectionLostTimeout", 90, MissingPong, Fin, "TooTallNate/Java-WebSocket AbstractWebSocket.java"),
        row("SignalR", "ServerTimeout", 30, MissingPong, Fin, "ASP.NET Core documentation, SignalR configuration"),
        row("Socket.IO 4", "pingInterval and pingTimeout", 45, MissingPong, Fin, "Socket.IO documentation, server options"),
        row("Phoenix JavaScript client", "heartbeatIntervalMs", 60, MissingPong, Close(1000), "phoenixframework/phoenix assets/js/phoenix/socket.js"),
        row("Pusher", "activity_timeout and pong timeout", 150, MissingPong, Close(4201), "Pusher documentation, Channels protocol"),

        row("Chromium", "wait for the server's FIN", 2, Closing, Fin, "chromium/chromium net/websockets/websocket_channel.cc"),
        row(".NET client", "wait for the server's FIN", 1, Closing, Drop, "dotnet/runtime ManagedWebSocket.cs"),
        row("coder/websocket", "wait for the answer", 5, Closing, Fin, "coder/websocket close.go"),
        row("tornado", "wait for the answer", 5, Closing, Drop, "tornadoweb/tornado tornado/websocket.py"),
        row("python websockets", "close_timeout", 10, Closing, Fin, "python-websockets/websockets src/websockets/asyncio/connection.py"),
        row("Firefox", "network.websocket.timeout.close", 10, Closing, Fin, "mozilla/gecko-dev modules/libpref/init/all.js"),
        row("ws (Node.js)", "closeTimeout", 30, Closing, Drop, "websockets/ws lib/websocket.js"),
        row("OkHttp", "wait for the answer", 60, Closing, Reset, "square/okhttp RealWebSocket.kt"),
    ]
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::knowledge::CloseCode;

    #[test]
    fn every_timer_is_a_row_of_its_own_with_a_source_and_a_code_that_may_be_sent() {
        let mut seen = HashSet::new();
        for timer in TIMERS {
            assert!(seen.insert((timer.component, timer.setting, timer.counts as u8)), "{timer:?}");
            for text in [timer.component, timer.setting, timer.source] {
                assert!(!text.is_empty() && text == text.trim(), "{timer:?}");
            }
            assert!(*timer.seconds.start() > 0 && !timer.seconds.is_empty(), "{timer:?}");
            if let Signature::Close(code) = timer.ends_with {
                assert!(CloseCode(code).allowed_on_wire(), "{timer:?}");
            }
        }
    }

    #[test]
    fn a_silence_of_a_minute_has_several_timers_and_one_of_37_s_those_with_a_range() {
        let fits = |counts, seconds| -> Vec<&str> {
            timers(counts, seconds).map(|timer| timer.component).collect()
        };
        let minute = fits(Counts::Silence, 60.2);
        for known in ["nginx", "AWS Application Load Balancer", "Cowboy", "Bandit"] {
            assert!(minute.contains(&known), "{known}");
        }
        assert_eq!(fits(Counts::Silence, 37.0), ["HAProxy"]);
        assert_eq!(fits(Counts::Silence, 61.0), ["HAProxy"]);
        assert_eq!(fits(Counts::Closing, 10.0), ["python websockets", "Firefox"]);
        assert!(fits(Counts::Age, 60.0).is_empty());
    }
}
