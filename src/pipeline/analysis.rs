//! One run: captures in, a report out.

use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use super::blind_spots::spot;
use super::jobs::{self, Job, jobs};
use super::merge::{self, Source};
use super::opening::{Glance, find_runs, glance, open, open_reader};
use super::outlet::{Heard, Outlet};
use super::series::{self, Part, Series};
use super::setup::Setup;
use super::single::alone;
use super::tap::{CaptureKey, Places, Tap};
use super::timeline::{Captured, Kind, Timeline, without_name};
use super::{Limits, bundle};
use crate::capture::{
    self, Bytes, CaptureError, Packed, Stop, Stopping, Unpacked, is_like_a_capture,
};
use crate::provenance::Timestamp;
use crate::report::{ConnectionReport, Report, SCHEMA, Tool};
use crate::tls::Keyring;

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Bounds on everything.
    pub limits: Limits,
    /// Whether to compute the SHA-256 of each file; it costs more than reading the packets.
    pub hash: bool,
    /// Which files are parts of one capture.
    pub series: Series,
    /// How many threads to use, besides the one that reads; all cores where `None`.
    pub threads: Option<NonZeroUsize>,
}

impl Options {
    fn threads(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores)
    }
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// The directory in which it was found, when nobody named the file itself. Then it is passed
    /// over in silence when it neither is a capture nor is named like one.
    pub found_in: Option<PathBuf>,
}

impl Input {
    /// A file that was named.
    pub fn named(path: impl Into<PathBuf>) -> Input {
        Input { path: path.into(), found_in: None }
    }

    pub(super) fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// What it is called in reports.
    pub(super) fn name(&self) -> String {
        match self.is_stdin() {
            true => capture::STDIN_NAME.to_owned(),
            false => self.path.to_string_lossy().into_owned(),
        }
    }

    /// Whether it was named itself, or is named like a capture: then it is an error if it is none.
    pub fn is_meant(&self) -> bool {
        self.found_in.is_none() || is_like_a_capture(&self.path.to_string_lossy())
    }
}

/// Who takes the report on a connection, and the name of its capture.
pub type Take<'t> = dyn FnMut(&str, ConnectionReport) + 't;

/// A run in the making.
#[derive(Debug)]
pub struct Analysis {
    options: Options,
    captures: Vec<Captured>,
    connections: Vec<ConnectionReport>,
    /// The SHA-256 of each input that has been read.
    digests: Vec<Option<String>>,
    setup: Setup,
    unread: Unread,
    /// Connections that were reported on, whoever has the reports.
    reported: u64,
    /// Who takes reports as soon as they are final.
    to: Option<SyncSender<Heard>>,
}

/// Inputs that were not begun when an end was asked for.
#[derive(Debug, Default)]
struct Unread {
    first: Option<String>,
    number: usize,
}

/// Analyses the captures at `paths`; `-` is standard input. A capture that cannot be read is in the
/// report with its error, and takes nothing else with it.
pub fn analyse(paths: &[PathBuf], options: Options) -> Report {
    let inputs: Vec<Input> = paths.iter().map(Input::named).collect();
    let mut analysis = Analysis::new(options);
    analysis.inputs(&inputs);
    analysis.into_report()
}

impl Analysis {
    /// A run that has read nothing yet.
    pub fn new(options: Options) -> Analysis {
        let (captures, connections, digests) = (Vec::new(), Vec::new(), Vec::new());
        let keys = Arc::new(Keyring::new(options.limits.sessions));
        let (threads, stop) = (options.threads(), Stop::default());
        let setup = Setup { limits: options.limits, tap: None, keys, stop, threads };
        let unread = Unread::default();
        let (reported, to) = (0, None);
        Analysis { options, captures, connections, digests, setup, unread, reported, to }
    }

    /// A run for a part of what this one reads, with so many threads. What it reports goes to `to`,
    /// if anybody takes it at once; [`Analysis::absorb`] takes in the rest.
    pub(super) fn part(&self, threads: NonZeroUsize, to: Option<SyncSender<Heard>>) -> Analysis {
        let setup = Setup { threads, ..self.setup.clone() };
        Analysis { setup, to, ..Analysis::new(self.options) }
    }

    /// Decrypts what is read from now on with these keys too, beside those that each capture holds
    /// for itself.
    pub fn use_keys(&mut self, keys: Arc<Keyring>) {
        self.setup.keys = keys;
    }

    /// Hands out the frames of what is read from now on by `tap`.
    pub fn list_frames(&mut self, tap: Tap) {
        self.setup.tap = Some(tap);
    }

