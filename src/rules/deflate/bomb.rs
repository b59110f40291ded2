//! A small message inflates to a very large one.

use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FIN, HELLO_DEFLATED, SERVER_CLOSES,
    SERVER_FIN, Step, binary, close,
};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-bomb",
    family: Family::Deflate,
    section: "RFC 7692 §8",
    severity: Severity::Warning,
    fault: Fault::Sender,
    answer: "1009",
    closes_with: &[1008, 1009],
    summary: "small message that inflates to a very large one",
    explanation: "The message inflates to more than 1 MiB and more than a hundred times its size. \
        A receiver that limits only what comes over the wire runs out of memory; one with a limit \
        on what comes out closes with 1009. Very uniform data does the same without any ill will.",
    advice: "Bound the inflated size of a message, not only the compressed one, on every \
        receiver. If this is honest data, send it in smaller messages.",
    breaks: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        BOMB,
        close(CODE_1009).from_server(),
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

/// Payload of a Close: 1009.
const CODE_1009: &[u8] = &[0x03, 0xF1];

/// A zero, and 4,800 times 258 more of them: 1.2 MB.
const BOMB: Step = binary(&ZEROS).rsv(0b100).from_client();

#[allow(clippy::indexing_slicing, reason = "a wrong index in a constant does not compile")]
const ZEROS: [u8; 7_803] = {
    // A fixed block: the literal 0, then references of 258 bytes to it, of 13 bits each.
    let eight = [0xA3, 0x60, 0x14, 0x8C, 0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x28, 0x18, 0x05];
    let mut bytes = [0; 7_803];
    (bytes[0], bytes[1], bytes[2]) = (0x62, 0x18, 0x05);
    let mut at = 3;
    while at < bytes.len() - 2 {
        bytes[at] = eight[(at - 3) % 13];
        at += 1;
    }
    bytes
};

/// From this ratio on a message is called a bomb…
const RATIO: u64 = 100;
/// … if more bytes than this come out.
const SIZE: u64 = 1 << 20;

fn check(message: &MessageView<'_>, _: &Context<'_>) -> Option<Breach> {
    let inflated = message.inflated?;
    let (small, large) = (message.len, inflated.len);
    if large <= SIZE || large / RATIO <= small {
        return None;
    }
    let more = if inflated.stopped { "more than " } else { "" };
    Some(Breach::new(format!("{small} bytes inflate to {more}{large} bytes")))
}
