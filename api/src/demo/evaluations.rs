//! Evaluations of a few schools, one in each state.

use entity::frameworks::evaluation_judgement as judgement;
use entity::frameworks::evaluation_response as response;
use entity::frameworks::{criterion, evaluation};
use entity::row::{Meta, Row};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::frameworks::evaluation::Evaluation;
use crate::frameworks::evaluation::invitation::EvaluationInvitation;
use crate::frameworks::evaluation::judgement::EvaluationJudgement;
use crate::frameworks::evaluation::response::EvaluationResponse;
use crate::frameworks::evaluation::transition::{AGREE, MODERATE, RETURN, SUBMIT};
use crate::frameworks::observation::Observation;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::{Decided, Write};

/// The schools, each with its year, the verbs that its evaluation has come through, and how good it finds itself.
const EVALUATED: &[(i32, &str, &[Verb], i32)] = &[
    // That of the examples: whole, and not sent yet.
    (120_107, "2014/15", &[], 2),
    (120_107, "2013/14", &[SUBMIT, MODERATE, AGREE], 1),
    (138_804, "2014/15", &[SUBMIT], 3),
    (131_002, "2014/15", &[SUBMIT, MODERATE], 2),
    (120_087, "2014/15", &[SUBMIT, MODERATE, RETURN], 3),
    (119_913, "2014/15", &[SUBMIT, MODERATE, AGREE], 2),
    (137_358, "2014/15", &[SUBMIT, MODERATE, AGREE], 3),
    (140_702, "2014/15", &[SUBMIT, MODERATE, AGREE], 1),
    (119_964, "2014/15", &[SUBMIT], 2),
    (137_969, "2014/15", &[SUBMIT, MODERATE, AGREE], 3),
];

/// Makes the evaluations by a published framework, and an observation by another. With `examples` the first row of each
/// kind has the id that the document's examples name.
///
/// # Errors
/// What any form breaks, which a test holds to be nothing.
pub async fn make(write: &mut Write, [framework, lessons]: [Uuid; 2], made: &Made, examples: bool) -> Result<()> {
    let judge = made.people.get("hos").copied();
    for (index, (urn, year, verbs, level)) in EVALUATED.iter().enumerate() {
        let Some(school) = made.schools.get(urn) else { continue };
        write.give_example_ids(examples && index == 0);
        let form = json!({ "school_id": school, "framework_id": framework, "academic_year": year });
        let form = decode(write, form)?;
        let mut row = write.create::<Evaluation>(form).await?;
        write.give_example_ids(false);
        let answers = answer(write, &row, *level).await?;
        for verb in *verbs {
            write.give_example_ids(examples && index == 1 && *verb == SUBMIT);
            let comments = (*verb == RETURN).then(|| "Say in which terms the choir meets".to_owned());
            write.because(comments.or_else(|| (*verb == AGREE).then(|| "A fair picture, well evidenced".to_owned())));
            row = lifecycle::enter::<Evaluation>(write, row, verb).await?;
            write.because(None);
            write.give_example_ids(false);
            if let (true, Some(judge)) = (*verb == MODERATE, judge) {
                write.give_example_ids(examples && *urn == 131_002);
                judge_some(write, &row, &answers, judge).await?;
                write.give_example_ids(false);
            }
        }
        if index == 0 {
            write.give_example_ids(examples);
            let form = json!({
                "school_id": school,
                "framework_id": lessons,
                "observed_on": "2014-11-20",
                "key_stage": "ks2",
                "class_name": "Year 4, whole-class ukulele",
                "observer_id": judge,
                "note": "Next: longer phrases, and singing before playing",
            });
            super::hub::one::<Observation>(write, form).await?;
            write.give_example_ids(false);
        }
        if let (0, Some(person)) = (index, made.people.get("sle")) {
            write.give_example_ids(examples);
            let form = json!({ "evaluation_id": row.id, "person_id": person, "part": "moderator" });
            super::hub::one::<EvaluationInvitation>(write, form).await?;
            write.give_example_ids(false);
        }
    }
    Ok(())
}

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
        after.next_step =
            (before.position % 4 == 1).then(|| "Talk it over with the governors in the spring".to_owned());
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
