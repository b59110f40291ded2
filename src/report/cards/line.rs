//! The card of a line of a log: which library prints it, on which side, and what it means.

use std::io::{self, Write};

use serde::Serialize;

use super::super::escape::{markdown as prose, markdown_code as code};
use super::super::page::{Ink, Page};
use crate::endpoint::Side;
use crate::knowledge::logs::{Meaning, Phrase, Place, Reading, Role};
use crate::knowledge::{CloseCode, readable};
use crate::rules::{Family, Fault};

/// Most texts that one card explains.
const MOST: usize = 8;

/// A line of a log as JSON.
#[derive(Serialize)]
pub(super) struct LineCard {
    /// The texts that stand in it, the likeliest first.
    phrases: Vec<PhraseCard>,
    /// How many more there are.
    more: usize,
    /// The close codes that it names.
    codes: Vec<CodeNote>,
}

/// A text that a library prints.
#[derive(Serialize)]
struct PhraseCard {
    /// `N` stands for a number and `…` for any text.
    text: String,
    /// Other texts of the line that the same libraries print for the same.
    also: Vec<String>,
    printed_by: Vec<&'static str>,
    side: &'static str,
    place: &'static str,
    meanings: Vec<MeaningNote>,
    on_the_wire: String,
    usually_at_fault: &'static str,
    note: &'static str,
    how_to_prove: String,
    how_to_fix: Vec<&'static str>,
    source: &'static str,
}

/// A rule or cause that a text may stand for.
#[derive(Serialize)]
struct MeaningNote {
    id: &'static str,
    summary: &'static str,
}

/// A close code that a line names.
#[derive(Serialize)]
struct CodeNote {
    code: u16,
    name: &'static str,
    description: &'static str,
}

impl LineCard {
    pub(super) fn of(reading: &Reading) -> LineCard {
        let note = |code: &CloseCode| CodeNote {
            code: code.0,
            name: code.name(),
            description: code.entry().card.description,
        };
        // The message and the code of one error say the same: they share a card.
        let mut told: Vec<(Phrase, Vec<String>)> = Vec::new();
        for phrase in reading.found.iter().map(|found| of_code(found.phrase, &reading.codes)) {
            let same = |(other, _): &&mut (Phrase, Vec<String>)| {
                other.libraries == phrase.libraries
                    && other.about == phrase.about
                    && other.role == phrase.role
            };
            match told.iter_mut().find(same) {
                Some((_, also)) => also.push(readable(phrase.pattern, None)),
                None => told.push((phrase, Vec::new())),
            }
        }
        LineCard {
            more: told.len().saturating_sub(MOST),
            phrases: told
                .into_iter()
                .take(MOST)
                .map(|(phrase, also)| PhraseCard { also, ..PhraseCard::of(&phrase) })
                .collect(),
            codes: reading.codes.iter().map(note).collect(),
        }
    }
}

/// The text, about what the first code of the line stands for where it may be about any Close.
fn of_code(phrase: Phrase, codes: &[CloseCode]) -> Phrase {
    let is_any = phrase.about.contains(&"clean-close") && phrase.about.contains(&"service-restart");
    let Some(code) = codes.first().filter(|_| is_any) else { return phrase };
    let about: &'static [&'static str] = match code.0 {
        1000 => &["clean-close"],
        1001 => &["going-away"],
        1003 => &["unsupported-data"],
        1008 | 3000..=4999 => &["application-close"],
        1009 => &["message-too-big-limit"],
        1011 => &["internal-error"],
        1012 => &["service-restart"],
        1013 => &["try-again-later"],
        _ => &[],
    };
    Phrase { about, ..phrase }
}

impl PhraseCard {
    fn of(phrase: &Phrase) -> PhraseCard {
        let note = |meaning: Meaning| MeaningNote { id: meaning.id(), summary: meaning.summary() };
        let mut how_to_fix: Vec<&'static str> = Vec::new();
        for meaning in phrase.meanings() {
            let advice = meaning.advice();
            if !advice.is_empty() && !how_to_fix.contains(&advice) && how_to_fix.len() < 3 {
                how_to_fix.push(advice);
            }
        }
        PhraseCard {
            text: readable(phrase.pattern, None),
            also: Vec::new(),
            printed_by: phrase.libraries.iter().map(|library| library.name).collect(),
            side: match phrase.side {
                None => "either",
                Some(Side::Client) => "client",
                Some(Side::Server) => "server",
            },
            place: phrase.place.name(),
            meanings: phrase.meanings().map(note).collect(),
            on_the_wire: on_the_wire(phrase),
            usually_at_fault: usually_at_fault(phrase),
            note: phrase.note,
            how_to_prove: how_to_prove(phrase),
            how_to_fix,
            source: phrase.source,
        }
    }

