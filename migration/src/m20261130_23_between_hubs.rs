//! Links between hubs, and what they share.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    let sides = ["this_hub", "other_hub"];
    vec![
        Table::owned("hub_link")
            .text("partner_slug")
            // The id of another hub: no reference, since rows refer to rows of their own hub alone.
            .uuid("partner_hub_id?")
            .text("partner_name?")
            .text("note?")
            .choice("status", &["proposed", "offered", "active", "ended"])
            .instant("proposed_at")
            .instant("accepted_at?")
            .instant("ended_at?")
            .choice("ended_by?", &sides)
            .text("end_reason?")
            .sort("partner_slug")
            .sort("proposed_at")
            .index("partner", &["hub_id", "partner_hub_id", "status"])
            .unique("partner_slug", &["partner_slug"]),
        Table::owned("hub_share")
            .reference("link_id", "hub_link")
            .uuid("partner_hub_id")
            .choice("item_kind", &["shared_practice", "framework"])
            .uuid("item_id")
            .text("title")
            .text("title_key")
            .text("from_slug")
            .text("from_name")
            .text("note?")
            .choice("status", &["active", "ended"])
            .instant("shared_at")
            .instant("ended_at?")
            .choice("ended_by?", &sides)
            .text("end_reason?")
            .sort("shared_at")
            .sort_within(&["item_kind", "item_id"], "shared_at")
            // By this the other hub finds what it may read.
            .index("received", &["partner_hub_id", "status", "shared_at", "id"]),
    ]
}
