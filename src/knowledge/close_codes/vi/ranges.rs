//! Các khoảng code, và những code đã đăng ký nằm trong đó.

use super::super::{Card, Texts};

pub(in super::super) const UNUSED: Texts = Texts {
    name: "không dùng",
    shown_by_api: "Bên nhận nghiêm ngặt trả lời 1002 và báo 1006; Chromium chấp nhận con số này và \
        báo lại nó.",
    use_when: "code bắt đầu từ 1000",
    card: Card {
        description: "Các số dưới 1000 không được dùng làm close code (RFC 6455 §7.4.2).",
        when_you_see_it: "Bên gửi Close frame có bug. Thường là HTTP status như 401 bị truyền làm \
            close code, hoặc biến chưa gán bị gửi thành 0. Code 1002 mà bên kia trả lời chỉ là hệ \
            quả.",
        how_to_fix: &[
            "Sửa bên gửi: dùng 1000 khi kết thúc bình thường, dùng private code như 4401 cho ý \
                nghĩa riêng của bạn.",
            "Muốn không có code thì gửi Close frame không có body (§5.5.1), đừng gửi số 0.",
        ],
        reconnect: "Tùy ý định của bên gửi; hãy hỏi tác giả của nó, vì con số không nói lên gì.",
    },
};

pub(in super::super) const RESERVED_1004: Texts = Texts {
    name: "để dành",
    shown_by_api: "Bên nhận nghiêm ngặt trả lời 1002 và báo 1006; Chromium chấp nhận con số này và \
        báo lại nó.",
    use_when: "nó không có ý nghĩa, code cho message quá lớn là 1009",
    card: Card {
        description: "Được để dành; ý nghĩa có thể được định nghĩa trong tương lai nhưng tới nay \
            chưa có (RFC 6455 §7.4.1).",
        when_you_see_it: "Bên gửi Close frame có bug, hoặc theo một bản draft cũ trong đó 1004 \
            nghĩa là frame quá lớn. Code 1002 mà bên kia trả lời chỉ là hệ quả.",
        how_to_fix: &[
            "Nếu muốn nói về kích thước, hãy gửi 1009.",
            "Cập nhật thư viện của bên gửi nếu nó theo bản draft có trước RFC 6455.",
        ],
        reconnect: "Như sau 1009 nếu bên gửi theo bản draft: đừng gửi lại message cũ.",
    },
};

pub(in super::super) const UNASSIGNED: Texts = Texts {
    name: "chưa cấp phát",
    shown_by_api: "Bên nhận nghiêm ngặt trả lời 1002 và báo 1006; Chromium chấp nhận con số này và \
        báo lại nó.",
    use_when: "khoảng này dành cho giao thức, hãy lấy private code từ 4000 trở lên",
    card: Card {
        description: "Dành cho giao thức, các bản sửa đổi và extension của nó; chưa ai được cấp số \
            nào trong khoảng này (RFC 6455 §7.4.2).",
        when_you_see_it: "Hoặc ứng dụng tự chọn code ở khoảng sai, hoặc hai byte này không phải \
            code: chúng là phần đầu của dữ liệu khác, do hai luồng ghi trộn byte vào nhau hoặc \
            stream đã mất ranh giới frame. Hãy xem các frame trước đó. Code 1002 mà bên kia trả \
            lời chỉ là hệ quả.",
        how_to_fix: &[
            "Nếu code do ai đó chọn, hãy chuyển nó sang 4000 đến 4999.",
            "Nếu không ai chọn nó, hãy tìm hai luồng cùng ghi vào một socket và tìm vi phạm xảy ra \
                trước đó.",
        ],
        reconnect: "Tùy ý định của bên gửi; hãy hỏi tác giả của nó, vì con số không nói lên gì.",
    },
};

pub(in super::super) const UNAUTHORIZED: Texts = Texts {
    name: "chưa xác thực",
    shown_by_api: "Bên nhận báo 3000; uWebSockets coi code này là không hợp lệ và trả lời bằng \
        Close frame rỗng.",
    use_when: "client chưa chứng minh được nó là ai",
    card: Card {
        description: "Endpoint yêu cầu thông tin xác thực nhưng bị thiếu hoặc không được chấp \
            nhận, giống HTTP 401. Đã đăng ký với IANA; RFC 6455 để ngỏ ý nghĩa của các code này \
            (§7.4.2).",
        when_you_see_it: "Ứng dụng phía server từ chối đăng nhập. Các frame không có lỗi. Close \
            frame đến trong vài giây sau handshake là lần kiểm tra đầu tiên; đến muộn hơn thì \
            thường là token hết hạn.",
        how_to_fix: &[
            "Kiểm tra token: có gửi, chưa hết hạn, đúng dịch vụ này.",
            "Bảo đảm không proxy nào xóa header, cookie hoặc query mang token.",
            "Gia hạn token trước khi nó hết hạn, và cho client làm việc đó trước khi kết nối lại.",
        ],
        reconnect: "Chỉ khi có thông tin xác thực mới.",
    },
};

pub(in super::super) const FORBIDDEN: Texts = Texts {
    name: "không có quyền",
    shown_by_api: "Bên nhận báo 3003; uWebSockets coi code này là không hợp lệ và trả lời bằng \
        Close frame rỗng.",
    use_when: "đã biết client là ai và nó không được làm việc này",
    card: Card {
        description: "Endpoint biết ai đang yêu cầu và từ chối, giống HTTP 403. Đã đăng ký với \
            IANA; RFC 6455 để ngỏ ý nghĩa của các code này (§7.4.2).",
        when_you_see_it: "Ứng dụng phía server không cho quyền kết nối hoặc quyền làm điều mà \
            message cuối cùng yêu cầu. Các frame không có lỗi.",
        how_to_fix: &[
            "Kiểm tra quyền của tài khoản này đối với điều mà message cuối cùng yêu cầu.",
            "Kiểm tra danh sách origin và địa chỉ được phép.",
        ],
        reconnect: "Không, cho tới khi quyền được thay đổi; xác thực lại bằng cùng tài khoản không \
            ích gì.",
    },
};