    /// Who prints it, and where: a clause.
    fn printer(&self) -> String {
        let names = self.printed_by.join(", ");
        let side = match self.side {
            "either" => "on either side".to_owned(),
            side => format!("on the {side}'s side"),
        };
        format!("{names}; {side}, {}", self.place)
    }
}

/// What the capture has when a side prints this: sentences.
fn on_the_wire(phrase: &Phrase) -> String {
    match phrase.role {
        Role::Judges => refused(phrase),
        Role::Closes => {
            "A Close of the side that prints this; whether one came back says the text.".to_owned()
        }
        Role::Catches => "Mostly nothing: the library kept its own program from it.".to_owned(),
        Role::Hears(Some(CloseCode::NO_STATUS_RECEIVED)) => {
            "A Close without a code came from the other side.".to_owned()
        }
        Role::Hears(_) => {
            "A Close came from the other side, with the code that stands in the text.".to_owned()
        }
        Role::Loses => {
            "TCP ended, mostly by a FIN, before a Close had come: no code was sent. APIs \
            report 1006."
                .to_owned()
        }
        Role::IsReset => "A RST ended TCP before a Close had come: no code was sent. APIs report \
            1006."
            .to_owned(),
        Role::Ends => {
            "The side that prints this ends TCP and sends no Close; the other side's API \
            reports 1006."
                .to_owned()
        }
    }
}

/// What a library that refuses something sends then.
fn refused(phrase: &Phrase) -> String {
    let is_handshake = matches!(
        phrase.meanings().next(),
        Some(Meaning::Rule(rule)) if rule.family == Family::Handshake
    );
    if is_handshake {
        let what = match phrase.side {
            Some(Side::Server) => "The server answers with an HTTP status other than 101",
            _ => "No WebSocket was opened: the client ends TCP",
        };
        return format!("{what}. No Close is sent; browsers report 1006, other APIs an error.");
    }
    if let Some(code) = phrase.wire_code {
        let named = if phrase.place == Place::Reason { ", and the text is its reason" } else { "" };
        return format!("The side that prints this sends a Close with {code}{named}.");
    }
    let of_library = |library: &&'static crate::knowledge::libraries::Library| {
        let reaction = phrase.reaction(library)?;
        let own = library.reports.map(|code| format!(", and its own API reports {code}"));
        Some(format!("{} sends {reaction}{}.", library.name, own.unwrap_or_default()))
    };
    let all: Vec<String> = phrase.libraries.iter().filter_map(of_library).collect();
    match all.is_empty() {
        true => "Look for the Close, or the end of TCP, of the side that prints this.".to_owned(),
        false => all.join(" "),
    }
}

/// Whose fault it usually is: a clause.
fn usually_at_fault(phrase: &Phrase) -> &'static str {
    match (phrase.role, phrase.meanings().next()) {
        (Role::Judges, Some(Meaning::Rule(rule))) => match rule.fault {
            Fault::Sender => {
                "the other side, whose bytes were refused or were missing, or something in front \
                 of it; not the side that prints this"
            }
            Fault::Client => "the client, or a proxy on the way from it",
            Fault::Server => "the server, or a proxy that answered in its place",
            Fault::Intermediary => "something between the two",
            Fault::Unknown => "open: the capture has to show it",
        },
        (Role::Judges | Role::Ends, Some(Meaning::Cause(cause))) => match cause.id {
            "message-too-big-limit" => "neither: the limit of one side and the needs of the other",
            "internal-error" => "the side that prints this",
            "keepalive-timeout" => {
                "the side that did not answer the Ping, or the path; not the side that prints this"
            }
            "no-answer-to-request" => "the server, a proxy in front of it, or the path",
            _ => "open: the capture has to show it",
        },
        (Role::Ends, Some(Meaning::Rule(rule))) if rule.id == "ping-unanswered" => {
            "the side that did not answer the Ping, or the path; not the side that prints this"
        }
        (Role::Ends, _) => "nobody's frames: a timer of the side that prints this",
        (Role::Catches, _) => "the program that prints this",
        (Role::Loses | Role::IsReset, _) => {
            "whoever ended TCP first: the other side, or a proxy on the way"
        }
        (Role::Hears(Some(CloseCode::NO_STATUS_RECEIVED)), _) => "nobody",
        (Role::Hears(_) | Role::Closes, _) => "what the code says: wsblame explain CODE",
        (Role::Judges, None) => "open: the capture has to show it",
    }
}

