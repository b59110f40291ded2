//! What a product means by the code of a Close.
//!
//! In: the facts, and the recognised product. Out: the row of the product's table. Where no product
//! is recognised, a code may point at one: if it is the only one in the tables that defines it.

use std::fmt;

use super::{Application, Ground};
use crate::endpoint::Side;
use crate::knowledge::application_codes::{Seen, Sender};
use crate::knowledge::{AppCode, Language, PRODUCTS, Product};
use crate::rules::{Facts, Finding, Initiator};

/// What a product means by a code.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// The code in the Close.
    pub code: u16,
    /// The product.
    pub product: &'static Product,
    /// By what it is recognised.
    pub by: Ground,
    /// What it says of the code.
    pub row: &'static AppCode,
}

impl Meaning {
    /// Whether it is certain enough to explain a Close that `side` sent first.
    pub(in crate::verdict) fn is_of(&self, side: Side) -> bool {
        self.by != Ground::Code && may_send(self.row, side)
    }
}

/// `Pusher Channels: over capacity`, and that it is a guess where it is one.
impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guess = match self.by {
            Ground::Handshake => "",
            Ground::Messages => ", by its messages",
            Ground::Reason => ", by its reason",
            Ground::Code => ", by the code alone",
        };
        write!(f, "{}{guess}: {}", self.product.name, self.row.meaning.text(Language::En))
    }
}

/// Whether the row is of a code that comes from this side.
fn may_send(row: &AppCode, side: Side) -> bool {
    match row.sender {
        Sender::Either => true,
        Sender::Client => side == Side::Client,
        Sender::Server | Sender::Gateway => side == Side::Server,
    }
}

pub(super) fn of(
    facts: &Facts,
    findings: &[Finding],
    application: Option<Application>,
    side: Side,
) -> Option<Meaning> {
    let code = facts.sent_close(side)?.frame.code()?;
    let Some(Application { product, by }) = application else { return guess(facts, code) };
    let row = product.rows(code).find(|row| row.seen == Seen::Close)?;
    // A code of the RFC has the RFC's meaning where something deserved it, and the capture would
    // have to show that.
    let is_own = code >= 3000 || (is_unbroken(facts) && !findings.iter().any(|f| f.caused_the_end));
    is_own.then_some(Meaning { code, product, by, row })
}

/// The only product that defines the code, where nothing in the opening handshake or in the
/// messages that are known speaks for another one.
fn guess(facts: &Facts, code: u16) -> Option<Meaning> {
    let handshake = &facts.handshake;
    let is_silent = handshake.is_open()
        && handshake.request.is_some()
        && handshake.subprotocol().is_none()
        && is_unbroken(facts);
    let Initiator::One(first) = facts.close_initiator() else { return None };
    let said = facts.sent_close(first).and_then(|close| close.frame.code());
    if !is_silent || said != Some(code) {
        return None;
    }
    let (product, row) = only_product(code)?;
    may_send(row, first).then_some(Meaning { code, product, by: Ground::Code, row })
}

/// The product that alone has a row of its own for a private code. What a range says it says of any
/// code.
fn only_product(code: u16) -> Option<(&'static Product, &'static AppCode)> {
    let own = |product: &'static Product| {
        let row = product.rows(code).next().filter(|row| row.codes.start() == row.codes.end())?;
        (row.seen == Seen::Close && row.checked).then_some((product, row))
    };
    let mut owners = PRODUCTS.iter().filter_map(own).filter(|_| code >= 3000);
    let only = owners.next()?;
    owners.next().is_none().then_some(only)
}

fn is_unbroken(facts: &Facts) -> bool {
    facts.handshake.request.is_some() && Side::BOTH.into_iter().all(|side| facts.is_unbroken(side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_two_products_define_points_at_none() {
        let only = |code| only_product(code).map(|(product, _)| product.id);
        assert_eq!(only(4004), None);
        assert_eq!(only(4406), Some("graphql-transport-ws"));
        assert_eq!(only(4014), None, "two kinds of Discord");
        assert_eq!(only(3500), Some("centrifugo"));
        assert_eq!(only(4777), None, "only in a range");
        assert_eq!(only(1011), None, "not private");
    }

    #[test]
    fn a_row_of_the_server_does_not_explain_the_clients_close() {
        let (product, row) = only_product(4406).expect("a row");
        let meaning = |by| Meaning { code: 4406, product, by, row };
        assert!(meaning(Ground::Handshake).is_of(Side::Server));
        assert!(!meaning(Ground::Handshake).is_of(Side::Client));
        assert!(!meaning(Ground::Code).is_of(Side::Server));
        assert_eq!(
            meaning(Ground::Messages).to_string(),
            "GraphQL over WebSocket, by its messages: the subprotocol is not acceptable"
        );
    }
}
