//! A message refers further back than the window that was agreed on.

use super::negotiation::accepting;
use crate::rules::{Breach, Check, Context, Family, Fault, MessageView, Rule, Severity};
use crate::script::{
    ACCEPT_DEFLATE, ASK_DEFLATE, CLIENT_CLOSES, CLIENT_FAILS, CLIENT_FIN, SERVER_CLOSES,
    SERVER_FIN, Step, binary,
};
use crate::ws::Deflate;

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "deflate-window-exceeded",
    family: Family::Deflate,
    section: "RFC 7692 §7.1.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002, 1007],
    summary: "reference beyond the agreed window",
    explanation: "The answer limits how far back this side may refer, so that its peer can do \
        with a smaller window. A receiver that keeps no more than was agreed on cannot inflate \
        this message; one with the full 32 KiB, as zlib without further orders has, does not \
        notice. So the same sender works with some peers and breaks with others.",
    advice: "Create the compressor with the agreed number of window bits, not with its \
        default of 15.",
    breaks: &[
        ASK_DEFLATE,
        accepting!("permessage-deflate; server_max_window_bits=8"),
        FAR,
        CLIENT_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: &[
        ASK_DEFLATE,
        ACCEPT_DEFLATE,
        FAR,
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::Message(check),
};

/// Three hundred bytes in a stored block, and five bytes from three hundred back.
const FAR: Step = binary(&REPEATING).rsv(0b100).from_server();

#[allow(clippy::indexing_slicing, reason = "a wrong index in a constant does not compile")]
const REPEATING: [u8; 309] = {
    let mut bytes = [b'.'; 309];
    let head = [0x00, 0x2C, 0x01, 0xD3, 0xFE]; // stored, 300 bytes
    let mut at = 0;
    while at < 5 {
        bytes[at] = head[at];
        at += 1;
    }
    let tail = [0x02, 0x87, 0x15, 0x00];
    at = 0;
    while at < 4 {
        bytes[305 + at] = tail[at];
        at += 1;
    }
    bytes
};

fn check(message: &MessageView<'_>, context: &Context<'_>) -> Option<Breach> {
    // What does not inflate has no distances: it was something else.
    let far = message.inflated.filter(|inflated| inflated.complete)?.far?;
    let Deflate::Agreed(compressors) = &context.agreement.deflate else { return None };
    let (sender, distance, at) = (context.sender, far.distance, far.at);
    let compressor = compressors[sender];
    let (bits, window) = (compressor.window_bits, compressor.window());
    Some(Breach::new(format!(
        "{sender}_max_window_bits={bits} was agreed on, which is {window} bytes; behind byte {at} of \
        this message comes a reference {distance} bytes back"
    )))
}
