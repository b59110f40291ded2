//! `wsblame explain RULE|CAUSE|BLIND-SPOT|CODE|RANGE|PRODUCT|LINE [CODE]`: what is known of it.

use clap::Args;

use super::exit::Exit;
use super::{When, complain, locale, medium, output, rules};
use wsblame::knowledge::logs::{self, Reading};
use wsblame::knowledge::{
    CloseCode, Language, PRODUCTS, find_product, is_key_log, parse_code, parse_range, readable,
};
use wsblame::report::cards::{self, Card, Medium};
use wsblame::report::{BLIND_SPOTS, blind_spot_kind};
use wsblame::rules as catalogue;
use wsblame::verdict::{CAUSES, find_cause};

#[derive(Args)]
pub(super) struct Arguments {
    /// A rule, a cause or a kind of blind spot by its id; a close code by number or name ("abnormal
    /// closure"), a range of codes (4000-4999), a product or subprotocol (graphql-transport-ws),
    /// keylog for the keys of TLS, or a line of a log in quotes
    #[arg(value_name = "RULE|CAUSE|BLIND-SPOT|CODE|RANGE|PRODUCT|LINE")]
    what: String,

    /// A close code to compare the first with
    #[arg(value_name = "CODE")]
    with: Option<String>,

    /// Format of the card
    #[arg(short, long, value_parser = medium(), default_value = "text")]
    format: Medium,

    /// Language of what is said of codes and products; else that of the locale (LC_ALL,
    /// LC_MESSAGES, LANG). The other cards and all reports are in English
    #[arg(long, value_name = "LANG", value_parser = locale::languages())]
    lang: Option<Language>,

    /// Whether to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let card = match &arguments.with {
        None => one(&arguments.what),
        Some(with) => two(&arguments.what, with),
    };
    let style = rules::style(arguments.color);
    // One word is a slip in an id, unless it is the name of an error.
    let what = arguments.what.trim();
    let is_line =
        arguments.with.is_none() && what.contains(|c: char| c.is_whitespace() || c == '_');
    let reading = logs::read(if is_line { what } else { "" });
    let only_english = |is_translated: bool| {
        if arguments.lang.is_some_and(|lang| lang != Language::En) && !is_translated {
            complain("only cards of close codes and products are translated; this is English");
        }
    };
    match card {
        Ok(card) => {
            only_english(card.is_translated());
            let language = arguments.lang.unwrap_or_else(locale::language);
            output::to_stdout(|out| cards::write(card, arguments.format, language, &style, out))
        }
        Err(_) if !(reading.found.is_empty() && reading.codes.is_empty()) => {
            only_english(false);
            output::to_stdout(|out| cards::write_line(&reading, arguments.format, &style, out))
        }
        Err(what) => {
            complain(unknown_line(&arguments.what, &reading).unwrap_or(what));
            Exit::Usage
        }
    }
}

/// What to say of several words that no library is known to print; `None` for a single one.
fn unknown_line(line: &str, reading: &Reading) -> Option<String> {
    const SHOWN: usize = 100;
    line.split_whitespace().nth(1)?; // else it is a word, and taken for an id
    let mut start: String = line.chars().take(SHOWN).collect();
    if start.len() < line.len() {
        start.push('…');
    }
    let near = reading.near.iter().map(|near| {
        let phrase = &near.phrase;
        let names: Vec<&str> = phrase.libraries.iter().map(|library| library.name).collect();
        format!("\"{}\" ({})", readable(phrase.pattern, None), names.join(", "))
    });
    let near: Vec<String> = near.collect();
    Some(match near.is_empty() {
        true => format!("no library known here prints \"{start}\""),
        false => {
            format!("no library known here prints \"{start}\"; the nearest: {}", near.join(", or "))
        }
    })
}

