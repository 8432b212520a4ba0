//! Measures with the figures of schools, the collections that ask for them, and the returns of schools.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![definition(), value(), collection(), school_return()]
}

const BASES: [&str; 6] = ["headcount", "participations", "count", "yes_no", "hours", "pence"];

fn definition() -> Table {
    Table::owned("measure_definition")
        .text("code")
        .text("title")
        .text("title_key")
        .text("meaning")
        .text("unit")
        .choice("basis", &BASES)
        .text("population?")
        .json("dimensions")
        .choice("status", &["draft", "published", "retired"])
        .int("edition")
        .uuid("lineage_id")
        .reference("previous_id?", "measure_definition")
        .instant("published_at?")
        .instant("retired_at?")
        .sort("code")
        .sort("title_key")
        .sort("status")
        .unique("edition", &["lineage_id", "edition"])
        .unique("code", &["code", "edition"])
}

fn value() -> Table {
    Table::owned("measure_value")
        .reference("school_id", "school")
        .text("academic_year")
        .text("definition_code")
        .reference("definition_id?", "measure_definition")
        .text("key_stage?")
        .text("year_group?")
        .text("sex?")
        .text("send?")
        .text("pupil_premium?")
        .text("terms?")
        .text("instrument?")
        .reference("provider_id?", "partner")
        .bigint("value?")
        .choice("missing_reason?", &["suppressed", "not_collected", "not_applicable"])
        .choice("source", &["reported", "estimated", "computed", "imported"])
        .boolean("estimated")
        .text("note?")
        .text("breakdown")
        .text("cell")
        .text("row_key")
        .choice("basis", &BASES)
        .boolean("suppressed")
        .sort("academic_year")
        .sort("definition_code")
        .unique("row_key", &["row_key"])
        // The figures of a school for a form, and the parts of one total.
        .index("school", &["hub_id", "school_id", "academic_year", "definition_code", "cell"])
        // Reports over a hub read this index alone.
        .index(
            "measure",
            &[
                "hub_id",
                "academic_year",
                "definition_code",
                "breakdown",
                "school_id",
                "cell",
                "value",
                "suppressed",
                "estimated",
                "archived_at",
            ],
        )
}

fn collection() -> Table {
    Table::owned("collection")
        .text("title")
        .text("title_key")
        .text("academic_year")
        .date("due_on")
        .text("guidance?")
        .json("lines")
        .choice("status", &["draft", "open", "closed"])
        .instant("opened_at?")
        .instant("closed_at?")
        .sort("due_on")
        .sort("title_key")
        .sort("academic_year")
}

fn school_return() -> Table {
    Table::owned("school_return")
        .reference("collection_id", "collection")
        .reference("school_id", "school")
        .choice("status", &["draft", "submitted", "accepted", "sent_back"])
        .text("note?")
        .instant("submitted_at?")
        .int("estimated_lines?")
        .instant("decided_at?")
        .text("status_reason?")
        .sort("status")
        .sort("submitted_at")
        .unique("school", &["collection_id", "school_id"])
        .index("collection", &["hub_id", "collection_id", "status", "school_id", "archived_at"])
}
