//! Rules of the closing handshake and the end of TCP (RFC 6455 §5.5.1, §7).

use super::Rule;

mod client_closed_first;
mod close_1002_but_no_violation;
mod close_answer_code_differs;
mod close_answer_late;
mod close_before_open;
mod close_body_one_byte;
mod close_code_1010_by_server;
mod close_code_app_without_agreement;
mod close_code_forbidden;
mod close_code_iana_late;
mod close_code_out_of_range;
mod close_code_unassigned;
mod close_duplicate;
mod close_empty;
mod close_lost_by_rst;
mod close_not_answered;
mod close_reason_not_utf8;
mod closed_mid_message;
mod control_after_close;
mod data_after_close;
mod rst_after_close;
mod server_did_not_close_tcp;
mod tcp_closed_without_close;
#[cfg(test)]
mod tests;

/// The family, in the order in which it is listed: what is wrong with a Close, what follows it,
/// how it is answered, and how TCP ends.
pub static RULES: &[&Rule] = &[
    &close_reason_not_utf8::RULE,
    &close_body_one_byte::RULE,
    &close_code_forbidden::RULE,
    &close_code_unassigned::RULE,
    &close_code_out_of_range::RULE,
    &close_code_1010_by_server::RULE,
    &close_code_iana_late::RULE,
    &close_code_app_without_agreement::RULE,
    &close_1002_but_no_violation::RULE,
    &data_after_close::RULE,
    &control_after_close::RULE,
    &close_not_answered::RULE,
    &close_answer_late::RULE,
    &close_answer_code_differs::RULE,
    &close_empty::RULE,
    &close_duplicate::RULE,
    &close_before_open::RULE,
    &server_did_not_close_tcp::RULE,
    &tcp_closed_without_close::RULE,
    &rst_after_close::RULE,
    &close_lost_by_rst::RULE,
    &closed_mid_message::RULE,
    &client_closed_first::RULE,
];
