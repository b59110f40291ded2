//! Who closed the WebSocket, with which code, what each side's API reported, who broke the
//! protocol, and who has to fix it: read off a packet capture, offline.
//!
//! ```text
//! source ──capture──▶ Packet ──link, ip──▶ Segment ──tcp──▶ StreamEvent ──tls──▶ StreamEvent
//!                                                                │ in the clear        │
//!                                                                └───────────┬──http───┘
//!                                                                            ▼
//!         bytes ◀──report── Report ◀──verdict── Finding ◀──rules── Event ◀──ws── Tunnel
//! ```
//!
//! Data goes one way. A stage knows the stage before it only by the types it hands on; [`pipeline`]
//! alone knows several and strings them together. Every stage is incremental: it is handed what
//! was captured next and gives what that makes known, so that files, pipes and captures cut in
//! mid-packet go the same road.
//!
//! Three kinds of bad are never mixed. An *error* ([`capture::CaptureError`]) means that the tool
//! cannot go on with an input. A *finding* ([`rules::Finding`]) means that an endpoint broke a
//! rule. A *blind spot* ([`report::BlindSpot`]) means that the capture cannot tell; nobody is ever
//! accused of what it lost.
//!
//! ```
//! use wsblame::pipeline::{Analysis, Options};
//! use wsblame::rules::{self, Rule};
//! use wsblame::script::{Play, write_pcap};
//!
//! // A capture: here the sample of a rule, else a file or any other `Read`.
//! let rule: &Rule = rules::find("client-frame-unmasked").expect("a rule of the catalogue");
//! let capture = write_pcap(&Play::of(rule.breaks));
//!
//! let mut analysis = Analysis::new(Options::default());
//! analysis.read("unmasked.pcap", capture.as_slice());
//! let report = analysis.into_report();
//!
//! let connection = report.connections.first().expect("one WebSocket");
//! assert_eq!(connection.verdict.cause.as_deref(), Some("client-frame-unmasked"));
//! assert_eq!(connection.close.surfaced.client, Some(1002));
//! assert_eq!(connection.close.surfaced.server, Some(1006));
//! ```

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
pub mod tls;
pub mod verdict;
pub mod ws;
