//! A frame was written into the midst of another one.

use crate::endpoint::Side;
use crate::knowledge::first_bytes::FirstByte;
use crate::rules::{Breach, Check, Context, Family, Fault, FrameView, Rule, Severity};
use crate::script::{ACCEPT, ASK, CLIENT_FAILS, CLIENT_FIN, CONFORMING, SERVER_FIN, Step};
use crate::ws::{Deflate, FrameHeader, LastFrame, MAX_CONTROL_LEN, Opcode, unmask};

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
        || is_readable(&last)
        || !resumes(frame, &last, &inner, context)
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

/// Whether the payload of `last` begins with text, as it should: then a frame in it is none, but
/// what a masking key made of the text.
fn is_readable(last: &LastFrame) -> bool {
    if last.header.opcode != Opcode::TEXT || last.header.rsv != 0 {
        return false;
    }
    let mut opening = last.opening.to_vec();
    if let Some(key) = last.header.mask {
        unmask(&mut opening, key, 0);
    }
    let text = match str::from_utf8(&opening) {
        Ok(text) => text,
        Err(fault) if fault.error_len().is_none() => {
            let whole = opening.get(..fault.valid_up_to()).unwrap_or_default();
            str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace())
}

/// Whether frames go on behind the rest of the interrupted payload, which is as long as the frame
/// that was written into it. Where that place is out of sight, the header must be wrong in more
/// than one way: whoever sends a reserved opcode or bit does the rest as it should be. Nor may the
/// payload be compressed then: DEFLATE begins many a message as a Pong begins (a JSON array).
fn resumes(
    frame: &FrameView<'_>,
    last: &LastFrame,
    inner: &FrameHeader,
    context: &Context<'_>,
) -> bool {
    let skip = usize::try_from(inner.total_len()).unwrap_or(usize::MAX);
    let mut rest = frame.bytes.get(skip..).unwrap_or_default();
    if rest.len() < 2 {
        return last.header.rsv == 0 && !is_wrong_once(frame.header, context);
    }
    while let [first, second, ..] = rest {
        let is_masked = second & 0x80 != 0;
        if !FirstByte::of(*first).may_be_legal() || is_masked != (context.sender == Side::Client) {
            return false;
        }
        let Ok((_, header)) = FrameHeader::parse(rest) else { break };
        if !header.length_is_minimal() || header.opcode.is_control() && is_too_long(&header) {
            return false;
        }
        let next = usize::try_from(header.total_len()).unwrap_or(usize::MAX);
        rest = rest.get(next..).unwrap_or_default();
    }
    true
}

/// Whether all of `header` is as it should be but its opcode, or its reserved bits.
fn is_wrong_once(header: &FrameHeader, context: &Context<'_>) -> bool {
    const CONTROL: u8 = 0x8; // the bit that all control opcodes have (RFC 6455 §5.5)
    let wrong_bits = context.agreement.undefined_rsv(header) != 0;
    let may_be_control = header.opcode.0 & CONTROL == 0 || header.fin && !is_too_long(header);
    (header.mask.is_some() == (context.sender == Side::Client))
        && header.length_is_minimal()
        && header.payload_len >> 63 == 0
        && may_be_control
        && header.opcode.is_reserved() != wrong_bits
}

fn is_too_long(header: &FrameHeader) -> bool {
    header.payload_len > MAX_CONTROL_LEN
}
