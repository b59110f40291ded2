//! Ending a run before its captures end.
//!
//! In: somebody throws the [`Switch`], from whatever thread. Out: the next read fails with an error
//! of its own, which the [`Reader`](super::Reader) takes for an
//! [ending](super::Ending::Interrupted). It is looked at once a block and never once a packet. What
//! has been read is not touched.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{error, fmt};

/// Asks all that read under it to end, and wakes those who wait for a pipe.
#[derive(Debug)]
pub struct Switch {
    asked: Arc<AtomicBool>,
    /// Closed when it is thrown: everybody who polls the other end wakes and stays awake.
    #[cfg(unix)]
    _waker: io::PipeWriter,
}

/// What reading looks at; by default nobody ever asks for an end.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    #[cfg(unix)]
    wakes: Option<Arc<io::PipeReader>>,
}

impl Switch {
    /// A switch, and what hangs on it.
    ///
    /// # Errors
    /// When the system has no room for a pipe.
    pub fn new() -> io::Result<(Switch, Stop)> {
        let asked = Arc::new(AtomicBool::new(false));
        #[cfg(unix)]
        {
            let (wakes, _waker) = io::pipe()?;
            let wakes = Some(Arc::new(wakes));
            Ok((Switch { asked: asked.clone(), _waker }, Stop { asked, wakes }))
        }
        #[cfg(not(unix))]
        Ok((Switch { asked: asked.clone() }, Stop { asked }))
    }

    /// Asks for an end.
    pub fn throw(self) {
        self.asked.store(true, Ordering::Release);
    }
}

impl Stop {
    /// Whether an end was asked for.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }

    /// Nothing, or the error by which reading ends.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_asked() { Err(interrupted()) } else { Ok(()) }
    }
}

/// A source that ends when it is asked to. While it waits for bytes nothing can be asked.
pub struct Stopping<R> {
    source: R,
    stop: Stop,
}

impl<R> Stopping<R> {
    /// Reads `source` until its end or until `stop` is asked for.
    pub fn new(source: R, stop: Stop) -> Stopping<R> {
        Stopping { source, stop }
    }
}

impl<R: Read> Read for Stopping<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.stop.check()?;
        self.source.read(room)
    }
}

impl<R: Seek> Seek for Stopping<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

/// Travels inside an [`io::Error`]. That is not of the kind `Interrupted`: those are tried again.
#[derive(Debug)]
struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run was interrupted")
    }
}

impl error::Error for Interrupted {}

fn interrupted() -> io::Error {
    io::Error::other(Interrupted)
}

/// Whether reading failed because its end was asked for.
pub(super) fn is_interrupted(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Interrupted>())
}

#[cfg(unix)]
pub(super) use waiting::Patience;

/// Waiting for a pipe and for the switch at once. A signal alone wakes no reader: the system goes
/// on with its call, and may have told another thread.
#[cfg(unix)]
mod waiting {
    use std::io;
    use std::os::fd::AsFd;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    use super::{Stop, interrupted};

    /// How long what is still coming is waited for once an end was asked for: Ctrl-C also reaches
    /// the tcpdump in front of the pipe, which then hands on what it holds.
    const GRACE: Duration = Duration::from_millis(300);

    /// How long one source is waited for.
    #[derive(Debug, Default)]
    pub(in crate::capture) struct Patience(Option<Instant>);

    impl Patience {
        /// Waits until `source` has bytes or has ended.
        pub(in crate::capture) fn wait(
            &mut self,
            source: &impl AsFd,
            stop: &Stop,
        ) -> io::Result<()> {
            if !stop.is_asked() {
                let wakes = stop.wakes.as_deref();
                let mut ends = vec![PollFd::new(source, PollFlags::IN)];
                ends.extend(wakes.map(|wakes| PollFd::new(wakes, PollFlags::IN)));
                retry(&mut ends, None)?;
                if !stop.is_asked() {
                    // A switch that was dropped wakes all the same.
                    return retry(&mut [PollFd::new(source, PollFlags::IN)], None).map(|_| ());
                }
            }
            let now = Instant::now();
            let until = *self.0.get_or_insert_with(|| now + GRACE);
            let left = until.saturating_duration_since(now);
            let mut source = [PollFd::new(source, PollFlags::IN)];
            match left.is_zero() || retry(&mut source, Some(left))? == 0 {
                true => Err(interrupted()),
                false => Ok(()),
            }
        }
    }

    /// How many of these are ready; none when the time is over.
    fn retry(ends: &mut [PollFd<'_>], left: Option<Duration>) -> io::Result<usize> {
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        loop {
            match poll(ends, left.as_ref()) {
                Err(Errno::INTR) => {} // a signal wakes us; whether it asked is seen by the pipe
                ready => return Ok(ready?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_ends_reading_with_an_error_of_its_own() {
        let (switch, stop) = Switch::new().expect("room for a pipe");
        let mut source = Stopping::new(&b"ab"[..], stop.clone());
        let mut room = [0];
        assert!(source.read(&mut room).is_ok_and(|read| read == 1));
        switch.throw();
        let error = source.read(&mut room).expect_err("it was asked to end");
        assert!(stop.is_asked() && is_interrupted(&error));
        assert!(!is_interrupted(&io::ErrorKind::Interrupted.into()), "those are tried again");
    }

    #[test]
    fn a_switch_that_is_dropped_asks_for_nothing() {
        let (switch, stop) = Switch::new().expect("room for a pipe");
        drop(switch);
        assert!(!stop.is_asked() && stop.check().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn who_waits_for_a_pipe_is_woken() {
        use std::time::Duration;

        let (switch, stop) = Switch::new().expect("room for a pipe");
        let (pipe, _open) = io::pipe().expect("room for a pipe");
        let waiter = std::thread::spawn(move || Patience::default().wait(&pipe, &stop));
        std::thread::sleep(Duration::from_millis(20)); // most likely it waits by now
        switch.throw();
        let error = waiter.join().expect("no panic").expect_err("nothing came");
        assert!(is_interrupted(&error));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_already_in_the_pipe_is_still_read() {
        use std::io::Write;

        let (switch, stop) = Switch::new().expect("room for a pipe");
        let (pipe, mut filled) = io::pipe().expect("room for a pipe");
        filled.write_all(b"flushed on Ctrl-C").expect("room in the pipe");
        switch.throw();
        assert!(Patience::default().wait(&pipe, &stop).is_ok());
    }
}