/// How a capture proves it: sentences.
fn how_to_prove(phrase: &Phrase) -> String {
    let first = phrase.meanings().next();
    match (phrase.role, first) {
        (Role::Judges, Some(Meaning::Rule(rule))) if rule.family == Family::Handshake => {
            "Capture the opening handshake beside the client: wsblame shows the request, the \
             status and fields of the response, and whose rule is broken."
                .to_owned()
        }
        (Role::Judges, Some(Meaning::Rule(rule))) => format!(
            "Capture beside the side that prints this, from before the connection opens. wsblame \
             cites the packet and the bytes as {}, or as another of the rules above. Where it finds \
             none, and nothing is lost, these bytes were not what the side that prints this had \
             read.",
            rule.id
        ),
        (Role::Judges | Role::Ends, Some(Meaning::Cause(cause)))
            if cause.id == "message-too-big-limit" =>
        {
            "In the capture compare the last message before the Close with the largest one that \
             was accepted."
                .to_owned()
        }
        (Role::Judges, Some(Meaning::Cause(cause))) if cause.id == "internal-error" => {
            "The capture has the Close with 1011 and its time; the reason stands in the log."
                .to_owned()
        }
        (Role::Closes | Role::Hears(_), _) => {
            "The Close is in the capture, with this code. What its sender had received before \
             says why."
                .to_owned()
        }
        (Role::Catches, _) => "Mostly only the program can show it, by the traceback.".to_owned(),
        _ => "In the capture look for the first FIN or RST: from which address it came, how long \
              the line had been silent, and whether the last Ping was acknowledged by TCP and had \
              its Pong."
            .to_owned(),
    }
}

pub(super) fn text(reading: &Reading, page: &mut Page<'_>) -> io::Result<()> {
    let card = LineCard::of(reading);
    for (index, phrase) in card.phrases.iter().enumerate() {
        if index > 0 {
            page.blank()?;
        }
        page.flow(&[], Ink::Strong, &quoted(&phrase.text))?;
        for (label, value) in facts(phrase) {
            let lead = format!("  {label:<12}  ");
            page.flow(&[(Ink::Faint, &lead)], Ink::Plain, &value)?;
        }
        for step in &phrase.how_to_fix {
            page.flow(&[(Ink::Good, "  fix           ")], Ink::Plain, step)?;
        }
    }
    if card.phrases.is_empty() {
        page.flow(&[], Ink::Strong, NOT_KNOWN)?;
    }
    for line in tail(&card) {
        page.blank()?;
        page.flow(&[], Ink::Plain, &line)?;
    }
    Ok(())
}

pub(super) fn markdown(reading: &Reading, out: &mut dyn Write) -> io::Result<()> {
    let card = LineCard::of(reading);
    for (index, phrase) in card.phrases.iter().enumerate() {
        let space = if index > 0 { "\n" } else { "" };
        writeln!(out, "{space}# {}\n", code(&phrase.text))?;
        for (label, value) in facts(phrase) {
            writeln!(out, "- {label}: {}", prose(&value))?;
        }
        for step in &phrase.how_to_fix {
            writeln!(out, "- fix: {}", prose(step))?;
        }
    }
    if card.phrases.is_empty() {
        writeln!(out, "# {NOT_KNOWN}")?;
    }
    tail(&card).iter().try_for_each(|line| writeln!(out, "\n{}", prose(line)))
}

const NOT_KNOWN: &str = "No library known here prints this line.";

