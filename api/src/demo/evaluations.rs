//! Evaluations of schools, in every state: self-evaluations, and audits before first visits.

use entity::frameworks::criterion;
use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_judgement as judgement;
use entity::frameworks::evaluation_response as response;
use entity::frameworks::evaluation_submission as submission;
use entity::frameworks::framework::FrameworkKind;
use entity::row::{Meta, Row};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::json;
use time::Duration;
use time::macros::{date, time};
use uuid::Uuid;

use super::frameworks::InUse;
use super::hub::{Made, decode, one};
use crate::frameworks::evaluation::Evaluation;
use crate::frameworks::evaluation::invitation::EvaluationInvitation;
use crate::frameworks::evaluation::judgement::EvaluationJudgement;
use crate::frameworks::evaluation::response::EvaluationResponse;
use crate::frameworks::evaluation::transition::{AGREE, MODERATE, RETURN, SUBMIT};
use crate::frameworks::observation::Observation;
use crate::kernel::base::academic_year;
use crate::kernel::base::clock::at;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::{Decided, Write};

/// An evaluation, and how far it came.
#[derive(Clone, Deserialize)]
pub struct EvaluationStory {
    urn: i32,
    year: String,
    /// True for the audit before a first visit, false for a self-evaluation.
    #[serde(default)]
    audit: bool,
    status: EvaluationStatus,
    /// How good the school finds itself: the level of most criteria.
    level: i32,
    /// What was said when it was agreed or returned.
    comments: Option<String>,
}

/// Makes the evaluations by published frameworks. With `examples` the first row of each kind has the id that the
/// document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(
    write: &mut Write,
    stories: &[EvaluationStory],
    frameworks: &InUse,
    made: &Made,
    examples: bool,
) -> Result<()> {
    let judge = made.people.get("hos").copied();
    for (index, story) in stories.iter().enumerate() {
        write.give_example_ids(examples && index == 0);
        let framework = if story.audit { frameworks.visit_audit } else { frameworks.self_evaluation };
        let school = made.schools.get(&story.urn);
        let form = json!({ "school_id": school, "framework_id": framework, "academic_year": story.year });
        let form = decode(write, form)?;
        let mut row = write.create::<Evaluation>(form).await?;
        write.give_example_ids(false);
        let answers = answer(write, &row, story.level).await?;
        for verb in way(story.status) {
            write.give_example_ids(examples && index == 1 && verb.name == SUBMIT.name);
            let decided = [AGREE.name, RETURN.name].contains(&verb.name);
            write.because(story.comments.clone().filter(|_| decided));
            row = lifecycle::enter::<Evaluation>(write, row, verb).await?;
            write.because(None);
            write.give_example_ids(false);
            if let (EvaluationStatus::InModeration, Some(judge)) = (row.status, judge) {
                // The evaluation whose levels examples change stays in moderation.
                write.give_example_ids(examples && story.urn == 131_002);
                judge_some(write, &row, &answers, judge).await?;
                write.give_example_ids(false);
            }
        }
        date_back(write, &row).await?;
        if examples && index == 0 {
            of_examples(write, &row, frameworks.lesson_observation, made).await?;
        }
    }
    Ok(())
}

/// Lets an evaluation have been sent in the autumn of its academic year, and decided on three weeks later: an audit
/// before the first visits, which began in May 2014.
async fn date_back(write: &Write, row: &evaluation::Model) -> Result<()> {
    let Some((begins, _)) = academic_year::days(&row.academic_year).filter(|_| row.submitted_at.is_some()) else {
        return Ok(());
    };
    let audit = row.kind == FrameworkKind::VisitAudit;
    let sent_on = match (audit, begins.year()) {
        (true, 2013) => date!(2014 - 05 - 06),
        (true, _) => begins + Duration::days(9),
        (false, _) => begins + Duration::days(72),
    };
    let sent = at(sent_on, time!(10:00));
    let decided = at(sent_on + Duration::weeks(3), time!(15:00));
    let [submitted_at, decided_at] = [row.submitted_at.map(|_| sent), row.decided_at.map(|_| decided)];
    let moderation_began_at = row.moderation_began_at.map(|_| sent + std::time::Duration::from_hours(24));
    let row = evaluation::Model { submitted_at, moderation_began_at, decided_at, ..row.clone() };
    write.replace_row::<evaluation::Entity>(&row).await?;
    let rounds = write.caller().rows::<submission::Entity>().filter(submission::Column::EvaluationId.eq(row.id));
    for round in rounds.all(write.tx()).await? {
        let decided_at = round.decided_at.map(|_| decided);
        let round = submission::Model { created_at: sent, decided_at, ..round };
        write.replace_row::<submission::Entity>(&round).await?;
    }
    Ok(())
}

