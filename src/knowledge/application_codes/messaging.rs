//! Messaging protocols with a subprotocol of their own. Most say why they end inside their own
//! messages, and leave the Close at 1000 or empty.

use super::Reconnect::{AfterChange, IfNeeded, WithBackoff, Yes};
use super::Sender::{Either, Server};
use super::{AppCode, Product, Seen, Sign, Words, code};

pub(super) const MQTT: Product = Product {
    id: "mqtt",
    name: "MQTT over WebSocket",
    recognise: &[Sign::Subprotocol("mqtt"), Sign::Subprotocol("mqttv3.1")],
    codes: &[],
    note: Some(Words::new(
        "Why it ends is in the MQTT packet DISCONNECT and not in the Close. Messages have to be \
         binary; on a text message the receiver ends the connection.",
        "Lý do kết thúc nằm trong gói MQTT DISCONNECT chứ không nằm trong Close frame. Message \
         bắt buộc là binary; gặp message text thì bên nhận ngắt kết nối.",
    )),
    source: "OASIS MQTT 3.1.1 and 5.0, section 6",
};

pub(super) const AMQP: Product = Product {
    id: "amqp",
    name: "AMQP 1.0 over WebSocket",
    recognise: &[Sign::Subprotocol("amqp")],
    codes: &[],
    note: Some(Words::new(
        "Why it ends is in the AMQP performative close. Messages have to be binary.",
        "Lý do kết thúc nằm trong performative close của AMQP. Message bắt buộc là binary.",
    )),
    source: "OASIS AMQP WebSocket Binding 1.0",
};

pub(super) const XMPP: Product = Product {
    id: "xmpp",
    name: "XMPP over WebSocket",
    recognise: &[Sign::Subprotocol("xmpp")],
    codes: XMPP_CODES,
    note: Some(Words::new(
        "Both sides send the element close before the Close frame. Messages have to be text.",
        "Hai bên gửi phần tử close cho nhau trước Close frame. Message bắt buộc là text.",
    )),
    source: "RFC 7395",
};

#[rustfmt::skip]
const XMPP_CODES: &[AppCode] = &[
    code(1000, Either, IfNeeded, "the stream was closed with the element close",
        "stream đã được đóng bằng phần tử close"),
];

pub(super) const STOMP: Product = Product {
    id: "stomp",
    name: "STOMP over WebSocket",
    recognise: &[
        Sign::Subprotocol("v1#.stomp"),
        Sign::Message("CONNECT\n*accept-version:*"),
        Sign::Message("CONNECTED\n*version:*"),
    ],
    codes: STOMP_CODES,
    note: Some(Words::new(
        "A server says why in a STOMP frame ERROR before it closes.",
        "Server nêu lý do trong frame ERROR của STOMP trước khi đóng.",
    )),
    source: "STOMP 1.2; stomp-js/stompjs: src/augment-websocket.ts",
};

#[rustfmt::skip]
const STOMP_CODES: &[AppCode] = &[
    code(1000, Either, IfNeeded, "an orderly end after DISCONNECT",
        "kết thúc bình thường sau DISCONNECT").unconfirmed(),
    code(4001, super::Sender::Client, Yes,
        "stompjs gave the socket up without waiting (discardWebsocketOnCommFailure); the Close it sent is empty",
        "stompjs bỏ socket mà không chờ (discardWebsocketOnCommFailure); Close frame nó gửi đi là rỗng")
        .seen(Seen::Api),
];

pub(super) const WAMP: Product = Product {
    id: "wamp",
    name: "WAMP",
    recognise: &[Sign::Subprotocol("wamp.2.*")],
    codes: WAMP_CODES,
    note: Some(Words::new(
        "Why it ends is in the WAMP message GOODBYE or ABORT.",
        "Lý do kết thúc nằm trong message GOODBYE hoặc ABORT của WAMP.",
    )),
    source: "wamp-proto specification",
};

#[rustfmt::skip]
const WAMP_CODES: &[AppCode] = &[
    code(1002, Either, AfterChange,
        "the message type does not fit the serializer: text for JSON, binary for MessagePack and CBOR",
        "kiểu message không khớp với serializer: text cho JSON, binary cho MessagePack và CBOR").unconfirmed(),
];

pub(super) const OCPP: Product = Product {
    id: "ocpp",
    name: "OCPP-J",
    recognise: &[Sign::Subprotocol("ocpp#.*"), Sign::Message("[2,\"*\",\"BootNotification\",*")],
    codes: OCPP_CODES,
    note: Some(Words::new(
        "A server that supports none of the offered versions completes the handshake without \
         Sec-WebSocket-Protocol and closes at once, as its specification wants.",
        "Server không hỗ trợ phiên bản nào được đề nghị sẽ hoàn tất handshake mà không có \
         Sec-WebSocket-Protocol rồi đóng ngay, đúng như đặc tả yêu cầu.",
    )),
    source: "OCPP-J specification, part 4; lbbrhzn/ocpp; lorenzodonini/ocpp-go#107",
};

#[rustfmt::skip]
const OCPP_CODES: &[AppCode] = &[
    code(1000, Either, WithBackoff, "an orderly end; a charge point returns by itself",
        "kết thúc bình thường; trụ sạc tự kết nối lại"),
    code(1002, Server, AfterChange, "the version of OCPP is not supported; the frames are fine",
        "không hỗ trợ phiên bản OCPP này; các frame vẫn đúng"),
    code(1008, Server, AfterChange, "the version of OCPP is not supported, or the charge point is not known",
        "không hỗ trợ phiên bản OCPP này, hoặc trụ sạc chưa được khai báo"),
];
