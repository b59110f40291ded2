//! What is spoken on a connection and what the application says of its end: as data, and in words.
//!
//! In: what a connection's report says of it. Out: lines for the layouts, a label and a text each.
//! Field names are part of the public schema, as in [`model`](super::Report).

use schemars::JsonSchema;
use serde::Serialize;

use super::cite::Files;
use super::{ConnectionReport, PacketCite, SideName};

/// The product or protocol that is spoken on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApplicationReport {
    /// Its id: `wsblame explain ID` says more.
    pub product: String,
    /// Its name.
    pub name: String,
    /// By what it is recognised; by anything but the handshake it is a guess.
    pub recognised_by: RecognisedBy,
}

/// By what a product is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecognisedBy {
    /// By the opening handshake.
    Handshake,
    /// By a message: a guess.
    Messages,
    /// By the reason of a Close: a guess.
    Reason,
    /// By nothing but the code, which no other known product uses: hardly a guess.
    Code,
}

/// What a product means by the code of a Close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeMeaning {
    /// The product.
    #[serde(flatten)]
    pub application: ApplicationReport,
    /// What it means.
    pub meaning: String,
    /// Who usually sends it.
    pub sender: String,
    /// Whether a client should return.
    pub reconnect: String,
    /// Whether that was found in the product's documentation or source.
    pub confirmed: bool,
}

/// A side's last message, where it has the form of an error or of a farewell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LastWordsReport {
    /// Who sent it.
    pub side: SideName,
    /// The id of the product whose form it has.
    pub product: String,
    /// What the product calls such a message.
    pub kind: String,
    /// The code in it; null when it has none.
    pub code: Option<u16>,
    /// The reason in it, words that may be secret masked; null when it has none, or none that looks
    /// like one. Nothing else of the message is shown anywhere.
    pub reason: Option<String>,
    /// Whether it says that the client should return; null when it does not say.
    pub reconnect: Option<bool>,
    /// The packet with its last byte.
    pub packet: PacketCite,
}

impl RecognisedBy {
    fn text(self) -> &'static str {
        match self {
            RecognisedBy::Handshake => "by the handshake",
            RecognisedBy::Messages => "a guess, by its messages",
            RecognisedBy::Reason => "a guess, by the reason of a Close",
            RecognisedBy::Code => "a guess, by the code alone",
        }
    }
}

/// Everything there is to say, a label and a text for each line.
pub(super) fn lines(connection: &ConnectionReport, files: &Files<'_>) -> Vec<(String, String)> {
    let spoken = connection.application.iter().map(|one| {
        ("application".to_owned(), format!("{} ({})", one.name, one.recognised_by.text()))
    });
    let words = &connection.last_words;
    let words = words.iter().map(|words| ("last message".to_owned(), last_words(words, files)));
    spoken.chain(meanings(connection)).chain(words).collect()
}

/// A line for each code that means something; an answer that repeats the code means the same.
fn meanings(connection: &ConnectionReport) -> Vec<(String, String)> {
    let close = &connection.close;
    let sent = [&close.client_sent, &close.server_sent].into_iter().flatten();
    let mut lines: Vec<(String, String)> = sent
        .filter_map(|sent| {
            let CodeMeaning { application, meaning, sender, reconnect, confirmed } =
                sent.meaning.as_ref()?;
            let guess = match application.recognised_by {
                RecognisedBy::Code => {
                    format!("only {} is known to use it, a guess: ", application.name)
                }
                _ => String::new(),
            };
            let doubt = if *confirmed { "" } else { " (unconfirmed)" };
            let text = format!(
                "{guess}{meaning}{doubt}; usually sent by {sender}; should a client reconnect: \
                 {reconnect}"
            );
            Some((format!("code {}", sent.code?), text))
        })
        .collect();
    lines.dedup();
    lines
}

/// `server, pusher:error 4004 "Over quota", packet 17`.
fn last_words(words: &LastWordsReport, files: &Files<'_>) -> String {
    let code = words.code.map(|code| format!(" {code}")).unwrap_or_default();
    let reason = words.reason.as_ref().map(|reason| format!(" \"{reason}\"")).unwrap_or_default();
    let back = match words.reconnect {
        Some(true) => ", it says to reconnect",
        Some(false) => ", it says not to reconnect",
        None => "",
    };
    let (side, kind, product) = (words.side.name(), &words.kind, &words.product);
    let form = if kind.starts_with(product) { "" } else { product };
    let space = if form.is_empty() { "" } else { " " };
    let packet = files.packet(words.packet);
    format!("{side}, {form}{space}{kind}{code}{reason}{back}, {packet}")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn said(connection: &ConnectionReport) -> Vec<String> {
        let lines = lines(connection, &Files::default());
        lines.into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        assert_eq!(said(&fixture::connection()), [""; 0]);
    }

    #[test]
    fn an_answer_that_repeats_the_code_is_no_line_of_its_own() {
        let mut connection = fixture::connection();
        let application = ApplicationReport {
            product: "pusher".into(),
            name: "Pusher Channels".into(),
            recognised_by: RecognisedBy::Messages,
        };
        connection.application = Some(application.clone());
        let mut close = connection.close.server_sent.clone().expect("a Close");
        close.code = Some(4100);
        close.meaning = Some(CodeMeaning {
            application,
            meaning: "over capacity".into(),
            sender: "the server".into(),
            reconnect: "yes, with backoff".into(),
            confirmed: false,
        });
        connection.close.client_sent = Some(close.clone());
        connection.close.server_sent = Some(close);
        connection.last_words = vec![LastWordsReport {
            side: SideName::Server,
            product: "pusher".into(),
            kind: "pusher:error".into(),
            code: Some(4100),
            reason: Some("Over capacity".into()),
            reconnect: None,
            packet: PacketCite::Number(17),
        }];
        assert_eq!(
            said(&connection),
            [
                "application: Pusher Channels (a guess, by its messages)",
                "code 4100: over capacity (unconfirmed); usually sent by the server; should a \
                 client reconnect: yes, with backoff",
                "last message: server, pusher:error 4100 \"Over capacity\", packet 17",
            ]
        );
    }
}
