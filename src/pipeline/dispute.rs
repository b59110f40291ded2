//! Bytes of which two versions were captured.
//!
//! In: what was made of the first version. Out: the same, less all that rests on a byte from the
//! first disputed one on. The second version may be the one that the peer received: the first may
//! have been damaged and thrown away for its checksum, or changed on the way. And where the two
//! differ in a length, everything behind has two readings as well. That the direction has a FIN or
//! a RST, and what it acknowledged, is not in dispute.

use crate::endpoint::{PerSide, Side};
use crate::http::Handshake;
use crate::rules::{Check, Facts, Fault, Finding, Frames};

/// Takes back what was read of the opening handshake in `side`'s bytes from offset `from` on.
/// Without the response nothing is known of what either side's later bytes are.
pub(super) fn forget_handshake(
    handshake: &mut Handshake,
    frames: &mut PerSide<Frames>,
    side: Side,
    from: u64,
) {
    match side {
        Side::Client => {
            handshake.request.take_if(|request| request.head.range.end > from);
            handshake.early_data.take_if(|early| early.end > from);
        }
        Side::Server => {
            handshake.awaited_at.take_if(|awaited| *awaited >= from);
            if handshake.response.take_if(|response| response.head.range.end > from).is_some() {
                handshake.early_data = None;
                *frames = PerSide::default();
            }
        }
    }
}

/// Takes back what was read of one side's frames from offset `from` on, as if that had been lost.
/// How many there were is still counted.
pub(super) fn forget_frames(frames: &mut Frames, from: u64) {
    let Some(start) = frames.start.take_if(|start| *start < from) else {
        *frames = Frames::default();
        return;
    };
    let close = frames.close.take().filter(|close| close.frame.range.end <= from);
    *frames = Frames {
        start: Some(start),
        lost_at: Some(frames.lost_at.map_or(from, |lost| lost.min(from))),
        spoiled_at: frames.spoiled_at.filter(|spoiled| *spoiled < from),
        frames: frames.frames,
        messages: frames.messages,
        payload_bytes: frames.payload_bytes,
        tally: frames.tally,
        close,
        last_message: frames.last_message.filter(|message| message.range.end <= from),
        last_pong: frames.last_pong.take().filter(|pong| pong.range.end <= from),
        ..Frames::default()
    };
}

/// Makes a finding that rests on disputed bytes nobody's fault: on its own, or on the response that
/// says which extensions the frames use.
pub(super) fn acquit(finding: &mut Finding, facts: &Facts) {
    let is_of_frames =
        matches!(finding.rule.check, Check::Frame(_) | Check::Message(_) | Check::Close(_));
    let without_agreement = is_of_frames && !facts.handshake.is_open();
    if facts.is_disputed(finding) || without_agreement {
        finding.fault = Fault::Unknown;
    }
}
