//! What the README shows is what the program prints.
//!
//! A block that begins with `$ wsblame …` is run and compared; so is the table of rules. With
//! `WSBLAME_BLESS=1` both are written anew.

use std::fs;
use std::process::Command;

use wsblame::report::{BLIND_SPOTS, Weight};

use crate::support::root;

/// What `wsblame` prints for the arguments of a shell line without quotes.
fn output(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wsblame"))
        .args(arguments.split_whitespace())
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .env_remove("SSLKEYLOGFILE")
        .env("LC_ALL", "C")
        .output()
        .expect("it runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A row for every kind of blind spot.
fn blind_spots() -> String {
    let mut table = String::from("| kind | what the capture lacks | takes from verdicts |\n");
    table.push_str("|---|---|---|\n");
    for kind in BLIND_SPOTS {
        let takes = match kind.weight {
            Weight::Heavy => "much",
            Weight::Loss => "something",
            Weight::Remark => "nothing that was sent is missing",
        };
        table.push_str(&format!("| `{}` | {} | {takes} |\n", kind.id, kind.summary));
    }
    table
}

/// The README with everything that is generated made anew.
fn fresh(readme: &str) -> String {
    let mut out = String::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if let Some(arguments) = line.strip_prefix("$ wsblame ") {
            out.push_str(output(arguments).trim_end());
            out.push_str("\n```\n");
            lines.by_ref().find(|line| *line == "```").expect("the block ends");
        } else if line == "<!-- blind spots -->" {
            out.push('\n');
            out.push_str(&blind_spots());
            out.push_str("\n<!-- /blind spots -->\n");
            lines.by_ref().find(|line| *line == "<!-- /blind spots -->").expect("the table ends");
        } else if line == "<!-- rules -->" {
            out.push('\n');
            out.push_str(output("rules -f markdown").trim_end());
            out.push_str("\n\n<!-- /rules -->\n");
            lines.by_ref().find(|line| *line == "<!-- /rules -->").expect("the table ends");
        }
    }
    out
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("a README");
    let fresh = fresh(&readme);
    if std::env::var_os("WSBLAME_BLESS").is_some() {
        fs::write(&path, fresh).expect("writable");
        return;
    }
    let differing = readme.lines().zip(fresh.lines()).find(|(was, is)| was != is);
    assert!(readme == fresh, "make it anew with WSBLAME_BLESS=1: {differing:?}");
}

#[test]
fn the_readme_tells_how_to_run_it_and_how_to_test_it() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let sample = "cargo run --release -- samples/real/chromium-bad-utf8.pcap";
    assert!(readme.contains(sample) && readme.contains("\n    cargo test\n"));
}
