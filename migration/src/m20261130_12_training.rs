//! Training events, and who attended them.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![event(), attendance()]
}

fn event() -> Table {
    Table::owned("training_event")
        .text("title")
        .choice("kind", &["training", "peer_to_peer", "moderation", "briefing"])
        .instant("starts_at")
        .instant("ends_at")
        .text("place?")
        .text("online_link?")
        .reference("host_school_id?", "school")
        .reference("host_partner_id?", "partner")
        .int("places?")
        .int("places_taken")
        .text("description?")
        .date("book_until?")
        .text("qualification?")
        .text("qualification_key?")
        .int("qualification_months?")
        .choice("audience", &["all_schools", "chosen_schools", "hub_staff"])
        .json("school_ids?")
        .choice("status", &["planned", "open", "closed", "held", "cancelled"])
        .text("status_reason?")
        .instant("announced_at?")
        .text("search_key")
        .sort("starts_at")
        .sort("book_until")
        .sort_within(&["status"], "starts_at")
        .index("sessions", &["hub_id", "status", "kind", "starts_at", "archived_at"])
}

fn attendance() -> Table {
    Table::owned("attendance")
        .reference("event_id", "training_event")
        .reference("person_id", "person")
        .reference("school_id?", "school")
        .choice("result?", &["attended", "absent"])
        .int("feedback_score?")
        .text("feedback_text?")
        .choice("status", &["waiting", "booked", "attended", "absent", "cancelled"])
        .text("status_reason?")
        .reference("booked_by_id?", "person")
        .date("attended_on?")
        .date("valid_until?")
        .sort("attended_on")
        .sort("valid_until")
        .sort_within(&["event_id", "status"], "created_at")
        .sort_within(&["person_id"], "created_at")
        .sort_within(&["school_id"], "created_at")
        .index("trained", &["hub_id", "status", "attended_on", "valid_until", "archived_at", "event_id", "person_id"])
}
