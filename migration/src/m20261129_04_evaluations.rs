//! Evaluations with their responses, the levels of judges, submissions and invitations.

use crate::table::Table;

pub fn tables() -> Vec<Table> {
    vec![evaluation(), response(), judgement(), submission(), invitation()]
}

fn evaluation() -> Table {
    Table::owned("evaluation")
        .reference("school_id", "school")
        .reference("framework_id", "framework")
        .choice("kind", &["self_evaluation", "visit_audit", "lesson_observation", "peer_review", "award"])
        .text("academic_year")
        .text("self_evaluation_year?")
        .choice("status", &["draft", "submitted", "in_moderation", "agreed", "returned"])
        .int("round")
        .text("note?")
        .text("comments?")
        .instant("submitted_at?")
        .reference("submitted_by_id?", "person")
        .instant("moderation_began_at?")
        .instant("decided_at?")
        .reference("decided_by_id?", "person")
        .sort("academic_year")
        .sort("submitted_at")
        .sort_within(&["school_id"], "academic_year")
        .sort_within(&["framework_id"], "academic_year")
        .sort_within(&["status"], "academic_year")
        .index("year_kind", &["hub_id", "academic_year", "kind", "status", "school_id"])
        .unique("academic_year", &["school_id", "self_evaluation_year"])
}

/// A table whose rows belong to an evaluation.
fn of_evaluation(name: &'static str) -> Table {
    Table::owned(name).reference("evaluation_id", "evaluation")
}

fn response() -> Table {
    of_evaluation("evaluation_response")
        .reference("criterion_id", "framework_criterion")
        .int("position")
        .int("levels")
        .int("level?")
        .boolean("not_applicable")
        .text("reason?")
        .text("evidence?")
        .json("evidence_links")
        .text("next_step?")
        .int("agreed_level?")
        .instant("answered_at?")
        .reference("answered_by_id?", "person")
        .sort("position")
        .sort_within(&["evaluation_id"], "position")
        .unique("criterion_id", &["evaluation_id", "criterion_id"])
}

fn judgement() -> Table {
    of_evaluation("evaluation_judgement")
        .reference("criterion_id", "framework_criterion")
        .reference("judge_id", "person")
        .int("round")
        .instant("shared_at?")
        .int("level")
        .text("comment?")
        .unique("criterion_id", &["evaluation_id", "criterion_id", "judge_id", "round"])
}

fn submission() -> Table {
    of_evaluation("evaluation_submission")
        .int("round")
        .json("answers")
        .reference("submitted_by_id?", "person")
        .choice("decision?", &["agreed", "returned", "withdrawn"])
        .text("comments?")
        .instant("decided_at?")
        .reference("decided_by_id?", "person")
        .sort("round")
        .unique("round", &["evaluation_id", "round"])
}

fn invitation() -> Table {
    of_evaluation("evaluation_invitation")
        .reference("person_id", "person")
        .choice("part", &["moderator", "peer_reviewer"])
        .choice("status", &["open", "declined", "withdrawn", "completed"])
        .date("ends_on?")
        .text("message?")
        .instant("ended_at?")
        .sort("ends_on")
        .index("person_status", &["hub_id", "person_id", "status", "evaluation_id"])
        .index("evaluation_status", &["hub_id", "evaluation_id", "status"])
}
