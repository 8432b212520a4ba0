//! Where changes are sent as they happen, how far each receiver has come, and what was sent.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![webhook(), progress(), delivery()]
}

fn webhook() -> Table {
    Table::owned("webhook")
        .text("name")
        .text("name_key")
        .reference("client_id", "client")
        .text("url")
        .json("resources")
        .json("operations")
        .json("school_ids")
        .choice("state", &["active", "paused", "disabled"])
        .choice("disabled_reason?", &["gone", "failing"])
        .instant("disabled_at?")
        .text("secret_salt")
        .text("previous_salt?")
        .instant("previous_secret_until?")
        .sort("name_key")
}

/// What changes with each delivery stands apart from what people edit.
fn progress() -> Table {
    Table::owned("webhook_progress")
        .reference("webhook_id", "webhook")
        .bigint("reached")
        .instant("due_at")
        .uuid("run?")
        .instant("run_until?")
        .instant("failing_since?")
        .instant("delivered_at?")
        .unique("webhook_id", &["webhook_id"])
}

fn delivery() -> Table {
    Table::owned("webhook_delivery")
        .reference("webhook_id", "webhook")
        .text("message_id")
        .text("event_type")
        .bigint("number?")
        .text("resource?")
        .uuid("item_id?")
        .choice("state", &["pending", "delivered", "failed", "withheld"])
        .int("attempts")
        .json("attempt_log")
        .text("url?")
        .instant("sent_at?")
        .int("request_bytes?")
        .int("duration_ms?")
        .int("reply_status?")
        .text("reply_body?")
        .text("error?")
        .instant("ended_at?")
        .unique("message_id", &["webhook_id", "message_id"])
        .sort_within(&["webhook_id"], "created_at")
        .sort("ended_at")
        .index("webhook_id_state_number", &["hub_id", "webhook_id", "state", "number"])
}
