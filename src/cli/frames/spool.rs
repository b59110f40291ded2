//! Standard input that has to be read twice.

use std::fs;
use std::io;

use tempfile::NamedTempFile;

use super::super::inputs;
use super::super::interrupt::Interruption;
use super::named;
use wsblame::capture;
use wsblame::pipeline::Input;

/// What was kept of standard input. Dropped, it goes away.
pub(super) struct Spooled(NamedTempFile);

/// Reads standard input into a file that only this user can read, and puts that in its place; none
/// where standard input is no input. A signal ends that: what came before is kept.
pub(super) fn keep(
    inputs: &mut [Input],
    interruption: &Interruption,
) -> Result<Option<Spooled>, String> {
    let Some(stdin) = inputs.iter_mut().find(|input| inputs::is_stdin(&input.path)) else {
        return Ok(None);
    };
    let folder = std::env::temp_dir();
    let make = || {
        let file = tempfile::Builder::new().prefix("wsblame-stdin-").tempfile_in(&folder)?;
        Ok((file.path().to_owned(), file))
    };
    let mut file = interruption.unfinished().add(make).map_err(|error| named(&folder, &error))?;
    let stop = interruption.reads();
    let source = capture::open(&stdin.path).map_err(|error| error.to_string())?;
    match io::copy(&mut source.until(&stop), file.as_file_mut()) {
        Err(error) if !stop.is_asked() => return Err(named(file.path(), &error)),
        Ok(_) | Err(_) => {}
    }
    let place = fs::canonicalize(file.path()).unwrap_or_else(|_| file.path().to_owned());
    *stdin = Input::named(place);
    Ok(Some(Spooled(file)))
}

impl Spooled {
    /// The name of a file for people: that of this one is none of theirs.
    pub(super) fn name_of<'n>(&self, name: &'n str) -> &'n str {
        let base = self.0.path().file_name().map(|base| base.to_string_lossy());
        match base {
            Some(base) if name.contains(base.as_ref()) => "-",
            _ => name,
        }
    }
}
