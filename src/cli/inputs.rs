//! What the arguments name: files, directories of captures, standard input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::output::plain;

/// Something to read, or the reason why not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input {
    Stdin,
    File(PathBuf),
    Unreadable { path: PathBuf, why: String },
}

/// Takes directories apart, in the order given; the captures of a directory by name.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Vec<Input>, String> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        return Err("standard input (-) can be read only once".to_owned());
    }
    Ok(paths.iter().flat_map(|path| expand_one(path)).collect())
}

/// Refuses to write a report over one of its own captures.
pub(super) fn refuse_overwriting(output: &Path, inputs: &[Input]) -> Result<(), String> {
    let Ok(target) = output.canonicalize() else { return Ok(()) }; // there is nothing to lose
    let is_input = inputs.iter().any(|input| match input {
        Input::File(path) => path.canonicalize().is_ok_and(|path| path == target),
        Input::Stdin | Input::Unreadable { .. } => false,
    });
    match is_input {
        true => Err(format!("{}: is a capture to read; not writing over it", output.display())),
        false => Ok(()),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn expand_one(path: &Path) -> Vec<Input> {
    if is_stdin(path) {
        return vec![Input::Stdin];
    }
    if !path.is_dir() {
        return vec![Input::File(path.to_owned())];
    }
    let unreadable = |why: String| vec![Input::Unreadable { path: path.to_owned(), why }];
    match captures_in(path) {
        Err(error) => unreadable(format!("a directory that cannot be read: {}", plain(&error))),
        Ok(captures) if captures.is_empty() => {
            unreadable("a directory without captures (*.pcap, *.pcapng, *.cap)".to_owned())
        }
        Ok(captures) => captures.into_iter().map(Input::File).collect(),
    }
}

fn captures_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut captures = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if is_named_like_a_capture(&path) && path.is_file() {
            captures.push(path);
        }
    }
    captures.sort();
    Ok(captures)
}

/// `*.pcap`, `*.pcapng`, `*.cap`, and `*.pcap12` as tcpdump writes with `-C`.
fn is_named_like_a_capture(path: &Path) -> bool {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else {
        return false;
    };
    let extension = extension.to_ascii_lowercase();
    match extension.strip_prefix("pcap") {
        Some("ng") => true,
        Some(number) => number.bytes().all(|byte| byte.is_ascii_digit()),
        None => extension == "cap",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_known_by_their_names() {
        for name in ["a.pcap", "a.PCAPNG", "a.cap", "ring.pcap0", "ring.pcap12"] {
            assert!(is_named_like_a_capture(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "pcap", "a.pcapx", "a.pcap.md", ".pcap"] {
            assert!(!is_named_like_a_capture(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        let twice = [PathBuf::from("-"), PathBuf::from("-")];
        assert!(expand(&twice).is_err());
        assert_eq!(expand(&[PathBuf::from("-")]), Ok(vec![Input::Stdin]));
    }
}
