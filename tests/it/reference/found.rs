//! What the comparison has found: one test for each thing that went wrong.

use wsblame::endpoint::Side::{Client, Server};
use wsblame::report::{AtFault, Blame, ConnectionReport};

use super::analysed;
use super::road::{Again, Captured, Road};
use super::talk::{Deflate, Frame, Opening, Step, Talk};
use super::wire::play;

/// The one connection of a talk of which the capture lost some packets, counted from 0: the first
/// three are TCP's, then come request, response and what is in `steps`.
fn captured(steps: Vec<Step>, change: impl FnOnce(&mut Road)) -> ConnectionReport {
    let opening = Opening {
        subprotocol: false,
        deflate: Deflate::Absent,
        others: 0,
        key: [7; 16],
        acked: false,
        arrives: true,
    };
    let talk = Talk { opening, steps };
    let mut road = Road::straight();
    change(&mut road);
    let Captured { file, .. } = road.capture(&play(&talk, &road.sizes));
    let (report, _) = analysed(&file);
    let [connection] = report.connections.as_slice() else { panic!("one: {report:?}") };
    connection.clone()
}

fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Frame {
    Frame { first, mask, extended: 0, top_bit: false, payload: payload.to_vec(), missing: 0 }
}

fn arrive(from: wsblame::endpoint::Side) -> Step {
    Step::Deliver { from, but: 0, acks: false }
}

#[test]
fn a_rst_that_acknowledges_nothing_may_answer_a_fin_or_a_close_that_was_lost() {
    let hello = Step::Write(Client, frame(0x81, Some([1, 2, 3, 4]), b"hello"));
    let bye = Step::Write(Server, frame(0x88, None, b"\x03\xE8"));
    let steps = |end: Step| vec![hello.clone(), arrive(Client), end, arrive(Server)];
    for end in [Step::Fin(Server), bye] {
        for lost in [vec![], vec![6]] {
            let mut steps = steps(end.clone());
            steps.push(Step::Reset(Client, false));
            let connection = captured(steps, |road| road.lost = lost);
            let mut findings = connection.findings.iter();
            assert!(findings.all(|f| f.at_fault != AtFault::Client), "{connection:?}");
            assert_ne!(connection.verdict.at_fault, Blame::Client);
        }
    }
}

#[test]
fn of_a_reason_that_was_lost_in_part_nothing_is_told() {
    let close = frame(0x88, None, b"\x03\xE8this was given as the reason");
    let steps = vec![Step::Write(Server, close), arrive(Server), Step::Fin(Server)];
    let connection = captured(steps.clone(), |_| ());
    let close = connection.close.server_sent.expect("it is there");
    assert_eq!((close.code, close.reason.as_str()), (Some(1000), "this was given as the reason"));
    let connection = captured(steps, |road| {
        road.sizes = vec![300, 300, 30]; // two for the heads, two for the Close
        road.lost = vec![6];
    });
    let close = connection.close.server_sent.expect("its header is there");
    assert_eq!((close.code, close.reason.as_str()), (None, ""));
}

#[test]
fn what_is_left_of_a_method_is_no_other_method() {
    let connection = captured(Vec::new(), |road| {
        road.again = vec![(3, 4, Again::Recut(2, 1_000))];
        road.lost = vec![0, 1, 3];
    });
    assert_eq!(connection.handshake.path.as_deref(), Some("/feed"));
    assert_eq!(connection.findings, []);
}
