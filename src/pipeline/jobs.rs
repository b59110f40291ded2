//! Many captures at the same time.
//!
//! In: inputs, and which of them are parts of one capture. Out: what each came to, in the order of
//! the inputs, however many are read at the same time. As long as there are as many inputs as
//! threads, each has one of them; the last ones share what is left.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread;

use super::analysis::{Analysis, Input, Take};
use super::outlet::Heard;
use super::series::Part;

/// What is to be analysed by itself.
#[derive(Debug)]
pub(super) enum Job<'i> {
    One(&'i Input),
    /// Some of these inputs, as one capture.
    Series(&'i [Input], &'i [Part]),
    /// All of these, as one capture.
    Merged(&'i [Input]),
}

/// Every input, in order; a series where its first input stands.
pub(super) fn jobs<'i>(inputs: &'i [Input], runs: &'i [Vec<Part>]) -> Vec<Job<'i>> {
    let parts = runs.iter().flat_map(|run| run.iter().map(move |part| (part.input, run)));
    let run_of: BTreeMap<usize, &Vec<Part>> = parts.collect();
    let first = |run: &[Part]| run.iter().map(|part| part.input).min();
    let job = |(index, input)| match run_of.get(&index) {
        None => Some(Job::One(input)),
        Some(run) => (first(run) == Some(index)).then_some(Job::Series(inputs, run)),
    };
    inputs.iter().enumerate().filter_map(job).collect()
}

/// Reports on their way from a job that is not the first in line.
const WAITING: usize = 256;

/// What becomes of a job, each with its place in the list.
enum Event {
    /// Its reports will come here.
    Begun(usize, Receiver<Heard>),
    /// All is done, and this is what it came to.
    Done(usize, Box<Analysis>),
}

/// Does `jobs` for `whole`, in as many threads as that may use.
pub(super) fn work(whole: &mut Analysis, jobs: &[Job<'_>], mut take: Option<&mut Take<'_>>) {
    let threads = whole.threads().get();
    let next = AtomicUsize::new(0);
    let (events, happens) = channel();
    let is_taken = take.is_some();
    let like = whole.part(NonZeroUsize::MIN, None);
    thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            let (events, next, like) = (events.clone(), &next, &like);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(place) else { return };
                    let left = (jobs.len() - place).min(threads);
                    let share = NonZeroUsize::new(threads / left).unwrap_or(NonZeroUsize::MIN);
                    let to = is_taken.then(|| {
                        let (to, heard) = sync_channel(WAITING);
                        let _ = events.send(Event::Begun(place, heard));
                        to
                    });
                    let mut part = like.part(share, to);
                    part.work(job);
                    part.stop_sending();
                    let _ = events.send(Event::Done(place, Box::new(part)));
                }
            });
        }
        drop(events);
        let (mut begun, mut done) = (BTreeMap::new(), BTreeMap::new());
        let mut in_line = 0;
        while in_line < jobs.len() {
            if let Some(heard) = begun.remove(&in_line)
                && let Some(take) = &mut take
            {
                let heard: Receiver<Heard> = heard;
                heard.iter().for_each(|heard| whole.hand_on(heard, *take));
            }
            if let Some(part) = done.remove(&in_line) {
                let part: Box<Analysis> = part;
                whole.absorb(*part, take.as_mut().map(|take| &mut **take as &mut Take<'_>));
                in_line += 1;
                continue;
            }
            match happens.recv() {
                Ok(Event::Begun(place, heard)) => drop(begun.insert(place, heard)),
                Ok(Event::Done(place, part)) => drop(done.insert(place, part)),
                Err(_) => break, // one has panicked, and so will this thread
            }
        }
    });
}
