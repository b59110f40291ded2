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
const LOOKED_AT: usize = 4_096;

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
    Foreign { offset: 0, magic: b"VL\0\0", found: "a NetXRay capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\xaa\xaa\xaa\xaa", found: "an Accellent 5Views capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\x05VNF", found: "a Visual Networks capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\x01\x10\x4c\0", found: "a Novell LANalyzer capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\x00\x10\x4c\0", found: "a Novell LANalyzer capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"TR\0d\0", found: "an HP-UX nettl trace", advice: CONVERT },
    Foreign { offset: 0, magic: b"\0\0\0\x01\0\0\0\0\0\x07\xd0\0", found: "an HP-UX nettl trace", advice: CONVERT },
    Foreign { offset: 0, magic: b"EyeSDN", found: "an EyeSDN trace", advice: CONVERT },
    Foreign { offset: 0, magic: b"\x7fver", found: "an OmniPeek capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"\0\0\x02\0\x12\x05\0\x10", found: "a Tektronix K12 capture", advice: CONVERT },
    Foreign { offset: 0, magic: b"+---------+---------------+----------+", found: "a Tektronix K12 text export", advice: CONVERT },
    Foreign { offset: 0, magic: b"Session Transcript", found: "a Catapult DCT2000 log", advice: CONVERT },
    Foreign { offset: 0, magic: b"TCPIPtrace", found: "an OpenVMS TCPIPtrace", advice: CONVERT },
    Foreign { offset: 0, magic: b"ETHERWATCH ", found: "a DBS Etherwatch trace", advice: CONVERT },
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
    // Behind a record header, of which there are several kinds.
    let head = bytes.get(..64).unwrap_or(bytes);
    if [&b"NetScaler "[..], b"Netscaler V"].iter().any(|name| contains(head, name)) {
        return Content::Foreign { found: "a NetScaler trace".to_owned(), advice: CONVERT };
    }
    if is_erf(bytes) {
        return Content::Foreign { found: "an Endace ERF capture".to_owned(), advice: CONVERT };
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

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether two records of the Extensible Record Format stand at the beginning. It has no magic
/// number: a time of this age (fraction and seconds since 1970 in little-endian order), a type, a
/// length (in big-endian order, header included) and where that leads, another such record.
fn is_erf(bytes: &[u8]) -> bool {
    record_of_erf(bytes).is_some_and(|(first, len)| {
        let second = bytes.get(len..).and_then(record_of_erf);
        second.is_some_and(|(second, _)| first.abs_diff(second) <= 86_400)
    })
}

/// The seconds and the length of the record that `bytes` begin with, if it may be one.
fn record_of_erf(bytes: &[u8]) -> Option<(u32, usize)> {
    let [_, _, _, _, s @ .., kind, _flags, l0, l1, _, _, _, _] = *bytes.first_chunk::<16>()?;
    let seconds = u32::from_le_bytes(s);
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    // The highest bit of the type says that extension headers follow.
    let known = (1..=48).contains(&(kind & 0x7f)) && seconds > 631_152_000; // 1990
    (known && len > 16).then_some((seconds, len))
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
            (b"RTSS\x01\x01\x01\0", "Network Monitor 1", "editcap -F pcapng"),
            (b"\xaa\xaa\xaa\xaa\x20\0", "5Views", "editcap -F pcapng"),
            (b"\x05VNF\x12\0\0\0", "Visual Networks", "editcap -F pcapng"),
            (b"\x01\x10\x4c\0\x01\x05Trace", "LANalyzer", "editcap -F pcapng"),
            (b"TR\0d\0\0\0\0", "nettl", "editcap -F pcapng"),
            (b"EyeSDN\xff", "EyeSDN", "editcap -F pcapng"),
            (b"TRSNIFF data    \x1a\x01", "Sniffer", "editcap -F pcapng"),
            (b"XCP\x00001.100\0", "NetXRay", "editcap -F pcapng"),
            (b"ObserverPktBufferVersion", "Observer", "editcap -F pcapng"),
            (b"iptrace 2.0\0", "iptrace", "editcap -F pcapng"),
            (b"\x7fver\0\0\0\x09", "OmniPeek", "editcap -F pcapng"),
            (b"+---------+---------------+----------+\r\n", "K12 text", "editcap -F pcapng"),
            (b"\x01\x01\x20\0\0\0\0\0NetScaler Performance Data", "NetScaler", "editcap"),
            (b"btsnoop\0\0\0\0\x01", "Bluetooth", "capture the network"),
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
    fn two_records_of_erf_are_known_by_their_structure() {
        let record = [0, 0, 0, 0, 0, 0, 0, 0x65, 2, 4, 0, 20, 0, 0, 0, 60, 1, 2, 3, 4];
        assert!(error(&[record, record].concat()).to_string().contains("Endace ERF"));
        assert!(!error(&record).to_string().contains("Endace"), "one tells too little");
    }

    #[test]
    fn the_advice_can_be_pasted_into_a_shell() {
        let error = |name: &str| match Reader::new(&b"snoop\0\0\0"[..], name) {
            Ok(_) => panic!("taken for a capture"),
            Err(error) => error.to_string(),
        };
        let line = error("old/it's mine.snoop");
        let command = r"editcap -F pcapng 'old/it'\''s mine.snoop' 'old/it'\''s mine.snoop.pcapng'";
        assert!(line.ends_with(command), "{line}");
        assert!(error("a.snoop").ends_with("editcap -F pcapng a.snoop a.snoop.pcapng"));
        assert!(error("-x").ends_with("editcap -F pcapng ./-x ./-x.pcapng"));
        assert!(error("standard input").ends_with("editcap -F pcapng FILE OUT"));
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
