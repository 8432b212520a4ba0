//! Awards that schools apply for, and their applications.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![scheme(), application()]
}

fn scheme() -> Table {
    Table::owned("award_scheme")
        .text("title")
        .text("title_key")
        .text("description?")
        .reference("framework_id", "framework")
        .int("valid_months")
        .json("levels")
        .json("evidence")
        .choice("status", &["draft", "in_use", "retired"])
        .int("edition")
        .uuid("lineage_id")
        .reference("previous_id?", "award_scheme")
        .instant("in_use_at?")
        .instant("retired_at?")
        .sort("title_key")
        .sort("status")
        .unique("edition", &["lineage_id", "edition"])
}

fn application() -> Table {
    Table::owned("award_application")
        .reference("school_id", "school")
        .reference("scheme_id", "award_scheme")
        .choice("level", &["bronze", "silver", "gold", "platinum"])
        .reference("evaluation_id", "evaluation")
        .json("evidence")
        .reference("renewal_of_id?", "award_application")
        .text("note?")
        .choice("status", &["applied", "assessed", "awarded", "declined"])
        .date("applied_on")
        .reference("applied_by_id?", "person")
        .instant("assessed_at?")
        .reference("assessed_by_id?", "person")
        .text("assessor_notes?")
        .instant("decided_at?")
        .reference("decided_by_id?", "person")
        .text("decision_reason?")
        .date("awarded_on?")
        .date("valid_until?")
        .sort("applied_on")
        .sort("valid_until")
        .sort_within(&["school_id"], "applied_on")
        .sort_within(&["status"], "valid_until")
        .index("reported", &["hub_id", "applied_on", "level", "school_id", "awarded_on", "valid_until"])
}
