//! Standard input that has to be read twice.

use std::fs;
use std::io;

use tempfile::NamedTempFile;

use super::super::inputs;
use super::named;
use wsblame::pipeline::Input;

/// What was kept of standard input. Dropped, it goes away.
pub(super) struct Spooled(NamedTempFile);

/// Reads standard input into a file that only this user can read, and puts that in its place; none
/// where standard input is no input.
pub(super) fn keep(inputs: &mut [Input]) -> Result<Option<Spooled>, String> {
    let Some(stdin) = inputs.iter_mut().find(|input| inputs::is_stdin(&input.path)) else {
        return Ok(None);
    };
    let folder = std::env::temp_dir();
    let mut file = tempfile::Builder::new()
        .prefix("wsblame-stdin-")
        .tempfile_in(&folder)
        .map_err(|error| named(&folder, &error))?;
    io::copy(&mut io::stdin().lock(), file.as_file_mut())
        .map_err(|error| named(file.path(), &error))?;
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
