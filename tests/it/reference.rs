//! The whole pipeline against a reference that is slow and obvious.
//!
//! Conversations are made up ([`author`]): of all shapes of handshake, message and end, half of
//! them with violations, alone and several at once. They are sent by two TCPs that are played, and
//! travel ([`wire`], [`road`]): cut anywhere, repeated, overtaken, captured twice, and in part not
//! captured at all. The reference ([`naive`]) has no capture: it is given all bytes of each side in
//! one piece and reads them once, with the standard library and `flate2`. What both say is compared
//! ([`compare`]).
//!
//! What the other laws leave open is closed here. `loss` and `invariance` hold the pipeline against
//! itself, on samples that have been looked at for years: what it says of the whole is the truth
//! there. `differential` asks another implementation, of the same samples. Here the truth is known,
//! because it was made, and the conversations are ones that nobody has thought of. Nothing of the
//! rooms `tcp`, `http`, `ws`, `rules` and `verdict` is used to find it, only their names for things.
//!
//! Of a capture without losses everything has to be there: every frame and message with its
//! content, both Closes, every violation as often as it occurs; and of a clean end the whole verdict.
//! Of any capture nothing may be there that is not true: no frame that nobody sent, no code that
//! nobody reported, nobody first who was second, nobody at fault who is innocent; and every frame is
//! there that was captured before the first hole.

mod author;
mod breaking;
mod compare;
mod found;
mod naive;
mod road;
mod talk;
mod truth;
mod wire;

use std::sync::Mutex;
use std::thread;

use wsblame::pipeline::{Analysis, Options, Tap};
use wsblame::report::Report;
use wsblame::report::frames::FrameRow;

use self::road::Road;
use self::talk::{Step, Talk};
use self::truth::Truth;
use crate::generate::Chance;
use crate::support::everywhere;

/// A conversation and its way into a capture.
#[derive(Clone, Debug)]
struct Case {
    talk: Talk,
    road: Road,
}

impl Case {
    /// A case, out of nothing but its number.
    fn new(number: u64) -> Case {
        let mut chance = Chance(number.wrapping_mul(0xD134_2543_DE82_EF95));
        chance.next();
        let talk = author::talk(&mut chance);
        let road = road::road(&talk, &mut chance);
        Case { talk, road }
    }

    /// What the pipeline says of it that is wrong.
    fn wrongs(&self) -> Vec<String> {
        let wire = wire::play(&self.talk, &self.road.sizes);
        let captured = self.road.capture(&wire);
        if captured.packets == 0 {
            return Vec::new();
        }
        let truth = Truth::new(&self.talk, &wire);
        let (report, rows) = analysed(&captured.file);
        compare::wrongs(&truth, &self.road, &captured, &report, &rows)
    }

    /// Cases with less in them.
    fn smaller(&self) -> Vec<Case> {
        let mut smaller = Vec::new();
        let steps = self.talk.steps.len();
        for len in [steps / 2, steps / 4, 2, 1] {
            if len == 0 {
                continue;
            }
            for at in (0..steps).step_by(len) {
                let mut case = self.clone();
                case.talk.steps.drain(at..(at + len).min(steps));
                smaller.push(case);
            }
        }
        for at in 0..self.road.again.len() {
            let mut case = self.clone();
            case.road.again.remove(at);
            smaller.push(case);
        }
        for at in 0..self.road.lost.len() {
            let mut case = self.clone();
            case.road.lost.remove(at);
            smaller.push(case);
        }
        for at in 0..self.road.late.len() {
            if self.road.late[at] > 0 {
                let mut case = self.clone();
                case.road.late[at] = 0;
                smaller.push(case);
            }
        }
        let mut change = |change: &dyn Fn(&mut Case)| {
            let mut case = self.clone();
            change(&mut case);
            if format!("{case:?}") != format!("{self:?}") {
                smaller.push(case);
            }
        };
        change(&|case| case.road.sizes = vec![1_460]);
        change(&|case| case.road.restamped = false);
        change(&|case| case.road.snap = None);
        change(&|case| case.talk.opening.others = 0);
        change(&|case| case.talk.opening.arrives = true);
        change(&|case| case.talk.opening.acked = false);
        change(&|case| (case.road.ethernet, case.road.v6) = (false, false));
        change(&|case| (case.road.numbered, case.road.stamped) = (false, false));
        for at in 0..steps {
            if let Step::Write(_, frame) = &self.talk.steps[at]
                && frame.payload.len() > 4
                && frame.extended == 0
                && frame.first & 0x40 == 0
                && frame.missing == 0
            {
                let mut case = self.clone();
                if let Step::Write(_, frame) = &mut case.talk.steps[at] {
                    frame.payload.truncate(2);
                }
                smaller.push(case);
            }
        }
        smaller
    }

    /// The least case that is still wrong.
    fn least(self) -> Case {
        let mut least = self;
        let mut tries = 0;
        'again: loop {
            for case in least.smaller() {
                tries += 1;
                if tries > 3_000 {
                    return least;
                }
                if !case.wrongs().is_empty() {
                    least = case;
                    continue 'again;
                }
            }
            return least;
        }
    }
}

/// The report and all rows.
fn analysed(capture: &[u8]) -> (Report, Vec<FrameRow>) {
    let (tap, rows) = Tap::new(None, 1 << 20);
    thread::scope(|scope| {
        let rows = scope.spawn(move || rows.into_iter().flatten().collect());
        let mut analysis = Analysis::new(Options::default());
        analysis.list_frames(tap);
        analysis.read("made up", capture);
        let report = analysis.into_report();
        (report, rows.join().expect("no panic"))
    })
}

/// `WSBLAME_CASES` cases, from number `WSBLAME_SEED` on.
#[test]
fn what_is_said_of_a_conversation_is_what_happened_in_it() {
    let given = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let (cases, first) =
        (given("WSBLAME_CASES").unwrap_or(600), given("WSBLAME_SEED").unwrap_or(0));
    let shrunk = Mutex::new(0);
    let wrong = everywhere(cases, |number| {
        let seed = first + number;
        let case = Case::new(seed as u64);
        let claims = case.wrongs();
        if claims.is_empty() {
            return Vec::new();
        }
        let told = claims.join("; ");
        // The first few are enough to start with.
        let nth = shrunk.lock().map_or(0, |mut nth| {
            *nth += 1;
            *nth
        });
        if nth > 8 {
            return vec![format!("WSBLAME_SEED={seed}: {told}")];
        }
        let least = case.least();
        let claims = least.wrongs().join("; ");
        let Case { talk, road } = least;
        let steps: Vec<String> =
            talk.steps.iter().map(|step| format!("      {step:?}\n")).collect();
        vec![format!(
            "WSBLAME_SEED={seed}: {told}\n    at the least: {claims}\n    {:?}\n{}    {road:?}",
            talk.opening,
            steps.concat()
        )]
    });
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
}