/// What is said of a text, label by label; meanings one by one.
fn facts(phrase: &PhraseCard) -> Vec<(&'static str, String)> {
    let mut facts = vec![("printed by", phrase.printer())];
    if !phrase.also.is_empty() {
        let also: Vec<String> = phrase.also.iter().map(|text| quoted(text)).collect();
        facts.push(("also", also.join(", ")));
    }
    for (index, meaning) in phrase.meanings.iter().enumerate() {
        let label = if index == 0 { "means" } else { "or" };
        facts.push((label, format!("{}: {}", meaning.id, meaning.summary)));
    }
    facts.push(("on the wire", phrase.on_the_wire.clone()));
    facts.push(("at fault", phrase.usually_at_fault.to_owned()));
    if !phrase.note.is_empty() {
        facts.push(("note", phrase.note.to_owned()));
    }
    facts.push(("proof", phrase.how_to_prove.clone()));
    facts.push(("source", phrase.source.to_owned()));
    facts
}

/// What stands below the texts.
fn tail(card: &LineCard) -> Vec<String> {
    let mut lines = Vec::new();
    if card.more > 0 {
        let texts = if card.more == 1 { "text" } else { "texts" };
        lines.push(format!("{} more {texts} fit; a longer part of the line says more.", card.more));
    }
    for note in &card.codes {
        let CodeNote { code, name, description } = note;
        lines.push(format!("{code} ({name}): {description} More: wsblame explain {code}"));
    }
    lines
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]
mod tests {
    use super::super::{Medium, write_line};
    use crate::knowledge::logs::{all, read};
    use crate::report::Style;

    fn written(line: &str, medium: Medium) -> String {
        let mut out = Vec::new();
        write_line(&read(line), medium, &Style::default(), &mut out).expect("a Vec takes all");
        String::from_utf8(out).expect("a card is UTF-8")
    }

    #[test]
    fn every_known_text_has_a_card_in_every_medium() {
        for phrase in all() {
            let text = written(phrase.pattern, Medium::Text);
            assert!(text.contains("  printed by ") && text.contains("  proof "), "{text}");
            assert!(!text.contains("  at fault      \n") && !text.contains("\\u{"), "{text}");
        }
        let markdown = written("RSV1 must be clear", Medium::Markdown);
        assert!(
            markdown.starts_with("# `Invalid WebSocket frame: RSV1 must be clear`"),
            "{markdown}"
        );
    }

    #[test]
    fn a_card_says_who_prints_it_what_it_means_and_who_is_at_fault() {
        let text = written("RSV1 must be clear", Medium::Text);
        for part in [
            "ws (Node.js); on either side, in an error or exception",
            "rsv1-without-deflate: compressed message",
            "injected-http-bytes: bytes of another protocol",
            "a Close with 1002 and no reason, and its own API reports 1006",
            "not the side that prints this",
            "websockets/ws lib/receiver.js",
        ] {
            assert!(text.replace("\n                ", " ").contains(part), "{part}: {text}");
        }
        let json: serde_json::Value =
            serde_json::from_str(&written("no close frame received or sent", Medium::Json))
                .expect("JSON");
        assert_eq!(json["phrases"][0]["printed_by"][0], "python websockets");
        assert_eq!(json["phrases"][0]["meanings"][0]["id"], "tcp-closed-without-close");
    }

    #[test]
    fn the_code_in_the_line_chooses_among_what_a_close_may_mean() {
        let line = "ConnectionClosedOK: received 1000 (OK); then sent 1000 (OK)";
        let json: serde_json::Value =
            serde_json::from_str(&written(line, Medium::Json)).expect("JSON");
        let meanings = json["phrases"][0]["meanings"].as_array().expect("meanings");
        let ids: Vec<_> = meanings.iter().filter_map(|meaning| meaning["id"].as_str()).collect();
        assert_eq!(ids, ["clean-close"]);
    }

    #[test]
    fn a_code_in_the_line_is_explained_even_when_the_rest_is_unknown() {
        let text = written("my socket closed with code 1006", Medium::Text);
        assert!(text.starts_with("No library known here prints this line.\n"), "{text}");
        assert!(
            text.contains("1006 (Abnormal Closure): ") && text.contains("wsblame explain 1006")
        );
    }
}
