//! What is read from the command line: compressed files, archives, directories, lists and series.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use serde_json::Value;
use wsblame::pipeline::{Analysis, Input, Limits, Options, Series};
use wsblame::report::Report;
use wsblame::rules;
use wsblame::script::{CONFORMING, Play, write_pcap};

use crate::folder::Folder;
use crate::support::{
    Raw, all_samples, analyse, capture_of, cases, essences, packets, real_samples,
};

fn wsblame() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsblame"));
    command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs it in `folder`; the exit code, the report, and what was complained about.
fn run(folder: &Folder, arguments: &[&str]) -> (i32, Value, String) {
    let mut command = wsblame();
    command.current_dir(folder.at()).args(["-f", "json"]).args(arguments);
    outcome(&command.output().expect("the binary runs"))
}

fn outcome(output: &Output) -> (i32, Value, String) {
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it exits"), report, complaints)
}

fn names(report: &Value) -> Vec<&str> {
    let captures = report["captures"].as_array().into_iter().flatten();
    captures.filter_map(|capture| capture["file"].as_str()).collect()
}

fn conforming() -> Vec<u8> {
    write_pcap(&Play::of(CONFORMING))
}

fn unmasked() -> Vec<u8> {
    let rule = rules::find("client-frame-unmasked").expect("a rule of the catalogue");
    write_pcap(&Play::of(rule.breaks))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("a Vec takes everything");
    out.finish().expect("a Vec takes everything")
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).expect("a Vec takes everything");
    }
    archive.into_inner().expect("a Vec takes everything")
}

/// Cuts packets into `count` parts that follow each other.
fn split(packets: &[Raw], count: usize) -> Vec<Vec<Raw>> {
    let size = packets.len().div_ceil(count).max(1);
    packets.chunks(size).map(<[Raw]>::to_vec).collect()
}

fn report_on(paths: &[PathBuf], series: Series) -> Report {
    let inputs: Vec<Input> = paths.iter().map(Input::named).collect();
    let mut analysis = Analysis::new(Options { series, ..Options::default() });
    analysis.inputs(&inputs);
    analysis.into_report()
}

