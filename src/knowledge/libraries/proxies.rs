//! Proxies. To a client they are the server, and they log what neither endpoint knows.

use super::{Frames, Library, Mark, Reaction, Sides};

/// nginx as a proxy.
pub static NGINX: Library = Library {
    name: "nginx",
    platform: "proxy",
    sides: Sides::Proxy,
    frames: Frames::OfAnother,
    marks: &[Mark::Server("nginx"), Mark::Server("openresty")],
    // It does not look into the frames.
    on_violation: Reaction::Accepts,
    on_bad_text: Reaction::Accepts,
    on_too_big: Reaction::Accepts,
    reports: None,
    limit: None,
    pings: None,
    remark: "It ends both TCP connections of a WebSocket on which its upstream was silent for \
        proxy_read_timeout, 60 s by default, without a Close.",
    source: "nginx/nginx src/http/ngx_http_upstream.c",
};

/// Cloudflare's edge.
pub static CLOUDFLARE: Library = Library {
    name: "Cloudflare",
    platform: "proxy",
    sides: Sides::Proxy,
    frames: Frames::OfAnother,
    marks: &[Mark::Server("cloudflare"), Mark::ServerField("CF-Ray")],
    on_violation: Reaction::Accepts,
    on_bad_text: Reaction::Accepts,
    on_too_big: Reaction::Unknown,
    reports: None,
    limit: None,
    pings: None,
    remark: "",
    source: "Cloudflare documentation, Network: WebSockets",
};
