//! Speech services that stream audio.

use super::Reconnect::{AfterChange, WithBackoff, Yes};
use super::Sender::Server;
use super::{AppCode, Product, Sign, Words, code};

pub(super) const ASSEMBLYAI: Product = Product {
    id: "assemblyai",
    name: "AssemblyAI Streaming",
    recognise: &[
        Sign::Host("*.assemblyai.com"),
        Sign::Message("{\"type\":\"Begin\",*\"expires_at\":*"),
    ],
    codes: ASSEMBLYAI_CODES,
    note: Some(Words::new(
        "An Error message with the same number comes before the Close.",
        "Ngay trước Close frame có một message Error mang cùng con số.",
    )),
    source: "AssemblyAI documentation: common session errors and closures",
};

#[rustfmt::skip]
const ASSEMBLYAI_CODES: &[AppCode] = &[
    code(1008, Server, AfterChange, "the API token is missing or wrong, or the account is out of funds",
        "thiếu hoặc sai API token, hoặc tài khoản hết tiền"),
    code(3005, Server, WithBackoff, "the session was cancelled by an error of the server",
        "session bị hủy do lỗi phía server"),
    code(3006, Server, AfterChange, "a message is not valid: its type, its JSON or its content",
        "message không hợp lệ: sai kiểu, sai JSON hoặc sai nội dung"),
    code(3007, Server, AfterChange, "audio in pieces outside of 50 to 1000 ms, or faster than real time",
        "đoạn âm thanh nằm ngoài khoảng 50 đến 1000 ms, hoặc gửi nhanh hơn thời gian thực"),
    code(3008, Server, Yes, "the session reached its maximum duration",
        "session đã đạt thời lượng tối đa"),
    code(3009, Server, WithBackoff, "too many sessions at the same time", "quá nhiều session cùng lúc"),
];

pub(super) const DEEPGRAM: Product = Product {
    id: "deepgram",
    name: "Deepgram Streaming",
    recognise: &[Sign::Host("*.deepgram.com")],
    codes: DEEPGRAM_CODES,
    note: Some(Words::new(
        "The reason text begins with the error's name, such as NET-0001.",
        "Reason text bắt đầu bằng tên lỗi, ví dụ NET-0001.",
    )),
    source: "Deepgram documentation: WebSocket, NET and DATA errors",
};

#[rustfmt::skip]
const DEEPGRAM_CODES: &[AppCode] = &[
    code(1008, Server, AfterChange, "DATA-0000: the payload cannot be decoded as audio",
        "DATA-0000: không giải mã được payload thành âm thanh"),
    code(1011, Server, Yes, "NET-0000 or NET-0001: no audio came in time",
        "NET-0000 hoặc NET-0001: không nhận được âm thanh kịp lúc"),
];

pub(super) const OPENAI: Product = Product {
    id: "openai-realtime",
    name: "OpenAI Realtime",
    recognise: &[Sign::Host("api.openai.com"), Sign::Message("{\"type\":\"session.created\",*")],
    codes: OPENAI_CODES,
    note: Some(Words::new(
        "An error message with the code session_expired or another one comes before the Close.",
        "Ngay trước Close frame có một message error, ví dụ với code session_expired.",
    )),
    source: "close reasons in public issue reports (1001); openai/codex#13039 (1008)",
};

#[rustfmt::skip]
const OPENAI_CODES: &[AppCode] = &[
    code(1001, Server, Yes, "the session reached its maximum duration, 15 to 60 minutes by account and time",
        "session đã đạt thời lượng tối đa, từ 15 đến 60 phút tùy tài khoản và thời điểm"),
    code(1008, Server, AfterChange, "refused right after the handshake: credentials or quota",
        "bị từ chối ngay sau handshake: thông tin xác thực hoặc quota").unconfirmed(),
];
