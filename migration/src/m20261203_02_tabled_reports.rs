//! Reports as they were put before meetings.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![tabled_report(), tabled_report_text()]
}

fn tabled_report() -> Table {
    Table::owned("tabled_report")
        .reference("meeting_id", "meeting")
        .text("title")
        .text("title_key")
        .text("note?")
        .text("report")
        .uuid("item_id?")
        .text("query?")
        .choice("format", &["json", "csv", "xlsx", "html"])
        .text("scope")
        .text("file_name")
        .text("content_type")
        .text("content_policy?")
        .bigint("size_bytes")
        .text("sha256")
        .date("tabled_on")
        .reference("tabled_by_id?", "person")
        .sort("tabled_on")
        .sort("title_key")
        .sort_within(&["meeting_id"], "tabled_on")
        .sort_within(&["report"], "tabled_on")
}

/// The content of the ones that are text. A workbook is a file of its item.
fn tabled_report_text() -> Table {
    Table::plain("tabled_report_text", &["hub_id", "id"]).hub().reference("id", "tabled_report").text("content")
}
