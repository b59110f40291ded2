//! Headings and labels of the cards of codes and products, in every language.

use crate::knowledge::Words;

pub(super) const DESCRIPTION: Words = Words::new("Description", "Mô tả");
pub(super) const WHEN_YOU_SEE_IT: Words = Words::new("When you see it", "Khi bạn thấy mã này");
pub(super) const HOW_TO_FIX: Words = Words::new("How to fix it", "Cách khắc phục");
pub(super) const DIFFERENCES: Words = Words::new("Key differences", "Sự khác biệt chính");
pub(super) const WHICH: Words = Words::new("When to use which", "Khi nào dùng cái nào");
pub(super) const SHOWN: Words = Words::new("What the APIs show", "API báo gì");
pub(super) const DISGUISE: Words = Words::new("A bug in disguise", "Một lỗi trá hình");
pub(super) const RECONNECT: Words = Words::new("Reconnect?", "Có nên kết nối lại?");
pub(super) const APPLICATIONS: Words =
    Words::new("What products mean by it", "Ý nghĩa trong từng sản phẩm");
pub(super) const SPECIAL_USES: Words =
    Words::new("Special uses by products", "Cách dùng riêng của một số sản phẩm");
pub(super) const CODES: Words = Words::new("Codes", "Các mã");

/// Before the products of a code: the number alone does not tell.
pub(super) const DEPENDS: Words = Words::new(
    "It depends on the product: recognise that first, by subprotocol, host, path or messages.",
    "Tùy sản phẩm: trước hết hãy nhận diện sản phẩm qua subprotocol, host, path hoặc message.",
);

/// Before the products that use a code of the protocol in their own way.
pub(super) const BESIDES: Words = Words::new(
    "Only in these products, beside what it means everywhere:",
    "Chỉ trong các sản phẩm này, ngoài ý nghĩa chung ở trên:",
);

pub(super) const RANGE: Words = Words::new("range", "khoảng mã");
pub(super) const ON_THE_WIRE: Words = Words::new("on the wire", "trên đường truyền");
pub(super) const AT_FAULT: Words = Words::new("usually at fault", "lỗi thường thuộc về");
pub(super) const RECONNECT_FACT: Words = Words::new("reconnect", "kết nối lại");
pub(super) const DEFINED_IN: Words = Words::new("defined in", "định nghĩa tại");
pub(super) const NEVER: Words = Words::new(
    "never: in a Close frame it is a fault",
    "không bao giờ: nếu nằm trong Close frame thì đó là lỗi",
);
pub(super) const SENT_BY: Words = Words::new("yes, sent by", "có, bên gửi:");
pub(super) const LOOKS_LIKE: Words = Words::new("This number looks like", "Con số này trông giống");
pub(super) const AND: Words = Words::new("and", "và");
pub(super) const TO: Words = Words::new("to", "đến");

pub(super) const RECOGNISED_BY: Words = Words::new("recognised by", "nhận diện qua");
pub(super) const SOURCE: Words = Words::new("source", "nguồn");
pub(super) const FROM: Words = Words::new("from", "từ");
pub(super) const UNCONFIRMED: Words = Words::new("unconfirmed", "chưa xác nhận");
pub(super) const NO_CODES: Words =
    Words::new("It has no codes of its own.", "Sản phẩm này không có code riêng.");

pub(super) const SUBPROTOCOL: Words = Words::new("subprotocol", "subprotocol");
pub(super) const HOST: Words = Words::new("host", "host");
pub(super) const PATH: Words = Words::new("path", "path");
pub(super) const SERVER: Words = Words::new("Server field", "header Server");
pub(super) const MESSAGE: Words = Words::new("message", "message");
pub(super) const REASON: Words = Words::new("reason text", "reason text");
