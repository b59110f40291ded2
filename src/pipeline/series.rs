//! Which files are parts of one capture.
//!
//! In: names, and of files that are named like parts of a series the time and link type of the
//! first packet. Out: runs of files in the order of time, each to be analysed as one capture. A name
//! only makes a candidate; time decides: the files must follow each other. Whether each begins only
//! when the one before has ended is known when that has been read; whoever reads checks it.
//!
//! | writer | names |
//! |---|---|
//! | `tcpdump -C` | `x.pcap`, `x.pcap1`, `x.pcap2` … |
//! | `tcpdump -C -W`, a ring | `x.pcap00`, `x.pcap01` …, the oldest anywhere |
//! | `tcpdump -G` | `x-20261122-150000.pcap` …: digits from a date or time on differ; with `-C` both |
//! | dumpcap, Wireshark | `x_00001_20261122150000.pcapng` …, newer `x_20261122150000_00001.pcapng` |

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::capture::{LinkType, without_compression};
use crate::provenance::Timestamp;

/// Whether captures are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Series {
    /// Files that are parts of one capture by name and by time.
    #[default]
    Auto,
    /// No file with another.
    Never,
    /// All of them, merged packet by packet by time where they overlap.
    Always,
}

/// How much earlier than the end of the file before a file may begin, in nanoseconds: packets are
/// not written strictly in the order of their times.
const TOLERANCE: i64 = 1_000_000_000;

/// Whether a file that begins at `first` goes on where one that lasted from `before.0` to
/// `before.1` ended. Both were captured at the same time if it begins in the first half of that.
pub(super) fn follows(before: (Timestamp, Timestamp), first: Timestamp) -> bool {
    let overlap = before.1.nanos_since(first);
    overlap <= (before.1.nanos_since(before.0) / 2).clamp(0, TOLERANCE)
}

/// What the name of a file says about its place in a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// The same for all files of a series.
    pub(super) key: (PathBuf, String),
    /// The digits of a date and time in it, as they stand there.
    stamp: String,
    /// The number in the series.
    number: Option<u64>,
    /// Digits that the number is written with.
    width: usize,
    numbering: Numbering,
}

/// What is known about how a series is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Numbering {
    /// Upwards, one by one: dumpcap.
    Upwards,
    /// Upwards from the file without a number, or round a ring: tcpdump.
    Ring,
}

/// A file that may be part of a series.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) input: usize,
    pub(super) name: Name,
    /// The first packet's time and link type; `None` when there is none, or it cannot be read.
    pub(super) first: Option<(Timestamp, LinkType)>,
}

/// One file of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) input: usize,
    pub(super) first: Option<Timestamp>,
    /// How many files are missing before it, by the numbers in the names.
    pub(super) missing: u64,
}

/// What the name of the file at `path` says; `None` when it is not like any series.
pub(super) fn name_of(path: &Path) -> Option<Name> {
    let file = without_compression(path.file_name()?.to_str()?);
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    dumpcap(file, &folder).or_else(|| tcpdump(file, &folder))
}

/// `base_NNNNN_YYYYmmddHHMMSS.ext` and `base_YYYYmmddHHMMSS_NNNNN.ext`.
fn dumpcap(file: &str, folder: &Path) -> Option<Name> {
    let (stem, extension) = match file.rsplit_once('.') {
        Some((stem, extension)) => (stem, extension),
        None => (file, ""),
    };
    let (rest, last) = stem.rsplit_once('_')?;
    let (base, middle) = rest.rsplit_once('_')?;
    let is_number = |text: &str| (5..14).contains(&text.len()) && all_digits(text);
    let is_stamp = |text: &str| text.len() == 14 && all_digits(text);
    let (number, stamp) = match (middle, last) {
        (number, stamp) if is_number(number) && is_stamp(stamp) => (number, stamp),
        (stamp, number) if is_number(number) && is_stamp(stamp) => (number, stamp),
        _ => return None,
    };
    Some(Name {
        key: (folder.to_owned(), format!("{base}_*.{extension}")),
        stamp: stamp.to_owned(),
        number: number.parse().ok(),
        width: number.len(),
        numbering: Numbering::Upwards,
    })
}

