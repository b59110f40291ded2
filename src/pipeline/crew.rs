//! Workers, each on a thread of its own.
//!
//! In: batches of segments, keys, and what is settled. Out: of each batch what all workers have to
//! tell of it. A batch goes to all of them, even where one gets nothing of it, so that what they
//! tell is of the same stretch of the capture. A few batches are under way at the same time; then
//! whoever sends waits.

use std::collections::VecDeque;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{self, JoinHandle};

use zeroize::Zeroizing;

use super::counts::Counts;
use super::identity::Reused;
use super::parcel::{Batch, Share};
use super::setup::Setup;
use super::table::News;
use super::timeline::take_keys;
use super::worker::{AT_A_TIME, Placed, Settled, Worker};
use crate::capture::Disclosed;
use crate::tls::{KeyLogFacts, Keyring};

/// The workers.
pub(super) struct Crew {
    hands: Vec<Hand>,
    /// Batches of which not everything was heard.
    under_way: usize,
}

/// What all workers have to tell of one batch.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) news: Vec<News>,
    pub(super) placed: Vec<Placed>,
    /// Behind the last batch: whether connections are left that are not judged.
    goes_on: bool,
}

/// What one worker has judged behind the last batch.
#[derive(Default)]
struct Rest {
    /// In their order.
    placed: VecDeque<Placed>,
    /// Whether more is to come.
    goes_on: bool,
}

struct Hand {
    tasks: SyncSender<Task>,
    replies: Receiver<Reply>,
    /// Heard, but not of all workers yet.
    heard: VecDeque<Reply>,
    thread: JoinHandle<Counts>,
}

enum Task {
    Segments(Share, Settled),
    Keys {
        text: Zeroizing<Vec<u8>>,
        is_comment: bool,
    },
    Conclude,
    /// Judge a few of those that are left.
    Settle(Reused),
}

impl Crew {
    /// Batches that wait for a worker.
    const WAITING: usize = 4;

    /// Batches under way at the same time: so far may one worker be ahead of another.
    const UNDER_WAY: usize = 8;

    /// Workers that know the keys in `keyring`.
    pub(super) fn new(setup: &Setup, keyring: &Keyring) -> Crew {
        let workers = setup.workers();
        let hand = |number: usize| {
            let (tasks, to_do) = sync_channel(Crew::WAITING);
            let (done, replies) = channel();
            let (setup, keyring) = (setup.clone(), keyring.clone());
            let thread = thread::spawn(move || {
                let shards = (number..setup.shards()).step_by(workers);
                work(Worker::new(&setup, shards, None), keyring, &to_do, &|reply| {
                    let _ = done.send(reply); // nobody is left to be told
                })
            });
            Hand { tasks, replies, heard: VecDeque::new(), thread }
        };
        Crew { hands: (0..workers).map(hand).collect(), under_way: 0 }
    }

    /// Sends a batch; what is `settled` has been since the last one.
    pub(super) fn send(&mut self, batch: Batch, settled: Settled) {
        let shares = batch.split(self.hands.len());
        self.under_way += 1;
        self.task(shares.into_iter().map(|share| Task::Segments(share, settled.clone())));
    }

    /// Sends keys.
    pub(super) fn disclose(&mut self, text: &Disclosed<'_>) {
        let (text, is_comment) = match text {
            Disclosed::KeyLog(text) => (*text, false),
            Disclosed::Comment(text) => (*text, true),
        };
        let copy = || Task::Keys { text: Zeroizing::new(text.to_vec()), is_comment };
        let tasks: Vec<Task> = self.hands.iter().map(|_| copy()).collect();
        self.task(tasks.into_iter());
    }

    /// What all workers have to tell of the next batch, if that is known by now or is to be waited
    /// for because too many are under way.
    pub(super) fn hear(&mut self) -> Option<Reply> {
        if self.under_way > Crew::UNDER_WAY {
            return Some(self.wait());
        }
        for index in 0..self.hands.len() {
            let hand = self.hands.get_mut(index)?;
            if hand.heard.is_empty() {
                match hand.replies.try_recv() {
                    Ok(reply) => hand.heard.push_back(reply),
                    Err(TryRecvError::Empty) => return None,
                    Err(TryRecvError::Disconnected) => self.fail(),
                }
            }
        }
        Some(self.wait())
    }

    /// What all workers have to tell of the next batch.
    pub(super) fn wait(&mut self) -> Reply {
        let mut all = Reply::default();
        for index in 0..self.hands.len() {
            let Some(hand) = self.hands.get_mut(index) else { break };
            let reply = hand.heard.pop_front().or_else(|| hand.replies.recv().ok());
            let Some(reply) = reply else { self.fail() };
            all.news.extend(reply.news);
            all.placed.extend(reply.placed);
        }
        self.under_way = self.under_way.saturating_sub(1);
        all
    }

