//! Stakeholder groups, meetings, messages to schools and what was answered to them.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![stakeholder_group(), meeting(), communication(), communication_recipient(), consultation_response()]
}

fn stakeholder_group() -> Table {
    let kinds =
        ["governors", "head_teachers", "academy_chain", "teaching_school_alliance", "network", "local_authority"];
    Table::owned("stakeholder_group")
        .text("name")
        .text("name_key")
        .choice("kind", &kinds)
        .choice("place", &["city", "county", "city_and_county"])
        .json("members")
        .date("from_on?")
        .date("to_on?")
        .text("note?")
        .sort("name_key")
        .sort("from_on")
        .unique("name", &["name_key"])
}

fn meeting() -> Table {
    Table::owned("meeting")
        .choice("kind", &["consultation", "governance", "area_group", "curriculum_planning", "other"])
        .text("title")
        .text("title_key")
        .instant("starts_at")
        .instant("ends_at")
        .text("place?")
        .json("stakeholder_group_ids")
        .reference("area_id?", "area")
        .json("agenda")
        .json("attendance")
        .text("notes?")
        .json("decisions")
        .date("minutes_agreed_on?")
        .choice("status", &["planned", "held", "minuted", "cancelled"])
        .text("status_reason?")
        .text("search_key")
        .sort("starts_at")
        .sort("title_key")
        .sort_within(&["kind"], "starts_at")
        .sort_within(&["status"], "starts_at")
}

fn communication() -> Table {
    Table::owned("communication")
        .text("title")
        .text("title_key")
        .text("about?")
        .choice("kind", &KINDS)
        .choice("channel", &["email", "letter", "telephone", "meeting", "visit", "online"])
        .text("body?")
        .text("link?")
        .json("to_area_ids?")
        .json("to_school_group_ids?")
        .json("to_phases?")
        .json("to_la_codes?")
        .json("to_school_ids?")
        .boolean("to_out_of_scope")
        .boolean("to_unreached_only")
        .text("contact_job_role?")
        .json("stakeholder_group_ids?")
        .text("note?")
        .choice("status", &["draft", "sent", "closed", "withdrawn"])
        .text("status_reason?")
        .instant("sent_at?")
        .date("sent_on?")
        .reference("sent_by_id?", "person")
        .int("recipient_count?")
        .instant("closed_at?")
        .text("search_key")
        .sort("sent_at")
        .sort("title_key")
        .sort_within(&["kind"], "sent_on")
        .sort_within(&["status"], "sent_at")
}

/// The kinds of message.
const KINDS: [&str; 6] = ["newsletter", "announcement", "invitation", "survey", "consultation", "other"];

fn communication_recipient() -> Table {
    Table::owned("communication_recipient")
        .reference("communication_id", "communication")
        .reference("school_id", "school")
        .reference("person_id?", "person")
        .choice("kind", &KINDS)
        .date("sent_on")
        .choice("outcome", &["reached", "not_reached", "unknown"])
        .date("reached_on?")
        .text("reason?")
        .text("note?")
        .sort("sent_on")
        .sort("reached_on")
        .sort_within(&["school_id"], "sent_on")
        .sort_within(&["communication_id", "outcome"], "sent_on")
        .unique("school_id", &["communication_id", "school_id"])
        // The figures of reach follow from it alone.
        .index("reach", &["hub_id", "sent_on", "school_id", "kind", "outcome", "reached_on", "archived_at"])
}

fn consultation_response() -> Table {
    Table::owned("consultation_response")
        .reference("communication_id?", "communication")
        .reference("meeting_id?", "meeting")
        .reference("stakeholder_group_id?", "stakeholder_group")
        .reference("school_id?", "school")
        .reference("answered_by_id?", "person")
        .text("answered_by?")
        .date("answered_on?")
        .boolean("buy_in?")
        .text("comments?")
        .text("search_key")
        .sort("answered_on")
        .sort_within(&["school_id"], "answered_on")
        // Empty columns are no two alike, so that each index holds for the answers that have both of its columns.
        .unique("school_id", &["communication_id", "school_id"])
        .unique("stakeholder_group_id", &["communication_id", "stakeholder_group_id"])
        .unique("meeting_school_id", &["meeting_id", "school_id"])
        .unique("meeting_stakeholder_group_id", &["meeting_id", "stakeholder_group_id"])
}
