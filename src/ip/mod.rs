//! IP (skeleton).

mod segment;

pub use segment::{Segment, TcpFlags};
