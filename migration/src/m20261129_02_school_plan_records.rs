//! Music in the plans of schools, year by year.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![
        Table::owned("school_plan_record")
            .reference("school_id", "school")
            .text("academic_year")
            .boolean("in_development_plan?")
            .boolean("in_self_evaluation?")
            .boolean("includes_first_access?")
            .boolean("includes_continuation?")
            .boolean("includes_singing?")
            .boolean("includes_partnership?")
            .boolean("has_plan?")
            .text("summary_url?")
            .date("summary_published_on?")
            .reference("music_lead_id?", "person")
            .date("checked_on?")
            .reference("checked_by_id?", "person")
            .date("next_due_on?")
            .text("note?")
            .sort("academic_year")
            .sort("next_due_on")
            .unique("academic_year", &["school_id", "academic_year"])
            .index("published", &["hub_id", "academic_year", "school_id", "summary_published_on"]),
    ]
}
