//! 1002, 1003, 1007 đến 1011.

use super::super::{Card, Texts};

pub(in super::super) const PROTOCOL_ERROR: Texts = Texts {
    name: "lỗi giao thức",
    shown_by_api: "Bên nhận báo 1002; bên gửi tự hủy kết nối nên thường báo 1006.",
    use_when: "frame của bên kia vi phạm RFC 6455 và không có code nào về nội dung phù hợp hơn",
    card: Card {
        description: "Endpoint kết thúc kết nối vì lỗi giao thức (RFC 6455 §7.4.1).",
        when_you_see_it: "Hãy xem bên kia đã gửi gì: bên gửi 1002 thường là bên nhận phải frame \
            sai, tức là nạn nhân chứ không phải thủ phạm. API của thủ phạm báo 1002, còn API của \
            chính nạn nhân thường báo 1006. Nhiều khi những byte sai hoàn toàn không phải frame mà \
            là HTTP, HTML hoặc JSON do proxy hay một handler thứ hai ghi vào stream. Các ngoại lệ \
            mà bên gửi chính là nguyên nhân: Bandit đóng kết nối idle bằng 1002, một số ứng dụng \
            dùng nó khi thiếu subprotocol hoặc đăng nhập thất bại, và stack cũ dùng nó để trả lời \
            1012, 1013 và 1014. Chromium còn dùng nó cho UTF-8 không hợp lệ và cho dữ liệu nén bị \
            hỏng.",
        how_to_fix: &[
            "Tìm frame đầu tiên của bên kia vi phạm quy tắc, trong số những frame nhận được trước \
                Close frame.",
            "Đối chiếu reason text: nhiều thư viện ghi tên quy tắc ở đó.",
            "Nếu những byte sai là văn bản đọc được, hãy tìm proxy hoặc handler thứ hai đang dùng \
                socket đã upgrade.",
            "Nếu bit RSV1 được bật, so sánh Sec-WebSocket-Extensions trên từng chặng; tắt nén để \
                xác nhận.",
            "Nếu mọi thứ nhận được đều hợp lệ, so sánh capture ở cả hai phía và nghi ngờ bên gửi \
                1002.",
        ],
        reconnect: "Không, cho tới khi nguyên nhân được sửa: có thể chạy được một lúc, rồi cùng \
            frame đó sẽ lại hỏng. Trong lúc chờ hãy dùng backoff (§7.2.3).",
    },
};

pub(in super::super) const UNSUPPORTED_DATA: Texts = Texts {
    name: "kiểu dữ liệu không được hỗ trợ",
    shown_by_api: "Bên nhận báo 1003, và bên gửi cũng vậy sau khi nhận được Close frame đáp lại \
        (§7.1.5).",
    use_when: "message có kiểu, text hoặc binary, mà endpoint này không nhận",
    card: Card {
        description: "Endpoint nhận được kiểu dữ liệu mà nó không thể chấp nhận, ví dụ message \
            binary trong khi nó chỉ nhận text (RFC 6455 §7.4.1).",
        when_you_see_it: "Message cuối cùng của bên kia trước Close frame có opcode khác với những \
            message được nhận suôn sẻ trước đó. Các frame đều hợp lệ; chỉ là hai ứng dụng không thống \
            nhất với nhau. Một số ứng dụng dùng 1003 cho mọi message mà chúng không parse được, và \
            websocket-driver (faye, Action Cable) gửi code này khi được cấu hình bắt buộc mask mà \
            frame lại không có mask.",
        how_to_fix: &[
            "So opcode của message dữ liệu cuối cùng với các message trước: 0x1 là text, 0x2 là \
                binary.",
            "Gửi đúng kiểu mà tài liệu của bên nhận yêu cầu; trong JavaScript, string là text còn \
                buffer là binary.",
            "Với nội dung không parse được, nên cho bên nhận gửi một private code thay vào đó.",
        ],
        reconnect: "Không, nếu vẫn gửi message cũ: kết cục sẽ y như vậy.",
    },
};