#[test]
fn a_compressed_capture_is_read_whatever_it_is_called() {
    let folder = Folder::new("files-compressed");
    let packed = gzip(&unmasked());
    folder.file("incident.pcap", &packed);
    let (code, report, complaints) = run(&folder, &["incident.pcap"]);
    assert_eq!((code, complaints.as_str()), (1, ""));
    assert_eq!(report["connections"][0]["verdict"]["cause"], "client-frame-unmasked");

    let mut child = wsblame()
        .args(["-f", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(&packed).expect("it reads");
    let (code, piped, _) = outcome(&child.wait_with_output().expect("it ends"));
    assert_eq!((code, &piped["connections"]), (1, &report["connections"]));
}

#[test]
fn a_compressed_capture_that_is_cut_says_where_and_gives_what_was_before() {
    let folder = Folder::new("files-cut");
    let packed = gzip(&unmasked());
    let half = packed.len() - 12;
    folder.file("cut.pcap.gz", &packed[..half]);
    let (code, report, complaints) = run(&folder, &["cut.pcap.gz"]);
    assert_eq!(code, 3);
    assert!(
        complaints.contains(&format!("gzip data end too early, at byte {half}")),
        "{complaints}"
    );
    assert!(report["captures"][0]["packets"].as_u64().is_some_and(|packets| packets > 0));
    assert_eq!(report["captures"][0]["format"], "pcap");
}

#[test]
fn nobody_is_accused_by_a_compressed_capture_whose_checksum_does_not_hold() {
    let folder = Folder::new("files-damaged");
    let mut packed = gzip(&unmasked());
    let crc = packed.len() - 8;
    packed[crc] ^= 1;
    folder.file("damaged.pcap.gz", &packed);
    let (code, report, complaints) = run(&folder, &["damaged.pcap.gz"]);
    assert_eq!(code, 3);
    assert!(complaints.contains("gzip data are damaged"), "{complaints}");
    let connection = &report["connections"][0];
    assert_eq!(connection["verdict"]["at_fault"], "unknown");
    assert_eq!(connection["verdict"]["confidence"], "unknown");
    assert_eq!(connection["findings"].as_array().map(Vec::len), Some(0));
    assert_eq!(connection["close"]["surfaced"]["client"], Value::Null);
}

/// That nothing in the report names a code, a status or who ended the connection.
fn concludes_nothing(folder: &Folder, name: &str) {
    let (_, report, _) = run(folder, &[name]);
    let connection = &report["connections"][0];
    assert_eq!(connection["close"]["tcp_end"]["by"], "unknown", "{name}");
    assert_eq!(connection["close"]["tcp_end"]["packet"], Value::Null, "{name}");
    assert_eq!(connection["handshake"]["status"], Value::Null, "{name}");
    assert_eq!(connection["timeline"].as_array().map(Vec::len), Some(0), "{name}");
    assert_eq!(connection["quality"]["grade"], "poor", "{name}");
    let capture = &report["captures"][0];
    assert_eq!(capture["quality"]["grade"], "poor", "{name}");
    let spots = capture["blind_spots"].as_array().into_iter().flatten();
    assert_eq!(spots.filter(|spot| spot["kind"] == "unpacked-damaged").count(), 1, "{name}");
    for arguments in [&["-v", name][..], &["-f", "markdown", name]] {
        let mut command = wsblame();
        let output = command.current_dir(folder.at()).args(arguments).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("nothing is concluded"), "{text}");
        for claim in ["Close 1", "FIN", "answered 101", "no answer", "one of the two"] {
            assert!(!text.contains(claim), "{claim} in {name}: {text}");
        }
    }
}

#[test]
fn a_damaged_checksum_leaves_no_claim_anywhere_in_the_report() {
    let folder = Folder::new("files-no-claim");
    let with_wrong_checksum = |bytes: &[u8]| {
        let mut packed = gzip(bytes);
        let crc = packed.len() - 8;
        packed[crc] ^= 1;
        packed
    };
    folder.file("one.pcap.gz", &with_wrong_checksum(&unmasked()));
    concludes_nothing(&folder, "one.pcap.gz");
    folder.file("all.tar.gz", &with_wrong_checksum(&tar(&[("one.pcap", &unmasked())])));
    concludes_nothing(&folder, "all.tar.gz");
}

#[test]
fn the_captures_of_an_archive_are_told_by_name() {
    let folder = Folder::new("files-archive");
    let members: [(&str, &[u8]); 4] = [
        ("d/one.pcap", &conforming()),
        ("readme", b"not a capture"),
        ("broken.pcap", b"not a capture"),
        ("two.gz", &gzip(&unmasked())),
    ];
    folder.file("bundle.tar.gz", &gzip(&tar(&members)));
    let (code, report, complaints) = run(&folder, &["bundle.tar.gz"]);
    assert_eq!(code, 3);
    let expected =
        ["bundle.tar.gz/d/one.pcap", "bundle.tar.gz/broken.pcap", "bundle.tar.gz/two.gz"];
    assert_eq!(names(&report), expected);
    assert_eq!(report["connections"].as_array().map(Vec::len), Some(2));
    assert_eq!(complaints.lines().count(), 1, "{complaints}");
    assert!(complaints.contains("bundle.tar.gz/broken.pcap: not a pcap"), "{complaints}");

    folder.file("empty.tar", &tar(&[("readme", b"not a capture")]));
    let (code, _, complaints) = run(&folder, &["empty.tar"]);
    assert_eq!(code, 3);
    assert!(complaints.contains("empty.tar: an archive without captures"), "{complaints}");
}

#[test]
fn an_archive_that_is_nested_too_deep_says_so() {
    let folder = Folder::new("files-too-deep");
    let mut bytes = tar(&[("one.pcap", &conforming())]);
    for _ in 0..6 {
        bytes = tar(&[("inner", &bytes)]);
    }
    folder.file("deep.tar", &bytes);
    let (code, report, complaints) = run(&folder, &["deep.tar"]);
    assert_eq!((code, report["connections"].as_array().map(Vec::len)), (3, Some(0)));
    assert!(complaints.contains("nested deeper than 6 layers"), "{complaints}");
    assert!(!complaints.contains("without captures"), "{complaints}");
}

#[test]
fn captures_written_behind_each_other_are_both_read_packed_or_not() {
    let folder = Folder::new("files-joined");
    // Two scripts would have the same addresses and numbers: one connection, captured twice.
    let one = fs::read("samples/real/websockets-server-clean-close-1000.pcap").expect("a sample");
    let other = unmasked();
    folder.file("both.pcap", &[&one[..], &other].concat());
    folder.file("both.pcap.gz", &[gzip(&one), gzip(&other)].concat());
    for name in ["both.pcap", "both.pcap.gz"] {
        let (code, report, complaints) = run(&folder, &[name]);
        assert_eq!((code, complaints.as_str()), (1, ""), "{name}");
        let all = packets(&one).len() + packets(&other).len();
        assert_eq!(report["captures"][0]["packets"].as_u64(), Some(all as u64), "{name}");
        assert_eq!(report["captures"][0]["quality"]["grade"], "good", "{name}");
    }
}

#[test]
fn a_file_of_which_packets_are_lost_to_damage_is_complained_about() {
    let folder = Folder::new("files-holes");
    let noise: Vec<u8> =
        (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    folder.file("noise.pcap", &[&conforming()[..24], &noise].concat());
    let (code, report, complaints) = run(&folder, &["noise.pcap"]);
    assert_eq!((code, complaints.lines().count()), (3, 1), "{complaints}");
    assert!(complaints.contains("noise.pcap: damaged at byte 24: "), "{complaints}");
    assert_eq!(report["captures"][0]["packets"], 0);
    let output = wsblame().current_dir(folder.at()).arg("noise.pcap").output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains("the capture is empty"), "{text}");
    assert!(text.contains("damaged file: fetch it again"), "{text}");

    let whole = conforming();
    let half = whole.len() / 2;
    let torn = [&whole[..half], &[0xff; 100], &whole[half..]].concat();
    folder.file("torn.pcap", &torn);
    let (code, report, complaints) = run(&folder, &["torn.pcap"]);
    assert_eq!((code, complaints.lines().count()), (3, 1), "{complaints}");
    assert!(report["captures"][0]["packets"].as_u64().is_some_and(|packets| packets > 0));

    folder.file("cut.pcap", &whole[..whole.len() - 3]);
    let (code, _, complaints) = run(&folder, &["cut.pcap"]);
    assert_eq!((code, complaints.as_str()), (0, ""), "a plain cut is a blind spot and no error");
}

#[test]
fn a_packet_whose_headers_are_impossible_is_not_forgotten() {
    let folder = Folder::new("files-malformed");
    let mut bytes = conforming();
    let first = &mut bytes[24 + 16 + 14..][..20]; // the IP header
    first.fill(0);
    folder.file("zeros.pcap", &bytes);
    let (_, report, _) = run(&folder, &["zeros.pcap"]);
    let capture = &report["captures"][0];
    let spots = capture["blind_spots"].as_array().into_iter().flatten();
    assert!(spots.into_iter().any(|spot| spot["kind"] == "malformed"), "{capture}");
    assert_ne!(capture["quality"]["grade"], "good");
}

#[test]
fn the_digest_is_that_of_the_file_on_disk() {
    use sha2::{Digest, Sha256};
    let hex = |bytes: &[u8]| -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let folder = Folder::new("files-digest");
    let packed = gzip(&conforming());
    let bundle = gzip(&tar(&[("one.pcap", &conforming()), ("two.pcap", &conforming())]));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("in.pcap", zip::write::SimpleFileOptions::default()).expect("a Vec");
    zip.write_all(&conforming()).expect("a Vec takes everything");
    let zip = zip.finish().expect("a Vec takes everything").into_inner();
    for (name, bytes) in [("a.pcap.gz", &packed), ("b.tgz", &bundle), ("c.zip", &zip)] {
        folder.file(name, bytes);
        let mut command = wsblame();
        let output = command.current_dir(folder.at()).args(["-f", "markdown", name]).output();
        let text = String::from_utf8(output.expect("it runs").stdout).expect("UTF-8");
        assert!(text.contains(&hex(bytes)), "{name}: {text}");
    }
}

#[test]
fn a_directory_is_read_to_its_bottom_and_by_content() {
    let folder = Folder::new("files-tree");
    folder.file("top/b/deep/one.bin", &conforming());
    folder.file("top/a.pcap", &unmasked());
    folder.file("top/c.tar", &tar(&[("in.pcap", &conforming())]));
    folder.file("top/notes.txt", b"not a capture");
    folder.file("top/z.txt.gz", &gzip(b"not a capture"));
    folder.file("top/odd.pcap", b"not a capture");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("..", folder.path("top/b/loop")).expect("a link");
        std::os::unix::fs::symlink("../a.pcap", folder.path("top/b/again")).expect("a link");
    }
    let (code, report, complaints) = run(&folder, &["top", "top/a.pcap", "./top/../top/a.pcap"]);
    assert_eq!(code, 3);
    let expected = ["top/a.pcap", "top/b/deep/one.bin", "top/c.tar/in.pcap", "top/odd.pcap"];
    assert_eq!(names(&report), expected);
    assert_eq!(complaints.lines().count(), 1, "{complaints}");

    folder.file("barren/notes.txt", b"not a capture");
    let (code, _, complaints) = run(&folder, &["barren", "top/a.pcap"]);
    assert_eq!(code, 3);
    assert!(complaints.contains("barren: a directory without captures"), "{complaints}");
}