/// The verbs that lead to a state.
const fn way(status: EvaluationStatus) -> &'static [Verb] {
    match status {
        EvaluationStatus::Draft => &[],
        EvaluationStatus::Submitted => &[SUBMIT],
        EvaluationStatus::InModeration => &[SUBMIT, MODERATE],
        EvaluationStatus::Agreed => &[SUBMIT, MODERATE, AGREE],
        EvaluationStatus::Returned => &[SUBMIT, MODERATE, RETURN],
    }
}

/// The observed lesson and the invitation that the document's examples name.
async fn of_examples(write: &mut Write, row: &evaluation::Model, lessons: Uuid, made: &Made) -> Result<()> {
    write.give_example_ids(true);
    let form = json!({
        "school_id": row.school_id,
        "framework_id": lessons,
        "observed_on": "2014-11-20",
        "key_stage": "ks2",
        "class_name": "Year 4, whole-class ukulele",
        "observer_id": made.people.get("hos"),
        "note": "Next: longer phrases, and singing before playing",
    });
    one::<Observation>(write, form).await?;
    let form = json!({ "evaluation_id": row.id, "person_id": made.people.get("sle"), "part": "moderator" });
    one::<EvaluationInvitation>(write, form).await?;
    write.give_example_ids(false);
    Ok(())
}

/// What schools mean to do next, one for every fourth criterion.
const NEXT_STEPS: [&str; 6] = [
    "Give Years 5 and 6 the hour a week that the other classes have",
    "Ask families who decline lessons what stands in the way, and bring it to the governors in the spring",
    "Find a day for the band on which nobody has to miss it for a club",
    "Let every class perform once before the summer concert",
    "Book the area's string quartet for the autumn, with a workshop for Year 4",
    "Meet the secondary school before the summer about pupils who go on playing",
];

/// Answers every criterion, some a level better or worse than most.
async fn answer(write: &mut Write, row: &evaluation::Model, level: i32) -> Result<Vec<response::Model>> {
    let rows = write.caller().rows::<response::Entity>().filter(response::Column::EvaluationId.eq(row.id));
    let before = rows.order_by_asc(response::Column::Position).all(write.tx()).await?;
    let criteria = write.caller().rows::<criterion::Entity>();
    let criteria = criteria.filter(criterion::Column::FrameworkId.eq(row.framework_id)).all(write.tx()).await?;
    let answered = before.iter().map(|before| {
        let mut after = before.clone();
        let asked = criteria.iter().find(|criterion| criterion.id == before.criterion_id);
        after.level = Some((level + (before.position + level) % 3 - 1).clamp(1, before.levels));
        after.evidence = asked.and_then(|criterion| criterion.evidence.clone());
        let at = usize::try_from(before.position).unwrap_or_default();
        after.next_step = (at % 4 == 1).then(|| NEXT_STEPS[at / 4 % NEXT_STEPS.len()].to_owned());
        after.answered_at = Some(write.now());
        after.set_meta(write.meta_after(before));
        after
    });
    let answered: Vec<_> = answered.collect();
    let steps = before.iter().zip(&answered).map(|(before, after)| Decided {
        before: Some(before),
        after,
        operation: Operation::Update,
    });
    write.store_many::<EvaluationResponse>(&steps.collect::<Vec<_>>()).await?;
    Ok(answered)
}

/// Gives a level on the first three criteria, on the second one another than the school.
async fn judge_some(
    write: &mut Write,
    row: &evaluation::Model,
    answers: &[response::Model],
    judge: Uuid,
) -> Result<()> {
    let mut given = Vec::new();
    for answer in answers.iter().take(3) {
        let meta = if given.is_empty() { write.meta_of::<judgement::Entity>() } else { write.meta() };
        let Meta { hub_id, id, version, created_at, updated_at, archived_at } = meta;
        let own = answer.level.ok_or_else(|| Problem::internal("every criterion is answered"))?;
        let level = if answer.position == 2 { (own - 1).max(1) } else { own };
        given.push(judgement::Model {
            hub_id,
            id,
            version,
            created_at,
            updated_at,
            archived_at,
            evaluation_id: row.id,
            criterion_id: answer.criterion_id,
            judge_id: judge,
            round: row.round,
            shared_at: None,
            level,
            comment: (level != own).then(|| "The evidence shows this in some year groups only".to_owned()),
        });
    }
    write.create_many::<EvaluationJudgement>(given).await
}
