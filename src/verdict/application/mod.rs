//! What is spoken on a connection, and what the application says of its end.
//!
//! In: the facts of a connection. Out: the product that is recognised, what it means by the code
//! of each Close, and the reason in a message before the end that has a known form. It is evidence
//! for whoever reads the report and accuses nobody. Of messages nothing is handed on but the reason;
//! and nothing is said that a capture with more in it could take back: what came first and what came
//! last counts only where nothing is missing.

mod envelope;
mod last_words;
mod meaning;
mod recognise;

pub use last_words::LastWords;
pub use meaning::Meaning;

use crate::endpoint::{PerSide, Side};
use crate::knowledge::Product;
use crate::rules::{Facts, Finding};

/// A recognised product.
#[derive(Clone, Copy, Debug)]
pub struct Application {
    /// The product.
    pub product: &'static Product,
    /// By what.
    pub by: Ground,
}

/// By what a product is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// By the opening handshake: the agreed subprotocol, the host, the path or the `Server` field.
    Handshake,
    /// By a message: a guess.
    Messages,
    /// By the reason of a Close: a guess.
    Reason,
    /// By the code alone, because no other product that is known uses it: no more than a hint.
    Code,
}

/// All that is known of the application on a connection.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The product.
    pub application: Option<Application>,
    /// What the code of each side's Close means.
    pub meanings: PerSide<Option<Meaning>>,
    /// What each side said last, where that has the form of an error or of a farewell.
    pub last_words: PerSide<Option<LastWords>>,
}

impl Told {
    /// What the facts tell.
    pub fn of(facts: &Facts, findings: &[Finding]) -> Told {
        let application = recognise::recognise(facts);
        Told {
            application,
            meanings: PerSide::from_fn(|side| meaning::of(facts, findings, application, side)),
            last_words: PerSide::from_fn(|side| last_words::of(facts, application, side)),
        }
    }

    /// What explains the first Close, sent by `side`, in half a sentence.
    pub(super) fn explanation(&self, facts: &Facts, side: Side) -> Option<String> {
        let meaning = self.meanings[side].as_ref().filter(|meaning| meaning.is_of(side));
        let said = self.last_words[side].as_ref().filter(|words| words.explain_close(facts, side));
        let reason = said.and_then(|words| words.reason.as_ref());
        match (meaning.filter(|meaning| meaning.row.checked), reason) {
            (Some(meaning), Some(reason)) => Some(format!("{meaning}; it said \"{reason}\"")),
            (Some(meaning), None) => Some(meaning.to_string()),
            (None, Some(reason)) => Some(format!("it said \"{reason}\"")),
            (None, None) => None,
        }
    }
}
