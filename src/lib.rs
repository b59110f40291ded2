//! wsblame (skeleton)

pub mod capture;
pub mod endpoint;
pub mod ip;
pub mod link;
pub mod provenance;
pub mod tcp;
