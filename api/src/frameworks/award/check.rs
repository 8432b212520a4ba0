//! What an application meets of what its level asks for, and what it lacks.

use entity::frameworks::award_scheme::AwardLevel;
use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::{award_application, award_scheme, criterion, evaluation_response, section};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use super::application::AwardApplication;
use super::rules::{self, Answer, AwardRequirement, RequirementKind, Section};
use crate::frameworks::evaluation::rules as evaluated;
use crate::kernel::operations::attachment;
use crate::kernel::prelude::*;

/// What an application meets of what its level asks for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AwardCheck {
    /// The application.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub application_id: Uuid,
    /// The level applied for.
    #[schema(example = "bronze")]
    pub level: AwardLevel,
    /// True if everything is met.
    #[schema(example = false)]
    pub met: bool,
    /// Each requirement, the evaluation first, then its sections, then the evidence.
    #[schema(max_items = 200)]
    pub requirements: Vec<AwardRequirement>,
    /// How many months the award holds.
    #[schema(minimum = 1, maximum = 120, example = 24)]
    pub valid_months: i32,
}

routes! { ReadFrameworks: check_award_application }

/// Shows what an application meets and what it lacks.
///
/// The levels that count are those that were agreed, or the school's own while nothing is agreed. Criteria that do not
/// apply are left out, unless a level was agreed for them.
#[utoipa::path(get, path = "/award-applications/{id}/check", responses((status = 200, body = AwardCheck)))]
async fn check_award_application(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let row = can.rows::<award_application::Entity>().filter(award_application::Column::Id.eq(id.0));
    let row = row.one(&db).await?.ok_or_else(Problem::not_found)?;
    Reply::ok(&of(&can, &db, &row).await?)
}

/// What an application meets, as the caller sees its evaluation.
///
/// # Errors
/// 404 when the scheme is not there for the caller.
pub async fn of(caller: &Caller, db: &impl ConnectionTrait, row: &award_application::Model) -> Result<AwardCheck> {
    let scheme = caller.rows::<award_scheme::Entity>().filter(award_scheme::Column::Id.eq(row.scheme_id));
    let scheme = scheme.one(db).await?.ok_or_else(Problem::not_found)?;
    let mut requirements = vec![agreed(caller, db, row.evaluation_id).await?];
    if let Some(threshold) = scheme.levels.iter().find(|asked| asked.level == row.level) {
        let sections = sections(caller, db, scheme.framework_id).await?;
        let answers = answers(caller, db, row.evaluation_id).await?;
        requirements.extend(rules::shares(threshold, &sections, &answers));
    }
    let files = attachment::ids_of::<AwardApplication>(caller, db, row.id).await?;
    requirements.extend(rules::evidence(row.level, &scheme.evidence, &row.evidence, &files));
    Ok(AwardCheck {
        application_id: row.id,
        level: row.level,
        met: requirements.iter().all(|requirement| requirement.met),
        requirements,
        valid_months: scheme.valid_months,
    })
}

async fn agreed(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<AwardRequirement> {
    let row = caller.rows::<evaluation::Entity>().filter(evaluation::Column::Id.eq(id)).one(db).await?;
    let met = row.as_ref().is_some_and(|row| row.status == EvaluationStatus::Agreed);
    let status = row.map_or_else(|| "not there".to_owned(), |row| row.status.to_string().replace('_', " "));
    Ok(AwardRequirement {
        kind: RequirementKind::EvaluationAgreed,
        section_id: None,
        code: None,
        needed: 1,
        actual: i64::from(met),
        met,
        message: format!("the evaluation is {status}; an award needs an agreed one"),
    })
}

async fn sections(caller: &Caller, db: &impl ConnectionTrait, framework: Uuid) -> Result<Vec<Section>> {
    let rows = caller.rows::<section::Entity>().filter(section::Column::FrameworkId.eq(framework));
    let rows = rows.order_by_asc(section::Column::Position).all(db).await?;
    Ok(rows.into_iter().map(|row| Section { id: row.id, title: row.title }).collect())
}

/// The answers that count, without what is left out.
async fn answers(caller: &Caller, db: &impl ConnectionTrait, evaluation: Uuid) -> Result<Vec<Answer>> {
    use evaluation_response::Column;

    let rows = caller.rows::<evaluation_response::Entity>().filter(Column::EvaluationId.eq(evaluation));
    let mut rows = rows.all(db).await?;
    rows.retain(|row| !evaluated::left_out(row));
    let criteria = caller.rows::<criterion::Entity>();
    let criteria = criteria.filter(criterion::Column::Id.is_in(rows.iter().map(|row| row.criterion_id)));
    let criteria = criteria.select_only().columns([criterion::Column::Id, criterion::Column::SectionId]);
    let places: std::collections::HashMap<Uuid, Uuid> =
        criteria.into_tuple::<(Uuid, Uuid)>().all(db).await?.into_iter().collect();
    let answers = rows.iter().filter_map(|row| {
        let section_id = *places.get(&row.criterion_id)?;
        Some(Answer { section_id, level: evaluated::counted(row) })
    });
    Ok(answers.collect())
}
