//! GraphQL over WebSocket: the protocol of today and the one before it.

use super::Reconnect::{No, WithBackoff, Yes};
use super::Sender::{Client, Server};
use super::{AppCode, Product, Sign, Words, code};

pub(super) const TRANSPORT_WS: Product = Product {
    id: "graphql-transport-ws",
    name: "GraphQL over WebSocket",
    recognise: &[
        Sign::Subprotocol("graphql-transport-ws"),
        Sign::Message("{\"id\":\"*\",\"type\":\"subscribe\",\"payload\":*"),
    ],
    codes: TRANSPORT_WS_CODES,
    note: Some(Words::new(
        "The reason text says more, and many servers add codes of their own.",
        "Reason text cho biết thêm chi tiết, và nhiều server tự thêm code riêng của mình.",
    )),
    source: "enisdenjo/graphql-ws: PROTOCOL.md, src/common.ts, src/client.ts",
};

// Whether to return is what the library's own client does: it gives up after the codes marked no.
#[rustfmt::skip]
const TRANSPORT_WS_CODES: &[AppCode] = &[
    code(4004, Client, No,
        "the server's answer is not valid",
        "câu trả lời của server không hợp lệ"),
    code(4005, Client, No,
        "internal error of the client",
        "lỗi nội bộ của client"),
    code(4400, Server, No,
        "a message is not valid",
        "message không hợp lệ"),
    code(4401, Server, No,
        "an operation was sent before connection_ack",
        "gửi operation khi chưa nhận connection_ack"),
    code(4403, Server, WithBackoff,
        "forbidden: the server refused connection_init",
        "bị từ chối: server không chấp nhận connection_init"),
    code(4406, Server, No,
        "the subprotocol is not acceptable",
        "subprotocol không được chấp nhận"),
    code(4408, Server, WithBackoff,
        "connection_init did not come in time (3 s by default)",
        "connection_init không đến kịp (mặc định 3 s)"),
    code(4409, Server, No,
        "the id of a subscription is already in use",
        "id của subscription đã được dùng"),
    code(4429, Server, No,
        "connection_init was sent more than once",
        "connection_init bị gửi nhiều hơn một lần"),
    code(4499, Client, Yes,
        "the client's terminate() was called, mostly because the socket hung",
        "client gọi terminate(), thường vì socket bị treo"),
    code(4500, Server, No,
        "internal error of the server",
        "lỗi nội bộ của server"),
    code(4504, Client, WithBackoff,
        "connection_ack did not come in time",
        "connection_ack không đến kịp"),
];

pub(super) const LEGACY: Product = Product {
    id: "graphql-ws-legacy",
    name: "subscriptions-transport-ws",
    recognise: &[
        Sign::Subprotocol("graphql-ws"),
        Sign::Message("{\"id\":\"*\",\"type\":\"start\",\"payload\":*"),
    ],
    codes: LEGACY_CODES,
    note: Some(Words::new(
        "Its subprotocol is called graphql-ws, but the library of that name speaks only \
         graphql-transport-ws; the two do not understand each other.",
        "Subprotocol của nó tên là graphql-ws, nhưng thư viện cùng tên lại chỉ nói \
         graphql-transport-ws; hai giao thức này không hiểu nhau.",
    )),
    source: "apollographql/subscriptions-transport-ws: src/server.ts",
};

#[rustfmt::skip]
const LEGACY_CODES: &[AppCode] = &[
    code(1002, Server, No,
        "the subprotocol is missing or is not graphql-ws; the frames are fine",
        "thiếu subprotocol hoặc không phải graphql-ws; các frame vẫn đúng"),
    code(1011, Server, WithBackoff,
        "connection_init failed",
        "connection_init thất bại"),
];
