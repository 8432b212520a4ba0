//! Observations of lessons.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![observation()]
}

fn observation() -> Table {
    Table::owned("observation")
        .reference("school_id", "school")
        .reference("framework_id", "framework")
        .reference("visit_id?", "visit")
        .date("observed_on")
        .choice("key_stage", &["eyfs", "ks1", "ks2", "ks3", "ks4", "ks5"])
        .text("class_name")
        .reference("observer_id", "person")
        .reference("second_observer_id?", "person")
        .json("observer_levels")
        .json("second_observer_levels")
        .json("agreed_levels")
        .text("note?")
        .sort("observed_on")
        .sort_within(&["school_id"], "observed_on")
}
