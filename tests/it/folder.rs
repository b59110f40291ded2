//! A directory of a test's own.

use std::fs;
use std::path::{Path, PathBuf};

use wsblame::script::{Play, Script, write_pcap};

use crate::support::{Raw, capture_of};

/// Empty at first, and gone at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder of the test with this name, which no other test may have.
    pub(crate) fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path); // a run before may have been ended
        fs::create_dir_all(&path).expect("a writable target folder");
        Folder(path)
    }

    /// Where it is.
    pub(crate) fn at(&self) -> &Path {
        &self.0
    }

    /// Where a file or folder of this name is, or would be.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, with the folders that it stands in.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        fs::write(&path, bytes).expect("a writable folder");
        path
    }

    /// Writes a capture with one connection for each script.
    pub(crate) fn capture(&self, name: &str, scripts: &[Script]) -> PathBuf {
        let mut play = Play::new(1_460);
        scripts.iter().for_each(|script| play.connection(script));
        self.file(name, &write_pcap(&play.into_packets()))
    }

    /// Writes the files of a series, with the names that `name` gives them.
    pub(crate) fn series(
        &self,
        parts: &[Vec<Raw>],
        name: impl Fn(usize) -> String,
    ) -> Vec<PathBuf> {
        let file = |(index, part): (usize, &Vec<Raw>)| self.file(&name(index), &capture_of(part));
        parts.iter().enumerate().map(file).collect()
    }

    /// What is in it, in the order of names.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.expect("an entry"))).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // it is only litter
    }
}
