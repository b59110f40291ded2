//! The report on every sample, word for word.
//!
//! `WSBLAME_BLESS=1 cargo test --test it` writes the files anew; their diff is what changed for a
//! reader. Real samples are reported in full, those of the rules briefly; notes are shown.

use std::fs;

use wsblame::pipeline::{Analysis, Options};
use wsblame::report::{Detail, Style, format};
use wsblame::rules::{self, Rule};
use wsblame::script::{Play, write_pcap};

use crate::made;
use crate::support::real_samples;

/// The report on the capture called `path`, in a format.
fn report(path: &str, capture: &[u8], name: &str, detail: Detail) -> Vec<u8> {
    let format = format(name).expect("a format");
    let options = Options { hash: format.names_by_hash, ..Options::default() };
    let mut analysis = Analysis::new(options);
    analysis.read(path, capture);
    let style = Style { detail, ..Style::default() }; // plain, 100 columns
    let mut out = Vec::new();
    (format.write)(&analysis.into_report(), &style, &mut out).expect("a Vec takes all");
    out
}

#[test]
fn the_reports_on_the_real_samples_are_as_they_were() {
    const IN_EVERY_FORMAT: &[&str] = &["ws-server-unmasked-client", "chromium-empty-close"];
    let mut made = Vec::new();
    for (name, path) in real_samples() {
        let file = path.file_name().expect("a name").to_string_lossy();
        let within = format!("samples/real/{file}");
        let capture = fs::read(&path).expect("a readable sample");
        let mut add = |extension: &str, format: &str| {
            let golden = report(&within, &capture, format, Detail::Full);
            made.push((format!("{name}.{extension}"), golden));
        };
        add("txt", "text");
        if IN_EVERY_FORMAT.contains(&name.as_str()) {
            add("md", "markdown");
            add("json", "json");
        }
    }
    made::check_folder("tests/golden/real", &made);
}

#[test]
fn the_reports_on_the_samples_of_the_rules_are_as_they_were() {
    let golden = |rule: &Rule| {
        let capture = write_pcap(&Play::of(rule.breaks));
        let path = format!("samples/rules/{}.pcap", rule.id);
        (format!("{}.txt", rule.id), report(&path, &capture, "text", Detail::Brief))
    };
    let made: Vec<(String, Vec<u8>)> = rules::all().map(golden).collect();
    made::check_folder("tests/golden/rules", &made);
}
