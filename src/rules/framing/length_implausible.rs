//! A payload length makes sense only in the other byte order.

use super::torn_frame::stopped_by_itself;
use crate::endpoint::Side;
use crate::rules::{Breach, Check, Facts, Family, Fault, Rule, Severity};
use crate::script::{
    ACCEPT, ASK, CLIENT_CLOSES, CLIENT_FIN, Frame, Length, SERVER_CLOSES, SERVER_FIN, Step, close,
    text_bytes,
};
use crate::ws::{Agreement, Direction, FrameHeader};

/// See the module.
pub(super) static RULE: Rule = Rule {
    id: "length-implausible",
    family: Family::Framing,
    section: "RFC 6455 §5.2",
    severity: Severity::Error,
    fault: Fault::Sender,
    answer: "1009",
    closes_with: &[1002, 1009],
    summary: "payload length in the wrong byte order",
    explanation: "The header announces more payload than ever came, and with the bytes of the \
        length reversed the frame ends exactly where the sender stopped or where another header \
        stands. The sender writes the length in little-endian order, and the network's order is \
        the other one. A receiver whose limit is smaller answers 1009; any other waits for the \
        rest until something times out, and takes later frames for payload.",
    advice: "Write the extended length most significant byte first (htons, to_be_bytes, DataView \
        without the little-endian flag).",
    breaks: &[
        ASK,
        ACCEPT,
        LETTERS.length(Length::Claimed16(0x2C01)).from_server(),
        Step::Wait(5_000),
        close(CODE_1009).from_client(),
        CLIENT_FIN,
        SERVER_FIN,
    ],
    keeps: &[
        ASK,
        ACCEPT,
        LETTERS.from_server(),
        CLIENT_CLOSES,
        SERVER_CLOSES,
        SERVER_FIN,
        CLIENT_FIN,
    ],
    check: Check::End(check),
};

/// 300 bytes of text: 0x012C in network byte order.
const LETTERS: Frame = text_bytes(&[b'a'; 300]);
const CODE_1009: &[u8] = &[0x03, 0xF1];

fn check(facts: &Facts, side: Side) -> Option<Breach> {
    let misread = Misread::of(facts, side)?;
    let Misread { header, offset, len, ends_there } = misread;
    let what = if ends_there { "the sender stopped" } else { "another header stands" };
    let declared = header.payload_len;
    let detail = format!(
        "the length reads {declared}, more than ever came; in the other byte order it reads {len}, \
         and there {what}"
    );
    let shown = header.encode();
    let range = offset..offset.saturating_add(shown.len() as u64);
    Some(Breach::new(detail).at(side, range).showing(&*shown).guilty(1, 0x7F))
}

/// A frame that is incomplete because its length is to be read in the other byte order.
pub(super) struct Misread {
    header: FrameHeader,
    offset: u64,
    /// The length as meant.
    len: u64,
    /// Whether the stream ends there.
    ends_there: bool,
}

impl Misread {
    /// The misread frame at the end of `side`'s stream, if all that followed it is known.
    pub(super) fn of(facts: &Facts, side: Side) -> Option<Misread> {
        let frames = &facts.frames[side];
        let partial = frames.partial.as_ref()?;
        let (header, landing) = (partial.header?, partial.landing.as_ref()?);
        let received = partial.received.checked_sub(u64::from(header.header_len))?;
        let rest = received.checked_sub(landing.len)?;

        let peer = &facts.tcp[!side];
        let peer_ended = peer.fin.is_some() || peer.rst.is_some();
        let known = facts.is_whole(side) || peer_ended && facts.is_unbroken(side);
        // Behind the sender's own Close nobody reads on.
        if !known || frames.close.is_some() {
            return None;
        }
        let ends_there = rest == 0;
        let misread = Misread { header, offset: partial.offset, len: landing.len, ends_there };
        let agreed = Agreement { deflate: facts.deflate, unknown_extension: false };
        let next = FrameHeader::parse(&landing.bytes).ok().map(|(_, next)| next);
        let next = next.filter(|next| Direction::default().is_ordinary(next, side, &agreed));
        let another = next.is_some_and(|next| {
            // A binary payload looks like a header at one place in a hundred: either that frame
            // must end exactly at the end of the stream, or the sender must have stopped in the
            // midst of its frame without having been cut short.
            next.total_len() == rest || next.total_len() < rest && stopped_by_itself(facts, side)
        });
        (ends_there || another).then_some(misread)
    }
}
