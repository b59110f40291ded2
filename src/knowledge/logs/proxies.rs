//! Texts of proxies. They know of TCP and HTTP, and nothing of frames.

use super::*;
use crate::knowledge::libraries;

const NGINX: Origin = Origin {
    libraries: &[&libraries::NGINX],
    side: Some(Side::Server),
    place: Place::Log,
    source: "nginx/nginx src/http/ngx_http_upstream.c",
};

#[rustfmt::skip] // one row a line, as a table
pub(super) static PHRASES: &[Phrase] = &[
    NGINX.ends("upstream timed out (110: Connection timed out) while proxying upgraded connection", &["tcp-closed-without-close"])
        .noting("The server behind nginx was silent for proxy_read_timeout, 60 s by default, and nginx ended both connections. Send Pings more often than that, or raise proxy_read_timeout."),
    NGINX.is_reset("recv() failed (104: Connection reset by peer) while proxying upgraded connection")
        .noting("The server behind nginx, or the client, reset its own connection: capture on both sides of nginx."),
    NGINX.ends("client timed out (110: Connection timed out) while proxying upgraded connection", &["tcp-closed-without-close"]),
    NGINX.judges("upstream prematurely closed connection while reading response header from upstream", &["handshake-rejected", "handshake-no-response"])
        .noting("The server behind nginx ended TCP without an answer; the client sees HTTP 502."),
    NGINX.judges("connect() failed (111: Connection refused) while connecting to upstream", &["handshake-rejected"])
        .noting("Nobody listens behind nginx; the client sees HTTP 502."),
    NGINX.judges("upstream timed out (110: Connection timed out) while reading response header from upstream", &["handshake-rejected", "handshake-no-response"])
        .noting("The server behind nginx did not answer the opening request; the client sees HTTP 504."),
];