/// Everything of tcpdump's: perhaps a date in the name, perhaps a number behind it all.
fn tcpdump(file: &str, folder: &Path) -> Option<Name> {
    let whole = file.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = file.get(whole.len()..)?;
    let is_extension = |extension: &str| {
        matches!(
            extension.to_ascii_lowercase().as_str(),
            "pcap" | "pcapng" | "cap" | "dump" | "dmp"
        )
    };
    let (stem, ending, digits) = match whole.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => (stem, extension, digits),
        Some(_) => return None,
        // Without an extension the digits may be part of a date.
        None if digits.len() < 6 && !whole.is_empty() => (whole, "", digits),
        None => (file, "", ""),
    };
    let (masked, stamp) = mask(stem);
    let number = match digits {
        "" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some(Name {
        key: (folder.to_owned(), format!("{masked}.{ending}")),
        stamp,
        number,
        width: digits.len(),
        numbering: Numbering::Ring,
    })
}

/// Replaces the digits of a date and time in `stem`; they are the second value. Digits before the
/// first that look like a date are left alone: they tell hosts and interfaces apart.
fn mask(stem: &str) -> (String, String) {
    let mut masked = String::new();
    let mut stamp = String::new();
    let mut rest = stem;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let len = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, behind) = from.split_at(len);
        masked.push_str(before);
        if looks_like_time(digits) || (!stamp.is_empty() && digits.len() >= 2) {
            stamp.push_str(digits);
            stamp.push(' ');
            masked.extend(digits.chars().map(|_| '#'));
        } else {
            masked.push_str(digits);
        }
        rest = behind;
    }
    masked.push_str(rest);
    (masked, stamp)
}