#[test]
fn captures_are_taken_from_a_list() {
    let folder = Folder::new("files-list");
    folder.file("one.pcap", &conforming());
    folder.file("two words.pcap", &unmasked());
    folder.file("list", b"one.pcap\n\ntwo words.pcap\none.pcap\n");
    folder.file("list0", b"one.pcap\0two words.pcap\0");
    for list in ["list", "list0"] {
        let (code, report, _) = run(&folder, &["--files-from", list]);
        assert_eq!((code, names(&report)), (1, vec!["one.pcap", "two words.pcap"]));
    }
    let (_, report, _) = run(&folder, &["two words.pcap", "--files-from", "list"]);
    assert_eq!(names(&report), ["two words.pcap", "one.pcap"]);
    let list = File::open(folder.path("list0")).expect("the list");
    let mut command = wsblame();
    command.current_dir(folder.at()).args(["-f", "json", "--files-from", "-"]).stdin(list);
    let (code, report, _) = outcome(&command.output().expect("the binary runs"));
    assert_eq!((code, names(&report).len()), (1, 2));

    assert_eq!(run(&folder, &["-", "--files-from", "-"]).0, 2);
    assert_eq!(run(&folder, &["--files-from", "absent"]).0, 3);
    assert_eq!(run(&folder, &["--files-from", "/dev/null"]).0, 3);
}

