//! The way out: a full disk, a pipe that nobody reads, a path that cannot be written, a signal.
//! What is known is printed, nothing half-written is left, and the exit code says how it went.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use serde_json::Value;
use wsblame::capture::{Stop, Switch};
use wsblame::pipeline::{Analysis, Options};
use wsblame::report::Report;
use wsblame::rules;
use wsblame::script::{CONFORMING, Script};

use crate::files::{gzip, tar};
use crate::folder::Folder;
use crate::support::{all_samples, packets};

/// Every command that prints something without being given a capture.
const PAGES: &[&[&str]] = &[
    &["rules"],
    &["rules", "-f", "markdown"],
    &["explain", "1006"],
    &["explain", "1005", "1006"],
    &["explain", "client-frame-unmasked"],
    &["schema"],
    &["schema", "-f", "frames"],
    &["completions", "bash"],
    &["man"],
    &["--help"],
    &["--version"],
    &["frames", "--help"],
];

/// Ways to look at a capture.
const LOOKS: &[&[&str]] = &[
    &[],
    &["-v"],
    &["-f", "json"],
    &["-f", "ndjson"],
    &["-f", "markdown"],
    &["frames"],
    &["frames", "-f", "csv"],
    &["frames", "-f", "ndjson", "--payload", "hex"],
];

fn wsblame() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsblame"));
    command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").env_remove("SSLKEYLOGFILE");
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("a whole document")
}

fn unmasked() -> Script {
    rules::find("client-frame-unmasked").expect("a rule of the catalogue").breaks
}

/// A capture of so many connections, and where its last record begins.
fn large(folder: &Folder, connections: usize) -> (Vec<u8>, usize) {
    let path = folder.capture("large.pcap", &vec![unmasked(); connections]);
    let capture = fs::read(&path).expect("a capture");
    fs::remove_file(path).expect("it was there");
    assert!(capture.len() > 200_000, "more than a pipe holds: {}", capture.len());
    let last = packets(&capture).last().expect("a packet").data.len();
    let start = capture.len() - last - 16; // the header of a record of pcap has 16 bytes
    (capture, start)
}

/// A run that waits for more of its standard input.
fn fed(command: &mut Command, bytes: &[u8]) -> (Child, ChildStdin) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    // This is more than the pipe holds, so behind it the run is certainly reading.
    pipe.write_all(bytes).expect("it reads");
    (child, pipe)
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
}

fn spots(report: &Value, capture: usize) -> Vec<&Value> {
    report["captures"][capture]["blind_spots"].as_array().into_iter().flatten().collect()
}

#[test]
fn a_signal_ends_the_reading_and_what_is_known_by_then_is_printed() {
    let folder = Folder::new("exits-signal");
    let (capture, last) = large(&folder, 200);
    for (name, exit) in [("INT", 130), ("TERM", 143)] {
        let (child, pipe) = fed(wsblame().args(["-f", "json", "-"]), &capture[..last + 9]);
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        drop(pipe); // it was open to the end
        assert_eq!(code(&output), Some(exit), "{}", stderr(&output));
        let said = "wsblame: interrupted; the report is of what was read by then\n";
        assert_eq!(stderr(&output), said);
        let report = json(&output);
        assert_eq!(report["connections"].as_array().map(Vec::len), Some(200));
        let spots = spots(&report, 0);
        assert_eq!(spots[0]["kind"], "interrupted", "{spots:?}");
        let hides = spots[0]["hides"].as_str().expect("text");
        let read = packets(&capture).len() - 1;
        assert!(hides.contains(&format!("behind byte {last} ")), "{hides}");
        assert!(hides.contains(&format!("{read} packets were read")), "{hides}");
        assert_eq!(
            spots[0]["packets"][0]["number"].as_u64().or(spots[0]["packets"][0].as_u64()),
            Some(read as u64),
            "{spots:?}"
        );
        assert_ne!(report["captures"][0]["quality"]["grade"], "good");
        // Of the connections it says what it says of a capture that ends there.
        let cut = folder.file("cut.pcap", &capture[..last]);
        let output = wsblame().args(["-f", "json"]).arg(cut).output().expect("it runs");
        assert_eq!(report["connections"], json(&output)["connections"]);
    }
}

