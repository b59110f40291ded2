//! Which of two codes to send, in Vietnamese: row for row the table of the English advice.

use super::confused::{Confused, PAIRS, confused, confused_ranges};

pub(in crate::knowledge) static CONFUSED: [Confused; PAIRS] = [
    confused(
        1000,
        1001,
        "Gửi 1000 khi công việc đã xong và cả hai bên đều biết sắp kết thúc. Gửi 1001 khi kết thúc \
        vì lý do khác chứ không phải vì xong việc: process dừng, người dùng rời trang. Sau 1000 \
        client không cần quay lại; sau 1001 từ server thì nên quay lại (§7.4.1).",
    ),
    confused(
        1000,
        1005,
        "Cả hai đều là kết thúc sạch; khác nhau ở chỗ 1000 được ghi trong Close frame, còn 1005 là \
        cách nói rằng Close frame không có code (§7.1.5). Gửi 1000 nếu muốn log phân biệt được kết \
        thúc có chủ ý với một lời gọi close() trống.",
    ),
    confused(
        1000,
        1006,
        "1000 là bằng chứng của kết thúc sạch, 1006 là sự vắng mặt của bằng chứng đó. Gửi 1000 và \
        chờ Close frame của bên kia rồi mới kết thúc TCP (§5.5.1); process chỉ bỏ socket sẽ khiến \
        bên kia thấy 1006, dù kết thúc có bình thường đến đâu.",
    ),
    confused(
        1000,
        1002,
        "Gửi 1000 khi không ai cần điều tra về kết thúc này. Chỉ gửi 1002 cho frame vi phạm RFC \
        6455, để bên đã gửi chúng biết. Idle timeout hay đăng nhập thất bại không phải lỗi giao \
        thức.",
    ),
    confused(
        1000,
        1011,
        "Chỉ gửi 1000 sau khi thành công. Sau exception hãy gửi 1011, nếu không client sẽ tưởng \
        công việc dở dang là đã xong.",
    ),
    confused(
        1001,
        1005,
        "Tab trình duyệt bị đóng gửi 1001; script gọi close() không có tham số gửi Close frame \
        rỗng, hiện ra thành 1005. Cả hai đều không phải lỗi.",
    ),
    confused(
        1001,
        1006,
        "Server sắp dừng nên gửi 1001 trên mọi kết nối trước khi kết thúc TCP; nếu không, client \
        thấy 1006 và không phân biệt được deploy với crash. Trong trình duyệt, rời trang có thể \
        hiện ra thành code nào cũng được, tùy Close frame có kịp gửi đi hay không.",
    ),
    confused(
        1001,
        1011,
        "Gửi 1001 khi process dừng theo kế hoạch, 1011 khi nó gặp sự cố. Sau cả hai \
        code, client đều có thể quay lại, nhưng chỉ 1011 mới cần xem log.",
    ),
    confused(
        1001,
        1012,
        "Cả hai đều hợp với server sắp dừng. Gửi 1012 nếu nó hoạt động lại ngay và client nên sớm \
        quay lại, rải ra theo thời gian; gửi 1001 nếu nó không hoạt động lại ở đây, hoặc nếu client \
        quá cũ để biết 1012, code mà IANA đăng ký sau RFC.",
    ),
    confused(
        1002,
        1003,
        "Gửi 1002 khi bản thân frame sai: bit, opcode, length, mask, fragmentation. Gửi 1003 khi \
        frame đúng nhưng kiểu của nó, text hoặc binary, không được nhận ở đây (§7.4.1).",
    ),
    confused(
        1002,
        1005,
        "1002 đòi hỏi điều tra: có frame nào đó bị từ chối. 1005 thì không: Close frame không có \
        code là hợp lệ và thường chỉ là một lời gọi close() trống (§5.5.1). Endpoint phát hiện vi \
        phạm nên gửi 1002 chứ không gửi Close frame rỗng.",
    ),
    confused(
        1002,
        1006,
        "Chúng thường là hai đầu của cùng một sự việc: endpoint từ chối frame đã gửi 1002 ra đường \
        truyền và tự báo 1006, còn bên kia báo 1002. Hãy tìm Close frame mang 1002 trong capture \
        trước khi gọi 1006 là sự cố mạng. Chỉ 1002 mới được gửi.",
    ),
    confused(
        1002,
        1007,
        "Gửi 1002 khi cấu trúc frame sai, 1007 khi cấu trúc frame đúng nhưng nội dung sai, nhất là \
        text không phải UTF-8 (§8.1). Các stack không giống nhau: Chromium trả lời UTF-8 sai bằng \
        1002, còn dữ liệu nén hỏng thì gặp cả hai.",
    ),
    confused(
        1003,
        1007,
        "Gửi 1003 nếu bạn sẽ từ chối mọi message thuộc kiểu đó, 1007 nếu kiểu thì được nhận nhưng \
        nội dung này không khớp, như text không phải UTF-8 (§7.4.1).",
    ),
    confused(
        1003,
        1009,
        "Gửi 1003 cho message sai kiểu, 1009 cho message quá lớn; chia nhỏ nội dung chỉ có ích sau \
        1009.",
    ),
    confused(
        1005,
        1006,
        "Không code nào trong hai code được phép gửi; API tự báo chúng. 1005: có Close frame nhưng \
        không có code, và mọi thứ đều ổn. 1006: không có Close frame nào, và có gì đó đã \
        làm kết nối kết thúc sớm (§7.1.5). Nếu cần đặt cảnh báo thì đặt cho 1006.",
    ),
    confused(
        1006,
        1011,
        "1011 là sự cố tự nói ra, 1006 là sự cố im lặng. Server bắt được exception nên gửi 1011 \
        trước khi kết thúc TCP; crash thì chỉ để lại 1006 cho client. Chỉ 1011 mới được gửi.",
    ),
    confused(
        1006,
        1009,
        "Một số stack gửi 1009 cho message vượt giới hạn của chúng, số khác chỉ kết thúc TCP và \
        hiện ra thành 1006. Nếu 1006 luôn theo sau một message lớn, hãy so kích thước của nó với \
        giới hạn của bên nhận. Chỉ 1009 mới được gửi.",
    ),
    confused(
        1006,
        1015,
        "Không code nào trong hai code được phép gửi. 1015 có nghĩa hẹp hơn, chỉ dành cho TLS \
        handshake thất bại; trình duyệt không bao giờ dùng nó mà vẫn báo 1006, nên khi gặp 1006 không kèm HTTP \
        response thì hãy tìm TLS alert (§7.4.1).",
    ),
    confused(
        1002,
        1008,
        "Gửi 1002 khi RFC 6455 cấm điều bên kia đã gửi, 1008 khi chỉ quy định của riêng bạn cấm: \
        đăng nhập, origin, tần suất (§7.4.1). Sau 1002 phải sửa thư viện, sau 1008 phải sửa cấu \
        hình hoặc thông tin xác thực.",
    ),
    confused(
        1003,
        1008,
        "Gửi 1003 khi vấn đề là kiểu của message; 1008 dành cho những quy định mà không code nào \
        khác diễn tả (§7.4.1).",
    ),
    confused(
        1007,
        1008,
        "Gửi 1007 khi nội dung không khớp với kiểu của message, 1008 khi nội dung đúng dạng nhưng \
        trái quy định của bạn (§7.4.1).",
    ),
    confused(
        1008,
        1009,
        "Gửi 1009 khi vấn đề là kích thước, để bên kia biết cần thay đổi gì; 1008 dành cho những \
        quy định mà không code nào khác diễn tả (§7.4.1).",
    ),
    confused(
        1008,
        1011,
        "Gửi 1008 khi bạn chủ động từ chối, 1011 khi bạn muốn phục vụ mà không được. Sau 1008 \
        client phải thay đổi điều gì đó; sau 1011 nó có thể thử lại.",
    ),
    confused(
        1008,
        1013,
        "Gửi 1008 khi client này vượt phần của nó hoặc trái quy định, 1013 khi cả dịch vụ quá tải \
        và thử lại sau sẽ được.",
    ),
    confused(
        1008,
        3000,
        "Cả hai đều từ chối. Gửi 3000 khi client có thể khắc phục bằng cách đăng nhập; gửi 1008 khi \
        lý do là chuyện khác, khi không muốn nói ra, hoặc khi stack cũ phải chấp nhận được code.",
    ),
    confused(
        1008,
        3003,
        "Cả hai đều từ chối. Gửi 3003 khi đã biết client nhưng nó không có quyền; gửi 1008 cho các \
        quy định khác, khi không muốn nói lý do, hoặc khi stack cũ phải chấp nhận được code.",
    ),
    confused(
        1002,
        1009,
        "Gửi 1009 khi message đúng nhưng vượt giới hạn của bạn, 1002 khi frame sai cấu trúc. Length \
        có bit cao nhất được bật là sai cấu trúc (§5.2), dù một số stack trả lời bằng 1009.",
    ),
    confused(
        1002,
        1011,
        "Chúng chỉ vào hai phía ngược nhau: 1002 nói rằng frame của bên kia sai, 1011 nói rằng \
        chính bên gửi gặp sự cố. Đừng bao giờ gửi 1002 cho exception của chính bạn.",
    ),
    confused(
        1002,
        1012,
        "Chúng không liên quan, nhưng bên nào chưa biết 1012 có thể trả lời nó bằng 1002. Nếu 1012 \
        đến trước thì nguyên nhân là việc khởi động lại, còn 1002 chỉ là hệ quả.",
    ),
    confused(1011, 1012, "Gửi 1012 khi chủ động khởi động lại, 1011 khi gặp sự cố."),
    confused(
        1011,
        1013,
        "Gửi 1013 khi lý do là tải và chờ đợi sẽ có ích, 1011 khi có sự cố cần điều tra.",
    ),
    confused(
        1011,
        1014,
        "Gửi 1011 khi sự cố xảy ra trong process này. Là gateway mà server phía sau gặp sự cố thì \
        gửi 1014, để việc điều tra bắt đầu từ đó; nếu client từ chối 1014, như một số thư viện \
        vẫn làm, hãy dùng 1011 thay thế.",
    ),
    confused(
        1012,
        1013,
        "Gửi 1012 khi dịch vụ hoạt động lại sau vài giây, 1013 khi nó vẫn sống nhưng quá tải. Sau \
        1012 client sớm quay lại, rải ra theo thời gian; sau 1013 chúng tránh xa lâu hơn.",
    ),
    confused(
        3000,
        3003,
        "Giống HTTP 401 và 403: gửi 3000 khi chưa biết đó là ai, 3003 khi đã biết và từ chối. Thông \
        tin xác thực mới chỉ có ích sau 3000.",
    ),
    confused(
        3000,
        4401,
        "Hai code cùng nghĩa khi cả hai đầu đã thống nhất. 3000 đã được đăng ký và không cần thỏa \
        thuận, 4401 là thói quen riêng mà một số sản phẩm như graphql-ws định nghĩa; hãy gửi code \
        mà thư viện của client hiểu.",
    ),
    confused(
        3003,
        4403,
        "Hai code cùng nghĩa khi cả hai đầu đã thống nhất. 3003 đã được đăng ký và không cần thỏa \
        thuận, 4403 là thói quen riêng mà một số sản phẩm như graphql-ws định nghĩa; hãy gửi code \
        mà thư viện của client hiểu.",
    ),
    confused_ranges(
        1008..=1008,
        4000..=4999,
        "Gửi private code khi cả hai ứng dụng đều là của bạn và client cần hành động theo nó, như \
        đăng nhập lại hoặc tránh xa. Gửi 1008 khi bạn không biết client hoặc không muốn nói lý do \
        (§7.4.1).",
    ),
    confused_ranges(
        1000..=1000,
        4000..=4999,
        "Gửi 1000 cho kết thúc bình thường, và private code khi client phải hành động theo lý do. \
        Client không biết private code đó nên coi nó là sự cố.",
    ),
    confused_ranges(
        1002..=1002,
        4000..=4999,
        "Chỉ gửi 1002 cho frame vi phạm RFC 6455; mọi thứ do ứng dụng của bạn tự định nghĩa phải \
        dùng private code (§7.4.2).",
    ),
    confused_ranges(
        3000..=3999,
        4000..=4999,
        "Chỉ dùng code từ 3000 trở lên nếu nó đã được đăng ký với IANA, như một thư viện nên làm; \
        dùng code từ 4000 trở lên cho thỏa thuận giữa các ứng dụng của bạn (§7.4.2).",
    ),
];
