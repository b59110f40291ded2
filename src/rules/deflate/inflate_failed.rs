//! A compressed message does not inflate.

use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, CODE_1007, HELLO_DEFLATED,
    SERVER_CLOSES, SERVER_FIN, Step, close, text_bytes,
};
use crate::ws::{DeflateFault, Reason};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-inflate-failed",
    family: Family::Deflate,
    section: "RFC 7692 §7.2.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1007 or 1002",
    closes_with: &[1002, 1007],
    summary: "compressed message that does not inflate",
    explanation: "RSV1 marks this message as compressed, and with the four bytes appended that a \
        sender leaves out it is still no DEFLATE. Mostly the bit was set on a payload that was \
        not compressed, a wrapper of zlib or gzip was put around the data, or each fragment was \
        compressed on its own. Node and wsproto answer 1007, Chromium and Python websockets \
        1002.",
    advice: "Compress with raw DEFLATE, without the headers of zlib or gzip, the whole \
        message before it is cut into fragments, and set RSV1 only then.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        PLAIN,
        close(CODE_1007).from_server(),
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        HELLO_DEFLATED,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

/// Text that was marked and not compressed.
const PLAIN: Step = text_bytes(b"not compressed").rsv(0b100).from_client();

fn check(message: &MessageView<'_>, _: &Context<'_>) -> Option<Breach> {
    let inflated = message.inflated?;
    let DeflateFault { at, reason } = inflated.fault?;
    let what = match reason {
        Reason::TakenOver => return None,
        Reason::TooFarBack if inflated.before > 0 => return None,
        Reason::TooFarBack => "a reference to before the first byte that was ever sent",
        Reason::Malformed(what) => what,
        Reason::Unfinished => "the end of the message, inside a block",
    };
    Some(Breach::new(format!("behind byte {at} of what comes out there is {what}")))
}
