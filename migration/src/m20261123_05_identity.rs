//! Who signs in to a hub, and with which rights.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![user(), grant(), client(), session(), refresh_token(), sign_in_failure()]
}

fn user() -> Table {
    Table::owned("user")
        .reference("person_id", "person")
        .text("email")
        .text("email_key")
        .text("password_hash?")
        .boolean("must_change_password")
        .instant("disabled_at?")
        .instant("tokens_valid_from")
        .sort("email_key")
        .unique("email", &["email_key"])
        .unique_everywhere("id", &["id"])
        // At sign-in the hub is not known yet.
        .index("email_alone", &["email_key"])
}

fn grant() -> Table {
    let roles = [
        "head_of_service",
        "deputy_head_of_service",
        "business_manager",
        "administrator",
        "area_music_leader",
        "music_leader",
        "strategy_development_manager",
        "singing_development_leader",
        "communications_manager",
        "specialist_leader",
        "governor",
        "executive",
        "monitor",
        "school_head",
        "school_staff",
        "provider",
        "platform_administrator",
    ];
    Table::owned("grant")
        .reference("user_id", "user")
        .choice("role", &roles)
        .reference("school_id?", "school")
        .reference("school_group_id?", "school_group")
        .reference("partner_id?", "partner")
        .date("from_on")
        .date("to_on?")
        .reference("delegated_by?", "user")
        .text("reason?")
        .sort("from_on")
}

fn client() -> Table {
    Table::owned("client")
        .text("name")
        .text("name_key")
        .text("secret_hash")
        .json("scopes")
        .text("system?")
        .instant("disabled_at?")
        .instant("tokens_valid_from")
        .sort("name_key")
        // Its token names no hub.
        .unique_everywhere("id", &["id"])
}

fn session() -> Table {
    Table::owned("session")
        .reference("user_id", "user")
        .reference("grant_id", "grant")
        .text("scope?")
        .instant("expires_at")
        .instant("revoked_at?")
        .text("revoked_reason?")
}

fn refresh_token() -> Table {
    Table::plain("refresh_token", &["hash"])
        .text("hash")
        .hub()
        .reference("session_id", "session")
        .text("parent_hash?")
        .text("successor_hash?")
        .instant("created_at")
        .instant("expires_at")
        .instant("used_at?")
        .index("session_id", &["hub_id", "session_id"])
}

fn sign_in_failure() -> Table {
    Table::plain("sign_in_failure", &["id"])
        .uuid("id")
        .text("account_key")
        .text("address_key")
        .instant("at")
        .index("account_key", &["account_key", "at"])
        .index("address_key", &["address_key", "at"])
        .index("at", &["at"])
}
