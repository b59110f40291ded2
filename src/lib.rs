//! wsblame (skeleton)

pub mod capture;
pub mod endpoint;
pub mod ip;
pub mod knowledge;
pub mod link;
pub mod provenance;
pub mod tcp;
