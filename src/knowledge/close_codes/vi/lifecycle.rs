//! 1000, 1001, 1012, 1013, 1014.

use super::super::{Card, Texts};

pub(in super::super) const NORMAL: Texts = Texts {
    name: "đóng bình thường",
    shown_by_api: "Bên nhận báo 1000, và bên gửi cũng vậy sau khi nhận được Close frame đáp lại \
        (§7.1.5).",
    use_when: "kết nối đã làm xong việc của nó",
    card: Card {
        description: "Kết nối đã hoàn thành mục đích và kết thúc (RFC 6455 §7.4.1).",
        when_you_see_it: "Thường thì không có gì sai: một ứng dụng gọi close và bên kia trả lời, \
            thường bằng đúng code đó (§5.5.1). Nhưng một số stack cũng gửi 1000 khi bỏ cuộc: \
            client JavaScript của Phoenix và tornado sau khi lỡ một heartbeat, Cowboy khi idle \
            hoặc khi dừng, Bandit khi shutdown, uWebSockets khi kết nối đạt tuổi tối đa cho phép. \
            Hãy đọc reason text và xem khoảng im lặng trước Close frame rồi mới kết luận là kết \
            nối vẫn khỏe.",
        how_to_fix: &[
            "Nếu kết thúc đúng như dự kiến thì không cần làm gì, và đừng tính 1000 vào tỉ lệ lỗi.",
            "Nếu không, tìm xem bên nào gửi Close frame trước và kiểm tra những chỗ ứng dụng đó \
                gọi close.",
            "Reason nhắc tới heartbeat hoặc ping nghĩa là bên kia hoặc đường mạng đã im lặng.",
            "Nhiều kết nối có cùng tuổi hoặc cùng khoảng im lặng là dấu hiệu của timer, không phải \
                của người dùng.",
        ],
        reconnect: "Chỉ kết nối lại khi còn việc phải làm; nếu reason nhắc tới heartbeat thì xử lý \
            như 1006.",
    },
};

pub(in super::super) const GOING_AWAY: Texts = Texts {
    name: "rời đi",
    shown_by_api: "Bên nhận báo 1001; trang đã rời đi thì không còn API nào để báo.",
    use_when: "endpoint này sắp biến mất: process dừng hoặc người dùng rời trang",
    card: Card {
        description: "Endpoint rời đi: server ngừng hoạt động, hoặc trình duyệt chuyển sang trang \
            khác (RFC 6455 §7.4.1).",
        when_you_see_it: "Nếu trình duyệt gửi thì đó là tab bị đóng, được tải lại hoặc bị rời đi, \
            không phải lỗi của ai; khi đó Chromium kết thúc TCP ngay và reset những gì còn đến, \
            điều này bình thường. Nếu đến từ địa chỉ của server thì đó là shutdown, deploy, giới \
            hạn của nền tảng, hoặc idle timeout (Jetty). OkHttp gửi code này khi hàng đợi dữ liệu \
            chưa gửi của chính nó vượt giới hạn. Nhiều kết nối đóng cùng lúc nghĩa là server hoặc \
            proxy phía trước khởi động lại.",
        how_to_fix: &[
            "Từ client là trình duyệt: tính là kết thúc bình thường.",
            "Từ server: so thời điểm với các lần deploy, khởi động lại và scale.",
            "Nếu khoảng im lặng trước đó lần nào cũng bằng nhau, hãy ping thường xuyên hơn khoảng \
                đó hoặc tăng idle timeout.",
            "Khi cần khởi động lại, hãy drain kết nối từ từ và giãn thời điểm client quay lại.",
        ],
        reconnect: "Nếu client này còn chạy thì có: lần đầu sau một khoảng chờ ngẫu nhiên tối đa 5 \
            giây, các lần sau giãn dần (§7.2.3).",
    },
};

