//! Services and frameworks that push events to clients.

use super::Reconnect::{AfterChange, AsTold, AtOnce, IfNeeded, No, StaysOpen, WithBackoff, Yes};
use super::Sender::{Client, Either, Server};
use super::{AppCode, Product, Seen, Sign, Words, code, codes};

pub(super) const PUSHER: Product = Product {
    id: "pusher",
    name: "Pusher Channels",
    recognise: &[
        Sign::Path("/app/*?*protocol=#*"),
        Sign::Host("ws*.pusher.com"),
        Sign::Message("{\"event\":\"pusher:connection_established\",*"),
    ],
    codes: PUSHER_CODES,
    note: Some(Words::new(
        "Soketi, Laravel Reverb and others speak it too. A message pusher:error with the same \
         number comes before the Close; Reverb also answers 4200 to a message it cannot read.",
        "Soketi, Laravel Reverb và một số sản phẩm khác cũng dùng giao thức này. Ngay trước Close \
         frame có message pusher:error mang cùng con số; Reverb còn trả 4200 cho message mà nó \
         không đọc được.",
    )),
    source: "Pusher documentation: Pusher Channels protocol",
};

#[rustfmt::skip]
const PUSHER_CODES: &[AppCode] = &[
    codes(4000..=4099, Server, AfterChange, "refused; the same attempt will be refused again",
        "bị từ chối; thử lại y như cũ vẫn bị từ chối"),
    code(4000, Server, AfterChange, "the application accepts TLS only: use wss",
        "ứng dụng chỉ nhận kết nối TLS: hãy dùng wss"),
    code(4001, Server, AfterChange, "the application does not exist", "ứng dụng không tồn tại"),
    code(4003, Server, AfterChange, "the application is disabled", "ứng dụng đã bị vô hiệu hóa"),
    code(4004, Server, AfterChange, "the application is over its quota of connections",
        "ứng dụng vượt quota số kết nối"),
    code(4005, Server, AfterChange, "the path was not found", "không tìm thấy path"),
    code(4006, Server, AfterChange, "the version string has the wrong format",
        "chuỗi phiên bản sai định dạng"),
    code(4007, Server, AfterChange, "the protocol version is not supported",
        "phiên bản giao thức không được hỗ trợ"),
    code(4008, Server, AfterChange, "the protocol version is missing", "thiếu phiên bản giao thức"),
    code(4009, Server, AfterChange, "the connection is not authorized", "kết nối chưa được cấp quyền"),
    codes(4100..=4199, Server, WithBackoff, "come back after 1 second or more",
        "kết nối lại sau ít nhất 1 giây"),
    code(4100, Server, WithBackoff, "over capacity", "quá tải"),
    codes(4200..=4299, Server, AtOnce, "come back at once", "kết nối lại ngay"),
    code(4200, Server, AtOnce, "come back at once, without a particular reason",
        "kết nối lại ngay, không có lý do cụ thể"),
    code(4201, Server, AtOnce, "no pusher:pong came in answer to a ping",
        "không có pusher:pong trả lời cho ping"),
    code(4202, Server, AtOnce, "closed after inactivity (24 hours, of clients that do not ping)",
        "đóng vì không hoạt động (24 giờ, với client không gửi ping)"),
    code(4301, Server, StaysOpen, "a client event was rejected: too many of them",
        "client event bị từ chối: gửi quá nhiều").seen(Seen::Message),
];

pub(super) const CENTRIFUGO: Product = Product {
    id: "centrifugo",
    name: "Centrifugo",
    recognise: &[
        Sign::Subprotocol("centrifuge-protobuf"),
        Sign::Path("/connection/websocket*"),
        Sign::Message("{\"id\":#,\"connect\":{*"),
    ],
    codes: CENTRIFUGO_CODES,
    note: Some(Words::new(
        "The code alone says whether to return; applications take 4000 to 4999 for their own.",
        "Chỉ riêng code đã cho biết có nên kết nối lại hay không; ứng dụng tự dùng 4000 đến 4999.",
    )),
    source: "centrifugal/centrifuge: disconnect.go",
};

