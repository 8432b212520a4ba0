//! Practice that is shared with schools, and who opened it.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![shared_practice(), shared_practice_audience(), practice_opening()]
}

fn shared_practice() -> Table {
    Table::owned("shared_practice")
        .choice("kind", &["case_study", "video", "resource"])
        .text("title")
        .text("title_key")
        .text("text?")
        .text("link?")
        .reference("school_id?", "school")
        .choice("audience", &["all", "chosen"])
        .json("to_school_ids?")
        .json("to_school_group_ids?")
        .reference("consent_by_id?", "person")
        .text("consent_by?")
        .date("consent_confirmed_on?")
        .date("consent_until?")
        .text("note?")
        .choice("status", &["draft", "published", "withdrawn"])
        .text("status_reason?")
        .date("published_on?")
        .date("withdrawn_on?")
        .text("search_key")
        .sort("title_key")
        .sort("published_on")
        .sort_within(&["status"], "published_on")
}

fn shared_practice_audience() -> Table {
    Table::owned("shared_practice_audience")
        .reference("shared_practice_id", "shared_practice")
        .reference("school_id?", "school")
        .reference("school_group_id?", "school_group")
        .date("from_on")
        .date("to_on?")
        .index("given", &["hub_id", "to_on", "school_id", "school_group_id", "shared_practice_id"])
}

fn practice_opening() -> Table {
    Table::owned("practice_opening")
        .reference("shared_practice_id", "shared_practice")
        .reference("school_id", "school")
        .date("opened_on")
        .sort("opened_on")
        .sort_within(&["school_id"], "opened_on")
        .unique("opened_on", &["shared_practice_id", "school_id", "opened_on"])
}
