//! A frame was written into the midst of another one.

use crate::endpoint::Side;
use crate::knowledge::first_bytes::FirstByte;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, SERVER_FIN, Step};
use crate::ws::{Deflate, FrameHeader};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "interleaved-writers",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1002",
    closes_with: &[1002],
    summary: "a frame written into another frame",
    explanation: "The payload of a frame begins with the whole of another frame, and where its \
        successor should begin there is no header: what stands there is the rest of the \
        interrupted payload. Two threads or tasks write to one connection without a lock between \
        a frame's header and its payload. No receiver can recover from it, for the boundaries of \
        frames are gone.",
    advice: "Send all frames of a connection through one writer: a queue or a lock that is held \
        until the whole frame has been written. Pings and Closes that a timer sends count too.",
    breaks: &[
        ASK,
        ACCEPT,
        // A header for ten bytes of payload, then another frame, then the ten bytes.
        Step::Bytes(Side::Server, b"\x82\x0a\x81\x05hellojjjjjjjjjj"),
        CLIENT_FAILS,
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: CONFORMING,
    check: Check::Frame(check),
};

fn check(frame: &FrameView<'_>, context: &Context<'_>) -> Option<Breach> {
    let last = context.direction.last_frame?;
    let inner = last.inner_header(context.sender, context.agreement)?;
    let place = last.range().start.saturating_add(u64::from(last.header.header_len));
    if last.range().end != frame.offset
        || is_possible(frame.header, context)
        || !resumes(frame.bytes, &inner, context.sender)
    {
        return None;
    }
    let (inside, outer) = (inner.opcode, last.header.opcode);
    let len = last.header.payload_len;
    let detail = format!(
        "a whole {inside} frame stands at the start of the {len} bytes of a {outer} frame, and \
         behind them there is no frame header"
    );
    let shown = inner.encode();
    let range = place..place.saturating_add(shown.len() as u64);
    Some(Breach::new(detail).at(context.sender, range).showing(&*shown).losing_sync())
}

/// Whether `header` may be one, however wrong: only a reserved opcode or bit is taken as a sign
/// that it is none. A sender that merely forgets the mask writes frames all the same.
fn is_possible(header: &FrameHeader, context: &Context<'_>) -> bool {
    let agreed = context.agreement;
    if agreed.unknown_extension || agreed.deflate == Deflate::Unknown {
        return true;
    }
    !header.opcode.is_reserved() && agreed.undefined_rsv(header) == 0
}

/// Whether frames go on behind the rest of the interrupted payload, which is as long as the frame
/// that was written into it; also when that place is out of sight.
fn resumes(bytes: &[u8], inner: &FrameHeader, sender: Side) -> bool {
    let skip = usize::try_from(inner.total_len()).unwrap_or(usize::MAX);
    match bytes.get(skip..) {
        Some([first, second, ..]) => {
            FirstByte::of(*first).may_be_legal() && (second & 0x80 != 0) == (sender == Side::Client)
        }
        _ => true,
    }
}