pub(in super::super) const INVALID_PAYLOAD: Texts = Texts {
    name: "payload không hợp lệ",
    shown_by_api: "Bên nhận báo 1007; bên gửi tự hủy kết nối nên thường báo 1006.",
    use_when: "nội dung message không khớp với kiểu của nó, như text không phải UTF-8",
    card: Card {
        description: "Nội dung của message không khớp với kiểu của message, ví dụ message text \
            không phải UTF-8 (RFC 6455 §7.4.1; kết nối như vậy bắt buộc phải bị hủy, §8.1).",
        when_you_see_it: "Bên kia mới là bên gửi message sai; bên gửi 1007 chỉ từ chối nó. Hoặc \
            message text không phải UTF-8 (byte theo bảng mã cũ, một ký tự bị cắt đôi, dữ liệu \
            binary mang opcode text), hoặc dữ liệu nén không giải nén được: ws, undici và wsproto \
            cũng dùng 1007 cho trường hợp này. Ranh giới fragment được phép cắt giữa một ký tự, \
            nhưng trọn message thì không.",
        how_to_fix: &[
            "Tìm offset của byte sai đầu tiên; nếu offset nằm ở tận cuối thì text đã bị cắt theo \
                số byte.",
            "Những byte không phải văn bản thì gửi bằng message binary.",
            "Mã hóa văn bản thành UTF-8 ngay tại nguồn; đừng bao giờ cắt văn bản đã mã hóa theo số \
                byte.",
            "Nếu message được nén, hãy tắt nén: nếu hết 1007 thì lỗi nằm ở bước giải nén.",
        ],
        reconnect: "Không, nếu vẫn gửi message cũ: kết cục sẽ y như vậy.",
    },
};

pub(in super::super) const POLICY_VIOLATION: Texts = Texts {
    name: "vi phạm chính sách",
    shown_by_api: "Bên nhận báo 1008, và bên gửi cũng vậy sau khi nhận được Close frame đáp lại \
        (§7.1.5).",
    use_when: "message trái với quy định của endpoint này mà không code nào khác phù hợp, hoặc \
        không muốn tiết lộ quy định đó",
    card: Card {
        description: "Message trái với chính sách của endpoint. RFC dành code này cho những gì \
            không code nào khác diễn tả được, hoặc để giấu chi tiết (RFC 6455 §7.4.1).",
        when_you_see_it: "Chính sách của ứng dụng hoặc nền tảng: thiếu đăng nhập hoặc đăng nhập \
            hết hạn, origin không được phép, rate limit. Các frame thường không có lỗi. Trong vòng \
            hai giây sau handshake thì phần lớn là do xác thực; muộn hơn thì hãy xem message cuối \
            cùng trước Close frame. Một số thư viện tự dùng code này: ws khi message có quá nhiều \
            fragment, Jetty khi handler phía client ném exception.",
        how_to_fix: &[
            "Đọc reason text và message cuối cùng trước Close frame.",
            "Ngay sau handshake: kiểm tra token, cookie và Origin.",
            "Sau khi gửi dồn dập: gửi chậm lại hoặc gộp message.",
            "Nếu server là của bạn, hãy gửi một private code để client biết phải làm gì.",
        ],
        reconnect: "Không, nếu chưa thay đổi gì, ví dụ lấy token mới; kèm backoff nếu là do rate \
            limit.",
    },
};