fn one(what: &str) -> Result<Card, String> {
    let id = what.trim().to_ascii_lowercase();
    if let Some(rule) = catalogue::find(&id) {
        return Ok(Card::Rule(rule));
    }
    if is_key_log(&id) {
        return Ok(Card::KeyLog);
    }
    if let Some(cause) = find_cause(&id) {
        return Ok(Card::Cause(cause));
    }
    if let Some(kind) = blind_spot_kind(&id) {
        return Ok(Card::BlindSpot(kind));
    }
    if let Some(product) = find_product(what) {
        return Ok(Card::Product(product));
    }
    if let Some(range) = parse_range(what) {
        let (first, last) = range.map_err(|error| error.to_string())?.into_inner();
        let (first, last) = (CloseCode(first), CloseCode(last));
        return Ok(if first == last { Card::Code(first) } else { Card::Range(first, last) });
    }
    parse_code(what).map(Card::Code).map_err(|error| {
        if what.trim().bytes().all(|byte| byte.is_ascii_digit()) {
            return error.to_string();
        }
        let near = nearest(&id);
        match near.is_empty() {
            true => {
                format!("no rule, cause, code or product is called \"{what}\"; see: wsblame rules")
            }
            false => format!(
                "no rule, cause, code or product is called \"{what}\"; did you mean {}?",
                near.join(" or ")
            ),
        }
    })
}

fn two(one: &str, other: &str) -> Result<Card, String> {
    let code = |text: &str| -> Result<CloseCode, String> {
        parse_code(text).map_err(|error| match catalogue::find(text) {
            Some(_) => format!("\"{text}\" is a rule; only close codes can be compared"),
            None => error.to_string(),
        })
    };
    let (one, other) = (code(one)?, code(other)?);
    Ok(if one == other { Card::Code(one) } else { Card::Codes(one, other) })
}

/// Up to three ids of rules, causes, blind spots and products that look like `id`, the likest first.
fn nearest(id: &str) -> Vec<&'static str> {
    if id.is_empty() {
        return Vec::new();
    }
    let rules = catalogue::all().map(|rule| rule.id);
    let mut near: Vec<(usize, &'static str)> = rules
        .chain(CAUSES.iter().map(|cause| cause.id))
        .chain(BLIND_SPOTS.iter().map(|kind| kind.id))
        .chain(PRODUCTS.iter().map(|product| product.id))
        .filter_map(|known| {
            let within = id.len() > 3 && known.contains(id);
            let distance = if within { 1 } else { distance(id, known) };
            let allowed = id.chars().count() / 3 + 1;
            (distance <= allowed).then_some((distance, known))
        })
        .collect();
    near.sort_unstable();
    near.truncate(3);
    near.into_iter().map(|(_, id)| id).collect()
}

/// Letters to insert, remove or replace to make `b` of `a` (Levenshtein).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (done, x) in a.chars().take(64).enumerate() {
        let mut left = done + 1;
        let mut next = vec![left];
        for (y, pair) in b.iter().zip(row.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("mask", "mask"), 0);
        assert_eq!(distance("maks", "mask"), 2);
        assert_eq!(distance("", "mask"), 4);
        assert_eq!(distance("masked", "mask"), 2);
    }

    #[test]
    fn a_slip_of_the_finger_is_forgiven() {
        assert_eq!(nearest("client-frame-unmaskd"), ["client-frame-unmasked"]);
        assert_eq!(nearest("unmasked"), ["client-frame-unmasked"]);
        assert!(nearest("xyzzy").is_empty());
    }

    #[test]
    fn ranges_and_products_are_found() {
        let range = |text| match one(text) {
            Ok(Card::Range(first, last)) => Some((first.0, last.0)),
            _ => None,
        };
        for (text, first, last) in
            [("3000-3999", 3000, 3999), ("4400-4499", 4400, 4499), ("0-65535", 0, 65_535)]
        {
            assert_eq!(range(text), Some((first, last)));
        }
        assert!(matches!(one("1006-1006"), Ok(Card::Code(CloseCode(1006)))));
        assert!(one("4999-4000").is_err_and(|error| error.contains("4000-4999")));
        assert!(one("5000-70000").is_err_and(|error| error.contains("70000 does not fit")));
        assert!(matches!(one("graphql-transport-ws"), Ok(Card::Product(_))));
        assert!(one("discord").is_err_and(|error| error.contains("discord-gateway or")));
    }

    #[test]
    fn rules_codes_and_names_are_found() {
        assert!(matches!(one("client-frame-unmasked"), Ok(Card::Rule(_))));
        assert!(matches!(one("clean-close"), Ok(Card::Cause(_))));
        assert!(matches!(one("abnormal closure"), Ok(Card::Code(CloseCode(1006)))));
        assert!(one("70000").is_err_and(|error| error.contains("two bytes")));
        assert!(matches!(two("1005", "1006"), Ok(Card::Codes(..))));
        assert!(two("1005", "client-frame-unmasked").is_err_and(|error| error.contains("a rule")));
    }
}
