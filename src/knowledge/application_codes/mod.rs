//! Close codes that products give a meaning of their own, and how to recognise the products.
//!
//! In: a code, a range, or a name. Out: the products that use it, with what they mean by it, who
//! sends it and whether a client should return. The same number means different things in
//! different products, so that nothing here is to be said of a connection before its product is
//! recognised; where a row could not be found in its source, it says so.

mod discord;
mod graphql;
mod messaging;
mod platforms;
mod realtime;
mod sign;
mod speech;

use std::ops::RangeInclusive;

use super::language::{Language, Words};

pub use sign::Sign;

/// Every product. Where several fit a connection, an earlier one is the more specific.
pub static PRODUCTS: &[Product] = &[
    graphql::TRANSPORT_WS,
    graphql::LEGACY,
    discord::GATEWAY,
    discord::VOICE,
    discord::RPC,
    realtime::PUSHER,
    realtime::CENTRIFUGO,
    realtime::TWITCH,
    realtime::SUPABASE,
    realtime::PHOENIX,
    realtime::ACTION_CABLE,
    realtime::SIGNALR,
    realtime::SOCKET_IO,
    realtime::SOCKJS,
    realtime::SLACK,
    realtime::LIVEKIT,
    speech::ASSEMBLYAI,
    speech::DEEPGRAM,
    speech::OPENAI,
    messaging::MQTT,
    messaging::AMQP,
    messaging::XMPP,
    messaging::STOMP,
    messaging::WAMP,
    messaging::OCPP,
    platforms::KUBERNETES,
    platforms::JUPYTER,
    platforms::SPRING,
    platforms::API_GATEWAY,
    platforms::CLOUDFLARE,
];

/// A product or an application's protocol.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// By which it is asked for, in kebab-case.
    pub id: &'static str,
    /// As its makers write it.
    pub name: &'static str,
    /// How to recognise it; one sign is enough.
    pub recognise: &'static [Sign],
    /// Its codes, in rising order; a range stands before the codes in it.
    pub codes: &'static [AppCode],
    /// What else to know about how its connections end.
    pub note: Option<Words>,
    /// Where its codes are defined.
    pub source: &'static str,
}

/// What a product means by a code, or by each of a range.
#[derive(Clone, Debug)]
pub struct AppCode {
    /// The codes.
    pub codes: RangeInclusive<u16>,
    /// The meaning, without a period.
    pub meaning: Words,
    /// Who usually ends the connection with it.
    pub sender: Sender,
    /// Whether a client should return.
    pub reconnect: Reconnect,
    /// Where the number is met.
    pub seen: Seen,
    /// Whether the row was found in the product's own documentation or source, or in what it was
    /// seen to send. Where it was not, it is common knowledge that nobody has confirmed.
    pub checked: bool,
}

/// Who ends a connection with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The service.
    Server,
    /// The product's client library.
    Client,
    /// Either.
    Either,
    /// A gateway or edge in front of the service.
    Gateway,
}

impl Sender {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        let words = match self {
            Sender::Server => Words::new("the server", "server"),
            Sender::Client => Words::new("the client", "client"),
            Sender::Either => Words::new("either side", "một trong hai bên"),
            Sender::Gateway => {
                Words::new("the gateway before the server", "gateway đứng trước server")
            }
        };
        words.text(language)
    }
}

/// Whether a client should return after a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// No.
    No,
    /// Yes.
    Yes,
    /// Yes, and there is no need to wait.
    AtOnce,
    /// Yes, with growing delays.
    WithBackoff,
    /// Not before something is changed.
    AfterChange,
    /// Only if there is more to do.
    IfNeeded,
    /// As the reason of the Close, or a message before it, says.
    AsTold,
    /// The connection goes on.
    StaysOpen,
}

