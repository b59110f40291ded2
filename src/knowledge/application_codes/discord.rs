//! Discord: the gateway, voice, and the local RPC server.

use super::Reconnect::{AfterChange, No, WithBackoff, Yes};
use super::Sender::Server;
use super::{AppCode, Product, Sign, Words, code};

const SOURCE: &str = "discord/discord-api-docs: topics/opcodes-and-status-codes";

pub(super) const GATEWAY: Product = Product {
    id: "discord-gateway",
    name: "Discord Gateway",
    recognise: &[
        Sign::Host("gateway*.discord.gg"),
        Sign::Message("{*\"op\":10,*\"heartbeat_interval\":*"),
    ],
    codes: GATEWAY_CODES,
    note: Some(Words::new(
        "After 1000 or 1001 from the client the session cannot be resumed.",
        "Nếu client đóng bằng 1000 hoặc 1001 thì không thể resume session.",
    )),
    source: SOURCE,
};

#[rustfmt::skip]
const GATEWAY_CODES: &[AppCode] = &[
    code(4000, Server, Yes, "unknown error", "lỗi không rõ nguyên nhân"),
    code(4001, Server, Yes, "unknown opcode, or a payload that does not fit it",
        "opcode không tồn tại, hoặc payload không khớp với opcode"),
    code(4002, Server, Yes, "a payload could not be decoded", "không giải mã được payload"),
    code(4003, Server, Yes, "a payload was sent before Identify, or the session is no longer valid",
        "gửi payload trước Identify, hoặc session không còn hiệu lực"),
    code(4004, Server, No, "the token is wrong", "sai token"),
    code(4005, Server, Yes, "Identify was sent more than once", "gửi Identify nhiều hơn một lần"),
    code(4007, Server, Yes, "the sequence number of Resume is wrong; start a new session",
        "sai sequence number khi Resume; hãy mở session mới"),
    code(4008, Server, Yes, "payloads are sent too fast", "gửi payload quá nhanh"),
    code(4009, Server, Yes, "the session timed out; start a new one", "session hết hạn; hãy mở session mới"),
    code(4010, Server, No, "the shard is not valid", "shard không hợp lệ"),
    code(4011, Server, No, "too many guilds: sharding is required", "quá nhiều guild: bắt buộc phải chia shard"),
    code(4012, Server, No, "the API version is not valid", "phiên bản API không hợp lệ"),
    code(4013, Server, No, "an intent is not valid", "intent không hợp lệ"),
    code(4014, Server, No, "an intent is not enabled for this application",
        "intent chưa được bật cho ứng dụng này"),
];

pub(super) const VOICE: Product = Product {
    id: "discord-voice",
    name: "Discord Voice",
    recognise: &[
        Sign::Host("*.discord.media"),
        Sign::Message("{*\"op\":8,*\"heartbeat_interval\":*"),
    ],
    codes: VOICE_CODES,
    note: None,
    source: SOURCE,
};

// The source says of 4014, 4021 and 4022 that one should not return, and of 4015 that one should;
// of the others it follows from their meaning.
#[rustfmt::skip]
const VOICE_CODES: &[AppCode] = &[
    code(4001, Server, Yes, "unknown opcode", "opcode không tồn tại"),
    code(4002, Server, Yes, "the payload of Identify could not be decoded",
        "không giải mã được payload của Identify"),
    code(4003, Server, Yes, "a payload was sent before Identify", "gửi payload trước Identify"),
    code(4004, Server, No, "the token is wrong", "sai token"),
    code(4005, Server, Yes, "Identify was sent more than once", "gửi Identify nhiều hơn một lần"),
    code(4006, Server, AfterChange, "the session is no longer valid", "session không còn hiệu lực"),
    code(4009, Server, Yes, "the session timed out", "session hết hạn"),
    code(4011, Server, AfterChange, "the voice server was not found", "không tìm thấy voice server"),
    code(4012, Server, AfterChange, "unknown protocol in Select Protocol",
        "giao thức trong Select Protocol không tồn tại"),
    code(4014, Server, No, "this client was disconnected: kicked, or its gateway session ended",
        "client này bị ngắt: bị kick, hoặc session gateway của nó đã kết thúc"),
    code(4015, Server, Yes, "the voice server crashed; resume", "voice server bị crash; hãy resume"),
    code(4016, Server, AfterChange, "unknown encryption mode", "chế độ mã hóa không tồn tại"),
    code(4017, Server, AfterChange, "the channel needs end-to-end encryption (DAVE)",
        "kênh này bắt buộc mã hóa đầu cuối (DAVE)"),
    code(4020, Server, AfterChange, "a request is malformed", "request sai định dạng"),
    code(4021, Server, No, "the rate limit is exceeded", "vượt rate limit"),
    code(4022, Server, No, "the call is over for all", "cuộc gọi đã kết thúc với mọi người"),
];

pub(super) const RPC: Product = Product {
    id: "discord-rpc",
    name: "Discord RPC",
    recognise: &[
        Sign::Path("/?v=#&*client_id=*"),
        Sign::Message("{\"cmd\":\"DISPATCH\",*\"evt\":\"READY\"*"),
    ],
    codes: RPC_CODES,
    note: Some(Words::new(
        "The server is the Discord application on the same computer.",
        "Server ở đây là ứng dụng Discord chạy trên cùng máy.",
    )),
    source: SOURCE,
};

#[rustfmt::skip]
const RPC_CODES: &[AppCode] = &[
    code(4000, Server, AfterChange, "the client id is not valid", "client id không hợp lệ"),
    code(4001, Server, AfterChange, "the origin is not allowed", "origin không được phép"),
    code(4002, Server, WithBackoff, "the rate limit is exceeded", "vượt rate limit"),
    code(4003, Server, AfterChange, "the token was revoked", "token đã bị thu hồi"),
    code(4004, Server, AfterChange, "the version in the address is not valid",
        "phiên bản ghi trong URL không hợp lệ"),
    code(4005, Server, AfterChange, "the encoding in the address is not valid",
        "encoding ghi trong URL không hợp lệ"),
];