/// Hands out a few bytes at a time, and throws the switch in front of the rest.
struct Thrower<'b> {
    before: &'b [u8],
    behind: &'b [u8],
    switch: Option<Switch>,
}

impl Read for Thrower<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.before.is_empty() {
            if let Some(switch) = self.switch.take() {
                switch.throw();
            }
            return self.behind.read(room);
        }
        let some = self.before.len().min(700).min(room.len());
        self.before.read(&mut room[..some])
    }
}

/// The report on a run that is ended before byte `at` of `bytes` is read: that read still succeeds.
fn interrupted(bytes: &[u8], at: usize) -> Report {
    let (switch, stop) = Switch::new().expect("room for a pipe");
    let (before, behind) = bytes.split_at(at);
    let mut analysis = Analysis::new(Options::default());
    analysis.stop_on(stop);
    analysis.read(
        "cut",
        Thrower { before, behind: &behind[..behind.len().min(1)], switch: Some(switch) },
    );
    analysis.into_report()
}

#[test]
fn nobody_is_accused_of_what_came_behind_an_interruption() {
    for (name, sample) in all_samples() {
        for part in 1..8 {
            let at = (sample.len() * part / 8).max(24);
            let report = interrupted(&sample, at);
            let mut analysis = Analysis::new(Options::default());
            analysis.read("cut", &sample[..at + 1]);
            let cut = analysis.into_report();
            let connections =
                |report: &Report| serde_json::to_value(&report.connections).expect("data");
            assert_eq!(connections(&report), connections(&cut), "{name} at {at}");
            let [capture] = report.captures.as_slice() else { panic!("{name}: one capture") };
            let kinds: Vec<&str> = capture.blind_spots.iter().map(|s| s.kind.as_str()).collect();
            assert!(kinds.contains(&"interrupted"), "{name} at {at}: {kinds:?}");
        }
    }
}

#[test]
fn what_is_packed_is_interrupted_without_being_called_damaged() {
    let folder = Folder::new("exits-packed");
    let (capture, _) = large(&folder, 200);
    let packed = gzip(&capture);
    let report = interrupted(&packed, packed.len() / 2);
    let [only] = report.captures.as_slice() else { panic!("one capture") };
    assert_eq!(only.error, None);
    assert!(only.blind_spots.iter().any(|spot| spot.kind == "interrupted"));
    assert!(only.blind_spots.iter().all(|spot| spot.kind != "unpacked-damaged"));
    assert!(!report.connections.is_empty() && report.connections.len() < 200);

    // An archive: the capture in hand ends early, and those behind it are one row.
    let archive = tar(&[("a.pcap", &capture), ("b.pcap", &capture), ("c.pcap", &capture)]);
    let report = interrupted(&archive, archive.len() / 2);
    let errors: Vec<_> = report.captures.iter().map(|capture| capture.error.as_deref()).collect();
    let end = "not read to its end: the run was interrupted";
    assert_eq!(errors, [None, None, Some(end)], "{:?}", report.captures);
    assert!(report.captures[1].blind_spots.iter().any(|spot| spot.kind == "interrupted"));
    assert!(report.connections.len() >= 200);
}

#[test]
fn captures_that_were_not_begun_are_one_row() {
    let folder = Folder::new("exits-unread");
    let (capture, last) = large(&folder, 200);
    let others: Vec<_> =
        (0..50).map(|n| folder.capture(&format!("{n}-x.pcap"), &[CONFORMING])).collect();
    let one_by_one = ["-f", "json", "--threads", "1", "-"];
    let (child, pipe) = fed(wsblame().args(one_by_one).args(&others), &capture[..last]);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    drop(pipe);
    assert_eq!(code(&output), Some(130));
    let report = json(&output);
    assert_eq!(report["captures"].as_array().map(Vec::len), Some(2));
    let unread = &report["captures"][1];
    assert!(unread["file"].as_str().is_some_and(|file| file.ends_with("0-x.pcap")), "{unread}");
    assert_eq!(unread["error"], "not read, and so are 49 more: the run was interrupted");
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
}