impl Reconnect {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        let words = match self {
            Reconnect::No => Words::new("no", "không"),
            Reconnect::Yes => Words::new("yes", "có"),
            Reconnect::AtOnce => Words::new("yes, at once", "có, ngay lập tức"),
            Reconnect::WithBackoff => Words::new("yes, with backoff", "có, kèm backoff"),
            Reconnect::AfterChange => Words::new(
                "not before something is changed",
                "chưa, phải thay đổi điều gì đó trước",
            ),
            Reconnect::IfNeeded => {
                Words::new("only if there is more to do", "chỉ khi còn việc phải làm")
            }
            Reconnect::AsTold => Words::new(
                "as the reason or the message before it says",
                "theo reason text hoặc message ngay trước Close frame",
            ),
            Reconnect::StaysOpen => {
                Words::new("no need, the connection stays open", "không cần, kết nối vẫn mở")
            }
        };
        words.text(language)
    }
}

/// Where a product's code is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Seen {
    /// In a Close frame.
    Close,
    /// In a message, and not in a Close.
    Message,
    /// In what an API or a client library reports, and nowhere on the wire.
    Api,
}

impl Seen {
    /// As words.
    pub fn text(self, language: Language) -> &'static str {
        let words = match self {
            Seen::Close => Words::new("in the Close frame", "trong Close frame"),
            Seen::Message => Words::new(
                "in a message, not in a Close",
                "trong một message, không trong Close frame",
            ),
            Seen::Api => Words::new(
                "in the API only, not on the wire",
                "chỉ ở API, không có trên đường truyền",
            ),
        };
        words.text(language)
    }
}

impl Product {
    /// The rows for a code, the most specific first.
    pub fn rows(&self, code: u16) -> impl Iterator<Item = &'static AppCode> {
        self.codes.iter().rev().filter(move |row| row.codes.contains(&code))
    }

    /// What the product means by a code: its own row, or that of the range it lies in.
    pub fn meaning(&self, code: u16) -> Option<&'static AppCode> {
        self.rows(code).next()
    }

    /// The rows that touch a range, in rising order.
    pub fn rows_in(&self, codes: RangeInclusive<u16>) -> impl Iterator<Item = &'static AppCode> {
        self.codes.iter().filter(move |row| touch(&row.codes, &codes))
    }
}

/// Whether two ranges have a code in common.
fn touch(one: &RangeInclusive<u16>, other: &RangeInclusive<u16>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}

/// The product of that id, name or subprotocol; case makes no difference.
pub fn find_product(name: &str) -> Option<&'static Product> {
    let name = name.trim();
    let called = |known: &str| known.eq_ignore_ascii_case(name);
    let by_name = |product: &&Product| called(product.id) || called(product.name);
    let by_token = |product: &&Product| {
        let fits = |sign: &Sign| matches!(sign, Sign::Subprotocol(_)) && sign.fits(name);
        product.recognise.iter().any(fits)
    };
    PRODUCTS.iter().find(by_name).or_else(|| PRODUCTS.iter().find(by_token))
}

// How the tables are written. A row is in the Close and confirmed unless it says otherwise.

const fn code(
    code: u16,
    sender: Sender,
    reconnect: Reconnect,
    en: &'static str,
    vi: &'static str,
) -> AppCode {
    codes(code..=code, sender, reconnect, en, vi)
}

const fn codes(
    codes: RangeInclusive<u16>,
    sender: Sender,
    reconnect: Reconnect,
    en: &'static str,
    vi: &'static str,
) -> AppCode {
    let meaning = Words::new(en, vi);
    AppCode { codes, meaning, sender, reconnect, seen: Seen::Close, checked: true }
}

impl AppCode {
    const fn seen(self, seen: Seen) -> AppCode {
        AppCode { seen, ..self }
    }

