//! Platforms, gateways and frameworks that end connections of their guests.

use super::Reconnect::{AfterChange, IfNeeded, WithBackoff, Yes};
use super::Sender::{Gateway, Server};
use super::{AppCode, Product, Seen, Sign, Words, code};

pub(super) const KUBERNETES: Product = Product {
    id: "kubernetes",
    name: "Kubernetes exec, attach and port-forward",
    recognise: &[Sign::Subprotocol("*channel.k8s.io")],
    codes: KUBERNETES_CODES,
    note: Some(Words::new(
        "The exit status of the command is a message on channel 3. In version 5 a message 0xFF \
         followed by a channel closes that channel; it is no Close.",
        "Exit status của lệnh là một message trên channel 3. Ở phiên bản 5, message 0xFF kèm số \
         channel dùng để đóng channel đó; đây không phải Close frame.",
    )),
    source: "kubernetes/apimachinery: util/remotecommand; kubelet streamingConnectionIdleTimeout",
};

#[rustfmt::skip]
const KUBERNETES_CODES: &[AppCode] = &[
    code(1000, Server, IfNeeded, "the stream has ended", "stream đã kết thúc"),
    code(1006, Gateway, WithBackoff,
        "ended without a Close, mostly by an idle timer of kubelet (4 h), API server or load balancer",
        "bị ngắt không có Close frame, thường do idle timeout của kubelet (4 h), API server hoặc load balancer")
        .seen(Seen::Api),
];

pub(super) const JUPYTER: Product = Product {
    id: "jupyter",
    name: "Jupyter",
    recognise: &[
        Sign::Subprotocol("v1.kernel.websocket.jupyter.org"),
        Sign::Path("*/api/kernels/*/channels*"),
    ],
    codes: JUPYTER_CODES,
    note: None,
    source: "jupyter_server",
};

#[rustfmt::skip]
const JUPYTER_CODES: &[AppCode] = &[
    code(1001, Server, WithBackoff, "the server stops", "server đang dừng").unconfirmed(),
    code(1011, Server, WithBackoff, "the handler of the kernel's channels failed",
        "handler của các channel kernel bị lỗi").unconfirmed(),
];

pub(super) const SPRING: Product = Product {
    id: "spring",
    name: "Spring WebSocket",
    recognise: &[Sign::Reason("Failed to send message within the configured send limit*")],
    codes: SPRING_CODES,
    note: None,
    source: "spring-framework: CloseStatus.SESSION_NOT_RELIABLE, issue 29220",
};

#[rustfmt::skip]
const SPRING_CODES: &[AppCode] = &[
    code(4500, Server, WithBackoff,
        "the session is not reliable: the client reads too slowly for the send limits",
        "session không đáng tin cậy: client đọc quá chậm so với giới hạn gửi"),
];

pub(super) const API_GATEWAY: Product = Product {
    id: "aws-api-gateway",
    name: "AWS API Gateway",
    recognise: &[Sign::Host("*.execute-api.*.amazonaws.com")],
    codes: API_GATEWAY_CODES,
    note: None,
    source: "AWS documentation: API Gateway WebSocket quotas",
};

#[rustfmt::skip]
const API_GATEWAY_CODES: &[AppCode] = &[
    code(1001, Gateway, Yes, "10 minutes without a message, or 2 hours old",
        "10 phút không có message, hoặc kết nối đã được 2 giờ"),
    code(1006, Gateway, WithBackoff, "the application deleted the connection through @connections",
        "ứng dụng xóa kết nối qua @connections").seen(Seen::Api),
    code(1009, Gateway, AfterChange, "a frame above 32 KB, or a message above 128 KB",
        "frame lớn hơn 32 KB, hoặc message lớn hơn 128 KB"),
];

pub(super) const CLOUDFLARE: Product = Product {
    id: "cloudflare",
    name: "Cloudflare",
    recognise: &[Sign::Server("cloudflare"), Sign::Reason("CloudFlare WebSocket proxy restarting")],
    codes: CLOUDFLARE_CODES,
    note: None,
    source: "websockets/ws#1520, destinygg/chat-gui#164, cloudflare/cloudflared#1282",
};

#[rustfmt::skip]
const CLOUDFLARE_CODES: &[AppCode] = &[
    code(1001, Gateway, Yes, "the edge's WebSocket proxy restarts", "WebSocket proxy ở edge khởi động lại"),
    code(1006, Gateway, Yes, "the edge dropped the connection, mostly an idle one",
        "edge ngắt kết nối, thường là kết nối đang idle").seen(Seen::Api),
];
