//! wsblame (skeleton)

pub mod capture;
pub mod endpoint;
pub mod http;
pub mod ip;
pub mod knowledge;
pub mod link;
pub mod pipeline;
pub mod provenance;
pub mod report;
pub mod rules;
pub mod script;
pub mod tcp;
pub mod verdict;
pub mod ws;