#[test]
fn a_run_that_was_asked_to_end_before_it_began_reads_nothing() {
    let folder = Folder::new("exits-before");
    let captures =
        [folder.capture("a.pcap", &[CONFORMING]), folder.capture("b.pcap", &[CONFORMING])];
    let (switch, stop) = Switch::new().expect("room for a pipe");
    switch.throw();
    for series in [wsblame::pipeline::Series::Auto, wsblame::pipeline::Series::Always] {
        let mut analysis = Analysis::new(Options { series, ..Options::default() });
        analysis.stop_on(stop.clone());
        let inputs: Vec<_> = captures.iter().map(wsblame::pipeline::Input::named).collect();
        analysis.inputs(&inputs);
        let report = analysis.into_report();
        assert!(report.connections.is_empty());
        assert_eq!(report.captures.len(), 1, "{:?}", report.captures);
    }
    assert!(!Stop::default().is_asked());
}

#[test]
fn what_a_writer_flushes_on_ctrl_c_is_still_read() {
    let folder = Folder::new("exits-flush");
    let (capture, last) = large(&folder, 200);
    let (child, mut pipe) = fed(wsblame().args(["-f", "json", "-"]), &capture[..last]);
    // The tcpdump in front of the pipe gets the signal too, and writes what it still holds.
    signal(&child, "INT");
    pipe.write_all(&capture[last..]).expect("it reads");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(130));
    let report = json(&output);
    assert!(spots(&report, 0).is_empty(), "{:?}", spots(&report, 0));
    assert_eq!(report["captures"][0]["packets"], packets(&capture).len());
}

#[test]
fn a_second_signal_ends_a_run_that_cannot_write() {
    let folder = Folder::new("exits-second");
    let (capture, last) = large(&folder, 200);
    let (mut child, pipe) = fed(wsblame().args(["-f", "json", "-"]), &capture[..last]);
    signal(&child, "INT");
    let mut out = child.stdout.take().expect("a pipe");
    let mut begun = [0];
    out.read_exact(&mut begun).expect("the report begins"); // and is longer than the pipe
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut rest = Vec::new();
    out.read_to_end(&mut rest).expect("a pipe");
    assert!(serde_json::from_slice::<Value>(&[&begun[..], &rest].concat()).is_err());
    drop(pipe);
}

#[test]
fn signals_leave_a_whole_report_or_none_and_nothing_beside_it() {
    let folder = Folder::new("exits-beside");
    let (capture, last) = large(&folder, 200);
    let out = Folder::new("exits-beside-out");
    for (signals, pause) in [(1, 0), (2, 0), (2, 10), (2, 60), (2, 290), (2, 305), (2, 320)] {
        let target = out.path("report.json");
        let (child, pipe) = fed(wsblame().arg("-").arg("-o").arg(&target), &capture[..last]);
        assert_eq!(out.names().len(), 1, "it is written beside: {:?}", out.names());
        signal(&child, "INT");
        for _ in 1..signals {
            std::thread::sleep(std::time::Duration::from_millis(pause));
            let kill = format!("kill -INT {} 2>&1", child.id()); // it may have ended
            let _ = Command::new("sh").args(["-c", &kill]).output().expect("a shell");
        }
        let output = child.wait_with_output().expect("it ends");
        drop(pipe);
        assert_eq!(code(&output), Some(130), "{pause}: {}", stderr(&output));
        match out.names().as_slice() {
            [] => assert_ne!(signals, 1, "what is known is reported"),
            [only] => {
                assert_eq!(only, "report.json");
                let report = fs::read(&target).expect("the report");
                serde_json::from_slice::<Value>(&report).expect("it is whole");
                fs::remove_file(target).expect("it was there");
            }
            more => panic!("{more:?}"),
        }
    }
}