/// A year (and more), seconds since 1970, or a time of day with its seconds.
fn looks_like_time(digits: &str) -> bool {
    let number = |range| digits.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let year = number(0..4).is_some_and(|year| (1990..2100).contains(&year));
    match digits.len() {
        4 | 8 | 12 | 14 => year,
        10 => year || digits.starts_with('1') || digits.starts_with('2'),
        6 => {
            let below = |range, limit| number(range).is_some_and(|value| value < limit);
            below(0..2, 24) && below(2..4, 60) && below(4..6, 60)
        }
        _ => false,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether files with these names may be parts of one series, before anything is known about time.
pub(super) fn may_be(names: &[&Name]) -> bool {
    let distinct =
        |one: &&Name, other: &&Name| (&one.stamp, one.number) != (&other.stamp, other.number);
    let mut sorted = names.to_vec();
    sorted.sort();
    let all_differ = sorted.windows(2).all(|pair| match pair {
        [one, other] => distinct(one, other),
        _ => true,
    });
    // `eth0` and `eth1` are two interfaces; tcpdump's first file has no number, and those of a
    // ring are as wide as the last one needs.
    let (_, key) = match names.first() {
        Some(name) => &name.key,
        None => return false,
    };
    let bare = names.iter().any(|name| name.number.is_none());
    let wide = names.iter().all(|name| name.width >= 2);
    names.len() > 1 && all_differ && (!key.ends_with('.') || bare || wide)
}

/// The runs in a group of candidates whose names have the same key; what is in no run stands alone.
pub(super) fn runs(group: Vec<Candidate>) -> Vec<Vec<Part>> {
    let names: Vec<&Name> = group.iter().map(|one| &one.name).collect();
    if !may_be(&names) {
        return Vec::new();
    }
    let mut by_link: BTreeMap<LinkType, Vec<Candidate>> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for candidate in group {
        match candidate.first {
            Some((_, link)) => by_link.entry(link).or_default().push(candidate),
            None => unreadable.push(candidate),
        }
    }
    // Nobody knows the link type of those that cannot be read: most likely that of most.
    if let Some(most) = by_link.values_mut().max_by_key(|group| group.len()) {
        most.append(&mut unreadable);
    }
    by_link.into_values().filter_map(run).collect()
}

/// Orders candidates by time and checks that their names agree with that.
fn run(mut group: Vec<Candidate>) -> Option<Vec<Part>> {
    group.sort_by(|one, other| one.name.cmp(&other.name));
    let readable = || group.iter().filter(|one| one.first.is_some());
    if readable().count() < 2 {
        return None;
    }
    let mut ordered: Vec<&Candidate> = readable().collect();
    ordered.sort_by_key(|one| one.first.map(|(time, _)| time)); // stable
    // A date in the names must agree with the time of the packets.
    let by_stamp = |pair: &[&Candidate]| match pair {
        [one, other] => one.name.stamp <= other.name.stamp,
        _ => true,
    };
    if !ordered.windows(2).all(by_stamp) {
        return None;
    }
    // Numbers go up; round a ring they begin again once.
    let falls = ordered.windows(2).filter(|pair| match pair {
        [one, other] => one.name.stamp == other.name.stamp && one.name.number > other.name.number,
        _ => false,
    });
    let upwards = ordered.iter().any(|one| one.name.numbering == Numbering::Upwards);
    if falls.count() > usize::from(!upwards) {
        return None;
    }
    // Those that have no time stand behind the one that their name follows.
    for one in group.iter().filter(|one| one.first.is_none()) {
        let place = ordered.iter().rposition(|other| other.name < one.name);
        ordered.insert(place.map_or(0, |place| place + 1), one);
    }
    let before = |index: usize| ordered.get(index.checked_sub(1)?).copied();
    let part = |(index, one): (usize, &&Candidate)| Part {
        input: one.input,
        first: one.first.map(|(time, _)| time),
        missing: before(index).map_or(0, |before| missing(&before.name, &one.name)),
    };
    Some(ordered.iter().enumerate().map(part).collect())
}

/// How many files should be between two that follow each other.
fn missing(before: &Name, name: &Name) -> u64 {
    let same_stamp = before.stamp == name.stamp;
    let number = |name: &Name| name.number.unwrap_or(0);
    match name.numbering {
        Numbering::Upwards => number(name).saturating_sub(number(before)).saturating_sub(1),
        Numbering::Ring if same_stamp => {
            number(name).saturating_sub(number(before)).saturating_sub(1)
        }
        // Nobody knows how many there were before the date changed.
        Numbering::Ring => 0,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn candidates(files: &[(&str, i64)]) -> Vec<Candidate> {
        let candidate = |(input, (file, second)): (usize, &(&str, i64))| Candidate {
            input,
            name: name_of(Path::new(file)).expect("named like a series"),
            first: Some((Timestamp(second * 1_000_000_000), LinkType::ETHERNET)),
        };
        files.iter().enumerate().map(candidate).collect()
    }

    /// The names of each run in order, with the number of missing files before each.
    fn series<'f>(files: &[(&'f str, i64)]) -> Vec<Vec<(&'f str, u64)>> {
        let all = candidates(files);
        let key = &all[0].name.key;
        assert!(all.iter().all(|one| one.name.key == *key), "{all:?}");
        let name = |part: Part| (files[part.input].0, part.missing);
        runs(all).into_iter().map(|run| run.into_iter().map(name).collect()).collect()
    }

    #[test]
    fn a_series_is_in_the_order_of_time_whatever_the_names() {
        let sizes = [("d/x.pcap", 1), ("d/x.pcap1", 2), ("d/x.pcap2", 3), ("d/x.pcap10", 11)];
        assert_eq!(
            series(&sizes),
            [vec![("d/x.pcap", 0), ("d/x.pcap1", 0), ("d/x.pcap2", 0), ("d/x.pcap10", 7)]]
        );
        let ring = [("x.pcap0", 40), ("x.pcap1", 50), ("x.pcap2", 20), ("x.pcap3", 30)];
        assert_eq!(
            series(&ring),
            [vec![("x.pcap2", 0), ("x.pcap3", 0), ("x.pcap0", 0), ("x.pcap1", 0)]]
        );
    }

    #[test]
    fn the_names_of_every_writer_are_known() {
        let same = |files: &[(&str, i64)]| assert_eq!(series(files).len(), 1, "{files:?}");
        same(&[("a_00001_20261122153000.pcapng", 1), ("a_00002_20261122153100.pcapng", 2)]);
        same(&[("a_20261122153000_00001.pcapng.gz", 1), ("a_20261122153100_00002.pcapng", 2)]);
        same(&[("web-20261122-150000.pcap", 1), ("web-20261122-151000.pcap.zst", 2)]);
        same(&[("web-2026-11-22_15.00.00.pcap", 1), ("web-2026-11-22_15.10.00.pcap", 2)]);
        same(&[("1795000000.pcap", 1), ("1795003600.pcap", 2)]);
        same(&[("t-150000.pcap", 1), ("t-150000.pcap1", 2), ("t-151000.pcap", 3)]);
        same(&[("trace", 1), ("trace1", 2), ("trace2", 3)]);
        same(&[("ring.pcap00", 1), ("ring.pcap01", 2)]);
    }

    #[test]
    fn hosts_and_interfaces_are_no_series() {
        let key = |file| name_of(Path::new(file)).expect("named like a series").key;
        assert_ne!(key("web1-20261122.pcap"), key("web2-20261122.pcap"));
        assert_ne!(key("eth0.pcap"), key("eth1.pcap"));
        assert_ne!(key("a/x.pcap1"), key("b/x.pcap2"));
        assert_eq!(series(&[("eth0", 1), ("eth1", 2)]), Vec::<Vec<_>>::new());
    }

    #[test]
    fn a_file_goes_on_where_another_ended_but_not_where_it_is_going_on() {
        let millis = |millis: i64| Timestamp(millis * 1_000_000);
        let minute = (millis(0), millis(60_000));
        assert!(follows(minute, millis(60_000)) && follows(minute, millis(90_000)));
        assert!(follows(minute, millis(59_500)) && !follows(minute, millis(58_000)));
        let short = (millis(0), millis(20));
        assert!(follows(short, millis(15)) && !follows(short, millis(1)));
    }

    #[test]
    fn names_that_contradict_the_time_are_no_series() {
        let none = Vec::<Vec<_>>::new();
        assert_eq!(series(&[("t-20261122.pcap", 9), ("t-20261123.pcap", 2)]), none);
        let numbers = [("a_00001_20261122153000.pcap", 5), ("a_00002_20261122153000.pcap", 4)];
        assert_eq!(series(&numbers), none);
        // The same file twice, once compressed.
        assert_eq!(series(&[("x.pcap1", 1), ("x.pcap1.gz", 1)]), none);
        let zigzag = [("x.pcap0", 4), ("x.pcap1", 1), ("x.pcap2", 3), ("x.pcap3", 2)];
        assert_eq!(series(&zigzag), none);
    }

    #[test]
    fn a_file_that_cannot_be_read_stands_where_its_name_says() {
        let mut all = candidates(&[("x.pcap", 1), ("x.pcap1", 2), ("x.pcap2", 3)]);
        all[1].first = None;
        let runs = runs(all);
        let order: Vec<usize> = runs[0].iter().map(|part| part.input).collect();
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn another_link_type_is_another_capture() {
        let mut all = candidates(&[("x.pcap", 1), ("x.pcap1", 2), ("x.pcap2", 3), ("x.pcap3", 4)]);
        all[1].first = Some((Timestamp(2), LinkType::RAW));
        all[3].first = Some((Timestamp(4), LinkType::RAW));
        let inputs = |run: &Vec<Part>| run.iter().map(|part| part.input).collect::<Vec<_>>();
        assert_eq!(runs(all).iter().map(inputs).collect::<Vec<_>>(), [[0, 2], [1, 3]]);
    }
}
