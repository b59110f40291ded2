//! The catalogue of rules.
//!
//! In: what the stages saw ([`FrameView`], [`MessageView`], a handshake, a Close, and at the end
//! the [`Facts`]). Out: a [`Breach`] where a rule is broken. Each rule is one file that says
//! everything about it; this room keeps no state and knows no other rule's business.

pub mod close;
pub mod deflate;
mod facts;
mod finding;
pub mod framing;
pub mod handshake;
pub mod ping;
mod rule;
mod tally;
pub mod utf8;
mod view;

pub use facts::{
    Close, EndKind, Facts, Frames, Initiator, LastMessage, OpenMessage, Ping, Pings, Resumed,
};
pub use finding::Finding;
pub use rule::{Breach, Check, Family, Fault, Guilty, Place, Rule, Severity};
pub use tally::{ContentSizes, RoundTrips, Tally};
pub use view::{Context, FrameView, MessageView};

/// Every rule, family by family, in the order in which they are listed and tried.
pub static RULES: &[&[&Rule]] =
    &[handshake::RULES, framing::RULES, deflate::RULES, utf8::RULES, close::RULES, ping::RULES];

/// Every rule, in order.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().flat_map(|family| family.iter().copied())
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}
