//! A reserved bit is set that no extension gives a meaning to.

use super::likeness::likeness;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FIN, CONFORMING, SERVER_FAILS, SERVER_FIN, text};
use crate::ws::{Deflate, FrameHeader, Opcode};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "rsv-bits-set",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "reserved bit set without an extension",
    explanation: "The three bits behind FIN are 0 unless an extension was agreed on that uses \
        them, and no extension of this connection uses this one. The receiver cannot know what \
        the payload means and has to fail the connection; practically all do. Python's \
        websockets looks at the bits only when the payload has arrived, so it may wait first. \
        Often such a header is no header at all but the first bytes of something else.",
    advice: "Clear RSV1, RSV2 and RSV3 on every frame that no agreed extension transforms. If \
        the sender's library is known to be good, look for something else that writes to the \
        socket.",
    breaks: &[
        ASK,
        ACCEPT,
        text("hello").rsv(0b010).from_client(),
        SERVER_FAILS,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let (header, deflate) = (frame.header, context.agreement.deflate);
    let undefined = context.agreement.undefined_rsv(header);
    if undefined == 0 || has_its_own_rule(header, deflate) {
        return None;
    }
    let bits = [(0b100, "RSV1"), (0b010, "RSV2"), (0b001, "RSV3")];
    let names: Vec<_> =
        bits.iter().filter(|(bit, _)| undefined & bit != 0).map(|(_, name)| *name).collect();
    let names = names.join(" and ");
    let opcode = header.opcode;
    let likeness = likeness(frame.bytes);
    let set = if undefined.count_ones() == 1 { "is" } else { "are" };
    let detail = format!("{names} {set} set on this {opcode} frame{likeness}");
    let breach = Breach::new(detail).guilty(0, undefined << 4);
    if deflate == Deflate::Unknown {
        // The response that would name the extensions was not captured.
        return Some(breach.weighing(Severity::Note).blaming(Fault::Unknown));
    }
    // With a second impossibility in the same byte it is no header, and its length means nothing.
    if opcode.is_reserved() || opcode.is_control() && !header.fin {
        return Some(breach.showing(&*header.encode()).losing_sync());
    }
    Some(breach)
}

/// RSV1 alone, where it says what the sender meant.
fn has_its_own_rule(header: &FrameHeader, deflate: Deflate) -> bool {
    let opcode = header.opcode;
    header.rsv == FrameHeader::RSV1
        && match deflate {
            Deflate::Absent => matches!(opcode, Opcode::TEXT | Opcode::BINARY),
            Deflate::Agreed(_) => !opcode.is_reserved(),
            Deflate::Unknown => false,
        }
}
