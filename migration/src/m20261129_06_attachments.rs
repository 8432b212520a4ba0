//! Files attached to items.

use sea_orm_migration::prelude::{Expr, ExprTrait};

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        Table::owned("attachment")
            .text("collection")
            .uuid("item_id")
            .text("file_name")
            .choice(
                "media_type",
                &[
                    "application/pdf",
                    "image/jpeg",
                    "image/png",
                    "image/webp",
                    "text/plain",
                    "text/csv",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                    "application/vnd.oasis.opendocument.text",
                    "application/vnd.oasis.opendocument.spreadsheet",
                    "application/vnd.oasis.opendocument.presentation",
                ],
            )
            .bigint("size_bytes")
            .text("sha256")
            .choice("stored_in", &["database", "folder"])
            .choice("actor_kind", &["user", "client", "system"])
            .uuid("actor_id?")
            .reference("added_by_id?", "person")
            .check(Expr::col("size_bytes").gt(0))
            .sort_within(&["collection", "item_id"], "created_at")
            .sort_within(&["collection", "item_id"], "file_name"),
        Table::plain("attachment_part", &["hub_id", "attachment_id", "number"])
            .hub()
            .reference("attachment_id", "attachment")
            .int("number")
            .blob("content"),
    ]
}
