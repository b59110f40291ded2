//! Two close codes side by side.
//!
//! In: two codes. Out: their rows, how they differ, and which to use when. The differences are
//! computed from the table, so every pair works; for pairs that people confuse the advice is
//! written by hand.

pub(super) mod confused;
pub(super) mod vi;

use std::borrow::Cow;

use super::close_code::CloseCode;
use super::close_codes::CodeEntry;
use super::language::{Language, Words};

/// The fewest rows that a comparison shows, even of codes that hardly differ.
const LEAST_ROWS: usize = 3;

/// Two close codes compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The first code asked for.
    pub a: CloseCode,
    /// The second code asked for.
    pub b: CloseCode,
    /// The first code's row in the table, with its description.
    pub entry_a: &'static CodeEntry,
    /// The second code's row in the table, with its description.
    pub entry_b: &'static CodeEntry,
    /// Three to six aspects: those that differ, filled up with others when fewer than three do.
    pub differences: Vec<Difference>,
    /// Which code to send when, in full sentences.
    pub when_to_use_which: Cow<'static, str>,
}

/// One aspect of two codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is compared.
    pub aspect: &'static str,
    /// How it is for the first code.
    pub a: String,
    /// How it is for the second code.
    pub b: String,
}

impl Difference {
    /// Whether the two codes differ in this aspect.
    pub fn is_different(&self) -> bool {
        self.a != self.b
    }
}

/// Compares two codes in a language; they may be the same, or no legal codes at all.
pub fn compare(a: CloseCode, b: CloseCode, language: Language) -> Comparison {
    let (entry_a, entry_b) = (a.entry(), b.entry());
    let (mut differences, same): (Vec<_>, Vec<_>) =
        rows(entry_a, entry_b, language).into_iter().partition(Difference::is_different);
    let missing = LEAST_ROWS.saturating_sub(differences.len());
    differences.extend(same.into_iter().take(missing));
    Comparison { a, b, entry_a, entry_b, differences, when_to_use_which: advice(a, b, language) }
}

fn rows(a: &CodeEntry, b: &CodeEntry, language: Language) -> [Difference; 6] {
    let row = |aspect: Words, show: fn(&CodeEntry, Language) -> String| Difference {
        aspect: aspect.text(language),
        a: show(a, language),
        b: show(b, language),
    };
    [
        row(Words::new("on the wire?", "có trên đường truyền?"), |entry, language| {
            on_wire(entry).text(language).to_owned()
        }),
        row(Words::new("who may send it?", "ai được gửi?"), |entry, language| {
            entry.who_may_send.text(language).to_owned()
        }),
        row(
            Words::new("who is usually at fault?", "lỗi thường thuộc về ai?"),
            |entry, language| entry.usually_at_fault.text(language).to_owned(),
        ),
        row(Words::new("reconnect?", "có nên kết nối lại?"), |entry, language| {
            entry.retry.text(language).to_owned()
        }),
        row(Words::new("what do the APIs show?", "API báo gì?"), |entry, language| {
            entry.texts(language).shown_by_api.to_owned()
        }),
        row(
            Words::new("where is it defined?", "được định nghĩa ở đâu?"),
            |entry, _| entry.reference.to_owned(),
        ),
    ]
}

fn on_wire(entry: &CodeEntry) -> Words {
    match entry.allowed_on_wire {
        true => Words::new("yes, in a Close frame", "có, trong Close frame"),
        false => Words::new(
            "never; found there it is a fault",
            "không bao giờ; nếu thấy ở đó thì đó là lỗi",
        ),
    }
}

fn advice(a: CloseCode, b: CloseCode, language: Language) -> Cow<'static, str> {
    if a == b {
        return Cow::Owned(sentence(a, language));
    }
    let confused = match language {
        Language::En => &confused::CONFUSED,
        Language::Vi => &vi::CONFUSED,
    };
    let by_hand = confused.iter().find(|pair| pair.is_for(a, b) || pair.is_for(b, a));
    match by_hand {
        Some(pair) => Cow::Borrowed(pair.advice),
        None => Cow::Owned(format!("{} {}", sentence(a, language), sentence(b, language))),
    }
}

fn sentence(code: CloseCode, language: Language) -> String {
    let CodeEntry { name, allowed_on_wire, .. } = code.entry();
    let use_when = code.entry().texts(language).use_when;
    match (language, allowed_on_wire) {
        (Language::En, true) => format!("Send {code} ({name}) when {use_when}."),
        (Language::En, false) => format!("Never send {code} ({name}): {use_when}."),
        (Language::Vi, true) => format!("Gửi {code} ({name}) khi {use_when}."),
        (Language::Vi, false) => format!("Không bao giờ gửi {code} ({name}): {use_when}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::CLOSE_CODES;

    fn codes() -> impl Iterator<Item = CloseCode> {
        CLOSE_CODES.iter().flat_map(|e| [CloseCode(*e.codes.start()), CloseCode(*e.codes.end())])
    }

    #[test]
    fn every_pair_has_three_to_six_rows_and_advice_in_sentences() {
        for (a, b) in codes().flat_map(|a| codes().map(move |b| (a, b))) {
            for language in Language::ALL {
                let comparison = compare(a, b, language);
                assert!((3..=6).contains(&comparison.differences.len()), "{a} {b}");
                assert!(comparison.when_to_use_which.ends_with('.'), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_advice_does_not_depend_on_the_order_of_a_confused_pair() {
        let advice = |a, b| compare(CloseCode(a), CloseCode(b), Language::En).when_to_use_which;
        assert_eq!(advice(1006, 1005), advice(1005, 1006));
        assert_eq!(advice(4001, 1008), advice(1008, 4001));
    }

    #[test]
    fn advice_names_only_the_codes_of_its_pair_first() {
        for pair in confused::CONFUSED
            .iter()
            .chain(&vi::CONFUSED)
            .filter(|pair| pair.one.start() == pair.one.end())
        {
            assert!(pair.advice.contains(&pair.one.start().to_string()), "{}", pair.advice);
        }
    }

    #[test]
    fn what_may_not_be_sent_is_never_recommended() {
        let (a, b) = (CloseCode::TLS_HANDSHAKE, CloseCode::GOING_AWAY);
        let text = compare(a, b, Language::En).when_to_use_which;
        assert!(text.contains("Never send 1015") && text.contains("Send 1001"), "{text}");
        for (a, b) in codes().flat_map(|a| codes().map(move |b| (a, b))) {
            for (language, send) in [(Language::En, "Send"), (Language::Vi, "Gửi")] {
                let text = compare(a, b, language).when_to_use_which;
                for code in [a, b].into_iter().filter(|code| !code.allowed_on_wire()) {
                    assert!(!text.contains(&format!("{send} {code} ")), "{text}");
                }
            }
        }
    }

    #[test]
    fn differing_rows_come_first() {
        let rows =
            compare(CloseCode::NORMAL, CloseCode::NO_STATUS_RECEIVED, Language::En).differences;
        assert_eq!(rows.first().map(|row| row.aspect), Some("on the wire?"));
        assert!(rows.iter().all(Difference::is_different));
    }
}
