//! Cards: what is known of a rule, a cause, a kind of blind spot, a close code, of two codes side by
//! side, of a range of codes, of the codes of a product, of key logs, or of a line of a log.
//!
//! In: rows of the catalogue of rules and of the tables of causes, blind spots, close codes and
//! products. Out: them, laid out in the formats in which people ask for them; those of codes and
//! products in the reader's language. Cards look at no capture.

mod application;
mod blind_spot;
mod cause;
mod code;
mod comparison;
mod key_log;
mod line;
mod range;
mod rule;
mod table;
mod wire_talk;
mod words;

use std::io::{self, Write};

use super::{BlindSpotKind, Format, Style, json, page};
use crate::knowledge::logs::Reading;
use crate::knowledge::{CloseCode, Language, Product, compare};
use crate::rules::Rule;
use crate::verdict::Cause;

/// One thing to explain.
#[derive(Clone, Copy)]
pub enum Card {
    /// A rule.
    Rule(&'static Rule),
    /// A cause that is no broken rule.
    Cause(&'static Cause),
    /// A kind of blind spot.
    BlindSpot(&'static BlindSpotKind),
    /// A close code.
    Code(CloseCode),
    /// Two close codes side by side.
    Codes(CloseCode, CloseCode),
    /// All close codes from the first to the last.
    Range(CloseCode, CloseCode),
    /// The codes of a product.
    Product(&'static Product),
    /// How to have the keys of TLS sessions logged.
    KeyLog,
}

impl Card {
    /// Whether its text is there in every language; if not, it is in English.
    pub fn is_translated(self) -> bool {
        matches!(self, Card::Code(_) | Card::Codes(..) | Card::Range(..) | Card::Product(_))
    }
}

/// In what a card is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// For a terminal.
    Text,
    /// For a document.
    Markdown,
    /// For a program.
    Json,
}

impl Medium {
    /// The medium of the report format of the same name; cards have no lines of JSON.
    pub fn of(format: &Format) -> Option<Medium> {
        match format.name {
            "text" => Some(Medium::Text),
            "markdown" => Some(Medium::Markdown),
            "json" => Some(Medium::Json),
            _ => None,
        }
    }
}

/// Writes one card, in that language if it [is translated](Card::is_translated).
pub fn write(
    card: Card,
    medium: Medium,
    language: Language,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match medium {
        Medium::Text => write_text(card, language, &mut page::Page::new(style, out)),
        Medium::Markdown => write_markdown(card, language, out),
        Medium::Json => write_json(card, language, out),
    }
}

fn write_text(card: Card, language: Language, page: &mut page::Page<'_>) -> io::Result<()> {
    match card {
        Card::Rule(rule) => rule::text(rule, page),
        Card::Cause(cause) => cause::text(cause, page),
        Card::BlindSpot(kind) => blind_spot::text(kind, page),
        Card::Code(code) => code::text(code, language, page),
        Card::Codes(a, b) => comparison::text(&compare(a, b, language), language, page),
        Card::Range(first, last) => range::text(&(first.0..=last.0), language, page),
        Card::Product(product) => application::text(product, language, page),
        Card::KeyLog => key_log::text(page),
    }
}

fn write_markdown(card: Card, language: Language, out: &mut dyn Write) -> io::Result<()> {
    match card {
        Card::Rule(rule) => rule::markdown(rule, out),
        Card::Cause(cause) => cause::markdown(cause, out),
        Card::BlindSpot(kind) => blind_spot::markdown(kind, out),
        Card::Code(code) => code::markdown(code, language, out),
        Card::Codes(a, b) => comparison::markdown(&compare(a, b, language), language, out),
        Card::Range(first, last) => range::markdown(&(first.0..=last.0), language, out),
        Card::Product(product) => application::markdown(product, language, out),
        Card::KeyLog => key_log::markdown(out),
    }
}

fn write_json(card: Card, language: Language, out: &mut dyn Write) -> io::Result<()> {
    match card {
        Card::Rule(rule) => json::print(&rule::RuleCard::of(rule), out),
        Card::Cause(cause) => json::print(&cause::CauseCard::of(cause), out),
        Card::BlindSpot(kind) => json::print(&blind_spot::BlindSpotCard::of(kind), out),
        Card::Code(code) => json::print(&code::CodeCard::of(code, language), out),
        Card::Codes(a, b) => {
            let comparison = compare(a, b, language);
            json::print(&comparison::ComparisonCard::of(&comparison, language), out)
        }
        Card::Range(first, last) => {
            json::print(&range::RangeCard::of(&(first.0..=last.0), language), out)
        }
        Card::Product(product) => {
            json::print(&application::ProductCard::of(product, language), out)
        }
        Card::KeyLog => json::print(&key_log::KeyLogCard::all(), out),
    }
}

/// Writes what is known of a line of a log.
pub fn write_line(
    reading: &Reading,
    medium: Medium,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    match medium {
        Medium::Text => line::text(reading, &mut page::Page::new(style, out)),
        Medium::Markdown => line::markdown(reading, out),
        Medium::Json => json::print(&line::LineCard::of(reading), out),
    }
}

/// Writes the table of all rules. In Markdown it is the one in the README.
pub fn write_rules(medium: Medium, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match medium {
        Medium::Text => table::text(&mut page::Page::new(style, out)),
        Medium::Markdown => table::markdown(out),
        Medium::Json => table::json(out),
    }
}

#[cfg(test)]
mod tests {
    use super::super::BLIND_SPOTS;
    use super::*;
    use crate::knowledge::{CLOSE_CODES, PRODUCTS};
    use crate::rules;
    use crate::verdict::CAUSES;

    fn written(card: Card, medium: Medium, language: Language) -> String {
        let mut out = Vec::new();
        write(card, medium, language, &Style::default(), &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("a card is UTF-8")
    }

    fn cards() -> impl Iterator<Item = Card> {
        let codes = CLOSE_CODES.iter().map(|entry| Card::Code(entry.first()));
        let pairs = CLOSE_CODES.iter().map(|entry| Card::Codes(entry.first(), CloseCode(1006)));
        let ranges =
            [(0, 65_535), (0, 999), (1016, 2999), (3000, 3999), (4400, 4499), (1000, 1015)]
                .map(|(first, last)| Card::Range(CloseCode(first), CloseCode(last)));
        let causes = CAUSES.iter().map(Card::Cause);
        let spots = BLIND_SPOTS.iter().map(Card::BlindSpot);
        let others = rules::all().map(Card::Rule).chain(causes).chain(spots).chain([Card::KeyLog]);
        others.chain(codes).chain(pairs).chain(ranges).chain(PRODUCTS.iter().map(Card::Product))
    }

    #[test]
    fn every_card_is_laid_out_in_every_medium_and_language() {
        for (card, language) in cards().flat_map(|card| Language::ALL.map(|lang| (card, lang))) {
            let text = written(card, Medium::Text, language);
            assert!(text.lines().all(|line| page::width(line) <= 100), "{text}");
            // The signs of a product may have such characters, and show them like this.
            let escapes = text.contains("\\u{") || text.contains("\\n");
            assert!(!escapes || matches!(card, Card::Product(_)), "{text}");
            assert!(written(card, Medium::Markdown, language).starts_with('#'));
            let json: serde_json::Value =
                serde_json::from_str(&written(card, Medium::Json, language)).expect("JSON");
            let lang = card.is_translated().then_some(language.tag());
            assert_eq!(json.get("lang").and_then(serde_json::Value::as_str), lang, "{json}");
        }
    }

    #[test]
    fn a_translated_card_speaks_the_language_and_says_the_same() {
        let numbers = |text: &str| -> Vec<String> {
            let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::to_owned);
            let mut numbers: Vec<String> = digits.filter(|digits| digits.len() > 2).collect();
            numbers.sort_unstable();
            numbers
        };
        for card in cards().filter(|card| card.is_translated()) {
            let [en, vi] = Language::ALL.map(|language| written(card, Medium::Markdown, language));
            assert_eq!(numbers(&en), numbers(&vi), "{en}{vi}");
            assert!(vi.chars().filter(|c| !c.is_ascii()).count() >= 10, "{vi}");
        }
    }

    #[test]
    fn a_card_has_the_same_parts_for_every_code() {
        for entry in CLOSE_CODES {
            for (language, headings) in [
                (Language::En, ["Description", "When you see it", "How to fix it"]),
                (Language::Vi, ["Mô tả", "Khi bạn thấy mã này", "Cách khắc phục"]),
            ] {
                let text = written(Card::Code(entry.first()), Medium::Text, language);
                let place = |heading| text.lines().position(|line| line == heading);
                let places = headings.map(place);
                assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
            }
        }
    }

    #[test]
    fn a_code_of_products_names_every_product_and_that_it_depends() {
        let text = written(Card::Code(CloseCode(4401)), Medium::Text, Language::En);
        assert!(text.contains("It depends on the product"), "{text}");
        assert!(text.contains("  graphql-transport-ws  an operation was sent before"), "{text}");
        let text = written(Card::Code(CloseCode(4004)), Medium::Text, Language::Vi);
        for product in PRODUCTS.iter().filter(|product| product.meaning(4004).is_some()) {
            assert!(text.contains(&format!("  {}  ", product.id)), "{text}");
        }
        let text = written(Card::Code(CloseCode(4321)), Medium::Text, Language::En);
        assert!(text.contains("centrifugo") && !text.contains("discord"), "{text}");
    }

    #[test]
    fn what_nobody_confirmed_is_marked() {
        for product in PRODUCTS {
            let text = written(Card::Product(product), Medium::Markdown, Language::En);
            let doubtful = product.codes.iter().filter(|row| !row.checked).count();
            assert_eq!(text.matches("unconfirmed").count(), doubtful, "{text}");
        }
    }

    #[test]
    fn the_rule_table_has_a_row_for_every_rule() {
        for (medium, mark) in [(Medium::Text, ""), (Medium::Markdown, "`"), (Medium::Json, "\"")] {
            let mut out = Vec::new();
            write_rules(medium, &Style::default(), &mut out).expect("a Vec takes all");
            let table = String::from_utf8(out).expect("a table is UTF-8");
            for rule in rules::all() {
                assert_eq!(table.matches(&format!("{mark}{}{mark}", rule.id)).count().min(1), 1);
            }
        }
    }

    #[test]
    fn a_code_that_is_a_bug_in_disguise_says_so() {
        for (language, said) in
            [(Language::En, "two bytes swapped"), (Language::Vi, "bị đảo hai byte")]
        {
            let text = written(Card::Code(CloseCode(0xe803)), Medium::Text, language);
            assert!(text.contains(said), "{text}");
        }
    }
}