/// One WebSocket of a real client and server, over four files.
fn four_parts() -> (Vec<u8>, Vec<Vec<Raw>>) {
    let (_, path) = real_samples()
        .into_iter()
        .find(|(name, _)| name == "chromium-bad-utf8")
        .expect("a sample of the project");
    let sample = fs::read(path).expect("a readable sample");
    let parts = split(&packets(&sample), 4);
    assert_eq!(parts.len(), 4);
    (sample, parts)
}

#[test]
fn a_connection_over_four_rotated_files_is_one_connection() {
    let (sample, parts) = four_parts();
    let folder = Folder::new("files-rotated");
    let name = |index| match index {
        0 => "web.pcap".to_owned(),
        later => format!("web.pcap{later}"),
    };
    let mut paths = folder.series(&parts, name);
    paths.reverse();
    let report = report_on(&paths, Series::Auto);
    assert_eq!(report.captures.len(), 1);
    assert_eq!(report.connections.len(), 1);
    assert_eq!(essences(&report), essences(&analyse(&sample)));

    let capture = &report.captures[0];
    assert_eq!(capture.packets as usize, parts.iter().map(Vec::len).sum::<usize>());
    let files: Vec<(bool, u64)> = capture
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| (file.file.ends_with(&name(index)), file.packets))
        .collect();
    let expected: Vec<(bool, u64)> = parts.iter().map(|part| (true, part.len() as u64)).collect();
    assert_eq!(files, expected);

    // The tenth packet of the sample is the second one of the third file.
    let json = serde_json::to_value(&report).expect("a report is data");
    let findings = json["connections"][0]["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|finding| finding["rule"] == "invalid-utf8-text");
    let cite = &finding.expect("as in the sample")["packets"][0];
    assert!(*cite == 2 || (cite["file"] == 3 && cite["number"] == 2), "{cite}");

    let apart = report_on(&paths, Series::Never);
    assert_eq!(apart.captures.len(), 4);
    assert!(apart.captures.iter().all(|capture| capture.files.is_empty()));
}

