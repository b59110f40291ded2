//! Cards: what is known of a rule, a cause, a kind of blind spot, a close code, of two codes side by
//! side, or of a line of a log.
//!
//! In: rows of the catalogue of rules and of the tables of causes, blind spots and close codes. Out:
//! them, laid out in the formats in which people ask for them. Cards look at no capture.

mod blind_spot;
mod cause;
mod code;
mod line;
mod rule;
mod table;
mod wire_talk;

use std::io::{self, Write};

use super::{BlindSpotKind, Format, Style, json, page};
use crate::knowledge::logs::Reading;
use crate::knowledge::{CloseCode, compare};
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

/// Writes one card.
pub fn write(card: Card, medium: Medium, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let page = |out| page::Page::new(style, out);
    match (card, medium) {
        (Card::Rule(rule), Medium::Text) => rule::text(rule, &mut page(out)),
        (Card::Rule(rule), Medium::Markdown) => rule::markdown(rule, out),
        (Card::Rule(rule), Medium::Json) => json::print(&rule::RuleCard::of(rule), out),
        (Card::Cause(cause), Medium::Text) => cause::text(cause, &mut page(out)),
        (Card::Cause(cause), Medium::Markdown) => cause::markdown(cause, out),
        (Card::Cause(cause), Medium::Json) => json::print(&cause::CauseCard::of(cause), out),
        (Card::BlindSpot(kind), Medium::Text) => blind_spot::text(kind, &mut page(out)),
        (Card::BlindSpot(kind), Medium::Markdown) => blind_spot::markdown(kind, out),
        (Card::BlindSpot(kind), Medium::Json) => {
            json::print(&blind_spot::BlindSpotCard::of(kind), out)
        }
        (Card::Code(code), Medium::Text) => code::text(code, &mut page(out)),
        (Card::Code(code), Medium::Markdown) => code::markdown(code, out),
        (Card::Code(code), Medium::Json) => json::print(&code::CodeCard::of(code), out),
        (Card::Codes(a, b), Medium::Text) => code::compared_text(&compare(a, b), &mut page(out)),
        (Card::Codes(a, b), Medium::Markdown) => code::compared_markdown(&compare(a, b), out),
        (Card::Codes(a, b), Medium::Json) => {
            json::print(&code::ComparisonCard::of(&compare(a, b)), out)
        }
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
    use crate::knowledge::CLOSE_CODES;
    use crate::rules;
    use crate::verdict::CAUSES;

    fn written(card: Card, medium: Medium) -> String {
        let mut out = Vec::new();
        write(card, medium, &Style::default(), &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("a card is UTF-8")
    }

    fn cards() -> impl Iterator<Item = Card> {
        let codes = CLOSE_CODES.iter().map(|entry| Card::Code(entry.first()));
        let pairs = CLOSE_CODES.iter().map(|entry| Card::Codes(entry.first(), CloseCode(1006)));
        let causes = CAUSES.iter().map(Card::Cause);
        let spots = BLIND_SPOTS.iter().map(Card::BlindSpot);
        rules::all().map(Card::Rule).chain(causes).chain(spots).chain(codes).chain(pairs)
    }

    #[test]
    fn every_card_is_laid_out_in_every_medium() {
        for card in cards() {
            let text = written(card, Medium::Text);
            assert!(text.lines().all(|line| page::width(line) <= 100), "{text}");
            assert!(!text.contains("\\u{") && !text.contains("\\n"), "{text}");
            assert!(written(card, Medium::Markdown).starts_with('#'));
            let json: Result<serde_json::Value, _> =
                serde_json::from_str(&written(card, Medium::Json));
            assert!(json.is_ok_and(|json| json.is_object()));
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
        let text = written(Card::Code(CloseCode(0xe803)), Medium::Text);
        assert!(text.contains("two bytes swapped"), "{text}");
    }
}