#[test]
fn rows_of_frames_are_whole_when_a_signal_comes() {
    let folder = Folder::new("exits-frames");
    let (capture, last) = large(&folder, 200);
    let whole = folder.file("whole.pcap", &capture[..last]);
    let rows = |bytes: &[u8]| -> Vec<Value> {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        assert!(text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).expect("a whole row")).collect()
    };
    let all = wsblame().args(["frames", "-f", "ndjson"]).arg(&whole).output().expect("it runs");
    let all = rows(&all.stdout).len();

    // Live, rows go out as they are read: they have to be taken while more is fed.
    let mut live = wsblame();
    live.args(["frames", "-f", "ndjson", "-"]).stdin(Stdio::piped());
    live.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = live.spawn().expect("the binary runs");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).expect("UTF-8");
        text
    });
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(&capture[..last]).expect("it reads");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(130), "{}", stderr(&output));
    let said = "wsblame: interrupted; the rows are those of what was read by then\n";
    assert_eq!(stderr(&output), said);
    assert_eq!(rows(reader.join().expect("no panic").as_bytes()).len(), all);
    drop(pipe);

    // What is kept to be read twice is listed, and goes away.
    let kept = Folder::new("exits-frames-kept");
    let mut command = wsblame();
    command.env("TMPDIR", kept.at()).args(["frames", "-f", "ndjson", "--connection", "7", "-"]);
    let (child, pipe) = fed(&mut command, &capture[..last]);
    assert_eq!(kept.names().len(), 1);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(130), "{}", stderr(&output));
    let rows = rows(&output.stdout);
    assert!(!rows.is_empty() && rows.iter().all(|row| row["connection"] == 7), "{rows:?}");
    assert_eq!(kept.names(), Vec::<String>::new());
    drop(pipe);
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    Stdio::from(writer)
}

/// A device on which nothing has room.
fn full() -> Stdio {
    Stdio::from(File::options().write(true).open("/dev/full").expect("a device of Linux"))
}

#[test]
fn a_reader_that_has_gone_away_is_told_nothing_and_changes_no_exit_code() {
    let folder = Folder::new("exits-closed");
    let capture = folder.capture("many.pcap", &vec![unmasked(); 50]);
    for page in PAGES {
        let output = wsblame().args(*page).stdout(closed()).output().expect("it runs");
        assert_eq!((code(&output), stderr(&output).as_str()), (Some(0), ""), "{page:?}");
    }
    for look in LOOKS {
        let run = |out: Stdio| {
            let mut command = wsblame();
            let child =
                command.args(*look).arg(&capture).stdout(out).stderr(Stdio::piped()).spawn();
            let output = child.expect("it runs").wait_with_output().expect("it ends");
            (code(&output), stderr(&output))
        };
        let usual = run(Stdio::null());
        assert_eq!(usual.1, "");
        assert_eq!(run(closed()), usual, "{look:?}");
    }
}