pub(in super::super) const MESSAGE_TOO_BIG: Texts = Texts {
    name: "message quá lớn",
    shown_by_api: "Bên nhận báo 1009; bên gửi tự hủy kết nối nên thường báo 1006.",
    use_when: "message lớn hơn mức endpoint này xử lý được",
    card: Card {
        description: "Message quá lớn đối với endpoint nhận nó (RFC 6455 §7.4.1).",
        when_you_see_it: "Bên gửi 1009 có một giới hạn và message của bên kia vượt giới hạn đó; \
            không bên nào vi phạm RFC. Giới hạn cũng có thể là của proxy ở giữa. Giới hạn nằm giữa \
            kích thước message lớn nhất đã đi qua và message bị từ chối; nếu có nén thì có thể \
            tính theo kích thước sau giải nén. Một số stack (uWebSockets, tungstenite) chỉ kết \
            thúc TCP, khi đó sẽ thấy 1006. Trường length vô lý cũng có thể bị trả lời bằng 1009.",
        how_to_fix: &[
            "So message bị từ chối với giới hạn của bên nhận; giá trị mặc định nhỏ nhất là 8 KiB \
                (Tomcat) và 16 KiB (uWebSockets).",
            "Tăng giới hạn ở bên nhận, và ở mọi proxy cùng framework trên đường đi.",
            "Hoặc chia nội dung thành nhiều message; chia một message thành nhiều fragment thì \
                không ích gì.",
            "Đừng bao giờ gửi lại đúng message đó khi chưa thay đổi gì.",
        ],
        reconnect: "Không gửi lại cùng message đó: kết quả sẽ như cũ, và client cứ lặp lại nó sẽ tạo \
            ra bão reconnect.",
    },
};

pub(in super::super) const MANDATORY_EXTENSION: Texts = Texts {
    name: "thiếu extension bắt buộc",
    shown_by_api: "Server báo 1010, và client cũng vậy sau khi nhận được Close frame đáp lại \
        (§7.1.5).",
    use_when: "client này không thể hoạt động nếu thiếu một extension mà server đã bỏ qua trong \
        handshake",
    card: Card {
        description: "Client cần một extension mà server không chấp nhận trong handshake. Các \
            extension cần thiết nên được ghi trong reason text. Server không dùng code này, vì nó \
            có thể từ chối ngay ở handshake (RFC 6455 §7.4.1).",
        when_you_see_it: "Nếu từ client: so sánh Sec-WebSocket-Extensions trong request và trong \
            response 101; chính sách của server hoặc một proxy đã bỏ đi thứ mà client nhất định \
            cần. Nếu từ server: server vi phạm RFC, dù nó phàn nàn điều gì.",
        how_to_fix: &[
            "Đọc reason text để biết thiếu extension nào.",
            "Bật extension đó trên server, và bảo đảm không proxy nào xóa header này ở cả hai \
                chiều.",
            "Hoặc cho client hoạt động mà không cần nó.",
        ],
        reconnect: "Không, cho tới khi server, proxy hoặc client được thay đổi: handshake sẽ lại \
            kết thúc như cũ.",
    },
};

pub(in super::super) const INTERNAL_ERROR: Texts = Texts {
    name: "lỗi nội bộ",
    shown_by_api: "Bên nhận báo 1011, và bên gửi cũng vậy sau khi nhận được Close frame đáp lại \
        (§7.1.5).",
    use_when: "endpoint này gặp sự cố mà nó không lường trước",
    card: Card {
        description: "Endpoint gặp tình huống không lường trước và không thể tiếp tục. RFC chỉ nói \
            tới server; erratum 3227 mở rộng cho mọi endpoint (RFC 6455 §7.4.1).",
        when_you_see_it: "Thường là exception không được bắt trong ứng dụng của bên gửi, do message \
            cuối cùng nó nhận được gây ra. Một ngoại lệ: reason \"keepalive ping timeout\" đến từ \
            thư viện websockets của Python, và ở đây bên gửi chính là bên đã chờ. Nếu TCP đã \
            acknowledge gói ping của nó thì chương trình của bên kia bị treo; nếu không thì đường \
            mạng đã chết.",
        how_to_fix: &[
            "Xem log của bên gửi vào thời điểm đó, và message cuối cùng nó nhận được.",
            "Nếu reason là keepalive: đưa công việc blocking ra khỏi event loop của bên kia, hoặc \
                cho thêm thời gian chờ pong.",
            "Cho ứng dụng bắt lỗi và đóng bằng một code nói rõ hơn.",
        ],
        reconnect: "Có, sau một khoảng chờ ngẫu nhiên và giãn dần qua mỗi lần (§7.2.3).",
    },
};
