//! Recognises a capture by its first bytes, never by its name.
//!
//! In: the window at the beginning of a source. Out: the format, its file header taken, or what
//! the content is instead and what its owner may try. It reads no further than it must: a growing
//! pipe is recognised by its first bytes.

use std::io::{self, Read};

use super::pcap::{HEADER_LEN, Pcap};
use super::pcapng;
use super::window::Window;

/// How much is looked at to name something that is no capture.
const LOOKED_AT: usize = 512;

pub(super) enum Content {
    Empty,
    Pcap(Pcap),
    PcapNg,
    CutHeader { format: &'static str, needed: usize, available: usize },
    UnknownVersion { format: &'static str, major: u16, minor: u16 },
    Foreign { found: String, advice: &'static str },
}

/// Whether a capture begins with `start`, of which four bytes are enough.
pub(super) fn is_capture(start: &[u8]) -> bool {
    Pcap::by_magic(start).is_some() || start.starts_with(&pcapng::SECTION_HEADER.to_be_bytes())
}

pub(super) fn content<R: Read>(window: &mut Window<R>) -> io::Result<Content> {
    let available = window.fill(4)?;
    if available == 0 {
        return Ok(Content::Empty);
    }
    if let Some(pcap) = Pcap::by_magic(window.bytes()) {
        return read_pcap_header(pcap, window);
    }
    if window.bytes().starts_with(&pcapng::SECTION_HEADER.to_be_bytes()) {
        return read_section_version(window);
    }
    window.fill(LOOKED_AT)?;
    Ok(foreign(window.bytes()))
}

fn read_pcap_header<R: Read>(mut pcap: Pcap, window: &mut Window<R>) -> io::Result<Content> {
    let available = window.fill(HEADER_LEN)?;
    let Some(header) = window.bytes().first_chunk() else {
        return Ok(Content::CutHeader { format: "pcap", needed: HEADER_LEN, available });
    };
    let (major, minor) = pcap.read_header(header);
    window.take(HEADER_LEN);
    match major {
        // The modified tcpdump that had its own magic number also called itself 543.0.
        2 | 543 => Ok(Content::Pcap(pcap)),
        _ => Ok(Content::UnknownVersion { format: "pcap", major, minor }),
    }
}

/// Leaves the section header block where it is; it is a block like others.
fn read_section_version<R: Read>(window: &mut Window<R>) -> io::Result<Content> {
    let available = window.fill(16)?;
    let bytes = window.bytes();
    let Some(order) = pcapng::section_order(bytes) else {
        return Ok(if available < 12 {
            Content::CutHeader { format: "pcapng", needed: 28, available }
        } else {
            let found = "pcapng whose first block lacks the byte-order magic".to_owned();
            Content::Foreign { found, advice: "fetch it again in binary mode" }
        });
    };
    Ok(match (order.u16_at(bytes, 12), order.u16_at(bytes, 14)) {
        (Some(major), Some(minor)) if !pcapng::is_known_version(major, minor) => {
            Content::UnknownVersion { format: "pcapng", major, minor }
        }
        (Some(_), Some(_)) => Content::PcapNg,
        _ => Content::CutHeader { format: "pcapng", needed: 28, available },
    })
}

/// A format that is recognised in order to say so.
struct Foreign {
    offset: usize,
    magic: &'static [u8],
    found: &'static str,
    advice: &'static str,
}

const CONVERT: &str = "convert it: editcap -F pcapng FILE OUT";
const NO_PACKETS: &str = "name the capture file itself (.pcap or .pcapng)";

#[rustfmt::skip]
static FOREIGN: &[Foreign] = &[
    Foreign { offset: 0, magic: b"7z\xbc\xaf\x27\x1c", found: "a 7z archive", advice: "unpack it first: 7z x -so FILE | wsblame -" },
    Foreign { offset: 0, magic: b"snoop\0\0\0", found: "a snoop capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"btsnoop\0", found: "a Bluetooth HCI log", advice: "it holds no TCP; capture the network instead" },
    Foreign { offset: 0, magic: b"GMBU", found: "a Microsoft Network Monitor 2 capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"RTSS", found: "a Microsoft Network Monitor 1 capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"TRSNIFF data    \x1a", found: "a Sniffer capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"XCP\0", found: "a NetXRay or Sniffer for Windows capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"ObserverPktBuffe", found: "an Observer capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"iptrace ", found: "an AIX iptrace capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\xac\x01\x00\x1c", found: "an Ixia lcap capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\xab\x01\x00\x1c", found: "an Ixia lcap capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\x89PNG", found: "a PNG picture", advice: NO_PACKETS },
    Foreign { offset: 0, magic: b"\xff\xd8\xff", found: "a JPEG picture", advice: NO_PACKETS },
    Foreign { offset: 0, magic: b"%PDF", found: "a PDF document", advice: NO_PACKETS },
    Foreign { offset: 0, magic: b"\x7fELF", found: "a program", advice: NO_PACKETS },
];

fn foreign(bytes: &[u8]) -> Content {
    let has = |row: &&Foreign| bytes.get(row.offset..).is_some_and(|at| at.starts_with(row.magic));
    if let Some(row) = FOREIGN.iter().find(has) {
        return Content::Foreign { found: row.found.to_owned(), advice: row.advice };
    }
    if let Some((found, advice)) = text(bytes) {
        return Content::Foreign { found: found.to_owned(), advice };
    }
    if bytes.iter().all(|byte| *byte == 0) {
        let found = "zero bytes".to_owned();
        return Content::Foreign { found, advice: "its beginning was lost; fetch the file again" };
    }
    let first: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Content::Foreign {
        found: format!("unknown data beginning with {}", first.join(" ")),
        advice: "if Wireshark opens it, convert it: editcap -F pcapng FILE OUT",
    }
}

/// What sort of text it is, if it is text.
fn text(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let readable = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The last character is cut by the end of what is looked at.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if readable.contains(is_binary) {
        return None;
    }
    let start = readable.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let first: String = start.chars().take(14).collect::<String>().to_ascii_lowercase();
    Some(if first.starts_with("<!doctype html") || first.starts_with("<html") {
        ("a web page", "the download may have been a login or error page; fetch the file again")
    } else if first.starts_with(['{', '[']) {
        ("JSON (a browser's HAR export?)", "packets are needed: tcpdump -w FILE")
    } else if first.starts_with('<') {
        ("XML or HTML", "if it is PDML from tshark, start from the capture it was made of")
    } else {
        ("text", "packets are needed, not their printout: tcpdump -w FILE")
    })
}

fn is_binary(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\r' | '\n' | '\x1b')
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests {
    use crate::capture::{CaptureError, Reader};

    fn error(bytes: &[u8]) -> CaptureError {
        match Reader::new(bytes, "x") {
            Ok(_) => panic!("taken for a capture: {bytes:02x?}"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_is_no_capture_is_named_with_advice() {
        let cases: &[(&[u8], &str, &str)] = &[
            (b"snoop\0\0\0\0\0\0\x02", "snoop", "editcap -F pcapng"),
            (b"GMBU\0\x02\x01\0", "Network Monitor", "editcap -F pcapng"),
            (b"<!DOCTYPE html><html>", "web page", "fetch the file again"),
            (b"\n {\"log\": {}}", "JSON", "tcpdump -w"),
            ("12:00:01 IP a > b: Flags [S] … é".as_bytes(), "text", "tcpdump -w"),
            (b"\0\0\0\0\0\0", "zero bytes", "fetch"),
            (b"\xde\xad\xbe\xef\x01", "de ad be ef 01", "editcap"),
            (b"\x0a\x0d\x0d\x0a\x1c\0\0\0\0\0\0\0\0\0", "byte-order magic", "binary mode"),
        ];
        for (bytes, found, advice) in cases {
            let line = error(bytes).to_string();
            assert!(line.starts_with("x: "), "{line}");
            assert!(line.contains(found) && line.contains(advice), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn an_empty_capture_says_so() {
        assert!(matches!(error(b""), CaptureError::Empty { .. }));
    }

    #[test]
    fn a_header_that_is_cut_says_how_much_is_missing() {
        let needs = |bytes: &[u8]| match error(bytes) {
            CaptureError::CutHeader { needed, available, .. } => (needed, available),
            other => panic!("{other}"),
        };
        assert_eq!(needs(b"\xd4\xc3\xb2\xa1\x02\0\x04\0"), (24, 8));
        assert_eq!(needs(b"\x0a\x0d\x0d\x0a\x1c\0\0"), (28, 7));
        assert_eq!(needs(b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01"), (28, 13));
    }

    #[test]
    fn a_version_of_the_future_is_an_error() {
        let section = b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\x01\0\0\0"; // 256.0
        assert!(matches!(error(section), CaptureError::UnknownVersion { major: 256, .. }));
        let mut pcap = [0; 24];
        pcap[..6].copy_from_slice(b"\xd4\xc3\xb2\xa1\x07\0");
        assert!(matches!(error(&pcap), CaptureError::UnknownVersion { major: 7, .. }));
    }
}
