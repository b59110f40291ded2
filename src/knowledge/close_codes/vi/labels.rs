//! Những cụm từ ngắn: ai được gửi, thường do lỗi của ai, có kết nối lại không, con số trông giống gì.

use super::super::super::close_code::{Disguise, WhoMaySend};
use super::super::{Retry, UsualFault};

pub(in crate::knowledge) fn who_may_send(who: WhoMaySend) -> &'static str {
    match who {
        WhoMaySend::Both => "client hoặc server",
        WhoMaySend::ClientOnly => "chỉ client",
        WhoMaySend::GatewayOrServer => "server, hoặc gateway đứng trước nó",
        WhoMaySend::Nobody => "không ai",
    }
}

pub(in crate::knowledge) fn usual_fault(fault: UsualFault) -> &'static str {
    match fault {
        UsualFault::Nobody => "không ai",
        UsualFault::Sender => "endpoint đã gửi nó",
        UsualFault::PeerOfSender => "bên đối diện với endpoint đã gửi nó",
        UsualFault::Limit => "không ai theo RFC: kích thước của một bên vượt giới hạn của bên kia",
        UsualFault::Application => "ứng dụng: thông tin xác thực, quy định hoặc tần suất của nó",
        UsualFault::Operator => "đơn vị vận hành dịch vụ hoặc gateway phía trước",
        UsualFault::Undecided => {
            "chưa xác định: một endpoint, đường mạng, hoặc một lỗi giao thức bị che giấu"
        }
    }
}

pub(in crate::knowledge) fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::IfNeeded => "chỉ khi còn việc phải làm",
        Retry::WithBackoff => "có, sau khoảng chờ ngẫu nhiên và kèm backoff",
        Retry::Later => "có, nhưng muộn hơn bình thường",
        Retry::AfterFix => "không, cho tới khi nguyên nhân được sửa",
        Retry::AsAgreed => "theo giao thức riêng của ứng dụng",
    }
}

pub(in crate::knowledge) fn disguise(disguise: Disguise) -> String {
    match disguise {
        Disguise::ByteSwapped(meant) => format!(
            "{meant} ({}) bị đảo hai byte: bên gửi ghi code theo little-endian, còn RFC 6455 \
             §5.5.1 yêu cầu network byte order",
            meant.name()
        ),
        Disguise::AsciiDigits([tens, ones]) => format!(
            "hai ký tự \"{}{}\": bên gửi ghi code dưới dạng văn bản, còn RFC 6455 §5.5.1 yêu cầu \
             số nguyên hai byte",
            char::from(tens),
            char::from(ones)
        ),
        Disguise::HttpStatus(status) => format!(
            "HTTP status {status}: HTTP status không phải close code, code hợp lệ gần nhất là một \
             private code như {}",
            4000 + u32::from(status)
        ),
        Disguise::NegativeNumber(number) => format!(
            "{number} bị ép vào 16 bit: giá trị nội bộ mà thư viện dùng để biểu thị \"không có \
             code\" đã bị gửi đi"
        ),
    }
}
