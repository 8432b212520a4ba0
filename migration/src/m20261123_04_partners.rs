//! Partners of the hub, and the words it uses.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![partner(), glossary_term()]
}

fn partner() -> Table {
    let kinds = [
        "organisation",
        "school",
        "venue",
        "hub",
        "trust",
        "local_authority",
        "broadcaster",
        "supplier",
        "charity",
        "person",
        "other",
    ];
    Table::owned("partner")
        .text("name")
        .text("name_key")
        .choice("kind", &kinds)
        .json("roles")
        .text("note?")
        .reference("school_id?", "school")
        .reference("school_group_id?", "school_group")
        .text("website?")
        .json("external_ids")
        .sort("name_key")
}

fn glossary_term() -> Table {
    Table::owned("glossary_term")
        .text("code")
        .text("code_key")
        .text("meaning")
        .sort("code_key")
        .unique("code", &["code_key"])
}
