//! What programs sent is what comes out: each message of a real capture, inflated, byte for byte.
//!
//! The programs on both ends wrote down what they sent, as a line for each message beside the
//! capture: connection, side, kind, length, SHA-256. `frames --dump` is held against that.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use crate::folder::Folder;
use crate::support::{everywhere, root};

/// Kind, length and SHA-256 of each message, by connection and side, in the order of sending.
type Messages = BTreeMap<(u64, String), Vec<(String, u64, String)>>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn message(kind: &str, content: &[u8]) -> (String, u64, String) {
    (kind.to_owned(), content.len() as u64, hex(&Sha256::digest(content)))
}

/// What the programs wrote down.
fn sent(record: &Path) -> Messages {
    let mut sent = Messages::new();
    for line in fs::read_to_string(record).expect("a record").lines() {
        let [connection, side, kind, len, digest] = *line.split(' ').collect::<Vec<_>>() else {
            panic!("{}: {line}", record.display());
        };
        let connection = connection.parse().expect("a number");
        let message = (kind.to_owned(), len.parse().expect("a length"), digest.to_owned());
        sent.entry((connection, side.to_owned())).or_default().push(message);
    }
    // Of very many short ones the texts themselves, a line each, sent by the client.
    if let Ok(texts) = fs::File::open(record.with_extension("texts.gz")) {
        let mut lines = String::new();
        GzDecoder::new(texts).read_to_string(&mut lines).expect("gzip");
        let texts = lines.lines().map(|text| message("text", text.as_bytes()));
        sent.entry((1, "client".to_owned())).or_default().extend(texts);
    }
    sent
}

/// What `frames --dump` makes of the capture.
fn dumped(capture: &Path, folder: &Folder) -> Messages {
    let into = folder.path("dump");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wsblame"))
        .arg("frames")
        .arg(capture)
        .arg("--dump")
        .arg(&into)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut files: Vec<(u64, u64, String, String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(&into).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (stem, kind) = name.split_once('.').expect("an ending");
        let [connection, number, side] = *stem.split('-').collect::<Vec<_>>() else {
            panic!("{name}");
        };
        let kind = match kind {
            "txt" => "text",
            "bin" => "binary",
            other => other, // .partial: nobody sent that
        };
        let connection = connection.trim_start_matches('c').parse().expect("a number");
        let number = number.parse().expect("a number");
        files.push((connection, number, side.to_owned(), kind.to_owned(), path));
    }
    files.sort();
    let mut dumped = Messages::new();
    for (connection, _, side, kind, path) in files {
        let content = fs::read(&path).expect("a message");
        dumped.entry((connection, side)).or_default().push(message(&kind, &content));
    }
    dumped
}

#[test]
fn each_message_comes_out_as_it_was_sent() {
    let real = root().join("samples/real");
    let mut records: Vec<PathBuf> = fs::read_dir(real)
        .expect("part of the project")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "messages"))
        .collect();
    records.sort();
    assert!(records.len() > 20, "{records:?}");
    let wrong = everywhere(records.len(), |number| {
        let record = &records[number];
        let name = record.file_stem().expect("a name").to_string_lossy().into_owned();
        let captures = ["pcap", "pcapng", "pcap.gz", "pcapng.gz"];
        let mut captures = captures.iter().map(|ending| record.with_extension(ending));
        let capture = captures.find(|path| path.exists()).expect("a capture of the same name");
        let folder = Folder::new(&format!("contents-{name}"));
        let (sent, dumped) = (sent(record), dumped(&capture, &folder));
        assert!(!sent.is_empty(), "{name}");
        let keys: std::collections::BTreeSet<_> = sent.keys().chain(dumped.keys()).collect();
        let mut wrong = Vec::new();
        for key in keys {
            let (sent, dumped) = (sent.get(key), dumped.get(key));
            let (sent, dumped) =
                (sent.cloned().unwrap_or_default(), dumped.cloned().unwrap_or_default());
            if sent != dumped {
                let at = sent.iter().zip(&dumped).position(|(sent, dumped)| sent != dumped);
                let counts = (sent.len(), dumped.len());
                wrong.push(format!("{name} {key:?}: {counts:?} sent and dumped, differ at {at:?}"));
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
