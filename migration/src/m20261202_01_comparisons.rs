//! Metrics that hubs compare.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        Table::owned("metric_comparison")
            .text("metric")
            .text("note?")
            .sort("metric")
            .unique("metric", &["metric"])
            // By this the hubs that compare a metric are found.
            .index("hubs", &["metric", "hub_id"]),
    ]
}
