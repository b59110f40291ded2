//! What is known about WebSockets beside the RFC's rules, as data tables.
//!
//! In: a close code, the name of a product, the first bytes of something that is not a frame, the
//! reason text of a Close, a line of a log, a silence in seconds, the fields of an opening
//! handshake. Out: what they mean, who is usually at fault and what to do; which library writes
//! such texts and how it behaves; how programs log the keys of TLS. Nothing here looks at a
//! connection, and nothing here accuses: a verdict needs the capture, these tables only explain it.

pub mod application_codes;
pub mod close_code;
pub mod close_codes;
pub mod compare;
pub mod first_bytes;
pub mod idle_timers;
pub mod key_log;
pub mod language;
pub mod libraries;
pub mod library;
pub mod logs;
mod pattern;
pub mod tls_alerts;

pub use application_codes::{AppCode, PRODUCTS, Product, Sign, find_product};
pub use close_code::{
    CloseCode, CodeClass, Disguise, ParseCodeError, ParseRangeError, WhoMaySend, parse_code,
    parse_range,
};
pub use close_codes::{CLOSE_CODES, Card, CodeEntry, Retry, Texts, UsualFault};
pub use compare::{Comparison, Difference, compare};
pub use key_log::is_key_log;
pub use language::{Language, Words};
pub use pattern::readable;
pub use tls_alerts::tls_alert;

#[cfg(test)]
mod tests;
