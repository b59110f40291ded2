//! A message is marked as compressed, but compression was not agreed on.

use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{
    ACCEPT, ACCEPT_DEFLATE, ASK, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO_DEFLATED,
    SERVER_CLOSES, SERVER_FAILS, SERVER_FIN,
};
use crate::ws::{Deflate, FrameHeader, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "rsv1-without-deflate",
    family: Family::Framing,
    section: "RFC 6455 §5.2, RFC 7692 §6",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "compressed message, but permessage-deflate was not agreed on",
    explanation: "RSV1 on the first frame of a message says that permessage-deflate has \
        compressed it, but the response in this capture does not accept that extension. The \
        receiver has to fail the connection. Some versions of Safari, 15.0 to 15.3 and 17 among \
        them, compress without having been allowed to. The same comes about when a proxy strips \
        Sec-WebSocket-Extensions out of one of the two heads and the two sides believe different \
        things.",
    advice: "Compress only when the response accepts permessage-deflate. If this side's own log \
        says that it was accepted, compare the heads on both sides of the proxy.",
    breaks: &[ASK, ACCEPT, HELLO_DEFLATED, SERVER_FAILS, SERVER_FIN, CLIENT_FIN],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Frame(check),
};

/// Adds to the detail of a finding that its message inflates, to `len` bytes: the bit was no mistake
/// and no noise. Of a few bytes it proves nothing.
pub fn say_that_it_inflates(detail: &mut String, len: u64) {
    if len >= 4 {
        detail.push_str(&format!(
            ", and it inflates, to {len} bytes: this side compresses although it was not agreed on"
        ));
    }
}

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let (header, agreed) = (frame.header, context.agreement);
    let starts = matches!(header.opcode, Opcode::TEXT | Opcode::BINARY);
    let absent = agreed.deflate == Deflate::Absent && !agreed.unknown_extension;
    if !starts || !absent || header.rsv != FrameHeader::RSV1 {
        return None;
    }
    let opcode = header.opcode;
    let detail = format!("RSV1 marks this {opcode} message as compressed");
    Some(Breach::new(detail).guilty(0, 0x40))
}
