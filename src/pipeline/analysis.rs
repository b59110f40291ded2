//! One run: captures in, a report out.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Limits;
use super::blind_spots::spot;
use super::merge::{self, Source};
use super::series::{self, Candidate, Name, Part, Series};
use super::timeline::{Captured, Kind, Timeline, distrust, without_name};
use crate::capture::{
    self, Bytes, CaptureError, Leaf, LinkType, Packed, Reader, Unpacked, is_like_a_capture,
};
use crate::provenance::Timestamp;
use crate::report::{CaptureReport, ConnectionReport, Report, SCHEMA, Tool};

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Bounds on everything.
    pub limits: Limits,
    /// Whether to compute the SHA-256 of each file; it costs more than reading the packets.
    pub hash: bool,
    /// Which files are parts of one capture.
    pub series: Series,
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

    fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// What it is called in reports.
    fn name(&self) -> String {
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

/// A run in the making.
#[derive(Debug)]
pub struct Analysis {
    options: Options,
    captures: Vec<Captured>,
    connections: Vec<ConnectionReport>,
    /// The SHA-256 of each input that has been read.
    digests: Vec<Option<String>>,
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
        Analysis { options, captures, connections, digests }
    }

    /// Analyses everything in `inputs`, in this order; files that are parts of one capture where
    /// the first of them stands.
    pub fn inputs(&mut self, inputs: &[Input]) {
        let before = self.captures.len();
        match self.options.series {
            Series::Never => inputs.iter().for_each(|input| self.input(input)),
            Series::Always if inputs.len() > 1 => self.merged(inputs),
            Series::Auto | Series::Always => {
                let mut runs = find_runs(inputs);
                let mut done = vec![false; inputs.len()];
                for (index, input) in inputs.iter().enumerate() {
                    if done.get(index).is_some_and(|done| *done) {
                        continue;
                    }
                    let of = runs.iter().position(|run| run.iter().any(|part| part.input == index));
                    match of.map(|of| runs.swap_remove(of)) {
                        None => self.input(input),
                        Some(run) => {
                            for part in &run {
                                done.get_mut(part.input).into_iter().for_each(|done| *done = true);
                            }
                            self.series(inputs, &run);
                        }
                    }
                }
            }
        }
        self.note_barren(inputs, before);
    }

    /// Analyses the capture at `path`, or those in the archive there.
    pub fn open(&mut self, path: &Path) {
        self.input(&Input::named(path));
    }

    /// Analyses a capture, or an archive of captures, that is read from `source`.
    pub fn read(&mut self, name: &str, source: impl Read) {
        let bytes = Bytes::of(source, self.options.hash);
        self.bytes(name, bytes, None, true);
    }

    /// The report on everything that was read.
    pub fn into_report(self) -> Report {
        let digest = |input: &usize| self.digests.get(*input).cloned().flatten();
        let with_digests = |captured: Captured| {
            let Captured { mut report, inputs } = captured;
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

    /// Analyses one input, whatever it is.
    fn input(&mut self, input: &Input) {
        let name = input.name();
        match open(input, self.options.hash) {
            Ok((bytes, path)) => self.bytes(&name, bytes, path, input.is_meant()),
            Err(error) => self.fail(&name, &error),
        }
    }

    /// Analyses what `bytes` hold. What is no capture is an error if it is `meant` to be one.
    fn bytes(&mut self, name: &str, bytes: Bytes<'_>, path: Option<PathBuf>, meant: bool) {
        let input = self.digests.len();
        self.digests.push(None);
        let digest = match capture::unpack(bytes, name, path) {
            Ok(Unpacked::Capture(bytes)) => self.alone(name, bytes, input),
            Ok(Unpacked::Other(bytes)) if meant => self.alone(name, bytes, input),
            Ok(Unpacked::Archive(archive)) => self.archive(name, archive, input, meant),
            Err(error) if meant => {
                self.fail(name, &error);
                None
            }
            Ok(Unpacked::Other(_)) | Err(_) => None,
        };
        if let Some(slot) = self.digests.get_mut(input) {
            *slot = digest;
        }
    }

    /// Analyses one capture by itself; the digest of what was read, if that is all of the input.
    fn alone(&mut self, name: &str, bytes: Bytes<'_>, input: usize) -> Option<String> {
        match Reader::new(bytes, name) {
            Ok(reader) => {
                let mut timeline = Timeline::new(self.options.limits, Kind::One);
                let place = timeline.join(name, input);
                let bytes = timeline.read(place, reader);
                self.finish(timeline);
                bytes.finish()
            }
            Err(error) => {
                self.fail(name, &error);
                None
            }
        }
    }

    /// Analyses the captures in an archive, those that follow each other as one.
    fn archive(
        &mut self,
        name: &str,
        archive: Packed<'_>,
        input: usize,
        meant: bool,
    ) -> Option<String> {
        let follows = match self.options.series {
            Series::Never => Vec::new(),
            Series::Auto | Series::Always => look_through(name, archive.path()),
        };
        let before = (self.captures.len(), self.connections.len());
        let mut index = 0;
        let mut current: Option<Timeline> = None;
        let outcome = archive.captures(name, &mut |leaf| {
            let is_next = |index: usize| follows.get(index).is_some_and(|follows| *follows);
            let (joins, goes_on) = (is_next(index), is_next(index + 1));
            index += 1;
            if !joins && let Some(timeline) = current.take() {
                self.finish(timeline);
            }
            match current.as_mut() {
                None if !goes_on => self.leaf(leaf, input),
                _ => {
                    let limits = self.options.limits;
                    let fresh = || Timeline::new(limits, Kind::Several);
                    join(current.get_or_insert_with(fresh), leaf, input);
                }
            }
        });
        if let Some(timeline) = current {
            self.finish(timeline);
        }
        if outcome.damaged {
            self.connections.iter_mut().skip(before.1).for_each(distrust);
        }
        if let Some(error) = outcome.error {
            self.fail(name, &error);
        } else if self.captures.len() == before.0 && meant {
            self.row(name, "an archive without captures".to_owned());
        }
        outcome.sha256
    }

    /// Analyses a capture of an archive by itself.
    fn leaf(&mut self, leaf: Leaf<'_>, input: usize) {
        match leaf.bytes {
            Ok(bytes) => {
                self.alone(&leaf.name, bytes, input);
            }
            Err(error) => self.fail(&leaf.name, &error),
        }
    }

    /// Analyses files that follow each other as one capture, as long as they do.
    fn series(&mut self, inputs: &[Input], run: &[Part]) {
        let mut timeline = Timeline::new(self.options.limits, Kind::Several);
        let mut before = String::new();
        for (index, part) in run.iter().enumerate() {
            let Some(input) = inputs.get(part.input) else { continue };
            let name = input.name();
            let overlaps = |last: Timestamp| {
                part.first.is_some_and(|first| first.nanos_since(last) < -series::TOLERANCE)
            };
            if !timeline.is_empty()
                && (timeline.last().is_some_and(overlaps) || !timeline.has_room())
            {
                let kind = if index + 1 < run.len() { Kind::Several } else { Kind::One };
                let fresh = Timeline::new(self.options.limits, kind);
                self.finish(std::mem::replace(&mut timeline, fresh));
                timeline.note(spot(
                    "series-split",
                    None,
                    format!("whether this goes on where {before} ends: it begins before that end"),
                    "the two are analysed apart; --series always merges them by time",
                ));
            } else if part.missing > 0 {
                timeline.note_missing(part.missing, &before, &name);
            }
            let slot = self.digests.len();
            self.digests.push(None);
            let place = timeline.join(&name, slot);
            match open_reader(input, self.options.hash) {
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
        self.finish(timeline);
    }

    /// Analyses all captures as one, merged by time. Archives stay by themselves: what is in them
    /// streams by and cannot wait.
    fn merged(&mut self, inputs: &[Input]) {
        let mut sources = Vec::new();
        for input in inputs {
            match glance(input) {
                Glance::Capture(first) => {
                    let slot = self.digests.len();
                    self.digests.push(None);
                    let hash = self.options.hash;
                    sources.push(Source {
                        name: input.name(),
                        input: slot,
                        first: first.map(|(time, _)| time),
                        open: Box::new(move || open_reader(input, hash)),
                    });
                }
                Glance::Other => self.input(input),
            }
        }
        if sources.is_empty() {
            return;
        }
        let mut timeline = Timeline::new(self.options.limits, Kind::Several);
        let most_open = self.options.limits.open_files;
        for (input, digest) in merge::merge(sources, most_open, &mut timeline) {
            if let Some(slot) = self.digests.get_mut(input) {
                *slot = digest;
            }
        }
        self.finish(timeline);
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
                self.row(&folder.to_string_lossy(), "a directory without captures".to_owned());
            }
        }
    }

    fn finish(&mut self, timeline: Timeline) {
        let (captured, mut connections) = timeline.finish();
        let first_id = self.connections.len() as u64 + 1;
        for (id, connection) in (first_id..).zip(&mut connections) {
            connection.id = id;
            connection.same_as = connection.same_as.map(|place| first_id + place);
            connection.capture = self.captures.len();
        }
        self.connections.append(&mut connections);
        self.captures.push(captured);
    }

    fn fail(&mut self, name: &str, error: &CaptureError) {
        self.row(name, without_name(name, error));
    }

    fn row(&mut self, name: &str, error: String) {
        let file = name.to_owned();
        let report = CaptureReport { file, error: Some(error), ..CaptureReport::default() };
        self.captures.push(Captured { report, inputs: Vec::new() });
    }
}

/// A capture of an archive joins others.
fn join(timeline: &mut Timeline, leaf: Leaf<'_>, input: usize) {
    let place = timeline.join(&leaf.name, input);
    match leaf.bytes.and_then(|bytes| Reader::new(bytes, &leaf.name)) {
        Ok(reader) => {
            timeline.read(place, reader);
        }
        Err(error) => timeline.fail(place, &error),
    }
}

/// The bytes of an input, and where they can be read from once more, if they can.
fn open(input: &Input, hash: bool) -> Result<(Bytes<'static>, Option<PathBuf>), CaptureError> {
    let source = capture::open(&input.path)?;
    let path = source.is_regular_file().then(|| input.path.clone());
    Ok((Bytes::of(source, hash), path))
}

/// The packets of an input that is one capture.
fn open_reader(input: &Input, hash: bool) -> Result<Reader<Bytes<'static>>, CaptureError> {
    let name = input.name();
    let (bytes, _) = open(input, hash)?;
    match capture::unpack(bytes, &name, None)? {
        Unpacked::Capture(bytes) | Unpacked::Other(bytes) => Reader::new(bytes, &name),
        Unpacked::Archive(_) => {
            let source = io::Error::other("it has become an archive");
            Err(CaptureError::NotOpened { name, source })
        }
    }
}

/// What can be told about an input from its beginning.
enum Glance {
    /// A capture, or something that is named like one; its first packet's time and link type.
    Capture(Option<(Timestamp, LinkType)>),
    /// Something to be read by itself, or not at all.
    Other,
}

fn glance(input: &Input) -> Glance {
    if input.is_stdin() {
        return Glance::Capture(None); // it can be read only once
    }
    let name = input.name();
    let unpacked = open(input, false).and_then(|(bytes, _)| capture::unpack(bytes, &name, None));
    let bytes = match unpacked {
        Ok(Unpacked::Capture(bytes)) => bytes,
        Ok(Unpacked::Archive(_)) => return Glance::Other,
        Ok(Unpacked::Other(_)) | Err(_) if !input.is_meant() => return Glance::Other,
        Ok(Unpacked::Other(_)) | Err(_) => return Glance::Capture(None),
    };
    let Ok(mut reader) = Reader::new(bytes, &name) else { return Glance::Capture(None) };
    Glance::Capture(match reader.next() {
        Ok(Some(packet)) => Some((packet.at.time, packet.link)),
        Ok(None) | Err(_) => None,
    })
}

/// The files that are parts of one capture. Only those are looked at whose names say so.
fn find_runs(inputs: &[Input]) -> Vec<Vec<Part>> {
    let mut groups: BTreeMap<(PathBuf, String), Vec<(usize, Name)>> = BTreeMap::new();
    for (index, input) in inputs.iter().enumerate().filter(|(_, input)| !input.is_stdin()) {
        if let Some(name) = series::name_of(&input.path) {
            groups.entry(name.key.clone()).or_default().push((index, name));
        }
    }
    let mut runs = Vec::new();
    for group in groups.into_values() {
        let names: Vec<&Name> = group.iter().map(|(_, name)| name).collect();
        if !series::may_be(&names) {
            continue;
        }
        let candidates =
            group.into_iter().filter_map(|(index, name)| match glance(inputs.get(index)?) {
                Glance::Capture(first) => Some(Candidate { input: index, name, first }),
                Glance::Other => None,
            });
        runs.extend(series::runs(candidates.collect()));
    }
    runs
}

/// Reads an archive to find out, for each capture in it, whether it goes on where the one before
/// ended: by name, by number and by time. One way through for the names, and another for the times
/// if the names give reason to. What streams by only once is not looked through.
fn look_through(name: &str, path: Option<&Path>) -> Vec<bool> {
    let Some(path) = path else { return Vec::new() };
    let walk = |taker: &mut dyn FnMut(Leaf<'_>)| {
        let input = Input::named(path);
        let opened = open(&input, false);
        let unpacked = opened.and_then(|(bytes, path)| capture::unpack(bytes, name, path));
        if let Ok(Unpacked::Archive(archive)) = unpacked {
            archive.captures(name, taker);
        }
    };
    let mut names: Vec<Option<Name>> = Vec::new();
    walk(&mut |leaf| names.push(series::name_of(Path::new(&leaf.name))));
    let pairs = |one: &Option<Name>, other: &Option<Name>| match (one, other) {
        (Some(one), Some(other)) => one.key == other.key && series::may_be(&[one, other]),
        _ => false,
    };
    let mut reason = names.windows(2).map(|pair| matches!(pair, [a, b] if pairs(a, b)));
    if !reason.clone().any(|reason| reason) {
        return Vec::new();
    }
    let mut follows = Vec::new();
    let mut end: Option<(Timestamp, LinkType)> = None;
    walk(&mut |leaf| {
        let named = follows.is_empty().then_some(false).or_else(|| reason.next());
        let span = leaf.bytes.and_then(|bytes| Reader::new(bytes, &leaf.name)).ok().and_then(span);
        let goes_on = match (end, &span) {
            (Some((last, link)), Some((first, _, other))) => {
                link == *other && first.nanos_since(last) >= -series::TOLERANCE
            }
            _ => false,
        };
        follows.push(named == Some(true) && goes_on);
        end = span.map(|(_, last, link)| (last, link));
    });
    follows
}

/// The times of the first and the latest packet, and the first one's link type.
fn span(mut reader: Reader<Bytes<'_>>) -> Option<(Timestamp, Timestamp, LinkType)> {
    let first = reader.next().ok().flatten().map(|packet| (packet.at.time, packet.link));
    let (first, link) = first?;
    while let Ok(Some(_)) = reader.next() {}
    Some((first, reader.facts().last.unwrap_or(first), link))
}
