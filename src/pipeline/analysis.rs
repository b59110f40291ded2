//! One run: captures in, a report out.

use std::io::Read;
use std::path::{Path, PathBuf};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::table::Table;
use super::{Limits, blind_spots};
use crate::capture::{self, CaptureError, CaptureFacts, Hashing, Reader};
use crate::ip::{Dissected, Dissector, Why};
use crate::report::{CaptureReport, ConnectionReport, NotAnalysed, Report, SCHEMA, Tool};

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Bounds on everything.
    pub limits: Limits,
    /// Whether to compute the SHA-256 of each file; it costs more than reading the packets.
    pub hash: bool,
}

/// A run in the making.
#[derive(Debug)]
pub struct Analysis {
    options: Options,
    captures: Vec<CaptureReport>,
    connections: Vec<ConnectionReport>,
}

/// Analyses the captures at `paths`, one after the other; `-` is standard input. A capture that
/// cannot be read is in the report with its error, and takes nothing else with it.
pub fn analyse(paths: &[PathBuf], options: Options) -> Report {
    let mut analysis = Analysis::new(options);
    paths.iter().for_each(|path| analysis.open(path));
    analysis.into_report()
}

impl Analysis {
    /// A run that has read nothing yet.
    pub fn new(options: Options) -> Analysis {
        Analysis { options, captures: Vec::new(), connections: Vec::new() }
    }

    /// Analyses the capture at `path`.
    pub fn open(&mut self, path: &Path) {
        let name = if path == Path::new("-") {
            capture::STDIN_NAME.to_owned()
        } else {
            path.to_string_lossy().into_owned()
        };
        match capture::open(path) {
            Ok(source) => self.read(&name, source),
            Err(error) => self.fail(&name, &error),
        }
    }

    /// Analyses a capture that is read from `source`.
    pub fn read(&mut self, name: &str, source: impl Read) {
        if self.options.hash {
            match self.packets(name, Hashing::new(source)) {
                Ok((source, capture)) => {
                    let sha256 = source.finish().ok();
                    self.captures.push(CaptureReport { sha256, ..capture });
                }
                Err(error) => self.fail(name, &error),
            }
        } else {
            match self.packets(name, source) {
                Ok((_, capture)) => self.captures.push(capture),
                Err(error) => self.fail(name, &error),
            }
        }
    }

    /// The report on everything that was read.
    pub fn into_report(self) -> Report {
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            captures: self.captures,
            connections: self.connections,
            filtered: None,
        }
    }

    fn fail(&mut self, name: &str, error: &CaptureError) {
        self.captures.push(CaptureReport {
            file: name.to_owned(),
            error: Some(without_name(name, error)),
            ..CaptureReport::default()
        });
    }

    /// Reads every packet of one capture; its connections join the report.
    fn packets<R: Read>(
        &mut self,
        name: &str,
        source: R,
    ) -> Result<(R, CaptureReport), CaptureError> {
        let mut reader = Reader::new(source, name)?;
        let mut dissector = Dissector::with_limits(self.options.limits.fragments());
        let mut table = Table::new(self.options.limits);
        let mut others: HashMap<Why, u64, RandomState> = HashMap::default();
        let mut error = None;
        loop {
            match reader.next() {
                Ok(Some(packet)) => {
                    table.see(packet.at);
                    dissector.dissect(&packet, |dissected| match dissected {
                        Dissected::Segment(segment) => table.segment(&segment),
                        Dissected::Other(why) => *others.entry(why).or_insert(0) += 1,
                    });
                }
                Ok(None) => break,
                Err(failure) => {
                    error = Some(without_name(name, &failure));
                    break;
                }
            }
        }
        let (mut connections, counts) = table.finish();
        let (source, facts) = reader.into_parts();
        let first_id = self.connections.len() as u64 + 1;
        for (id, connection) in (first_id..).zip(&mut connections) {
            connection.id = id;
            connection.capture = self.captures.len();
        }
        let mut report = capture_report(name, &facts, others);
        report.tcp_streams = counts.streams;
        report.tls_streams = counts.tls;
        report.websockets = connections.len() as u64;
        report.error = error;
        report.blind_spots.extend(blind_spots::of_fragments(dissector.fragments()));
        report.blind_spots.extend(counts.blind_spots());
        self.connections.append(&mut connections);
        Ok((source, report))
    }
}

fn capture_report(
    name: &str,
    facts: &CaptureFacts,
    others: HashMap<Why, u64, RandomState>,
) -> CaptureReport {
    let mut by_name: HashMap<String, u64, RandomState> = HashMap::default();
    for (why, packets) in others {
        *by_name.entry(why.to_string()).or_insert(0) += packets;
    }
    let mut not_analysed: Vec<NotAnalysed> =
        by_name.into_iter().map(|(what, packets)| NotAnalysed { what, packets }).collect();
    not_analysed.sort_by(|a, b| b.packets.cmp(&a.packets).then_with(|| a.what.cmp(&b.what)));
    CaptureReport {
        file: name.to_owned(),
        format: Some(facts.format.name().to_owned()),
        bytes: facts.bytes,
        packets: facts.packets,
        first: facts.first.map(|time| time.to_string()),
        last: facts.last.map(|time| time.to_string()),
        not_analysed,
        blind_spots: blind_spots::of_capture(facts),
        ..CaptureReport::default()
    }
}

/// An error's text, but for the name of the capture: the report says that beside it.
fn without_name(name: &str, error: &CaptureError) -> String {
    let text = error.to_string();
    match text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
