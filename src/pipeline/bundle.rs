//! Captures in an archive.
//!
//! In: an archive. Out: its captures, analysed in the order in which they stand in it; those that
//! are parts of one series as one. For that an archive in a file is looked through before: what is
//! in it can be read only as it streams by, so where a series is not stored in the order of time,
//! as `tar` stores a directory, the archive is read several times, [`MOST_PASSES`] at most. An
//! archive from a pipe is read once, and every capture in it stands alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::blind_spots::spot;
use super::outlet::Outlet;
use super::series::{self, Candidate, Name, Part, Series};
use super::setup::Setup;
use super::single::alone;
use super::tap::CaptureKey;
use super::timeline::{Captured, Kind, Timeline, without_name};
use crate::capture::{
    self, Bytes, CaptureError, Go, Leaf, LinkType, Packed, Reader, Stop, Stopping, Unpacked,
};
use crate::provenance::Timestamp;

/// How often an archive is read to bring the files of its series into the order of time.
const MOST_PASSES: usize = 64;

/// What an archive came to.
pub(super) struct Bundle {
    pub(super) captures: Vec<Captured>,
    /// What is wrong with the archive itself.
    pub(super) error: Option<CaptureError>,
    pub(super) sha256: Option<String>,
}

/// A capture in the archive, as seen when that was looked through.
struct Seen {
    name: Option<Name>,
    /// From when to when it lasts, and the link type of its first packet.
    span: Option<(Timestamp, Timestamp, LinkType)>,
}

/// Analyses everything in `archive`, which belongs to `input`.
pub(super) fn analyse(
    name: &str,
    archive: Packed<'_>,
    input: usize,
    together: Series,
    setup: Setup,
) -> Bundle {
    let path = archive.path().map(Path::to_owned);
    let mut runs = match (&path, together) {
        (Some(path), Series::Auto | Series::Always) => find_runs(name, path, &setup.stop),
        (None, _) | (_, Series::Never) => Vec::new(),
    };
    let scattered = leave_scattered(&mut runs);
    let places = runs.iter().enumerate().flat_map(|(run, parts)| {
        parts.iter().map(move |part| Wanted { capture: part.input, missing: part.missing, run })
    });
    let wanted: Vec<Wanted> = places.collect();
    let mut work = Work {
        input,
        setup,
        firsts: runs.iter().map(|run| run.iter().map(|part| part.input).min()).collect(),
        in_runs: wanted.iter().map(|wanted| wanted.capture).collect(),
        wanted,
        scattered,
        streams: path.is_none() && together != Series::Never,
        done: BTreeMap::new(),
        next: 0,
        open: None,
        before: None,
        interrupted: false,
    };
    let outcome = work.pass(name, archive, true);
    while work.next < work.wanted.len()
        && let Some(archive) = path.as_deref().and_then(|path| reopen(name, path, &work.setup.stop))
    {
        let before = work.next;
        work.pass(name, archive, false);
        if work.next == before {
            break; // it is not what it was
        }
    }
    let run = work.next.checked_sub(1).and_then(|last| work.wanted.get(last)).map(|last| last.run);
    run.into_iter().for_each(|run| work.close(run));
    let name_of = || name.to_owned();
    let interrupted = work.interrupted.then(|| CaptureError::Interrupted { name: name_of() });
    let mut captures: Vec<Captured> = work.done.into_values().collect();
    if outcome.damaged {
        let why = match &outcome.error {
            Some(error) => without_name(name, error),
            None => "an archive in this one is damaged".to_owned(),
        };
        captures.iter_mut().for_each(|captured| captured.distrust(&why));
    }
    Bundle { captures, error: outcome.error.or(interrupted), sha256: outcome.sha256 }
}

struct Work {
    input: usize,
    setup: Setup,
    /// The captures of all series, in the order in which they are to be read.
    wanted: Vec<Wanted>,
    in_runs: BTreeSet<usize>,
    /// For each series which of its captures stands first in the archive.
    firsts: Vec<Option<usize>>,
    /// Captures of series that are stored too much out of order.
    scattered: BTreeSet<usize>,
    /// Whether the archive can be read only once.
    streams: bool,
    /// What has been analysed, by the index of the first capture in the archive.
    done: BTreeMap<usize, Captured>,
    /// How many of the wanted have been read.
    next: usize,
    open: Option<Timeline>,
    /// The name of the capture before.
    before: Option<Name>,
    /// Whether some of it was left out because an end was asked for.
    interrupted: bool,
}

