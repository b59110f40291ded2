//! The fuzz targets without a fuzzer: what they begin with, and whatever has broken them before.
//!
//! The targets are those that `tests/fuzz/run` gives to libFuzzer. An input that made one of them
//! panic stays in `tests/fuzz/crashes/TARGET/`, named after what went wrong.

use std::fs;
use std::panic::catch_unwind;

use crate::corpus::files;
use crate::support::{everywhere, root};

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use targets::TARGETS;

#[test]
fn nothing_that_a_fuzzer_begins_with_breaks_a_promise() {
    let inputs: Vec<(usize, usize, Vec<u8>)> = TARGETS
        .iter()
        .enumerate()
        .flat_map(|(target, row)| {
            let seeds = (row.seeds)();
            assert!(seeds.len() > 3, "{} has no seeds", row.name);
            seeds.into_iter().enumerate().map(move |(number, seed)| (target, number, seed))
        })
        .collect();
    let wrong = everywhere(inputs.len(), |place| {
        let (target, number, seed) = &inputs[place];
        let row = &TARGETS[*target];
        let fits = seed.len() <= row.max_len;
        let held = catch_unwind(|| (row.run)(seed)).is_ok();
        let name = row.name;
        match (fits, held) {
            (true, true) => Vec::new(),
            (false, _) => vec![format!("{name}: seed {number} has {} bytes", seed.len())],
            (_, false) => {
                vec![format!("{name}: seed {number}: {:02x?}", &seed[..seed.len().min(64)])]
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_that_has_broken_a_promise_does_so_again() {
    let crashes = root().join("tests/fuzz/crashes");
    for path in files(&crashes, &["md"]) {
        let folder = path.parent().and_then(|folder| folder.file_name()).expect("a folder");
        let target = TARGETS.iter().find(|target| folder == target.name);
        let target = target.unwrap_or_else(|| panic!("{}: no such target", path.display()));
        let input = fs::read(&path).expect("a readable crash");
        let held = catch_unwind(|| (target.run)(&input)).is_ok();
        assert!(held, "{}", path.display());
    }
}