pub(in super::super) const SERVICE_RESTART: Texts = Texts {
    name: "dịch vụ khởi động lại",
    shown_by_api: "Bên nhận báo 1012; stack cũ trả lời bằng 1002 hoặc Close frame rỗng thay vì lặp \
        lại code.",
    use_when: "dịch vụ khởi động lại và client nên sớm quay lại, rải ra theo thời gian",
    card: Card {
        description: "Dịch vụ đang khởi động lại. Code này được đăng ký với IANA sau RFC 6455; RFC \
            dành 1000 đến 2999 cho các đặc tả về sau (§7.4.2).",
        when_you_see_it: "Server hoặc gateway phía trước chủ động khởi động lại, như Bandit và \
            uvicorn vẫn làm. Các kết nối khác tới cùng địa chỉ cũng kết thúc trong cùng một giây. \
            Nếu bên kia trả lời bằng 1002, hoặc đóng mà không có code, thì đó là stack cũ chưa \
            biết code này; câu trả lời đó là hệ quả chứ không phải nguyên nhân.",
        how_to_fix: &[
            "So thời điểm với các lần khởi động lại và deploy của server hoặc gateway.",
            "Khởi động lại rải rác: mỗi lần chỉ drain một phần kết nối.",
            "Nếu client từ chối 1012, hãy cập nhật client hoặc gửi 1001.",
        ],
        reconnect: "Có, sau một khoảng chờ ngẫu nhiên từ 5 đến 30 giây, đúng như khuyến nghị khi \
            đăng ký code.",
    },
};

pub(in super::super) const TRY_AGAIN_LATER: Texts = Texts {
    name: "hãy thử lại sau",
    shown_by_api: "Bên nhận báo 1013; stack cũ trả lời bằng 1002 hoặc Close frame rỗng thay vì lặp \
        lại code.",
    use_when: "server này quá tải và client nên tránh xa một thời gian",
    card: Card {
        description: "Dịch vụ đang quá tải. Code này được đăng ký với IANA sau RFC 6455; RFC dành \
            1000 đến 2999 cho các đặc tả về sau (§7.4.2).",
        when_you_see_it: "Server đang cắt bớt tải (load shedding), hoặc từ bỏ một client đọc quá \
            chậm. Hãy xem TCP window của bên nhận trước Close frame: window bằng không hoặc gần \
            bằng không nghĩa là client này đọc không đủ nhanh, còn lại thì vấn đề là năng lực phía \
            server.",
        how_to_fix: &[
            "Có zero window trước Close frame: cho client đọc nhanh hơn, hoặc gửi cho nó ít đi.",
            "Không có zero window: tăng năng lực, hoặc tìm xem thứ gì đang ngốn tài nguyên.",
            "Bảo đảm client có backoff; quay lại ngay lập tức sẽ khiến tình trạng quá tải kéo dài \
                mãi.",
        ],
        reconnect: "Muộn hơn bình thường, tới địa chỉ khác nếu dịch vụ có nhiều địa chỉ, hoặc khi \
            người dùng yêu cầu.",
    },
};

pub(in super::super) const BAD_GATEWAY: Texts = Texts {
    name: "gateway nhận phản hồi sai",
    shown_by_api: "Bên nhận báo 1014, hoặc từ chối nó: gorilla và wsproto không chấp nhận code này.",
    use_when: "gateway này nhận được phản hồi không hợp lệ từ server phía sau",
    card: Card {
        description: "Server đóng vai gateway hoặc proxy nhận được phản hồi không hợp lệ từ server \
            phía sau, tương tự HTTP 502. Code này được đăng ký với IANA sau RFC 6455 (§7.4.2).",
        when_you_see_it: "Kết nối tới client vẫn lành lặn; lỗi nằm giữa gateway và server phía \
            sau. Capture ở phía client không thể cho thấy lỗi đó. Nếu bên kia trả lời bằng 1002 \
            thì nó chưa biết code này; câu trả lời đó là hệ quả.",
        how_to_fix: &[
            "Xem log của gateway vào thời điểm đó để biết nó đang nói chuyện với server nào.",
            "Capture giữa gateway và server: nguyên nhân nằm ở chặng đó.",
            "Nếu client từ chối 1014, hãy gửi 1011 cho chúng.",
        ],
        reconnect: "Có, sau một khoảng chờ ngẫu nhiên và giãn dần qua mỗi lần (§7.2.3).",
    },
};