/// A capture of a series.
struct Wanted {
    /// Its index in the archive.
    capture: usize,
    /// How many files of the series are missing before it.
    missing: u64,
    /// The index of the series.
    run: usize,
}

impl Work {
    /// Goes through the archive once.
    fn pass(&mut self, name: &str, archive: Packed<'_>, first: bool) -> capture::Outcome {
        let mut index = 0;
        archive.captures(name, &mut |leaf| {
            let this = index;
            index += 1;
            if self.setup.stop.is_asked() {
                self.interrupted = true;
                return Go::Stop;
            }
            if self.wanted.get(self.next).is_some_and(|wanted| wanted.capture == this) {
                self.join(leaf);
            } else if first && !self.in_runs.contains(&this) {
                let captured = self.alone(this, leaf);
                self.done.insert(this, captured);
            }
            match first || self.next < self.wanted.len() {
                true => Go::On,
                false => Go::Stop,
            }
        })
    }

    /// The next capture of the series in hand.
    fn join(&mut self, leaf: Leaf<'_>) {
        let Some(Wanted { missing, run, capture }) = self.wanted.get(self.next) else { return };
        let (missing, run) = (*missing, *run);
        let key = CaptureKey { input: self.input, leaf: *capture };
        let setup = &self.setup;
        let timeline = self
            .open
            .get_or_insert_with(|| Timeline::new(setup, Kind::Several, key, Outlet::default()));
        if missing > 0 {
            timeline.note_missing(missing, &leaf.name);
        }
        let place = timeline.join(&leaf.name, self.input);
        match leaf.bytes.and_then(|bytes| Reader::new(bytes, &leaf.name)) {
            Ok(reader) => {
                timeline.read(place, reader);
            }
            Err(error) => timeline.fail(place, &error),
        }
        self.next += 1;
        if self.wanted.get(self.next).is_none_or(|wanted| wanted.run != run) {
            self.close(run);
        }
    }

    /// The series in hand has ended.
    fn close(&mut self, run: usize) {
        let first = self.firsts.get(run).copied().flatten();
        if let (Some(timeline), Some(first)) = (self.open.take(), first) {
            self.done.insert(first, timeline.finish());
        }
    }

    fn alone(&mut self, index: usize, leaf: Leaf<'_>) -> Captured {
        let name = series::name_of(Path::new(&leaf.name));
        let before = std::mem::replace(&mut self.before, name);
        let mut captured = match leaf.bytes {
            Ok(bytes) => {
                let key = CaptureKey { input: self.input, leaf: index };
                alone(&self.setup, &leaf.name, bytes, None, key, Outlet::default()).0
            }
            Err(error) => {
                return Captured::failed(&leaf.name, without_name(&leaf.name, &error));
            }
        };
        let why = match (&before, &self.before) {
            _ if self.scattered.contains(&index) => {
                "its series is not stored in the order of time; unpack the archive"
            }
            (Some(one), Some(other))
                if self.streams && one.key == other.key && series::may_be(&[one, other]) =>
            {
                "an archive from a pipe is read only once; save it to a file"
            }
            _ => return captured,
        };
        let hides = format!("whether it goes on where another capture ends: {why}");
        captured.report.blind_spots.push(spot(
            "series-split",
            None,
            hides,
            "it is analysed by itself",
        ));
        captured
    }
}

/// Leaves out series that would take too many passes; the captures of those.
fn leave_scattered(runs: &mut Vec<Vec<Part>>) -> BTreeSet<usize> {
    let mut scattered = BTreeSet::new();
    let (mut passes, mut at) = (1, None);
    runs.retain(|run| {
        // An archive is read from its front again for what stands before the last that was read.
        let begins_before = run.first().is_some_and(|first| at.is_some_and(|at| first.input < at));
        let more = falls(run) + usize::from(begins_before);
        let kept = passes + more <= MOST_PASSES;
        if kept {
            passes += more;
            at = run.last().map(|last| last.input);
        } else {
            scattered.extend(run.iter().map(|part| part.input));
        }
        kept
    });
    scattered
}

