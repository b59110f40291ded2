//! The stages strung together.
//!
//! In: captures. Out: a [`crate::report::Report`]. This room alone knows several stages: it hands
//! what one gives to the next, keeps the flow tables, and bounds everything by [`Limits`]. It
//! decides nothing about the protocol.
//!
//! ```text
//! Input ──jobs──▶ single, series, bundle, merge ──Packet──▶ timeline ──Segment──▶ shards
//!                                                                                  │ parcel, crew
//!   Report ◀──outlet── collector ◀──Judged, News── worker ◀──▶ table ◀──▶ flow ◀───┘
//! ```

mod analysis;
mod assemble;
mod births;
mod blind_spots;
mod bundle;
mod carrier;
mod collector;
mod conversation;
mod counts;
mod crew;
mod dispute;
mod failed_tls;
mod findings;
mod flow;
mod holdings;
mod identity;
mod inferred;
mod jobs;
mod limits;
mod listing;
mod merge;
mod network;
mod opening;
mod outlet;
mod parcel;
mod pinging;
mod quality;
mod recapture;
mod secure;
mod series;
mod setup;
mod shards;
mod single;
mod table;
mod tap;
mod timeline;
mod tls_report;
mod traffic;
mod undecided;
mod worker;

pub use analysis::{Analysis, Input, Options, Take, analyse};
pub use limits::Limits;
pub use series::Series;
pub use tap::{Places, Tap};
