//! The command line: what is printed where, and how it exits.

use crate::folder::Folder;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wsblame::rules;
use wsblame::script::{CONFORMING, Script};

fn wsblame() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsblame"));
    command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").stdin(Stdio::null());
    command.env_remove("SSLKEYLOGFILE");
    command.env("LC_ALL", "C");
    command
}

fn run(arguments: &[&str]) -> Output {
    wsblame().args(arguments).output().expect("the binary runs")
}

fn on(path: &Path, arguments: &[&str]) -> Output {
    wsblame().args(arguments).arg(path).output().expect("the binary runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A connection that breaks `client-frame-unmasked`.
fn unmasked() -> Script {
    rules::find("client-frame-unmasked").expect("a rule of the catalogue").breaks
}

#[test]
fn a_clean_capture_exits_with_0_and_a_broken_one_with_1() {
    let folder = Folder::new("cli-exit");
    let clean = on(&folder.capture("clean.pcap", &[CONFORMING]), &[]);
    assert_eq!((code(&clean), stderr(&clean).as_str()), (Some(0), ""));
    let broken = on(&folder.capture("broken.pcap", &[unmasked()]), &[]);
    assert_eq!((code(&broken), stderr(&broken).as_str()), (Some(1), ""));
    assert!(stdout(&broken).contains("error[client-frame-unmasked]"), "{}", stdout(&broken));
}

#[test]
fn what_counts_is_for_the_caller_to_say() {
    let folder = Folder::new("cli-fail-on");
    let capture = folder.capture("broken.pcap", &[unmasked()]);
    assert_eq!(code(&on(&capture, &["--fail-on", "never"])), Some(0));
    assert_eq!(code(&on(&capture, &["--fail-on", "note"])), Some(1));
    // A filter narrows what is judged.
    let server = on(&capture, &["--at-fault", "server"]);
    assert_eq!(code(&server), Some(0));
    assert!(stdout(&server).contains("not shown: 1 connection"), "{}", stdout(&server));
}

#[test]
fn an_unreadable_input_is_named_and_wins() {
    let folder = Folder::new("cli-unreadable");
    let broken = folder.capture("broken.pcap", &[unmasked()]);
    let text = folder.file("notes.txt", b"this is no capture, these are notes");
    let output = wsblame().arg(&broken).arg(&text).arg("absent.pcap").output().expect("it runs");
    assert_eq!(code(&output), Some(3));
    assert!(stdout(&output).contains("error[client-frame-unmasked]"));
    let errors = stderr(&output);
    assert_eq!(errors.lines().count(), 2, "{errors}");
    assert!(errors.lines().all(|line| line.starts_with("wsblame: ")), "{errors}");
    assert!(errors.contains("notes.txt: ") && errors.contains("absent.pcap: "), "{errors}");
    assert_eq!(errors.matches("notes.txt").count(), 1, "{errors}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = Folder::new("cli-usage");
    let capture = folder.capture("one.pcap", &[CONFORMING]);
    assert_eq!(code(&run(&[])), Some(2));
    assert_eq!(code(&run(&["--no-such-option", "x"])), Some(2));
    assert_eq!(code(&run(&["-", "-"])), Some(2));
    assert_eq!(code(&run(&["explain", "no-such-thing"])), Some(2));
    let seventh = on(&capture, &["--connection", "7"]);
    assert_eq!(code(&seventh), Some(2));
    assert_eq!(stderr(&seventh), "wsblame: no connection 7: there is only connection 1\n");
    let odd = on(&capture, &["-o", "report.xyz"]);
    assert_eq!(code(&odd), Some(2));
    assert!(stderr(&odd).contains(".md"), "{}", stderr(&odd));
}

#[test]
fn help_and_version_exit_with_0() {
    let help = run(&["--help"]);
    assert_eq!(code(&help), Some(0));
    for part in ["Examples:", "Exit codes:", "--fail-on", "wsblame explain 1006"] {
        assert!(stdout(&help).contains(part), "{part}");
    }
    assert_eq!(code(&run(&["--version"])), Some(0));
}

#[test]
fn a_directory_is_read_by_name_and_an_empty_one_is_an_error() {
    let folder = Folder::new("cli-directory");
    folder.capture("b.pcap", &[unmasked()]);
    folder.capture("a.cap", &[CONFORMING]);
    folder.file("readme.txt", b"not a capture");
    let output = on(folder.at(), &["-f", "json"]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files: Vec<_> = report["captures"].as_array().into_iter().flatten().collect();
    assert_eq!(files.len(), 2);
    assert!(files[0]["file"].as_str().is_some_and(|file| file.ends_with("a.cap")));

    let empty = Folder::new("cli-empty");
    let output = on(empty.at(), &[]);
    assert_eq!(code(&output), Some(3));
    assert!(stderr(&output).contains("a directory without captures"), "{}", stderr(&output));
}

#[test]
fn a_capture_is_read_from_standard_input() {
    let folder = Folder::new("cli-stdin");
    let bytes = fs::read(folder.capture("one.pcap", &[unmasked()])).expect("a capture");
    let mut child = wsblame()
        .args(["-f", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(&bytes).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), Some(1));
    let kinds: Vec<String> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].to_string())
        .collect();
    assert_eq!(kinds, ["\"connection\"", "\"capture\"", "\"report\""]);
}

#[test]
fn a_report_file_is_there_whole_and_nothing_beside_it() {
    let folder = Folder::new("cli-output");
    let capture = folder.capture("one.pcap", &[unmasked()]);
    let ticket = folder.file("ticket.md", b"an older ticket");
    let output = wsblame().arg(&capture).arg("-o").arg(&ticket).output().expect("the binary runs");
    assert_eq!((code(&output), stdout(&output).as_str()), (Some(1), ""));
    let text = fs::read_to_string(&ticket).expect("the ticket");
    assert!(text.contains("**Verdict:**") && text.contains("SHA-256"), "{text}");
    assert_eq!(folder.names(), ["one.pcap", "ticket.md"]);
}

#[test]
fn a_report_that_cannot_be_written_names_the_file() {
    let folder = Folder::new("cli-unwritable");
    let capture = folder.capture("one.pcap", &[CONFORMING]);
    let target = folder.path("no/such/folder/ticket.md");
    let output = wsblame().arg(&capture).arg("-o").arg(&target).output().expect("it runs");
    assert_eq!(code(&output), Some(3));
    assert!(stderr(&output).contains("ticket.md: "), "{}", stderr(&output));
}

#[test]
fn a_report_never_overwrites_its_capture() {
    let folder = Folder::new("cli-overwrite");
    let capture = folder.capture("one.pcap", &[CONFORMING]);
    let before = fs::read(&capture).expect("the capture");
    let output = wsblame()
        .args(["-f", "text"])
        .arg(&capture)
        .arg("-o")
        .arg(&capture)
        .output()
        .expect("runs");
    assert_eq!(code(&output), Some(2));
    assert_eq!(fs::read(&capture).expect("the capture"), before);
}

#[test]
fn a_capture_may_be_named_like_a_command() {
    let folder = Folder::new("cli-named");
    folder.capture("rules", &[unmasked()]);
    for arguments in [["./rules"].as_slice(), &["--", "rules"]] {
        let output =
            wsblame().current_dir(folder.at()).args(arguments).output().expect("the binary runs");
        assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    }
    let slip = run(&["exlpain", "1006"]);
    assert!(stderr(&slip).contains("did you mean the command explain?"), "{}", stderr(&slip));
}

#[test]
fn colour_is_for_terminals_or_when_asked_for() {
    let folder = Folder::new("cli-colour");
    let capture = folder.capture("one.pcap", &[unmasked()]);
    let coloured = |command: &mut Command| {
        let output = command.arg(&capture).output().expect("the binary runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&mut wsblame()));
    assert!(coloured(wsblame().args(["--color", "always"])));
    assert!(coloured(wsblame().env("CLICOLOR_FORCE", "1")));
    assert!(!coloured(wsblame().env("CLICOLOR_FORCE", "1").args(["--color", "never"])));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new("cli-pipe");
    let scripts = vec![unmasked(); 200];
    let capture = folder.capture("many.pcap", &scripts);
    let mut child = wsblame()
        .arg(&capture)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((code(&output), stderr(&output).as_str()), (Some(1), ""));
}

#[test]
fn one_connection_can_be_picked() {
    let folder = Folder::new("cli-pick");
    let capture = folder.capture("two.pcap", &[CONFORMING, unmasked()]);
    let first = on(&capture, &["--connection", "1", "-f", "json"]);
    assert_eq!(code(&first), Some(0));
    let report: Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(report["connections"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["filtered"]["connections_hidden"], 1);
    assert_eq!(code(&on(&capture, &["--connection", "2"])), Some(1));
}

#[test]
fn the_other_commands_print_what_they_promise() {
    let explained = run(&["explain", "abnormal closure"]);
    assert!(stdout(&explained).starts_with("1006 (Abnormal Closure)"), "{}", stdout(&explained));
    let compared = stdout(&run(&["explain", "1005", "1006"]));
    let parts =
        ["Description", "When you see it", "How to fix it", "Key differences", "When to use which"];
    let places: Vec<_> = parts.iter().map(|part| compared.find(part)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{compared}");
    let range = stdout(&run(&["explain", "4400-4499"]));
    assert!(range.starts_with("4400 to 4499 (Private Use)"), "{range}");
    assert!(range.contains("GraphQL over WebSocket (graphql-transport-ws)"), "{range}");
    assert!(stdout(&run(&["explain", "clean-close"])).contains("Nothing has to be fixed"));
    assert!(stdout(&run(&["explain", "lost-segments"])).starts_with("blind spot[lost-segments]"));
    let near = stderr(&run(&["explain", "client-frame-unmaskd"]));
    assert!(near.contains("did you mean client-frame-unmasked"), "{near}");
    let schema: Value = serde_json::from_slice(&run(&["schema"]).stdout).expect("JSON");
    assert!(schema["$defs"]["ConnectionReport"].is_object());
    let rules: Value = serde_json::from_slice(&run(&["rules", "-f", "json"]).stdout).expect("JSON");
    assert_eq!(rules.as_array().map(Vec::len), Some(wsblame::rules::all().count()));
    assert!(stdout(&run(&["rules", "-f", "markdown"])).starts_with("| id | severity |"));
    assert!(stdout(&run(&["completions", "bash"])).contains("_wsblame"));
    let man = stdout(&run(&["man"]));
    for part in [".TH wsblame", ".SH COMMANDS", ".SH EXAMPLES", ".SH EXIT STATUS"] {
        assert!(man.contains(part), "{part}");
    }
}

#[test]
fn a_line_of_a_log_is_explained() {
    let line = "2026-01-01 12:00:01 ERROR [ws] RangeError: Invalid WebSocket frame: RSV1 must be \
        clear code: 'WS_ERR_UNEXPECTED_RSV_1'";
    let explained = run(&["explain", line]);
    assert_eq!(code(&explained), Some(0), "{}", stderr(&explained));
    let text = stdout(&explained);
    assert!(text.starts_with("\"Invalid WebSocket frame: RSV1 must be clear\"\n"), "{text}");
    assert!(text.contains("ws (Node.js)") && text.contains("rsv1-without-deflate"), "{text}");
    let chrome = "WebSocket connection to 'wss://x/y' failed: Invalid frame header";
    let chrome = run(&["explain", chrome, "-f", "json"]);
    let card: Value = serde_json::from_slice(&chrome.stdout).expect("JSON");
    assert_eq!(card["phrases"][0]["printed_by"], serde_json::json!(["Chromium"]));
    assert_eq!(card["phrases"][0]["side"], "client");
    let gorilla = run(&["explain", "websocket: close 1006 (abnormal closure): unexpected EOF"]);
    let text = stdout(&gorilla);
    assert!(text.contains("gorilla/websocket") && text.contains("wsblame explain 1006"), "{text}");
    let python = "websockets.exceptions.ConnectionClosedError: no close frame received or sent";
    let python = run(&["explain", python, "-f", "markdown"]);
    assert!(stdout(&python).starts_with("# `no close frame received or sent`"));
}

#[test]
fn a_line_that_nobody_prints_is_said_to_be_unknown() {
    let unknown = run(&["explain", "the cat sat on the mat"]);
    assert_eq!(code(&unknown), Some(2));
    assert_eq!(
        stderr(&unknown),
        "wsblame: no library known here prints \"the cat sat on the mat\"\n"
    );
    let near = run(&["explain", "RSV1 should be clear"]);
    assert_eq!(code(&near), Some(2));
    assert!(stderr(&near).contains("the nearest: \"Expected RSV1 to be clear.\""));
    // A word that is a rule, a cause or a code stays one, whatever libraries print.
    assert!(stdout(&run(&["explain", "going-away"])).starts_with("going-away: "));
    assert!(stdout(&run(&["explain", "message too big"])).starts_with("1009 "));
}

#[test]
fn a_huge_line_is_refused_in_a_short_sentence() {
    for line in ["x y ".repeat(25_000), "é".repeat(50_000), "close 10 ".repeat(11_000)] {
        let output = run(&["explain", &line]);
        assert_eq!(code(&output), Some(2));
        assert!(output.stderr.len() < 500 || !line.contains(' '), "{}", stderr(&output));
    }
}

#[test]
fn codes_are_explained_in_the_language_of_the_flag_or_else_of_the_locale() {
    let explain = |lang: &[&str], locale: &str| {
        let mut command = wsblame();
        command.args(["explain", "1005", "1006"]).args(lang).env("LC_ALL", locale);
        let output = command.output().expect("the binary runs");
        assert_eq!((code(&output), stderr(&output).as_str()), (Some(0), ""));
        stdout(&output)
    };
    let headings = [
        "Mô tả",
        "Khi bạn thấy mã này",
        "Cách khắc phục",
        "Sự khác biệt chính",
        "Khi nào dùng cái nào",
    ];
    let vietnamese = explain(&["--lang", "vi"], "C");
    let places = headings.map(|heading| vietnamese.lines().position(|line| line == heading));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{vietnamese}");
    assert_eq!(explain(&[], "vi_VN.UTF-8"), vietnamese);
    let english = explain(&[], "de_DE.UTF-8");
    assert!(english.contains("When to use which"), "{english}");
    assert_eq!(explain(&["--lang", "en"], "vi_VN.UTF-8"), english);
    assert_eq!(code(&run(&["explain", "1006", "--lang", "tlh"])), Some(2));
}

#[test]
fn what_has_no_translation_is_explained_in_english_and_says_so_when_asked() {
    let asked = run(&["explain", "clean-close", "--lang", "vi"]);
    assert_eq!(code(&asked), Some(0));
    assert!(stdout(&asked).contains("Nothing has to be fixed"));
    assert!(stderr(&asked).contains("this is English"), "{}", stderr(&asked));
    let by_locale =
        wsblame().args(["explain", "clean-close"]).env("LC_ALL", "vi_VN").output().expect("runs");
    assert_eq!((stdout(&by_locale), stderr(&by_locale)), (stdout(&asked), String::new()));
}
