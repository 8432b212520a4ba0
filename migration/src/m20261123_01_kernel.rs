//! The hub, and what the kernel keeps for itself.

use sea_orm_migration::prelude::*;

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![hub(), change_counter(), change(), idempotency(), external_id(), signing_key(), secret(), installation()]
}

fn hub() -> Table {
    Table::owned("hub")
        .check(Expr::col("hub_id").equals("id"))
        .text("slug")
        .text("name")
        .text("name_key")
        .json("la_codes")
        .text("lead_organisation?")
        .json("kinds_in_scope")
        .json("settings")
        .boolean("demo")
        .sort("name_key")
        .unique_everywhere("id", &["id"])
        .unique_everywhere("slug", &["slug"])
}

fn change_counter() -> Table {
    Table::plain("change_counter", &["hub_id"]).hub().bigint("last")
}

fn change() -> Table {
    Table::plain("change", &["hub_id", "number"])
        .hub()
        .bigint("number")
        .text("resource")
        .uuid("row_id")
        .bigint("row_version")
        .json("keys")
        .uuid("school_id?")
        .text("operation")
        .instant("at")
        .choice("actor_kind", &["user", "client", "system"])
        .uuid("actor_id?")
        .uuid("actor_person_id?")
        .text("reason?")
        .json("fields")
        .text("request_id?")
        .index("row", &["hub_id", "resource", "row_id", "number"])
        .index("resource", &["hub_id", "resource", "number"])
        .index("school", &["hub_id", "school_id", "number"])
        .index("at", &["hub_id", "at"])
}

fn idempotency() -> Table {
    Table::plain("idempotency", &["hub_id", "digest"])
        .hub()
        .text("digest")
        .text("body_digest")
        .int("status")
        .json("headers")
        .text("body")
        .instant("created_at")
        .index("created_at", &["created_at"])
}

fn external_id() -> Table {
    Table::plain("external_id", &["hub_id", "resource", "system", "external_id"])
        .hub()
        .text("resource")
        .text("system")
        .text("external_id")
        .uuid("row_id")
        .index("row", &["hub_id", "resource", "row_id"])
}

fn signing_key() -> Table {
    Table::plain("signing_key", &["kid"])
        .text("kid")
        .text("private_key")
        .boolean("sealed")
        .text("public_key")
        .instant("created_at")
        .instant("retires_at?")
        .instant("expires_at?")
}

fn secret() -> Table {
    Table::plain("secret", &["name"]).text("name").text("value").boolean("sealed")
}

fn installation() -> Table {
    Table::plain("installation", &["id"]).int("id").check(Expr::col("id").eq(1)).boolean("demo").instant("created_at")
}
