//! A folder full of captures, read to their ends and compared with `capinfos` and `tshark`:
//!
//! ```text
//! WSBLAME_CORPUS=<folder> cargo test --test it corpus -- --ignored --nocapture
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use wsblame::pipeline::{Options, analyse};
use wsblame::report::Report;

use crate::support::everywhere;

/// A line of the table.
struct Row {
    name: String,
    ours: u64,
    /// `None` where `capinfos` does not take it for a capture.
    theirs: Option<u64>,
    our_streams: u64,
    their_streams: Option<u64>,
    report: Report,
}

impl Row {
    fn of(folder: &Path, path: &Path) -> Row {
        let report = analyse(&[path.to_path_buf()], Options::default());
        let sum = |count: fn(&wsblame::report::CaptureReport) -> u64| {
            report.captures.iter().map(count).sum::<u64>()
        };
        let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let (ours, our_streams) = (sum(|c| c.packets), sum(|c| c.tcp_streams));
        let theirs = packets_by_capinfos(path);
        let their_streams = theirs.and_then(|_| streams_by_tshark(path));
        Row { name, ours, theirs, our_streams, their_streams, report }
    }

    fn error(&self) -> Option<&str> {
        self.report.captures.iter().find_map(|capture| capture.error.as_deref())
    }

    fn is_settled(&self) -> bool {
        self.theirs.is_none_or(|theirs| theirs == self.ours)
    }

    fn print(&self) {
        let or_dash = |number: Option<u64>| number.map_or("–".to_owned(), |n| n.to_string());
        let verdicts: Vec<String> = self
            .report
            .connections
            .iter()
            .map(|connection| {
                let verdict = &connection.verdict;
                format!(
                    "{:?} {} ({:?})",
                    verdict.at_fault,
                    verdict.cause.as_deref().unwrap_or("-"),
                    verdict.confidence
                )
            })
            .collect();
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.name,
            self.ours,
            or_dash(self.theirs),
            if self.is_settled() { "yes" } else { "**no**" },
            self.our_streams,
            or_dash(self.their_streams),
            self.report.connections.len(),
            self.error().unwrap_or(""),
            verdicts.join("; "),
        );
    }
}

/// What a command prints, if it succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn packets_by_capinfos(path: &Path) -> Option<u64> {
    // What it read before it failed is printed too, and is what counts here.
    let output = Command::new("capinfos").args(["-T", "-M", "-c", "-r"]).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.trim().rsplit('\t').next()?.parse().ok()
}

fn streams_by_tshark(path: &Path) -> Option<u64> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-e", "tcp.stream", "-r"]).arg(path);
    let text = output(&mut command)?;
    let highest = text.split(['\n', ',']).filter_map(|field| field.parse::<u64>().ok()).max();
    Some(highest.map_or(0, |stream| stream + 1))
}

/// The files in a folder and those below it, without those that `skip` names by their extension.
pub(crate) fn files(folder: &Path, skip: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => found.extend(files(&path, skip)),
            Some(extension) if skip.contains(&extension) => {}
            _ => found.push(path),
        }
    }
    found.sort();
    found
}

#[test]
#[ignore = "reads the folder that WSBLAME_CORPUS names"]
fn the_corpus_is_read_to_its_end() {
    let folder = std::env::var_os("WSBLAME_CORPUS").expect("WSBLAME_CORPUS names a folder");
    let folder = Path::new(&folder);
    let paths = files(folder, &["md", "txt", "keys", "key", "pem", "log", "py", "json", "csv"]);
    println!(
        "| file | packets | capinfos | equal | TCP streams | tshark | WebSockets | error | verdicts |"
    );
    println!("|---|--:|--:|---|--:|--:|--:|---|---|");
    let wrong = everywhere(paths.len(), |number| {
        let row = Row::of(folder, &paths[number]);
        row.print();
        let wrong = !row.is_settled() && row.error().is_none();
        wrong
            .then(|| format!("{}: {} packets, not {:?}", row.name, row.ours, row.theirs))
            .into_iter()
            .collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}
