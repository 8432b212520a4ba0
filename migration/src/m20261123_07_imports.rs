//! Imports with the rows that they stage, and how schools follow from one another.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![import(), import_row(), school_link()]
}

fn import() -> Table {
    Table::owned("import")
        .choice("source", &["gias-register", "gias-links", "gias-group-links"])
        .choice("mode", &["each", "atomic"])
        .boolean("dry_run")
        .choice("state", &["queued", "reading", "applying", "finished", "failed", "cancelled"])
        .text("file_name?")
        .bigint("bytes")
        .bigint("bytes_read")
        .text("encoding?")
        .json("missing_columns")
        .bigint("read")
        .bigint("created")
        .bigint("updated")
        .bigint("unchanged")
        .bigint("rejected")
        .bigint("out_of_area")
        .bigint("missing_from_source")
        .bigint("implied")
        .bigint("warned")
        .bigint("to_write")
        .bigint("written")
        .bigint("written_to")
        .text("note?")
        .text("error_code?")
        .text("error?")
        .choice("actor_kind", &["user", "client", "system"])
        .uuid("actor_id?")
        .uuid("owner")
        .instant("heartbeat_at")
        .boolean("cancel_asked")
        .instant("started_at?")
        .instant("read_at?")
        .instant("finished_at?")
        .index("state", &["state", "heartbeat_at"])
}

fn import_row() -> Table {
    let outcomes = ["created", "updated", "unchanged", "rejected", "out_of_area", "missing_from_source", "implied"];
    // The import's hub is the row's: one reference to check for each of many rows is enough.
    Table::plain("import_row", &["hub_id", "import_id", "number"])
        .uuid("hub_id")
        .reference("import_id", "import")
        .bigint("number")
        .bigint("line?")
        .choice("outcome", &outcomes)
        .int("urn?")
        .text("code?")
        .text("source_column?")
        .text("message?")
        .json("warnings?")
        .json("affects?")
        .text("resource?")
        .text("operation?")
        .uuid("row_id?")
        .uuid("school_id?")
        .bigint("base_version?")
        .json("keys?")
        .json("fields?")
        .json("planned?")
        .index("outcome", &["hub_id", "import_id", "outcome", "number"])
}

fn school_link() -> Table {
    Table::owned("school_link")
        .reference("school_id", "school")
        .int("link_urn")
        .choice("relation", &["predecessor", "successor", "merged", "other"])
        .text("link_type?")
        .date("established_on?")
        .sort("established_on")
        .unique("link_urn", &["school_id", "link_urn", "link_type"])
}
