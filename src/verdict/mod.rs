//! What it all comes to.
//!
//! In: the [facts](crate::rules::Facts) of a connection and its
//! [findings](crate::rules::Finding). Out: a [`Verdict`], and on each finding
//! whether it was the cause of the end or was tolerated. The ladder is climbed from the top and
//! stops at the first rung that holds; a rung holds only if every byte that it argues from was
//! captured. What one direction knew of the other is read off acknowledgement numbers, never off
//! the order of packets.

mod application;
mod causes;
mod confidence;
mod in_your_logs;
mod inferred;
mod ladder;
mod surfaced;
mod tls;
mod unseen;
mod wording;

pub use application::{Application, Ground, LastWords, Meaning, Told};
pub use causes::{CAUSES, Cause, find_cause};
pub use in_your_logs::{Hint, in_your_logs};
pub use inferred::infer;
pub use ladder::judge;
pub use surfaced::surfaced;
pub use tls::failed_handshake;

use crate::endpoint::PerSide;
use crate::report::{Blame, Confidence, Outcome};

/// The verdict on one connection.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Who has to fix it.
    pub at_fault: Blame,
    /// The id of a rule or of a [`Cause`].
    pub cause: Option<&'static str>,
    /// How sure that is.
    pub confidence: Confidence,
    /// How sure it would be if nothing in `lowered_by` were so.
    pub unlowered: Confidence,
    /// What lowered the confidence.
    pub lowered_by: Vec<String>,
    /// The verdict in one sentence.
    pub summary: String,
    /// What the one at fault should do.
    pub fix: String,
    /// Other readings of the evidence.
    pub alternatives: Vec<String>,
    /// What would settle or overturn it.
    pub would_settle: Vec<String>,
    /// The code that each side's API reports; `None` for unknown or still open.
    pub surfaced: PerSide<Option<u16>>,
    /// What the logs of the two endpoints may show.
    pub in_your_logs: Vec<Hint>,
    /// What the application tells.
    pub told: Told,
}
