//! What the arguments name: files, directories of captures, standard input, lists of such.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::output::plain;
use wsblame::pipeline::Input;

/// What is to be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inputs {
    /// In the order given; what was found in a directory by name.
    pub(super) inputs: Vec<Input>,
    /// What cannot be read, and why not.
    pub(super) failed: Vec<(PathBuf, String)>,
}

/// Takes directories apart, and leaves out what was named before: by the same path, by another
/// spelling of it, or by a directory that it is in.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Inputs, String> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err("standard input (-) can be read only once".to_owned());
    }
    let mut known = HashSet::new();
    let mut all = Inputs::default();
    for path in paths {
        if is_stdin(path) || !path.is_dir() {
            all.add(Input::named(path), &mut known);
        } else {
            all.add_directory(path, &mut known);
        }
    }
    Ok(all)
}

impl Inputs {
    fn add(&mut self, input: Input, known: &mut HashSet<PathBuf>) {
        let path = &input.path;
        // A file that is not there has only the name that it was given.
        let place = if is_stdin(path) { None } else { path.canonicalize().ok() };
        if known.insert(place.unwrap_or_else(|| path.clone())) {
            self.inputs.push(input);
        }
    }

    /// Every file below `folder`. Links to directories are not followed, so that no way leads in a
    /// circle; links to files are.
    fn add_directory(&mut self, folder: &Path, known: &mut HashSet<PathBuf>) {
        let failed_before = self.failed.len();
        let mut any = false;
        for entry in WalkDir::new(folder).sort_by_file_name() {
            match entry {
                Ok(entry) => {
                    let kind = entry.file_type();
                    let is_linked_file = || fs::metadata(entry.path()).is_ok_and(|to| to.is_file());
                    if kind.is_file() || (kind.is_symlink() && is_linked_file()) {
                        any = true;
                        let found_in = Some(folder.to_owned());
                        self.add(Input { path: entry.into_path(), found_in }, known);
                    }
                }
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let why =
                        error.io_error().map_or_else(|| "a circle of links".to_owned(), plain);
                    let why = format!("a directory that cannot be read: {why}");
                    self.failed.push((path, why));
                }
            }
        }
        if !any && self.failed.len() == failed_before {
            self.failed.push((folder.to_owned(), "a directory without captures".to_owned()));
        }
    }
}

/// The paths in a list: one a line, or, where the list has a NUL, one before each NUL, as
/// `find -print0` writes them. `-` is a list on standard input.
pub(super) fn listed(list: &Path) -> Result<Vec<PathBuf>, String> {
    let mut bytes = Vec::new();
    let read = match is_stdin(list) {
        true => io::stdin().lock().read_to_end(&mut bytes),
        false => fs::File::open(list).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    read.map_err(|error| {
        format!("{}: the list cannot be read: {}", list.display(), plain(&error))
    })?;
    Ok(paths_of(&bytes))
}

fn paths_of(list: &[u8]) -> Vec<PathBuf> {
    let end = if list.contains(&0) { 0 } else { b'\n' };
    let entries = list.split(|byte| *byte == end).map(|entry| match end {
        b'\n' => entry.strip_suffix(b"\r").unwrap_or(entry),
        _ => entry,
    });
    let paths = entries.filter(|entry| !entry.trim_ascii().is_empty()).map(path_of);
    // In a list a dash is a file of that name.
    paths.map(|path| if is_stdin(&path) { Path::new(".").join(path) } else { path }).collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Refuses to write a report over one of its own captures.
pub(super) fn refuse_overwriting(output: &Path, inputs: &[Input]) -> Result<(), String> {
    let Ok(target) = output.canonicalize() else { return Ok(()) }; // there is nothing to lose
    // A report of yesterday may lie in the directory: no capture, and it may be replaced.
    let is_target = |input: &Input| {
        input.is_meant() && input.path.canonicalize().is_ok_and(|path| path == target)
    };
    match inputs.iter().any(is_target) {
        true => Err(format!("{}: is a capture to read; not writing over it", output.display())),
        false => Ok(()),
    }
}

/// Refuses to write a report over a key log.
pub(super) fn refuse_overwriting_keys(output: &Path, key_logs: &[PathBuf]) -> Result<(), String> {
    let Ok(target) = output.canonicalize() else { return Ok(()) }; // there is nothing to lose
    match key_logs.iter().any(|path| path.canonicalize().is_ok_and(|path| path == target)) {
        true => Err(format!("{}: is a key log to read; not writing over it", output.display())),
        false => Ok(()),
    }
}

/// Takes standard input out of the inputs when nothing is piped in.
pub(super) fn refuse_terminal(inputs: &mut Vec<Input>, failed: &mut Vec<(PathBuf, String)>) {
    if !io::stdin().is_terminal() {
        return;
    }
    let why = "standard input is a terminal; a capture has to be piped in";
    for input in inputs.extract_if(.., |input| is_stdin(&input.path)) {
        failed.push((input.path, why.to_owned()));
    }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_is_read_once() {
        let twice = [PathBuf::from("-"), PathBuf::from("-")];
        assert!(expand(&twice).is_err());
        let inputs = expand(&[PathBuf::from("-")]).map(|all| all.inputs);
        assert_eq!(inputs, Ok(vec![Input::named("-")]));
    }

    #[test]
    fn a_list_is_of_lines_or_of_what_find_prints_with_print0() {
        let paths = |list: &[u8]| -> Vec<String> {
            paths_of(list).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(paths(b"a.pcap\r\n\n  \nb c.pcap\n-"), ["a.pcap", "b c.pcap", "./-"]);
        assert_eq!(paths(b"a\nb.pcap\0c.pcap\0"), ["a\nb.pcap", "c.pcap"]);
        assert_eq!(paths(b""), Vec::<String>::new());
    }

    #[test]
    fn a_path_that_is_named_twice_is_read_once() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let paths = [here.join("Cargo.toml"), here.join("src/../Cargo.toml"), here.join("absent")];
        let inputs = expand(&paths).map(|all| all.inputs);
        assert_eq!(inputs, Ok(vec![Input::named(&paths[0]), Input::named(&paths[2])]));
    }
}
