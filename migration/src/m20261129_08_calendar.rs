//! Secret addresses of calendars.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        Table::owned("calendar_link")
            .reference("user_id", "user")
            .reference("grant_id", "grant")
            .text("secret_hash")
            .unique("user", &["user_id"]),
    ]
}
