//! The plan, its tree and its progress.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        plan(),
        plan_year(),
        objective(),
        strand(),
        cohort(),
        cohort_member(),
        target(),
        milestone(),
        resource_line(),
        budget_line(),
        progress_update(),
        approval(),
    ]
}

fn plan() -> Table {
    let kinds = ["school_music_education_plan", "local_plan", "inclusion", "progression", "other"];
    Table::owned("plan")
        .choice("kind", &kinds)
        .text("title")
        .text("title_key")
        .text("motto?")
        .text("lead_group?")
        .json("supporters")
        .text("acknowledgement?")
        .choice("status", &["draft", "proposed", "active", "closed"])
        .int("revision")
        .reference("copied_from_id?", "plan")
        .instant("proposed_at?")
        .instant("activated_at?")
        .instant("closed_at?")
        .sort("title_key")
        .sort("status")
}

/// A table whose rows belong to a plan, listed within it by its id.
fn of_plan(name: &'static str) -> Table {
    Table::owned(name).reference("plan_id", "plan")
}

fn plan_year() -> Table {
    of_plan("plan_year")
        .text("label")
        .date("first_day")
        .date("last_day")
        .sort("first_day")
        .unique("label", &["plan_id", "label"])
}

fn objective() -> Table {
    of_plan("objective")
        .int("number")
        .text("title")
        .json("functions")
        .json("leads")
        .json("monitors")
        .sort("number")
        .sort_within(&["plan_id"], "number")
}

fn strand() -> Table {
    of_plan("strand")
        .reference("objective_id", "objective")
        .int("position")
        .text("label")
        .text("text")
        .json("leads")
        .json("monitors")
        .sort("position")
        .sort_within(&["objective_id"], "position")
}

fn cohort() -> Table {
    of_plan("cohort")
        .reference("plan_year_id?", "plan_year")
        .int("number")
        .text("name")
        .text("description?")
        .date("frozen_on?")
        .sort("number")
        .sort_within(&["plan_id"], "number")
}

fn cohort_member() -> Table {
    of_plan("cohort_member")
        .reference("cohort_id", "cohort")
        .reference("school_id", "school")
        .unique("school", &["cohort_id", "school_id"])
}

fn target() -> Table {
    let units = ["percent", "count", "fte", "days", "pence", "schools", "people", "sessions", "other"];
    of_plan("target")
        .reference("objective_id", "objective")
        .reference("plan_year_id", "plan_year")
        .int("position")
        .json("strand_ids")
        .choice("kind", &["measured", "text"])
        .text("statement")
        .double("baseline?")
        .choice("comparator?", &["at_least", "at_most", "equal"])
        .double("value?")
        .choice("unit?", &units)
        .text("metric?")
        .json("metric_filter?")
        .reference("cohort_id?", "cohort")
        .text("population?")
        .date("starts_on?")
        .json("dues")
        .date("last_due_on?")
        .json("leads")
        .json("monitors")
        .sort("position")
        .sort("last_due_on")
        .sort_within(&["objective_id"], "position")
}

fn milestone() -> Table {
    of_plan("milestone")
        .reference("objective_id", "objective")
        .reference("plan_year_id", "plan_year")
        .int("position")
        .json("strand_ids")
        .text("statement")
        .json("dues")
        .date("last_due_on?")
        .json("leads")
        .json("monitors")
        .sort("position")
        .sort("last_due_on")
        .sort_within(&["objective_id"], "position")
}

fn resource_line() -> Table {
    of_plan("resource_line")
        .reference("objective_id", "objective")
        .reference("strand_id?", "strand")
        .int("position")
        .text("text")
        .sort("position")
        .sort_within(&["objective_id"], "position")
}

fn budget_line() -> Table {
    of_plan("budget_line")
        .reference("objective_id", "objective")
        .reference("strand_id?", "strand")
        .int("position")
        .choice("kind", &["cash", "in_kind", "within_roles"])
        .text("source?")
        .text("text?")
        .bigint("amount_pence?")
        .double("days?")
        .bigint("spent_pence?")
        .double("spent_days?")
        .sort("position")
        .sort_within(&["objective_id"], "position")
}

fn progress_update() -> Table {
    of_plan("progress_update")
        .reference("target_id", "target")
        .date("on_date")
        .double("value?")
        .choice("opinion?", &["red", "amber", "green"])
        .text("narrative")
        .json("evidence_links")
        .choice("decision", &["pending", "accepted", "sent_back"])
        .reference("author_user_id?", "user")
        .reference("author_person_id?", "person")
        .reference("decided_by_user_id?", "user")
        .instant("decided_at?")
        .text("decision_note?")
        .sort("on_date")
        .sort_within(&["target_id"], "on_date")
}

fn approval() -> Table {
    of_plan("approval")
        .bigint("plan_version")
        .text("body")
        .date("approved_on")
        .text("minute_reference?")
        .text("note?")
        .reference("recorded_by_user_id?", "user")
        .sort("approved_on")
}
