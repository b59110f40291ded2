//! Ctrl-C (SIGINT) and SIGTERM.
//!
//! In: signals. Out: the first one that comes while captures are read ends the reading, and what is
//! known by then is reported; the next one, or one at any other time, ends the process at once. In
//! both cases no file is left that is half-written. Commands that read no capture do not watch:
//! there a signal ends them, as it ends any program. So it does where there are no such signals
//! (Windows).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exit::Exit;
use wsblame::capture::{Stop, Switch};

/// The watch over a run.
pub(super) struct Interruption(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// There while captures are read and nobody has interrupted that.
    switch: Option<Switch>,
    /// What the first signal makes of the run.
    exit: Option<Exit>,
    /// Files that are being written, and must not stay.
    unfinished: BTreeSet<PathBuf>,
}

/// The files that must not stay when the process ends at once.
#[derive(Clone, Default)]
pub(super) struct Unfinished(Arc<Mutex<State>>);

impl Interruption {
    /// Watches from now on.
    pub(super) fn watch() -> Interruption {
        let state = Arc::default();
        // Where this fails a signal ends the process, as it does any.
        #[cfg(unix)]
        let _ = signals::watch(Arc::clone(&state));
        Interruption(state)
    }

    /// From now on captures are read, which the next signal ends by what is returned.
    pub(super) fn reads(&self) -> Stop {
        let Ok((switch, stop)) = Switch::new() else { return Stop::default() };
        lock(&self.0).switch = Some(switch);
        stop
    }

    /// Nobody wants what is read any more.
    pub(super) fn end_reading(&self) {
        if let Some(switch) = lock(&self.0).switch.take() {
            switch.throw();
        }
    }

    /// Nothing is read any more: the next signal ends the process.
    pub(super) fn has_read(&self) {
        lock(&self.0).switch = None;
    }

    /// How a run that was interrupted exits; `None` where it was not.
    pub(super) fn exit(&self) -> Option<Exit> {
        lock(&self.0).exit
    }

    /// Where files are known that must not stay.
    pub(super) fn unfinished(&self) -> Unfinished {
        Unfinished(Arc::clone(&self.0))
    }
}

impl Unfinished {
    /// Makes a file that was not there.
    pub(super) fn create(&self, path: &Path) -> io::Result<File> {
        self.add(|| {
            let file = OpenOptions::new().write(true).create_new(true).open(path)?;
            Ok((path.to_owned(), file))
        })
    }

    /// Makes a file in some way. While it is made no signal ends the process.
    pub(super) fn add<T>(&self, make: impl FnOnce() -> io::Result<(PathBuf, T)>) -> io::Result<T> {
        let mut state = lock(&self.0);
        let (path, made) = make()?;
        state.unfinished.insert(path);
        Ok(made)
    }

    /// The file is finished, or gone.
    pub(super) fn forget(&self, path: &Path) {
        lock(&self.0).unfinished.remove(path);
    }
}

impl State {
    /// What a signal does.
    fn interrupt(&mut self, exit: Exit) {
        self.exit.get_or_insert(exit);
        match self.switch.take() {
            Some(switch) => switch.throw(),
            None => {
                for path in &self.unfinished {
                    let _ = fs::remove_file(path); // nobody is left to be told
                }
                std::process::exit(i32::from(exit as u8));
            }
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner) // each change of it is whole
}

#[cfg(unix)]
mod signals {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::{Exit, State, lock};

    pub(super) fn watch(state: Arc<Mutex<State>>) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let wait = move || {
            for signal in signals.forever() {
                let exit = if signal == SIGTERM { Exit::Terminated } else { Exit::Interrupted };
                lock(&state).interrupt(exit);
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait).map(|_| ())
    }
}
