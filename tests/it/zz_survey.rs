use crate::support::{all_samples, analyse};
#[test]
fn survey() {
    for (name, capture) in all_samples() {
        for c in analyse(&capture).connections {
            let v = &c.verdict;
            let f: Vec<String> = c
                .findings
                .iter()
                .map(|f| {
                    format!(
                        "{}{}{}[{:?}]",
                        f.rule,
                        if f.caused_the_end { "!" } else { "" },
                        if f.tolerated { "~" } else { "" },
                        f.at_fault
                    )
                })
                .collect();
            println!(
                "{name}\n   {:?} fault={:?} cause={:?} conf={:?} surf=({:?},{:?}) init={:?} end={:?}/{:?}\n   {}\n   findings {}\n   alt {:?}",
                v.outcome,
                v.at_fault,
                v.cause,
                v.confidence,
                c.close.surfaced.client,
                c.close.surfaced.server,
                c.close.initiator,
                c.close.tcp_end.by,
                c.close.tcp_end.how,
                v.summary,
                f.join(" "),
                v.alternatives
            );
        }
    }
}