#[test]
fn every_kind_of_series_is_put_together() {
    let (sample, parts) = four_parts();
    let expected = essences(&analyse(&sample));
    let stamp = |index| format!("2026112212500{index}");
    let kinds: [(&str, &dyn Fn(usize) -> String); 5] = [
        ("ring", &|index| format!("web.pcap{}", (index + 2) % 4)),
        ("times", &|index| format!("web-20261122-12500{index}.pcap")),
        ("dumpcap", &|index| format!("web_0000{}_{}.pcapng", index + 1, stamp(index))),
        ("newer", &|index| format!("web_{}_0000{}.pcapng", stamp(index), index + 1)),
        ("folder", &|index| format!("deep/er/web.pcap0{index}")),
    ];
    for (kind, name) in kinds {
        let folder = Folder::new(&format!("files-series-{kind}"));
        folder.series(&parts, name);
        let (_, report, complaints) = run(&folder, &["."]);
        assert_eq!(names(&report).len(), 1, "{kind}: {report}");
        assert_eq!(report["captures"][0]["files"].as_array().map(Vec::len), Some(4), "{kind}");
        assert_eq!(complaints, "", "{kind}");
        let paths: Vec<PathBuf> = (0..4).map(|index| folder.path(name(index))).collect();
        assert_eq!(essences(&report_on(&paths, Series::Auto)), expected, "{kind}");
    }
}

#[test]
fn a_series_in_an_archive_is_one_capture_and_a_lone_file_is_none() {
    let (_, parts) = four_parts();
    let files: Vec<Vec<u8>> = parts.iter().map(|part| capture_of(part)).collect();
    let folder = Folder::new("files-series-tar");
    let members: Vec<(String, &[u8])> = files
        .iter()
        .enumerate()
        .map(|(index, file)| (format!("d/w.pcap{index}"), file.as_slice()))
        .chain([("other.pcap0".to_owned(), files[0].as_slice())])
        .collect();
    // tar stores a directory in the order of the file system, which is none.
    let members: Vec<_> = [2, 4, 1, 3, 0].map(|index: usize| members[index].clone()).to_vec();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, file)| (name.as_str(), *file)).collect();
    folder.file("bundle.tgz", &gzip(&tar(&members)));
    let (_, report, _) = run(&folder, &["bundle.tgz"]);
    assert_eq!(names(&report), ["bundle.tgz/d/w.pcap0", "bundle.tgz/other.pcap0"]);
    assert_eq!(report["connections"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["captures"][0]["files"].as_array().map(Vec::len), Some(4));
    assert_eq!(report["captures"][1]["files"].as_array().map(Vec::len), Some(0));
    let (_, report, _) = run(&folder, &["bundle.tgz", "--series", "never"]);
    assert_eq!(names(&report).len(), 5);
}

#[test]
fn a_missing_or_unreadable_file_of_a_series_is_a_blind_spot() {
    let (sample, parts) = four_parts();
    let whole = analyse(&sample);
    let folder = Folder::new("files-hole");
    let name = |index: usize| format!("web_0000{}_2026112212500{index}.pcapng", index + 1);
    folder.series(&parts, name);
    let hole = folder.path(name(1));

    fs::write(&hole, b"lost").expect("a writable folder");
    let (code, report, complaints) = run(&folder, &["."]);
    assert_eq!(code, 3);
    assert!(complaints.contains(&name(1)) && complaints.lines().count() == 1, "{complaints}");
    let capture = &report["captures"][0];
    assert!(capture["files"][1]["error"].is_string(), "{capture}");
    assert_eq!(capture["blind_spots"][0]["kind"], "missing-file");

    fs::remove_file(&hole).expect("it is there");
    let (_, report, complaints) = run(&folder, &["."]);
    assert_eq!(complaints, "");
    let capture = &report["captures"][0];
    assert_eq!(capture["files"].as_array().map(Vec::len), Some(3));
    let spot = &capture["blind_spots"][0];
    assert_eq!(spot["kind"], "missing-file");
    assert!(spot["hides"].as_str().is_some_and(|hides| hides.starts_with("1 file")), "{spot}");
    // Nothing is said that the whole does not say.
    for connection in report["connections"].as_array().into_iter().flatten() {
        let fault = &connection["verdict"]["at_fault"];
        let said = serde_json::to_value(whole.connections[0].verdict.at_fault).expect("data");
        assert!(*fault == said || fault == "unknown" || fault == "none", "{connection}");
    }
}