    const fn unconfirmed(self) -> AppCode {
        AppCode { checked: false, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::knowledge::{CloseCode, parse_code};

    fn rows() -> impl Iterator<Item = (&'static Product, &'static AppCode)> {
        PRODUCTS.iter().flat_map(|product| product.codes.iter().map(move |row| (product, row)))
    }

    #[test]
    fn every_product_has_an_id_and_signs_of_its_own() {
        let (mut ids, mut signs) = (HashSet::new(), HashSet::new());
        for product in PRODUCTS {
            let is_word =
                |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
            assert!(product.id.split('-').all(is_word), "{}", product.id);
            assert_eq!(product.id, product.id.to_ascii_lowercase());
            assert!(ids.insert(product.id), "{}", product.id);
            assert!(!product.recognise.is_empty() && !product.source.is_empty(), "{}", product.id);
            assert!(!product.codes.is_empty() || product.note.is_some(), "{}", product.id);
            for sign in product.recognise {
                assert!(signs.insert(sign), "{sign:?}");
                let pattern = sign.pattern();
                assert!(pattern.bytes().any(|byte| !matches!(byte, b'*' | b'#')), "{sign:?}");
                assert!(!pattern.contains("**"), "{sign:?}");
                if matches!(sign, Sign::Host(_) | Sign::Server(_)) {
                    assert_eq!(pattern, pattern.to_ascii_lowercase());
                }
                let example = pattern.replace('*', "x").replace('#', "7");
                assert!(sign.fits(&example), "{sign:?} {example}");
            }
        }
    }

    #[test]
    fn a_product_says_one_thing_of_a_code_or_nests_it_in_a_range() {
        for product in PRODUCTS {
            for (index, row) in product.codes.iter().enumerate() {
                assert!(!row.codes.is_empty());
                for later in product.codes.iter().skip(index + 1) {
                    assert_ne!(row.codes, later.codes, "{} twice", product.id);
                    let after = row.codes.end() < later.codes.start();
                    let inside = row.codes.contains(later.codes.start())
                        && row.codes.contains(later.codes.end());
                    assert!(after || inside, "{}: {:?} {:?}", product.id, row.codes, later.codes);
                }
            }
        }
    }

    #[test]
    fn what_stands_in_a_close_may_travel() {
        for (product, row) in rows() {
            let may_travel = row.codes.clone().all(|code| CloseCode(code).allowed_on_wire());
            assert!(may_travel || row.seen != Seen::Close, "{} {:?}", product.id, row.codes);
            assert!(*row.codes.start() >= 1000 && *row.codes.end() <= 4999);
        }
    }

    #[test]
    fn a_row_is_for_codes_that_products_define_or_use_in_their_own_way() {
        for (product, row) in rows() {
            let words = row.meaning;
            for text in [words.en, words.vi] {
                assert!(!text.is_empty() && text == text.trim() && !text.ends_with('.'), "{text}");
                assert!(!text.contains("  ") && !text.contains('\n'), "{text}");
            }
            assert_ne!(words.en, words.vi, "{} {:?}", product.id, row.codes);
        }
    }

    #[test]
    fn the_most_specific_row_counts() {
        let pusher = find_product("pusher").expect("is listed");
        let said = |code| pusher.meaning(code).map(|row| row.codes.clone());
        assert_eq!(said(4001), Some(4001..=4001));
        assert_eq!(said(4050), Some(4000..=4099));
        assert_eq!(said(4999), None);
    }

    #[test]
    fn a_product_is_found_by_id_name_and_subprotocol() {
        let id = |name| find_product(name).map(|product| product.id);
        assert_eq!(id("graphql-transport-ws"), Some("graphql-transport-ws"));
        assert_eq!(id("graphql-ws"), Some("graphql-ws-legacy"));
        assert_eq!(id(" Discord Gateway "), Some("discord-gateway"));
        assert_eq!(id("v5.channel.k8s.io"), Some("kubernetes"));
        assert_eq!(id("ocpp2.0.1"), Some("ocpp"));
        assert_eq!(id("nothing"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn the_name_of_a_product_is_not_that_of_a_code_or_a_rule() {
        for product in PRODUCTS {
            for name in [product.id, product.name] {
                assert!(parse_code(name).is_err(), "{name}");
                assert!(crate::rules::find(name).is_none(), "{name}");
            }
            assert_eq!(find_product(product.name).map(|found| found.id), Some(product.id));
        }
    }
}