    /// Ends the run when `stop` is asked for: what was read by then is reported as if the captures
    /// ended there, with a blind spot `interrupted`, and what was not begun in one row.
    pub fn stop_on(&mut self, stop: Stop) {
        self.setup.stop = stop;
    }

    /// Where the connections are that were found so far; of several on one TCP connection that is
    /// the last one: no other has frames.
    pub fn places(&self) -> Places {
        let place = |connection: &ConnectionReport| {
            let key = self.captures.get(connection.capture)?.key;
            Some(((key, connection.tcp_stream), connection.id))
        };
        Places { numbers: self.connections.iter().filter_map(place).collect() }
    }

    /// Analyses everything in `inputs`, in this order; files that are parts of one capture where
    /// the first of them stands.
    pub fn inputs(&mut self, inputs: &[Input]) {
        self.all(inputs, None);
    }

    /// The same; each connection is handed to `take` as soon as its report is final, with the name
    /// of its capture, and is not kept for [`Analysis::into_report`]. Connections that were over
    /// long before the end of a capture come before that is read; those of captures that may turn
    /// out damaged at their end only then.
    pub fn inputs_to(&mut self, inputs: &[Input], take: &mut Take<'_>) {
        self.all(inputs, Some(take));
    }

    fn all(&mut self, inputs: &[Input], take: Option<&mut Take<'_>>) {
        let before = self.captures.len();
        let runs = match self.options.series {
            Series::Auto => find_runs(inputs, &self.setup.stop),
            Series::Never | Series::Always => Vec::new(),
        };
        let jobs = match self.options.series {
            Series::Always => vec![Job::Merged(inputs)],
            Series::Never | Series::Auto => jobs(inputs, &runs),
        };
        let is_alone = jobs.len() < 2 || self.setup.workers() == 1;
        if is_alone && take.is_none() {
            jobs.iter().for_each(|job| self.work(job));
        } else {
            jobs::work(self, &jobs, take);
        }
        if !self.setup.stop.is_asked() {
            self.note_barren(inputs, before);
        }
        self.note_unread();
    }

    /// Analyses the capture at `path`, or those in the archive there.
    pub fn open(&mut self, path: &Path) {
        self.input(&Input::named(path));
        self.note_unread();
    }

    /// Analyses a capture, or an archive of captures, that is read from `source`.
    pub fn read(&mut self, name: &str, source: impl Read) {
        let source = Stopping::new(source, self.setup.stop.clone());
        let bytes = Bytes::of(source, self.options.hash);
        self.bytes(name, bytes, None, true);
    }