#[test]
fn captures_of_the_same_time_are_put_together_only_when_asked() {
    let (sample, _) = four_parts();
    let all = packets(&sample);
    let every = |remainder: usize| -> Vec<Raw> {
        let mine = |(index, _): &(usize, &Raw)| index % 2 == remainder;
        all.iter().enumerate().filter(mine).map(|(_, packet)| packet.clone()).collect()
    };
    let folder = Folder::new("files-merge");
    // The names would do for a series; the times do not.
    let paths = folder.series(&[every(0), every(1)], |index| format!("web.pcap{}", index + 1));
    let apart = report_on(&paths, Series::Auto);
    assert_eq!(apart.captures.len(), 2);
    let spots: Vec<&str> =
        apart.captures[1].blind_spots.iter().map(|spot| spot.kind.as_str()).collect();
    assert!(spots.contains(&"series-split"), "{spots:?}");

    let merged = report_on(&paths, Series::Always);
    assert_eq!(merged.captures.len(), 1);
    assert_eq!(merged.captures[0].files.len(), 2);
    assert_eq!(essences(&merged), essences(&analyse(&sample)));

    // With room for one open file at a time the second comes late, and that is said.
    let limits = Limits { open_files: 1, ..Limits::default() };
    let mut analysis =
        Analysis::new(Options { limits, series: Series::Always, ..Options::default() });
    analysis.inputs(&paths.iter().map(Input::named).collect::<Vec<_>>());
    let report = analysis.into_report();
    let kinds: Vec<&str> =
        report.captures[0].blind_spots.iter().map(|spot| spot.kind.as_str()).collect();
    assert!(kinds.contains(&"over-limit"), "{kinds:?}");
}

#[test]
fn an_archive_from_a_pipe_is_read_once_and_says_what_that_hides() {
    let (_, parts) = four_parts();
    let files: Vec<Vec<u8>> = parts.iter().map(|part| capture_of(part)).collect();
    let members: [(&str, &[u8]); 2] = [("w.pcap0", &files[0]), ("w.pcap1", &files[1])];
    let mut analysis = Analysis::new(Options::default());
    analysis.read("pipe", tar(&members).as_slice());
    let report = analysis.into_report();
    assert_eq!(report.captures.len(), 2);
    let spot = &report.captures[1].blind_spots[0];
    assert_eq!(spot.kind, "series-split");
    assert!(spot.hides.contains("from a pipe"), "{}", spot.hides);
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn rotation_and_compression_change_no_verdict(
        sample in 0_usize..1_000,
        count in 2_usize..7,
        packed in any::<bool>(),
        case in any::<u64>(),
    ) {
        let samples = all_samples();
        let (name, sample) = &samples[sample % samples.len()];
        let parts = split(&packets(sample), count);
        prop_assume!(parts.iter().all(|part| part.iter().all(|raw| raw.link == parts[0][0].link)));
        let folder = Folder::new(&format!("files-any-{case:x}"));
        let paths: Vec<PathBuf> = parts.iter().enumerate().map(|(index, part)| {
            let file = capture_of(part);
            match packed {
                true => folder.file(&format!("x.pcap{index:02}.gz"), &gzip(&file)),
                false => folder.file(&format!("x.pcap{index:02}"), &file),
            }
        }).collect();
        let report = report_on(&paths, Series::Auto);
        prop_assert_eq!(report.captures.len(), 1, "{}", name);
        prop_assert_eq!(essences(&report), essences(&analyse(sample)), "{}", name);
    }
}
