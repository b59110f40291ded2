//! A script as a dialogue.
//!
//! In: a script. Out: one line for each step, told as people do: who sends what. Payload of
//! examples is ours, so it may be shown.

use crate::endpoint::Side;
use crate::script::{Frame, Length, Mask, Script, Step};
use crate::ws::Opcode;

/// Bytes of a payload that are shown at most.
const SHOWN: usize = 32;

/// How much of an HTTP head is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heads {
    FirstLine,
    Whole,
}

/// The dialogue.
pub(super) fn lines(script: Script, heads: Heads) -> Vec<String> {
    script.iter().flat_map(|step| told(step, heads, "")).collect()
}

fn told(step: &Step, heads: Heads, remark: &str) -> Vec<String> {
    let line = |side: Side, what: String| vec![format!("{:<6}  {what}{remark}", side.name())];
    match step {
        Step::Bytes(side, bytes) => match head_of(bytes) {
            None => line(*side, format!("bytes {}", shown(bytes))),
            Some(head) => {
                let mut lines = head.lines();
                let mut told = line(*side, lines.next().unwrap_or_default().to_owned());
                if heads == Heads::Whole {
                    let fields = lines.filter(|field| !field.is_empty());
                    told.extend(fields.map(|field| format!("          {field}")));
                }
                told
            }
        },
        Step::Frame(side, frame) => line(*side, frame_told(*side, frame)),
        Step::Fin(side) => line(*side, "FIN".to_owned()),
        Step::Rst(side) => line(*side, "RST".to_owned()),
        Step::Wait(milliseconds) => vec![format!("        … {milliseconds} ms of silence")],
        Step::NextConnection => vec!["        on another connection:".to_owned()],
        Step::Together(steps) => {
            let remark = format!("{remark} (in one segment with its neighbours)");
            steps.iter().flat_map(|step| told(step, heads, &remark)).collect()
        }
        Step::Crossing(one, other) => {
            let remark = format!("{remark} (crosses the other's)");
            [one, other].into_iter().flat_map(|step| told(step, heads, &remark)).collect()
        }
        Step::Undelivered(step) => told(step, heads, &format!("{remark} (never acknowledged)")),
        Step::Missed(step) => told(step, heads, &format!("{remark} (missing from the capture)")),
        Step::Repeat(times, step) => told(step, heads, &format!("{remark} ({times} times)")),
    }
}

/// The bytes as an HTTP head, if they look like one.
fn head_of(bytes: &[u8]) -> Option<&str> {
    let head = std::str::from_utf8(bytes).ok()?;
    let first = head.lines().next()?;
    first.contains("HTTP/").then_some(head)
}

fn frame_told(side: Side, frame: &Frame) -> String {
    let mut words = vec![Opcode(frame.first & 0x0F).to_string()];
    if frame.first & 0x0F == Opcode::CLOSE.0 {
        words.push(close_told(frame.payload));
    } else if !frame.payload.is_empty() {
        words.push(shown(frame.payload));
    }
    let mut odd = Vec::new();
    if frame.first & 0x80 == 0 {
        odd.push("FIN 0".to_owned());
    }
    for (bit, name) in [(0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")] {
        if frame.first & bit != 0 {
            odd.push(name.to_owned());
        }
    }
    match (frame.mask, side) {
        (Mask::Never, Side::Client) => odd.push("no mask".to_owned()),
        (Mask::With(key), Side::Server) => odd.push(format!("masked with {}", hex(&key))),
        (Mask::With(key), Side::Client) => odd.push(format!("masking key {}", hex(&key))),
        _ => {}
    }
    match frame.length {
        Length::Minimal => {}
        Length::In16 => odd.push("length in 16 bits".to_owned()),
        Length::In64 => odd.push("length in 64 bits".to_owned()),
        Length::Claimed16(claimed) => odd.push(format!("claims {claimed} bytes")),
        Length::Claimed64(claimed) => odd.push(format!("claims {claimed} bytes")),
    }
    if !odd.is_empty() {
        words.push(format!("[{}]", odd.join(", ")));
    }
    words.join(" ")
}

/// A code and a reason, or the bytes of what is neither.
fn close_told(payload: &[u8]) -> String {
    match payload.split_first_chunk::<2>() {
        None if payload.is_empty() => "without a code".to_owned(),
        None => format!("with the single byte {}", hex(payload)),
        Some((code, [])) => u16::from_be_bytes(*code).to_string(),
        Some((code, reason)) => format!("{} {}", u16::from_be_bytes(*code), shown(reason)),
    }
}

/// Text in quotes, or hex, of which fewer bytes fit into a line; the beginning of it when it is long.
fn shown(payload: &[u8]) -> String {
    let begin = |most: usize| match payload.get(..most) {
        Some(begin) if payload.len() > most => (begin, format!(" … {} bytes", payload.len())),
        _ => (payload, String::new()),
    };
    let (text, more) = begin(SHOWN);
    match std::str::from_utf8(text) {
        Ok(text) if !text.chars().any(char::is_control) => format!("\"{text}\"{more}"),
        _ => {
            let (bytes, more) = begin(SHOWN / 2);
            format!("{}{more}", hex(bytes))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{ASK, SERVER_FAILS, text};

    #[test]
    fn a_script_reads_as_a_dialogue() {
        const SCRIPT: Script = &[ASK, text("hello").unmasked().from_client(), SERVER_FAILS];
        assert_eq!(
            lines(SCRIPT, Heads::FirstLine),
            [
                "client  GET /chat HTTP/1.1",
                "client  text \"hello\" [no mask]",
                "server  close 1002",
            ]
        );
    }

    #[test]
    fn what_is_no_text_is_shown_in_hex() {
        assert_eq!(shown(&[0xff, 0x00]), "ff 00");
        assert_eq!(close_told(&[0x03]), "with the single byte 03");
    }
}
