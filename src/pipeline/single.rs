//! One capture by itself.
//!
//! In: the bytes of a capture. Out: what it came to, with all the keys that are in it.

use std::path::Path;

use super::analysis::Input;
use super::opening::open_reader;
use super::outlet::Outlet;
use super::setup::{Learned, Setup};
use super::tap::CaptureKey;
use super::timeline::{Captured, Kind, Timeline, take_keys, without_name};
use crate::capture::{Bytes, Disclosed, Format, Reader};
use crate::tls::{KeyLogFacts, Keyring};

/// Analyses one capture by itself; also the digest of what was read, if that is all of the input.
///
/// Keys may stand far behind what they open. Where they came too late for a connection, and the
/// capture can be read from `path` once more, it is analysed again with all of its keys. Frames that
/// are listed, and connections that are taken as soon as they are over, go out at once and cannot be
/// taken back: for them the keys are looked for before. Nor can they be taken back from a capture
/// that was packed and turns out damaged at its end, so of such a capture none goes out before.
pub(super) fn alone(
    setup: &Setup,
    name: &str,
    bytes: Bytes<'_>,
    path: Option<&Path>,
    key: CaptureKey,
    outlet: Outlet,
) -> (Captured, Option<String>) {
    let Outlet { capture, before, mut to, .. } = outlet;
    if bytes.is_checked_at_end() {
        to = None;
    }
    let goes_at_once = setup.tap.is_some() || to.is_some();
    let outlet = || Outlet { capture, before, to: to.clone(), ..Outlet::default() };
    let read = |mut timeline: Timeline, reader| {
        let place = timeline.join(name, key.input);
        let bytes = timeline.read(place, reader);
        (timeline.finish(), bytes)
    };
    let reader = match Reader::new(bytes, name) {
        Ok(reader) => reader,
        Err(error) => return (Captured::failed(name, without_name(name, &error)), None),
    };
    let may_hold_keys = reader.facts().format == Format::PcapNg;
    let path = path.filter(|_| may_hold_keys);
    let known = path.filter(|_| goes_at_once).and_then(|path| learn(setup, path));
    let timeline = match known {
        Some(learned) => Timeline::knowing(learned, setup, Kind::One, key, outlet()),
        None => Timeline::new(setup, Kind::One, key, outlet()),
    };
    let (mut captured, bytes) = read(timeline, reader);
    let again = captured.late_keys.take().zip(path).filter(|_| !goes_at_once);
    if let Some((learned, path)) = again
        && let Ok(reader) = open_reader(&Input::named(path), false, &setup.stop)
    {
        let timeline = Timeline::knowing(learned, setup, Kind::One, key, outlet());
        let known = read(timeline, reader).0;
        // The first time it was read further than it is now, when an end was asked for.
        if !setup.stop.is_asked() {
            captured = known;
        }
    }
    (captured, bytes.finish())
}

/// The keys in the capture at `path`, for which all of it is read; `None` where it has none.
fn learn(setup: &Setup, path: &Path) -> Option<Learned> {
    let mut reader = open_reader(&Input::named(path), false, &setup.stop).ok()?;
    let mut keyring = Keyring::over(setup.keys.clone());
    let mut facts = KeyLogFacts::default();
    let mut take = |text: Disclosed<'_>| take_keys(&text, &mut keyring, &mut facts);
    while let Ok(Some(_)) = reader.next_disclosing(&mut take) {}
    (keyring.revision() > 0).then_some(Learned { keyring, facts })
}
