//! 1005, 1006, 1015.

use super::super::{Card, Texts};

pub(in super::super) const NO_STATUS_RECEIVED: Texts = Texts {
    name: "không nhận được status code",
    shown_by_api: "API báo 1005 khi Close frame đầu tiên nó nhận được không có code (§7.1.5).",
    use_when: "hãy gửi Close frame không có body thay vào đó",
    card: Card {
        description: "Đã nhận được Close frame nhưng nó không chứa status code; API cần một con số \
            để nói điều đó. Bản thân con số này không được phép gửi đi (RFC 6455 §7.1.5, §7.4.1).",
        when_you_see_it: "Thường là do bên kia gọi close() không có tham số, như code chạy trong \
            trình duyệt hay làm. Close frame rỗng là hợp lệ (§5.5.1), và closing handshake đã hoàn \
            tất: đây không phải lỗi. Trong capture bạn thấy Close frame có payload 0 byte. Nếu \
            capture cho thấy Close frame mang chính code 1005 thì bên gửi đã vi phạm RFC, thường \
            vì truyền ngược code do API báo vào close().",
        how_to_fix: &[
            "Không cần làm gì, và đừng đặt cảnh báo cho 1005.",
            "Muốn biết vì sao bên kia đóng, hãy để họ truyền code và reason, ví dụ 1000.",
            "Nếu 1005 có trên đường truyền, đừng chép code nhận được vào lời gọi close của chính \
                bạn nữa.",
        ],
        reconnect: "Như sau 1000: chỉ khi còn việc phải làm.",
    },
};

pub(in super::super) const ABNORMAL_CLOSURE: Texts = Texts {
    name: "đóng bất thường",
    shown_by_api: "API báo 1006 khi nó không nhận được Close frame, và thường cả khi chính phía nó \
        hủy kết nối.",
    use_when: "API tự báo code này khi kết nối kết thúc mà không có Close frame",
    card: Card {
        description: "Kết nối kết thúc mà không nhận được Close frame. Đây là thứ API báo thay cho \
            một code và không được phép gửi đi (RFC 6455 §7.1.5, §7.4.1).",
        when_you_see_it: "Code này không bao giờ đi trên đường truyền, nên chỉ nhìn log của API thì \
            không giải thích được; capture thì có thể. TCP có thể đã kết thúc bằng FIN hoặc RST mà \
            không có Close frame (crash, timeout của proxy, handler đã return), đường mạng có thể \
            đã chết, hoặc handshake thất bại: trình duyệt đều báo 1006 cho tất cả những trường hợp \
            đó. Nhiều khi nó che giấu một lỗi giao thức: endpoint từ chối một frame thường tự báo \
            1006, trong khi Close frame nó gửi ra đường truyền ghi 1002, 1007 hoặc 1009.",
        how_to_fix: &[
            "Capture rồi tìm Close frame ở từng chiều: Close frame mang 1002, 1007 hoặc 1009 mới là \
                nguyên nhân thật.",
            "Không có Close frame nào: xem ai gửi FIN hoặc RST trước, và trước đó đường truyền im \
                lặng bao lâu.",
            "Lần nào cũng cùng khoảng im lặng hoặc cùng tuổi kết nối thì đó là timer: hãy ping \
                thường xuyên hơn, hoặc tăng giới hạn của proxy.",
            "Không có response 101: hãy đọc HTTP status; đây là handshake thất bại, không phải kết \
                nối bị đứt.",
            "Nếu chính 1006 nằm trong Close frame thì bên gửi đã chép code của API vào close().",
        ],
        reconnect: "Có: lần đầu sau một khoảng chờ ngẫu nhiên tối đa 5 giây, các lần sau giãn dần \
            (§7.2.3).",
    },
};

pub(in super::super) const TLS_HANDSHAKE: Texts = Texts {
    name: "lỗi TLS handshake",
    shown_by_api: "Một số thư viện báo 1015; trình duyệt báo 1006 cho cùng lỗi đó.",
    use_when: "API có thể tự báo code này khi TLS thất bại",
    card: Card {
        description: "TLS handshake thất bại, ví dụ vì không xác minh được certificate. Code này \
            chỉ để API báo và không được phép gửi đi (RFC 6455 §7.4.1).",
        when_you_see_it: "Chưa từng có WebSocket nào. Capture cho thấy TLS alert hoặc reset trước \
            khi có dữ liệu ứng dụng; bên gửi alert là bên đã từ chối đề nghị của bên kia. Gửi HTTP \
            không mã hóa vào cổng TLS cũng kết thúc như vậy. Trình duyệt giấu lỗi này sau 1006.",
        how_to_fix: &[
            "Đọc TLS alert: hết hạn, không rõ nơi cấp, sai tên, không có phiên bản chung.",
            "Đối chiếu chuỗi certificate và tên trong đó với tên mà client yêu cầu.",
            "Kiểm tra wss có đi vào cổng TLS, và ws có đi vào cổng không mã hóa hay không.",
        ],
        reconnect: "Không, cho tới khi certificate hoặc cấu hình được thay đổi.",
    },
};