#[test]
fn a_reader_that_has_gone_away_costs_neither_complaints_nor_what_goes_elsewhere() {
    let folder = Folder::new("exits-closed-else");
    let capture = folder.capture("many.pcap", &vec![CONFORMING; 200]);
    let run = |arguments: &[&str], into: &Path, out: Stdio| {
        let mut command = wsblame();
        command.args(arguments).arg(into).arg(&capture).stdout(out).stderr(Stdio::piped());
        let output = command.spawn().expect("it runs").wait_with_output().expect("it ends");
        (code(&output), stderr(&output))
    };
    let absent = folder.path("absent.pcap");
    for format in ["text", "ndjson"] {
        let usual = run(&["-f", format], &absent, Stdio::null());
        assert_eq!(usual.0, Some(3), "{format}");
        assert_eq!(run(&["-f", format], &absent, closed()), usual, "{format}");
    }
    let (whole, headless) = (folder.path("whole"), folder.path("headless"));
    let dump = &["frames", "--dump"];
    assert_eq!(run(dump, &headless, closed()), run(dump, &whole, Stdio::null()));
    let names = |dump: &Path| {
        let entries =
            fs::read_dir(dump).expect("made").map(|entry| entry.expect("one").file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(names(&whole).len() >= 200);
    assert_eq!(names(&headless), names(&whole));
}

#[test]
fn a_report_that_takes_the_place_of_another_has_its_mode_and_leaves_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new("exits-place-of");
    let capture = folder.capture("one.pcap", &[CONFORMING]);
    let report_to = |place: &Path| {
        let output = wsblame().arg(&capture).args(["-f", "json", "-o"]).arg(place).output();
        assert_eq!(code(&output.expect("it runs")), Some(0));
        fs::metadata(place).expect("written").permissions().mode() & 0o777
    };
    let old = folder.file("private.json", b"an older report");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let link = folder.path("link.json");
    symlink("private.json", &link).expect("a link");
    let dangling = folder.path("dangling.json");
    symlink("not-yet.json", &dangling).expect("a link");
    assert_eq!((report_to(&old), report_to(&link)), (0o600, 0o600));
    report_to(&dangling);
    assert!(folder.path("not-yet.json").is_file());
    assert!(link.is_symlink() && dangling.is_symlink());
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_whatever_is_written() {
    let folder = Folder::new("exits-full");
    let capture = folder.capture("many.pcap", &vec![unmasked(); 50]);
    let captures =
        LOOKS.iter().map(|look| (*look, true)).chain(PAGES.iter().map(|page| (*page, false)));
    for (arguments, on_capture) in captures {
        let mut command = wsblame();
        command.args(arguments).args(on_capture.then_some(&capture));
        let output = command.stdout(full()).output().expect("it runs");
        let said = "wsblame: standard output: No space left on device\n";
        assert_eq!((code(&output), stderr(&output).as_str()), (Some(3), said), "{arguments:?}");
    }
    for command in [None, Some("frames")] {
        let mut full = wsblame();
        full.args(command).arg(&capture).args(["-f", "ndjson", "-o", "/dev/full"]);
        let output = full.output().expect("it runs");
        assert_eq!(code(&output), Some(3));
        assert_eq!(stderr(&output), "wsblame: /dev/full: No space left on device\n");
    }
}

#[test]
fn a_file_that_finds_no_room_leaves_what_was_there() {
    let folder = Folder::new("exits-room");
    let capture = folder.capture("many.pcap", &vec![unmasked(); 200]);
    let out = Folder::new("exits-room-out");
    let report = out.file("report.ndjson", b"an older report");
    for look in [&["-f", "ndjson"][..], &["frames", "-f", "ndjson"]] {
        // A limit on the size of files: what no disk has to be filled for.
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]);
        limited.arg(env!("CARGO_BIN_EXE_wsblame")).args(look).arg(&capture).arg("-o").arg(&report);
        let output = limited.env("LC_ALL", "C").output().expect("a shell");
        assert_eq!(code(&output), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).contains("report.ndjson: File too large"), "{}", stderr(&output));
        assert_eq!(fs::read(&report).expect("it is there"), b"an older report");
        assert_eq!(out.names(), ["report.ndjson"]);
    }
}

