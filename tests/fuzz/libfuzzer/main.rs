//! The fuzz targets for libFuzzer: `tests/fuzz/run` builds and runs this.
//!
//! `WSBLAME_TARGET` names the target. With `WSBLAME_SEEDS` its seeds are written into that folder,
//! and nothing is run.
#![cfg_attr(not(test), no_main)]
#![allow(unsafe_code, reason = "libFuzzer calls functions by their names")]

#[path = "../../common/keys.rs"]
mod sample_keys;
#[path = "../targets/mod.rs"]
mod targets;
#[path = "../../common/tunnel.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod tunnel;

use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = env::var("WSBLAME_TARGET").unwrap_or_default();
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        TARGETS.iter().for_each(|target| eprintln!("{} {}", target.name, target.max_len));
        process::exit(2)
    })
});

fuzz_target!(
    init: {
        LazyLock::force(&TARGET); // says which there are, if there is none of that name
        if let Some(folder) = env::var_os("WSBLAME_SEEDS") {
            let folder = Path::new(&folder);
            fs::create_dir_all(folder).expect("a writable folder");
            for (number, seed) in (TARGET.seeds)().iter().enumerate() {
                fs::write(folder.join(format!("seed-{number:04}")), seed).expect("a writable folder");
            }
            process::exit(0);
        }
    },
    |data: &[u8]| (TARGET.run)(data)
);
