//! Ratings of schools, the schemes by which they are computed, and the computations for a whole hub.

use crate::table::Table;

const COLOURS: [&str; 3] = ["red", "amber", "green"];

pub fn tables() -> Vec<Table> {
    vec![scheme(), rating(), recomputation()]
}

fn scheme() -> Table {
    Table::owned("rag_scheme")
        .text("title")
        .text("title_key")
        .text("description?")
        .json("criteria")
        .int("amber_from")
        .int("red_from")
        .int("least_with_data")
        .choice("targeted_from", &COLOURS)
        .int("valid_months")
        .choice("status", &["draft", "active", "retired"])
        .int("edition")
        .uuid("lineage_id")
        .reference("previous_id?", "rag_scheme")
        .instant("activated_at?")
        .instant("retired_at?")
        .sort("title_key")
        .sort("status")
        .sort("activated_at")
        .unique("edition", &["lineage_id", "edition"])
}

fn rating() -> Table {
    Table::owned("rag_rating")
        .reference("school_id", "school")
        .reference("scheme_id?", "rag_scheme")
        .uuid("visit_id?")
        .date("on_date")
        .choice("colour", &COLOURS)
        .int("need?")
        .json("scores")
        .choice("source", &["computed", "visit", "by_hand"])
        .text("reason?")
        .date("valid_until?")
        .choice("support_code?", &["universal", "targeted"])
        .choice("status", &["suggestion", "accepted", "dismissed"])
        .instant("decided_at?")
        .date("shared_on?")
        .sort("on_date")
        .sort("valid_until")
        .sort_within(&["status"], "on_date")
        // The current rating of a school at any date is read from this index alone.
        .index(
            "school",
            &["hub_id", "school_id", "status", "on_date", "id", "colour", "valid_until", "shared_on", "archived_at"],
        )
        .index("visit", &["hub_id", "visit_id"])
}

fn recomputation() -> Table {
    Table::owned("rag_recomputation")
        .reference("scheme_id", "rag_scheme")
        .date("on_date")
        .int("schools")
        .int("computed")
        .int("suggested")
        .int("replaced")
        .int("unchanged")
        .int("without_data")
        .uuid("after_school_id?")
}