    /// There are no more batches: what followed from that is told as if it were one more.
    pub(super) fn conclude(&mut self) {
        self.under_way += 1;
        self.task(self.hands.iter().map(|_| Task::Conclude).collect::<Vec<_>>().into_iter());
    }

    /// Everything has been heard, and all is settled but the keys in `reused`: hands the last
    /// reports to `order`, those of the same stretch together, and returns what was counted. No
    /// worker gets far ahead of another, so that few reports wait.
    pub(super) fn finish(mut self, reused: Reused, mut order: impl FnMut(Vec<Placed>)) -> Counts {
        let mut rests: Vec<Rest> = Vec::new();
        rests.resize_with(self.hands.len(), || Rest { goes_on: true, ..Rest::default() });
        self.ask(&rests, &reused);
        while rests.iter().any(|rest| rest.goes_on) {
            for index in 0..self.hands.len() {
                let (Some(hand), Some(rest)) = (self.hands.get(index), rests.get_mut(index)) else {
                    break;
                };
                if rest.is_wanted() {
                    let Ok(reply) = hand.replies.recv() else { self.fail() };
                    rest.goes_on = reply.goes_on;
                    rest.placed.extend(reply.placed);
                }
            }
            // Up to here everything is known.
            let ends = rests.iter().filter(|rest| rest.goes_on).map(Rest::end);
            let end = ends.min().unwrap_or(Some((u64::MAX, u64::MAX)));
            let ready = rests.iter_mut().flat_map(|rest| rest.take_to(end)).collect();
            self.ask(&rests, &Reused::default());
            order(ready);
        }
        let mut counts = Counts::default();
        for Hand { tasks, thread, .. } in self.hands {
            drop(tasks);
            match thread.join() {
                Ok(own) => counts.add(own),
                Err(panic) => panic::resume_unwind(panic),
            }
        }
        counts
    }

    /// Has those judge on who are not ahead.
    fn ask(&mut self, rests: &[Rest], reused: &Reused) {
        let wanted = |(hand, rest): (&Hand, &Rest)| {
            !rest.is_wanted() || hand.tasks.send(Task::Settle(reused.clone())).is_ok()
        };
        if !self.hands.iter().zip(rests).all(wanted) {
            self.fail();
        }
    }

    /// Gives each worker a task.
    fn task(&mut self, tasks: impl Iterator<Item = Task>) {
        let sent = self.hands.iter().zip(tasks).all(|(hand, task)| hand.tasks.send(task).is_ok());
        if !sent {
            self.fail();
        }
    }

    /// A worker is gone without having been told to: it has panicked, and so does this thread.
    #[cold]
    fn fail(&mut self) -> ! {
        for Hand { tasks, thread, .. } in self.hands.drain(..) {
            drop(tasks);
            if let Err(panic) = thread.join() {
                panic::resume_unwind(panic);
            }
        }
        unreachable!("a worker ends only when nobody can give it a task")
    }
}

impl Rest {
    /// Whether too little is known of it.
    fn is_wanted(&self) -> bool {
        self.goes_on && self.placed.len() < AT_A_TIME
    }

    /// The place of the last that is known; none comes behind it that belongs before.
    fn end(&self) -> Option<(u64, u64)> {
        self.placed.back().map(|placed| placed.place)
    }

    /// Takes those up to `end`.
    fn take_to(&mut self, end: Option<(u64, u64)>) -> impl Iterator<Item = Placed> {
        let after = self.placed.partition_point(|placed| Some(placed.place) <= end);
        self.placed.drain(..after)
    }
}

/// What a worker does with its day.
fn work(
    mut worker: Worker,
    mut keyring: Keyring,
    to_do: &Receiver<Task>,
    reply: &dyn Fn(Reply),
) -> Counts {
    while let Ok(task) = to_do.recv() {
        match task {
            Task::Segments(share, settled) => {
                share.deal_to(&mut worker, &keyring);
                drop(share); // the block is read into again
                let placed = worker.settle(settled, usize::MAX);
                reply(Reply { news: worker.tell(), placed, ..Reply::default() });
            }
            Task::Keys { text, is_comment } => {
                let text = match is_comment {
                    true => Disclosed::Comment(&text),
                    false => Disclosed::KeyLog(&text),
                };
                take_keys(&text, &mut keyring, &mut KeyLogFacts::default());
            }
            Task::Conclude => {
                worker.conclude(&keyring);
                reply(Reply { news: worker.tell(), ..Reply::default() });
            }
            Task::Settle(reused) => {
                let placed = worker.settle(Settled { until: u64::MAX, reused }, AT_A_TIME);
                reply(Reply { placed, goes_on: !worker.is_done(), ..Reply::default() });
            }
        }
    }
    worker.into_counts()
}