#[rustfmt::skip]
const CENTRIFUGO_CODES: &[AppCode] = &[
    codes(3000..=3499, Server, WithBackoff, "ended by the server; the client returns",
        "server đóng; client sẽ kết nối lại"),
    code(3000, Server, WithBackoff, "the connection was closed without a reason",
        "kết nối bị đóng không kèm lý do"),
    code(3001, Server, WithBackoff, "the node shuts down", "node đang tắt"),
    code(3004, Server, WithBackoff, "internal error of the server", "lỗi nội bộ của server"),
    code(3005, Server, WithBackoff, "the connection's credentials expired", "thông tin xác thực của kết nối hết hạn"),
    code(3006, Server, WithBackoff, "a subscription expired", "subscription hết hạn"),
    code(3008, Server, WithBackoff, "the client reads too slowly", "client đọc quá chậm"),
    code(3009, Server, WithBackoff, "writing to the client failed", "ghi tới client thất bại"),
    code(3010, Server, WithBackoff, "the client's position in a stream is wrong; it returns to catch up",
        "vị trí của client trong stream bị sai; client kết nối lại để lấy bù"),
    code(3011, Server, WithBackoff, "told to reconnect", "được yêu cầu kết nối lại"),
    code(3012, Server, WithBackoff, "no answer to the ping of the application level",
        "không có trả lời cho ping ở tầng ứng dụng"),
    codes(3500..=3999, Server, No, "ended for good", "đóng hẳn"),
    code(3500, Server, No, "the token is not valid", "token không hợp lệ"),
    code(3501, Server, No, "a request is not valid, or not in order", "request không hợp lệ hoặc sai thứ tự"),
    code(3502, Server, No, "no authentication came in time", "không xác thực kịp thời hạn"),
    code(3503, Server, No, "told to stay away", "được yêu cầu không kết nối lại"),
    code(3504, Server, No, "too many connections", "quá nhiều kết nối"),
    code(3505, Server, No, "too many channels", "quá nhiều channel"),
    codes(4000..=4499, Server, WithBackoff, "the application's own; the client returns",
        "do ứng dụng tự định nghĩa; client sẽ kết nối lại"),
    codes(4500..=4999, Server, No, "the application's own; the client does not return",
        "do ứng dụng tự định nghĩa; client không kết nối lại"),
];

pub(super) const TWITCH: Product = Product {
    id: "twitch-eventsub",
    name: "Twitch EventSub",
    recognise: &[
        Sign::Host("eventsub.wss.twitch.tv"),
        Sign::Message("*\"message_type\":\"session_welcome\"*"),
    ],
    codes: TWITCH_CODES,
    note: None,
    source: "Twitch documentation: handling WebSocket events; twitch4j SocketCloseReason",
};

#[rustfmt::skip]
const TWITCH_CODES: &[AppCode] = &[
    code(4000, Server, WithBackoff, "internal error of the server", "lỗi nội bộ của server"),
    code(4001, Server, AfterChange, "the client sent a message; only pongs are allowed",
        "client đã gửi message; chỉ được phép gửi pong"),
    code(4002, Server, Yes, "the client did not answer a ping", "client không trả lời ping"),
    code(4003, Server, AfterChange, "no subscription was made within 10 seconds",
        "không tạo subscription nào trong vòng 10 giây"),
    code(4004, Server, Yes, "the client did not move to the new address within 30 seconds",
        "client không chuyển sang địa chỉ mới trong vòng 30 giây"),
    code(4005, Server, Yes, "a timeout in the network", "timeout trong mạng"),
    code(4006, Server, Yes, "an error in the network", "lỗi mạng"),
    code(4007, Server, AfterChange, "the address to reconnect to is not valid",
        "địa chỉ kết nối lại không hợp lệ"),
];

pub(super) const SUPABASE: Product = Product {
    id: "supabase-realtime",
    name: "Supabase Realtime",
    recognise: &[Sign::Host("*.supabase.co"), Sign::Path("/realtime/v1/websocket?*")],
    codes: &[],
    note: Some(Words::new(
        "It is built on Phoenix Channels and closes as they do; why a channel ended is in a \
         message phx_error or phx_close.",
        "Xây dựng trên Phoenix Channels và đóng kết nối theo cách của Phoenix; lý do một channel \
         kết thúc nằm trong message phx_error hoặc phx_close.",
    )),
    source: "supabase/realtime",
};

pub(super) const PHOENIX: Product = Product {
    id: "phoenix",
    name: "Phoenix Channels",
    recognise: &[Sign::Path("*/websocket?*vsn=#*"), Sign::Message("*\"phx_join\"*")],
    codes: PHOENIX_CODES,
    note: Some(Words::new(
        "A refused connect/3 is a 403 in the handshake, which browsers report as 1006.",
        "Khi connect/3 từ chối, handshake nhận 403 và trình duyệt báo thành 1006.",
    )),
    source: "phoenixframework/phoenix: assets/js/phoenix/socket.js; websock_adapter",
};

#[rustfmt::skip]
const PHOENIX_CODES: &[AppCode] = &[
    code(1000, Client, AsTold,
        "an orderly end; with the reason \"heartbeat timeout\" the client missed an answer and returns",
        "kết thúc bình thường; nếu reason là \"heartbeat timeout\" thì client không nhận được trả lời và sẽ kết nối lại"),
    code(1001, Server, WithBackoff, "the server disconnects", "server ngắt kết nối"),
    code(1012, Server, WithBackoff, "the server restarts", "server khởi động lại"),
];

pub(super) const ACTION_CABLE: Product = Product {
    id: "action-cable",
    name: "Rails Action Cable",
    recognise: &[Sign::Subprotocol("actioncable-v1-json"), Sign::Message("{\"type\":\"welcome\"}")],
    codes: ACTION_CABLE_CODES,
    note: Some(Words::new(
        "A message disconnect comes before the Close; its reason is unauthorized, invalid_request, \
         server_restart or remote, and its field reconnect says whether to return.",
        "Ngay trước Close frame có message disconnect; reason của nó là unauthorized, \
         invalid_request, server_restart hoặc remote, còn trường reconnect cho biết có nên kết \
         nối lại hay không.",
    )),
    source: "rails/rails: actioncable/lib/action_cable.rb",
};