fn falls(run: &[Part]) -> usize {
    run.windows(2).filter(|pair| matches!(pair, [one, other] if one.input > other.input)).count()
}

/// Looks through the archive for series: once for the names, and once more for the times if the
/// names give reason to.
fn find_runs(name: &str, path: &Path, stop: &Stop) -> Vec<Vec<Part>> {
    let mut all: Vec<Seen> = Vec::new();
    walk(name, path, stop, &mut |leaf| {
        all.push(Seen { name: series::name_of(Path::new(&leaf.name)), span: None });
    });
    let mut groups: BTreeMap<(PathBuf, String), Vec<usize>> = BTreeMap::new();
    for (index, seen) in all.iter().enumerate() {
        if let Some(name) = &seen.name {
            groups.entry(name.key.clone()).or_default().push(index);
        }
    }
    groups.retain(|_, group| {
        let names = group.iter().filter_map(|index| all.get(*index)?.name.as_ref());
        series::may_be(&names.collect::<Vec<_>>())
    });
    if groups.is_empty() {
        return Vec::new();
    }
    let mut asked = vec![false; all.len()];
    for index in groups.values().flatten() {
        asked.get_mut(*index).into_iter().for_each(|asked| *asked = true);
    }
    let mut index = 0;
    walk(name, path, stop, &mut |leaf| {
        if asked.get(index).is_some_and(|asked| *asked)
            && let Some(seen) = all.get_mut(index)
            && let Ok(reader) = leaf.bytes.and_then(|bytes| Reader::new(bytes, &leaf.name))
        {
            seen.span = span(reader);
        }
        index += 1;
    });
    let mut runs: Vec<Vec<Part>> = groups
        .into_values()
        .flat_map(|group| {
            let candidate = |index: usize| {
                let Seen { name, span } = all.get(index)?;
                let first = span.map(|(first, _, link)| (first, link));
                Some(Candidate { input: index, name: name.clone()?, first })
            };
            series::runs(group.into_iter().filter_map(candidate).collect())
        })
        .flat_map(|run| split(run, &all))
        .collect();
    runs.sort_by_key(|run| run.iter().map(|part| part.input).min());
    runs
}

/// Cuts a run where a capture does not go on where the one before ends.
fn split(run: Vec<Part>, all: &[Seen]) -> Vec<Vec<Part>> {
    let mut runs: Vec<Vec<Part>> = Vec::new();
    let mut before = None;
    for part in run {
        let span = all.get(part.input).and_then(|seen| seen.span);
        let goes_on = match (before, span) {
            (Some(before), Some((first, _, _))) => series::follows(before, first),
            _ => true,
        };
        match runs.last_mut() {
            Some(last) if goes_on => last.push(part),
            _ => runs.push(vec![part]),
        }
        before = span.map(|(first, last, _)| (first, last)).or(before);
    }
    runs.retain(|run| run.len() > 1);
    runs
}

fn walk(name: &str, path: &Path, stop: &Stop, each: &mut dyn FnMut(Leaf<'_>)) {
    if let Some(archive) = reopen(name, path, stop) {
        archive.captures(name, &mut |leaf| {
            each(leaf);
            if stop.is_asked() { Go::Stop } else { Go::On }
        });
    }
}

fn reopen(name: &str, path: &Path, stop: &Stop) -> Option<Packed<'static>> {
    let source = Stopping::new(File::open(path).ok()?, stop.clone());
    let bytes = Bytes::of(source, false).until(stop);
    match capture::unpack(bytes, name, Some(path.to_owned())) {
        Ok(Unpacked::Archive(archive)) => Some(archive),
        _ => None,
    }
}

/// The times of the first and the latest packet, and the first one's link type.
fn span(mut reader: Reader<Bytes<'_>>) -> Option<(Timestamp, Timestamp, LinkType)> {
    let first = reader.next().ok().flatten().map(|packet| (packet.at.time, packet.link));
    let (first, link) = first?;
    while let Ok(Some(_)) = reader.next() {}
    Some((first, reader.facts().last.unwrap_or(first), link))
}
