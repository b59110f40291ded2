//! `--keylog FILE` and SSLKEYLOGFILE: keys that somebody gives for all captures.
//!
//! In: the names of key logs. Out: their keys, and complaints about what cannot be read in them. Not
//! one byte of a key is printed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::exit::Exit;
use super::output::plain;
use super::{complain, inputs};
use wsblame::pipeline::Limits;
use wsblame::tls::{KeyLogFacts, Keyring, read_key_log};

/// The variable by which browsers and others are told to log their keys.
const VARIABLE: &str = "SSLKEYLOGFILE";

#[derive(Args)]
pub(super) struct KeyLogs {
    /// Decrypt TLS with the keys in this key log; may be given several times [default: the file that
    /// SSLKEYLOGFILE names, if there is one]. How to get one: wsblame explain keylog
    #[arg(long, value_name = "FILE")]
    keylog: Vec<PathBuf>,
}

impl KeyLogs {
    /// All keys that were given; else why they cannot be used, and the exit code.
    pub(super) fn read(&self) -> Result<Arc<Keyring>, (Exit, String)> {
        let mut keys = Keyring::new(Limits::default().sessions);
        if self.keylog.iter().any(|path| inputs::is_stdin(path)) {
            let what = "--keylog takes no standard input; give a file (./- for one of that name)";
            return Err((Exit::Usage, what.to_owned()));
        }
        for path in &self.keylog {
            let name = path.display();
            let facts = read(path, &mut keys).map_err(|what| (Exit::Unreadable, what))?;
            let complaints = facts.complaints();
            if let (Some(_), Some(first)) = (facts.foreign, complaints.first()) {
                return Err((Exit::Unreadable, format!("{name}: {first}")));
            }
            complaints.iter().for_each(|what| complain(format_args!("{name}: {what}")));
            if complaints.is_empty() && facts.secrets == 0 {
                complain(format_args!("{name}: there are no keys in it yet"));
            }
        }
        if let Some(path) = self.by_variable() {
            let name = path.display();
            let said = match read(&path, &mut keys) {
                Ok(facts) => {
                    facts.complaints().iter().map(|what| format!("{name}: {what}")).collect()
                }
                Err(what) => vec![what],
            };
            said.iter().for_each(|what| complain(format_args!("{VARIABLE}: {what}")));
        }
        Ok(Arc::new(keys))
    }

    /// The files that hold keys.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.keylog.iter().cloned().chain(self.by_variable()).collect()
    }

    /// The file that the variable names, where nobody named another one.
    fn by_variable(&self) -> Option<PathBuf> {
        let path = PathBuf::from(std::env::var_os(VARIABLE).filter(|path| !path.is_empty())?);
        // A named pipe may have nobody at its other end.
        let is_there = path.is_file() || path.is_dir();
        (self.keylog.is_empty() && is_there).then_some(path)
    }
}

fn read(path: &Path, keys: &mut Keyring) -> Result<KeyLogFacts, String> {
    let read = File::open(path).and_then(|file| read_key_log(file, keys));
    read.map_err(|error| {
        format!("{}: the key log cannot be read: {}", path.display(), plain(&error))
    })
}