pub(in super::super) const TIMEOUT: Texts = Texts {
    name: "quá thời gian chờ",
    shown_by_api: "Bên nhận báo 3008; uWebSockets coi code này là không hợp lệ và trả lời bằng \
        Close frame rỗng.",
    use_when: "bên kia không kịp làm điều nó phải làm",
    card: Card {
        description: "Bên kia mất quá nhiều thời gian, giống HTTP 408. Đã đăng ký với IANA; RFC \
            6455 để ngỏ ý nghĩa của các code này (§7.4.2).",
        when_you_see_it: "Một timer trong ứng dụng của bên gửi đã hết: chờ đăng nhập, chờ trả lời, \
            hoặc cả session (AssemblyAI báo 3008 khi session hết hạn). So khoảng thời gian từ \
            handshake với khoảng thời gian từ message cuối của bên kia; khoảng nào là số tròn thì \
            đó là timer.",
        how_to_fix: &[
            "Tìm xem đại lượng nào không đổi qua nhiều kết nối: tuổi, hay khoảng im lặng.",
            "Làm kịp điều mà dịch vụ chờ đợi, hoặc tăng giới hạn của nó.",
            "Nếu là giới hạn của session, hãy kết nối lại trước khi chạm giới hạn.",
        ],
        reconnect: "Có, sau một khoảng chờ ngẫu nhiên và giãn dần qua mỗi lần (§7.2.3).",
    },
};

pub(in super::super) const REGISTERED: Texts = Texts {
    name: "thư viện hoặc framework",
    shown_by_api: "Bên nhận báo đúng code đó; uWebSockets coi là không hợp lệ và trả lời bằng Close \
        frame rỗng.",
    use_when: "một thư viện hoặc framework đã đăng ký nó với ý nghĩa này",
    card: Card {
        description: "Dành cho thư viện, framework và ứng dụng, phải đăng ký với IANA; giao thức \
            không gán ý nghĩa cho nó (RFC 6455 §7.4.2).",
        when_you_see_it: "Một thư viện hoặc dịch vụ chủ động đóng. Tài liệu của nó và reason text \
            cho biết vì sao; các frame thường không có lỗi. Nhiều code loại này được dùng mà chưa \
            hề đăng ký.",
        how_to_fix: &[
            "Tra code trong tài liệu của thư viện hoặc dịch vụ đã gửi nó.",
            "Đọc reason text và message cuối cùng trước Close frame.",
            "Với code của riêng bạn, hãy dùng 4000 đến 4999, không cần đăng ký.",
        ],
        reconnect: "Theo quy định của thư viện hoặc dịch vụ đó; nếu nó không nói gì thì kèm backoff \
            (§7.2.3).",
    },
};

pub(in super::super) const PRIVATE: Texts = Texts {
    name: "dùng riêng",
    shown_by_api: "Bên nhận báo đúng code đó, và bên gửi cũng vậy nếu code được lặp lại (§5.5.1, \
        §7.1.5).",
    use_when: "cả hai ứng dụng đã thống nhất ý nghĩa của nó",
    card: Card {
        description: "Dùng riêng theo thỏa thuận giữa các ứng dụng; không thể đăng ký (RFC 6455 \
            §7.4.2).",
        when_you_see_it: "Ứng dụng phía bên gửi chủ động đóng. Cùng một con số có ý nghĩa khác nhau \
            trong các sản phẩm khác nhau, nên trước hết hãy nhận diện sản phẩm: qua subprotocol, \
            host hoặc path. Nhiều sản phẩm dựa theo HTTP: 4401 cho đăng nhập, 4403 cho quyền, 4429 \
            cho tần suất.",
        how_to_fix: &[
            "Nhận diện sản phẩm qua Sec-WebSocket-Protocol, host hoặc path, rồi tra code ở đó.",
            "Đọc reason text và message cuối cùng trước Close frame.",
            "Ngay sau handshake thì phần lớn là do xác thực.",
        ],
        reconnect: "Theo quy định của sản phẩm: nhiều code loại này nghĩa là \"đừng quay lại\".",
    },
};

pub(in super::super) const OUT_OF_RANGE: Texts = Texts {
    name: "ngoài phạm vi",
    shown_by_api: "Bên nhận nghiêm ngặt trả lời 1002 và báo 1006; Chromium và aiohttp chấp nhận con \
        số này.",
    use_when: "code kết thúc ở 4999",
    card: Card {
        description: "Vượt quá khoảng cuối cùng mà giao thức định nghĩa, khoảng đó kết thúc ở 4999 \
            (RFC 6455 §7.4.2).",
        when_you_see_it: "Bên gửi Close frame có bug. Thường là hai byte bị đảo thứ tự (59395 là \
            1000 bị đảo byte), hoặc code được ghi dưới dạng văn bản (12592 là \"10\"), hoặc reason \
            được gửi mà không có code đứng trước. Code 1002 mà bên kia trả lời chỉ là hệ quả.",
        how_to_fix: &[
            "Ghi code thành hai byte theo network byte order đứng trước reason (§5.5.1).",
            "Cập nhật thư viện của bên gửi hoặc báo lỗi cho tác giả: thư viện đúng không để lọt \
                code như vậy.",
        ],
        reconnect: "Tùy ý định của bên gửi; hãy đảo ngược lỗi này để biết code thật.",
    },
};
