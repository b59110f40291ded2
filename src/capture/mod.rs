//! Sources and capture formats (skeleton).

mod packet;

pub use packet::{LinkType, Packet};