#[rustfmt::skip]
const ACTION_CABLE_CODES: &[AppCode] = &[
    code(1000, Server, AsTold, "ended after a message disconnect",
        "đóng sau message disconnect").unconfirmed(),
];

pub(super) const SIGNALR: Product = Product {
    id: "signalr",
    name: "ASP.NET Core SignalR",
    recognise: &[Sign::Message("{\"protocol\":\"*\",\"version\":#}\u{1e}")],
    codes: SIGNALR_CODES,
    note: Some(Words::new(
        "A message of type 7 comes before the Close; its fields error and allowReconnect say why \
         and whether to return.",
        "Ngay trước Close frame có message type 7; trường error và allowReconnect cho biết lý do \
         và có nên kết nối lại hay không.",
    )),
    source: "dotnet/aspnetcore: SignalR hub protocol, TypeScript client",
};

#[rustfmt::skip]
const SIGNALR_CODES: &[AppCode] = &[
    code(1000, Server, AsTold, "ended after a message of type 7",
        "đóng sau message type 7").unconfirmed(),
    code(1006, Client, Yes, "the client gave up after 30 s without a message from the server (serverTimeout)",
        "client bỏ cuộc sau 30 s không nhận được message nào từ server (serverTimeout)")
        .seen(Seen::Api).unconfirmed(),
];

pub(super) const SOCKET_IO: Product = Product {
    id: "socket-io",
    name: "Socket.IO",
    recognise: &[
        Sign::Path("*EIO=#*transport=websocket*"),
        Sign::Message("0{\"sid\":\"*\"pingInterval\":*"),
    ],
    codes: SOCKET_IO_CODES,
    note: Some(Words::new(
        "Its own reasons, such as \"transport close\" or \"ping timeout\", are never on the wire.",
        "Các reason của riêng nó như \"transport close\" hay \"ping timeout\" không bao giờ có \
         trên đường truyền.",
    )),
    source: "Socket.IO documentation",
};

#[rustfmt::skip]
const SOCKET_IO_CODES: &[AppCode] = &[
    code(1000, Either, WithBackoff, "ended by the engine's packet 1 (close)",
        "đóng bằng packet 1 (close) của engine").unconfirmed(),
    code(1005, Either, WithBackoff, "the library closes with an empty Close, whatever its reason",
        "thư viện đóng bằng Close frame rỗng, bất kể lý do").seen(Seen::Api).unconfirmed(),
];

pub(super) const SOCKJS: Product = Product {
    id: "sockjs",
    name: "SockJS",
    recognise: &[Sign::Path("*/###/*/websocket")],
    codes: SOCKJS_CODES,
    note: Some(Words::new(
        "Its codes are in a message such as c[3000,\"Go away!\"] before the Close.",
        "Code của nó nằm trong message dạng c[3000,\"Go away!\"] trước Close frame.",
    )),
    source: "SockJS protocol; sockjs/sockjs-client",
};

#[rustfmt::skip]
const SOCKJS_CODES: &[AppCode] = &[
    code(1002, Client, WithBackoff, "the client library could not reach the server at all",
        "thư viện client hoàn toàn không kết nối được tới server").seen(Seen::Api),
    code(2000, Client, WithBackoff, "all transports of the client library failed",
        "mọi transport của thư viện client đều thất bại").seen(Seen::Api),
    code(2010, Server, AfterChange, "another connection of the session is still open",
        "một kết nối khác của cùng session vẫn đang mở").seen(Seen::Message),
    code(3000, Server, IfNeeded, "\"Go away!\": the session was closed by the server",
        "\"Go away!\": server đã đóng session").seen(Seen::Message),
];

pub(super) const SLACK: Product = Product {
    id: "slack-socket-mode",
    name: "Slack Socket Mode",
    recognise: &[
        Sign::Host("wss-*.slack.com"),
        Sign::Message("{\"type\":\"hello\",*\"num_connections\":*"),
    ],
    codes: &[],
    note: Some(Words::new(
        "A message disconnect says why: warning, refresh_requested, too_many_websockets or \
         link_disabled. The Close after it has no meaning of its own; return at once, but not \
         after link_disabled.",
        "Message disconnect nêu lý do: warning, refresh_requested, too_many_websockets hoặc \
         link_disabled. Close frame sau đó không có ý nghĩa riêng; hãy kết nối lại ngay, trừ \
         trường hợp link_disabled.",
    )),
    source: "Slack documentation: Socket Mode",
};

pub(super) const LIVEKIT: Product = Product {
    id: "livekit",
    name: "LiveKit",
    recognise: &[Sign::Path("/rtc*?*access_token=*")],
    codes: &[],
    note: Some(Words::new(
        "Why it ends is in the message leave, in protobuf, whose field action says whether to \
         return.",
        "Lý do kết thúc nằm trong message leave (protobuf); trường action cho biết có nên kết nối \
         lại hay không.",
    )),
    source: "LiveKit documentation: signalling",
};
