//! Frameworks with their sections and criteria.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![framework(), section(), criterion()]
}

fn framework() -> Table {
    let kinds = ["self_evaluation", "visit_audit", "lesson_observation", "peer_review", "award"];
    Table::owned("framework")
        .choice("kind", &kinds)
        .text("title")
        .text("title_key")
        .json("phases")
        .text("description?")
        .text("source?")
        .choice("status", &["draft", "pilot", "published", "retired"])
        .int("edition")
        .uuid("lineage_id")
        .reference("previous_id?", "framework")
        .instant("piloted_at?")
        .instant("published_at?")
        .instant("retired_at?")
        .sort("title_key")
        .sort("status")
        .sort("published_at")
        .unique("edition", &["lineage_id", "edition"])
}

/// A table whose rows belong to a framework, listed within it by its id.
fn of_framework(name: &'static str) -> Table {
    Table::owned(name).reference("framework_id", "framework")
}

fn section() -> Table {
    of_framework("framework_section")
        .int("position")
        .text("title")
        .text("guidance?")
        .uuid("lineage_id")
        .sort("position")
        .sort_within(&["framework_id"], "position")
        .index("lineage", &["hub_id", "lineage_id"])
}

fn criterion() -> Table {
    of_framework("framework_criterion")
        .reference("section_id", "framework_section")
        .int("position")
        .text("statement")
        .text("search_key")
        .text("guidance?")
        .text("evidence?")
        .json("levels")
        .int("weight?")
        .uuid("lineage_id")
        .reference("previous_id?", "framework_criterion")
        .sort("position")
        .sort_within(&["section_id"], "position")
        .index("lineage", &["hub_id", "lineage_id"])
}
