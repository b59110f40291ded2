//! Files that the tests make: compared with what they should hold, or written anew.

use std::collections::BTreeSet;
use std::fs;

use crate::support::root;

/// Whether the files are to be written anew, by `WSBLAME_BLESS=1 cargo test --test it`.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("WSBLAME_BLESS").is_some()
}

/// Compares all files of a folder of the project with what they should be: names and contents.
pub(crate) fn check_folder(folder: &str, made: &[(String, Vec<u8>)]) {
    let mut wrong: Vec<String> = Vec::new();
    for (name, fresh) in made {
        wrong.extend(differs(&format!("{folder}/{name}"), fresh));
    }
    let names: BTreeSet<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
    for entry in fs::read_dir(root().join(folder)).expect("a folder") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        if names.contains(name.as_str()) {
            continue;
        }
        if is_blessing() {
            fs::remove_file(entry.path()).expect("writable");
        } else {
            wrong.push(format!("{folder}/{name} is made by nothing"));
        }
    }
    complain(&wrong);
}

/// Compares one file of the project with what it should hold.
pub(crate) fn check(path: &str, fresh: &[u8]) {
    complain(differs(path, fresh).as_slice());
}

/// In what a file differs, if it does and is not to be written anew.
fn differs(path: &str, fresh: &[u8]) -> Option<String> {
    let place = root().join(path);
    match fs::read(&place) {
        Ok(old) if old == fresh => None,
        _ if is_blessing() => {
            fs::create_dir_all(place.parent().expect("a folder")).expect("writable");
            fs::write(&place, fresh).expect("writable");
            None
        }
        Ok(old) => Some(format!("{path} differs{}", difference(&old, fresh))),
        Err(error) => Some(format!("{path}: {error}")),
    }
}

fn complain(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{}\nif that is meant, write them anew and read the diff: \
         WSBLAME_BLESS=1 cargo test --test it",
        wrong.join("\n")
    );
}

/// The first lines that differ, if both are text.
fn difference(old: &[u8], fresh: &[u8]) -> String {
    let (Ok(old), Ok(fresh)) = (std::str::from_utf8(old), std::str::from_utf8(fresh)) else {
        return String::new();
    };
    let same = old.lines().zip(fresh.lines()).take_while(|(was, is)| was == is).count();
    let lines = |text: &str, sign: char| {
        let lines = text.lines().skip(same).take(4);
        lines.map(|line| format!("\n  {sign} {line}")).collect::<String>()
    };
    format!(" from line {} on:{}{}", same + 1, lines(old, '-'), lines(fresh, '+'))
}