/// Does something in a file system of 64 KiB, if this user may mount one.
#[cfg(target_os = "linux")]
fn on_tiny_disk(folder: &Folder, job: impl FnOnce(&Path)) {
    let place = folder.file("disk/.keep", b"").with_file_name("");
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=64k", "wsblame-test"]).arg(&place);
    if !mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return; // the limit on the size of files is tested in any case
    }
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&place)));
    let unmounted = Command::new("umount").arg(&place).status().expect("umount");
    assert!(unmounted.success());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_keeps_whole_files_only() {
    let folder = Folder::new("exits-disk");
    let capture = folder.capture("many.pcap", &vec![unmasked(); 200]);
    on_tiny_disk(&folder, |disk| {
        let names = || fs::read_dir(disk).expect("mounted").count();
        for look in [&["-f", "json"][..], &["frames", "-f", "ndjson"]] {
            let target = disk.join("report.json");
            let output = wsblame()
                .args(look)
                .arg(&capture)
                .arg("-o")
                .arg(&target)
                .output()
                .expect("it runs");
            assert_eq!(code(&output), Some(3), "{look:?}");
            assert!(stderr(&output).contains("report.json: No space left"), "{}", stderr(&output));
            assert_eq!(names(), 0, "{look:?}");
        }
        let dump = disk.join("messages");
        let output = wsblame().arg("frames").arg(&capture).arg("--dump").arg(&dump).output();
        let output = output.expect("it runs");
        assert_eq!(code(&output), Some(3));
        assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
        let left = fs::read_dir(&dump).expect("made").map(|entry| entry.expect("an entry").path());
        let left: Vec<_> = left.collect();
        assert!(
            !left.is_empty() && left.iter().all(|path| path.extension().is_none_or(|e| e != "tmp"))
        );
        // Standard input that is kept to be read twice finds no room either.
        fs::remove_dir_all(&dump).expect("made");
        let mut keeping = wsblame();
        keeping.env("TMPDIR", disk).args(["frames", "--connection", "1", "-"]);
        let output = keeping.stdin(File::open(&capture).expect("there")).output().expect("it runs");
        assert_eq!(code(&output), Some(3));
        assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
        assert_eq!(names(), 0);
    });
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_before_the_work() {
    let folder = Folder::new("exits-place");
    let file = folder.file("file", b"no folder");
    for place in ["absent/report.json", "file/report.json"] {
        for command in [None, Some("frames")] {
            let mut run = wsblame();
            run.args(command).arg("-").arg("-o").arg(folder.path(place)).args(["-f", "ndjson"]);
            run.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
            let mut child = run.spawn().expect("it runs");
            let open = child.stdin.take(); // nothing is read of it, and it is not waited for
            let output = child.wait_with_output().expect("it ends");
            drop(open);
            assert_eq!(code(&output), Some(3), "{place}");
            assert!(stderr(&output).contains(place), "{}", stderr(&output));
        }
    }
    assert_eq!(fs::read(file).expect("it is there"), b"no folder");
    let output = wsblame().arg("-o").arg(folder.at()).args(["-f", "json", "-"]).output();
    let output = output.expect("it runs");
    assert_eq!(code(&output), Some(3));
    assert!(stderr(&output).ends_with("is a directory\n"), "{}", stderr(&output));
}

#[test]
fn a_folder_that_may_only_be_read_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let folder = Folder::new("exits-readonly");
    let capture = fs::read(folder.capture("one.pcap", &[CONFORMING])).expect("a capture");
    // Root may write anywhere: where this is root, the run is somebody else's, who also may not
    // reach the folder of the build.
    let outside = tempfile::tempdir().expect("a folder");
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    let locked = outside.path().join("locked");
    fs::create_dir(&locked).expect("a writable folder");
    let old = locked.join("report.json");
    fs::write(&old, b"an older report").expect("a writable folder");
    allow(outside.path(), 0o755);
    allow(&locked, 0o555);
    let binary = outside.path().join("wsblame");
    fs::copy(env!("CARGO_BIN_EXE_wsblame"), &binary).expect("room for a copy");
    let is_root = File::create(locked.join("probe")).is_ok();
    let mut command = Command::new(&binary);
    if is_root {
        fs::remove_file(locked.join("probe")).expect("it was made");
        command.uid(65_534).gid(65_534);
    }
    command.current_dir(outside.path()).env_remove("SSLKEYLOGFILE").env("LC_ALL", "C");
    command.args(["-", "-o"]).arg(&old);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let _ = child.stdin.take().expect("a pipe").write_all(&capture); // it may have ended
    let output = child.wait_with_output().expect("it ends");
    allow(&locked, 0o755);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("report.json: Permission denied"), "{}", stderr(&output));
    assert_eq!(fs::read(&old).expect("it is there"), b"an older report");
}

#[test]
fn a_place_that_vanishes_meanwhile_is_an_error() {
    let folder = Folder::new("exits-vanishes");
    let (capture, _) = large(&folder, 200);
    let gone = Folder::new("exits-vanishes-out");
    for command in [None, Some("frames")] {
        fs::create_dir_all(gone.at()).expect("a writable folder");
        let mut run = wsblame();
        run.args(command).args(["-f", "ndjson", "-", "-o"]).arg(gone.path("report.ndjson"));
        let (child, pipe) = fed(&mut run, &capture);
        fs::remove_dir_all(gone.at()).expect("it was there");
        drop(pipe);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), Some(3), "{}", stderr(&output));
        let said = "report.ndjson: No such file or directory\n";
        assert!(stderr(&output).ends_with(said), "{}", stderr(&output));
    }
}
