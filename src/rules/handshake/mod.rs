//! Rules of the opening handshake (RFC 6455 §4).
//!
//! Those about the request are silent when the request was not captured, those about the response
//! when that was not, and those that compare the two when either is missing.
//!
//! Deliberately absent: several connections of one client in CONNECTING state at a time (§4.1).
//! Behind a NAT, or in any client that is no browser, it means nothing.

use super::Rule;

mod accept_mismatch;
mod accept_missing;
mod connection_missing;
mod double_101;
mod early_client_data;
pub(super) mod evidence;
mod expect_or_body;
mod extension_not_offered;
mod extensions_syntax;
mod host_missing;
mod http_version;
mod key;
mod key_invalid;
mod key_missing;
mod key_reused;
mod method_not_get;
mod no_response;
mod ok_instead_of_switching;
mod origin_missing_browser;
mod plain_to_tls_port;
mod refusal;
mod rejected;
mod response_connection_missing;
mod response_upgrade_missing;
mod subprotocol_ignored;
mod subprotocol_not_offered;
mod subprotocol_syntax;
mod switching_with_body_headers;
#[cfg(test)]
mod tests;
mod upgrade_missing;
mod version_unsupported;

/// The family, in the order in which it is listed.
pub static RULES: &[&Rule] = &[
    &method_not_get::RULE,
    &http_version::RULE,
    &host_missing::RULE,
    &upgrade_missing::RULE,
    &connection_missing::RULE,
    &key_missing::RULE,
    &key_invalid::RULE,
    &key_reused::RULE,
    &version_unsupported::RULE,
    &subprotocol_syntax::RULE,
    &extensions_syntax::RULE,
    &early_client_data::RULE,
    &origin_missing_browser::RULE,
    &expect_or_body::RULE,
    &plain_to_tls_port::RULE,
    &rejected::RULE,
    &ok_instead_of_switching::RULE,
    &no_response::RULE,
    &response_upgrade_missing::RULE,
    &response_connection_missing::RULE,
    &accept_missing::RULE,
    &accept_mismatch::RULE,
    &subprotocol_not_offered::RULE,
    &subprotocol_ignored::RULE,
    &extension_not_offered::RULE,
    &switching_with_body_headers::RULE,
    &double_101::RULE,
];

/// Those for which a server refuses a request, in the order in which it would notice.
static GROUNDS_FOR_REFUSAL: &[&Rule] = &[
    &plain_to_tls_port::RULE,
    &method_not_get::RULE,
    &http_version::RULE,
    &host_missing::RULE,
    &upgrade_missing::RULE,
    &connection_missing::RULE,
    &version_unsupported::RULE,
    &key_missing::RULE,
    &key_invalid::RULE,
    &subprotocol_syntax::RULE,
    &extensions_syntax::RULE,
];
