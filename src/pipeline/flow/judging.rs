//! From what was read of a connection to its report.
//!
//! In: one WebSocket, or one attempt to open one, and the connection that it was on. Out: its
//! report. Here the rules are asked that look at a handshake or at everything.

use super::Flow;
use crate::endpoint::{PerSide, Side};
use crate::http::Handshake;
use crate::pipeline::assemble::{Case, connection_report};
use crate::pipeline::conversation::Milestone;
use crate::pipeline::dispute;
use crate::pipeline::failed_tls::failed_report;
use crate::pipeline::findings::Findings;
use crate::pipeline::identity::{Identity, Judged, Reused};
use crate::pipeline::inferred::{Unread, inferred_report};
use crate::pipeline::secure::Secure;
use crate::pipeline::tls_report::put_in_tls;
use crate::rules::{self, Check, Facts, Frames};
use crate::tcp::Range64;
use crate::tls::Keys;
use crate::verdict;

/// One WebSocket, or one attempt to open one.
pub(super) struct Subject {
    pub(super) handshake: Handshake,
    /// Whether the handshake was not captured.
    pub(super) midstream: bool,
    pub(super) frames: PerSide<Frames>,
    pub(super) milestones: Vec<Milestone>,
    pub(super) findings: Findings,
}

impl Flow {
    /// Judges one WebSocket, or one attempt, of this connection.
    pub(super) fn judge(&self, subject: Subject, reused: &Reused) -> Judged {
        let Subject { mut handshake, midstream, mut frames, mut milestones, mut findings } =
            subject;
        let carrier = self.carrier();
        let tcp = PerSide::from_fn(|side| carrier.summary(side));
        for side in Side::BOTH {
            if let Some(from) = tcp[side].disputed_from() {
                dispute::forget_handshake(&mut handshake, &mut frames, side, from);
                dispute::forget_frames(&mut frames[side], from);
                milestones.retain(|milestone| milestone.side != side || milestone.end <= from);
            }
        }
        let identity = Identity::of(&handshake, carrier);
        handshake.key_used_before = reused.before(self.birth, &handshake);
        for rule in rules::all() {
            if let Check::Handshake(check) = rule.check
                && let Some(breach) = check(&handshake)
            {
                // On a long connection the packets of its first bytes have been forgotten.
                let request = handshake.request.as_ref().map(|request| &request.head);
                let response = handshake.response.as_ref().map(|response| &response.head);
                let judged = match breach.place.map(|place| place.side) {
                    Some(Side::Server) => response,
                    _ => request,
                };
                let packets = judged.map(|head| head.packets.as_slice()).unwrap_or_default();
                let range = request.map(|head| head.range).unwrap_or_default();
                findings.add_or_cite(rule, Side::Client, breach, range, &[], carrier, packets);
            }
        }
        let mut facts = Facts {
            deflate: handshake.agreement().deflate,
            handshake,
            tls: self.secure.as_deref().map(|secure| secure.facts().clone()),
            tcp,
            frames,
            midstream,
            violated: PerSide::from_fn(|side| findings.blames_bytes_of(side)),
            span: (self.tcp.first, self.tcp.last),
            clock_doubt: self.tcp.clock_doubt(),
            clock_offset: self.tcp.clock_offset(),
        };
        for rule in rules::all() {
            let Check::End(check) = rule.check else { continue };
            for side in Side::BOTH {
                let Some(breach) = check(&facts, side) else { continue };
                let end = facts.tcp[side].end;
                let range = Range64 { start: end.saturating_sub(1), end };
                findings.add(rule, side, breach, range, &[], carrier);
                facts.violated[side] = findings.blames_bytes_of(side);
            }
        }
        let mut findings = findings.list;
        findings.iter_mut().for_each(|finding| dispute::acquit(finding, &facts));
        let verdict = verdict::judge(&facts, &mut findings);
        let endpoints = self.tcp.endpoints;
        let mut report = connection_report(Case {
            stream: self.birth,
            endpoints,
            layers: self.layers.clone(),
            transport: PerSide::from_fn(|side| self.tcp.summary(side)),
            facts,
            findings,
            verdict,
            milestones,
        });
        if let Some(secure) = &self.secure {
            put_in_tls(&mut report, secure.facts());
        }
        Judged { report, identity }
    }

    /// The report on a connection in TLS of which nothing was read: if its handshake failed and it
    /// may have been for a WebSocket, or if it looks like one.
    pub(super) fn infer(&self, secure: &Secure) -> Option<Judged> {
        let found = secure.infer(&PerSide::from_fn(|side| self.tcp.summary(side)));
        let place = (self.birth, self.layers.clone());
        let unread = Unread::of(&self.tcp, place, secure.facts(), found);
        let inferred = |unread| match secure.facts().keys {
            Keys::Found => None,
            _ => inferred_report(unread),
        };
        let report = failed_report(&unread).or_else(|| inferred(unread))?;
        Some(Judged { report, identity: None })
    }
}
