//! The sync with a music service's database: sources, runs with their reports, schools' contacts that people decide
//! about, and which row of a source leads to which row of ours.

use crate::table::Table;

/// The logical tables of a source.
const SECTIONS: [&str; 9] = [
    "schools",
    "persons",
    "associations",
    "activities",
    "head_counts",
    "figures",
    "ensemble_members",
    "contracts",
    "user_values",
];

pub fn tables() -> Vec<Table> {
    vec![source(), run(), row(), school_match(), link()]
}

fn source() -> Table {
    Table::owned("sync_source")
        .text("name")
        .choice("kind", &["csv", "postgresql", "mysql", "odbc"])
        .boolean("enabled")
        .choice("schedule_every?", &["hour", "day", "week"])
        .text("schedule_at?")
        .choice("schedule_weekday?", &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
        .instant("next_run_at?")
        .instant("absent_since?")
        .unique("name", &["name"])
        .sort("name")
}

fn run() -> Table {
    Table::owned("sync_run")
        .reference("source_id", "sync_source")
        .boolean("dry_run")
        .choice("started_by", &["person", "schedule", "command"])
        .choice("state", &["queued", "running", "succeeded", "failed", "cancelled"])
        .choice("step?", &["reading", "schools", "people", "figures", "ensembles", "contracts", "writing_back"])
        .bigint("done")
        .bigint("of")
        .bigint("written")
        .json("counts")
        .json("watermarks")
        .text("error_code?")
        .text("error?")
        .boolean("cancel_asked")
        .text("actor_kind")
        .uuid("actor_id?")
        .instant("started_at?")
        .instant("finished_at?")
        .sort_within(&["source_id"], "created_at")
        .index("finished_at", &["hub_id", "finished_at"])
}

fn row() -> Table {
    Table::owned("sync_row")
        .reference("run_id", "sync_run")
        .choice("direction", &["in", "out"])
        .choice("section", &SECTIONS)
        .text("source_table?")
        .text("source_key?")
        .choice(
            "outcome",
            &[
                "created",
                "updated",
                "unchanged",
                "ended",
                "erased",
                "written",
                "missing",
                "rejected",
                "conflict",
                "review",
                "waiting",
                "out_of_area",
                "ignored",
            ],
        )
        .uuid("school_id?")
        .text("code?")
        .text("source_column?")
        .text("message?")
        .json("fields")
        .text("resource?")
        .uuid("item_id?")
        .boolean("written")
        .sort_within(&["run_id"], "created_at")
}

fn school_match() -> Table {
    Table::owned("sync_match")
        .reference("source_id", "sync_source")
        .text("contact_key")
        .text("name?")
        .text("name_key")
        .text("urn?")
        .text("dfe_number?")
        .text("postcode?")
        .text("town?")
        .date("closed_on?")
        .choice(
            "reason",
            &["no_key", "unknown_key", "keys_disagree", "other_authority", "name_elsewhere", "number_of_closed_school"],
        )
        .json("proposals")
        .choice("state", &["open", "matched", "ignored", "settled"])
        .reference("school_id?", "school")
        .text("note?")
        .text("decided_by_kind?")
        .uuid("decided_by_id?")
        .instant("decided_at?")
        .instant("reopened_at?")
        .text("fingerprint")
        .unique("contact_key", &["source_id", "contact_key"])
        .sort("name_key")
        .sort_within(&["state"], "name_key")
}

fn link() -> Table {
    Table::owned("sync_link")
        .reference("source_id", "sync_source")
        .choice("section", &SECTIONS)
        .text("source_key")
        .text("resource?")
        .uuid("item_id?")
        .text("fingerprint")
        .json("fields")
        .instant("missing_since?")
        .unique("source_key", &["source_id", "section", "source_key"])
        .index("item_id", &["hub_id", "item_id"])
}