    /// The report on everything that was read.
    pub fn into_report(self) -> Report {
        let digest = |input: &usize| self.digests.get(*input).cloned().flatten();
        let with_digests = |captured: Captured| {
            let Captured { mut report, inputs, .. } = captured;
            for (file, input) in report.files.iter_mut().zip(&inputs) {
                file.sha256 = digest(input);
            }
            if let ([], [only]) = (report.files.as_slice(), inputs.as_slice()) {
                report.sha256 = digest(only);
            }
            report
        };
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            captures: self.captures.into_iter().map(with_digests).collect(),
            connections: self.connections,
            filtered: None,
        }
    }

    /// Does one job.
    pub(super) fn work(&mut self, job: &Job<'_>) {
        match job {
            Job::One(input) => self.input(input),
            Job::Series(inputs, run) => self.series(inputs, run),
            Job::Merged(inputs) => self.merged(inputs),
        }
    }

    /// Nobody takes reports from it any more.
    pub(super) fn stop_sending(&mut self) {
        self.to = None;
    }

    /// Threads that share the inputs.
    pub(super) fn threads(&self) -> NonZeroUsize {
        if self.setup.workers() == 1 { NonZeroUsize::MIN } else { self.setup.threads }
    }

    /// Takes a connection that was reported on by the part that is going to be absorbed next.
    pub(super) fn hand_on(&self, heard: Heard, take: &mut Take<'_>) {
        let Heard { file, mut connection } = heard;
        self.place(&mut connection);
        take(&file, connection);
    }

    /// Takes in what a part has come to, behind all that there is. Reports that it has kept are
    /// handed to `take`, if there is one.
    pub(super) fn absorb(&mut self, part: Analysis, mut take: Option<&mut Take<'_>>) {
        for mut connection in part.connections {
            let captured = part.captures.get(connection.capture);
            let file = captured.map_or("", |captured| captured.report.file.as_str());
            self.place(&mut connection);
            match &mut take {
                Some(take) => take(file, connection),
                None => self.connections.push(connection),
            }
        }
        let inputs_before = self.digests.len();
        for mut captured in part.captures {
            captured.inputs.iter_mut().for_each(|input| *input += inputs_before);
            captured.key.input += inputs_before;
            self.captures.push(captured);
        }
        self.digests.extend(part.digests);
        self.reported += part.reported;
        self.unread.number += part.unread.number;
        if let Some(first) = part.unread.first {
            self.unread.first.get_or_insert(first);
        }
    }

    /// Numbers a connection of the next part, which has numbered it for itself.
    fn place(&self, connection: &mut ConnectionReport) {
        connection.id += self.reported;
        connection.same_as = connection.same_as.map(|id| id + self.reported);
        connection.capture += self.captures.len();
    }

    /// Analyses one input, whatever it is.
    fn input(&mut self, input: &Input) {
        let name = input.name();
        if self.setup.stop.is_asked() {
            self.unread.first.get_or_insert(name);
            self.unread.number += 1;
            return;
        }
        match open(input, self.options.hash, &self.setup.stop) {
            Ok((bytes, path)) => self.bytes(&name, bytes, path, input.is_meant()),
            Err(error) => self.fail(&name, &error),
        }
    }

    /// Analyses what `bytes` hold. What is no capture is an error if it is `meant` to be one.
    fn bytes(&mut self, name: &str, bytes: Bytes<'_>, path: Option<PathBuf>, meant: bool) {
        let input = self.digests.len();
        self.digests.push(None);
        let digest = match capture::unpack(bytes, name, path.clone()) {
            Ok(Unpacked::Capture(bytes)) => self.alone(name, bytes, path, input),
            Ok(Unpacked::Other(bytes)) if meant => self.alone(name, bytes, path, input),
            Ok(Unpacked::Archive(archive)) => self.archive(name, archive, input, meant),
            Err(error) if meant || matches!(error, CaptureError::Interrupted { .. }) => {
                self.fail(name, &error);
                None
            }
            Ok(Unpacked::Other(_)) | Err(_) => None,
        };
        if let Some(slot) = self.digests.get_mut(input) {
            *slot = digest;
        }
    }

    /// Analyses one capture by itself; the digest of the input.
    fn alone(
        &mut self,
        name: &str,
        bytes: Bytes<'_>,
        path: Option<PathBuf>,
        input: usize,
    ) -> Option<String> {
        let key = CaptureKey { input, leaf: 0 };
        let outlet = self.outlet();
        let (captured, digest) = alone(&self.setup, name, bytes, path.as_deref(), key, outlet);
        self.push(captured);
        digest
    }

    /// A timeline that begins with the next input.
    fn timeline(&self, kind: Kind) -> Timeline {
        let key = CaptureKey { input: self.digests.len(), leaf: 0 };
        Timeline::new(&self.setup, kind, key, self.outlet())
    }

    /// The way out for the reports of the next capture.
    fn outlet(&self) -> Outlet {
        let (capture, before, to) = (self.captures.len(), self.reported, self.to.clone());
        Outlet { capture, before, to, ..Outlet::default() }
    }

    /// Analyses the captures in an archive.
    fn archive(
        &mut self,
        name: &str,
        archive: Packed<'_>,
        input: usize,
        meant: bool,
    ) -> Option<String> {
        let bundle = bundle::analyse(name, archive, input, self.options.series, self.setup.clone());
        let found = bundle.captures.len();
        bundle.captures.into_iter().for_each(|captured| self.push(captured));
        if let Some(error) = bundle.error {
            self.fail(name, &error);
        } else if found == 0 && meant {
            self.push(Captured::failed(name, "an archive without captures".to_owned()));
        }
        bundle.sha256
    }

    /// Analyses files that follow each other as one capture, as long as they do.
    fn series(&mut self, inputs: &[Input], run: &[Part]) {
        let mut timeline = self.timeline(Kind::Several);
        let mut before = String::new();
        for (index, part) in run.iter().enumerate() {
            let Some(input) = inputs.get(part.input) else { continue };
            let name = input.name();
            if self.setup.stop.is_asked() {
                timeline.note_interrupted(&name, run.len() - index);
                break;
            }
            let overlaps = |before| part.first.is_some_and(|first| !series::follows(before, first));
            if !timeline.is_empty()
                && (timeline.latest_span().is_some_and(overlaps) || !timeline.has_room())
            {
                let kind = if index + 1 < run.len() { Kind::Several } else { Kind::One };
                let fresh = self.timeline(kind);
                self.push(std::mem::replace(&mut timeline, fresh).finish());
                timeline.goes_to(self.outlet());
                timeline.note(spot(
                    "series-split",
                    None,
                    format!("whether this goes on where {before} ends: it begins before that end"),
                    "the two are analysed apart; --series always merges them by time",
                ));
            } else if part.missing > 0 {
                timeline.note_missing(part.missing, &name);
            }
            let slot = self.digests.len();
            self.digests.push(None);
            let place = timeline.join(&name, slot);
            match open_reader(input, self.options.hash, &self.setup.stop) {
                Ok(reader) => {
                    let digest = timeline.read(place, reader).finish();
                    if let Some(slot) = self.digests.get_mut(slot) {
                        *slot = digest;
                    }
                }
                Err(error) => timeline.fail(place, &error),
            }
            before = name;
        }
        self.push(timeline.finish());
    }

    /// Analyses all captures as one, merged by time. Archives stay by themselves: what is in them
    /// streams by and cannot wait.
    fn merged(&mut self, inputs: &[Input]) {
        let mut captures = Vec::new();
        let mut others = Vec::new();
        for input in inputs {
            match glance(input, &self.setup.stop) {
                Glance::Capture(first) => captures.push((input, first.map(|(time, _)| time))),
                Glance::Other => others.push(input),
            }
        }
        match captures.as_slice() {
            [] => {}
            [(only, _)] => self.input(only), // there is nothing to merge it with
            _ => self.merge(captures),
        }
        others.into_iter().for_each(|input| self.input(input));
    }

    /// Merges captures; of each, the time of its first packet is known if it could be had.
    fn merge(&mut self, captures: Vec<(&Input, Option<Timestamp>)>) {
        let (hash, stop) = (self.options.hash, &self.setup.stop);
        let slots = self.digests.len()..;
        let source = |(slot, (input, first)): (usize, (&'_ Input, _))| Source {
            name: input.name(),
            input: slot,
            first,
            open: {
                let (input, stop) = (input.clone(), stop.clone());
                Box::new(move || open_reader(&input, hash, &stop))
            },
        };
        let sources: Vec<Source> = slots.zip(captures).map(source).collect();
        let mut timeline = self.timeline(Kind::Several);
        self.digests.resize(self.digests.len() + sources.len(), None);
        let most_open = self.options.limits.open_files;
        for (input, digest) in merge::merge(sources, most_open, stop, &mut timeline) {
            if let Some(slot) = self.digests.get_mut(input) {
                *slot = digest;
            }
        }
        self.push(timeline.finish());
    }

    /// Says of directories that nothing in them was a capture.
    fn note_barren(&mut self, inputs: &[Input], before: usize) {
        let mut folders: Vec<&PathBuf> =
            inputs.iter().filter_map(|input| input.found_in.as_ref()).collect();
        folders.dedup();
        for folder in folders {
            let captures = self.captures.get(before..).unwrap_or_default();
            let is_inside = |file: &str| Path::new(file).starts_with(folder);
            let has_some = captures.iter().any(|captured| {
                let files = captured.report.files.iter().map(|file| &file.file);
                files.chain([&captured.report.file]).any(|file| is_inside(file))
            });
            if !has_some {
                let why = "a directory without captures".to_owned();
                self.push(Captured::failed(&folder.to_string_lossy(), why));
            }
        }
    }

    /// Says in one row which inputs were not begun.
    fn note_unread(&mut self) {
        let Unread { first: Some(first), number } = std::mem::take(&mut self.unread) else {
            return;
        };
        let more = match number {
            1 => "",
            2 => ", and so is 1 more",
            _ => &format!(", and so are {} more", number - 1),
        };
        self.push(Captured::failed(&first, format!("not read{more}: the run was interrupted")));
    }

    /// Takes a capture into the report.
    fn push(&mut self, mut captured: Captured) {
        let first = captured.connections.first().map_or(0, |first| first.id);
        let shift = (self.reported + 1).saturating_sub(first);
        for connection in &mut captured.connections {
            connection.id += shift;
            connection.same_as = connection.same_as.map(|id| id + shift);
            connection.capture = self.captures.len();
        }
        self.reported += captured.reported;
        self.connections.append(&mut captured.connections);
        self.captures.push(captured);
    }

    fn fail(&mut self, name: &str, error: &CaptureError) {
        self.push(Captured::failed(name, without_name(name, error)));
    }
}
